import { json, number, numberOrNull, text, textOrNull, toJson, whole } from './columns.ts';
import type { Database, Row } from './database.ts';
import { type Alert, type AlertRepository, StoreError } from './types.ts';

/** Ended alerts beyond this many are forgotten, oldest first. */
const KEEP_ROWS = 5_000;

/** Alerts: at most one open per server, kind and subject; the database itself holds that. */
export function createAlertRepository(db: Database): AlertRepository {
  return {
    begin(begin) {
      return db.transaction(() => {
        const open = db.get(
          'SELECT * FROM alerts WHERE server = ? AND kind = ? AND subject = ? AND ended_at_ms IS NULL',
          begin.server,
          begin.kind,
          begin.subject,
        );
        if (open !== null) {
          return { alert: toAlert(open), isNew: false };
        }
        const row = db.get(
          'INSERT INTO alerts (server, kind, subject, params, began_at_ms) VALUES (?, ?, ?, ?, ?) RETURNING *',
          begin.server,
          begin.kind,
          begin.subject,
          toJson(begin.params),
          whole(begin.atMs),
        );
        if (row === null) {
          throw new StoreError('store-failed');
        }
        const alert = toAlert(row);
        db.run('DELETE FROM alerts WHERE id <= ? AND ended_at_ms IS NOT NULL', alert.id - KEEP_ROWS);
        return { alert, isNew: true };
      });
    },
    end(server, kind, subject, atMs) {
      const row = db.get(
        `UPDATE alerts SET ended_at_ms = ? WHERE server = ? AND kind = ? AND subject = ? AND ended_at_ms IS NULL RETURNING *`,
        whole(atMs),
        server,
        kind,
        subject,
      );
      return row === null ? null : toAlert(row);
    },
    open(server) {
      return db
        .all(
          'SELECT * FROM alerts WHERE ended_at_ms IS NULL AND (?1 IS NULL OR server = ?1) ORDER BY id',
          server ?? null,
        )
        .map(toAlert);
    },
    recent(sinceMs, limit = 100) {
      return db
        .all('SELECT * FROM alerts WHERE began_at_ms >= ? ORDER BY id DESC LIMIT ?', whole(sinceMs), limit)
        .map(toAlert);
    },
    setMessage(id, channelId, messageId) {
      db.run('UPDATE alerts SET channel_id = ?, message_id = ? WHERE id = ?', channelId, messageId, id);
    },
  };
}

function toAlert(row: Row): Alert {
  return {
    id: number(row, 'id'),
    server: text(row, 'server'),
    kind: text(row, 'kind'),
    subject: text(row, 'subject'),
    params: json(row, 'params'),
    beganAtMs: number(row, 'began_at_ms'),
    endedAtMs: numberOrNull(row, 'ended_at_ms'),
    channelId: textOrNull(row, 'channel_id'),
    messageId: textOrNull(row, 'message_id'),
  };
}
