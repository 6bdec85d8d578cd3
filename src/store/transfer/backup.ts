import { closeSync, existsSync, fsyncSync, linkSync, lstatSync, openSync, rmSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { guarded, toStoreError } from '../errors.ts';
import type { PostgresAddress } from '../postgres/address.ts';
import { openPostgres } from '../postgres/open.ts';
import { openSqlite } from '../sqlite/open.ts';
import { copyRows, tableNames } from './copy.ts';
import { TransferError } from './errors.ts';

const ALL_PAGES = 2 ** 31 - 1;

/** Where a store is. */
export type StorePlace = { readonly path: string } | { readonly postgres: PostgresAddress };

/** What was carried over. */
export interface Transferred {
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Writes everything that is kept to one SQLite file, whichever database it comes from, while bots run on: what is in it
 * stood there at one moment. The file is its owner's alone, new, and read back before it gets its name.
 * Rejects with a TransferError or a StoreError.
 */
export async function backupStore(from: StorePlace, file: string): Promise<Transferred> {
  if (exists(file)) {
    throw new TransferError('backup-exists');
  }
  const partial = `${file}.${process.pid}.partial`;
  try {
    // Made new, so that no link is followed and nobody else may read it, not even for a moment.
    guarded(() => closeSync(openSync(partial, 'wx', 0o600)));
    if ('path' in from) {
      await copyFile(from.path, partial);
    } else {
      await copyShared(from.postgres, partial);
    }
    const rows = readBack(partial);
    guarded(() => {
      sync(partial);
      // Unlike a rename this takes nobody's place.
      linkSync(partial, file);
    });
    return { rows, bytes: statSync(file).size };
  } catch (error) {
    throw error instanceof TransferError ? error : toStoreError(error);
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) {
      rmSync(partial + end, { force: true });
    }
  }
}

/** SQLite's own way: pages, of one moment, also while others write. */
async function copyFile(path: string, partial: string): Promise<void> {
  if (!existsSync(path)) {
    throw new TransferError('backup-nothing');
  }
  const source = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  try {
    // In one step: between two of them a writer would make it begin anew, and there is always one.
    await backup(source, partial, { rate: ALL_PAGES });
  } finally {
    source.close();
  }
}

async function copyShared(address: PostgresAddress, partial: string): Promise<void> {
  const from = await openPostgres(address);
  try {
    const to = await openSqlite(partial);
    try {
      await from
        .transaction()
        .setIsolationLevel('repeatable read')
        .execute((source) => to.transaction().execute((target) => copyRows(source, target)));
    } finally {
      await to.destroy();
    }
  } finally {
    await from.destroy();
  }
}

/** Checks every page and index of a finished file. @returns its rows */
function readBack(partial: string): number {
  const db = new DatabaseSync(partial);
  try {
    // One file without companions, whatever it was copied from.
    db.exec('PRAGMA journal_mode = DELETE');
    const { integrity_check: found } = db.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string };
    if (found !== 'ok') {
      throw new TransferError('backup-differs');
    }
    return tableNames().reduce((sum, table) => sum + countOf(db, table), 0);
  } finally {
    db.close();
  }
}

/** @returns 0 for a table that a file of an older version does not have */
function countOf(db: DatabaseSync, table: string): number {
  const there = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(table);
  return there === undefined ? 0 : Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n);
}

function exists(file: string): boolean {
  return guarded(() => lstatSync(file, { throwIfNoEntry: false })) !== undefined;
}

function sync(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
