import { Redis } from 'ioredis';
import type { Log } from '../../base/log.ts';

/** A command that waits longer than this is told as a failure, ms. */
const COMMAND_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_PAUSE_MS = 5_000;

/**
 * A connection to the Redis that the bot's processes share. It reconnects by itself for as long as the process lives;
 * commands fail after two seconds rather than wait for ever. The URL may hold a password and is never logged.
 */
export function createRedis(url: string, log: Log): Redis {
  const redis = new Redis(url, {
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 2,
    retryStrategy: (times) => Math.min(times * 200, MAX_PAUSE_MS),
  });
  let down = false;
  redis.on('error', (error: Error & { code?: string }) => {
    if (!down) {
      log.error({ code: error.code ?? error.name }, 'Redis does not answer');
    }
    down = true;
  });
  redis.on('ready', () => {
    if (down) {
      log.info('Redis answers again');
    }
    down = false;
  });
  return redis;
}
