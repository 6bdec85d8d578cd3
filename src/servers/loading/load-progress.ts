import type { Plan } from '../../estimator/types.ts';
import { placeableGpus } from '../asking/server-view.ts';
import { changeElsewhere } from '../gpu-processes.ts';
import type { Server, ServerSnapshot } from '../types.ts';

/** From one look at a load under way to the next, ms. Chats take edits at this pace. */
export const LOOK_EVERY_MS = 1_500;
/** A look that takes longer is left out. */
const LOOK_LIMIT_MS = 1_000;
/** Length of the window that the rate is taken over, ms. */
const RATE_WINDOW_MS = 10_000;
/** It is there when Ollama says so, not before. */
const MOST_SHARE = 0.99;

/** How far a load is. */
export interface LoadProgress {
  /** On the GPUs by now, bytes; `null` where their memory is not measured. */
  readonly doneBytes: number | null;
  /** What the plan puts there. */
  readonly totalBytes: number;
  /** 0 to 0.99; `null` where neither memory nor earlier loads tell. */
  readonly share: number | null;
  /** Time left, ms; `null` where it cannot be told. */
  readonly leftMs: number | null;
}

export interface WatchedLoad {
  readonly server: Server;
  /** The server just before. */
  readonly ready: ServerSnapshot;
  readonly plan: Plan;
  /** How long earlier loads of this model took here, ms; `null`: nothing is known. */
  readonly usualMs: number | null;
  readonly everyMs: number;
  /** Milliseconds of any clock that is never set back. */
  readonly now: () => number;
}

/**
 * Looks at a load while it runs: memory of the GPUs grows as it comes, and earlier loads tell how long it takes. (llama.cpp
 * takes most of its memory at the start and then reads for long, so what earlier loads took counts first where it is known.)
 * @param onProgress told at most every `everyMs`
 * @returns the way to end it
 */
export function watchLoad(load: WatchedLoad, onProgress: (progress: LoadProgress) => void): () => void {
  const begun = load.now();
  const marks: { readonly atMs: number; readonly bytes: number }[] = [];
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    const snapshot = await load.server.snapshot({ maxAgeMs: 0, timeoutMs: LOOK_LIMIT_MS });
    if (ended) {
      return;
    }
    const atMs = load.now();
    const doneBytes = arrived(load, snapshot);
    if (doneBytes !== null) {
      marks.push({ atMs, bytes: doneBytes });
      while (marks.length > 2 && marks[0]!.atMs < atMs - RATE_WINDOW_MS) {
        marks.shift();
      }
    }
    onProgress(progressOf(load, doneBytes, atMs - begun, marks));
    timer = setTimeout(() => void look(), load.everyMs);
  };
  timer = setTimeout(() => void look(), load.everyMs);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** What of the plan is on the GPUs by now, each counted up to its share: what others take is not the load's. */
function arrived({ ready, plan }: WatchedLoad, now: ServerSnapshot): number | null {
  const measured = !now.gpuStale && ready.gpus?.basis === 'measured' && now.gpus?.basis === 'measured';
  if (!measured) {
    return null;
  }
  const elsewhere = changeElsewhere(ready.gpus, now.gpus);
  let sum = 0;
  for (const [index, gpu] of placeableGpus(ready).entries()) {
    const used = now.gpuViews.find(({ uuid }) => uuid === gpu.uuid)?.usedBytes ?? null;
    const planned = plan.gpus[index]?.totalBytes ?? 0;
    if (used === null || gpu.usedBytes === null) {
      return null;
    }
    const others = elsewhere.state === 'known' ? (elsewhere.byGpu.get(gpu.uuid) ?? 0) : 0;
    sum += Math.min(planned, Math.max(0, used - gpu.usedBytes - others));
  }
  return sum;
}

/** How far a load is by its memory and its time. */
export function progressOf(
  { plan, usualMs }: Pick<WatchedLoad, 'plan' | 'usualMs'>,
  doneBytes: number | null,
  elapsedMs: number,
  marks: readonly { readonly atMs: number; readonly bytes: number }[],
): LoadProgress {
  const totalBytes = plan.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
  const byMemory = doneBytes === null || totalBytes === 0 ? null : doneBytes / totalBytes;
  const byTime = usualMs === null || usualMs <= 0 ? null : elapsedMs / usualMs;
  // The lesser of the two: memory that is taken is not read yet, and time that has passed may be in vain.
  const shares = [byMemory, byTime].filter((share) => share !== null);
  const share = shares.length === 0 ? null : Math.min(MOST_SHARE, ...shares);
  const [first, last] = [marks[0], marks.at(-1)];
  const grown = first === undefined || last === undefined ? 0 : last.bytes - first.bytes;
  const rate = grown > 0 ? grown / (last!.atMs - first!.atMs) : 0;
  const byRate = rate > 0 && doneBytes !== null ? (totalBytes - doneBytes) / rate : null;
  const leftMs = usualMs !== null && usualMs > elapsedMs ? usualMs - elapsedMs : usualMs === null ? byRate : null;
  return { doneBytes, totalBytes, share, leftMs };
}
