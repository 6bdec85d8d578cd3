import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, planFixed } from '../../../src/estimator/plan/decide.ts';
import { EstimateError, type EstimateRequest, type KvCacheType, type ModelSpec } from '../../../src/estimator/types.ts';
import { type FixtureName, GIB, gpu, model, server } from '../fixture-models.ts';

const LLAMA = model('llama3.1-8b');

function refusal(run: () => unknown): { code: string; params: Readonly<Record<string, string | number>> } {
  try {
    run();
  } catch (error) {
    if (error instanceof EstimateError) {
      return { code: error.code, params: error.params };
    }
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('questions that make no sense are refused by code', () => {
  test.each<[string, Partial<EstimateRequest>]>([
    ['ctx-not-positive', { numCtx: 0 }],
    ['ctx-not-positive', { numCtx: -1 }],
    ['ctx-not-integer', { numCtx: 1.5 }],
    ['ctx-not-integer', { numCtx: Number.NaN }],
    ['ctx-too-large', { numCtx: 2 ** 40 }],
    ['parallel-not-positive', { numParallel: 0 }],
    ['batch-not-positive', { numBatch: -512 }],
    ['num-gpu-nonsense', { numGpu: -2 }],
    ['unknown-kv-type', { kvCacheType: 'q9_9' as KvCacheType }],
    ['tensor-split-nonsense', { tensorSplit: [1, -1] }],
    ['bad-pattern', { cpuTensors: ['('] }],
  ])('%s for %j', (code, changes) => {
    const request = { numCtx: 4096, ...changes };
    for (const ollama of ['0.6.5', '0.20.0', '0.33.0']) {
      expect(refusal(() => decide(LLAMA, server([gpu(24)], { ollama }), request)).code).toBe(code);
    }
    expect(refusal(() => planFixed(LLAMA, server([gpu(24)]), request)).code).toBe(code);
  });

  test('llama.cpp may be asked to choose the context', () => {
    expect(decide(LLAMA, server([gpu(24)], { ollama: 'llama.cpp' }), { numCtx: 0 }).verdict).toBe('fits');
  });

  test.each([
    ['total', { totalBytes: 0, freeBytes: 0 }],
    ['total', { totalBytes: Number.NaN, freeBytes: 0 }],
    ['free', { totalBytes: GIB, freeBytes: -1 }],
    ['free-above-total', { totalBytes: GIB, freeBytes: 2 * GIB }],
  ])('a GPU whose %s is wrong is named', (what, memory) => {
    const on = server([gpu(24), { name: 'odd', ...memory }]);
    const { code, params } = refusal(() => decide(LLAMA, on, { numCtx: 4096 }));
    expect([code, params.gpu, params.what]).toEqual(['gpu-nonsense', 1, what]);
  });

  test('a version that is none', () => {
    expect(refusal(() => decide(LLAMA, server([gpu(24)], { ollama: 'newest' }), { numCtx: 1 })).code).toBe(
      'bad-ollama-version',
    );
  });
});

describe('models that cannot be estimated are refused by code', () => {
  const on = server([gpu(24)]);
  const bare = (architecture: string, changes: Partial<ModelSpec> = {}): ModelSpec => ({
    name: architecture,
    architecture,
    metadata: {},
    tensors: [{ name: 'double_blocks.0.img_attn.qkv.weight', shape: [3072, 9216], type: 'BF16' }],
    ...changes,
  });

  test.each(['flux', 'sd3', 'sdxl', 'hyvid', 'hunyuan_video', 'wan', 'qwen_image', 'some_new_diffusion'])(
    '%s is no language model',
    (architecture) => {
      const { code, params } = refusal(() => decide(bare(architecture), on, { numCtx: 4096 }));
      expect([code, params.architecture]).toEqual(['not-a-language-model', architecture]);
    },
  );

  test('a projector by itself', () => {
    expect(refusal(() => decide(bare('clip'), on, { numCtx: 4096 })).code).toBe('projector-only');
  });

  test.each(['block_count', 'embedding_length'])('the missing key %s is named', (key) => {
    const metadata = Object.fromEntries(Object.entries(LLAMA.metadata).filter(([name]) => name !== `llama.${key}`));
    const { code, params } = refusal(() => decide({ ...LLAMA, metadata }, on, { numCtx: 4096 }));
    expect([code, params.key]).toEqual(['missing-key', `llama.${key}`]);
  });

  test('no tensors', () => {
    expect(refusal(() => decide({ ...LLAMA, tensors: [] }, on, { numCtx: 4096 })).code).toBe('no-tensors');
  });
});

describe('every engine answers', () => {
  test.each([
    ['0.6.5', 'formula'],
    ['0.12.3', 'formula'],
    ['0.20.0', 'layout'],
    ['0.33.0', 'llama-server'],
    ['llama.cpp', 'llama.cpp'],
  ])('%s by %s', (ollama, engine) => {
    const plan = decide(LLAMA, server([gpu(24)], { ollama }), { numCtx: 8192 });
    expect([plan.engine, plan.verdict]).toEqual([engine, 'fits']);
  });

  test('sizes written with a fraction are taken', () => {
    const card = { name: 'GPU', totalBytes: 7.9 * GIB, freeBytes: 7.7 * GIB };
    expect(decide(LLAMA, server([card]), { numCtx: 8192 }).gpus[0]!.weightsBytes).toBeGreaterThan(4 * GIB);
  });
});

describe('a placement given', () => {
  test('llama.cpp counts the context over all slots, Ollama per slot', () => {
    const request = { numCtx: 8192, numParallel: 2, numBatch: 512 };
    const whole = planFixed(LLAMA, server([gpu(48)], { ollama: 'llama.cpp' }), request);
    const perSlot = planFixed(LLAMA, server([gpu(48)]), request);
    expect([whole.numCtx, perSlot.numCtx]).toEqual([8192, 8192]);
    expect(perSlot.gpus[0]!.cacheBytes).toBe(2 * whole.gpus[0]!.cacheBytes);
  });

  test('layers go where they are told, the output layer first', () => {
    const on = server([gpu(24), gpu(24)], { ollama: 'llama.cpp' });
    const split = planFixed(LLAMA, on, { numCtx: 4096, tensorSplit: [1, 3] });
    expect(split.placement.perGpuLayers.reduce((sum, layers) => sum + layers, 0)).toBe(33);
    expect(split.placement.perGpuLayers[0]).toBeLessThan(10);
    const one = planFixed(LLAMA, on, { numCtx: 4096, numGpu: 1 });
    expect([one.verdict, one.placement.gpuLayers]).toEqual(['partial', 1]);
    expect(one.gpus[0]!.weightsBytes).toBeGreaterThan(400 * 2 ** 20);
  });

  test('tensors forced to the CPU are on the host', () => {
    const on = server([gpu(48)], { ollama: 'llama.cpp' });
    const spec = model('qwen3-30b-a3b');
    const all = planFixed(spec, on, { numCtx: 4096 });
    const moved = planFixed(spec, on, { numCtx: 4096, cpuTensors: ['exps'] });
    expect([all.verdict, moved.verdict]).toEqual(['fits', 'partial']);
    const weights = (plan: typeof all): number => plan.gpus[0]!.weightsBytes + plan.host.weightsBytes;
    expect(Math.abs(weights(moved) - weights(all))).toBeLessThan(2 ** 20);
  });

  test('slots that share a cache need no more of it than one', () => {
    const on = server([gpu(48)], { ollama: 'llama.cpp' });
    const cache = (unifiedCache: boolean, numParallel: number): number =>
      planFixed(LLAMA, on, { numCtx: 8192, numParallel, unifiedCache }).gpus[0]!.cacheBytes;
    expect(cache(true, 4)).toBe(cache(false, 1));
  });
});

describe('memory grows with what is asked for', () => {
  const names: readonly FixtureName[] = ['llama3.2-1b', 'llama3.1-8b', 'gemma3-1b', 'qwen3-30b-a3b', 'gpt-oss-20b'];
  const on = server([gpu(200)], { ollama: 'llama.cpp' });
  const total = (name: FixtureName, request: EstimateRequest): number => {
    const plan = planFixed(model(name), on, request);
    return plan.gpus[0]!.totalBytes + plan.host.totalBytes;
  };
  const base = fc.record({
    name: fc.constantFrom(...names),
    numCtx: fc.integer({ min: 1, max: 400 }).map((steps) => steps * 256),
    numBatch: fc.constantFrom(256, 512, 1024),
    numParallel: fc.constantFrom(1, 2, 4),
    kvCacheType: fc.constantFrom<KvCacheType>('f16', 'q8_0'),
  });

  test.each<[string, (request: EstimateRequest) => EstimateRequest]>([
    ['the context', (request) => ({ ...request, numCtx: request.numCtx + 1024 })],
    ['the batch', (request) => ({ ...request, numBatch: 2048, numUbatch: 2048 })],
    // Slots share the total context of -c: each slot keeps its own only when the total grows with them.
    ['the slots', (request) => ({ ...request, numParallel: request.numParallel! * 2, numCtx: request.numCtx * 2 })],
  ])('never falls when %s grows', (_, grow) => {
    fc.assert(
      fc.property(base, ({ name, ...request }) => {
        const asked = { ...request, numUbatch: request.numBatch };
        expect(total(name, grow(asked))).toBeGreaterThanOrEqual(total(name, asked));
      }),
      { numRuns: 40 },
    );
  });

  test('a wider cache type never needs a smaller cache', () => {
    fc.assert(
      fc.property(base, ({ name, ...request }) => {
        const cache = (kvCacheType: KvCacheType): number =>
          planFixed(model(name), on, { ...request, kvCacheType }).gpus[0]!.cacheBytes;
        expect(cache('f16')).toBeGreaterThanOrEqual(cache('q8_0'));
        expect(cache('q8_0')).toBeGreaterThanOrEqual(cache('q4_0'));
      }),
      { numRuns: 20 },
    );
  });

  test('totals are the sums of their parts, on every engine', () => {
    const gpus = fc.array(fc.integer({ min: 2, max: 48 }), { minLength: 0, maxLength: 4 });
    const version = fc.constantFrom('0.6.5', '0.9.0', '0.12.3', '0.20.0', '0.33.0', 'llama.cpp');
    fc.assert(
      fc.property(base, gpus, version, ({ name, ...request }, sizes, ollama) => {
        const plan = decide(
          model(name),
          server(
            sizes.map((gib) => gpu(gib)),
            { ollama },
          ),
          { ...request, numUbatch: request.numBatch },
        );
        expect(plan.gpus).toHaveLength(sizes.length);
        for (const one of plan.gpus) {
          const parts = one.weightsBytes + one.cacheBytes + one.computeBytes + one.projectorBytes + one.overheadBytes;
          expect(one.totalBytes).toBe(parts);
          const [low, high] = one.overheadRangeBytes;
          expect(low).toBeLessThanOrEqual(one.overheadBytes);
          expect(high).toBeGreaterThanOrEqual(one.overheadBytes);
        }
        const { host } = plan;
        expect(host.totalBytes).toBe(host.weightsBytes + host.cacheBytes + host.computeBytes);
        expect(plan.sizeBytes).toBeGreaterThanOrEqual(plan.sizeVramBytes);
      }),
      { numRuns: 80 },
    );
  });
});
