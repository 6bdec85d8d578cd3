import { PostgresAdapter, sql, type Transaction } from 'kysely';
import type { Database } from '../database.ts';
import type { Tables } from '../tables.ts';

/**
 * A transaction in which nobody else writes to a table: for what looks first whether it may write. SQLite has one writer
 * anyway; PostgreSQL's transactions see what was committed when each statement began, so two that look at the same moment
 * would both find room.
 */
export function alone<T>(
  db: Database,
  table: keyof Tables & string,
  work: (transaction: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    if (transaction.getExecutor().adapter instanceof PostgresAdapter) {
      // Readers go on; another that writes waits for the end of this transaction.
      await sql`lock table ${sql.table(table)} in share row exclusive mode`.execute(transaction);
    }
    return work(transaction);
  });
}
