import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { Database } from '../database.ts';
import { guarded, StoreError } from '../errors.ts';
import { makeFolder } from '../folder.ts';
import type { Tables } from '../tables.ts';
import { createSqliteDialect } from './dialect.ts';
import { migrateSqlite, NEWEST_VERSION, userVersion } from './migrations.ts';

/** A lock held by another process may stop the event loop for this long at a time, ms. */
const BUSY_MS = 20;
/** Waits for a lock of another process in all, ms: at the start it may be bringing the schema up to date. */
const LOCKED_MS = 1_000;
const LOCKED_AT_START_MS = 5_000;

/**
 * Opens (or makes) a database file, readable by its owner alone, and brings its schema up to date.
 * @param path a file, or `:memory:`
 * @throws StoreError
 */
export async function openSqlite(path: string): Promise<Database> {
  const raw = guarded(() => openFile(path));
  const patience = { lockedMs: LOCKED_AT_START_MS };
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(raw, patience) });
  try {
    raw.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    keepBefore(raw, path);
    await migrateSqlite(db as unknown as Kysely<unknown>, raw);
    patience.lockedMs = LOCKED_MS;
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** Before a file of an older version is changed, a copy of it is made beside it, once a version. */
function keepBefore(raw: DatabaseSync, path: string): void {
  const found = userVersion(raw);
  const copy = `${path}.v${found}`;
  if (path === ':memory:' || found === 0 || found >= NEWEST_VERSION || existsSync(copy)) {
    return;
  }
  // Made by two processes that start at once, it is the same copy.
  const partial = `${copy}.${process.pid}.partial`;
  guarded(() => {
    rmSync(partial, { force: true });
    closeSync(openSync(partial, 'wx', 0o600));
    raw.prepare('VACUUM INTO ?').run(partial);
    renameSync(partial, copy);
  });
}

function openFile(path: string): DatabaseSync {
  if (path !== ':memory:') {
    makeFolder(dirname(path));
    // Made before SQLite makes it, so that it is never readable by others; -wal and -shm get the same mode.
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
  }
  const raw = new DatabaseSync(path, { timeout: LOCKED_AT_START_MS, enableForeignKeyConstraints: true });
  try {
    raw.exec('PRAGMA journal_mode = WAL');
    raw.exec('PRAGMA synchronous = NORMAL');
    // Small checkpoints are short ones: the event loop stands still meanwhile.
    raw.exec('PRAGMA wal_autocheckpoint = 200');
    // Also finds a damaged file that opens well enough.
    const check = raw.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
    if (check?.quick_check !== 'ok') {
      throw new StoreError('store-corrupt');
    }
  } catch (error) {
    raw.close();
    throw error;
  }
  return raw;
}
