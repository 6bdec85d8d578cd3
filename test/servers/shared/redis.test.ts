import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/compose/log.ts';
import { createServerQueue, type ServerQueue } from '../../../src/servers/loading/queue.ts';
import { createRedisLeader } from '../../../src/servers/shared/leader.ts';
import { createRedis } from '../../../src/servers/shared/redis.ts';
import { createRedisHolds } from '../../../src/servers/shared/redis-holds.ts';
import { createRedisTurns } from '../../../src/servers/shared/turns.ts';
import type { Hold } from '../../../src/store/types.ts';
import { redisInstalled, startRedis, type TestRedis } from '../../support/redis.ts';

const log = createLog('silent');
const until = async (condition: () => boolean, limitMs = 5_000) => {
  const end = Date.now() + limitMs;
  while (!condition() && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return condition();
};

describe.skipIf(!redisInstalled)('what several processes share in Redis', () => {
  let server: TestRedis;
  let first: Redis;
  let second: Redis;

  beforeAll(async () => {
    server = await startRedis();
    first = createRedis(server.url, log);
    second = createRedis(server.url, log);
  });
  afterAll(async () => {
    first.disconnect();
    second.disconnect();
    await server.stop();
  });
  beforeEach(() => first.flushall());

  const hold: Hold = {
    server: 'main',
    model: 'gemma3:12b',
    holderId: '1',
    holderName: 'Ada',
    platform: 'discord',
    guildId: null,
    channelId: null,
    sinceMs: 0,
    untilMs: 1_000,
    numCtx: 8192,
  };

  describe('holds', () => {
    it('are seen by every process, and end by themselves', async () => {
      let now = 500;
      const [mine, theirs] = [createRedisHolds(first, () => now), createRedisHolds(second, () => now)];
      await mine.put(hold);
      await mine.put({ ...hold, server: 'other', untilMs: null });
      expect(await theirs.get('main', 'gemma3:12b')).toEqual(hold);
      expect((await theirs.list()).map((entry) => entry.server)).toEqual(['main', 'other']);
      now = 1_000;
      expect(await theirs.get('main', 'gemma3:12b')).toBeNull();
      expect((await theirs.list()).map((entry) => entry.server)).toEqual(['other']);
      expect(await theirs.extend('main', 'gemma3:12b', 9_000)).toBe(false);
    });

    it('are changed by their holder alone', async () => {
      const holds = createRedisHolds(first, () => 0);
      await holds.put(hold);
      expect(await holds.extend('main', 'gemma3:12b', 5_000, '2')).toBe(false);
      expect(await holds.extend('main', 'gemma3:12b', 5_000, '1')).toBe(true);
      expect((await holds.get('main', 'gemma3:12b'))?.untilMs).toBe(5_000);
      expect(await holds.extend('main', 'gemma3:12b', null)).toBe(true);
      expect((await holds.get('main', 'gemma3:12b'))?.untilMs).toBeNull();
      expect(await holds.release('main', 'gemma3:12b', '2')).toBe(false);
      expect(await holds.release('main', 'gemma3:12b', '1')).toBe(true);
      expect(await holds.list()).toEqual([]);
    });
  });

  describe('the queue', () => {
    const queueOf = (redis: Redis, options: { aliveMs?: number; giveUpMs?: number } = {}): ServerQueue =>
      createServerQueue('main', (name, onChange) => createRedisTurns(redis, name, { onChange, ...options }));
    const signal = () => AbortSignal.timeout(20_000);
    const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

    it('runs one job at a time over two processes, in the order in which they came', async () => {
      const queues = [queueOf(first), queueOf(second)];
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
        await until(() => jobs.length === 0, 15);
      }
      await Promise.all(jobs);
      expect(most).toBe(1);
      expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it('tells places that count the jobs of other processes', async () => {
      const queues = [queueOf(first), queueOf(second)];
      let release = () => {};
      const blocked = new Promise<void>((resolve) => {
        release = resolve;
      });
      const long = queues[0]!.add({ personId: '1', signal: signal(), run: () => blocked });
      await until(() => queues[0]!.running() === 1);
      const next = queues[0]!.add({ personId: '2', signal: signal(), run: async () => {} });
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
      await Promise.all([long, next, third]);
      expect(places.at(-1)).toBe(0);
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it('forgets whoever leaves while waiting', async () => {
      const queues = [queueOf(first), queueOf(second)];
      let release = () => {};
      const blocked = new Promise<void>((resolve) => {
        release = resolve;
      });
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

    it('goes on when a process dies in its turn with others waiting there', async () => {
      const dying = createRedis(server.url, log);
      const queues = [queueOf(dying, { aliveMs: 600, giveUpMs: 60_000 }), queueOf(second, { aliveMs: 600 })];
      const never = new Promise<void>(() => {});
      const lost = [1, 2].map((index) =>
        queues[0]!.add({ personId: String(index), signal: signal(), run: () => never }).catch(() => undefined),
      );
      expect(await until(() => queues[0]!.running() === 1)).toBe(true);
      dying.disconnect();
      const survived = queues[1]!.add({ personId: '3', signal: signal(), run: async () => 'ran' });
      expect(await survived).toBe('ran');
      expect(lost).toHaveLength(2);
      await queues[1]!.close();
    });

    it('keeps its turn and goes on when Redis has forgotten everything', async () => {
      const queues = [queueOf(first), queueOf(second)];
      let release = () => {};
      const blocked = new Promise<void>((resolve) => {
        release = resolve;
      });
      const long = queues[0]!.add({ personId: '1', signal: signal(), run: () => blocked });
      await until(() => queues[0]!.running() === 1);
      const next = [queues[0]!, queues[0]!].map((queue, index) =>
        queue.add({ personId: `more ${index}`, signal: signal(), run: async () => 'ran' }),
      );
      await first.flushall();
      await rest(20);
      release();
      expect(await Promise.all([long, ...next])).toEqual([undefined, 'ran', 'ran']);
      await Promise.all(queues.map((queue) => queue.close()));
    });

    it('says that Redis does not answer, rather than wait for ever', async () => {
      const lonely = createRedis('redis://127.0.0.1:1', log);
      const queue = queueOf(lonely, { giveUpMs: 300 });
      const jobs = ['1', '2'].map((personId) => queue.add({ personId, signal: signal(), run: async () => 'ran' }));
      for (const job of await Promise.allSettled(jobs)) {
        expect(job).toMatchObject({ status: 'rejected', reason: { code: 'redis-unavailable' } });
      }
      await expect(createRedisHolds(lonely, () => 0).list()).rejects.toMatchObject({ code: 'redis-unavailable' });
      await queue.close();
      lonely.disconnect();
    });
  });

  describe('the leader', () => {
    it('is one, and another takes over when it stops', async () => {
      const a = createRedisLeader(first, 'posts', log, 800, 100);
      expect(await until(() => a.leads())).toBe(true);
      const b = createRedisLeader(second, 'posts', log, 800, 100);
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect([a.leads(), b.leads()]).toEqual([true, false]);
      await a.stop();
      expect(a.leads()).toBe(false);
      expect(await until(() => b.leads())).toBe(true);
      await b.stop();
    });

    it('is nobody any more when Redis does not answer, before somebody else can be', async () => {
      const lonely = createRedis(server.url, log);
      const leader = createRedisLeader(lonely, 'alerts', log, 600, 100);
      expect(await until(() => leader.leads())).toBe(true);
      lonely.disconnect();
      expect(await until(() => !leader.leads(), 2_000)).toBe(true);
      await leader.stop();
    });
  });
});
