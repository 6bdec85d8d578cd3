import { randomInt } from 'node:crypto';
import pg from 'pg';
import type { Log } from '../../base/log.ts';
import { StoreError, toStoreError } from '../../store/errors.ts';
import type { PostgresAddress } from '../../store/postgres/address.ts';
import { clientConfig, prepareSession } from '../../store/postgres/client.ts';
import { LIVES } from '../../store/postgres/turns-schema.ts';

/** PostgreSQL is asked this often, ms: what it does not answer is noticed before it gives our locks to others. */
const BEAT_MS = 1_000;
/** A session that does not answer in this time is given up, ms. PostgreSQL itself frees a vanished peer's locks after 11 s. */
const ANSWER_MS = 3_000;
/** And one that was not heard of for this long (this process was held up), ms; PostgreSQL ends it after {@link SILENT}. */
const HEARD_MS = 5_000;
/** A process that says nothing for this long has lost its session, and with it every turn. */
const SILENT = '15s';
const MAX_PAUSE_MS = 2_000;
/** A clock is set by answers that came this soon, ms. */
const CLOCK_TRIP_MS = 500;
/** What processes tell each other. */
const CHANNEL = 'headroom';

/** One connection of a session, as long as it stands. Locks are its own: with it they end. */
export interface Connection {
  /** Number of this process in the lines, new with every connection. */
  readonly process: number;
  /** Aborted with a StoreError when the connection is lost: everything that was held is free for others. */
  readonly lost: AbortSignal;
  /** Rejects with a StoreError. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}

/** The process' one lasting connection to PostgreSQL: its locks, what other processes tell it, and the common clock. */
export interface Session {
  /** `null` while there is none; a new one is tried for as long as the process lives. */
  connection(): Connection | null;
  /** Milliseconds since the epoch by the database's clock, which does not jump when this machine's does. */
  now(): number;
  /** Tells the others, and this process too. Never rejects: who listens asks from time to time anyway. */
  tell(text: string): void;
  /** Called with what is told, and with `connected` when a new connection stands. @returns the way to stop it */
  listen(listener: (text: string) => void): () => void;
  close(): Promise<void>;
}

/** Makes the session; the first connection must stand. Rejects with a StoreError. */
export async function openSession(address: PostgresAddress, log: Log): Promise<Session> {
  const listeners = new Set<(text: string) => void>();
  const clock = createClock();
  let standing: Standing | null = null;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const hear = (text: string) => {
    for (const listener of listeners) {
      listener(text);
    }
  };

  const connect = async () => {
    const connected = await Standing.connect(address, clock, hear);
    standing = connected;
    connected.lost.addEventListener('abort', () => {
      standing = null;
      if (!closed) {
        log.error({ code: toStoreError(connected.lost.reason).code }, 'the session with the database is lost');
        again(0);
      }
    });
    if (closed) {
      await connected.close();
    }
  };

  const again = (failures: number) => {
    timer = setTimeout(
      () => {
        connect().then(
          () => {
            log.info('the session with the database stands again');
            hear('connected');
          },
          () => again(failures + 1),
        );
      },
      Math.min(100 * 2 ** failures, MAX_PAUSE_MS),
    );
    timer.unref();
  };

  await connect();
  return {
    connection: () => (standing?.isAlive() === true ? standing : null),
    now: clock.now,
    tell: (text) => {
      standing?.query('select pg_notify($1, $2)', [CHANNEL, text]).catch(() => undefined);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      listeners.clear();
      await standing?.close();
    },
  };
}

class Standing implements Connection {
  readonly process = randomInt(-(2 ** 31), 2 ** 31 - 1);
  readonly #client: pg.Client;
  readonly #lost = new AbortController();
  readonly #clock: Clock;
  #asked: Promise<unknown> = Promise.resolve();
  #heardAt = performance.now();
  #beat: NodeJS.Timeout | undefined;

  static async connect(address: PostgresAddress, clock: Clock, hear: (text: string) => void): Promise<Standing> {
    const connection = new Standing(address, clock);
    try {
      await connection.#open(hear);
    } catch (error) {
      connection.#lose(error);
      throw toStoreError(error);
    }
    return connection;
  }

  private constructor(address: PostgresAddress, clock: Clock) {
    this.#client = new pg.Client({ ...clientConfig(address), query_timeout: ANSWER_MS });
    this.#clock = clock;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Asked where time may have passed unnoticed: a process that was held up knows of it before its sockets do. */
  isAlive(): boolean {
    if (!this.lost.aborted && performance.now() - this.#heardAt > HEARD_MS) {
      this.#lose(new StoreError('store-unreachable'));
    }
    return !this.lost.aborted;
  }

  query<Row>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const answer = this.#asked.then(async () => {
      this.lost.throwIfAborted();
      try {
        const { rows } = await this.#client.query(sql, [...values]);
        this.#heardAt = performance.now();
        return rows as Row[];
      } catch (error) {
        if (!(error instanceof pg.DatabaseError)) {
          this.#lose(error);
        }
        throw toStoreError(error);
      }
    });
    this.#asked = answer.catch(() => undefined);
    return answer;
  }

  async close(): Promise<void> {
    clearInterval(this.#beat);
    this.#lost.abort(new StoreError('store-unreachable'));
    await this.#client.end().catch(() => undefined);
  }

  async #open(hear: (text: string) => void): Promise<void> {
    this.#client.on('error', (error) => this.#lose(error));
    this.#client.on('end', () => this.#lose(new StoreError('store-unreachable')));
    this.#client.on('notification', ({ payload }) => hear(payload ?? ''));
    await this.#client.connect();
    await prepareSession(this.#client);
    await this.query(`select set_config(name, $1, false) from pg_settings where name = 'idle_session_timeout'`, [
      SILENT,
    ]);
    await this.query('select pg_advisory_lock($1, $2)', [LIVES, this.process]);
    await this.query(`listen ${CHANNEL}`);
    await this.#heartbeat();
    this.#beat = setInterval(() => {
      if (this.isAlive()) {
        this.#heartbeat().catch(() => undefined);
      }
    }, BEAT_MS);
    this.#beat.unref();
  }

  async #heartbeat(): Promise<void> {
    const askedAt = performance.now();
    const [row] = await this.query<{ now: number }>(
      'select extract(epoch from clock_timestamp())::double precision * 1000 as now',
    );
    this.#clock.set(Number(row?.now), askedAt, performance.now());
  }

  #lose(reason: unknown): void {
    clearInterval(this.#beat);
    if (!this.lost.aborted) {
      this.#lost.abort(toStoreError(reason));
    }
    // What is held is free for others from here on; the socket must not live on behind our back.
    this.#client.end().catch(() => undefined);
    const { stream } = (this.#client as unknown as { connection: { stream: { destroy(): void } } }).connection;
    stream.destroy();
  }
}

/** The database's time, going on by this machine's monotonic clock between two answers. */
interface Clock {
  now(): number;
  set(thenMs: number, askedAt: number, answeredAt: number): void;
}

function createClock(): Clock {
  let zeroMs = Date.now() - performance.now();
  return {
    now: () => Math.round(zeroMs + performance.now()),
    set(thenMs, askedAt, answeredAt) {
      if (Number.isFinite(thenMs) && answeredAt - askedAt <= CLOCK_TRIP_MS) {
        zeroMs = thenMs - (askedAt + answeredAt) / 2;
      }
    },
  };
}
