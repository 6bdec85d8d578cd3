import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Hold } from '../../store/types.ts';
import type { HoldBook } from '../loading/holds.ts';
import { askRedis } from './unavailable.ts';

/** One hash a server, one field a model. */
const KEY = 'headroom:holds:';
const SERVERS = 'headroom:holds';

const holdSchema: z.ZodType<Hold> = z.object({
  server: z.string(),
  model: z.string(),
  holderId: z.string(),
  holderName: z.string(),
  platform: z.string(),
  guildId: z.string().nullable(),
  channelId: z.string().nullable(),
  sinceMs: z.number(),
  untilMs: z.number().nullable(),
  numCtx: z.number().nullable(),
});

/**
 * Changes a hold only if it is still in force and, where a holder is named, still theirs: between a look and a change
 * another process may have taken the model. ARGV: model, now, holder or '', new end or 'null', or 'delete'.
 */
const CHANGE = `
local text = redis.call('HGET', KEYS[1], ARGV[1])
if not text then return 0 end
local hold = cjson.decode(text)
if hold.untilMs ~= cjson.null and hold.untilMs <= tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return 0
end
if ARGV[3] ~= '' and hold.holderId ~= ARGV[3] then return 0 end
if ARGV[4] == 'delete' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  if ARGV[4] == 'null' then hold.untilMs = cjson.null else hold.untilMs = tonumber(ARGV[4]) end
  redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(hold))
end
return 1`;

/** Holds that several processes share. Every method rejects with {@link RedisUnavailable} and nothing else. */
export function createRedisHolds(redis: Redis, now: () => number): HoldBook {
  const read = (text: string | null | undefined): Hold | null => {
    if (text === null || text === undefined) {
      return null;
    }
    const parsed = holdSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      return null;
    }
    const { untilMs } = parsed.data;
    return untilMs === null || untilMs > now() ? parsed.data : null;
  };
  const change = (server: string, model: string, holderId: string | undefined, action: string): Promise<boolean> =>
    askRedis(
      async () => (await redis.eval(CHANGE, 1, KEY + server, model, String(now()), holderId ?? '', action)) === 1,
    );
  return {
    get: (server, model) => askRedis(async () => read(await redis.hget(KEY + server, model))),
    list: (server) =>
      askRedis(async () => {
        const servers = server === undefined ? (await redis.smembers(SERVERS)).sort() : [server];
        const holds: Hold[] = [];
        for (const name of servers) {
          const fields = await redis.hgetall(KEY + name);
          for (const model of Object.keys(fields).sort()) {
            const hold = read(fields[model]);
            if (hold !== null) {
              holds.push(hold);
            }
          }
        }
        return holds;
      }),
    put: (hold) =>
      askRedis(async () => {
        const results = await redis
          .multi()
          .sadd(SERVERS, hold.server)
          .hset(KEY + hold.server, hold.model, JSON.stringify(hold))
          .exec();
        const failed = results?.find(([error]) => error !== null)?.[0];
        if (results === null || failed) {
          throw failed ?? new Error('Redis did not take the hold');
        }
      }),
    extend: (server, model, untilMs, holderId) =>
      change(server, model, holderId, untilMs === null ? 'null' : String(untilMs)),
    release: (server, model, holderId) => change(server, model, holderId, 'delete'),
  };
}

/** What is no JSON is no hold: another program may have written there. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
