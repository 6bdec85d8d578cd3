import type { Server, ServerSnapshot } from '../types.ts';

/** A model whose time to leave moved within this time counts as in use: every request moves it. */
const IN_USE_FOR_MS = 120_000;
/** Smaller moves are rounding of clocks. */
const MOVED_MS = 1_000;

interface Seen {
  readonly expiresAtMs: number;
  readonly movedAtMs: number | null;
}

/** Who is used: seen from outside, since Ollama does not tell how many requests a model serves. */
export interface Activity {
  /**
   * Whether a loaded model is in use: its time moved lately, or it is past its time and still there (Ollama lets a
   * request end before the model leaves). A pinned model's time does not move: only its context tells of a reload.
   */
  isInUse(server: string, model: string): boolean;
  /** A move that we caused ourselves is nobody's use. */
  ownTouch(server: string, model: string): void;
  close(): void;
}

/** Watches every snapshot of these servers, whoever asked for it. */
export function createActivity(servers: readonly Server[], now: () => number): Activity {
  const seen = new Map<string, Map<string, Seen>>();
  const touched = new Map<string, Set<string>>();

  const take = (snapshot: ServerSnapshot) => {
    if (snapshot.models === null || snapshot.modelsStale) {
      return;
    }
    const before = seen.get(snapshot.name);
    const own = touched.get(snapshot.name);
    const after = new Map<string, Seen>();
    for (const model of snapshot.models) {
      if (typeof model.expiresAtMs !== 'number') {
        continue;
      }
      const earlier = before?.get(model.name);
      // Not there at the last look: somebody has just loaded it.
      const isNew = before !== undefined && earlier === undefined;
      const later = earlier !== undefined && model.expiresAtMs - earlier.expiresAtMs > MOVED_MS;
      const moved = (isNew || later) && own?.delete(model.name) !== true;
      const movedAtMs = moved ? snapshot.takenAtMs : (earlier?.movedAtMs ?? null);
      after.set(model.name, { expiresAtMs: model.expiresAtMs, movedAtMs });
    }
    seen.set(snapshot.name, after);
  };
  const stops = servers.map((server) => server.onSnapshot(take));

  return {
    isInUse(server, model) {
      const one = seen.get(server)?.get(model);
      if (one === undefined) {
        return false;
      }
      return (one.movedAtMs !== null && now() - one.movedAtMs < IN_USE_FOR_MS) || one.expiresAtMs < now();
    },
    ownTouch(server, model) {
      const own = touched.get(server) ?? new Set();
      own.add(model);
      touched.set(server, own);
    },
    close() {
      for (const stop of stops) {
        stop();
      }
    },
  };
}
