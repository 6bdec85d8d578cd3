import type { Hold } from '../../store/types.ts';
import type { Server, ServerSnapshot } from '../types.ts';
import type { HoldBook } from './holds.ts';
import { findLoaded } from './proof.ts';

/** While somebody holds something, servers are looked at this often, ms. */
const LOOK_EVERY_MS = 30_000;
/** A model that is not there for this long has left; a reload by another client takes less. */
const LEFT_AFTER_MS = 90_000;
/** Another context must stand for this long: another process may be about to write down a load of its own. */
const RELOADED_AFTER_MS = 10_000;

/** What a holder is told without having asked. */
export interface HoldEvent {
  readonly kind: 'reloaded-elsewhere' | 'left';
  readonly hold: Hold;
  /** The context that it has now. */
  readonly numCtx: number | null;
}

export interface HoldWatchParts {
  readonly servers: readonly Server[];
  readonly holds: HoldBook;
  /** Told once for each event. */
  readonly onEvent: (event: HoldEvent) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** A load of ours is changing this server: what is seen meanwhile says nothing. */
  readonly isBusy: (server: string) => boolean;
}

export interface HoldWatch {
  /** Checks the holds of a server against what is loaded there now. Never rejects. */
  check(snapshot: ServerSnapshot): Promise<void>;
  start(): void;
  close(): Promise<void>;
}

/**
 * Keeps holds true: a hold ends when its model has left, and when another client has reloaded the model with another
 * context (which Ollama does for any request with another num_ctx) its holder is told once.
 */
export function createHoldWatch(parts: HoldWatchParts): HoldWatch {
  const { servers, holds } = parts;
  const since = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let work: Promise<void> = Promise.resolve();
  let unsubscribe: (() => void)[] = [];

  /** Whether something has been seen for a while without a break. */
  const lasts = (key: string, isSo: boolean, atMs: number, forMs: number): boolean => {
    if (!isSo) {
      since.delete(key);
      return false;
    }
    const first = since.get(key) ?? atMs;
    since.set(key, first);
    if (atMs - first < forMs) {
      return false;
    }
    since.delete(key);
    return true;
  };

  const checkHold = async (hold: Hold, snapshot: ServerSnapshot) => {
    const key = `${hold.server} ${hold.model} ${hold.sinceMs}`;
    const atMs = snapshot.modelsAtMs ?? snapshot.takenAtMs;
    const loaded = findLoaded(snapshot, hold.model);
    if (lasts(`left ${key}`, loaded === null, atMs, LEFT_AFTER_MS)) {
      if (await holds.release(hold.server, hold.model, hold.holderId)) {
        await parts.onEvent({ kind: 'left', hold, numCtx: null });
      }
      return;
    }
    const numCtx = loaded?.contextLength ?? null;
    const differs = hold.numCtx !== null && numCtx !== null && numCtx !== hold.numCtx;
    if (lasts(`reloaded ${key}`, differs, atMs, RELOADED_AFTER_MS)) {
      const now = await holds.get(hold.server, hold.model);
      // Another process has told it already, or the hold is another one by now.
      if (now === null || now.numCtx !== hold.numCtx || now.sinceMs !== hold.sinceMs) {
        return;
      }
      await holds.put({ ...now, numCtx });
      await parts.onEvent({ kind: 'reloaded-elsewhere', hold: now, numCtx });
    }
  };

  const check = async (snapshot: ServerSnapshot) => {
    if (snapshot.ollama.state !== 'up' || snapshot.models === null || snapshot.modelsStale) {
      return;
    }
    if (parts.isBusy(snapshot.name)) {
      return;
    }
    try {
      for (const hold of await holds.list(snapshot.name)) {
        // A snapshot from before the hold says nothing about it.
        if (hold.sinceMs < (snapshot.modelsAtMs ?? 0)) {
          await checkHold(hold, snapshot);
        }
      }
    } catch (error) {
      parts.onError(error);
    }
  };

  const look = async () => {
    try {
      const held = new Set((await holds.list()).map((hold) => hold.server));
      const chosen = servers.filter((server) => held.has(server.name));
      await Promise.all(chosen.map((server) => server.snapshot({ maxAgeMs: LOOK_EVERY_MS / 2, timeoutMs: 5_000 })));
    } catch (error) {
      parts.onError(error);
    }
  };

  const queueCheck = (snapshot: ServerSnapshot): Promise<void> => {
    // One after the other: two checks of the same hold would tell twice.
    work = work.then(() => check(snapshot));
    return work;
  };

  return {
    check: queueCheck,
    start() {
      unsubscribe = servers.map((server) => server.onSnapshot((snapshot) => void queueCheck(snapshot)));
      timer = setInterval(() => void look(), LOOK_EVERY_MS);
      timer.unref();
      void look();
    },
    async close() {
      clearInterval(timer);
      for (const stop of unsubscribe) {
        stop();
      }
      await work;
    },
  };
}

/** When a hold that is made or extended now ends; `null` = when it is released. */
export function holdEnd(expiresAtMs: number | 'pinned' | null, nowMs: number): number | null {
  if (expiresAtMs === 'pinned') {
    return null;
  }
  return expiresAtMs === null || expiresAtMs <= nowMs ? nowMs + FALLBACK_MS : expiresAtMs;
}

/** Ollama's own default keep-alive, where a server does not tell when a model leaves. */
const FALLBACK_MS = 5 * 60_000;
