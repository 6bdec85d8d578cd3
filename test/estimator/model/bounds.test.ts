/** Metadata that cannot be right, or is meant to do harm: an answer in words at once, never a hang or a nonsense size. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COUNT_KEYS, checkBounds, MAX_LAYERS } from '../../../src/estimator/model/bounds.ts';
import { clamp } from '../../../src/estimator/plan/clamp.ts';
import { decide, planFixed } from '../../../src/estimator/plan/decide.ts';
import type { MetadataValue, ModelSpec, Plan, TensorInfo } from '../../../src/estimator/types.ts';
import { EstimateError } from '../../../src/estimator/types.ts';
import { gpu, model, server } from '../fixture-models.ts';
import { entries, specOf } from '../llama-cpp/recorded-models.ts';

/** One version of each engine. */
const ENGINES = ['llama.cpp', '0.33.0', '0.24.0', '0.9.6', '0.6.5', '0.2.0'] as const;

function changed(spec: ModelSpec, values: Readonly<Record<string, MetadataValue>>): ModelSpec {
  const own = Object.fromEntries(Object.entries(values).map(([key, value]) => [`${spec.architecture}.${key}`, value]));
  return { ...spec, metadata: { ...spec.metadata, ...own } };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof EstimateError) {
      return error.code;
    }
    throw error;
  }
  return 'answered';
}

describe('metadata that asks for more than there can be', () => {
  const moe = model('qwen3-30b-a3b');
  const dense = model('llama3.1-8b');
  const impossible: readonly (readonly [string, ModelSpec, string])[] = [
    ['2147483647 experts in use', changed(moe, { expert_used_count: 2147483647 }), 'metadata-too-large'],
    ['100,000 experts in use', changed(moe, { expert_used_count: 100_000 }), 'metadata-too-large'],
    ['more experts in use than there are', changed(moe, { expert_used_count: 129 }), 'metadata-too-large'],
    ['more experts than llama.cpp holds', changed(moe, { expert_count: 4096 }), 'metadata-too-large'],
    ['millions of layers', changed(dense, { block_count: 5_000_000 }), 'metadata-too-large'],
    ['layers that have no tensors', changed(dense, { block_count: 100 }), 'layers-without-tensors'],
    ['as many layers ahead as there are', changed(dense, { nextn_predict_layers: 32 }), 'metadata-too-large'],
    ['-1 KV heads', changed(dense, { 'attention.head_count_kv': -1 }), 'metadata-invalid'],
    ['-1 KV heads in one layer', changed(dense, { 'attention.head_count_kv': [8, -1] }), 'metadata-invalid'],
    ['half a head', changed(dense, { 'attention.head_count': 0.5 }), 'metadata-invalid'],
    ['a window beyond 31 bits', changed(dense, { 'attention.sliding_window': 2 ** 31 }), 'metadata-too-large'],
  ];

  it.each(impossible)('%s', (_, spec, code) => {
    for (const ollama of ENGINES) {
      const on = server([gpu(24)], { ollama });
      expect([ollama, codeOf(() => decide(spec, on, { numCtx: 4096 }))]).toEqual([ollama, code]);
      expect([ollama, codeOf(() => clamp(spec, on, { numCtx: 4096 }))]).toEqual([ollama, code]);
    }
    expect(codeOf(() => planFixed(spec, server([gpu(24)], { ollama: 'llama.cpp' }), { numCtx: 4096 }))).toBe(code);
  });

  it('tensors of more bytes than any machine holds', () => {
    const huge: TensorInfo = { name: 'output.weight', type: 'F32', shape: [2 ** 31, 2 ** 31] };
    const spec = { ...dense, tensors: [...dense.tensors.filter(({ name }) => name !== huge.name), huge] };
    expect(codeOf(() => decide(spec, server([gpu(24)]), { numCtx: 4096 }))).toBe('tensor-too-large');
  });

  it('is told from what is large but right', () => {
    expect(codeOf(() => checkBounds(dense))).toBe('answered');
    const rows = dense.tensors.filter(({ name }) => name.startsWith('blk.0.'));
    const most = Array.from({ length: MAX_LAYERS }, (_, layer) =>
      rows.map((tensor) => ({ ...tensor, name: tensor.name.replace('blk.0.', `blk.${layer}.`) })),
    );
    const deep = {
      ...changed(dense, { block_count: MAX_LAYERS }),
      tensors: [...dense.tensors.slice(0, 1), ...most.flat()],
    };
    expect(codeOf(() => decide(deep, server([gpu(24)]), { numCtx: 4096 }))).toBe('answered');
  });
});

/** Values that break arithmetic, loops and memory. */
const hostile = fc.oneof(
  fc.constantFrom<MetadataValue>(0, 1, -1, 2, 255, 256, 512, 1024, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e308, 0.5),
  fc.constantFrom<MetadataValue>(Number.NaN, Number.POSITIVE_INFINITY, '7', true, null),
  fc.integer({ min: 0, max: 4096 }),
  fc.array(fc.constantFrom<number | boolean>(0, 1, 7, 64, -1, 2 ** 31 - 1, true, false), { maxLength: 12 }),
);

function figures(plan: Plan): readonly number[] {
  return [
    plan.sizeBytes,
    plan.sizeVramBytes,
    plan.numCtx,
    ...plan.placement.perGpuLayers,
    ...[...plan.gpus, plan.host].flatMap((part) => [
      part.weightsBytes,
      part.cacheBytes,
      part.computeBytes,
      part.totalBytes,
    ]),
  ];
}

describe('metadata of any kind', () => {
  const specs = entries.map(specOf);

  it('gives an error with a code or sizes from 0, on every engine', () => {
    const questions = fc.record({
      spec: fc.constantFrom(...specs),
      values: fc.array(fc.tuple(fc.constantFrom(...COUNT_KEYS), hostile), { minLength: 1, maxLength: 3 }),
      ollama: fc.constantFrom(...ENGINES),
      gpus: fc.integer({ min: 0, max: 3 }),
      numCtx: fc.constantFrom(256, 4096, 2 ** 31 - 1),
      numParallel: fc.constantFrom(1, 3),
    });
    const check = fc.property(questions, ({ spec, values, ollama, gpus, numCtx, numParallel }) => {
      const asked = changed(spec, Object.fromEntries(values));
      const on = server(
        Array.from({ length: gpus }, () => gpu(8)),
        { ollama },
      );
      for (const ask of [decide, planFixed]) {
        let plan: Plan;
        try {
          plan = ask(asked, on, { numCtx, numParallel });
        } catch (error) {
          expect(error).toBeInstanceOf(EstimateError);
          continue;
        }
        for (const figure of figures(plan)) {
          expect(figure).toBeGreaterThanOrEqual(0);
          expect(figure).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
        }
      }
    });
    fc.assert(check, { numRuns: 400 });
  });
});
