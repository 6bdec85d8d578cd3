import type { Server } from '../../servers/types.ts';
import type { GpuBucket, Store, UsageTotal } from '../../store/types.ts';

const HOUR_MS = 3_600_000;
export const WEEK_MS = 7 * 24 * HOUR_MS;
const TAGS_TIMEOUT_MS = 10_000;
const MAX_HOURS = 3;

/** The most that was in use on one GPU. */
export interface GpuPeak {
  readonly gpuName: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
  /** Begin of the hour. */
  readonly atMs: number;
}

/** An hour of the day, 0 to 23, with how busy it was on average, 0 to 1. */
export interface BusyHour {
  readonly hour: number;
  readonly share: number;
}

/** One server's week. */
export interface ServerDigest {
  readonly server: string;
  readonly peaks: readonly GpuPeak[];
  /** `util`: by what the GPUs computed; `memory`: by what Ollama held, where the source tells no utilisation. */
  readonly busyBy: 'util' | 'memory' | null;
  /** Busiest first. */
  readonly busiest: readonly BusyHour[];
  /** Most time first. */
  readonly used: readonly UsageTotal[];
  /** On disk and never seen loaded, largest first; `null`: Ollama did not answer. */
  readonly unused: readonly { readonly name: string; readonly sizeBytes: number }[] | null;
}

export interface Digest {
  readonly fromMs: number;
  readonly toMs: number;
  readonly servers: readonly ServerDigest[];
}

/**
 * What happened between two moments: peaks, busiest hours, models by use, models that nobody uses. Use is counted by
 * days of UTC: the days at both ends are in it as a whole.
 * Rejects with a StoreError.
 */
export async function collectDigest(
  store: Pick<Store, 'samples' | 'usage'>,
  servers: readonly Pick<Server, 'name' | 'ollama'>[],
  span: { readonly fromMs: number; readonly toMs: number },
  timeZone: string,
): Promise<Digest> {
  const hourOf = localHour(timeZone);
  const digests = servers.map(async (server): Promise<ServerDigest> => {
    const buckets = await store.samples.buckets(server.name, HOUR_MS, span.fromMs, span.toMs);
    return {
      server: server.name,
      peaks: findPeaks(buckets),
      ...findBusiest(buckets, hourOf),
      used: await store.usage.totals(span.fromMs, server.name),
      unused: await findUnused(store, server, span.fromMs),
    };
  });
  return { ...span, servers: await Promise.all(digests) };
}

function findPeaks(buckets: readonly GpuBucket[]): readonly GpuPeak[] {
  return [...Map.groupBy(buckets, (bucket) => bucket.gpuUuid).values()].map((hours) => {
    const peak = hours.reduce((most, hour) => (hour.usedMaxBytes > most.usedMaxBytes ? hour : most));
    return { gpuName: peak.gpuName, usedBytes: peak.usedMaxBytes, totalBytes: peak.totalBytes, atMs: peak.atMs };
  });
}

function findBusiest(
  buckets: readonly GpuBucket[],
  hourOf: (ms: number) => number,
): Pick<ServerDigest, 'busyBy' | 'busiest'> {
  const byUtil = buckets.some((bucket) => bucket.utilAvgPct !== null);
  const shareOf = (bucket: GpuBucket): number | null => {
    if (byUtil) {
      return bucket.utilAvgPct === null ? null : bucket.utilAvgPct / 100;
    }
    return bucket.ollamaAvgBytes === null ? null : bucket.ollamaAvgBytes / bucket.totalBytes;
  };
  const sums = new Map<number, { sum: number; count: number }>();
  for (const bucket of buckets) {
    const share = shareOf(bucket);
    if (share === null) {
      continue;
    }
    const hour = hourOf(bucket.atMs);
    const { sum, count } = sums.get(hour) ?? { sum: 0, count: 0 };
    sums.set(hour, { sum: sum + share, count: count + 1 });
  }
  const busiest = [...sums]
    .map(([hour, { sum, count }]) => ({ hour, share: sum / count }))
    .filter(({ share }) => share >= 0.005)
    .sort((a, b) => b.share - a.share || a.hour - b.hour)
    .slice(0, MAX_HOURS);
  return { busyBy: busiest.length === 0 ? null : byUtil ? 'util' : 'memory', busiest };
}

/** Models on disk that were never seen loaded; those that came during the span have had no time. */
async function findUnused(
  store: Pick<Store, 'usage'>,
  server: Pick<Server, 'name' | 'ollama'>,
  fromMs: number,
): Promise<ServerDigest['unused']> {
  try {
    const tags = await server.ollama.tags({ signal: AbortSignal.timeout(TAGS_TIMEOUT_MS) });
    const used = new Set((await store.usage.totals(0, server.name)).map((total) => total.model));
    return tags
      .filter((model) => !model.isCloud && !used.has(model.name) && (model.modifiedAtMs ?? 0) < fromMs)
      .map(({ name, sizeBytes }) => ({ name, sizeBytes }))
      .sort((a, b) => b.sizeBytes - a.sizeBytes);
  } catch {
    return null;
  }
}

function localHour(timeZone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', hourCycle: 'h23' });
  return (ms) => Number(format.format(ms)) % 24;
}
