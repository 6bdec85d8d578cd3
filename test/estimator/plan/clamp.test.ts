import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leftAfterLoad } from '../../../src/estimator/engines/llama-server/fit/to-plan.ts';
import { CLAMP_STEP, clamp } from '../../../src/estimator/plan/clamp.ts';
import { decide, planFixed } from '../../../src/estimator/plan/decide.ts';
import type { EstimateRequest, EstimateServer, ModelSpec } from '../../../src/estimator/types.ts';
import { type FixtureName, GIB, gpu, MIB, model, server } from '../fixture-models.ts';

const ASK: EstimateRequest = { numCtx: 4096 };

/** The largest context that fits, by trying all multiples of `step`. */
function byTrying(spec: ModelSpec, on: EstimateServer, request: EstimateRequest, step = CLAMP_STEP): number {
  const most = Number(spec.metadata[`${spec.architecture}.context_length`]);
  for (let numCtx = Math.floor(most / step) * step; numCtx > 0; numCtx -= step) {
    if (decide(spec, on, { ...request, numCtx }).verdict === 'fits') {
      return numCtx;
    }
  }
  return 0;
}

function trainedFor(spec: ModelSpec, numCtx: number): ModelSpec {
  return { ...spec, metadata: { ...spec.metadata, [`${spec.architecture}.context_length`]: numCtx } };
}

describe('the clamp', () => {
  test('gives the training context when that fits, even if it is no multiple of 256', () => {
    const spec = model('llama3.2-1b');
    const odd: ModelSpec = { ...spec, metadata: { ...spec.metadata, 'llama.context_length': 5000 } };
    expect(clamp(odd, server([gpu(24)]), ASK)).toMatchObject({ numCtx: 5000, limit: 'training' });
    expect(clamp(odd, server([gpu(24)]), ASK, { maxCtx: 3000 })).toMatchObject({ numCtx: 3000, limit: 'wanted' });
  });

  test('says that nothing fits when the weights alone are too large', () => {
    const result = clamp(model('llama3.1-8b'), server([gpu(4)]), ASK);
    expect(result).toMatchObject({ numCtx: 0, limit: 'nothing-fits' });
    expect(result.plan).toBeUndefined();
  });

  test.each<[FixtureName, number]>([
    ['llama3.2-1b', 3],
    ['llama3.2-1b', 4],
    ['llama3.1-8b', 7],
    ['llama3.1-8b', 8],
    ['llama3.1-8b', 12],
    ['gemma3-1b', 2.4],
    ['qwen3-30b-a3b', 20],
    ['gpt-oss-20b', 14],
  ])('%s on one GPU of %d GiB: the very context that trying all of them finds', (name, gib) => {
    const spec = trainedFor(model(name), 49152);
    for (const ollama of ['0.33.0', 'llama.cpp']) {
      const on = server([gpu(gib)], { ollama });
      const result = clamp(spec, on, ASK);
      expect(result.numCtx).toBe(byTrying(spec, on, ASK));
      expect(result.plans).toBeLessThan(60);
    }
  });

  test.each([
    [[4, 4, 4, 4], 1],
    [[6, 6], 1],
    [[12, 4], 2],
    [[3, 3, 3, 3], 1],
    [[8, 8], 4],
  ] as const)('on GPUs of %j GiB, %i slots: never more than fits, at least 99 percent of it', (sizes, numParallel) => {
    const spec = trainedFor(model('llama3.1-8b'), 65536);
    const on = server(sizes.map((gib) => gpu(gib)));
    const request = { ...ASK, numParallel };
    const best = byTrying(spec, on, request, 1024);
    const { numCtx } = clamp(spec, on, request);
    expect(decide(spec, on, { ...request, numCtx }).verdict).toBe('fits');
    expect(numCtx).toBeGreaterThanOrEqual(0.99 * best);
    expect(numCtx).toBeLessThan(best + 1024);
  });

  test.each([
    ['llama3.2-1b', [2.2, 2.2]],
    ['llama3.2-1b', [1.7, 1.5, 1.6]],
    ['gemma3-1b', [1.5, 1.5]],
    ['qwen3-30b-a3b', [12, 11]],
    ['gpt-oss-20b', [8, 8]],
  ] as const)('%s on GPUs of %j GiB: at least 99 percent of what trying finds', (name, sizes) => {
    const spec = trainedFor(model(name), 32768);
    const on = server(
      sizes.map((gib) => gpu(gib)),
      { ollama: 'llama.cpp' },
    );
    const best = byTrying(spec, on, ASK, 1024);
    const { numCtx } = clamp(spec, on, ASK);
    if (numCtx > 0) {
      expect(decide(spec, on, { ...ASK, numCtx }).verdict).toBe('fits');
    }
    expect(numCtx).toBeGreaterThanOrEqual(0.99 * best);
  });

  test('what it gives fits on several GPUs, too, and the plan says so', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<FixtureName>('llama3.2-1b', 'llama3.1-8b', 'gemma3-1b', 'gpt-oss-20b'),
        fc.array(fc.integer({ min: 1500, max: 8 * 1024 }), { minLength: 2, maxLength: 4 }),
        fc.constantFrom('0.33.0', '0.30.0', 'llama.cpp'),
        fc.constantFrom(0, 300 * MIB),
        (name, sizes, ollama, marginBytes) => {
          const spec = model(name);
          const gpus = sizes.map((mib) => ({ name: 'GPU', totalBytes: mib * MIB, freeBytes: mib * MIB }));
          const on = server(gpus, { ollama, schedSpread: true });
          const { numCtx, plan } = clamp(spec, on, ASK, { marginBytes });
          if (numCtx === 0) {
            return;
          }
          expect(plan).toEqual(decide(spec, on, { ...ASK, numCtx }));
          expect(plan!.verdict).toBe('fits');
          for (const one of plan!.gpus) {
            if (one.totalBytes > 0) {
              const left = marginBytes > 0 ? one.headroomBytes : leftAfterLoad(one);
              expect(left).toBeGreaterThanOrEqual(marginBytes);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  test('never exceeds the row of the planner whose memory it is given, and reaches it', () => {
    const spec = model('llama3.1-8b');
    for (const numCtx of [4096, 20480, 65536, 100096]) {
      const options = { numBatch: 2048, numUbatch: 512, outputs: 1, fitMarginBytes: 0 };
      const roomy = server([gpu(200)], { ollama: 'llama.cpp' });
      const row = planFixed(spec, roomy, { ...options, numCtx }).gpus[0]!;
      const need = row.weightsBytes + row.cacheBytes + row.computeBytes;
      // The card's own overhead is no part of a dry run's row: it is added to what the card offers.
      const exact = need + row.overheadBytes;
      const card = { name: roomy.gpus[0]!.name, totalBytes: 200 * GIB, freeBytes: exact };
      expect(clamp(spec, { ...roomy, gpus: [card] }, { ...options, numCtx }).numCtx).toBe(numCtx);
    }
  });

  test('the margin stays free on every GPU in use', () => {
    const spec = model('llama3.1-8b');
    const marginBytes = 3 * GIB;
    const on = server([gpu(14), gpu(10)], { schedSpread: true });
    const without = clamp(spec, on, ASK);
    const { plan, numCtx } = clamp(spec, on, ASK, { marginBytes });
    expect(numCtx).toBeGreaterThan(0);
    expect(numCtx).toBeLessThan(without.numCtx);
    for (const one of plan!.gpus) {
      expect(one.headroomBytes).toBeGreaterThanOrEqual(marginBytes);
    }
  });

  test('works with the older engines too', () => {
    for (const ollama of ['0.6.5', '0.9.0', '0.12.3', '0.20.0']) {
      const on = server([gpu(10)], { ollama });
      const { numCtx } = clamp(model('llama3.1-8b'), on, ASK);
      expect(decide(model('llama3.1-8b'), on, { numCtx }).verdict).toBe('fits');
      if (numCtx < 131072) {
        expect(decide(model('llama3.1-8b'), on, { numCtx: numCtx + CLAMP_STEP }).verdict).not.toBe('fits');
      }
    }
  });

  test('what it gives fits and 256 tokens more do not, wherever Ollama does not switch in between', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<FixtureName>('llama3.2-1b', 'llama3.1-8b', 'gemma3-1b'),
        fc.integer({ min: 1500, max: 16 * 1024 }),
        fc.constantFrom<EstimateRequest['kvCacheType']>('f16', 'q8_0'),
        fc.integer({ min: 1, max: 4 }),
        (name, mib, kvCacheType, numParallel) => {
          const spec = model(name);
          const on = server([{ name: 'GPU', totalBytes: mib * MIB, freeBytes: mib * MIB }]);
          const request: EstimateRequest = {
            numCtx: 4096,
            numBatch: 512,
            numParallel,
            kvCacheType: kvCacheType ?? 'f16',
          };
          const { numCtx, limit } = clamp(spec, on, request);
          if (numCtx > 0) {
            expect(decide(spec, on, { ...request, numCtx }).verdict).toBe('fits');
          }
          if (limit === 'memory' || limit === 'nothing-fits') {
            expect(decide(spec, on, { ...request, numCtx: numCtx + CLAMP_STEP }).verdict).not.toBe('fits');
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
