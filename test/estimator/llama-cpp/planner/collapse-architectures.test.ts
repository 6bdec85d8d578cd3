/**
 * What an architecture says of its layers (`buildsAllLayers`, `placesRepeatLate`, `slicesPerLayer`) cannot be read off
 * llama.cpp's sources. Here it is held against the graph with all layers, for every architecture that is described.
 */

import { describe, expect, it } from 'vitest';
import { compileModel } from '../../../../src/estimator/llama-cpp/compile.ts';
import { prepareLlamaCpp } from '../../../../src/estimator/llama-cpp/dry-run.ts';
import { computeBytes } from '../../../../src/estimator/llama-cpp/planner/planner.ts';
import type { LlamaCppConfig, ModelSpec } from '../../../../src/estimator/types.ts';
import { gpu } from '../../fixture-models.ts';
import { deepened } from '../deepened.ts';
import { entries, specOf } from '../recorded-models.ts';

const LAYERS = [37, 42];
const PERIODS = [6, 4, 3, 2, 1];

/** The deepest repetition that is still a model of this architecture. */
function deep(spec: ModelSpec, layers: number): ModelSpec {
  for (const period of PERIODS) {
    const one = deepened(spec, layers, period);
    try {
      if (compileModel(one).described) {
        return one;
      }
    } catch {
      // Too few layers to repeat so many of them.
    }
  }
  throw new Error(`${spec.name} cannot be made deeper`);
}

const BASE = {
  numBatch: 512,
  numUbatch: 512,
  numParallel: 1,
  cacheTypeK: 'f16',
  cacheTypeV: 'f16',
  outputs: 1,
  numGpu: -1,
  unifiedCache: false,
  embedding: false,
  opOffload: true,
} as const;

const CONFIGS: readonly (Partial<LlamaCppConfig> & { readonly count: number })[] = [
  { count: 1, numCtx: 4096, flashAttention: 'auto', view: 'real' },
  { count: 2, numCtx: 8192, flashAttention: 'auto', view: 'real' },
  { count: 3, numCtx: 2048, flashAttention: false, view: 'fit', numUbatch: 128 },
  { count: 1, numCtx: 16_384, flashAttention: false, view: 'real', numGpu: 23 },
  { count: 2, numCtx: 4096, flashAttention: 'auto', view: 'fit', numGpu: 30, outputs: 0 },
  { count: 2, numCtx: 32_768, flashAttention: 'auto', view: 'real', numParallel: 2, numUbatch: 256 },
];

describe.each(entries)('$name, made deeper', (entry) => {
  it('needs what the graph with all layers needs', () => {
    for (const layers of LAYERS) {
      const spec = deep(specOf(entry), layers);
      for (const { count, ...changes } of CONFIGS) {
        const gpus = Array.from({ length: count }, (_, i) => gpu(8 + 3 * i));
        const given = { ...BASE, ...changes, gpus } as LlamaCppConfig;
        const { model, options } = prepareLlamaCpp(spec, given);
        const all = computeBytes(model, { ...options, allLayers: true });
        expect([layers, changes, computeBytes(model, options)]).toEqual([layers, changes, all]);
      }
    }
  });
});
