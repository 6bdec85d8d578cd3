import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChatPoster } from '../../../src/chat/poster.ts';
import { createLog } from '../../../src/compose/log.ts';
import { onlyProcess } from '../../../src/schedule/leader.ts';
import { MAX_PER_GUILD, type Order, StatusSchedules } from '../../../src/schedule/posts/schedules.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Schedule, ScheduleRepository, Store } from '../../../src/store/types.ts';
import { FakeChat, FakeClock, FakeSource } from '../status-chat.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let folder: string;
let clock: FakeClock;
let chat: FakeChat;
let source: FakeSource;
let store: Store;
let bot: StatusSchedules;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headroom-schedules-'));
});

afterEach(async () => {
  await bot.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function order(more: Partial<Order> = {}): Order {
  return {
    ownerId: '42',
    ownerName: 'Ada',
    platform: 'discord',
    guildId: '7',
    fromChannelId: '1000',
    channelId: '1000',
    cron: '0 * * * *',
    timeZone: 'UTC',
    mode: 'post',
    server: null,
    locale: 'en',
    ...more,
  };
}

/** Begins a life of the bot on the real file. */
async function begin(
  more: { poster?: ChatPoster; schedules?: (real: ScheduleRepository) => ScheduleRepository } = {},
): Promise<void> {
  store = await openStore(join(folder, 'headroom.db'));
  bot = new StatusSchedules({
    schedules: more.schedules?.(store.schedules) ?? store.schedules,
    poster: more.poster ?? chat,
    source,
    leader: onlyProcess,
    log: createLog('silent'),
    clock: clock.read,
  });
}

async function world(at: string): Promise<void> {
  clock = new FakeClock(at);
  chat = new FakeChat(clock);
  source = new FakeSource();
  await begin();
}

async function restart(): Promise<void> {
  await bot.stop();
  await store.close();
  await begin();
}

/** Lets the time pass in steps; the bot looks at each. */
async function pass(ms: number, stepMs = MINUTE): Promise<void> {
  const end = clock.nowMs + ms;
  while (clock.nowMs < end) {
    clock.nowMs = Math.min(end, clock.nowMs + stepMs);
    await bot.look();
    await bot.settled();
  }
}

const postedAt = () => chat.messages.map(({ createdAtMs }) => new Date(createdAtMs).toISOString().slice(5, 16));

/** Every minute of a span at which the clock on the wall of a zone shows a time. */
function wallTimes(zone: string, from: number, to: number, wanted: string): string[] {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
  const found: string[] = [];
  for (let at = from + MINUTE; at <= to; at += MINUTE) {
    if (format.format(at) === wanted) {
      found.push(new Date(at).toISOString().slice(5, 16));
    }
  }
  return found;
}

describe('a month of posts', () => {
  it.each([
    ['2026-10-05T00:00Z', 'Europe/Berlin'],
    ['2026-03-10T00:00Z', 'Europe/Berlin'],
    ['2026-10-15T00:00Z', 'America/New_York'],
    ['2026-02-20T00:00Z', 'America/New_York'],
    ['2028-02-10T00:00Z', 'Asia/Shanghai'],
  ])('from %s in %s: each once at its local time, across restarts and a cut now and then', async (from, zone) => {
    await world(from);
    await bot.create(order({ cron: '30 9 * * *', timeZone: zone }));
    const start = clock.nowMs;
    for (let day = 0; day < 30; day += 1) {
      if (day % 5 === 4) {
        await restart();
      }
      const cut = day % 7 === 3;
      if (cut) {
        chat.faults.push({ on: 'post', failure: 'unavailable', arrived: true, times: 1 });
      }
      await pass(DAY, cut ? MINUTE : 5 * MINUTE);
    }
    expect(postedAt()).toEqual(wallTimes(zone, start, clock.nowMs, '09:30'));
    expect(chat.messages.filter(({ text }) => text.includes('missed'))).toEqual([]);
    expect(chat.violations).toEqual([]);
  });

  it('posts hourly through the night in which an hour comes twice, and the one in which it is left out', async () => {
    for (const night of ['2026-10-24T20:30Z', '2026-03-28T20:30Z']) {
      await world(night);
      await bot.create(order({ timeZone: 'Europe/Berlin', channelId: '2000', fromChannelId: '2000' }));
      await pass(10 * HOUR);
      expect(chat.messages).toHaveLength(10);
      await bot.stop();
      await store.schedules.remove(1);
      await store.close();
      rmSync(join(folder, 'headroom.db'));
    }
    await begin();
  });
});

describe('posts missed while nobody was there', () => {
  it('are told once by one post, and the next ones come as ever', async () => {
    await world('2026-11-23T00:30Z');
    await bot.create(order());
    await pass(2 * HOUR);
    expect(postedAt()).toEqual(['11-23T01:00', '11-23T02:00']);
    await bot.stop();
    clock.nowMs += 5 * HOUR;
    await store.close();
    await begin();
    await pass(2 * MINUTE);
    expect(chat.messages.map(({ text }) => text)).toEqual(['idle', 'idle', 'idle missed 5']);
    await restart();
    await pass(HOUR);
    expect(postedAt().slice(2)).toEqual(['11-23T07:31', '11-23T08:00']);
    expect(chat.messages.at(-1)?.text).toBe('idle');
  });

  it('are no missed ones when the bot comes back within minutes', async () => {
    await world('2026-11-23T00:30Z');
    await bot.create(order());
    await bot.stop();
    clock.nowMs += 33 * MINUTE;
    await store.close();
    await begin();
    await pass(3 * MINUTE);
    expect(chat.messages.map(({ text }) => text)).toEqual(['idle']);
  });
});

describe('a clock that jumps', () => {
  it('forward over due times: they are told as missed, once', async () => {
    await world('2026-11-23T00:30Z');
    await bot.create(order());
    await pass(HOUR);
    clock.nowMs += 3 * HOUR;
    await pass(2 * HOUR);
    expect(chat.messages.map(({ text }) => text)).toEqual(['idle', 'idle missed 3', 'idle', 'idle']);
  });

  it('back by less than an hour: no due time is posted twice', async () => {
    await world('2026-11-23T00:30Z');
    await bot.create(order());
    await pass(40 * MINUTE);
    clock.nowMs -= 30 * MINUTE;
    await pass(2 * HOUR);
    expect(postedAt()).toEqual(['11-23T01:00', '11-23T02:00']);
  });

  it('far back: it was wrong before, so posting goes on by the new time', async () => {
    await world('2027-11-23T00:30Z');
    await bot.create(order());
    await pass(HOUR);
    clock.nowMs = Date.parse('2026-11-23T10:30Z');
    await pass(2 * HOUR);
    expect(postedAt().slice(1)).toEqual(['11-23T11:00', '11-23T12:00']);
    expect(chat.messages.at(-1)?.text).toBe('idle');
  });
});

/** Ends the life of a bot in the middle of its N-th step: from then on nothing it does has an effect. */
class Killer {
  step = 0;
  dead = false;
  readonly at: number;

  constructor(at: number) {
    this.at = at;
  }

  pass(): void {
    if (!this.dead && this.step === this.at) {
      this.dead = true;
    }
    this.step += 1;
    if (this.dead) {
      throw new Error('killed');
    }
  }

  repository(real: ScheduleRepository): ScheduleRepository {
    const around = async <T>(work: () => Promise<T>): Promise<T> => {
      this.pass();
      const result = await work();
      this.pass();
      return result;
    };
    return {
      ...real,
      claim: (id, dueMs, nonce) => around(() => real.claim(id, dueMs, nonce)),
      update: (id, patch) => around(() => real.update(id, patch)),
    };
  }

  poster(): ChatPoster {
    return {
      post: async (...args) => {
        this.pass();
        const ref = await chat.post(...args);
        this.pass();
        return ref;
      },
      edit: (ref, reply) => chat.edit(ref, reply),
      delete: (...args) => chat.delete(...args),
      direct: (userId, reply) => chat.direct(userId, reply),
      missingPermissions: () => chat.missingPermissions(),
    };
  }
}

describe('a process killed in the middle of a post', () => {
  const STEPS = 6;

  /** A bot that is killed at a step of its post at 2:00, and comes back after a while. */
  async function killedAt(step: number, awayMs: number, mode: 'post' | 'live' = 'post'): Promise<void> {
    await world('2026-11-23T01:30Z');
    await store.schedules.create({ ...order({ mode }), createdAtMs: clock.nowMs });
    const killer = new Killer(step);
    await store.close();
    await begin({ poster: killer.poster(), schedules: (real) => killer.repository(real) });
    clock.nowMs = Date.parse('2026-11-23T02:00Z');
    await bot.look();
    await bot.settled();
    expect(killer.dead).toBe(true);
    await bot.stop();
    await store.close();
    clock.nowMs += awayMs;
    await begin();
  }

  it.each(Array.from({ length: STEPS }, (_, step) => step))(
    'at step %i: within a minute, exactly one post',
    async (step) => {
      await killedAt(step, 40 * SECOND);
      await pass(90 * MINUTE);
      expect(chat.messages.map(({ text }) => text)).toEqual(['idle', 'idle']);
      expect(postedAt()[1]).toBe('11-23T03:00');
    },
  );

  it.each(Array.from({ length: STEPS }, (_, step) => step))(
    'at step %i and away for 20 minutes: never two, never silent',
    async (step) => {
      await killedAt(step, 20 * MINUTE);
      const arrived = chat.messages.length;
      await pass(2 * HOUR);
      const told = chat.messages.filter(({ text }) => text.includes('missed 1')).length;
      const plain = chat.messages.filter(({ text }) => text === 'idle').length;
      // 3:00 and 4:00 come in any case; 2:00 either came or is told, and no more than one message tells it.
      expect(plain + told).toBeLessThanOrEqual(4);
      expect(arrived + told).toBeGreaterThanOrEqual(1);
      expect(told).toBeLessThanOrEqual(1);
      expect(chat.messages.filter(({ createdAtMs }) => createdAtMs < Date.parse('2026-11-23T02:10Z')).length).toBe(
        arrived,
      );
    },
  );

  it.each(Array.from({ length: STEPS }, (_, step) => step))(
    'at step %i of a live message: one message, kept up to date',
    async (step) => {
      await killedAt(step, 20 * SECOND, 'live');
      source.state = 'busy';
      await pass(10 * MINUTE, 10 * SECOND);
      expect(chat.messages.map(({ text }) => text)).toEqual(['busy']);
    },
  );
});

describe('a post that fails', () => {
  it('for a while: it is sent again under its nonce until it is there, once', async () => {
    await world('2026-11-23T00:59Z');
    await bot.create(order());
    chat.faults.push({ on: 'post', failure: 'unavailable', arrived: true, times: 1 });
    chat.faults.push({ on: 'post', failure: 'unavailable', times: 1 });
    await pass(5 * MINUTE, SECOND);
    expect(chat.messages).toHaveLength(1);
    expect(chat.counts.post).toBe(3);
    expect(await store.schedules.get(1)).toMatchObject({ nonce: null, messageId: chat.messages[0]?.id });
  });

  it('for hours: few tries, and the next post tells how many may be missing', async () => {
    await world('2026-11-23T00:59Z');
    await bot.create(order());
    chat.faults.push({ on: 'post', failure: 'unavailable', times: 1_000 });
    await pass(3 * HOUR, 5 * SECOND);
    expect(chat.counts.post).toBeLessThan(20);
    chat.faults.length = 0;
    await pass(HOUR, 5 * SECOND);
    expect(chat.messages.map(({ text }) => text)).toEqual(['idle missed 3']);
  });

  it('by a limit for minutes: it comes when the limit ends', async () => {
    await world('2026-11-23T00:59Z');
    await bot.create(order());
    chat.faults.push({ on: 'post', failure: 'rate-limited', retryAfterMs: 10 * MINUTE, times: 1 });
    await pass(20 * MINUTE, SECOND);
    expect(postedAt()).toEqual(['11-23T01:10']);
    expect(chat.counts.post).toBe(2);
  });

  it('because the status cannot be told: tried again, not lost', async () => {
    await world('2026-11-23T00:59Z');
    await bot.create(order());
    source.failures = 1;
    await pass(3 * MINUTE, SECOND);
    expect(chat.messages).toHaveLength(1);
  });
});

describe('a channel out of reach', () => {
  it.each([
    ['channel-gone', () => chat.channels.delete('1000'), 'has ended'],
    ['channel-forbidden', () => chat.forbidden.add('1000'), 'has ended'],
  ])('%s: the owner is told once, the schedule is stopped and asks no more', async (reason, lose, words) => {
    await world('2026-11-23T00:30Z');
    await bot.create(order());
    await bot.create(order({ mode: 'live' }));
    await pass(40 * MINUTE);
    lose();
    await pass(5 * HOUR);
    expect(chat.directs).toHaveLength(2);
    expect(chat.directs.every(({ userId, text }) => userId === '42' && text.includes(words))).toBe(true);
    expect((await store.schedules.list()).map(({ state, stopReason }) => [state, stopReason])).toEqual([
      ['stopped', reason],
      ['stopped', reason],
    ]);
    const { post, edit } = chat.counts;
    await restart();
    await pass(5 * HOUR);
    expect(chat.counts).toMatchObject({ post, edit, direct: 2 });
    expect(source.watched).toBe(0);
  });

  it('is stopped also when the owner takes no direct messages', async () => {
    await world('2026-11-23T00:30Z');
    await bot.create(order());
    chat.faults.push({ on: 'direct', failure: 'forbidden', times: 1 });
    chat.channels.clear();
    await pass(2 * HOUR);
    expect((await store.schedules.get(1))?.state).toBe('stopped');
  });

  it('is told later when the owner cannot be reached just now', async () => {
    await world('2026-11-23T00:30Z');
    await bot.create(order());
    chat.faults.push({ on: 'direct', failure: 'unavailable', times: 2 });
    chat.channels.clear();
    await pass(2 * HOUR);
    expect(chat.directs).toHaveLength(1);
    expect((await store.schedules.get(1))?.state).toBe('stopped');
  });
});

describe('making and ending', () => {
  const made = (more: Partial<Order>): Promise<Schedule> => bot.create(order(more));

  it.each([
    [{ cron: '* * * * *' }, 'schedule-too-often'],
    [{ cron: '*/10 * * * *' }, 'schedule-too-often'],
    [{ cron: 'often' }, 'cron-invalid'],
    [{ timeZone: 'Mars/Olympus' }, 'time-zone-unknown'],
  ])('refuses %j with %s', async (more, code) => {
    await world('2026-11-23T00:30Z');
    await expect(made(more)).rejects.toMatchObject({ code });
    expect(await store.schedules.list()).toEqual([]);
  });

  it('refuses a channel in which the bot lacks permissions, and one it does not know', async () => {
    await world('2026-11-23T00:30Z');
    chat.missing = ['Attach Files'];
    await expect(made({})).rejects.toMatchObject({
      code: 'schedule-permissions',
      params: { permissions: 'Attach Files' },
    });
    chat.missing = null;
    await expect(made({ channelId: '2000' })).rejects.toMatchObject({ code: 'schedule-channel' });
  });

  it('posts at once where permissions cannot be told, and keeps nothing when that fails', async () => {
    await world('2026-11-23T00:30Z');
    chat.missing = null;
    await made({});
    expect(chat.messages).toHaveLength(1);
    chat.forbidden.add('1000');
    await expect(made({ mode: 'live' })).rejects.toMatchObject({ failure: 'forbidden' });
    expect(await store.schedules.list()).toHaveLength(1);
    await pass(10 * MINUTE);
    expect(chat.messages).toHaveLength(1);
  });

  it('keeps to a number of schedules for each guild', async () => {
    await world('2026-11-23T00:30Z');
    for (let count = 0; count < MAX_PER_GUILD; count += 1) {
      await made({});
    }
    await expect(made({})).rejects.toMatchObject({ code: 'schedule-too-many' });
    await expect(made({ guildId: '8' })).resolves.toMatchObject({ guildId: '8' });
    expect(await bot.list('7')).toHaveLength(MAX_PER_GUILD);
    expect(await bot.list(null)).toEqual([]);
  });

  it('is ended by its owner or an operator of the same guild alone; a live message says so and is left', async () => {
    await world('2026-11-23T00:30Z');
    const { id } = await made({ mode: 'live' });
    await expect(bot.end(id, { guildId: '8', ownerId: null })).rejects.toMatchObject({ code: 'schedule-unknown' });
    await expect(bot.end(id, { guildId: '7', ownerId: '43' })).rejects.toMatchObject({ code: 'schedule-not-yours' });
    await bot.end(id, { guildId: '7', ownerId: '42' });
    expect(chat.messages.map(({ text }) => text)).toEqual(['idle ended']);
    const { edit } = chat.counts;
    await pass(HOUR);
    expect(chat.counts.edit).toBe(edit);
    await expect(bot.end(id, { guildId: '7', ownerId: null })).rejects.toMatchObject({ code: 'schedule-unknown' });
  });

  it('posts only where the process is the one that posts', async () => {
    await world('2026-11-23T00:30Z');
    await made({});
    let leads = false;
    const other = new StatusSchedules({
      schedules: store.schedules,
      poster: chat,
      source,
      leader: { leads: () => leads },
      log: createLog('silent'),
      clock: clock.read,
    });
    clock.nowMs = Date.parse('2026-11-23T01:00Z');
    await other.look();
    await other.settled();
    expect(chat.messages).toEqual([]);
    leads = true;
    await Promise.all([other.look(), bot.look()]);
    await Promise.all([other.settled(), bot.settled()]);
    expect(chat.messages).toHaveLength(1);
    await other.stop();
  });
});
