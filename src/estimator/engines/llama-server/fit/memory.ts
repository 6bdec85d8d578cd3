import type { LlamaCppPlan } from '../../../types.ts';

/** Memory of one GPU as `--fit` adds it up: weights, cache and compute buffers, bytes (llama.cpp, common/fit.cpp). */
export function deviceBytes(plan: LlamaCppPlan, gpu: number): number {
  const device = plan.gpus[gpu];
  return device === undefined ? 0 : device.weightsBytes + device.cacheBytes + device.computeBytes;
}
