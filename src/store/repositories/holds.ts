import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import type { HoldTable } from '../tables.ts';
import type { Hold, HoldRepository } from '../types.ts';
import { whole, wholeOrNull } from './columns.ts';

/** Claims on loaded models, one per server and model. */
export function createHoldRepository(db: Database): HoldRepository {
  return {
    async put(hold) {
      const holder = {
        holder_id: hold.holderId,
        holder_name: hold.holderName,
        platform: hold.platform,
        guild_id: hold.guildId,
        channel_id: hold.channelId,
        since_ms: whole(hold.sinceMs),
        until_ms: wholeOrNull(hold.untilMs),
        num_ctx: wholeOrNull(hold.numCtx),
      };
      await db
        .insertInto('holds')
        .values({ server: hold.server, model: hold.model, ...holder })
        .onConflict((conflict) => conflict.columns(['server', 'model']).doUpdateSet(holder))
        .execute();
    },
    async get(server, model, nowMs) {
      const row = await db
        .selectFrom('holds')
        .selectAll()
        .where('server', '=', server)
        .where('model', '=', model)
        .where((is) => is.or([is('until_ms', 'is', null), is('until_ms', '>', whole(nowMs))]))
        .executeTakeFirst();
      return row === undefined ? null : toHold(row);
    },
    async list(nowMs, server) {
      const rows = await db
        .selectFrom('holds')
        .selectAll()
        .where((is) => is.or([is('until_ms', 'is', null), is('until_ms', '>', whole(nowMs))]))
        .$if(server !== undefined, (query) => query.where('server', '=', server!))
        .orderBy('server')
        .orderBy('model')
        .execute();
      return rows.map(toHold);
    },
    async extend(server, model, untilMs, nowMs, holderId) {
      const { numUpdatedRows } = await db
        .updateTable('holds')
        .set({ until_ms: wholeOrNull(untilMs) })
        .where('server', '=', server)
        .where('model', '=', model)
        .where((is) => is.or([is('until_ms', 'is', null), is('until_ms', '>', whole(nowMs))]))
        .$if(holderId !== undefined, (query) => query.where('holder_id', '=', holderId!))
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
    async release(server, model, holderId) {
      const { numDeletedRows } = await db
        .deleteFrom('holds')
        .where('server', '=', server)
        .where('model', '=', model)
        .$if(holderId !== undefined, (query) => query.where('holder_id', '=', holderId!))
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
    async takeExpired(nowMs) {
      const rows = await db.deleteFrom('holds').where('until_ms', '<=', whole(nowMs)).returningAll().execute();
      return rows.map(toHold);
    },
  };
}

function toHold(row: Selectable<HoldTable>): Hold {
  return {
    server: row.server,
    model: row.model,
    holderId: row.holder_id,
    holderName: row.holder_name,
    platform: row.platform,
    guildId: row.guild_id,
    channelId: row.channel_id,
    sinceMs: row.since_ms,
    untilMs: row.until_ms,
    numCtx: row.num_ctx,
  };
}
