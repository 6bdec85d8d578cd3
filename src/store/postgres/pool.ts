import type { PostgresPool, PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { PostgresAddress } from './address.ts';
import { clientConfig, prepareSession } from './client.ts';

/** Connections of one process beside its session; PostgreSQL's default allows a hundred in all. */
const MAX_CONNECTIONS = 6;
const IDLE_MS = 30_000;

/** The process' connections. One that broke, or did not answer in time, is never used again. */
export function createPool(address: PostgresAddress): PostgresPool {
  const pool = new pg.Pool({
    ...clientConfig(address),
    max: MAX_CONNECTIONS,
    idleTimeoutMillis: IDLE_MS,
    onConnect: async (client) => {
      // A connection that breaks while it is in use says so as an event beside the query's own failure.
      client.on('error', () => undefined);
      await prepareSession(client);
    },
  });
  // An idle connection that breaks is replaced at the next query, which tells what is wrong if it still is.
  pool.on('error', () => undefined);
  return {
    connect: async () => toPoolClient(await pool.connect()),
    end: () => pool.end(),
  };
}

function toPoolClient(client: pg.PoolClient): PostgresPoolClient {
  let isBroken = false;
  const query = async (sql: string, values: readonly unknown[]) => {
    try {
      return await client.query(sql, values.map(withoutNul));
    } catch (error) {
      // What the server itself refuses has a code of five characters; all else leaves it open whether it still listens.
      isBroken ||= !(error instanceof pg.DatabaseError);
      throw error;
    }
  };
  return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release(isBroken) };
}

/** PostgreSQL keeps no text with a zero character; what people and models are called may have one. */
function withoutNul(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\0', '') : value;
}
