import { setTimeout as sleep } from 'node:timers/promises';
import type { Plan } from '../../estimator/types.ts';
import { sameModel } from '../asking/same-model.ts';
import { placeableGpus } from '../asking/server-view.ts';
import { changeElsewhere } from '../gpu-processes.ts';
import { hostBytes, placementOf } from '../placements.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../types.ts';
import type { GpuProof, Proof } from './types.ts';

/** Ollama's own VRAM recovery takes up to 1.5 s, its list may lag behind: nothing read earlier proves anything. */
export const SETTLE_MS = 2_000;
const READ_TIMEOUT_MS = 5_000;
const TRIES = 3;
/** How often a server is read until nothing is leaving, a quarter of the settling time apart. */
const LEAVING_LOOKS = 10;
/** Sizes are sums of printed MiB: a thousandth is rounding, not a spill. */
const ROUNDING = 0.999;

/** The model in a snapshot's list of loaded ones. */
export function findLoaded(snapshot: ServerSnapshot, model: string): LoadedModelView | null {
  return snapshot.models?.find((candidate) => sameModel(candidate.name, model)) ?? null;
}

/** Reads the server again, fresh. */
export function readAgain(server: Server): Promise<ServerSnapshot> {
  return server.snapshot({ maxAgeMs: 0, timeoutMs: READ_TIMEOUT_MS });
}

/**
 * The server before anything is decided: a model that is leaving is waited for, some seconds at the most. Ollama lists it
 * until its process has ended (from 0.30 on), and its holder need not be asked about what is gone already. One that is
 * still answering somebody stays longer, and counts as loaded.
 */
export async function readBefore(server: Server, settleMs: number, signal: AbortSignal): Promise<ServerSnapshot> {
  let snapshot = await readAgain(server);
  for (let look = 1; look < LEAVING_LOOKS && snapshot.models?.some(({ stopping }) => stopping) === true; look += 1) {
    await sleep(settleMs / 4, undefined, { signal });
    snapshot = await readAgain(server);
  }
  signal.throwIfAborted();
  return snapshot;
}

/**
 * What of a loaded model went to system memory although its plan keeps it on the GPUs, bytes. Ollama's `size` exceeds
 * `size_vram` also where experts lie on another GPU: what the plan says of that is no spill.
 */
export function spilledBytes(model: LoadedModelView, plan: Plan | null): number {
  const planned = plan?.verdict === 'fits' ? plan.sizeBytes - plan.sizeVramBytes : 0;
  const spilled = plan === null ? hostBytes(model) : model.sizeBytes - model.sizeVramBytes - planned;
  return spilled > model.sizeBytes * (1 - ROUNDING) ? spilled : 0;
}

/** Whether everything of a loaded model is on the GPUs. */
export function isOnGpu(model: LoadedModelView, plan: Plan | null = null): boolean {
  return spilledBytes(model, plan) === 0;
}

/** Memory in use on all GPUs, `null` when not every one could be read. */
export function usedVram(snapshot: ServerSnapshot | null): number | null {
  if (snapshot === null || snapshot.gpuStale || snapshot.gpuViews.length === 0) {
    return null;
  }
  let sum = 0;
  for (const { usedBytes } of snapshot.gpuViews) {
    if (usedBytes === null) {
      return null;
    }
    sum += usedBytes;
  }
  return sum;
}

/** Models that were loaded before with time left, and are not any more, except those unloaded on purpose. */
export function missingModels(
  before: ServerSnapshot,
  after: ServerSnapshot,
  onPurpose: readonly string[],
): readonly LoadedModelView[] {
  return (before.models ?? []).filter(
    (model) =>
      !onPurpose.some((name) => sameModel(name, model.name)) &&
      findLoaded(after, model.name) === null &&
      (typeof model.expiresAtMs !== 'number' || model.expiresAtMs > after.takenAtMs),
  );
}

/**
 * What a load really did: `/api/ps` and the GPUs' memory, read again after `settleMs`.
 * @param onPurpose models that were unloaded on purpose
 * @returns `gone` when the model is not in memory, `unreadable` when Ollama does not answer any more
 */
export async function proveLoad(
  server: Server,
  model: string,
  before: ServerSnapshot,
  plan: Plan | null,
  onPurpose: readonly string[],
  settleMs: number,
  signal: AbortSignal,
): Promise<Proof | 'gone' | 'unreadable'> {
  let last: 'gone' | 'unreadable' = 'unreadable';
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    await sleep(settleMs, undefined, { signal });
    const after = await readAgain(server);
    const readable = after.ollama.state === 'up' && !after.modelsStale;
    last = readable ? 'gone' : 'unreadable';
    const loaded = readable ? findLoaded(after, model) : null;
    if (loaded === null) {
      continue;
    }
    if (plan !== null) {
      const uuids = placeableGpus(before).map(({ uuid }) => uuid);
      server.placements.learn(loaded, placementOf(plan, loaded, uuids));
    }
    return {
      sizeBytes: loaded.sizeBytes,
      sizeVramBytes: loaded.sizeVramBytes,
      onGpu: isOnGpu(loaded, plan),
      spilledBytes: spilledBytes(loaded, plan),
      contextLength: loaded.contextLength,
      expiresAtMs: loaded.expiresAtMs,
      gpus: proveGpus(before, after, plan),
      evicted: missingModels(before, after, [...onPurpose, model]).map((missing) => missing.name),
    };
  }
  return last;
}

function proveGpus(before: ServerSnapshot, after: ServerSnapshot, plan: Plan | null): GpuProof[] {
  // What was declared and reckoned from Ollama's own list is no measurement.
  const measured = !after.gpuStale && before.gpus?.basis === 'measured' && after.gpus?.basis === 'measured';
  // A program that started beside the load, and a model that left for it, are not the load's memory.
  const elsewhere = changeElsewhere(before.gpus, after.gpus);
  return placeableGpus(before).map((gpu, index) => {
    const othersBytes = elsewhere.state === 'known' ? (elsewhere.byGpu.get(gpu.uuid) ?? 0) : 0;
    const now = after.gpuViews.find((view) => view.uuid === gpu.uuid);
    const usedBeforeBytes = measured ? gpu.usedBytes : null;
    const usedAfterBytes = measured ? (now?.usedBytes ?? null) : null;
    const grown = usedAfterBytes === null || usedBeforeBytes === null ? null : usedAfterBytes - usedBeforeBytes;
    return {
      uuid: gpu.uuid,
      name: gpu.name,
      index: gpu.index,
      predictedBytes: plan?.gpus[index]?.totalBytes ?? null,
      actualBytes: grown === null || elsewhere.state === 'ambiguous' ? null : grown - othersBytes,
      othersBytes: elsewhere.state === 'known' && grown !== null ? othersBytes : null,
      usedBeforeBytes,
      usedAfterBytes,
    };
  });
}

/** How an unload ended: `gone` and its memory back, or gone with memory that did not come back, or still there. */
export interface UnloadProof {
  readonly result: 'gone' | 'memory-stuck' | 'still-loaded';
  /** Free memory that came back on all GPUs; `null` where it could not be read. */
  readonly recoveredBytes: number | null;
  readonly after: ServerSnapshot | null;
}

/** Share of a model's VRAM whose return counts as "came back": Ollama's own bound (sched.go, 0.12.6 and later). */
const RECOVERED_SHARE = 0.75;
/** Reads of one unload, the first after `settleMs`. */
const UNLOAD_READS = 10;

/** Waits until a model has left and its memory is back, at most {@link UNLOAD_READS} times `settleMs`. */
export async function proveUnload(
  server: Server,
  model: LoadedModelView,
  before: ServerSnapshot,
  settleMs: number,
  signal: AbortSignal,
): Promise<UnloadProof> {
  const free = (snapshot: ServerSnapshot) => snapshot.figures.freeNow?.sum ?? null;
  const freeBefore = free(before);
  let proof: UnloadProof = { result: 'still-loaded', recoveredBytes: null, after: null };
  for (let round = 0; round < UNLOAD_READS; round += 1) {
    await sleep(settleMs, undefined, { signal });
    const after = await readAgain(server);
    if (after.modelsStale || after.ollama.state !== 'up') {
      continue;
    }
    const gone = findLoaded(after, model.name) === null;
    const freeAfter = free(after);
    const recoveredBytes = freeBefore === null || freeAfter === null || after.gpuStale ? null : freeAfter - freeBefore;
    const back = recoveredBytes === null || recoveredBytes >= model.sizeVramBytes * RECOVERED_SHARE;
    proof = { result: gone ? (back ? 'gone' : 'memory-stuck') : 'still-loaded', recoveredBytes, after };
    if (proof.result === 'gone') {
      return proof;
    }
  }
  return proof;
}
