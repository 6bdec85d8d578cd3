import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createActionRegistry } from '../../src/chat/actions.ts';
import type { ChatPoster, MessageRef } from '../../src/chat/poster.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { createDiscord, type Discord } from '../../src/discord/start.ts';
import { buttonsOf, DiscordStandIn, type Message, PERMISSION } from '../support/discord-stand-in/index.ts';

const HOUR = 60 * 60_000;

let discord: DiscordStandIn;
let bot: Discord;
let poster: ChatPoster;
const actions = createActionRegistry();

beforeEach(async () => {
  discord = await DiscordStandIn.start();
  bot = createDiscord({
    token: discord.token,
    guildIds: [discord.guildId],
    apiUrl: discord.apiUrl,
    roles: { operators: [], admins: [] },
    actions,
    log: pino({ level: 'silent' }),
  });
  poster = bot.platform.poster;
});

afterEach(async () => {
  expect(discord.violations).toEqual([]);
  await bot.stop();
  await discord.stop();
});

function said(title: string, more: Partial<Reply> = {}): Reply {
  return { tone: 'neutral', title, blocks: [], ...more };
}

function chart(name: string): Reply {
  return said(name, {
    blocks: [
      {
        kind: 'picture',
        picture: { name: `${name}.png`, alt: name, spec: { charts: [] }, png: async () => new Uint8Array([1]) },
      },
    ],
  });
}

function shown(ref: MessageRef): Message {
  return discord.world.messages.get(ref.messageId)!;
}

describe("the bot's own message", () => {
  it('is replaced by an edit, picture and all', async () => {
    const ref = await poster.post(discord.channel.id, chart('old'));
    expect(shown(ref).files.map((file) => file.filename)).toEqual(['old.png']);
    await poster.edit(ref, chart('new'));
    expect(shown(ref).files.map((file) => file.filename)).toEqual(['new.png']);
    await poster.edit(ref, said('no picture'));
    expect(shown(ref).files).toEqual([]);
  });

  it('is posted once for one nonce, however often the answer is lost', async () => {
    discord.faults.add(/^POST \/channels/, { kind: 'cut', when: 'after' }, 2);
    const ref = await poster.post(discord.channel.id, said('due at noon'), { nonce: 'schedule-7-1700000000' });
    const again = await poster.post(discord.channel.id, said('due at noon'), { nonce: 'schedule-7-1700000000' });
    expect(again).toEqual(ref);
    expect(discord.posts.filter(({ how }) => how === 'post')).toHaveLength(1);
  });

  it('keeps its buttons over edits without filling the memory', async () => {
    const live = (n: number) =>
      said(`state ${n}`, {
        actions: [{ label: 'Load', style: 'success', call: { command: 'load', options: { model: 'm' } } }],
      });
    const ref = await poster.post(discord.channel.id, live(0));
    const [before] = buttonsOf(shown(ref));
    const { size } = actions;
    for (let n = 1; n <= 20; n += 1) {
      await poster.edit(ref, live(n));
    }
    expect(buttonsOf(shown(ref))).toEqual([before]);
    expect(actions.size).toBe(size);
    await poster.delete(ref);
    expect(actions.size).toBe(size - 1);
  });

  it('is deleted, and deleting it again is no fault', async () => {
    const ref = await poster.post(discord.channel.id, said('x'));
    await poster.delete(ref);
    expect(shown(ref).deleted).toBe(true);
    await poster.delete(ref);
  });

  it('reaches a person directly, by one channel', async () => {
    const first = await poster.direct(discord.userId, said('your model fits'));
    const second = await poster.direct(discord.userId, said('still'));
    expect(second.channelId).toBe(first.channelId);
    expect(discord.sent(/^POST \/users\/@me\/channels/)).toHaveLength(1);
  });
});

describe('a message that cannot be written', () => {
  it('is gone when a moderator deleted it, or its channel', async () => {
    const ref = await poster.post(discord.channel.id, said('x'));
    shown(ref).deleted = true;
    await expect(poster.edit(ref, said('y'))).rejects.toMatchObject({ failure: 'gone', channelLost: false });
    discord.world.channels.delete(discord.channel.id);
    await expect(poster.edit(ref, said('y'))).rejects.toMatchObject({ failure: 'gone', channelLost: true });
    await expect(poster.post(discord.channel.id, said('y'))).rejects.toMatchObject({
      failure: 'gone',
      channelLost: true,
    });
  });

  it('is forbidden where the bot may not, and asks once only', async () => {
    discord.channel.botPermissions = PERMISSION.viewChannel;
    await expect(poster.post(discord.channel.id, said('x'))).rejects.toMatchObject({
      failure: 'forbidden',
      channelLost: true,
    });
    discord.channel.botPermissions = 0n;
    await expect(poster.post(discord.channel.id, said('x'))).rejects.toMatchObject({ code: 'chat-forbidden' });
    discord.world.closedDirects.add(discord.userId);
    await expect(poster.direct(discord.userId, said('x'))).rejects.toMatchObject({
      failure: 'forbidden',
      channelLost: false,
    });
    expect(discord.sent(/^POST \/channels/)).toHaveLength(3);
  });

  it('is too old to be edited often', async () => {
    const ref = await poster.post(discord.channel.id, said('x'));
    shown(ref).createdAt -= 2 * HOUR;
    for (const n of [1, 2, 3]) {
      await poster.edit(ref, said(`edit ${n}`));
    }
    const refused = await poster.edit(ref, said('edit 4')).catch((error: unknown) => error);
    expect(refused).toMatchObject({ failure: 'too-old' });
    expect((refused as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(0);
    expect((refused as { retryAfterMs: number }).retryAfterMs).toBeLessThanOrEqual(6_000);
  });

  it('is limited when Discord asks for a long wait', async () => {
    discord.faults.add(/^POST \/channels/, { kind: 'error', status: 429, code: 0, retryAfter: 120 }, 1);
    await expect(poster.post(discord.channel.id, said('x'))).rejects.toMatchObject({
      failure: 'rate-limited',
      retryAfterMs: expect.closeTo(120_000, -3),
    });
  });

  it('is unavailable when Discord does not work', async () => {
    discord.faults.add(/^POST \/channels/, { kind: 'error', status: 500, code: 0 }, 10);
    await expect(poster.post(discord.channel.id, said('x'))).rejects.toMatchObject({ failure: 'unavailable' });
  });
});
