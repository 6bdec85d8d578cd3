import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planRunner, shortage } from '../../../src/estimator/engines/llama-runner.ts';
import { seenGpus } from '../../../src/estimator/engines/ollama-server.ts';
import { gpuOverhead } from '../../../src/estimator/outside-buffers.ts';
import type { GpuDevice } from '../../../src/estimator/types.ts';
import { parseVersion } from '../../../src/estimator/versions.ts';
import { GIB, model, server } from '../fixture-models.ts';

const card = (changes: Partial<GpuDevice> = {}): GpuDevice => ({
  name: 'NVIDIA GeForce RTX 3060',
  totalBytes: 12 * GIB,
  freeBytes: 11 * GIB,
  computeCapability: 8.6,
  ...changes,
});

describe("GPUs as an older Ollama's discovery sees them", () => {
  const hidden = (ollama: string, gpus: readonly GpuDevice[], loaded = 0): readonly boolean[] => {
    const where = server(gpus, {
      ollama,
      loaded: Array.from({ length: loaded }, () => ({ name: 'x', sizeVramBytes: 1 })),
    });
    return seenGpus(parseVersion(ollama).version, where).map((gpu, i) => gpu.freeBytes < gpus[i]!.freeBytes);
  };

  test('up to 0.12.3 every one is short by a CUDA context, from 0.12.4 every one but the first', () => {
    const three = [card(), card(), card()];
    expect(hidden('0.6.5', three)).toEqual([true, true, true]);
    expect(hidden('0.12.3', three)).toEqual([true, true, true]);
    expect(hidden('0.12.4', three)).toEqual([false, true, true]);
    expect(hidden('0.24.0', three)).toEqual([false, true, true]);
  });

  test('from 0.12.4 a loaded runner is asked in its place, which has its context anyway', () => {
    expect(hidden('0.24.0', [card(), card()], 1)).toEqual([false, false]);
    expect(hidden('0.6.5', [card(), card()], 1)).toEqual([true, true]);
  });

  test('other libraries are read without a context', () => {
    expect(hidden('0.6.5', [card({ library: 'ROCm' }), card({ library: 'Metal' })])).toEqual([false, false]);
    expect(hidden('0.24.0', [card({ library: 'ROCm' }), card(), card()])).toEqual([false, false, true]);
  });

  test('the amount is the context of that card, and never more than is free', () => {
    const [seen] = seenGpus([0, 6, 5], server([card()]));
    expect(card().freeBytes - seen!.freeBytes).toBe(gpuOverhead(card()).contextBytes);
    expect(seenGpus([0, 6, 5], server([card({ freeBytes: 1000 })]))[0]!.freeBytes).toBe(0);
  });
});

describe('what the llama runner really takes', () => {
  const plan = (freeBytes: number, numCtx: number, flashAttention = false, version = '0.12.11') => {
    const devices = [card({ freeBytes })];
    const load = { version: parseVersion(version).version, spec: model('llama3.1-8b'), devices, layers: [33], numCtx };
    return planRunner({ ...load, numParallel: 1, numBatch: 512, flashAttention, kvCacheType: 'f16', embedding: false });
  };

  test('without flash attention cuBLAS gets the scores of a batch in half precision: heads · cells · 512 · 2 bytes', () => {
    const growth = plan(11 * GIB, 65_536).poolBytes[0]! - plan(11 * GIB, 32_768).poolBytes[0]!;
    expect(growth).toBe(32 * 32_768 * 512 * 2);
    expect(plan(11 * GIB, 65_536, true).poolBytes[0]).toBeLessThan(128 * 1024 ** 2);
  });

  test('all GPUs are opened from 0.11.5 to 0.12.10, which pipelines a model on one of them', () => {
    const two = [card(), card()];
    const on = (version: string) => {
      const load = {
        version: parseVersion(version).version,
        spec: model('llama3.1-8b'),
        devices: two,
        layers: [33, 0],
      };
      return planRunner({
        ...load,
        numCtx: 8192,
        numParallel: 1,
        numBatch: 512,
        flashAttention: false,
        kvCacheType: 'f16',
        embedding: false,
      }).pipelineCopies;
    };
    expect([on('0.6.5'), on('0.12.6'), on('0.12.11')]).toEqual([1, 4, 1]);
  });

  test('the more is free the less is missing, to the byte', () => {
    const free = fc.integer({ min: GIB, max: 12 * GIB });
    fc.assert(
      fc.property(free, free, (a, b) => {
        const missing = (freeBytes: number): number =>
          shortage([card({ freeBytes })], plan(freeBytes, 8192), true)?.missingBytes ?? 0;
        const [less, more] = [Math.min(a, b), Math.max(a, b)];
        expect(missing(less)).toBeGreaterThanOrEqual(missing(more));
        if (missing(less) > 0 && missing(more) > 0) {
          expect(missing(less) - missing(more)).toBe(more - less);
        }
      }),
      { numRuns: 20 },
    );
  });
});
