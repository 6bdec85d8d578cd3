import { describe, expect, it } from 'vitest';
import type { GpuProcess, GpuSnapshot } from '../../src/gpus/types.ts';
import { changeElsewhere } from '../../src/servers/gpu-processes.ts';
import { GIB } from '../gpus/tools.ts';
import { gpu, reading } from './stub.ts';

const A = 'GPU-a';
const B = 'GPU-b';
const RUNNER = '/usr/local/lib/ollama/llama-server';

function at(...processes: readonly [pid: number, gpu: string, gib: number | null, name: string][]): GpuSnapshot {
  return {
    ...reading([gpu()], 0),
    missing: [],
    processes: processes.map(
      ([pid, gpuUuid, gib, name]): GpuProcess => ({
        pid,
        gpuUuid,
        usedBytes: gib === null ? null : gib * GIB,
        name,
        user: null,
      }),
    ),
  };
}

function known(before: GpuSnapshot, after: GpuSnapshot): Record<string, number> {
  const change = changeElsewhere(before, after);
  expect(change.state).toBe('known');
  return change.state === 'known'
    ? Object.fromEntries([...change.byGpu].map(([uuid, bytes]) => [uuid, bytes / GIB]))
    : {};
}

describe('what changes on the GPUs beside a load', () => {
  it('is nothing where its runner alone is new', () => {
    expect(known(at([1, A, 2, 'python']), at([1, A, 2, 'python'], [2, A, 5, RUNNER], [2, B, 3, RUNNER]))).toEqual({
      [A]: 0,
    });
  });

  it('is what another program took meanwhile, new or there before', () => {
    expect(known(at([1, A, 2, 'python']), at([1, A, 6, 'python'], [2, A, 5, RUNNER], [3, B, 1, 'blender']))).toEqual({
      [A]: 4,
      [B]: 1,
    });
  });

  it('is what a model that left gave back', () => {
    expect(known(at([1, A, 8, RUNNER]), at([2, A, 5, RUNNER]))).toEqual({ [A]: -8 });
  });

  it('takes no word of processes before for nobody, where they are told afterwards', () => {
    expect(known({ ...at(), processes: null }, at([2, A, 5, RUNNER], [3, A, 1, 'blender']))).toEqual({ [A]: 1 });
  });

  it("is another's llama-server, where Ollama's own is told by its folder", () => {
    expect(known(at(), at([2, A, 5, RUNNER], [3, A, 7, 'llama-server']))).toEqual({ [A]: 7 });
  });

  it('cannot be told where two could be the runner, or where sizes or processes are not told', () => {
    expect(changeElsewhere(at(), at([2, A, 5, 'llama-server'], [3, A, 7, 'llama-server'])).state).toBe('ambiguous');
    expect(changeElsewhere(at(), at([2, A, 5, RUNNER], [3, A, 7, RUNNER])).state).toBe('ambiguous');
    expect(changeElsewhere(at(), at([2, A, null, RUNNER])).state).toBe('unseen');
    expect(changeElsewhere(at([2, A, 5, RUNNER]), { ...at(), processes: null }).state).toBe('unseen');
    expect(changeElsewhere(null, at()).state).toBe('unseen');
  });
});
