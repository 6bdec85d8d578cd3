import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { PostError } from '../../../src/chat/poster.ts';
import { createLog } from '../../../src/compose/log.ts';
import { onlyProcess } from '../../../src/schedule/leader.ts';
import {
  afterDeletion,
  afterFailure,
  afterSuccess,
  FRESH,
  isWaiting,
  wantsEdit,
} from '../../../src/schedule/posts/live.ts';
import { StatusSchedules } from '../../../src/schedule/posts/schedules.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Store } from '../../../src/store/types.ts';
import { FakeChat, FakeClock, FakeSource } from '../status-chat.ts';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let clock: FakeClock;
let chat: FakeChat;
let source: FakeSource;
let store: Store;
let bot: StatusSchedules;

afterEach(async () => {
  await bot?.stop();
  await store?.close();
});

function begin(): void {
  bot = new StatusSchedules({
    schedules: store.schedules,
    poster: chat,
    source,
    leader: onlyProcess,
    log: createLog('silent'),
    clock: clock.read,
  });
}

/** A bot with live messages, `count` of them. */
async function live(count = 1): Promise<void> {
  clock = new FakeClock('2026-11-23T08:00Z');
  chat = new FakeChat(clock);
  source = new FakeSource();
  store = await openStore(':memory:');
  begin();
  for (let index = 0; index < count; index += 1) {
    await bot.create({
      ownerId: '42',
      ownerName: 'Ada',
      platform: 'discord',
      guildId: '7',
      fromChannelId: '1000',
      channelId: '1000',
      cron: '0 9 * * *',
      timeZone: 'UTC',
      mode: 'live',
      server: null,
      locale: 'en',
    });
  }
}

/** Lets the time pass; `each` changes the world before every look. */
async function pass(ms: number, each: () => void = () => undefined, stepMs = 5 * SECOND): Promise<void> {
  const end = clock.nowMs + ms;
  while (clock.nowMs < end) {
    clock.nowMs += stepMs;
    each();
    await bot.look();
    await bot.settled();
  }
}

let turn = 0;
const restless = () => {
  turn += 1;
  source.state = `state ${turn}`;
};

describe('a live message', () => {
  it('is edited in place within 15 to 60 seconds of a change', async () => {
    await live();
    await pass(20 * MINUTE, restless);
    const [message] = chat.messages;
    expect(chat.messages).toHaveLength(1);
    const gaps = message!.editedAtMs.slice(1).map((at, index) => at - message!.editedAtMs[index]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15 * SECOND);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(60 * SECOND);
    expect(message!.editedAtMs.length).toBeGreaterThan(60);
  });

  it('that does not change is edited only to keep its age small', async () => {
    await live();
    await pass(20 * MINUTE);
    expect(chat.counts.edit).toBe(20);
  });

  it('goes on at a slow pace when it is older than an hour, and a channel full of them breaks no limit', async () => {
    await live(20);
    await pass(HOUR, restless, 30 * SECOND);
    const before = chat.counts.edit;
    await pass(HOUR / 2, restless, SECOND);
    expect(chat.tooOld).toBe(0);
    expect(chat.messages).toHaveLength(20);
    expect(chat.counts.edit - before).toBeGreaterThanOrEqual(20 * 25);
    expect(chat.counts.edit - before).toBeLessThanOrEqual(20 * 30);
    for (const message of chat.messages) {
      expect(clock.nowMs - message.editedAtMs.at(-1)!).toBeLessThan(2 * MINUTE);
    }
  });

  it('is brought up to date at the times of its cron', async () => {
    await live();
    await pass(HOUR - 2 * MINUTE);
    const edited = chat.messages[0]!.editedAtMs.map((at) => at - Date.parse('2026-11-23T09:00Z'));
    await pass(3 * MINUTE);
    const after = chat.messages[0]!.editedAtMs.map((at) => at - Date.parse('2026-11-23T09:00Z'));
    expect(after.slice(edited.length).some((ms) => ms >= 0 && ms <= 15 * SECOND)).toBe(true);
  });

  it.each([['rate-limited'], ['too-old']] as const)(
    'waits as long as Discord asks (%s), then shows the latest state',
    async (failure) => {
      await live();
      await pass(MINUTE, restless);
      const { edit } = chat.counts;
      chat.faults.push({ on: 'edit', failure, retryAfterMs: 5 * MINUTE, times: 1 });
      await pass(5 * MINUTE, restless);
      expect(chat.counts.edit).toBe(edit + 1);
      await pass(2 * MINUTE, restless);
      source.state = 'latest';
      await pass(2 * MINUTE);
      expect(chat.messages[0]?.text).toBe('latest');
    },
  );

  it('tries less and less while Discord is away, and comes back by itself', async () => {
    await live();
    chat.faults.push({ on: 'edit', failure: 'unavailable', times: 1_000 });
    await pass(3 * HOUR, restless);
    expect(chat.counts.edit).toBeLessThan(30);
    chat.faults.length = 0;
    await pass(11 * MINUTE, restless);
    expect(chat.messages[0]?.text).toMatch(/state/);
    expect((await store.schedules.get(1))?.state).toBe('active');
  });

  it('that was deleted is made anew, once', async () => {
    await live();
    await pass(20 * MINUTE, restless);
    chat.messages[0]!.deleted = true;
    await pass(5 * MINUTE, restless);
    expect(chat.standing).toHaveLength(1);
    expect(chat.messages).toHaveLength(2);
    expect((await store.schedules.get(1))?.messageId).toBe(chat.messages[1]?.id);
  });

  it('that is deleted again and again comes back ever more slowly', async () => {
    await live();
    await pass(10 * HOUR, () => {
      restless();
      for (const message of chat.messages) {
        message.deleted = true;
      }
    });
    expect(chat.messages.length).toBeGreaterThan(3);
    expect(chat.messages.length).toBeLessThan(25);
  });

  it('never piles up edits while one hangs, and shows the latest state afterwards', async () => {
    await live();
    let release = () => {};
    chat.hold = new Promise((resolve) => {
      release = resolve;
    });
    for (let second = 0; second < 600; second += 5) {
      clock.nowMs += 5 * SECOND;
      restless();
      await bot.look();
      await Promise.resolve();
    }
    expect(chat.counts.edit).toBe(1);
    release();
    await bot.settled();
    await pass(20 * SECOND);
    expect(chat.counts.edit).toBe(2);
    expect(chat.messages[0]?.text).toBe(source.state);
    expect(chat.violations).toEqual([]);
  });

  it('is the same message after a restart, with fresh numbers at once', async () => {
    await live();
    await pass(5 * MINUTE, restless);
    await bot.stop();
    clock.nowMs += 3 * HOUR;
    source.state = 'after the restart';
    begin();
    await bot.look();
    await bot.settled();
    expect(chat.messages.map(({ text }) => text)).toEqual(['after the restart']);
  });

  it('asks for fast readings while it lives, and no longer', async () => {
    await live(2);
    await pass(MINUTE);
    expect(source.watched).toBe(2);
    await bot.end(1, { guildId: '7', ownerId: null });
    await pass(MINUTE);
    expect(source.watched).toBe(1);
    await bot.stop();
    expect(source.watched).toBe(0);
  });

  it('survives a clock set back by days', async () => {
    await live();
    await pass(5 * MINUTE, restless);
    clock.nowMs -= 3 * 24 * HOUR;
    source.state = 'back in time';
    await pass(2 * MINUTE);
    expect(chat.messages.map(({ text }) => text)).toEqual(['back in time']);
  });

  it('of many is written a few at a time, none left behind', async () => {
    await live(20);
    await pass(10 * MINUTE, restless, SECOND);
    for (const message of chat.messages) {
      expect(clock.nowMs - message.editedAtMs.at(-1)!).toBeLessThan(MINUTE);
    }
  });
});

describe('the pace of a live message', () => {
  const failures = fc.constantFrom(
    null,
    new PostError('unavailable'),
    new PostError('rate-limited', { retryAfterMs: 90 * MINUTE }),
    new PostError('too-old', { retryAfterMs: 3 * SECOND }),
  );
  const events = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: -HOUR, max: 3 * HOUR }) }),
      fc.record({ kind: fc.constant('fails' as const), error: failures }),
      fc.record({ kind: fc.constant('works' as const) }),
      fc.record({ kind: fc.constant('deleted' as const), lived: fc.integer({ min: 0, max: HOUR }) }),
    ),
    { maxLength: 60 },
  );

  it('never gets stuck, whatever happens: within an hour and a quarter it wants an edit or a message', () => {
    fc.assert(
      fc.property(events, (list) => {
        let state = FRESH;
        let atMs = Date.parse('2026-11-23T08:00Z');
        for (const event of list) {
          if (event.kind === 'wait') {
            atMs += event.ms;
          }
          if (event.kind === 'fails') {
            state = afterFailure(state, event.error, atMs);
          }
          if (event.kind === 'works') {
            state = afterSuccess(state, 'x', atMs);
          }
          if (event.kind === 'deleted') {
            state = afterDeletion(state, event.lived, atMs);
          }
        }
        const looks = Array.from({ length: 75 }, (_, minute) => atMs + (minute + 1) * MINUTE);
        const acts = (at: number) =>
          !isWaiting(state, at) &&
          wantsEdit(state, { atMs: at, createdAtMs: 0, fingerprint: () => 'x', dueMs: () => null });
        expect(looks.some(acts)).toBe(true);
      }),
    );
  });
});
