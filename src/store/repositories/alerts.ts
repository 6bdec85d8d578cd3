import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import type { AlertTable } from '../tables.ts';
import type { Alert, AlertRepository } from '../types.ts';
import { json, toJson, whole } from './columns.ts';

/** Ended alerts beyond this many are forgotten, oldest first. */
const KEEP_ROWS = 5_000;

/** Alerts: at most one open per server, kind and subject; the database itself holds that. */
export function createAlertRepository(db: Database): AlertRepository {
  return {
    begin: (begin) =>
      db.transaction().execute(async (transaction) => {
        const row = await transaction
          .insertInto('alerts')
          .values({
            server: begin.server,
            kind: begin.kind,
            subject: begin.subject,
            params: toJson(begin.params),
            began_at_ms: whole(begin.atMs),
          })
          .onConflict((conflict) =>
            conflict.columns(['server', 'kind', 'subject']).where('ended_at_ms', 'is', null).doNothing(),
          )
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) {
          const open = await transaction
            .selectFrom('alerts')
            .selectAll()
            .where('server', '=', begin.server)
            .where('kind', '=', begin.kind)
            .where('subject', '=', begin.subject)
            .where('ended_at_ms', 'is', null)
            .executeTakeFirstOrThrow();
          return { alert: toAlert(open), isNew: false };
        }
        await transaction
          .deleteFrom('alerts')
          .where('id', '<=', row.id - KEEP_ROWS)
          .where('ended_at_ms', 'is not', null)
          .execute();
        return { alert: toAlert(row), isNew: true };
      }),
    async end(server, kind, subject, atMs) {
      const row = await db
        .updateTable('alerts')
        .set({ ended_at_ms: whole(atMs) })
        .where('server', '=', server)
        .where('kind', '=', kind)
        .where('subject', '=', subject)
        .where('ended_at_ms', 'is', null)
        .returningAll()
        .executeTakeFirst();
      return row === undefined ? null : toAlert(row);
    },
    async open(server) {
      const rows = await db
        .selectFrom('alerts')
        .selectAll()
        .where('ended_at_ms', 'is', null)
        .$if(server !== undefined, (query) => query.where('server', '=', server!))
        .orderBy('id')
        .execute();
      return rows.map(toAlert);
    },
    async recent(sinceMs, limit = 100) {
      const rows = await db
        .selectFrom('alerts')
        .selectAll()
        .where('began_at_ms', '>=', whole(sinceMs))
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
      return rows.map(toAlert);
    },
    async setMessage(id, channelId, messageId) {
      await db
        .updateTable('alerts')
        .set({ channel_id: channelId, message_id: messageId })
        .where('id', '=', id)
        .execute();
    },
  };
}

function toAlert(row: Selectable<AlertTable>): Alert {
  return {
    id: row.id,
    server: row.server,
    kind: row.kind,
    subject: row.subject,
    params: json(row.params, 'params'),
    beganAtMs: row.began_at_ms,
    endedAtMs: row.ended_at_ms,
    channelId: row.channel_id,
    messageId: row.message_id,
  };
}
