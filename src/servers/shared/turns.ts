import { setTimeout as pause } from 'node:timers/promises';
import { StoreError } from '../../store/errors.ts';
import type { Connection, Session } from './session.ts';

/** While a job of ours waits, its turn is asked for this often, ms: nobody tells of a process that died. */
const ASK_EVERY_MS = 300;
/** After a process that vanished in its turn, this long for it to notice that it has lost its connection, ms. */
const VANISHED_PAUSE_MS = 750;
/** Without an answer for this long, those who wait are told, ms. */
const GIVE_UP_MS = 4_000;

/** A turn on one server. */
export interface Turn {
  /** Aborted when the turn is lost with the connection: another process may begin. */
  readonly lost: AbortSignal;
  /** Gives the turn to the next. Never rejects. */
  end(): void;
}

/** Whose turn it is on one server, among several processes. One process has at most one turn. */
export interface Turns {
  /** Says how many jobs wait in this process; each has a place in the line of all processes. */
  want(waiting: number): void;
  /** Waits for the turn. Rejects with the signal's reason or a StoreError. */
  take(signal: AbortSignal): Promise<Turn>;
  /** Places of the jobs that wait here, nearest first: 1 = next. As of the last answer. */
  places(): readonly number[];
  close(): Promise<void>;
}

export interface TurnsOptions {
  /** The line has moved. */
  readonly onChange?: () => void;
  readonly giveUpMs?: number;
}

interface Taker {
  readonly signal: AbortSignal;
  readonly resolve: (turn: Turn) => void;
  readonly reject: (error: unknown) => void;
}

/** What {@link ../../store/postgres/turns-schema.ts} answers. */
interface Answer {
  readonly granted: boolean;
  /** Whoever had the turn before gave it back. */
  readonly clean: boolean;
  readonly places: readonly number[];
}

/**
 * A line in PostgreSQL, first come first served over all processes. The turn is a lock of the process' session: a process
 * that dies frees it with its connection, and one that loses its connection has lost it.
 */
export function createTurns(session: Session, server: string, options: TurnsOptions = {}): Turns {
  const { onChange = () => {}, giveUpMs = GIVE_UP_MS } = options;
  let waiting = 0;
  let taker: Taker | null = null;
  let isBusy = false;
  let places: readonly number[] = [];
  let asking: Promise<void> | null = null;
  let askAgain = false;
  let failingSince: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const ask = async () => {
    const connection = session.connection();
    try {
      if (connection === null) {
        throw new StoreError('store-unreachable');
      }
      const isReady = taker !== null && !isBusy;
      const [row] = await connection.query<{ answer: Answer }>('select headroom_take_turn($1, $2, $3, $4) as answer', [
        server,
        connection.process,
        waiting,
        isReady,
      ]);
      failingSince = null;
      places = row?.answer.places ?? [];
      if (row?.answer.granted === true) {
        grant(connection, row.answer.clean);
      }
      onChange();
    } catch (error) {
      failingSince ??= performance.now();
      if (performance.now() - failingSince >= giveUpMs) {
        giveUp(error);
      }
    }
  };

  const grant = (connection: Connection, clean: boolean) => {
    isBusy = true;
    waiting = Math.max(0, waiting - 1);
    const taken = taker;
    taker = null;
    let ended = false;
    const end = () => {
      if (ended) {
        return;
      }
      ended = true;
      // Lost with the connection: then there is nothing to give back.
      void connection
        .query('select headroom_end_turn($1)', [server])
        .catch(() => undefined)
        .finally(() => {
          isBusy = false;
          sync();
        });
    };
    void hand(taken, { lost: connection.lost, end }, clean);
  };

  const hand = async (taken: Taker | null, turn: Turn, clean: boolean) => {
    if (!clean && taken !== null) {
      await pause(VANISHED_PAUSE_MS, undefined, { signal: AbortSignal.any([taken.signal, turn.lost]) }).catch(() => {});
    }
    if (taken === null || taken.signal.aborted) {
      turn.end();
    } else if (turn.lost.aborted) {
      turn.end();
      taken.reject(turn.lost.reason);
    } else {
      taken.resolve(turn);
    }
  };

  const giveUp = (error: unknown) => {
    const refused = taker;
    taker = null;
    refused?.reject(error);
  };

  const plan = () => {
    clearTimeout(timer);
    if (closed || (waiting === 0 && taker === null)) {
      return;
    }
    timer = setTimeout(sync, ASK_EVERY_MS);
    timer.unref();
  };

  const sync = () => {
    if (closed) {
      return;
    }
    if (asking !== null) {
      askAgain = true;
      return;
    }
    clearTimeout(timer);
    asking = ask().finally(() => {
      asking = null;
      const again = askAgain;
      askAgain = false;
      if (again) {
        sync();
      } else {
        plan();
      }
    });
  };

  const unlisten = session.listen((text) => {
    if ((text === `turn ${server}` || text === 'connected') && (waiting > 0 || taker !== null)) {
      sync();
    }
  });

  return {
    want(count) {
      if (count === waiting) {
        return;
      }
      waiting = count;
      sync();
    },
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted || closed) {
          reject(signal.aborted ? signal.reason : new StoreError('store-unreachable'));
          return;
        }
        const onAbort = () => {
          if (taker === mine) {
            taker = null;
          }
          reject(signal.reason);
        };
        const mine: Taker = {
          signal,
          resolve: (turn) => {
            signal.removeEventListener('abort', onAbort);
            resolve(turn);
          },
          reject: (error) => {
            signal.removeEventListener('abort', onAbort);
            reject(error);
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        taker = mine;
        sync();
      }),
    places: () => places,
    async close() {
      unlisten();
      giveUp(new StoreError('store-unreachable'));
      clearTimeout(timer);
      if (waiting > 0) {
        waiting = 0;
        // The others need not wait until our tickets are void with the connection.
        await (asking ?? Promise.resolve()).then(ask);
      }
      closed = true;
    },
  };
}
