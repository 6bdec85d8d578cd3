import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../../src/chat/actions.ts';
import { createLog } from '../../../src/compose/log.ts';
import { createDiscord } from '../../../src/discord/start.ts';
import { onlyProcess } from '../../../src/schedule/leader.ts';
import { StatusSchedules } from '../../../src/schedule/posts/schedules.ts';
import { openStore } from '../../../src/store/store.ts';
import type { Store } from '../../../src/store/types.ts';
import { DiscordStandIn, type Message, messageText } from '../../support/discord-stand-in/index.ts';
import { FakeClock, FakeSource } from '../status-chat.ts';

/** Live messages through the true Discord adapter over real HTTP; only the scheduler's clock is set by hand. */
const SECOND = 1_000;
const MINUTE = 60_000;

let discord: DiscordStandIn;
let clock: FakeClock;
let source: FakeSource;
let store: Store;
let bot: StatusSchedules;

beforeEach(async () => {
  discord = await DiscordStandIn.start();
  clock = new FakeClock(new Date().toISOString());
  source = new FakeSource();
  store = await openStore(':memory:');
  begin();
});

afterEach(async () => {
  await bot.stop();
  await store.close();
  expect(discord.violations).toEqual([]);
  await discord.stop();
});

function begin(): void {
  const { platform } = createDiscord({
    token: discord.token,
    guildIds: [discord.guildId],
    apiUrl: discord.apiUrl,
    roles: { operators: [], admins: [] },
    actions: createActionRegistry(),
    log: createLog('silent'),
  });
  const log = createLog('silent');
  bot = new StatusSchedules({
    schedules: store.schedules,
    poster: platform.poster,
    source,
    leader: onlyProcess,
    log,
    clock: clock.read,
  });
}

async function live(): Promise<Message> {
  await bot.create({
    ownerId: discord.userId,
    ownerName: 'Ada',
    platform: 'discord',
    guildId: discord.guildId,
    fromChannelId: discord.channel.id,
    channelId: discord.channel.id,
    cron: '0 9 * * *',
    timeZone: 'UTC',
    mode: 'live',
    server: null,
    locale: 'en',
  });
  return discord.posts[0]!.message;
}

let turn = 0;

/** Time passes and the status changes, unless it is told to stay; the bot looks every five seconds. */
async function pass(ms: number, changes = true): Promise<void> {
  for (let gone = 0; gone < ms; gone += 5 * SECOND) {
    clock.nowMs += 5 * SECOND;
    turn += 1;
    if (changes) {
      source.state = `state ${turn}`;
    }
    await bot.look();
    await bot.settled();
  }
}

const edits = () => discord.sent(/^PATCH .*\/messages\//).length;
const made = () => discord.posts.filter(({ how }) => how === 'post').length;

describe('a live message on Discord', () => {
  it('that must wait for a minute by 429 waits, without a request in between, and goes on', async () => {
    const message = await live();
    await pass(MINUTE);
    discord.faults.add(/^PATCH /, { kind: 'error', status: 429, code: 0, retryAfter: 60 });
    await pass(20 * SECOND);
    const before = edits();
    await pass(35 * SECOND);
    expect(edits()).toBe(before);
    // The client keeps the limit for a true minute; a new one does not know it.
    await bot.stop();
    begin();
    await pass(30 * SECOND);
    expect(message.edits).toBeGreaterThan(1);
    expect(made()).toBe(1);
  });

  it('answered with 30046 keeps its message and slows down', async () => {
    const message = await live();
    await pass(MINUTE);
    discord.faults.add(/^PATCH /, { kind: 'error', status: 429, code: 30046, retryAfter: 6 });
    const before = edits();
    await pass(MINUTE);
    expect(edits() - before).toBeLessThanOrEqual(2);
    await pass(2 * MINUTE);
    expect(made()).toBe(1);
    expect(message.edits).toBeGreaterThan(3);
  });

  it('older than an hour, when Discord refuses edits for that: few tries, never stuck', async () => {
    const message = await live();
    message.createdAt -= 2 * 60 * MINUTE;
    clock.nowMs += 2 * 60 * MINUTE;
    // Ten minutes of the bot take a moment of Discord's time, so its limit of three edits comes into force.
    await pass(10 * MINUTE);
    expect(edits()).toBeLessThanOrEqual(11);
    expect(discord.requests.some(({ status }) => status === 429)).toBe(true);
    expect(message.edits).toBeGreaterThanOrEqual(3);
    expect((await store.schedules.list())[0]).toMatchObject({ state: 'active', messageId: message.id });
  });

  it('deleted by a moderator comes back as one new message', async () => {
    const message = await live();
    await pass(30 * SECOND);
    discord.deleteMessage(message);
    await pass(MINUTE);
    expect(made()).toBe(2);
    const again = discord.posts.filter(({ how }) => how === 'post').at(-1)!.message;
    await pass(MINUTE);
    expect(made()).toBe(2);
    expect(again.edits).toBeGreaterThan(1);
  });

  it.each([
    ['deleted', () => discord.deleteChannel(discord.channel)],
    ['closed to the bot', () => discord.setBotPermissions(discord.channel, 0n)],
  ])('in a channel that is %s: the owner is told once and no request follows', async (_, lose) => {
    await live();
    await pass(30 * SECOND);
    lose();
    await pass(2 * MINUTE);
    const told = discord.posts.filter(({ text }) => text.includes('has ended'));
    expect(told.map(({ message }) => discord.world.channels.get(message.channelId)?.userId)).toEqual([discord.userId]);
    const before = discord.requests.length;
    await pass(5 * MINUTE);
    expect(discord.requests.length).toBe(before);
    expect((await store.schedules.list())[0]).toMatchObject({ state: 'stopped' });
  });

  it('whose making was cut off after it arrived is the one message, also for the next life of the bot', async () => {
    const row = await store.schedules.create({
      ownerId: discord.userId,
      ownerName: 'Ada',
      platform: 'discord',
      guildId: discord.guildId,
      channelId: discord.channel.id,
      cron: '0 9 * * *',
      timeZone: 'UTC',
      mode: 'live',
      server: null,
      locale: 'en',
      createdAtMs: clock.nowMs,
    });
    discord.faults.add(/^POST .*\/messages/, { kind: 'cut', when: 'after' }, 10);
    await bot.look();
    await bot.settled();
    expect(await store.schedules.get(row.id)).toMatchObject({ messageId: null });
    discord.faults.clear();
    await bot.stop();
    begin();
    clock.nowMs += 20 * SECOND;
    await pass(MINUTE);
    const messages = [...discord.world.messages.values()];
    expect(messages).toHaveLength(1);
    expect(messages[0]!.edits).toBeGreaterThan(0);
    expect(await store.schedules.get(row.id)).toMatchObject({ messageId: messages[0]!.id, nonce: null });
  });

  it('shows the latest state after Discord was away', async () => {
    const message = await live();
    discord.faults.add(/^PATCH /, { kind: 'error', status: 500, code: 0 }, 6);
    await pass(MINUTE);
    discord.faults.clear();
    source.state = 'latest';
    await pass(5 * MINUTE, false);
    expect(messageText(message)).toContain('latest');
  });
});
