import type { GpuDevice, GpuPlan } from '../types.ts';

/** The plan of a GPU that a model does not touch: nothing of it, all that was free is left. */
export function untouchedGpu(gpu: GpuDevice): GpuPlan {
  return {
    weightsBytes: 0,
    cacheBytes: 0,
    computeBytes: 0,
    projectorBytes: 0,
    overheadBytes: 0,
    overheadRangeBytes: [0, 0],
    totalBytes: 0,
    layers: 0,
    headroomBytes: gpu.freeBytes,
  };
}
