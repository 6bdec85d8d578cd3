import { number, numberOrNull, text, textOrNull, whole, wholeOrNull, word } from './columns.ts';
import type { Database, Row } from './database.ts';
import { StoreError, type Watch, type WatchRepository } from './types.ts';

/** Settled watches are kept for a while, so that `/notify list` can tell what became of them. */
const KEEP_SETTLED = 2_000;

/** "Tell me when": waiting watches in the order in which they were made. */
export function createWatchRepository(db: Database): WatchRepository {
  const get = (id: number): Watch | null => {
    const row = db.get('SELECT * FROM watches WHERE id = ?', id);
    return row === null ? null : toWatch(row);
  };
  return {
    create(watch) {
      const { id } = db.run(
        `INSERT INTO watches (kind, owner_id, owner_name, platform, guild_id, channel_id, server, model, num_ctx, free_bytes, locale, created_at_ms, expires_at_ms, state)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting')`,
        watch.kind,
        watch.ownerId,
        watch.ownerName,
        watch.platform,
        watch.guildId,
        watch.channelId,
        watch.server,
        watch.model,
        wholeOrNull(watch.numCtx),
        wholeOrNull(watch.freeBytes),
        watch.locale,
        whole(watch.createdAtMs),
        whole(watch.expiresAtMs),
      );
      db.run("DELETE FROM watches WHERE id <= ? AND state <> 'waiting'", id - KEEP_SETTLED);
      const created = get(id);
      if (created === null) {
        throw new StoreError('store-failed');
      }
      return created;
    },
    get,
    waiting() {
      return db.all("SELECT * FROM watches WHERE state = 'waiting' ORDER BY id").map(toWatch);
    },
    listByOwner(ownerId) {
      return db.all('SELECT * FROM watches WHERE owner_id = ? ORDER BY id DESC LIMIT 100', ownerId).map(toWatch);
    },
    toldSince(sinceMs) {
      return db
        .all(
          "SELECT * FROM watches WHERE state = 'told' AND settled_at_ms >= ? ORDER BY id DESC LIMIT 100",
          whole(sinceMs),
        )
        .map(toWatch)
        .reverse();
    },
    settle(id, state, atMs) {
      return (
        db.run(
          "UPDATE watches SET state = ?, settled_at_ms = ? WHERE id = ? AND state = 'waiting'",
          state,
          whole(atMs),
          id,
        ).changes > 0
      );
    },
  };
}

function toWatch(row: Row): Watch {
  return {
    id: number(row, 'id'),
    kind: word(row, 'kind', ['when-fits', 'when-free']),
    ownerId: text(row, 'owner_id'),
    ownerName: text(row, 'owner_name'),
    platform: text(row, 'platform'),
    guildId: textOrNull(row, 'guild_id'),
    channelId: textOrNull(row, 'channel_id'),
    server: textOrNull(row, 'server'),
    model: textOrNull(row, 'model'),
    numCtx: numberOrNull(row, 'num_ctx'),
    freeBytes: numberOrNull(row, 'free_bytes'),
    locale: text(row, 'locale'),
    createdAtMs: number(row, 'created_at_ms'),
    expiresAtMs: number(row, 'expires_at_ms'),
    state: word(row, 'state', ['waiting', 'told', 'expired', 'stopped']),
    settledAtMs: numberOrNull(row, 'settled_at_ms'),
  };
}
