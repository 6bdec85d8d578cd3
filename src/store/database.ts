import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { guarded, toStoreError } from './errors.ts';
import { MIGRATIONS, migrate } from './migrations.ts';
import { StoreError } from './types.ts';

export type Row = Readonly<Record<string, SQLInputValue>>;

/** SQLite calls are synchronous: a lock held by another process may stop the event loop for this long at most, ms. */
const BUSY_MS = 40;
/** At the start nothing else runs yet. */
const BUSY_AT_START_MS = 5_000;

/** A database with its statements prepared once. */
export class Database {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return guarded(() => this.#statement(sql).all(...values) as Row[]);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | null {
    return guarded(() => (this.#statement(sql).get(...values) as Row | undefined) ?? null);
  }

  /** @returns rows changed and the id of the row inserted */
  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly id: number } {
    return guarded(() => {
      const result = this.#statement(sql).run(...values);
      return { changes: Number(result.changes), id: Number(result.lastInsertRowid) };
    });
  }

  /** All or nothing. Keep it short: nothing else runs meanwhile. */
  transaction<T>(work: () => T): T {
    guarded(() => this.#db.exec('BEGIN IMMEDIATE'));
    try {
      const result = work();
      guarded(() => this.#db.exec('COMMIT'));
      return result;
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK');
      } catch {
        // A full disk may have rolled back already; the first error is the one to tell.
      }
      throw toStoreError(error);
    }
  }

  close(): void {
    this.#statements.clear();
    try {
      this.#db.close();
    } catch {
      // Closed already.
    }
  }
}

/**
 * Opens (or makes) a database file, readable by its owner alone, and brings its schema up to date.
 * @param path a file, or `:memory:`
 * @throws StoreError
 */
export function openDatabase(path: string): Database {
  return guarded(() => {
    if (path !== ':memory:') {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      // Made before SQLite makes it, so that it is never readable by others; -wal and -shm get the same mode.
      closeSync(openSync(path, 'a', 0o600));
      chmodSync(path, 0o600);
    }
    const db = new DatabaseSync(path, { timeout: BUSY_AT_START_MS, enableForeignKeyConstraints: true });
    try {
      db.exec('PRAGMA journal_mode = WAL');
      db.exec('PRAGMA synchronous = NORMAL');
      // Small checkpoints are short ones: the event loop stands still meanwhile.
      db.exec('PRAGMA wal_autocheckpoint = 200');
      // Also finds a damaged file that opens well enough.
      const check = db.prepare('PRAGMA quick_check(1)').get() as { quick_check?: string } | undefined;
      if (check?.quick_check !== 'ok') {
        throw new StoreError('store-corrupt');
      }
      migrate(db, MIGRATIONS);
      db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    } catch (error) {
      db.close();
      throw error;
    }
    return new Database(db);
  });
}
