import { json, number, numberOrNull, text, textOrNull, toJson, whole, wholeOrNull, word } from './columns.ts';
import type { Database, Row } from './database.ts';
import type { AuditRepository, AuditRow } from './types.ts';

/** Who did what, with what result. Rows are only ever added: triggers refuse everything else. */
export function createAuditRepository(db: Database): AuditRepository {
  return {
    append(entry) {
      return db.run(
        `INSERT INTO audit (at_ms, person_id, person_name, platform, guild_id, channel_id, action, server, target, args, result, code, vram_before, vram_after)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        whole(entry.atMs),
        entry.personId,
        entry.personName,
        entry.platform,
        entry.guildId,
        entry.channelId,
        entry.action,
        entry.server,
        entry.target,
        toJson(entry.args),
        entry.result,
        entry.code,
        wholeOrNull(entry.vramBeforeBytes),
        wholeOrNull(entry.vramAfterBytes),
      ).id;
    },
    list(query = {}) {
      return db
        .all(
          `SELECT * FROM audit WHERE (?1 IS NULL OR server = ?1) AND (?2 IS NULL OR person_id = ?2)
             AND (?3 IS NULL OR action = ?3) AND id < ?4 ORDER BY id DESC LIMIT ?5`,
          query.server ?? null,
          query.personId ?? null,
          query.action ?? null,
          query.beforeId ?? Number.MAX_SAFE_INTEGER,
          Math.min(query.limit ?? 50, 500),
        )
        .map(toAuditRow);
    },
  };
}

function toAuditRow(row: Row): AuditRow {
  return {
    id: number(row, 'id'),
    atMs: number(row, 'at_ms'),
    personId: text(row, 'person_id'),
    personName: text(row, 'person_name'),
    platform: text(row, 'platform'),
    guildId: textOrNull(row, 'guild_id'),
    channelId: textOrNull(row, 'channel_id'),
    action: text(row, 'action'),
    server: textOrNull(row, 'server'),
    target: textOrNull(row, 'target'),
    args: json(row, 'args'),
    result: word(row, 'result', ['ok', 'failed', 'refused', 'canceled']),
    code: textOrNull(row, 'code'),
    vramBeforeBytes: numberOrNull(row, 'vram_before'),
    vramAfterBytes: numberOrNull(row, 'vram_after'),
  };
}
