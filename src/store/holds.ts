import { number, numberOrNull, text, textOrNull, whole, wholeOrNull } from './columns.ts';
import type { Database, Row } from './database.ts';
import type { Hold, HoldRepository } from './types.ts';

/** Claims on loaded models, one per server and model. */
export function createHoldRepository(db: Database): HoldRepository {
  return {
    put(hold) {
      db.run(
        `INSERT OR REPLACE INTO holds (server, model, holder_id, holder_name, platform, guild_id, channel_id, since_ms, until_ms, num_ctx)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        hold.server,
        hold.model,
        hold.holderId,
        hold.holderName,
        hold.platform,
        hold.guildId,
        hold.channelId,
        whole(hold.sinceMs),
        wholeOrNull(hold.untilMs),
        wholeOrNull(hold.numCtx),
      );
    },
    get(server, model, nowMs) {
      const row = db.get(
        'SELECT * FROM holds WHERE server = ? AND model = ? AND (until_ms IS NULL OR until_ms > ?)',
        server,
        model,
        whole(nowMs),
      );
      return row === null ? null : toHold(row);
    },
    list(nowMs, server) {
      return db
        .all(
          `SELECT * FROM holds WHERE (until_ms IS NULL OR until_ms > ?1) AND (?2 IS NULL OR server = ?2)
           ORDER BY server, model`,
          whole(nowMs),
          server ?? null,
        )
        .map(toHold);
    },
    extend(server, model, untilMs, holderId) {
      return (
        db.run(
          'UPDATE holds SET until_ms = ?1 WHERE server = ?2 AND model = ?3 AND (?4 IS NULL OR holder_id = ?4)',
          wholeOrNull(untilMs),
          server,
          model,
          holderId ?? null,
        ).changes > 0
      );
    },
    release(server, model, holderId) {
      return (
        db.run(
          'DELETE FROM holds WHERE server = ?1 AND model = ?2 AND (?3 IS NULL OR holder_id = ?3)',
          server,
          model,
          holderId ?? null,
        ).changes > 0
      );
    },
    takeExpired(nowMs) {
      return db.all('DELETE FROM holds WHERE until_ms <= ? RETURNING *', whole(nowMs)).map(toHold);
    },
  };
}

function toHold(row: Row): Hold {
  return {
    server: text(row, 'server'),
    model: text(row, 'model'),
    holderId: text(row, 'holder_id'),
    holderName: text(row, 'holder_name'),
    platform: text(row, 'platform'),
    guildId: textOrNull(row, 'guild_id'),
    channelId: textOrNull(row, 'channel_id'),
    sinceMs: number(row, 'since_ms'),
    untilMs: numberOrNull(row, 'until_ms'),
    numCtx: numberOrNull(row, 'num_ctx'),
  };
}
