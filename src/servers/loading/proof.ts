import { setTimeout as sleep } from 'node:timers/promises';
import { nameKey, parseModelName } from '../../catalogue/names.ts';
import type { GpuDevice, Plan } from '../../estimator/types.ts';
import { placeableGpus } from '../estimate-server.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../types.ts';
import type { GpuProof, Proof } from './types.ts';

/** Ollama's own VRAM recovery takes up to 1.5 s, its list may lag behind: nothing read earlier proves anything. */
export const SETTLE_MS = 2_000;
const READ_TIMEOUT_MS = 5_000;
const TRIES = 3;
/** Sizes are sums of printed MiB: a thousandth is rounding, not a spill. */
const ROUNDING = 0.999;

/** The same model under two spellings. */
export function sameModel(a: string, b: string): boolean {
  const [left, right] = [parseModelName(a), parseModelName(b)];
  return left.ok && right.ok ? nameKey(left.name) === nameKey(right.name) : a === b;
}

/** The model in a snapshot's list of loaded ones. */
export function findLoaded(snapshot: ServerSnapshot, model: string): LoadedModelView | null {
  return snapshot.models?.find((candidate) => sameModel(candidate.name, model)) ?? null;
}

/** Reads the server again, fresh. */
export function readAgain(server: Server): Promise<ServerSnapshot> {
  return server.snapshot({ maxAgeMs: 0, timeoutMs: READ_TIMEOUT_MS });
}

/**
 * What a load really did: `/api/ps` and the GPUs' memory, read again after {@link SETTLE_MS}.
 * @param unloaded models that were unloaded on purpose
 * @returns `null` when the model is not in memory
 */
export async function proveLoad(
  server: Server,
  model: string,
  before: ServerSnapshot,
  plan: Plan | null,
  unloaded: readonly string[],
  signal: AbortSignal,
): Promise<Proof | null> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    await sleep(SETTLE_MS, undefined, { signal });
    const after = await readAgain(server);
    const loaded = after.modelsStale ? null : findLoaded(after, model);
    if (loaded === null) continue;
    return {
      sizeBytes: loaded.sizeBytes,
      sizeVramBytes: loaded.sizeVramBytes,
      onGpu: loaded.sizeVramBytes >= loaded.sizeBytes * ROUNDING,
      contextLength: loaded.contextLength,
      expiresAtMs: loaded.expiresAtMs,
      gpus: proveGpus(before, after, plan),
      evicted: (before.models ?? [])
        .map((other) => other.name)
        .filter((name) => !sameModel(name, model) && !unloaded.includes(name) && findLoaded(after, name) === null),
    };
  }
  return null;
}

function proveGpus(before: ServerSnapshot, after: ServerSnapshot, plan: Plan | null): GpuProof[] {
  return placeableGpus(before).map((gpu, index) => {
    const now = after.gpuViews.find((view) => view.uuid === gpu.uuid);
    const actual = now?.usedBytes != null && gpu.usedBytes !== null ? now.usedBytes - gpu.usedBytes : null;
    return { uuid: gpu.uuid, name: gpu.name, predictedBytes: plan?.gpus[index]?.totalBytes ?? 0, actualBytes: actual };
  });
}

/** How an unload ended: `gone` and its memory back, or gone with memory that did not come back, or still there. */
export interface UnloadProof {
  readonly result: 'gone' | 'memory-stuck' | 'still-loaded';
  /** Free memory that came back on all GPUs; `null` where it could not be read. */
  readonly recoveredBytes: number | null;
}

/** Share of a model's VRAM whose return counts as "came back": Ollama's own bound (sched.go, 0.12.6 and later). */
const RECOVERED_SHARE = 0.75;

/** Waits until a model has left and its memory is back, at most `limitMs`; never sooner than {@link SETTLE_MS}. */
export async function proveUnload(
  server: Server,
  model: LoadedModelView,
  before: ServerSnapshot,
  limitMs: number,
  signal: AbortSignal,
): Promise<UnloadProof> {
  const free = (snapshot: ServerSnapshot) => snapshot.figures.freeNow?.sum ?? null;
  const freeBefore = free(before);
  const rounds = Math.max(1, Math.ceil(limitMs / SETTLE_MS));
  let gone = false;
  let recoveredBytes: number | null = null;
  for (let round = 0; round < rounds; round += 1) {
    await sleep(SETTLE_MS, undefined, { signal });
    const after = await readAgain(server);
    if (after.modelsStale) continue;
    gone = findLoaded(after, model.name) === null;
    const freeAfter = free(after);
    recoveredBytes = freeBefore === null || freeAfter === null || after.gpuStale ? null : freeAfter - freeBefore;
    if (gone && (recoveredBytes === null || recoveredBytes >= model.sizeVramBytes * RECOVERED_SHARE)) {
      return { result: 'gone', recoveredBytes };
    }
  }
  return { result: gone ? 'memory-stuck' : 'still-loaded', recoveredBytes };
}

/** Names of GPUs in the plan's order, for calibration. */
export function gpuNames(gpus: readonly GpuDevice[]): readonly string[] {
  return gpus.map((gpu) => gpu.name);
}
