import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { createQueueConnection, createServerQueue } from '../../../src/servers/loading/queue.ts';
import { createRedisLeader } from '../../../src/servers/shared/leader.ts';
import { createRedis } from '../../../src/servers/shared/redis.ts';
import { createRedisHolds } from '../../../src/servers/shared/redis-holds.ts';
import type { Hold } from '../../../src/store/types.ts';
import { redisInstalled, startRedis, type TestRedis } from '../../support/redis.ts';

const log = createLog('silent');
const until = async (condition: () => boolean, limitMs = 5_000) => {
  const end = Date.now() + limitMs;
  while (!condition() && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
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
    it('runs one job at a time over two processes', async () => {
      const queues = [first, second].map((redis) =>
        createServerQueue(
          'main',
          createQueueConnection(redis.duplicate(), () => undefined),
        ),
      );
      let running = 0;
      let most = 0;
      const done: number[] = [];
      const jobs = Array.from({ length: 12 }, (_, index) =>
        queues[index % 2]!.add({
          personId: String(index),
          signal: AbortSignal.timeout(20_000),
          run: async () => {
            running += 1;
            most = Math.max(most, running);
            await new Promise((resolve) => setTimeout(resolve, 15));
            running -= 1;
            done.push(index);
          },
        }),
      );
      await Promise.all(jobs);
      expect(most).toBe(1);
      expect(done.filter((index) => index % 2 === 0)).toEqual([0, 2, 4, 6, 8, 10]);
      await Promise.all(queues.map((queue) => queue.close()));
    });
  });

  describe('the leader', () => {
    it('is one, and another takes over when it stops', async () => {
      const a = createRedisLeader(first, 'posts', log, 800, 100);
      expect(await until(() => a.isLeader())).toBe(true);
      const b = createRedisLeader(second, 'posts', log, 800, 100);
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect([a.isLeader(), b.isLeader()]).toEqual([true, false]);
      await a.stop();
      expect(a.isLeader()).toBe(false);
      expect(await until(() => b.isLeader())).toBe(true);
      await b.stop();
    });

    it('is nobody any more when Redis does not answer, before somebody else can be', async () => {
      const lonely = createRedis(server.url, log);
      const leader = createRedisLeader(lonely, 'alerts', log, 600, 100);
      expect(await until(() => leader.isLeader())).toBe(true);
      lonely.disconnect();
      expect(await until(() => !leader.isLeader(), 2_000)).toBe(true);
      await leader.stop();
    });
  });
});
