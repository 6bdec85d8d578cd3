import { number, numberOrNull, text, textOrNull, whole, word } from './columns.ts';
import type { Database, Row } from './database.ts';
import { type Schedule, type SchedulePatch, type ScheduleRepository, StoreError } from './types.ts';

/** Columns that may be changed, by property. */
const PATCHABLE: Readonly<Record<keyof SchedulePatch, string>> = {
  state: 'state',
  stopReason: 'stop_reason',
  lastPostedMs: 'last_posted_ms',
  lastDueMs: 'last_due_ms',
  messageId: 'message_id',
  nonce: 'nonce',
  channelId: 'channel_id',
};

/** Status posts that somebody ordered. */
export function createScheduleRepository(db: Database): ScheduleRepository {
  const get = (id: number): Schedule | null => {
    const row = db.get('SELECT * FROM schedules WHERE id = ?', id);
    return row === null ? null : toSchedule(row);
  };
  return {
    create(schedule) {
      const { id } = db.run(
        `INSERT INTO schedules (owner_id, owner_name, platform, guild_id, channel_id, cron, time_zone, mode, server, locale, created_at_ms, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'active')`,
        schedule.ownerId,
        schedule.ownerName,
        schedule.platform,
        schedule.guildId,
        schedule.channelId,
        schedule.cron,
        schedule.timeZone,
        schedule.mode,
        schedule.server,
        schedule.locale,
        whole(schedule.createdAtMs),
      );
      const created = get(id);
      if (created === null) {
        throw new StoreError('store-failed');
      }
      return created;
    },
    get,
    list(query = {}) {
      return db
        .all(
          `SELECT * FROM schedules WHERE (?1 IS NULL OR state = ?1) AND (?2 = 0 OR guild_id IS ?3) ORDER BY id`,
          query.state ?? null,
          query.guildId === undefined ? 0 : 1,
          query.guildId ?? null,
        )
        .map(toSchedule);
    },
    claim(id, dueMs, nonce) {
      return (
        db.run(
          `UPDATE schedules SET last_due_ms = ?1, nonce = ?2
           WHERE id = ?3 AND state = 'active' AND (last_due_ms IS NULL OR last_due_ms < ?1)`,
          whole(dueMs),
          nonce,
          id,
        ).changes > 0
      );
    },
    update(id, patch) {
      const entries = Object.entries(patch).filter(([, value]) => value !== undefined) as [
        keyof SchedulePatch,
        string | number | null,
      ][];
      if (entries.length === 0) {
        return get(id) !== null;
      }
      const columns = entries.map(([property]) => `${PATCHABLE[property]} = ?`).join(', ');
      return (
        db.run(`UPDATE schedules SET ${columns} WHERE id = ?`, ...entries.map(([, value]) => value), id).changes > 0
      );
    },
    remove(id) {
      return db.run('DELETE FROM schedules WHERE id = ?', id).changes > 0;
    },
  };
}

function toSchedule(row: Row): Schedule {
  return {
    id: number(row, 'id'),
    ownerId: text(row, 'owner_id'),
    ownerName: text(row, 'owner_name'),
    platform: text(row, 'platform'),
    guildId: textOrNull(row, 'guild_id'),
    channelId: text(row, 'channel_id'),
    cron: text(row, 'cron'),
    timeZone: text(row, 'time_zone'),
    mode: word(row, 'mode', ['post', 'live']),
    server: textOrNull(row, 'server'),
    locale: text(row, 'locale'),
    createdAtMs: number(row, 'created_at_ms'),
    state: word(row, 'state', ['active', 'stopped']),
    stopReason: textOrNull(row, 'stop_reason'),
    lastDueMs: numberOrNull(row, 'last_due_ms'),
    lastPostedMs: numberOrNull(row, 'last_posted_ms'),
    messageId: textOrNull(row, 'message_id'),
    nonce: textOrNull(row, 'nonce'),
  };
}
