import { number, text, whole } from './columns.ts';
import type { Database } from './database.ts';
import type { UsageRepository } from './types.ts';

/** The UTC day of an instant, `2026-11-23`. */
function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** Which models were loaded for how long, by day. */
export function createUsageRepository(db: Database): UsageRepository {
  return {
    add(use) {
      db.run(
        `INSERT INTO model_usage (server, model, day, loads, loaded_ms, peak_vram, last_seen_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (server, model, day) DO UPDATE SET
           loads = loads + excluded.loads,
           loaded_ms = loaded_ms + excluded.loaded_ms,
           peak_vram = max(peak_vram, excluded.peak_vram),
           last_seen_ms = max(last_seen_ms, excluded.last_seen_ms)`,
        use.server,
        use.model,
        dayOf(use.atMs),
        whole(use.loads),
        whole(use.loadedMs),
        whole(use.vramBytes),
        whole(use.atMs),
      );
    },
    totals(sinceMs, server) {
      return db
        .all(
          `SELECT server, model, count(*) AS days, sum(loads) AS loads, sum(loaded_ms) AS loaded_ms,
                  max(peak_vram) AS peak_vram, max(last_seen_ms) AS last_seen_ms
           FROM model_usage WHERE day >= ?1 AND (?2 IS NULL OR server = ?2)
           GROUP BY server, model ORDER BY loaded_ms DESC, server, model`,
          dayOf(sinceMs),
          server ?? null,
        )
        .map((row) => ({
          server: text(row, 'server'),
          model: text(row, 'model'),
          days: number(row, 'days'),
          loads: number(row, 'loads'),
          loadedMs: number(row, 'loaded_ms'),
          peakVramBytes: number(row, 'peak_vram'),
          lastSeenMs: number(row, 'last_seen_ms'),
        }));
    },
    prune(beforeMs) {
      db.run('DELETE FROM model_usage WHERE day < ?', dayOf(beforeMs));
    },
  };
}
