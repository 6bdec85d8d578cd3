import type { Database } from '../database.ts';
import type { MadeAliasRepository } from '../types.ts';
import { whole } from './columns.ts';

/** Names that this program made on servers, one row a server and name. */
export function createMadeAliasRepository(db: Database): MadeAliasRepository {
  return {
    async put({ server, alias, digest, base, numCtx, madeAtMs, madeBy }) {
      const made = { digest, base, num_ctx: whole(numCtx), made_at_ms: whole(madeAtMs), made_by: madeBy };
      await db
        .insertInto('made_aliases')
        .values({ server, alias, ...made })
        .onConflict((conflict) => conflict.columns(['server', 'alias']).doUpdateSet(made))
        .execute();
    },
    async get(server, alias) {
      const row = await db
        .selectFrom('made_aliases')
        .selectAll()
        .where('server', '=', server)
        .where('alias', '=', alias)
        .executeTakeFirst();
      if (row === undefined) {
        return null;
      }
      const { digest, base, num_ctx: numCtx, made_at_ms: madeAtMs, made_by: madeBy } = row;
      return { server, alias, digest, base, numCtx, madeAtMs, madeBy };
    },
    async remove(server, alias) {
      await db.deleteFrom('made_aliases').where('server', '=', server).where('alias', '=', alias).execute();
    },
  };
}
