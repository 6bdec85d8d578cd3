/** Where the simulated server really puts a model: the estimator's plan, and a little besides. */

import { decide } from '../estimator/estimate.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, Plan } from '../estimator/types.ts';
import { stableFraction } from './random.ts';
import type { Placed, Placement, Refused } from './types.ts';

export interface PlacementDeviation {
  /** Compute buffers are larger than planned by a share in this range: no plan is exact on a real machine. */
  readonly compute: readonly [low: number, high: number];
}

export const DEFAULT_DEVIATION: PlacementDeviation = { compute: [0.01, 0.02] };

/**
 * The estimator's own decision with compute buffers a little larger, so that predicted and actual differ as they do
 * on a real machine. The same question always gets the same answer.
 */
export function estimatedPlacement(seed: number, deviation: PlacementDeviation = DEFAULT_DEVIATION): Placement {
  return (spec, server, request) => deviate(decide(spec, server, request), spec, server, request, seed, deviation);
}

function deviate(
  plan: Plan,
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  seed: number,
  deviation: PlacementDeviation,
): Placed | Refused {
  if (plan.verdict === 'refused') return { refused: plan.ollamaError ?? 'model requires more system memory' };
  const [low, high] = deviation.compute;
  const factor = (part: string | number) => {
    return 1 + low + (high - low) * stableFraction(seed, 'compute', spec.name, request.numCtx, part);
  };
  return {
    gpuBytes: server.gpus.map((_, index) => {
      const gpu = plan.gpus[index];
      if (!gpu) return 0;
      return Math.round(gpu.weightsBytes + gpu.cacheBytes + gpu.projectorBytes + gpu.computeBytes * factor(index));
    }),
    usesGpu: server.gpus.map((_, index) => (plan.gpus[index]?.overheadBytes ?? 0) > 0),
    hostBytes: Math.round(plan.host.weightsBytes + plan.host.cacheBytes + plan.host.computeBytes * factor('host')),
    fullyOnGpu: plan.verdict === 'fits',
    numCtx: plan.numCtx,
  };
}
