import type { Hold, HoldRepository } from '../../store/types.ts';

/** Claims on loaded models, as the store keeps them. */
export interface HoldBook {
  get(server: string, model: string): Promise<Hold | null>;
  /** In force now, by server and model. */
  list(server?: string): Promise<readonly Hold[]>;
  /** Takes the place of an earlier hold of the same model. */
  put(hold: Hold): Promise<void>;
  /** @returns false when there is none in force of this holder */
  extend(server: string, model: string, untilMs: number | null, holderId?: string): Promise<boolean>;
  release(server: string, model: string, holderId?: string): Promise<boolean>;
}

/** Holds in the store. Every method rejects with a StoreError and nothing else. */
export function createStoredHolds(repository: HoldRepository, now: () => number): HoldBook {
  return {
    get: (server, model) => repository.get(server, model, now()),
    list: async (server) => {
      // Holds that have run out say nothing any more; here they leave the table.
      await repository.takeExpired(now());
      return repository.list(now(), server);
    },
    put: (hold) => repository.put(hold),
    extend: (server, model, untilMs, holderId) => repository.extend(server, model, untilMs, now(), holderId),
    release: (server, model, holderId) => repository.release(server, model, holderId),
  };
}

/** A hold book that knows the holds it saw last without asking. */
export interface RememberedHolds extends HoldBook {
  /** In force now, as last seen: another process' newest may be missing. */
  known(server: string): readonly Hold[];
}

/** Remembers what goes through, so that a picture of all servers need not wait for a database each. */
export function rememberHolds(book: HoldBook, now: () => number): RememberedHolds {
  const seen = new Map<string, readonly Hold[]>();
  const list = async (server?: string): Promise<readonly Hold[]> => {
    const holds = await book.list(server);
    if (server !== undefined) {
      seen.set(server, holds);
    } else {
      seen.clear();
      for (const [name, own] of Map.groupBy(holds, (hold) => hold.server)) {
        seen.set(name, own);
      }
    }
    return holds;
  };
  const then = async <T>(server: string, change: Promise<T>): Promise<T> => {
    const result = await change;
    await list(server);
    return result;
  };
  return {
    list,
    get: (server, model) => book.get(server, model),
    put: (hold) => then(hold.server, book.put(hold)),
    extend: (server, model, untilMs, holderId) => then(server, book.extend(server, model, untilMs, holderId)),
    release: (server, model, holderId) => then(server, book.release(server, model, holderId)),
    known: (server) => (seen.get(server) ?? []).filter((hold) => hold.untilMs === null || hold.untilMs > now()),
  };
}
