import type { Log } from '../../base/log.ts';
import type { Connection, Session } from './session.ts';

/** Which of several processes does what only one may do: posts, alerts, digests, writing the history. */
export interface Leader {
  /** True while this process leads; asked right before every act. */
  leads(): boolean;
  /** Lets another process take over at once. Never rejects. */
  stop(): Promise<void>;
}

/** Whoever does not lead asks this often whether it may, ms: nobody tells of a process that died. */
const ASK_EVERY_MS = 1_000;
/** A new leader waits this long, ms: one that lost its connection may be writing its last message. */
const BEGIN_AFTER_MS = 1_000;
/** First part of the lock; "Hea" and a number. */
const ROLES = 0x48656103;

/**
 * A lock of the process' session: a process that dies frees it with its connection, and one that loses its connection does
 * not lead any more.
 */
export function createLeader(session: Session, role: string, log: Log): Leader {
  let held: { readonly by: Connection; readonly sinceMs: number } | null = null;
  let isStopped = false;
  let asking: Promise<void> | null = null;

  const isHeld = (): boolean => held !== null && held.by === session.connection();

  const ask = async () => {
    const connection = session.connection();
    if (isStopped || connection === null || isHeld()) {
      return;
    }
    const [row] = await connection.query<{ got: boolean }>('select pg_try_advisory_lock($1, hashtext($2)) as got', [
      ROLES,
      role,
    ]);
    if (row?.got !== true) {
      return;
    }
    held = { by: connection, sinceMs: performance.now() };
    log.info({ role }, 'this process leads');
    connection.lost.addEventListener('abort', () => log.info({ role }, 'this process leads no more'), { once: true });
  };
  const look = () => {
    asking ??= ask()
      .catch(() => undefined)
      .finally(() => {
        asking = null;
      });
  };
  const timer = setInterval(look, ASK_EVERY_MS);
  timer.unref();
  const unlisten = session.listen((text) => {
    if (text === `role ${role}` || text === 'connected') {
      look();
    }
  });
  look();

  return {
    leads: () => !isStopped && isHeld() && performance.now() - held!.sinceMs >= BEGIN_AFTER_MS,
    stop: async () => {
      isStopped = true;
      clearInterval(timer);
      unlisten();
      await asking;
      if (held !== null && isHeld()) {
        const { by } = held;
        held = null;
        await by.query('select pg_advisory_unlock($1, hashtext($2))', [ROLES, role]).catch(() => undefined);
        session.tell(`role ${role}`);
      }
    },
  };
}
