import { type Kysely, type Migration, type MigrationProvider, Migrator } from 'kysely';
import { StoreError, toStoreError } from './errors.ts';

/** One step of the schema: what it is called (names sort in the order of the steps) and how it is made. */
export type MigrationSteps = Readonly<Record<string, (db: Kysely<unknown>) => Promise<void>>>;

/**
 * Brings a database up to the newest step, all missing steps in one transaction: a crash leaves what was before.
 * @throws StoreError `store-too-new` when a newer version of this program wrote it
 */
export async function migrate(db: Kysely<unknown>, steps: MigrationSteps): Promise<void> {
  const provider: MigrationProvider = {
    getMigrations: async () =>
      Object.fromEntries(Object.entries(steps).map(([name, up]): [string, Migration] => [name, { up }])),
  };
  const migrator = new Migrator({ db, provider });
  const known = new Set(Object.keys(steps));
  const unknown = (await appliedSteps(db)).filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new StoreError('store-too-new', { found: unknown.at(-1)!, known: [...known].at(-1)! });
  }
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw toStoreError(error);
  }
}

/** Steps that a database has already, in order; none where nothing was made yet. */
export async function appliedSteps(db: Kysely<unknown>): Promise<readonly string[]> {
  try {
    const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
    if (!tables.some(({ name }) => name === 'kysely_migration')) {
      return [];
    }
    const rows = await (db as Kysely<{ kysely_migration: { name: string } }>)
      .selectFrom('kysely_migration')
      .select('name')
      .orderBy('name')
      .execute();
    return rows.map(({ name }) => name);
  } catch (error) {
    throw toStoreError(error);
  }
}
