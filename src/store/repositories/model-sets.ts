import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import { StoreError } from '../errors.ts';
import type { ModelSetTable } from '../tables.ts';
import type { KeptModel, ModelSet, ModelSetRepository } from '../types.ts';
import { alone } from './alone.ts';
import { jsonList, toJson, whole } from './columns.ts';

/** A name as it is compared: in any case of letters the same. */
const keyOf = (name: string): string => name.toLowerCase();

/** Sets of models under names, a guild's own. */
export function createModelSetRepository(db: Database): ModelSetRepository {
  return {
    put: (set, most) =>
      alone(db, 'model_sets', async (transaction) => {
        const { count } = await transaction
          .selectFrom('model_sets')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .where('guild_id', '=', set.guildId)
          .where('set_key', '<>', keyOf(set.name))
          .executeTakeFirstOrThrow();
        if (Number(count) >= most) {
          return false;
        }
        const kept = {
          name: set.name,
          models: toJson(set.models.map(({ name, numCtx, pinned }) => ({ name, numCtx, pinned }))),
          owner_id: set.ownerId,
          owner_name: set.ownerName,
          created_at_ms: whole(set.createdAtMs),
        };
        await transaction
          .insertInto('model_sets')
          .values({ guild_id: set.guildId, set_key: keyOf(set.name), ...kept })
          .onConflict((conflict) => conflict.columns(['guild_id', 'set_key']).doUpdateSet(kept))
          .execute();
        return true;
      }),
    async get(guildId, name) {
      const row = await db
        .selectFrom('model_sets')
        .selectAll()
        .where('guild_id', '=', guildId)
        .where('set_key', '=', keyOf(name))
        .executeTakeFirst();
      return row === undefined ? null : toSet(row);
    },
    async list(guildId) {
      const rows = await db
        .selectFrom('model_sets')
        .selectAll()
        .where('guild_id', '=', guildId)
        .orderBy('set_key')
        .execute();
      return rows.map(toSet);
    },
    async remove(guildId, name) {
      const { numDeletedRows } = await db
        .deleteFrom('model_sets')
        .where('guild_id', '=', guildId)
        .where('set_key', '=', keyOf(name))
        .executeTakeFirstOrThrow();
      return numDeletedRows > 0n;
    },
  };
}

function toSet(row: Selectable<ModelSetTable>): ModelSet {
  return {
    guildId: row.guild_id,
    name: row.name,
    models: jsonList(row.models, 'models').map(toModel),
    ownerId: row.owner_id,
    ownerName: row.owner_name,
    createdAtMs: row.created_at_ms,
  };
}

function toModel({ name, numCtx, pinned }: Readonly<Record<string, unknown>>): KeptModel {
  if (typeof name !== 'string' || (numCtx !== null && typeof numCtx !== 'number') || typeof pinned !== 'boolean') {
    throw new StoreError('store-corrupt', { column: 'models' });
  }
  return { name, numCtx, pinned };
}
