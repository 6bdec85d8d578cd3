/**
 * Which GPUs Ollama ≥ 0.30 hands to llama-server: one that holds the prediction with a fifth to spare, or a whole group
 * of one library. Source: `selectLlamaServerPlacement` and its helpers (server/sched.go, v0.30.0 to v0.33.0).
 */

import type { GpuDevice, SystemMemory } from '../../types.ts';
import { availableMemory, percentOf } from './prediction.ts';

/**
 * Indices of the chosen GPUs, in discovery order.
 *
 * @param gpus as Ollama believes them to be
 * @param spread OLLAMA_SCHED_SPREAD: never a single GPU
 * @param mainGpu the request's `main_gpu`
 */
export function choosePlacement(
  gpus: readonly GpuDevice[],
  predictedBytes: number,
  system: SystemMemory | undefined,
  spread: boolean,
  mainGpu?: number,
): Placement {
  if (gpus.length <= 1) {
    return { chosen: gpus.map((_, index) => index), alone: false };
  }
  const groups = groupByLibrary(gpus);
  if (mainGpu !== undefined) {
    const asked = bestOf(
      gpus,
      groups.flatMap((group) => group[mainGpu] ?? []),
      system,
    );
    return asked === undefined ? wholeGroup(gpus, groups, system) : { chosen: [asked], alone: true };
  }
  if (!spread && predictedBytes > 0) {
    const roomy = groups.flat().filter((index) => {
      return predictedBytes <= percentOf(availableMemory([gpus[index]!], system), 80);
    });
    const single = bestOf(gpus, roomy, system);
    if (single !== undefined) {
      return { chosen: [single], alone: true };
    }
  }
  return wholeGroup(gpus, groups, system);
}

/** The GPUs that llama-server is given. */
export interface Placement {
  /** Indices in discovery order. */
  readonly chosen: readonly number[];
  /** One of several was picked: llama-server then sees no other. */
  readonly alone: boolean;
}

function wholeGroup(
  gpus: readonly GpuDevice[],
  groups: readonly (readonly number[])[],
  system: SystemMemory | undefined,
): Placement {
  return { chosen: bestGroup(gpus, groups, system), alone: false };
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

/** The best of some GPUs: a discrete one, then the one with most memory available. */
function bestOf(
  gpus: readonly GpuDevice[],
  candidates: readonly number[],
  system: SystemMemory | undefined,
): number | undefined {
  let best: number | undefined;
  let bestAvailable = 0;
  for (const index of candidates) {
    const gpu = gpus[index]!;
    const available = availableMemory([gpu], system);
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
