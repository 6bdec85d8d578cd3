/**
 * Which GPUs Ollama ≥ 0.30 hands to llama-server: one that holds the prediction with a fifth to spare, or a whole group
 * of one library. Source: `selectLlamaServerPlacement` and its helpers (server/sched.go, v0.30.0 to v0.33.0).
 */

import type { GpuDevice, SystemMemory } from '../../types.ts';
import { availableMemory, percentOf } from './prediction.ts';

/**
 * Indices of the chosen GPUs, in discovery order.
 *
 * @param spread OLLAMA_SCHED_SPREAD: never a single GPU
 */
export function choosePlacement(
  gpus: readonly GpuDevice[],
  predictedBytes: number,
  system: SystemMemory | undefined,
  spread: boolean,
): readonly number[] {
  if (gpus.length <= 1) {
    return gpus.map((_, index) => index);
  }
  const groups = groupByLibrary(gpus);
  if (!spread && predictedBytes > 0) {
    const single = bestSingle(gpus, groups, predictedBytes, system);
    if (single !== undefined) {
      return [single];
    }
  }
  return bestGroup(gpus, groups, system);
}

function groupByLibrary(gpus: readonly GpuDevice[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [index, gpu] of gpus.entries()) {
    const library = gpu.library ?? 'CUDA';
    const group = groups.get(library);
    if (group === undefined) {
      groups.set(library, [index]);
    } else {
      group.push(index);
    }
  }
  return [...groups.values()];
}

function bestSingle(
  gpus: readonly GpuDevice[],
  groups: readonly (readonly number[])[],
  predictedBytes: number,
  system: SystemMemory | undefined,
): number | undefined {
  let best: number | undefined;
  let bestAvailable = 0;
  for (const index of groups.flat()) {
    const gpu = gpus[index]!;
    const available = availableMemory([gpu], system);
    if (predictedBytes > percentOf(available, 80)) {
      continue;
    }
    const current = best === undefined ? undefined : gpus[best]!;
    const integrated = gpu.integrated === true;
    const better =
      current === undefined || (integrated !== (current.integrated === true) ? !integrated : available > bestAvailable);
    if (better) {
      best = index;
      bestAvailable = available;
    }
  }
  return best;
}

function bestGroup(
  gpus: readonly GpuDevice[],
  groups: readonly (readonly number[])[],
  system: SystemMemory | undefined,
): readonly number[] {
  let best: readonly number[] = [];
  let bestAvailable = -1;
  let bestDiscrete = false;
  for (const group of groups) {
    const members = group.map((index) => gpus[index]!);
    const available = availableMemory(members, system);
    const discrete = members.some((gpu) => gpu.integrated !== true);
    const better = best.length === 0 || (discrete !== bestDiscrete ? discrete : available > bestAvailable);
    if (better) {
      best = group;
      bestAvailable = available;
      bestDiscrete = discrete;
    }
  }
  return best;
}
