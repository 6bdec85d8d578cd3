import type { GpuPlan } from '../../src/estimator/types.ts';

/** One part of what a model takes on a GPU. */
export interface Part {
  readonly key: 'weights' | 'cache' | 'compute' | 'projector' | 'overhead';
  readonly of: (gpu: GpuPlan) => number;
}

export const PARTS: readonly Part[] = [
  { key: 'weights', of: (gpu) => gpu.weightsBytes },
  { key: 'cache', of: (gpu) => gpu.cacheBytes },
  { key: 'compute', of: (gpu) => gpu.computeBytes },
  { key: 'projector', of: (gpu) => gpu.projectorBytes },
  { key: 'overhead', of: (gpu) => gpu.overheadBytes },
];

/** Parts that have a column of their own on a phone; the others are told together there. */
export function isMain({ key }: Part): boolean {
  return key === 'weights' || key === 'cache';
}

/** Whether nothing of the model is on a GPU. */
export function isIdle(gpu: GpuPlan): boolean {
  return gpu.layers === 0 && gpu.weightsBytes === 0;
}
