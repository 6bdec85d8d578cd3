import { type Selectable, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { AuditTable } from '../tables.ts';
import type { AuditRepository, AuditRow } from '../types.ts';
import { json, toJson, whole, wholeOrNull, word } from './columns.ts';

const MAX_PAGE = 500;
/** What the triggers let go of, with a day to spare for clocks. */
const KEPT_MS = 366 * 24 * 3_600_000;
const KEPT_ROWS = 100_000;

/** Who did what, with what result. Rows are only ever added, until they are old: triggers refuse everything else. */
export function createAuditRepository(db: Database): AuditRepository {
  return {
    async append(entry) {
      const { id } = await db
        .insertInto('audit')
        .values({
          at_ms: whole(entry.atMs),
          person_id: entry.personId,
          person_name: entry.personName,
          platform: entry.platform,
          guild_id: entry.guildId,
          channel_id: entry.channelId,
          action: entry.action,
          server: entry.server,
          target: entry.target,
          args: toJson(entry.args),
          result: entry.result,
          code: entry.code,
          vram_before: wholeOrNull(entry.vramBeforeBytes),
          vram_after: wholeOrNull(entry.vramAfterBytes),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },
    async prune(nowMs) {
      await db
        .deleteFrom('audit')
        .where(({ eb, or, selectFrom }) =>
          or([
            eb('at_ms', '<', whole(nowMs - KEPT_MS)),
            eb(
              'id',
              '<=',
              selectFrom('audit').select(({ fn }) => sql<number>`${fn.max('id')} - ${KEPT_ROWS}`.as('last')),
            ),
          ]),
        )
        .execute();
    },
    async list({ server, personId, action, beforeId, limit = 50 } = {}) {
      const rows = await db
        .selectFrom('audit')
        .selectAll()
        .$if(server !== undefined, (query) => query.where('server', '=', server!))
        .$if(personId !== undefined, (query) => query.where('person_id', '=', personId!))
        .$if(action !== undefined, (query) => query.where('action', '=', action!))
        .$if(beforeId !== undefined, (query) => query.where('id', '<', beforeId!))
        .orderBy('id', 'desc')
        .limit(Math.min(limit, MAX_PAGE))
        .execute();
      return rows.map(toAuditRow);
    },
  };
}

function toAuditRow(row: Selectable<AuditTable>): AuditRow {
  return {
    id: row.id,
    atMs: row.at_ms,
    personId: row.person_id,
    personName: row.person_name,
    platform: row.platform,
    guildId: row.guild_id,
    channelId: row.channel_id,
    action: row.action,
    server: row.server,
    target: row.target,
    args: json(row.args, 'args'),
    result: word(row.result, ['ok', 'failed', 'refused', 'canceled'], 'result'),
    code: row.code,
    vramBeforeBytes: row.vram_before,
    vramAfterBytes: row.vram_after,
  };
}
