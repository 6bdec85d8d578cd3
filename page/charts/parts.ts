/** The parts of a plan in the order in which charts and tables show them. */

import type { GpuDevice, GpuPlan, HostPlan, Plan } from '../../src/estimator/index.ts';

export type PartKey = 'others' | 'weights' | 'cache' | 'compute' | 'projector' | 'overhead';

export const PART_KEYS: readonly PartKey[] = ['others', 'weights', 'cache', 'compute', 'projector', 'overhead'];

/** What one GPU holds after the load, bytes. */
export interface GpuFigures {
  readonly device: GpuDevice;
  readonly parts: Readonly<Record<PartKey, number>>;
  /** Negative where it does not fit. */
  readonly leftBytes: number;
  /** Nothing of the model goes here. */
  readonly idle: boolean;
}

export function gpuFigures(plan: Plan, devices: readonly GpuDevice[]): readonly GpuFigures[] {
  return devices.map((device, index) => {
    const gpu = plan.gpus[index];
    const idle = gpu === undefined || (gpu.layers === 0 && gpu.weightsBytes === 0);
    return {
      device,
      idle,
      parts: {
        others: device.totalBytes - device.freeBytes,
        ...(idle ? NOTHING : partsOf(gpu)),
      },
      leftBytes: idle ? device.freeBytes : gpu.headroomBytes,
    };
  });
}

const NOTHING = { weights: 0, cache: 0, compute: 0, projector: 0, overhead: 0 };

function partsOf(gpu: GpuPlan): Readonly<Record<Exclude<PartKey, 'others'>, number>> {
  return {
    weights: gpu.weightsBytes,
    cache: gpu.cacheBytes,
    compute: gpu.computeBytes,
    projector: gpu.projectorBytes,
    overhead: gpu.overheadBytes,
  };
}

/** What lies in system memory, bytes. */
export function hostParts(host: HostPlan): Readonly<Record<PartKey, number>> {
  return {
    others: 0,
    weights: host.weightsBytes,
    cache: host.cacheBytes,
    compute: host.computeBytes,
    projector: 0,
    overhead: 0,
  };
}

/** Short labels: the index, and the name where it tells the cards apart. */
export function gpuLabels(devices: readonly GpuDevice[], shorten: (name: string) => string): readonly string[] {
  const names = devices.map(({ name }) => shorten(name));
  const same = new Set(names).size <= 1;
  return names.map((name, index) => (same ? `GPU ${index}` : `${index} ${name}`));
}
