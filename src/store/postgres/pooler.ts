import pg from 'pg';
import { StoreError } from '../errors.ts';
import type { PostgresAddress } from './address.ts';
import { clientConfig } from './client.ts';

const LOOKS = 3;

/**
 * Recognises a pooler that gives each transaction another connection (PgBouncer with `pool_mode = transaction`, and its
 * like): locks of a session and LISTEN do not hold through it. Two connections that are open at the same time are never
 * the same process of the server; through such a pooler they are, or one of them changes while the other is in a
 * transaction (https://www.pgbouncer.org/features.html).
 * @throws StoreError `store-pooler`, and whatever keeps a connection from being made
 */
export async function refusePooler(address: PostgresAddress): Promise<void> {
  const [one, other] = [new pg.Client(clientConfig(address)), new pg.Client(clientConfig(address))];
  for (const client of [one, other]) {
    client.on('error', () => undefined);
  }
  try {
    await one.connect();
    const first = await processOf(one);
    await other.connect();
    for (let look = 0; look < LOOKS; look += 1) {
      await other.query('begin').catch((error: unknown) => {
        // A pooler that gives each statement another connection allows no transactions at all.
        throw error instanceof pg.DatabaseError ? new StoreError('store-pooler', {}, error) : error;
      });
      const second = await processOf(other);
      const again = await processOf(one);
      await other.query('rollback');
      if (second === first || again !== first) {
        throw new StoreError('store-pooler');
      }
    }
  } finally {
    await Promise.allSettled([one.end(), other.end()]);
  }
}

async function processOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
