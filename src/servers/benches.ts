import type { Bench, BenchRepository } from '../store/types.ts';
import { modelKey } from './asking/same-model.ts';

export type { Bench } from '../store/types.ts';

/** What was measured on servers. */
export interface BenchBook {
  /** The newest of each model, by its key (`modelKey`). Never rejects: without, there is an estimate. */
  of(server: string): Promise<ReadonlyMap<string, Bench>>;
  /** The newest of a model, with this context where there is one. Never rejects. */
  find(server: string, model: string, numCtx: number | null): Promise<Bench | null>;
}

/** Rows looked at: the newest. */
const NEWEST = 500;

export function createBenchBook(benches: BenchRepository, onError: (error: unknown) => void): BenchBook {
  const list: BenchRepository['list'] = (query) =>
    benches.list(query).catch((error: unknown) => {
      onError(error);
      return [];
    });
  return {
    async of(server) {
      const newest = new Map<string, Bench>();
      for (const bench of await list({ server, limit: NEWEST })) {
        if (!newest.has(bench.model)) {
          newest.set(bench.model, bench);
        }
      }
      return newest;
    },
    async find(server, model, numCtx) {
      const rows = await list({ server, model: modelKey(model), limit: NEWEST });
      return rows.find((bench) => bench.numCtx === numCtx) ?? rows[0] ?? null;
    },
  };
}
