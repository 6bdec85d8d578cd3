import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Database } from '../database.ts';
import { toStoreError } from '../errors.ts';
import { type MigrationSteps, migrate } from '../migrator.ts';
import type { Tables } from '../tables.ts';
import type { PostgresAddress } from './address.ts';
import { createPool } from './pool.ts';
import { refusePooler } from './pooler.ts';
import { POSTGRES_SCHEMA } from './schema.ts';

/**
 * Opens the shared store and brings its schema up to date; of several processes that start at once one does.
 * Rejects with a StoreError.
 */
export async function openPostgres(address: PostgresAddress): Promise<Database> {
  try {
    await refusePooler(address);
  } catch (error) {
    throw toStoreError(error);
  }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: createPool(address) }) });
  try {
    await migrate(db as unknown as Kysely<unknown>, STEPS);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

const STEPS: MigrationSteps = Object.fromEntries(
  Object.entries(POSTGRES_SCHEMA).map(([name, text]) => [
    name,
    async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db)),
  ]),
);
