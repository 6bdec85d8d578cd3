import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../../../src/catalogue/builtin.ts';
import { prepareLlamaCpp } from '../../../../src/estimator/llama-cpp/dry-run.ts';
import { representativeLayers } from '../../../../src/estimator/llama-cpp/planner/collapse.ts';
import { computeBytes } from '../../../../src/estimator/llama-cpp/planner/planner.ts';
import { planConfig, readPlanRows } from '../../../../truth/accuracy/plan-rows.ts';
import { gpu, model } from '../../fixture-models.ts';

const rows = await readPlanRows(
  fileURLToPath(new URL('../../../../truth/record/plans-sample.jsonl.gz', import.meta.url)),
);

describe('collapsing equal layers', () => {
  it('gives the buffers of the graph with all layers, on every shipped row and in both views', () => {
    for (const row of rows) {
      const spec = builtinCatalogue().find(row.model)!;
      for (const view of ['real', 'fit'] as const) {
        const { model: compiled, options } = prepareLlamaCpp(spec, planConfig(row.cfg, view));
        const full = computeBytes(compiled, { ...options, allLayers: true });
        expect([row.model, row.cfg, computeBytes(compiled, options)]).toEqual([row.model, row.cfg, full]);
      }
    }
  });

  it('gives the same for every number of offloaded layers and many GPUs', () => {
    for (const name of ['llama3.1-8b', 'gemma3-1b', 'gpt-oss-20b', 'qwen3-30b-a3b'] as const) {
      for (let numGpu = 0; numGpu <= 49; numGpu += 3) {
        for (const gpus of [1, 3, 7]) {
          const { model: compiled, options } = prepareLlamaCpp(model(name), {
            gpus: Array.from({ length: gpus }, (_, i) => gpu(8 + i)),
            numCtx: 8192,
            numBatch: 512,
            numUbatch: 512,
            numParallel: 1,
            flashAttention: gpus !== 3,
            cacheTypeK: 'f16',
            cacheTypeV: 'f16',
            outputs: 1,
            numGpu,
            unifiedCache: false,
            embedding: false,
            opOffload: true,
            view: 'real',
          });
          const full = computeBytes(compiled, { ...options, allLayers: true });
          expect([name, numGpu, gpus, computeBytes(compiled, options)]).toEqual([name, numGpu, gpus, full]);
        }
      }
    }
  });

  it('leaves layers out of long runs only, and keeps the first and the last', () => {
    const row = rows.find(({ cfg }) => cfg.ngl === -1 && cfg.gpus.length === 1)!;
    const { model: compiled, options } = prepareLlamaCpp(model('llama3.1-8b'), planConfig(row.cfg, 'real'));
    const layers = representativeLayers(compiled, options.placement, options.overrides, false);
    expect(layers.length).toBeLessThan(10);
    expect(layers[0]).toBe(0);
    expect(layers.at(-1)).toBe(31);
  });

  it('gives the same for any model and configuration, with weights staged from the host, too', () => {
    const names = [...new Set(rows.map((row) => row.model))];
    const configs = fc.record({
      name: fc.constantFrom(...names),
      gpus: fc.integer({ min: 1, max: 8 }),
      numCtx: fc.constantFrom(2048, 8192, 20_000, 131_072),
      numUbatch: fc.constantFrom(64, 128, 512, 2048),
      numParallel: fc.constantFrom(1, 2, 4),
      flashAttention: fc.constantFrom<boolean | 'auto'>('auto', true, false),
      cacheType: fc.constantFrom('f16', 'q8_0', 'q4_0'),
      outputs: fc.constantFrom(0, 1, 4),
      numGpu: fc.constantFrom(-1, -1, 0, 9, 20, 33),
      opOffload: fc.boolean(),
      view: fc.constantFrom<'real' | 'fit'>('real', 'fit'),
      cpuTensors: fc.constantFrom<readonly string[] | undefined>(undefined, undefined, ['exps'], ['ffn_down']),
    });
    const check = fc.property(configs, ({ name, gpus, cacheType, cpuTensors, ...rest }) => {
      const { model: compiled, options } = prepareLlamaCpp(builtinCatalogue().find(name)!, {
        ...rest,
        gpus: Array.from({ length: gpus }, (_, i) => gpu(8 + 3 * i)),
        numBatch: 2048,
        cacheTypeK: cacheType,
        // A quantized V needs flash attention.
        cacheTypeV: rest.flashAttention === false ? 'f16' : cacheType,
        unifiedCache: false,
        embedding: false,
        ...(cpuTensors === undefined ? {} : { cpuTensors }),
      });
      const full = computeBytes(compiled, { ...options, allLayers: true });
      expect(computeBytes(compiled, options)).toEqual(full);
    });
    fc.assert(check, { numRuns: 300, seed: 2026 });
  });
});
