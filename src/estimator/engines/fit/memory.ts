import { planLlamaCpp } from '../../llama-cpp.ts';
import type { LlamaCppConfig, LlamaCppPlan, ModelSpec } from '../../types.ts';

/** Memory of one GPU as `--fit` adds it up: weights, cache and compute buffers, bytes (llama.cpp, common/fit.cpp). */
export function deviceBytes(plan: LlamaCppPlan, gpu: number): number {
  const device = plan.gpus[gpu];
  return device === undefined ? 0 : device.weightsBytes + device.cacheBytes + device.computeBytes;
}

/** What `--fit` would find free beyond its margins if nothing were moved, bytes; negative = it has to act. */
export interface FitSurplus {
  /** On the GPU with least. */
  readonly tightestBytes: number;
  /**
   * Over all GPUs, were the compute buffers without the four copies of pipeline parallelism. When this is negative no
   * other split helps. (`--fit` fills several devices while the model is not yet wholly on them, so it does not see
   * those copies, and never looks again.)
   */
  readonly bestCaseBytes: number;
}

/** The first question of `--fit`, in one dry run: what a clamp asks many times. */
export function fitSurplus(spec: ModelSpec, config: LlamaCppConfig, marginsBytes: readonly number[]): FitSurplus {
  const plan = planLlamaCpp(spec, { ...config, view: 'fit' });
  let tightestBytes = Number.POSITIVE_INFINITY;
  let bestCaseBytes = 0;
  for (const [index, gpu] of config.gpus.entries()) {
    const surplus = gpu.freeBytes - (marginsBytes[index] ?? 0) - deviceBytes(plan, index);
    tightestBytes = Math.min(tightestBytes, surplus);
    const copies = 1 - 1 / plan.pipelineCopies;
    bestCaseBytes += surplus + copies * (plan.gpus[index]?.computeBytes ?? 0);
  }
  return { tightestBytes, bestCaseBytes };
}
