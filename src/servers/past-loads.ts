/**
 * When a model was last seen wholly on the GPUs, and what the server looked like then. Only clean loads are observed
 * (loading/learning.ts), so the newest observation is the last time it fitted.
 */

import { z } from 'zod';
import type { ObservationRepository } from '../store/types.ts';
import { modelKey } from './asking/same-model.ts';

/** A load that lay where it was planned. */
export interface PastLoad {
  readonly atMs: number;
  readonly numCtx: number;
  readonly ollamaVersion: string;
  readonly digest: string | null;
  /** Memory in use on each GPU just before, bytes; `null`: it was not read. */
  readonly usedBefore: ReadonlyMap<string, number> | null;
}

export interface PastLoads {
  /** The last time the model fitted on this server. Never rejects. */
  lastFitted(server: string, model: string): Promise<PastLoad | null>;
}

const gpusSchema = z.array(z.object({ uuid: z.string() }));
const actualSchema = z.object({ gpus: z.array(z.object({ usedBeforeBytes: z.number() })).nullable() });

export function createPastLoads(observations: ObservationRepository, onError: (error: unknown) => void): PastLoads {
  return {
    async lastFitted(server, model) {
      try {
        const [row] = await observations.list({ server, model: modelKey(model), limit: 1 });
        if (row === undefined) {
          return null;
        }
        const { atMs, numCtx, ollamaVersion, digest } = row;
        return { atMs, numCtx, ollamaVersion, digest, usedBefore: usedBefore(row.gpus, row.actual) };
      } catch (error) {
        onError(error);
        return null;
      }
    },
  };
}

/** Rows written by another version may look different; they say nothing of the GPUs. */
function usedBefore(gpus: unknown, actual: unknown): ReadonlyMap<string, number> | null {
  const cards = gpusSchema.safeParse(gpus);
  const seen = actualSchema.safeParse(actual);
  if (!cards.success || !seen.success || seen.data.gpus?.length !== cards.data.length) {
    return null;
  }
  return new Map(cards.data.map(({ uuid }, index) => [uuid, seen.data.gpus![index]!.usedBeforeBytes]));
}
