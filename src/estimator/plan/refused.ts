/** Plans of models that a version of Ollama does not load at all: nothing is anywhere. */

import type { EngineName, EstimateRequest, EstimateServer, Plan, Reason } from '../types.ts';
import { untouchedGpu } from './untouched-gpu.ts';

const DEFAULT_BATCH = 512;

/** What a refusal is about. */
export interface Refusal {
  readonly engine: EngineName;
  readonly reason: Reason;
  /** Repeating layers of the model. */
  readonly blocks: number;
}

/** The plan of a refusal: no layer is placed, no byte taken. */
export function refusedPlan(server: EstimateServer, request: EstimateRequest, refusal: Refusal): Plan {
  return {
    engine: refusal.engine,
    verdict: 'refused',
    reason: refusal.reason,
    placement: {
      gpuLayers: 0,
      totalLayers: refusal.blocks + 1,
      perGpuLayers: server.gpus.map(() => 0),
      overrides: 0,
      overridePatterns: [],
    },
    gpus: server.gpus.map(untouchedGpu),
    host: { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 },
    sizeVramBytes: 0,
    sizeBytes: 0,
    numCtx: request.numCtx,
    numParallel: request.numParallel ?? 1,
    numBatch: request.numBatch ?? DEFAULT_BATCH,
    numUbatch: request.numBatch ?? DEFAULT_BATCH,
    flashAttention: false,
    kvCacheType: 'f16',
    computeBasis: 'planned',
    notes: [],
  };
}
