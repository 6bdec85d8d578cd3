import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/chat/actions.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { DiscordApi } from '../../src/discord/api.ts';
import { LiveReply } from '../../src/discord/live-reply.ts';
import { createRest } from '../../src/discord/transport.ts';
import { DiscordStandIn, type Exchange } from '../support/discord-stand-in/index.ts';

const MINUTE = 60_000;
const actions = createActionRegistry();
const log = pino({ level: 'silent' });

let discord: DiscordStandIn;
let api: DiscordApi;
let now: number;

beforeEach(async () => {
  discord = await DiscordStandIn.start();
  const rest = createRest({ apiUrl: discord.apiUrl, token: discord.token, log });
  api = new DiscordApi(rest, rest);
  now = 0;
});

afterEach(async () => {
  expect(discord.violations).toEqual([]);
  await discord.stop();
});

async function begin(isPrivate = false): Promise<{ live: LiveReply; exchange: Exchange }> {
  const exchange = discord.slash('load');
  const interaction = { id: exchange.id, applicationId: discord.applicationId, token: exchange.token };
  const messageId = await api.acknowledge(interaction, { kind: 'thinking', private: isPrivate });
  const live = new LiveReply({
    api,
    actions,
    log,
    interaction,
    locale: 'en',
    userId: exchange.userId,
    channelId: exchange.channelId,
    title: '/load',
    target: 'new',
    private: isPrivate,
    messageId,
    now: () => now,
  });
  return { live, exchange };
}

function said(title: string, more: Partial<Reply> = {}): Reply {
  return { tone: 'good', title, blocks: [], ...more };
}

describe('an answer', () => {
  it('within the life of its token edits the interaction', async () => {
    const { live, exchange } = await begin();
    now = 14 * MINUTE;
    await live.finish(said('done'));
    expect(exchange.seen.map(({ how }) => how)).toEqual(['edit']);
  });

  it('changes over before the token ends, without trying it', async () => {
    const { live, exchange } = await begin();
    now = 14.6 * MINUTE;
    await live.finish(said('done'));
    expect(exchange.seen.map(({ how }) => how)).toEqual(['bot-edit']);
    expect(discord.sent(/webhooks/)).toEqual([]);
  });

  it('for one person alone goes to that person, not to the channel', async () => {
    const { live } = await begin(true);
    now = 20 * MINUTE;
    await live.finish(said('done'));
    const [post] = discord.posts;
    expect(discord.world.channels.get(post!.message.channelId)?.userId).toBe(discord.userId);
  });

  it('finds another way when the bot may not see the channel', async () => {
    const { live } = await begin();
    discord.world.channels.get(discord.channel.id)!.botPermissions = 0n;
    now = 20 * MINUTE;
    await live.finish(said('done'));
    expect(discord.posts.map(({ message }) => message.channelId)).toEqual([
      discord.world.directChannel(discord.userId).id,
    ]);
  });

  it('never fails, even when no way is left', async () => {
    const { live, exchange } = await begin();
    discord.world.channels.get(discord.channel.id)!.botPermissions = 0n;
    discord.world.closedDirects.add(discord.userId);
    now = 20 * MINUTE;
    await expect(live.finish(said('done'))).resolves.toBeUndefined();
    expect(exchange.seen).toEqual([]);
  });

  it('is told only once when the message for the asker alone could not be written', async () => {
    const { live, exchange } = await begin();
    discord.faults.add(/^POST \/webhooks/, { kind: 'error', status: 403, code: 50013 }, 1);
    await live.finish(said('not for all', { private: true }));
    expect(exchange.seen.map(({ how }) => how)).toEqual(['deleted']);
    expect(discord.posts).toHaveLength(1);
    expect(discord.world.channels.get(discord.posts[0]!.message.channelId)?.kind).toBe('direct');
  });
});

it('is shown to all rather than to nobody when the thinking message cannot be taken away', async () => {
  const { live, exchange } = await begin();
  discord.faults.add(/^DELETE \/webhooks/, { kind: 'error', status: 404, code: 0 }, 1);
  await live.finish(said('unknown model', { private: true }));
  expect(exchange.seen).toMatchObject([{ how: 'edit', text: '### ✅ unknown model' }]);
});

it('says that something went wrong when Discord refuses the message for the asker alone', async () => {
  const { live, exchange } = await begin();
  discord.faults.add(/^POST \/webhooks/, { kind: 'error', status: 400, code: 50035 }, 1);
  await live.finish(said('not for all', { private: true }));
  expect(exchange.seen.at(-1)).toMatchObject({ how: 'follow-up', message: { visibleTo: exchange.userId } });
  expect(exchange.seen.at(-1)?.text).toContain('reference');
});

describe('intermediate states', () => {
  it('give way to the answer, and none comes after it', async () => {
    const { live, exchange } = await begin();
    now = 1_000;
    live.progress(said('half'));
    live.progress(said('most'));
    await exchange.shows(({ text }) => text.includes('most'));
    live.progress(said('nearly'));
    await live.finish(said('done'));
    live.progress(said('too late'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(exchange.seen.map(({ text }) => text.replace('### ✅ ', ''))).toEqual(['most', 'done']);
  });

  it('go on by the own hand of the bot after the token has ended', async () => {
    const { live, exchange } = await begin();
    now = 20 * MINUTE;
    live.progress(said('still loading'));
    expect((await exchange.shows(({ text }) => text.includes('still loading'))).how).toBe('bot-edit');
    await live.finish(said('done'));
    expect(exchange.seen.at(-1)).toMatchObject({ how: 'bot-edit', text: '### ✅ done' });
  });

  it('that cannot be shown do not harm the answer', async () => {
    const { live, exchange } = await begin();
    discord.faults.add(/^PATCH/, { kind: 'error', status: 403, code: 50001 }, 1);
    now = 1_000;
    live.progress(said('half'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await live.finish(said('done'));
    expect(exchange.seen.map(({ text }) => text)).toEqual(['### ✅ done']);
  });
});

describe('the end of long work', () => {
  const announce = (userId: string): Partial<Reply> => ({
    announce: { ...said(''), title: [{ user: userId }, ' it is over'], ping: [userId] },
  });

  it('is a message of its own that notifies the asker once, beside the edited one', async () => {
    const { live, exchange } = await begin();
    now = 5 * MINUTE;
    await live.finish(said('done', announce(exchange.userId)));
    expect(exchange.seen.map(({ how }) => how)).toEqual(['edit', 'follow-up']);
    expect(exchange.seen[1]?.text).toContain('it is over');
    expect(exchange.seen.map(({ message }) => message.pings)).toEqual([[], [exchange.userId]]);
  });

  it('is posted to the channel when the token has ended', async () => {
    const { live, exchange } = await begin();
    now = 20 * MINUTE;
    await live.finish(said('done', announce(exchange.userId)));
    expect(exchange.seen.map(({ how }) => how)).toEqual(['bot-edit']);
    expect(discord.posts.at(-1)?.message.pings).toEqual([exchange.userId]);
  });

  it('is lost without harm where it cannot be written', async () => {
    const { live, exchange } = await begin();
    discord.faults.add(/^POST \/webhooks/, { kind: 'error', status: 403, code: 50013 }, 1);
    await live.finish(said('done', announce(exchange.userId)));
    expect(exchange.seen).toMatchObject([{ how: 'edit', text: '### ✅ done' }]);
  });
});
