/**
 * What loads teach: predicted and actual memory of each are kept, and the newest make the corrections of the next plans
 * (src/estimator/calibration.ts).
 */

import { z } from 'zod';
import { type Calibration, calibrate, type LoadObservation } from '../../estimator/plan/calibration.ts';
import type { OverheadParts } from '../../estimator/types.ts';
import type { ObservationRepository, ObservationRow } from '../../store/types.ts';
import { modelKey } from '../asking/same-model.ts';
import type { LoadOutcome } from './types.ts';

/** Loads that the corrections rest on at most; older ones may come from another driver. */
const NEWEST = 200;
/** Another process may have added loads meanwhile. */
const CACHE_MS = 60_000;

const predictedSchema = z.object({
  sizeVramBytes: z.number(),
  gpus: z.array(
    z.object({
      totalBytes: z.number(),
      computeBytes: z.number(),
      // Absent in what earlier versions recorded: they knew one amount outside the buffers, and another one.
      overheadParts: z.object({ contextBytes: z.number(), loadBytes: z.number(), useBytes: z.number() }).optional(),
    }),
  ),
});
const actualSchema = z.object({
  sizeVramBytes: z.number(),
  gpus: z.array(z.object({ name: z.string(), usedBeforeBytes: z.number(), usedAfterBytes: z.number() })).nullable(),
});

/** Engines that know only one amount outside the buffers expect all of it from the load. */
const ALL_AT_LOAD: OverheadParts = { contextBytes: 0, loadBytes: 0, useBytes: 0 };

/** Corrections per server, learned from its own loads. */
export interface Learning {
  /** As last read, without a wait: what is older than a minute is read again meanwhile. `null`: nothing is known yet. */
  known(server: string): Calibration | null;
  /** At most a minute old. `null`: nothing was observed yet. Rejects with a StoreError. */
  calibration(server: string): Promise<Calibration | null>;
  /** How long the latest loads of a model took there, ms, as last read; `null`: nothing is known. */
  usualMs(server: string, model: string): number | null;
  /**
   * Keeps a load. Only a clean one teaches: a new load, as predicted on the first try, that lies where it was planned.
   * Rejects with a StoreError.
   */
  record(outcome: LoadOutcome): Promise<void>;
}

/** @param onError what goes wrong where nobody waits */
export function createLearning(
  observations: ObservationRepository,
  now: () => number,
  onError: (error: unknown) => void,
): Learning {
  const cache = new Map<
    string,
    { readonly atMs: number; readonly calibration: Calibration | null; readonly durations: Durations }
  >();
  const reading = new Map<string, Promise<Calibration | null>>();

  const isFresh = (server: string): boolean => {
    const known = cache.get(server);
    return known !== undefined && now() - known.atMs < CACHE_MS;
  };
  const read = async (server: string): Promise<Calibration | null> => {
    const rows = await observations.list({ server, limit: NEWEST });
    const calibration = learnFrom(rows.flatMap(toLoad));
    cache.set(server, { atMs: now(), calibration, durations: durationsOf(rows) });
    return calibration;
  };
  const readOnce = (server: string): Promise<Calibration | null> => {
    const under = reading.get(server) ?? read(server).finally(() => reading.delete(server));
    reading.set(server, under);
    return under;
  };
  return {
    known(server) {
      if (!isFresh(server)) {
        readOnce(server).catch(onError);
      }
      return cache.get(server)?.calibration ?? null;
    },
    calibration: async (server) => (isFresh(server) ? (cache.get(server)?.calibration ?? null) : readOnce(server)),
    usualMs: (server, model) => cache.get(server)?.durations.get(modelKey(model)) ?? null,
    async record(outcome) {
      const { plainPlan, proof, before, numCtx } = outcome;
      if (plainPlan === null || proof === null || before === null || numCtx === null || !proof.onGpu) {
        return;
      }
      const readable = proof.gpus.every((gpu) => gpu.usedBeforeBytes !== null && gpu.actualBytes !== null);
      await observations.add({
        atMs: now(),
        server: outcome.server,
        model: modelKey(outcome.model),
        digest: outcome.digest,
        ollamaVersion: before.ollama.state === 'up' ? before.ollama.version.text : '',
        engine: plainPlan.engine,
        numCtx,
        request: {
          numParallel: plainPlan.numParallel,
          numBatch: plainPlan.numBatch,
          kvCacheType: plainPlan.kvCacheType,
          flashAttention: plainPlan.flashAttention,
        },
        predicted: {
          sizeVramBytes: plainPlan.sizeVramBytes,
          gpus: plainPlan.gpus.map(({ totalBytes, computeBytes, overheadParts = ALL_AT_LOAD }) => ({
            totalBytes,
            computeBytes,
            overheadParts,
          })),
        },
        actual: {
          sizeVramBytes: proof.sizeVramBytes,
          ...(outcome.loadMs === null ? {} : { loadMs: outcome.loadMs }),
          gpus: readable
            ? proof.gpus.map(({ name, usedBeforeBytes, actualBytes }) => ({
                name,
                usedBeforeBytes,
                // What other programs took meanwhile teaches nothing about this load.
                usedAfterBytes: usedBeforeBytes! + actualBytes!,
              }))
            : null,
        },
        gpus: proof.gpus.map(({ name, uuid }) => ({ name, uuid })),
      });
      await read(outcome.server);
    },
  };
}

function learnFrom(loads: readonly LoadObservation[]): Calibration | null {
  if (loads.length === 0) {
    return null;
  }
  const learned = calibrate(loads);
  return {
    ...learned,
    // People count loads, not GPUs.
    factorsFor: (gpus, model) => ({ ...learned.factorsFor(gpus, modelKey(model)), observations: loads.length }),
  };
}

/** Usual time of a load by model, ms. */
type Durations = ReadonlyMap<string, number>;

/** Loads of one model that its usual time is the middle of. */
const LATEST = 3;
const timedSchema = z.object({ loadMs: z.number().positive() });

function durationsOf(rows: readonly ObservationRow[]): Durations {
  const byModel = new Map<string, number[]>();
  for (const row of rows) {
    const timed = timedSchema.safeParse(row.actual);
    const known = byModel.get(row.model) ?? [];
    if (timed.success && known.length < LATEST) {
      byModel.set(row.model, [...known, timed.data.loadMs]);
    }
  }
  return new Map(
    [...byModel].map(([model, times]) => [model, times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!]),
  );
}

/** Rows written by another version may look different; they teach nothing. */
function toLoad(row: ObservationRow): LoadObservation[] {
  const predicted = predictedSchema.safeParse(row.predicted);
  const actual = actualSchema.safeParse(row.actual);
  if (!predicted.success || !actual.success) {
    return [];
  }
  const { gpus, sizeVramBytes } = actual.data;
  const plan = predicted.data as unknown as LoadObservation['predicted'];
  const comparable = predicted.data.gpus.every(({ overheadParts }) => overheadParts !== undefined);
  return [{ model: row.model, predicted: plan, sizeVramBytes, ...(gpus === null || !comparable ? {} : { gpus }) }];
}
