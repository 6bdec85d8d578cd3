import type { Selectable, Updateable } from 'kysely';
import type { Database } from '../database.ts';
import type { ScheduleTable } from '../tables.ts';
import type { Schedule, SchedulePatch, ScheduleRepository } from '../types.ts';
import { whole, word } from './columns.ts';

/** Status posts that somebody ordered. */
export function createScheduleRepository(db: Database): ScheduleRepository {
  const get = async (id: number): Promise<Schedule | null> => {
    const row = await db.selectFrom('schedules').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? null : toSchedule(row);
  };
  return {
    async create(schedule) {
      const row = await db
        .insertInto('schedules')
        .values({
          owner_id: schedule.ownerId,
          owner_name: schedule.ownerName,
          platform: schedule.platform,
          guild_id: schedule.guildId,
          channel_id: schedule.channelId,
          cron: schedule.cron,
          time_zone: schedule.timeZone,
          mode: schedule.mode,
          server: schedule.server,
          locale: schedule.locale,
          created_at_ms: whole(schedule.createdAtMs),
          state: 'active',
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toSchedule(row);
    },
    get,
    async list({ state, guildId } = {}) {
      const rows = await db
        .selectFrom('schedules')
        .selectAll()
        .$if(state !== undefined, (query) => query.where('state', '=', state!))
        .$if(guildId === null, (query) => query.where('guild_id', 'is', null))
        .$if(typeof guildId === 'string', (query) => query.where('guild_id', '=', guildId!))
        .orderBy('id')
        .execute();
      return rows.map(toSchedule);
    },
    async claim(id, dueMs, nonce) {
      const { numUpdatedRows } = await db
        .updateTable('schedules')
        .set({ last_due_ms: whole(dueMs), nonce })
        .where('id', '=', id)
        .where('state', '=', 'active')
        .where((is) => is.or([is('last_due_ms', 'is', null), is('last_due_ms', '<', whole(dueMs))]))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async update(id, patch) {
      const changes = toColumns(patch);
      if (Object.keys(changes).length === 0) {
        return (await get(id)) !== null;
      }
      const { numUpdatedRows } = await db
        .updateTable('schedules')
        .set(changes)
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async remove(id) {
      const { numDeletedRows } = await db.deleteFrom('schedules').where('id', '=', id).executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

/** The columns that a patch names; the others stay as they are. */
function toColumns(patch: SchedulePatch): Updateable<ScheduleTable> {
  const columns: Updateable<ScheduleTable> = {
    state: patch.state,
    stop_reason: patch.stopReason,
    last_posted_ms: patch.lastPostedMs,
    last_due_ms: patch.lastDueMs,
    message_id: patch.messageId,
    nonce: patch.nonce,
    channel_id: patch.channelId,
  };
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
}

function toSchedule(row: Selectable<ScheduleTable>): Schedule {
  return {
    id: row.id,
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    platform: row.platform,
    guildId: row.guild_id,
    channelId: row.channel_id,
    cron: row.cron,
    timeZone: row.time_zone,
    mode: word(row.mode, ['post', 'live'], 'mode'),
    server: row.server,
    locale: row.locale,
    createdAtMs: row.created_at_ms,
    state: word(row.state, ['active', 'stopped'], 'state'),
    stopReason: row.stop_reason,
    lastDueMs: row.last_due_ms,
    lastPostedMs: row.last_posted_ms,
    messageId: row.message_id,
    nonce: row.nonce,
  };
}
