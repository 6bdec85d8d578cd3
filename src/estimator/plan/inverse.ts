/**
 * The questions the other way round: how many GPUs, which cache type, which quantization. Each answer is a plan that
 * was made, never an extrapolation.
 */

import {
  EstimateError,
  type EstimateRequest,
  type EstimateServer,
  type GpuDevice,
  type KvCacheType,
  type ModelSpec,
  type Plan,
} from '../types.ts';
import { decide } from './decide.ts';

/** Most GPUs of a kind that are tried. */
const MAX_GPUS = 64;

/** Cache types from best to smallest. Ollama documents these three; llama.cpp knows more. */
export const CACHE_TYPES_BY_QUALITY: readonly KvCacheType[] = ['f16', 'q8_0', 'q4_0'];

export interface GpuCountAnswer {
  readonly gpus: number;
  readonly plan: Plan;
}

/**
 * The smallest number of equal GPUs with which the model lies wholly on them.
 *
 * @param gpu one of them, as it is when free
 * @returns undefined when not even `maxGpus` suffice
 * @throws EstimateError as `decide`
 */
export function smallestGpuCount(
  spec: ModelSpec,
  gpu: GpuDevice,
  server: Omit<EstimateServer, 'gpus'>,
  request: EstimateRequest,
  maxGpus = 16,
): GpuCountAnswer | undefined {
  const most = Math.min(Math.max(Math.floor(maxGpus), 1), MAX_GPUS);
  for (let count = 1; count <= most; count++) {
    const gpus = Array.from({ length: count }, () => gpu);
    const plan = decide(spec, { ...server, gpus }, request);
    if (plan.verdict === 'fits') {
      return { gpus: count, plan };
    }
  }
  return undefined;
}

export interface CacheTypeAnswer {
  readonly kvCacheType: KvCacheType;
  readonly plan: Plan;
}

/**
 * The best cache type with which the request fits, best first.
 *
 * @returns undefined when none of them fits
 * @throws EstimateError as `decide`
 */
export function bestCacheType(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  types: readonly KvCacheType[] = CACHE_TYPES_BY_QUALITY,
): CacheTypeAnswer | undefined {
  for (const kvCacheType of types) {
    const plan = decide(spec, server, { ...request, kvCacheType });
    if (plan.verdict === 'fits') {
      return { kvCacheType, plan };
    }
  }
  return undefined;
}

export interface QuantizationAnswer {
  readonly spec: ModelSpec;
  readonly plan: Plan;
}

/**
 * The largest of several quantizations of a model that fits: more bits per weight come first. Specs that cannot be
 * estimated are passed over.
 *
 * @returns undefined when none fits
 */
export function bestQuantization(
  specs: readonly ModelSpec[],
  server: EstimateServer,
  request: EstimateRequest,
): QuantizationAnswer | undefined {
  const sized: { readonly spec: ModelSpec; readonly plan: Plan; readonly weightsBytes: number }[] = [];
  for (const spec of specs) {
    const plan = decideOrUndefined(spec, server, request);
    if (plan === undefined || plan.verdict !== 'fits') {
      continue;
    }
    const weightsBytes = plan.gpus.reduce((sum, gpu) => sum + gpu.weightsBytes, plan.host.weightsBytes);
    sized.push({ spec, plan, weightsBytes });
  }
  sized.sort((a, b) => b.weightsBytes - a.weightsBytes);
  const best = sized[0];
  return best === undefined ? undefined : { spec: best.spec, plan: best.plan };
}

function decideOrUndefined(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan | undefined {
  try {
    return decide(spec, server, request);
  } catch (error) {
    if (error instanceof EstimateError) {
      return undefined;
    }
    throw error;
  }
}
