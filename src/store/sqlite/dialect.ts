import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

/** A lock that another process holds is asked for again after this pause, ms; the event loop runs meanwhile. */
const ASK_AGAIN_MS = 20;
/** Statements kept prepared; what is asked has few forms, only lists of several lengths make more. */
const MAX_STATEMENTS = 200;
const SQLITE_BUSY = 5;

/** How long a lock of another process is waited for before the work fails, ms. May change meanwhile. */
export interface Patience {
  lockedMs: number;
}

/** Kysely over Node's own SQLite. Calls of the database are synchronous and short; waiting for others is not. */
export function createSqliteDialect(database: DatabaseSync, patience: Patience): Dialect {
  return {
    createAdapter: () => new TransactionalSqliteAdapter(),
    createDriver: () => new SqliteDriver(database, patience),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** SQLite's schema changes are part of transactions (https://sqlite.org/lang_transaction.html): a failed one leaves nothing. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** One connection, given to one query or transaction after the other in the order in which they came. */
class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #connection: SqliteConnection;
  #last: Promise<void> = Promise.resolve();
  #release: () => void = () => undefined;

  constructor(database: DatabaseSync, patience: Patience) {
    this.#database = database;
    this.#connection = new SqliteConnection(database, patience);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#release = resolve;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  async beginTransaction(): Promise<void> {
    // The write lock at once: a transaction that reads first and asks for it later can be refused without a wait.
    await this.#connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  async commitTransaction(): Promise<void> {
    await this.#connection.executeQuery(CompiledQuery.raw('commit'));
  }

  async rollbackTransaction(): Promise<void> {
    // A full disk may have rolled back already; the first error is the one to tell.
    if (this.#database.isTransaction) {
      await this.#connection.executeQuery(CompiledQuery.raw('rollback'));
    }
  }

  async destroy(): Promise<void> {
    await this.#last;
    this.#connection.forget();
    if (this.#database.isOpen) {
      this.#database.close();
    }
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  readonly #patience: Patience;
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync, patience: Patience) {
    this.#database = database;
    this.#patience = patience;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const giveUpAt = performance.now() + this.#patience.lockedMs;
    for (;;) {
      try {
        return this.#run<Row>(sql, parameters);
      } catch (error) {
        // Inside a transaction the lock is ours; there it means something else.
        if (!isBusy(error) || this.#database.isTransaction || performance.now() >= giveUpAt) {
          throw error;
        }
      }
      await pause(ASK_AGAIN_MS);
    }
  }

  // biome-ignore lint/correctness/useYield: Kysely's interface asks for it; nothing here reads more than a few rows
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('rows are not streamed');
  }

  forget(): void {
    this.#statements.clear();
  }

  #run<Row>(sql: string, parameters: readonly unknown[]): QueryResult<Row> {
    const statement = this.#statement(sql);
    const values = parameters.map(toInput);
    if (statement.columns().length > 0) {
      return { rows: statement.all(...values) as Row[] };
    }
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      return known;
    }
    const statement = this.#database.prepare(sql);
    if (this.#statements.size >= MAX_STATEMENTS) {
      this.#statements.delete(this.#statements.keys().next().value!);
    }
    this.#statements.set(sql, statement);
    return statement;
  }
}

function isBusy(error: unknown): boolean {
  const { errcode } = (error ?? {}) as { errcode?: unknown };
  return typeof errcode === 'number' && (errcode & 0xff) === SQLITE_BUSY;
}

/** Whole numbers go as such: Node binds every number as REAL, and a quotient of two whole numbers would be none. */
function toInput(value: unknown): SQLInputValue {
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : (value as SQLInputValue);
}
