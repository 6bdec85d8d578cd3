import { afterEach, describe, expect, it } from 'vitest';
import type { Access } from '../../src/chat/command.ts';
import type { ChatPoster } from '../../src/chat/poster.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { createSetBook } from '../../src/schedule/sets/book.ts';
import { setDue } from '../../src/schedule/sets/due.ts';
import { type SetRunner, SetSchedules } from '../../src/schedule/sets/schedules.ts';
import { readCron } from '../../src/schedule/posts/cron.ts';
import { openStore } from '../../src/store/store.ts';
import type { SetSchedule, Store } from '../../src/store/types.ts';

/** A Monday, 08:00 UTC. */
const MONDAY = Date.UTC(2026, 10, 23, 8);
const HOUR = 3_600_000;

const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) {
    await store.close();
  }
});

const order = {
  ownerId: '42',
  ownerName: 'Ada',
  platform: 'discord',
  guildId: '7',
  channelId: '8',
  setName: 'work',
  server: null,
  startCron: '0 9 * * 1-5',
  endCron: '0 18 * * 1-5',
  timeZone: 'UTC',
  locale: 'en',
};

async function scene() {
  const store = await openStore(':memory:');
  stores.push(store);
  let nowMs = MONDAY;
  let access: Access | null = 'operator';
  let leads = true;
  const done: string[] = [];
  const said: string[] = [];
  const reply = (title: string): Reply => ({ tone: 'good', title, blocks: [] });
  const runner: SetRunner = {
    load: async (_schedule, set, untilMs, as) => {
      done.push(`load ${set.name} until ${untilMs === null ? '-' : new Date(untilMs).toISOString()} as ${as}`);
      return reply('loaded');
    },
    unload: async (_schedule, set) => {
      done.push(`unload ${set.name}`);
      return reply('unloaded');
    },
    fault: (error) => reply(`fault ${String(error)}`),
  };
  const poster = {
    post: async (_channelId: string, posted: Reply) => {
      said.push(plainText(posted.title));
      return { channelId: '8', messageId: '1' };
    },
    missingPermissions: async () => [],
  } as unknown as ChatPoster;
  const book = createSetBook(store.modelSets, () => nowMs);
  await book.keep('7', 'work', [{ name: 'gemma3:12b', numCtx: null, pinned: false }], { id: '42', name: 'Ada' });
  const make = () =>
    new SetSchedules({
      repository: store.setSchedules,
      book,
      runner,
      poster,
      accessOf: async () => access,
      leader: { leads: () => leads },
      log: createLog('silent'),
      clock: () => nowMs,
    });
  const schedules = make();
  return {
    book,
    done,
    said,
    schedules,
    make,
    allow: (next: Access | null) => {
      access = next;
    },
    lead: (next: boolean) => {
      leads = next;
    },
    at: async (ms: number, whose = schedules) => {
      nowMs = ms;
      await whose.look();
      await whose.settled();
    },
  };
}

describe('sets by the clock', () => {
  it('are loaded when they start and unloaded when they end, each once, with when they end told', async () => {
    const { schedules, done, said, at } = await scene();
    await schedules.create(order);
    await at(MONDAY + HOUR - 1_000);
    expect(done).toEqual([]);
    await at(MONDAY + HOUR);
    await at(MONDAY + HOUR + 5_000);
    expect(done).toEqual(['load work until 2026-11-23T18:00:00.000Z as operator']);
    await at(MONDAY + 10 * HOUR);
    await at(MONDAY + 10 * HOUR + 60_000);
    expect(done[1]).toBe('unload work');
    expect(done).toHaveLength(2);
    expect(said).toEqual(['loaded', 'unloaded']);
  });

  it('are still loaded by a start in the middle of their time, and not after it', async () => {
    const { schedules, done, make, at } = await scene();
    await schedules.create(order);
    await at(MONDAY + 4 * HOUR, make());
    expect(done).toEqual(['load work until 2026-11-23T18:00:00.000Z as operator']);
    await at(MONDAY + 35 * HOUR, make());
    expect(done[1]).toBe('unload work');
    expect(done).toHaveLength(2);
  });

  it('look at the rights of whoever made them each time: without them the schedule ends and says so', async () => {
    const { schedules, done, said, at, allow } = await scene();
    await schedules.create(order);
    allow(null);
    await at(MONDAY + HOUR);
    expect(said[0]).toContain('could not be checked');
    expect(await schedules.list('7')).toHaveLength(1);
    allow('everyone');
    await at(MONDAY + 25 * HOUR);
    expect(said[1]).toContain('may no longer load models');
    expect(done).toEqual([]);
    expect(await schedules.list('7')).toEqual([]);
  });

  it('end with a word when their set is gone', async () => {
    const { schedules, book, said, at } = await scene();
    await schedules.create(order);
    await book.drop('7', 'work', null);
    await at(MONDAY + HOUR);
    expect(said[0]).toContain('The set work no longer exists');
    expect(await schedules.list('7')).toEqual([]);
  });

  it('are carried out by the process that leads, and by one of two', async () => {
    const { schedules, done, make, at, lead } = await scene();
    await schedules.create(order);
    lead(false);
    await at(MONDAY + HOUR);
    expect(done).toEqual([]);
    lead(true);
    const other = make();
    await Promise.all([at(MONDAY + HOUR + 1), at(MONDAY + HOUR + 1, other)]);
    expect(done).toHaveLength(1);
  });

  it('are refused with words: a bad time, too often, a set that is not there, too many', async () => {
    const { schedules } = await scene();
    const refused = (change: Partial<typeof order>) =>
      schedules.create({ ...order, ...change }).then(
        () => null,
        (error: { code: string }) => error.code,
      );
    expect(await refused({ startCron: 'soon' })).toBe('cron-invalid');
    expect(await refused({ timeZone: 'Mars/Base' })).toBe('time-zone-unknown');
    expect(await refused({ startCron: '*/5 * * * *' })).toBe('set-schedule-too-often');
    expect(await refused({ setName: 'other' })).toBe('set-unknown');
    for (let number = 0; number < 10; number += 1) {
      expect(await refused({})).toBeNull();
    }
    expect(await refused({})).toBe('set-schedules-too-many');
  });

  it('are ended by their owner or an operator, in their own Discord server', async () => {
    const { schedules } = await scene();
    const { id } = await schedules.create(order);
    await expect(schedules.end(id, { guildId: 'x', ownerId: null })).rejects.toMatchObject({
      code: 'set-schedule-unknown',
    });
    await expect(schedules.end(id, { guildId: '7', ownerId: '1' })).rejects.toMatchObject({
      code: 'set-schedule-not-yours',
    });
    expect((await schedules.end(id, { guildId: '7', ownerId: '42' })).id).toBe(id);
  });
});

describe('what is due of a set', () => {
  const schedule: SetSchedule = { ...order, id: 1, createdAtMs: MONDAY, startDueMs: null, endDueMs: null };
  const times = { start: readCron(order.startCron, 'UTC', MONDAY), end: readCron(order.endCron, 'UTC', MONDAY) };

  it('is the later of two that were missed', () => {
    expect(setDue(schedule, times, MONDAY + 11 * HOUR)).toMatchObject({ act: 'end' });
    expect(setDue(schedule, times, MONDAY + 26 * HOUR)).toMatchObject({ act: 'start' });
  });

  it('without an end is not loaded hours late', () => {
    const open = { ...times, end: null };
    expect(setDue(schedule, open, MONDAY + HOUR + 60_000).act).toBe('start');
    expect(setDue(schedule, open, MONDAY + 3 * HOUR).act).toBeNull();
  });

  it('goes on after a clock that was wrong', () => {
    const wrong = { ...schedule, startDueMs: MONDAY + 1_000 * HOUR };
    expect(setDue(wrong, times, MONDAY + HOUR).act).toBe('start');
  });
});
