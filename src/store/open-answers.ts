import { number, text, whole, word } from './columns.ts';
import type { Database, Row } from './database.ts';
import { type OpenAnswerRepository, type OpenAnswerRow, StoreError } from './types.ts';

const LOCALES = ['en', 'zh-CN'] as const;

/** Answers under way, each with the moment until which its process has promised to be heard of. */
export function createOpenAnswerRepository(db: Database): OpenAnswerRepository {
  return {
    add({ channelId, messageId, title, locale }, untilMs) {
      const row = db.get(
        'INSERT INTO open_answers (channel_id, message_id, title, locale, until_ms) VALUES (?, ?, ?, ?, ?) RETURNING id',
        channelId,
        messageId,
        title,
        locale,
        whole(untilMs),
      );
      if (row === null) {
        throw new StoreError('store-failed');
      }
      return number(row, 'id');
    },
    renew(ids, untilMs) {
      db.transaction(() => {
        for (const id of ids) {
          db.run('UPDATE open_answers SET until_ms = ? WHERE id = ?', whole(untilMs), whole(id));
        }
      });
    },
    remove(id) {
      db.run('DELETE FROM open_answers WHERE id = ?', whole(id));
    },
    takeLapsed(nowMs) {
      // A look takes no lock; only what is found is taken, and by one process alone.
      if (db.get('SELECT id FROM open_answers WHERE until_ms <= ? LIMIT 1', whole(nowMs)) === null) {
        return [];
      }
      return db.all('DELETE FROM open_answers WHERE until_ms <= ? RETURNING *', whole(nowMs)).map(toRow);
    },
  };
}

function toRow(row: Row): OpenAnswerRow {
  return {
    channelId: text(row, 'channel_id'),
    messageId: text(row, 'message_id'),
    title: text(row, 'title'),
    locale: word(row, 'locale', LOCALES),
  };
}
