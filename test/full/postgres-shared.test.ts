import { setTimeout as rest } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/compose/log.ts';
import { createServerQueue, type ServerQueue } from '../../src/servers/loading/queue.ts';
import { createLeader } from '../../src/servers/shared/leader.ts';
import { openSession, type Session } from '../../src/servers/shared/session.ts';
import { createTurns } from '../../src/servers/shared/turns.ts';
import { parsePostgresUrl } from '../../src/store/postgres/address.ts';
import { openSharedStore } from '../../src/store/store.ts';
import { onEnd } from '../gpus/tools.ts';
import { Link } from '../support/link.ts';
import { postgresInstalled, TestPostgres } from '../support/postgres.ts';

if (!postgresInstalled) {
  console.warn('skipped: PostgreSQL is not installed');
}
const log = createLog('silent');
const until = async (condition: () => boolean, limitMs = 10_000) => {
  const end = performance.now() + limitMs;
  while (!condition() && performance.now() < end) {
    await rest(10);
  }
  return condition();
};

describe.skipIf(!postgresInstalled)('what several processes share in PostgreSQL', () => {
  let postgres: TestPostgres;
  let admin: pg.Client;
  let server = 0;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    await (await openSharedStore(parsePostgresUrl(postgres.url()))).close();
    admin = new pg.Client({ connectionString: postgres.url() });
    admin.on('error', () => undefined);
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await postgres?.stop();
  });

  const session = async (port = postgres.port): Promise<Session> => {
    const made = await openSession(parsePostgresUrl(`postgres://headroom@127.0.0.1:${port}/postgres`), log);
    onEnd(() => made.close());
    return made;
  };
  const queueOf = (made: Session, giveUpMs?: number): ServerQueue =>
    createServerQueue(`server-${server}`, (name, onChange) =>
      createTurns(made, name, { onChange, ...(giveUpMs === undefined ? {} : { giveUpMs }) }),
    );
  const signal = () => AbortSignal.timeout(30_000);
  const blocker = () => Promise.withResolvers<void>();
  const next = () => {
    server += 1;
  };

  describe('the line', () => {
    it('runs one job at a time over two processes, in the order in which they came', async () => {
      next();
      const queues = [queueOf(await session()), queueOf(await session())];
      let running = 0;
      let most = 0;
      const done: number[] = [];
      const jobs: Promise<void>[] = [];
      for (let index = 0; index < 12; index++) {
        const run = async () => {
          running += 1;
          most = Math.max(most, running);
          await rest(5);
          running -= 1;
          done.push(index);
        };
        jobs.push(queues[index % 2]!.add({ personId: String(index), signal: signal(), run }));
        await rest(40);
      }
      await Promise.all(jobs);
      expect(most).toBe(1);
      expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it('tells places that count the jobs of other processes', async () => {
      next();
      const queues = [queueOf(await session()), queueOf(await session())];
      const { promise: blocked, resolve: release } = blocker();
      const long = queues[0]!.add({ personId: '1', signal: signal(), run: () => blocked });
      await until(() => queues[0]!.running() === 1);
      const second = queues[0]!.add({ personId: '2', signal: signal(), run: async () => {} });
      await rest(100);
      const places: number[] = [];
      const third = queues[1]!.add({
        personId: '3',
        signal: signal(),
        onPlace: (place) => places.push(place),
        run: async () => {},
      });
      expect(await until(() => places.includes(2))).toBe(true);
      release();
      await Promise.all([long, second, third]);
      expect(places.at(-1)).toBe(0);
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it('forgets whoever leaves while waiting', async () => {
      next();
      const queues = [queueOf(await session()), queueOf(await session())];
      const { promise: blocked, resolve: release } = blocker();
      const long = queues[0]!.add({ personId: '1', signal: signal(), run: () => blocked });
      await until(() => queues[0]!.running() === 1);
      const controller = new AbortController();
      const left = queues[1]!.add({ personId: '2', signal: controller.signal, run: async () => 'ran' });
      await rest(50);
      controller.abort(new Error('left'));
      await expect(left).rejects.toThrow('left');
      release();
      await long;
      expect(await queues[0]!.add({ personId: '3', signal: signal(), run: async () => 'ran' })).toBe('ran');
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it('of different servers is not one line', async () => {
      next();
      const made = await session();
      const one = queueOf(made);
      next();
      const other = queueOf(made);
      const { promise: blocked, resolve: release } = blocker();
      const long = one.add({ personId: '1', signal: signal(), run: () => blocked });
      await until(() => one.running() === 1);
      expect(await other.add({ personId: '1', signal: signal(), run: async () => 'ran' })).toBe('ran');
      release();
      await long;
    });

    it('goes on when a process vanishes in its turn with others waiting there, not before it can know', async () => {
      next();
      const link = await Link.to(postgres.port);
      onEnd(() => link.close());
      const queues = [queueOf(await session(link.port), 60_000), queueOf(await session())];
      let lostAt = 0;
      const held = queues[0]!.add({
        personId: '1',
        signal: signal(),
        run: (lost) =>
          new Promise<void>((resolve) => {
            lost!.addEventListener('abort', () => {
              lostAt = performance.now();
              resolve();
            });
          }),
      });
      queues[0]!.add({ personId: '1', signal: signal(), run: async () => {} }).catch(() => undefined);
      expect(await until(() => queues[0]!.running() === 1)).toBe(true);
      let beganAt = 0;
      const survived = queues[1]!.add({
        personId: '3',
        signal: signal(),
        run: async () => {
          beganAt = performance.now();
        },
      });
      await rest(400);
      expect(beganAt).toBe(0);
      link.cut();
      await survived;
      await held;
      expect(lostAt).toBeGreaterThan(0);
      expect(lostAt).toBeLessThan(beganAt);
    });

    it('is lost by a process behind a network that went silent before PostgreSQL frees its turn', async () => {
      next();
      const link = await Link.to(postgres.port);
      onEnd(() => link.close());
      const made = await session(link.port);
      const queues = [queueOf(made, 60_000), queueOf(await session())];
      let lostAt = 0;
      const held = queues[0]!.add({
        personId: '1',
        signal: signal(),
        run: (lost) =>
          new Promise<void>((resolve) => {
            lost!.addEventListener('abort', () => {
              lostAt = performance.now();
              resolve();
            });
          }),
      });
      expect(await until(() => queues[0]!.running() === 1)).toBe(true);
      link.silence();
      let beganAt = 0;
      const survived = queues[1]!.add({
        personId: '2',
        signal: signal(),
        run: async () => {
          beganAt = performance.now();
        },
      });
      await held;
      expect(beganAt).toBe(0);
      expect(made.connection()).toBeNull();
      // The server's side of the connection still stands here: on two hosts keepalives would end it.
      link.mend();
      await survived;
      expect(lostAt).toBeLessThan(beganAt);
    }, 40_000);

    it('is lost when PostgreSQL ends the session, and had again afterwards', async () => {
      next();
      const made = await session();
      const queue = queueOf(made);
      const { process } = made.connection()!;
      let told: unknown;
      const job = queue.add({
        personId: '1',
        signal: signal(),
        run: (lost) =>
          new Promise<void>((resolve) => {
            lost!.addEventListener('abort', () => {
              told = lost!.reason;
              resolve();
            });
          }),
      });
      expect(await until(() => queue.running() === 1)).toBe(true);
      await admin.query(
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = $1 and objid = ($2::bigint & 4294967295)::oid`,
        [0x48656100, process],
      );
      await job;
      expect(told).toMatchObject({ code: 'store-unreachable' });
      expect(await queue.add({ personId: '1', signal: signal(), run: async () => 'ran' })).toBe('ran');
      await queue.close();
    });

    it('says that the database does not answer, rather than wait for ever, and goes on when it is back', async () => {
      next();
      const link = await Link.to(postgres.port);
      onEnd(() => link.close());
      const queue = queueOf(await session(link.port), 500);
      link.cut();
      const jobs = ['1', '2'].map((personId) => queue.add({ personId, signal: signal(), run: async () => 'ran' }));
      for (const job of await Promise.allSettled(jobs)) {
        expect(job).toMatchObject({ status: 'rejected', reason: { code: 'store-unreachable' } });
      }
      link.mend();
      await rest(3_000);
      expect(await queue.add({ personId: '1', signal: signal(), run: async () => 'ran' })).toBe('ran');
      await queue.close();
    });

    it('leaves nothing behind', async () => {
      await rest(200);
      expect((await admin.query('select * from turn_tickets')).rows).toEqual([]);
      expect((await admin.query('select * from turns where not ended')).rows.length).toBeLessThanOrEqual(1);
    });
  });

  describe('the leader', () => {
    it('is one, and another takes over when it stops', async () => {
      const a = createLeader(await session(), 'posts', log);
      expect(await until(() => a.leads())).toBe(true);
      const b = createLeader(await session(), 'posts', log);
      await rest(1_500);
      expect([a.leads(), b.leads()]).toEqual([true, false]);
      await a.stop();
      expect(a.leads()).toBe(false);
      expect(await until(() => b.leads())).toBe(true);
      await b.stop();
    });

    it('is nobody any more when its connection is gone, before somebody else is', async () => {
      const link = await Link.to(postgres.port);
      onEnd(() => link.close());
      const a = createLeader(await session(link.port), 'alerts', log);
      expect(await until(() => a.leads())).toBe(true);
      const b = createLeader(await session(), 'alerts', log);
      link.cut();
      let both = false;
      expect(
        await until(() => {
          both ||= a.leads() && b.leads();
          return b.leads();
        }),
      ).toBe(true);
      expect(both).toBe(false);
      link.mend();
      await rest(2_500);
      expect([a.leads(), b.leads()]).toEqual([false, true]);
      await Promise.all([a.stop(), b.stop()]);
    });
  });

  describe('the clock', () => {
    it('is the database’s, also where this machine’s is wrong', async () => {
      const real = Date.now;
      Date.now = () => real() - 60_000;
      try {
        const made = await session();
        const { rows } = await admin.query(
          'select extract(epoch from clock_timestamp())::double precision * 1000 as now',
        );
        expect(Math.abs(made.now() - Number(rows[0].now))).toBeLessThan(1_000);
      } finally {
        Date.now = real;
      }
    });
  });
});
