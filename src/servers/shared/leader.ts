import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Log } from '../../base/log.ts';

/** Which of several processes does what only one may do: posts, alerts, digests. */
export interface Leader {
  /** True while the claim holds; asked right before every act. */
  leads(): boolean;
  /** Gives the claim up, so that another process takes over at once. Never rejects. */
  stop(): Promise<void>;
}

/** Length of a claim, ms: a process that dies is followed after this time at the latest. */
const CLAIM_MS = 10_000;
const RENEW_MS = 3_000;
/** The own claim counts as lost this long before Redis drops it: clocks and answers take time. */
const SAFETY_MS = 2_000;

const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/**
 * A claim in Redis with an end: `SET NX PX`, renewed while the process lives. Without answers from Redis the claim ends by
 * itself, before Redis gives it to somebody else.
 */
export function createRedisLeader(
  redis: Redis,
  role: string,
  log: Log,
  claimMs = CLAIM_MS,
  renewMs = RENEW_MS,
): Leader {
  const key = `headroom:leader:${role}`;
  const id = randomUUID();
  let untilMs = 0;
  let stopped = false;
  let busy = false;

  const renew = async () => {
    if (busy || stopped) {
      return;
    }
    busy = true;
    const askedMs = performance.now();
    try {
      const held = untilMs > 0 && (await redis.eval(RENEW, 1, key, id, String(claimMs))) === 1;
      const claimed = held || (await redis.set(key, id, 'PX', claimMs, 'NX')) === 'OK';
      const was = untilMs > 0;
      untilMs = claimed ? askedMs + claimMs - Math.min(SAFETY_MS, claimMs / 4) : 0;
      if (claimed !== was) {
        log.info({ role, leader: claimed }, 'leadership changed');
      }
    } catch {
      // The claim runs out by itself; the next round asks again.
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void renew(), renewMs);
  timer.unref();
  void renew();

  return {
    leads: () => !stopped && performance.now() < untilMs,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      untilMs = 0;
      await redis.eval(RELEASE, 1, key, id).catch(() => undefined);
    },
  };
}
