import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { within } from '../../base/wait.ts';
import { RedisUnavailable } from './unavailable.ts';

/** A process that was not heard of for this long is dead: its tickets are void and its turn ends, ms. */
const ALIVE_MS = 6_000;
/** While a job of ours waits, its turn is asked for this often, ms. */
const ASK_EVERY_MS = 200;
/** While a job of ours runs, Redis hears of us this often, ms. */
const RENEW_EVERY_MS = 1_500;
/** Without an answer for this long, those who wait are told, ms. */
const GIVE_UP_MS = 6_000;
/** The end of the program waits this long for Redis, ms. */
const CLOSE_LIMIT_MS = 1_000;

/** Whose turn it is on one server, among several processes. One process has at most one turn. */
export interface Turns {
  /** Says how many jobs wait in this process; each has a place in the line of all processes. */
  want(waiting: number): void;
  /** Waits for the turn. Rejects with the signal's reason or RedisUnavailable. @returns the way to end the turn; never rejects */
  take(signal: AbortSignal): Promise<() => void>;
  /** Places of the jobs that wait here, nearest first: 1 = next. As of the last answer from Redis. */
  places(): readonly number[];
  close(): Promise<void>;
}

export interface TurnsOptions {
  /** The line has moved. */
  readonly onChange?: () => void;
  readonly aliveMs?: number;
  readonly giveUpMs?: number;
}

/**
 * Everything in one step: hears that the process lives, drops what dead processes left, makes the process' tickets as
 * many as its jobs that wait, and gives the turn to the process whose ticket is first. It says what should be rather
 * than what to change, so that an answer that was lost, or a Redis that forgot everything, mends itself at the next
 * question. KEYS: line, counter, turn, prefix of the signs of life. ARGV: process, jobs waiting, what the process does
 * (`busy`: its job runs; `ready`: it takes the turn if it comes; `idle`), life of the sign in ms.
 */
const SYNC = `
local me, wanted, state, life = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local function alive(process) return redis.call('EXISTS', KEYS[4] .. process) == 1 end
redis.call('SET', KEYS[4] .. me, '1', 'PX', life)
local turn = redis.call('GET', KEYS[3])
if turn and ((turn == me and state ~= 'busy') or (turn ~= me and not alive(turn))) then
  redis.call('DEL', KEYS[3])
  turn = false
end
if state == 'busy' and not turn then
  redis.call('SET', KEYS[3], me)
  turn = me
end
local line, mine, known = {}, 0, {}
for _, ticket in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local process = string.sub(ticket, 1, 36)
  if process == me then
    mine = mine + 1
    if mine > wanted then redis.call('ZREM', KEYS[1], ticket) else line[#line + 1] = ticket end
  else
    if known[process] == nil then known[process] = alive(process) end
    if known[process] then line[#line + 1] = ticket else redis.call('ZREM', KEYS[1], ticket) end
  end
end
while mine < wanted do
  local number = redis.call('INCR', KEYS[2])
  local ticket = me .. ':' .. number
  redis.call('ZADD', KEYS[1], number, ticket)
  line[#line + 1] = ticket
  mine = mine + 1
end
local granted = 0
if state == 'ready' and not turn and line[1] and string.sub(line[1], 1, 36) == me then
  redis.call('SET', KEYS[3], me)
  redis.call('ZREM', KEYS[1], line[1])
  table.remove(line, 1)
  granted, turn = 1, me
end
local answer = { granted }
for place, ticket in ipairs(line) do
  if string.sub(ticket, 1, 36) == me then answer[#answer + 1] = turn and place or place - 1 end
end
return answer`;

interface Taker {
  readonly resolve: (end: () => void) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A line in Redis, first come first served over all processes. A process that dies is passed over after six seconds.
 * Bottleneck's own clustering is not used: it never frees the place of a process that died while its job ran
 * (`process_tick.lua` removes only clients without running jobs), nor one whose end Redis did not hear.
 *
 * A process that loses Redis in its turn finishes its job. Should Redis be gone for it alone and for longer than six
 * seconds, another may begin meanwhile; Ollama then loads one after the other by itself.
 */
export function createRedisTurns(redis: Redis, server: string, options: TurnsOptions = {}): Turns {
  const { onChange = () => {}, aliveMs = ALIVE_MS, giveUpMs = GIVE_UP_MS } = options;
  const me = randomUUID();
  const prefix = `headroom:queue:${server}`;
  const keys = [`${prefix}:line`, `${prefix}:counter`, `${prefix}:turn`, `${prefix}:alive:`];
  let waiting = 0;
  let busy = false;
  let taker: Taker | null = null;
  let places: readonly number[] = [];
  let asking: Promise<void> | null = null;
  let askAgain = false;
  let failingSince: number | null = null;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const ask = async () => {
    const askedAt = performance.now();
    const state = busy ? 'busy' : taker === null ? 'idle' : 'ready';
    try {
      const told = [me, String(waiting), state, String(aliveMs)];
      const answer = (await redis.eval(SYNC, keys.length, ...keys, ...told)) as number[];
      failingSince = null;
      const [granted, ...ranks] = answer;
      places = ranks;
      if (granted === 1) {
        grant();
      }
      onChange();
    } catch (error) {
      failingSince ??= askedAt;
      if (performance.now() - failingSince >= giveUpMs) {
        giveUp(error);
      }
    }
  };

  const grant = () => {
    busy = true;
    waiting = Math.max(0, waiting - 1);
    const taken = taker;
    taker = null;
    if (taken === null) {
      end();
    } else {
      taken.resolve(end);
    }
  };

  const end = () => {
    busy = false;
    sync();
  };

  const giveUp = (error: unknown) => {
    const refused = taker;
    taker = null;
    refused?.reject(new RedisUnavailable(error));
  };

  const plan = () => {
    clearTimeout(timer);
    if (closed || (waiting === 0 && taker === null && !busy)) {
      return;
    }
    timer = setTimeout(sync, busy ? RENEW_EVERY_MS : ASK_EVERY_MS);
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
          reject(signal.aborted ? signal.reason : new RedisUnavailable(new Error('closed')));
          return;
        }
        const onAbort = () => {
          if (taker === mine) {
            taker = null;
          }
          reject(signal.reason);
        };
        const mine: Taker = {
          resolve: (done) => {
            signal.removeEventListener('abort', onAbort);
            resolve(done);
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
      closed = true;
      clearTimeout(timer);
      giveUp(new Error('closed'));
      waiting = 0;
      // The others need not wait until the sign of life has run out; without Redis, or while a job runs on, they will.
      const told = (asking ?? Promise.resolve()).then(ask);
      await within(CLOSE_LIMIT_MS, told);
    },
  };
}
