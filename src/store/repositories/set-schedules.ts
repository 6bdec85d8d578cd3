import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import type { SetScheduleTable } from '../tables.ts';
import type { SetSchedule, SetScheduleRepository } from '../types.ts';
import { alone } from './alone.ts';
import { whole } from './columns.ts';

const DUE = { start: 'start_due_ms', end: 'end_due_ms' } as const;

/** When sets of models are loaded and leave. */
export function createSetScheduleRepository(db: Database): SetScheduleRepository {
  return {
    create: (schedule, most) =>
      alone(db, 'set_schedules', async (transaction) => {
        const { count } = await transaction
          .selectFrom('set_schedules')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('guild_id', '=', schedule.guildId)
          .executeTakeFirstOrThrow();
        if (Number(count) >= most) {
          return null;
        }
        const row = await transaction
          .insertInto('set_schedules')
          .values({
            owner_id: schedule.ownerId,
            owner_name: schedule.ownerName,
            platform: schedule.platform,
            guild_id: schedule.guildId,
            channel_id: schedule.channelId,
            set_name: schedule.setName,
            server: schedule.server,
            start_cron: schedule.startCron,
            end_cron: schedule.endCron,
            time_zone: schedule.timeZone,
            locale: schedule.locale,
            created_at_ms: whole(schedule.createdAtMs),
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        return toSchedule(row);
      }),
    async get(id) {
      const row = await db.selectFrom('set_schedules').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toSchedule(row);
    },
    async list(guildId) {
      const all = db.selectFrom('set_schedules').selectAll().orderBy('id');
      const rows = await (guildId === undefined ? all : all.where('guild_id', '=', guildId)).execute();
      return rows.map(toSchedule);
    },
    async claim(id, what, dueMs) {
      const column = DUE[what];
      const { numUpdatedRows } = await db
        .updateTable('set_schedules')
        .set({ [column]: whole(dueMs) })
        .where('id', '=', id)
        .where((is) => is.or([is(column, 'is', null), is(column, '<', whole(dueMs))]))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async remove(id) {
      const { numDeletedRows } = await db.deleteFrom('set_schedules').where('id', '=', id).executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

function toSchedule(row: Selectable<SetScheduleTable>): SetSchedule {
  return {
    id: row.id,
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    platform: row.platform,
    guildId: row.guild_id,
    channelId: row.channel_id,
    setName: row.set_name,
    server: row.server,
    startCron: row.start_cron,
    endCron: row.end_cron,
    timeZone: row.time_zone,
    locale: row.locale,
    createdAtMs: row.created_at_ms,
    startDueMs: row.start_due_ms,
    endDueMs: row.end_due_ms,
  };
}
