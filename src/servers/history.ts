import type { BucketMs, GpuBucket, SampleRepository } from '../store/types.ts';

export type HistoryWindow = '1h' | '24h' | '7d';

const HOUR_MS = 3_600_000;
const WINDOW_MS: Readonly<Record<HistoryWindow, number>> = {
  '1h': HOUR_MS,
  '24h': 24 * HOUR_MS,
  '7d': 7 * 24 * HOUR_MS,
};
/** The finest spans that are kept for the whole window. */
const SOURCE_MS: Readonly<Record<HistoryWindow, BucketMs>> = { '1h': 10_000, '24h': 60_000, '7d': 600_000 };
/** At the slow pace (60 s) a sample stands until the next one; after this time without one there is a gap. */
const STANDS_MS = 90_000;

/** One point; `null` in all = nothing was sampled in its span: a gap, not a zero. */
export interface HistoryPoint {
  /** Begin of the span. */
  readonly atMs: number;
  readonly usedAvgBytes: number | null;
  readonly usedMaxBytes: number | null;
  readonly freeMinBytes: number | null;
  readonly ollamaAvgBytes: number | null;
  readonly utilAvgPct: number | null;
}

export interface GpuHistory {
  readonly gpuUuid: string;
  readonly gpuName: string;
  /** Of the latest sample. */
  readonly totalBytes: number;
  /** Every span of the window in order, gaps included: all GPUs have the same times. */
  readonly points: readonly HistoryPoint[];
}

export interface History {
  readonly server: string;
  readonly window: HistoryWindow;
  readonly fromMs: number;
  readonly toMs: number;
  /** Length of a point's span, ms. */
  readonly stepMs: number;
  readonly gpus: readonly GpuHistory[];
}

/**
 * The history of a server's GPUs in a window that ends now, with at most `maxPoints` points per GPU (default 240).
 * Used memory is the mean of a span with its peak kept, free memory the lowest.
 * Rejects with a StoreError.
 */
export async function readHistory(
  samples: SampleRepository,
  server: string,
  window: HistoryWindow,
  nowMs: number,
  maxPoints = 240,
): Promise<History> {
  const sourceMs = SOURCE_MS[window];
  const coarsest = Math.ceil(WINDOW_MS[window] / Math.max(1, maxPoints));
  const stepMs = Math.ceil(coarsest / sourceMs) * sourceMs;
  const toMs = (Math.floor(nowMs / stepMs) + 1) * stepMs;
  const count = Math.min(Math.ceil(WINDOW_MS[window] / stepMs), maxPoints);
  const fromMs = toMs - count * stepMs;
  // A sample shortly before the window still stands at its beginning.
  const leadMs = Math.ceil(STANDS_MS / stepMs) * stepMs;
  const buckets = await samples.buckets(server, sourceMs, fromMs - leadMs, toMs, stepMs);
  const gpus = [...Map.groupBy(buckets, (bucket) => bucket.gpuUuid).values()].map((spans): GpuHistory => {
    const byTime = new Map(spans.map((span) => [span.atMs, span]));
    const last = spans.at(-1)!;
    const points: HistoryPoint[] = [];
    let standing = spans.findLast((span) => span.atMs < fromMs);
    for (let i = 0; i < count; i++) {
      const atMs = fromMs + i * stepMs;
      const span = byTime.get(atMs);
      const stands = standing !== undefined && atMs - standing.lastMs < STANDS_MS ? standing : null;
      points.push(toPoint(atMs, atMs > nowMs ? null : (span ?? stands)));
      standing = span ?? standing;
    }
    return { gpuUuid: last.gpuUuid, gpuName: last.gpuName, totalBytes: last.totalBytes, points };
  });
  return { server, window, fromMs, toMs, stepMs, gpus };
}

function toPoint(atMs: number, span: GpuBucket | null): HistoryPoint {
  return {
    atMs,
    usedAvgBytes: span?.usedAvgBytes ?? null,
    usedMaxBytes: span?.usedMaxBytes ?? null,
    freeMinBytes: span?.freeMinBytes ?? null,
    ollamaAvgBytes: span?.ollamaAvgBytes ?? null,
    utilAvgPct: span?.utilAvgPct ?? null,
  };
}
