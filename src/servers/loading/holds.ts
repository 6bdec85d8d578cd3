import type { Hold, HoldRepository } from '../../store/types.ts';

/** Claims on loaded models. One process keeps them in SQLite, several share them in Redis. */
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

/** Holds of a single process. Every method rejects with a StoreError and nothing else. */
export function createStoredHolds(repository: HoldRepository, now: () => number): HoldBook {
  return {
    get: async (server, model) => repository.get(server, model, now()),
    list: async (server) => {
      // Holds that have run out say nothing any more; here they leave the table.
      repository.takeExpired(now());
      return repository.list(now(), server);
    },
    put: async (hold) => repository.put(hold),
    extend: async (server, model, untilMs, holderId) =>
      repository.get(server, model, now()) !== null && repository.extend(server, model, untilMs, holderId),
    release: async (server, model, holderId) => repository.release(server, model, holderId),
  };
}
