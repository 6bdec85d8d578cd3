import type { AuditEntry } from '../store/types.ts';

/** Equal refusals within this time become one row, milliseconds. */
const WINDOW_MS = 10 * 60_000;
/** People and reasons that are counted at once; the oldest is written first. */
const MAX_COUNTED = 1_000;

export interface RefusalFold {
  /** Writes the first of its kind at once and counts the rest. @returns whether it was written; rejects as the writer does */
  add(entry: AuditEntry): Promise<boolean>;
  /** Writes what was counted up to a window before this moment. Rejects as the writer does. */
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
 * Refusals, folded: whoever is turned away a thousand times makes two rows, one at once and one that says how often. What
 * everybody may ask for is folded in the same way.
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
      const { platform, personId, guildId, action, server, target, code, args } = entry;
      const key = JSON.stringify([platform, personId, guildId, action, server, target, code, args]);
      const known = counted.get(key);
      if (known !== undefined && entry.atMs - known.sinceMs < WINDOW_MS && entry.atMs >= known.sinceMs) {
        known.times += 1;
        known.lastMs = entry.atMs;
        return false;
      }
      if (known !== undefined) {
        await write(key, known);
      }
      const one = { entry, sinceMs: entry.atMs, times: 0, lastMs: entry.atMs };
      counted.set(key, one);
      const [oldest] = counted;
      if (counted.size > MAX_COUNTED && oldest !== undefined) {
        await write(...oldest);
      }
      try {
        await record(entry);
      } catch (error) {
        // The first one was not written: the next is the first again.
        if (counted.get(key) === one) {
          counted.delete(key);
        }
        throw error;
      }
      return true;
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
