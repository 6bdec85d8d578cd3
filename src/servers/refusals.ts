import type { AuditEntry } from '../store/types.ts';

/** Equal refusals within this time become one row, milliseconds. */
const WINDOW_MS = 10 * 60_000;
/** People and reasons that are counted at once; the oldest is written first. */
const MAX_COUNTED = 1_000;

export interface RefusalFold {
  /** Writes the first of its kind at once and counts the rest. Never rejects. */
  add(entry: AuditEntry): Promise<void>;
  /** Writes what was counted up to a window before this moment. Never rejects. */
  sweep(nowMs: number): Promise<void>;
}

interface Counted {
  readonly entry: AuditEntry;
  readonly sinceMs: number;
  /** Beyond the row that was written at once. */
  times: number;
  lastMs: number;
}

/**
 * Refusals, folded: whoever is turned away a thousand times makes two rows, one at once and one that says how often.
 * @param record never rejects
 */
export function createRefusalFold(record: (entry: AuditEntry) => Promise<unknown>): RefusalFold {
  const counted = new Map<string, Counted>();

  const write = async (key: string, { entry, times, lastMs }: Counted) => {
    counted.delete(key);
    if (times > 0) {
      const args = typeof entry.args === 'object' && entry.args !== null ? entry.args : {};
      await record({ ...entry, atMs: lastMs, args: { ...args, times } });
    }
  };

  return {
    add: async (entry) => {
      const key = JSON.stringify([entry.platform, entry.personId, entry.guildId, entry.code, entry.args]);
      const known = counted.get(key);
      if (known !== undefined && entry.atMs - known.sinceMs < WINDOW_MS && entry.atMs >= known.sinceMs) {
        known.times += 1;
        known.lastMs = entry.atMs;
        return;
      }
      if (known !== undefined) {
        await write(key, known);
      }
      counted.set(key, { entry, sinceMs: entry.atMs, times: 0, lastMs: entry.atMs });
      const [oldest] = counted;
      if (counted.size > MAX_COUNTED && oldest !== undefined) {
        await write(...oldest);
      }
      await record(entry);
    },
    sweep: async (nowMs) => {
      for (const [key, one] of counted) {
        if (nowMs - one.sinceMs >= WINDOW_MS) {
          await write(key, one);
        }
      }
    },
  };
}
