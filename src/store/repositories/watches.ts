import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import type { WatchTable } from '../tables.ts';
import type { Watch, WatchRepository } from '../types.ts';
import { whole, wholeOrNull, word } from './columns.ts';

/** Settled watches are kept for a while, so that `/notify list` can tell what became of them. */
const KEEP_SETTLED = 2_000;

/** "Tell me when": waiting watches in the order in which they were made. */
export function createWatchRepository(db: Database): WatchRepository {
  return {
    create: (watch) =>
      db.transaction().execute(async (transaction) => {
        const row = await transaction
          .insertInto('watches')
          .values({
            kind: watch.kind,
            owner_id: watch.ownerId,
            owner_name: watch.ownerName,
            platform: watch.platform,
            guild_id: watch.guildId,
            channel_id: watch.channelId,
            server: watch.server,
            model: watch.model,
            num_ctx: wholeOrNull(watch.numCtx),
            free_bytes: wholeOrNull(watch.freeBytes),
            locale: watch.locale,
            created_at_ms: whole(watch.createdAtMs),
            expires_at_ms: whole(watch.expiresAtMs),
            state: 'waiting',
          })
          .returningAll()
          .executeTakeFirstOrThrow();
        await transaction
          .deleteFrom('watches')
          .where('id', '<=', row.id - KEEP_SETTLED)
          .where('state', '<>', 'waiting')
          .execute();
        return toWatch(row);
      }),
    async get(id) {
      const row = await db.selectFrom('watches').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : toWatch(row);
    },
    async waiting() {
      const rows = await db.selectFrom('watches').selectAll().where('state', '=', 'waiting').orderBy('id').execute();
      return rows.map(toWatch);
    },
    async listByOwner(ownerId) {
      const rows = await db
        .selectFrom('watches')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .orderBy('id', 'desc')
        .limit(100)
        .execute();
      return rows.map(toWatch);
    },
    async toldSince(sinceMs) {
      const rows = await db
        .selectFrom('watches')
        .selectAll()
        .where('state', '=', 'told')
        .where('settled_at_ms', '>=', whole(sinceMs))
        .orderBy('id', 'desc')
        .limit(100)
        .execute();
      return rows.map(toWatch).reverse();
    },
    async settle(id, state, atMs) {
      const { numUpdatedRows } = await db
        .updateTable('watches')
        .set({ state, settled_at_ms: whole(atMs) })
        .where('id', '=', id)
        .where('state', '=', 'waiting')
        .executeTakeFirstOrThrow();
      return numUpdatedRows > 0n;
    },
  };
}

function toWatch(row: Selectable<WatchTable>): Watch {
  return {
    id: row.id,
    kind: word(row.kind, ['when-fits', 'when-free'], 'kind'),
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    platform: row.platform,
    guildId: row.guild_id,
    channelId: row.channel_id,
    server: row.server,
    model: row.model,
    numCtx: row.num_ctx,
    freeBytes: row.free_bytes,
    locale: row.locale,
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    state: word(row.state, ['waiting', 'told', 'expired', 'stopped'], 'state'),
    settledAtMs: row.settled_at_ms,
  };
}
