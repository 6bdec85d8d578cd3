import { sql } from 'kysely';
import type { Database } from '../database.ts';
import type { UsageRepository } from '../types.ts';
import { whole } from './columns.ts';

/** The UTC day of an instant, `2026-11-23`. */
function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Which models were loaded for how long, by day. */
export function createUsageRepository(db: Database): UsageRepository {
  return {
    async add(use) {
      await db
        .insertInto('model_usage')
        .values({
          server: use.server,
          model: use.model,
          day: dayOf(use.atMs),
          loads: whole(use.loads),
          loaded_ms: whole(use.loadedMs),
          peak_vram: whole(use.vramBytes),
          last_seen_ms: whole(use.atMs),
        })
        .onConflict((conflict) =>
          conflict.columns(['server', 'model', 'day']).doUpdateSet({
            loads: sql`model_usage.loads + excluded.loads`,
            loaded_ms: sql`model_usage.loaded_ms + excluded.loaded_ms`,
            peak_vram: sql`case when excluded.peak_vram > model_usage.peak_vram then excluded.peak_vram else model_usage.peak_vram end`,
            last_seen_ms: sql`case when excluded.last_seen_ms > model_usage.last_seen_ms then excluded.last_seen_ms else model_usage.last_seen_ms end`,
          }),
        )
        .execute();
    },
    async totals(sinceMs, server) {
      const rows = await db
        .selectFrom('model_usage')
        .where('day', '>=', dayOf(sinceMs))
        .$if(server !== undefined, (query) => query.where('server', '=', server!))
        .select(['server', 'model'])
        .select(({ fn }) => [
          fn.countAll<number>().as('days'),
          fn.sum<number>('loads').as('loads'),
          fn.sum<number>('loaded_ms').as('loaded_total'),
          fn.max<number>('peak_vram').as('peak_vram'),
          fn.max<number>('last_seen_ms').as('last_seen_ms'),
        ])
        .groupBy(['server', 'model'])
        .orderBy('loaded_total', 'desc')
        .orderBy('server')
        .orderBy('model')
        .execute();
      return rows.map((row) => ({
        server: row.server,
        model: row.model,
        days: row.days,
        loads: row.loads,
        loadedMs: row.loaded_total,
        peakVramBytes: row.peak_vram,
        lastSeenMs: row.last_seen_ms,
      }));
    },
    async prune(beforeMs) {
      await db.deleteFrom('model_usage').where('day', '<', dayOf(beforeMs)).execute();
    },
  };
}
