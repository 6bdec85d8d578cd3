import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../gpus/types.ts';
import type { GpuSample, Store } from '../store/types.ts';
import type { Server, ServerRegistry, ServerSnapshot } from './types.ts';

export interface SamplerOptions {
  readonly clock?: Clock;
  /** Pace while somebody watches, ms. Default 10,000. */
  readonly fastMs?: number;
  /** Pace otherwise, ms. Default 60,000. */
  readonly slowMs?: number;
  /** History is not written without a store. */
  readonly store?: Pick<Store, 'samples' | 'usage'>;
  /** Whether this process is the one that writes now: of several with one store, two would count everything twice. */
  readonly writes?: () => boolean;
  /** What goes wrong in the background: store errors, listeners that throw. Must not throw. */
  readonly onError?: (error: unknown, server: string | null) => void;
}

/** Samples every server and tells who listens. */
export interface Sampler {
  start(): void;
  /** Ends sampling and waits for what is being written. */
  stop(): Promise<void>;
  /**
   * Somebody watches (a live message, a waiting watch): the fast pace until the returned function is called.
   * @param server `undefined`: all servers
   */
  watch(server?: string): () => void;
  /** Called with every new complete snapshot and the one before it. Returns the way to stop it. */
  onSnapshot(listener: (snapshot: ServerSnapshot, before: ServerSnapshot | null) => void): () => void;
}

const CHUNK = 32;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_STEPS = 20;
const USAGE_KEEP_MS = 400 * 24 * 3_600_000;
/** A longer silence than this is not counted as time that a model was loaded, in multiples of the slow pace. */
const MAX_USAGE_GAP = 3;

/**
 * Makes a sampler. Each server has a timer of its own, so that a hanging one delays nobody, and the next sample is
 * planned when the last has ended, so that samples never pile up.
 */
export function createSampler(registry: ServerRegistry, options: SamplerOptions = {}): Sampler {
  const clock = options.clock ?? Date.now;
  const fastMs = options.fastMs ?? 10_000;
  const slowMs = options.slowMs ?? 60_000;
  const onError = options.onError ?? (() => undefined);
  const listeners = new Set<(snapshot: ServerSnapshot, before: ServerSnapshot | null) => void>();
  const watchers = new Map<Server, number>();
  const timers = new Map<Server, NodeJS.Timeout>();
  const before = new Map<Server, ServerSnapshot>();
  const busy = new Set<Server>();
  const unsubscribe: (() => void)[] = [];
  let pruneTimer: NodeJS.Timeout | undefined;
  let running = false;
  let writing: Promise<void> = Promise.resolve();

  const paceOf = (server: Server): number => ((watchers.get(server) ?? 0) > 0 ? fastMs : slowMs);

  function plan(server: Server, delayMs: number): void {
    clearTimeout(timers.get(server));
    if (!running) {
      return;
    }
    timers.set(
      server,
      setTimeout(() => sample(server), delayMs),
    );
  }

  function sample(server: Server): void {
    if (busy.has(server)) {
      return;
    }
    const startedAtMs = clock();
    // Half the pace: a command's fresh snapshot serves as a sample too.
    busy.add(server);
    void server
      .snapshot({ maxAgeMs: Math.floor(paceOf(server) / 2), timeoutMs: fastMs })
      .catch((error: unknown) => onError(error, server.name))
      .finally(() => {
        busy.delete(server);
        plan(server, Math.max(0, paceOf(server) - (clock() - startedAtMs)));
      });
  }

  /** Every complete snapshot comes here, whoever asked for it. */
  function take(server: Server, snapshot: ServerSnapshot): void {
    const previous = before.get(server) ?? null;
    before.set(server, snapshot);
    writing = writing.then(() => write(snapshot, previous)).catch((error: unknown) => onError(error, server.name));
    for (const listener of listeners) {
      try {
        listener(snapshot, previous);
      } catch (error) {
        onError(error, server.name);
      }
    }
  }

  function writableStore(): SamplerOptions['store'] {
    return options.writes?.() === false ? undefined : options.store;
  }

  async function write(snapshot: ServerSnapshot, previous: ServerSnapshot | null): Promise<void> {
    const store = writableStore();
    if (store === undefined) {
      return;
    }
    // A failed reading keeps the last good numbers for people; history must not take them for new ones.
    const isNew = previous?.gpus?.takenAtMs !== snapshot.gpus?.takenAtMs;
    const samples = isNew && !snapshot.gpuStale ? toSamples(snapshot) : [];
    for (let i = 0; i < samples.length; i += CHUNK) {
      await store.samples.add(samples.slice(i, i + CHUNK));
      // The embedded database is synchronous: the event loop gets its turn between small transactions.
      await nextTurn();
    }
    await recordUsage(store, snapshot, previous);
  }

  async function recordUsage(
    store: Pick<Store, 'usage'>,
    snapshot: ServerSnapshot,
    previous: ServerSnapshot | null,
  ): Promise<void> {
    if (snapshot.models === null || snapshot.modelsStale || snapshot.ollama.state !== 'up') {
      return;
    }
    const gapMs = previous === null ? 0 : snapshot.takenAtMs - previous.takenAtMs;
    for (const model of snapshot.models) {
      const wasThere = previous?.models?.some((earlier) => earlier.name === model.name) ?? false;
      await store.usage.add({
        server: snapshot.name,
        model: model.name,
        atMs: snapshot.takenAtMs,
        // At the start of the program what is loaded was loaded by an earlier life of it, or unseen.
        loads: wasThere || previous === null ? 0 : 1,
        loadedMs: wasThere && gapMs > 0 && gapMs <= MAX_USAGE_GAP * slowMs ? gapMs : 0,
        vramBytes: model.sizeVramBytes,
      });
    }
  }

  async function prune(): Promise<void> {
    const store = writableStore();
    if (store === undefined) {
      return;
    }
    for (let step = 0; step < PRUNE_STEPS && (await store.samples.prune(clock())); step++) {
      await nextTurn();
    }
    await store.usage.prune(clock() - USAGE_KEEP_MS);
  }

  return {
    start() {
      if (running) {
        return;
      }
      running = true;
      for (const server of registry.servers) {
        unsubscribe.push(server.onSnapshot((snapshot) => take(server, snapshot)));
        plan(server, 0);
      }
      pruneTimer = setInterval(() => {
        writing = writing.then(prune).catch((error: unknown) => onError(error, null));
      }, PRUNE_EVERY_MS);
    },
    async stop() {
      running = false;
      clearInterval(pruneTimer);
      for (const timer of timers.values()) {
        clearTimeout(timer);
      }
      for (const stop of unsubscribe.splice(0)) {
        stop();
      }
      // A reading under way is not waited for (a hanging GPU would hold up the end of the program): nobody hears of it.
      await writing;
    },
    watch(name) {
      const chosen = registry.servers.filter((server) => name === undefined || server.name === name);
      for (const server of chosen) {
        watchers.set(server, (watchers.get(server) ?? 0) + 1);
        if (running && watchers.get(server) === 1 && !busy.has(server)) {
          plan(server, untilFast(server));
        }
      }
      let ended = false;
      return () => {
        if (ended) {
          return;
        }
        ended = true;
        for (const server of chosen) {
          watchers.set(server, Math.max(0, (watchers.get(server) ?? 0) - 1));
        }
      };
    },
    onSnapshot(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function untilFast(server: Server): number {
    const last = before.get(server);
    return last === undefined ? 0 : Math.max(0, fastMs - (clock() - last.takenAtMs));
  }
}

/** The GPUs of a snapshot whose memory is known; the others leave a gap. */
function toSamples(snapshot: ServerSnapshot): readonly GpuSample[] {
  const gpus = snapshot.gpus;
  if (gpus === null) {
    return [];
  }
  return snapshot.gpuViews.flatMap((view) =>
    view.totalBytes === null || view.usedBytes === null || view.freeBytes === null
      ? []
      : [
          {
            server: snapshot.name,
            gpuUuid: view.uuid,
            gpuName: view.name,
            atMs: gpus.takenAtMs,
            totalBytes: view.totalBytes,
            usedBytes: view.usedBytes,
            freeBytes: view.freeBytes,
            ollamaBytes: view.ollamaBytes,
            utilPct: view.utilPct,
            tempC: view.tempC,
            powerW: view.powerW,
          },
        ],
  );
}
