/**
 * Where loaded models really lie. Ollama's own sizes do not tell: since 0.30 `size_vram` leaves out the first of two
 * caches, and `size` exceeds it also where experts lie on another GPU and nothing is in system memory. A plan that agrees
 * with both sizes tells, and is kept for as long as the model is listed with them.
 */

import type { Plan } from '../estimator/types.ts';

/** What a model holds on one GPU. */
export interface PlacementOnGpu {
  readonly uuid: string;
  /** Really, its context included, bytes. */
  readonly heldBytes: number;
  /** As Ollama counts it, bytes. */
  readonly countedBytes: number;
}

/** Where a model lies. */
export interface Placement {
  /** In system memory of what Ollama counts as not on a GPU, bytes; 0 = all of it is on GPUs. */
  readonly hostBytes: number;
  readonly gpus: readonly PlacementOnGpu[];
  /** Ollama gave it one GPU out of several. */
  readonly alone: boolean;
}

/** Ollama's own figures of a loaded model. */
export interface ListedSizes {
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
}

/** What tells one load from another. */
export interface ListedModel extends ListedSizes {
  readonly digest: string;
  readonly contextLength: number | null;
}

/** A model with where it lies, as far as it is known. */
export interface PlacedSizes extends ListedSizes {
  readonly placement?: Placement;
}

export interface PlacementBook {
  /** `null`: no plan agrees with what Ollama says; undefined: nobody has looked. */
  of(model: ListedModel): Placement | null | undefined;
  learn(model: ListedModel, placement: Placement | null): void;
}

/** Loads remembered at most. */
const MAX_PLACEMENTS = 256;
/** How far a plan's sizes may be from Ollama's to speak of the same load. */
const SAME_SIZES = 0.01;

export function createPlacementBook(): PlacementBook {
  const known = new Map<string, Placement | null>();
  const key = ({ digest, contextLength, sizeBytes, sizeVramBytes }: ListedModel): string =>
    `${digest} ${contextLength} ${sizeBytes} ${sizeVramBytes}`;
  return {
    of: (model) => known.get(key(model)),
    learn(model, placement) {
      const [oldest] = known.keys();
      if (oldest !== undefined && known.size >= MAX_PLACEMENTS) {
        known.delete(oldest);
      }
      known.set(key(model), placement);
    },
  };
}

/**
 * The placement that a plan gives a loaded model; `null` where it speaks of another load.
 * @param uuids the GPUs of the plan, in its order
 */
export function placementOf(plan: Plan, model: ListedModel, uuids: readonly string[]): Placement | null {
  const near = (ours: number, theirs: number): boolean => Math.abs(ours - theirs) <= SAME_SIZES * model.sizeBytes;
  if (!near(plan.sizeVramBytes, model.sizeVramBytes) || !near(plan.sizeBytes, model.sizeBytes)) {
    return null;
  }
  const gpus = plan.gpus.flatMap((gpu, index): PlacementOnGpu[] => {
    const uuid = uuids[index];
    if (uuid === undefined || gpu.totalBytes === 0) {
      return [];
    }
    const heldBytes = gpu.totalBytes - (gpu.overheadParts?.useBytes ?? 0);
    return [{ uuid, heldBytes, countedBytes: plan.countedBytes?.[index] ?? heldBytes }];
  });
  const hostBytes = plan.verdict === 'fits' ? 0 : Math.max(0, model.sizeBytes - model.sizeVramBytes);
  return { hostBytes, gpus, alone: plan.alone ?? false };
}

/** What a model holds on the GPUs, bytes: as planned, else as Ollama counts. */
export function heldBytes({ placement, sizeVramBytes }: PlacedSizes): number {
  return placement === undefined ? sizeVramBytes : placement.gpus.reduce((sum, gpu) => sum + gpu.heldBytes, 0);
}

/** What of a model lies in system memory, bytes: as planned, else what Ollama does not count as on the GPUs. */
export function hostBytes({ placement, sizeBytes, sizeVramBytes }: PlacedSizes): number {
  return placement === undefined ? Math.max(0, sizeBytes - sizeVramBytes) : placement.hostBytes;
}
