import { readFileSync } from 'node:fs';
import pg from 'pg';
import { guarded } from '../errors.ts';
import type { PostgresAddress } from './address.ts';

/** A server that does not let us in by then is told as unreachable, ms. */
const CONNECT_MS = 3_000;
/** A statement takes milliseconds; whoever waits for a person's answer shall not wait for a dead connection, ms. */
const STATEMENT_MS = 5_000;

/**
 * For every session: a peer that has vanished is found by the server within some 11 s (what it held is free then), and
 * nothing of ours holds a lock for long. `client_connection_check_interval` is of PostgreSQL 14 and later.
 */
const SESSION_SETTINGS: Readonly<Record<string, string>> = {
  application_name: 'headroom',
  tcp_keepalives_idle: '5',
  tcp_keepalives_interval: '2',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '10000',
  client_connection_check_interval: '5000',
  statement_timeout: String(STATEMENT_MS),
  lock_timeout: '3000',
  idle_in_transaction_session_timeout: '10000',
  timezone: 'UTC',
};

/** What every connection is made with. @throws StoreError where the file of certificates cannot be read */
export function clientConfig(address: PostgresAddress): pg.ClientConfig {
  const { tls } = address;
  return {
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    ...(address.password === null ? {} : { password: address.password }),
    ssl:
      tls === 'off'
        ? false
        : {
            rejectUnauthorized: true,
            ...(tls.rootCertificate === null ? {} : { ca: guarded(() => readFileSync(tls.rootCertificate!, 'utf8')) }),
          },
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS + 500,
    keepAlive: true,
    keepAliveInitialDelayMillis: STATEMENT_MS,
    types: { getTypeParser },
  };
}

/** Settings of a new session. Unknown ones (of newer servers) and those that make no sense (a Unix socket) are left out. */
export async function prepareSession(client: Pick<pg.ClientBase, 'query'>): Promise<void> {
  const pairs = Object.entries(SESSION_SETTINGS);
  await client.query(
    `select set_config(wanted.name, wanted.value, false)
     from unnest($1::text[], $2::text[]) as wanted (name, value) join pg_settings as known on known.name = wanted.name`,
    [pairs.map(([name]) => name), pairs.map(([, value]) => value)],
  );
}

const INT8 = 20;
const NUMERIC = 1700;

/** Whole numbers of 64 bits and sums of them as numbers: ours are sizes and times, far below 2^53. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  return oid === INT8 || oid === NUMERIC ? Number : pg.types.getTypeParser(oid, format as 'text');
}
