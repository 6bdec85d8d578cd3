import { describe, expect, it } from 'vitest';
import { load, MIDDLE, order, SMALL, startRig } from './rig.ts';

describe('a server without GPUs that are read', () => {
  it('loads where partial was asked for, wherever Ollama puts it', async () => {
    const rig = await startRig({ gpuSource: 'none' });
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, partial: true }));
    expect(outcome).toMatchObject({ result: 'loaded', numCtx: 4_096, proof: { onGpu: true } });
  });

  it('whose Ollama has none either loads all the same: all of it in system memory, and that is said', async () => {
    const rig = await startRig({ gpuSource: 'none', gpus: [] });
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, partial: true }));
    expect(outcome).toMatchObject({ result: 'loaded', proof: { onGpu: false, sizeVramBytes: 0 } });
    expect(outcome.proof?.spilledBytes).toBeGreaterThan(2 ** 30);
  });

  it('refuses in words that name partial, where it was not asked for', async () => {
    const rig = await startRig({ gpuSource: 'none' });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 4_096 }));
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'gpus-none' }, attempts: 0 });
    expect(rig.loaded()).toEqual([]);
  });
});
