import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { guarded, toStoreError } from '../errors.ts';
import { openPostgres } from '../postgres/open.ts';
import { LIVES } from '../postgres/turns-schema.ts';
import { openSqlite } from '../sqlite/open.ts';
import type { StorePlace, Transferred } from './backup.ts';
import { copyRows, countRows, deleteRows, tableNames } from './copy.ts';
import { TransferError } from './errors.ts';

/**
 * Puts what a backup has into a store, on either database, all of it or nothing: so a store also moves from SQLite to
 * PostgreSQL and back. A backup of an older version is brought up to date on the way; one of a newer version is refused.
 * @param replace whether rows that are there go; without it they stay and the restore is refused
 * Rejects with a TransferError or a StoreError.
 */
export async function restoreStore(file: string, to: StorePlace, replace: boolean): Promise<Transferred> {
  const folder = guarded(() => mkdtempSync(join(tmpdir(), 'headroom-restore-')));
  try {
    // A copy: bringing it up to date changes it.
    const copy = join(folder, 'backup.db');
    checkReadable(file);
    guarded(() => copyFileSync(file, copy));
    checkBackup(copy);
    const from = await openSqlite(copy);
    try {
      const rows = await restoreInto(from, to, replace);
      return { rows, bytes: statSync(file).size };
    } finally {
      await from.destroy();
    }
  } catch (error) {
    throw error instanceof TransferError ? error : toStoreError(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Told apart from a store that cannot be written: nothing of the settings is wrong then. */
function checkReadable(file: string): void {
  try {
    closeSync(openSync(file, 'r'));
  } catch (error) {
    throw new TransferError('backup-missing', {}, error);
  }
}

/** Any SQLite file would open; ours has these. */
function checkBackup(copy: string): void {
  try {
    const db = new DatabaseSync(copy);
    try {
      const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      const names = new Set(tables.map(({ name }) => name));
      if (!names.has('gpus') || !names.has('gpu_samples')) {
        throw new TransferError('backup-invalid');
      }
    } finally {
      db.close();
    }
  } catch (error) {
    throw error instanceof TransferError ? error : new TransferError('backup-invalid', {}, error);
  }
}

async function restoreInto(from: Database, place: StorePlace, replace: boolean): Promise<number> {
  const to = 'path' in place ? await openSqlite(place.path) : await openPostgres(place.postgres);
  const dialect = 'path' in place ? SQLITE : POSTGRES;
  try {
    if (await dialect.isInUse(to)) {
      throw new TransferError('restore-in-use');
    }
    const there = Object.values(await countRows(to)).reduce((sum, rows) => sum + rows, 0);
    if (there > 0 && !replace) {
      throw new TransferError('restore-not-empty', { rows: there });
    }
    return await to.transaction().execute(async (transaction) => {
      await dialect.withoutTriggers(transaction, () => deleteRows(transaction));
      const copied = await copyRows(from, transaction);
      const expected = await countRows(from);
      if (tableNames().some((table) => copied[table] !== expected[table])) {
        throw new TransferError('backup-differs');
      }
      await dialect.continueIds(transaction);
      return Object.values(copied).reduce((sum, rows) => sum + rows, 0);
    });
  } finally {
    await to.destroy();
  }
}

/** What the two databases do in their own ways. */
interface RestoreDialect {
  isInUse(db: Database): Promise<boolean>;
  /** The audit trail refuses deletions; a store that is replaced as a whole is no change of it. */
  withoutTriggers(db: Database, work: () => Promise<void>): Promise<void>;
  /** New rows get ids after those that came. */
  continueIds(db: Database): Promise<void>;
}

const SQLITE: RestoreDialect = {
  async isInUse(db) {
    try {
      // Only a connection that is alone may leave the write-ahead log.
      await sql`PRAGMA journal_mode = DELETE`.execute(db);
      await sql`PRAGMA journal_mode = WAL`.execute(db);
      return false;
    } catch {
      return true;
    }
  },
  async withoutTriggers(db, work) {
    const { rows } = await sql<{ name: string; sql: string }>`
      SELECT name, sql FROM sqlite_master WHERE type = 'trigger'`.execute(db);
    for (const { name } of rows) {
      await sql`DROP TRIGGER ${sql.id(name)}`.execute(db);
    }
    await work();
    for (const { sql: text } of rows) {
      await sql.raw(text).execute(db);
    }
  },
  // AUTOINCREMENT goes by the largest id that it has seen.
  continueIds: async () => undefined,
};

const POSTGRES: RestoreDialect = {
  async isInUse(db) {
    const { rows } = await sql<{ live: boolean }>`
      select exists (
        select from pg_locks where locktype = 'advisory' and classid = ${LIVES}::bigint::oid
          and database = (select oid from pg_database where datname = current_database())
      ) as live`.execute(db);
    return rows[0]?.live === true;
  },
  async withoutTriggers(db, work) {
    await sql`alter table audit disable trigger user`.execute(db);
    await work();
    await sql`alter table audit enable trigger user`.execute(db);
  },
  async continueIds(db) {
    for (const table of ['gpus', 'audit', 'observations', 'schedules', 'watches', 'alerts', 'open_answers'] as const) {
      await sql`
        select setval(pg_get_serial_sequence(${table}, 'id'), coalesce(max(id), 1), max(id) is not null)
        from ${sql.table(table)}`.execute(db);
    }
  },
};
