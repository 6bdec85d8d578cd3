import type { DatabaseSync } from 'node:sqlite';
import { type Kysely, sql } from 'kysely';
import { StoreError } from '../errors.ts';
import { appliedSteps, type MigrationSteps, migrate } from '../migrator.ts';
import { SQLITE_SCHEMA } from './schema.ts';

const NAMES = Object.keys(SQLITE_SCHEMA);
export const NEWEST_VERSION = NAMES.length;

/**
 * Brings a file up to the newest step. Version 0.1.0 counted steps in `user_version`: those are taken over, and the count
 * goes on, so that an older program refuses a file of a newer one.
 * @throws StoreError `store-too-new` when a newer version of this program wrote it
 */
export async function migrateSqlite(
  db: Kysely<unknown>,
  raw: DatabaseSync,
  names: readonly string[] = NAMES,
): Promise<void> {
  const found = userVersion(raw);
  if (found > names.length) {
    throw new StoreError('store-too-new', { found, known: names.length });
  }
  if (found > 0 && (await appliedSteps(db)).length === 0) {
    await takeOver(db, names.slice(0, found));
  }
  const steps: MigrationSteps = Object.fromEntries(
    names.map((name, index) => [name, (step: Kysely<unknown>) => runStep(step, raw, name, index + 1)]),
  );
  await migrate(db, steps);
}

async function runStep(step: Kysely<unknown>, raw: DatabaseSync, name: string, version: number): Promise<void> {
  // A step has several statements, triggers among them; it runs on the connection whose transaction is open.
  raw.exec(SQLITE_SCHEMA[name] ?? '');
  await sql.raw(`PRAGMA user_version = ${version}`).execute(step);
}

/** How many steps a file has; 0 = it is new. */
export function userVersion(raw: DatabaseSync): number {
  return Number((raw.prepare('PRAGMA user_version').get() as { user_version: number }).user_version);
}

/** Writes down the steps that version 0.1.0 made, in the table where Kysely looks for them. */
async function takeOver(db: Kysely<unknown>, names: readonly string[]): Promise<void> {
  const timestamp = new Date().toISOString();
  await db.transaction().execute(async (transaction) => {
    const tables = transaction as unknown as Kysely<{ kysely_migration: { name: string; timestamp: string } }>;
    await tables.schema
      .createTable('kysely_migration')
      .ifNotExists()
      .addColumn('name', 'varchar(255)', (column) => column.notNull().primaryKey())
      .addColumn('timestamp', 'varchar(255)', (column) => column.notNull())
      .execute();
    await tables
      .insertInto('kysely_migration')
      .values(names.map((name) => ({ name, timestamp })))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  });
}
