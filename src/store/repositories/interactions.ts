import type { Database } from '../database.ts';
import type { InteractionRepository } from '../types.ts';
import { whole } from './columns.ts';

/** What people asked for, by the id that the platform gave it. */
export function createInteractionRepository(db: Database): InteractionRepository {
  return {
    async claim(id, nowMs) {
      const row = await db
        .insertInto('interactions')
        .values({ id, at_ms: whole(nowMs) })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    async prune(beforeMs) {
      await db.deleteFrom('interactions').where('at_ms', '<', whole(beforeMs)).execute();
    },
  };
}
