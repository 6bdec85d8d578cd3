import { describe, expect, it } from 'vitest';
import { load, order, otherClient, person, type Rig, SMALL, startRig } from './rig.ts';

function bench(rig: Rig, model = SMALL) {
  return rig.loads.bench(
    rig.server,
    { model, by: person('ada') },
    { signal: new AbortController().signal, onStep: () => undefined },
  );
}

describe('a bench', () => {
  it('measures a loaded model, keeps the figure with its context, and writes down who did it', async () => {
    const rig = await startRig();
    await otherClient(rig, SMALL, 8_192);
    const outcome = await bench(rig);
    expect(outcome).toMatchObject({ result: 'measured', problem: null, model: SMALL });
    expect(outcome.bench).toMatchObject({ server: 'main', numCtx: 8_192, gpuShare: 1, generatedTokens: 64 });
    expect(outcome.bench!.generatedPerSecond).toBeGreaterThan(1);
    expect(outcome.bench!.promptPerSecond).toBeGreaterThan(1);
    expect(await rig.store.benches.list({ server: 'main' })).toEqual([outcome.bench]);
    expect(await rig.store.audit.list()).toMatchObject([{ action: 'bench', result: 'ok', target: SMALL }]);
  });

  it('loads nothing: what is not in memory is refused', async () => {
    const rig = await startRig();
    expect(await bench(rig)).toMatchObject({ result: 'refused', problem: { code: 'bench-not-loaded' } });
    expect(rig.loaded()).toEqual([]);
    expect(await rig.store.benches.list({ server: 'main' })).toEqual([]);
  });

  it('keeps the context, the place and the keep-alive that the model was loaded with', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 4_096, keepAlive: '1h', by: person('bob') }));
    const before = rig.simulator.loaded()[0]!;
    await bench(rig);
    const after = rig.simulator.loaded()[0]!;
    expect({ ...after, expiresAtMs: 0 }).toEqual({ ...before, expiresAtMs: 0 });
    const left = (Number(after.expiresAtMs) - Date.now()) / 60_000;
    expect(Math.round(left)).toBe(60);
    expect(await rig.holds.list('main')).toMatchObject([{ holderId: 'bob' }]);
  });

  it('a pinned model stays pinned', async () => {
    const rig = await startRig();
    await rig.server.ollama.load(SMALL, { numCtx: 4_096, keepAlive: { kind: 'forever' } });
    expect(await bench(rig)).toMatchObject({ result: 'measured' });
    expect((await rig.server.ollama.ps())[0]).toMatchObject({ pinned: true });
  });

  it('leaves alone what is about to leave: Ollama would load it again', async () => {
    const rig = await startRig();
    await rig.server.ollama.load(SMALL, { numCtx: 4_096, keepAlive: { kind: 'for', ms: 20_000 } });
    expect(await bench(rig)).toMatchObject({ result: 'refused', problem: { code: 'bench-leaving' } });
  });

  it('a model that embeds is refused in words', async () => {
    const rig = await startRig();
    await rig.server.ollama.load('nomic-embed-text', { embedding: true });
    const outcome = await bench(rig, 'nomic-embed-text');
    expect(outcome.result).toBe('failed');
    expect(outcome.problem?.code).not.toBe('load-failed');
    expect(await rig.store.benches.list({ server: 'main' })).toEqual([]);
  });

  it('waits its turn behind a load on the same server', async () => {
    const rig = await startRig();
    const loading = load(rig, order(SMALL, { numCtx: 4_096 }));
    const outcome = await bench(rig);
    expect((await loading).outcome.result).toBe('loaded');
    expect(outcome.result).toBe('measured');
  });
});
