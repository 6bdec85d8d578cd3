/** Where the simulated server really puts a model: the estimator's plan, and a little besides. */

import { decide } from '../estimator/plan/decide.ts';
import { estimateSpeed } from '../estimator/speed/speed.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, Plan } from '../estimator/types.ts';
import { stableFraction } from './random.ts';
import type { Placed, Placement, Refused } from './types.ts';

export interface PlacementDeviation {
  /** Compute buffers are larger than planned by a share in this range: no plan is exact on a real machine. */
  readonly compute: readonly [low: number, high: number];
}

const DEFAULT_DEVIATION: PlacementDeviation = { compute: [0.01, 0.02] };

/** How far the real speed is from the estimated one, at most. */
const SPEED_DEVIATION = 0.1;

/** What llama.cpp prints when it does not start, by the estimator's code for it. */
const START_FAILURES: Readonly<Record<string, string>> = {
  'kv-needs-flash-attention': 'llama_init_from_model: V cache quantization requires flash_attn',
};

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
  const planned = plan.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0) + plan.host.totalBytes;
  if (plan.ollamaError !== undefined) {
    return { refused: plan.ollamaError };
  }
  // refused before anything is placed: the runner does not start with these options
  if (plan.verdict === 'refused' && planned === 0) {
    return { refused: `llama-server process has terminated: exit status 1: ${START_FAILURES[plan.reason.code] ?? ''}` };
  }
  const [low, high] = deviation.compute;
  const more = (bytes: number, part: string | number) => {
    const share = low + (high - low) * stableFraction(seed, 'compute', spec.name, request.numCtx, part);
    return Math.round(bytes * share);
  };
  const moreOnGpu = plan.gpus.map((gpu, index) => more(gpu.computeBytes, index));
  const moreOnHost = more(plan.host.computeBytes, 'host');
  // the formulas report what they reckoned, not what was taken
  const reportedMore = plan.engine === 'formula' ? 0 : moreOnGpu.reduce((sum, bytes) => sum + bytes, 0);
  const fullyOnGpu = plan.sizeBytes === plan.sizeVramBytes;
  return {
    gpuBytes: plan.gpus.map((gpu, index) => {
      const parts = gpu.weightsBytes + gpu.cacheBytes + gpu.computeBytes + gpu.projectorBytes;
      return Math.round(parts) + moreOnGpu[index]!;
    }),
    usesGpu: plan.gpus.map((gpu) => gpu.totalBytes > 0),
    hostBytes: Math.round(plan.host.totalBytes) + moreOnHost,
    fullyOnGpu,
    reportedVramBytes: Math.round(plan.sizeVramBytes) + reportedMore,
    reportedBytes:
      Math.round(plan.sizeBytes) + reportedMore + (fullyOnGpu || plan.engine === 'formula' ? 0 : moreOnHost),
    numCtx: plan.numCtx,
    speed: () => {
      const estimate = estimateSpeed(spec, server, plan);
      const share = 1 + SPEED_DEVIATION * (2 * stableFraction(seed, 'speed', spec.name, request.numCtx) - 1);
      return estimate === null
        ? null
        : { prompt: estimate.promptTokensPerSecond * share, generated: estimate.generatedTokensPerSecond * share };
    },
  };
}
