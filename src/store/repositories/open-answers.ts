import type { Database } from '../database.ts';
import type { OpenAnswerRepository } from '../types.ts';
import { whole, word } from './columns.ts';

const LOCALES = ['en', 'zh-CN'] as const;

/** Answers under way, each with the moment until which its process has promised to be heard of. */
export function createOpenAnswerRepository(db: Database): OpenAnswerRepository {
  return {
    async add({ channelId, messageId, ticket, title, locale }, untilMs) {
      const { id } = await db
        .insertInto('open_answers')
        .values({ channel_id: channelId, message_id: messageId, ticket, title, locale, until_ms: whole(untilMs) })
        .returning('id')
        .executeTakeFirstOrThrow();
      return id;
    },
    async renew(ids, untilMs) {
      if (ids.length > 0) {
        await db
          .updateTable('open_answers')
          .set({ until_ms: whole(untilMs) })
          .where('id', 'in', ids)
          .execute();
      }
    },
    async place(id, { channelId, messageId }) {
      await db
        .updateTable('open_answers')
        .set({ channel_id: channelId, message_id: messageId })
        .where('id', '=', id)
        .execute();
    },
    async remove(id) {
      await db.deleteFrom('open_answers').where('id', '=', id).execute();
    },
    async takeLapsed(nowMs) {
      // A look takes no lock; only what is found is taken, and by one process alone.
      const found = await db
        .selectFrom('open_answers')
        .select('id')
        .where('until_ms', '<=', whole(nowMs))
        .limit(1)
        .executeTakeFirst();
      if (found === undefined) {
        return [];
      }
      const rows = await db.deleteFrom('open_answers').where('until_ms', '<=', whole(nowMs)).returningAll().execute();
      return rows.map((row) => ({
        channelId: row.channel_id,
        messageId: row.message_id,
        ticket: row.ticket,
        title: row.title,
        locale: word(row.locale, LOCALES, 'locale'),
      }));
    },
  };
}
