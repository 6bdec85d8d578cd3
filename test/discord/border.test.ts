import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createActionRegistry } from '../../src/chat/actions.ts';
import { type ActionHandler, type Command, runnable } from '../../src/chat/command.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { RoleSettings } from '../../src/chat/permissions.ts';
import { createDiscord } from '../../src/discord/start.ts';
import { DiscordStandIn, PERMISSION, type StandInOptions } from '../support/discord-stand-in/index.ts';

const OTHER = '900000000000000001';
const NOBODY: RoleSettings = { operators: [], admins: [] };

const act: Command<null> = {
  name: 'load',
  description: 'common.gpu',
  run: runnable({
    description: 'common.gpu',
    access: 'operator',
    options: [{ name: 'model', description: 'common.gpu', type: 'string', completes: true }],
    schema: z.object({ model: z.string().optional() }),
    run: async () => ({
      tone: 'good',
      title: 'loaded',
      blocks: [],
      actions: [{ label: 'Again', style: 'primary', call: { handler: 'again', payload: {} } }],
    }),
    complete: async () => [{ value: 'secret', label: 'secret' }],
  }),
};
const again: ActionHandler<null> = {
  name: 'again',
  access: 'operator',
  payload: z.object({}),
  run: async () => ({ tone: 'good', title: 'loaded again', blocks: [] }),
};

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

async function standIn(options: StandInOptions = {}): Promise<DiscordStandIn> {
  const discord = await DiscordStandIn.start(options);
  closers.push(() => discord.stop());
  return discord;
}

async function start(discord: DiscordStandIn, guildIds: readonly string[], roles = NOBODY): Promise<string[]> {
  const refused: string[] = [];
  const log = pino({ level: 'silent' });
  const actions = createActionRegistry();
  const bot = createDiscord({ token: discord.token, guildIds, apiUrl: discord.apiUrl, roles, actions, log });
  closers.push(() => bot.stop());
  const dispatcher = createDispatcher({
    commands: [act],
    actionHandlers: [again],
    services: null,
    actions,
    log,
    hooks: { refused: ({ person, why }) => refused.push(`${person.id} ${why}`) },
  });
  await bot.start({ commands: [act], dispatcher });
  return refused;
}

const names = (discord: DiscordStandIn, where: string) => discord.commands.get(where)?.map((one) => one.name) ?? [];
const manager = { permissions: PERMISSION.manageGuild };

describe('DISCORD_GUILD_IDS is a border', () => {
  it('commands from a server that is not named are refused in words, whoever asks, and written down', async () => {
    const discord = await standIn();
    const refused = await start(discord, [discord.guildId]);
    const asked = discord.slash('load', {}, { ...manager, guildId: OTHER, userId: '77' });
    const { text } = await asked.shows();
    expect(text).toContain('another Discord server');
    expect(asked.acknowledgement).toMatchObject({ type: 4, private: true });
    expect(refused).toEqual(['77 error.other-server']);
    expect((await discord.slash('load', {}, manager).shows()).text).toContain('loaded');
  });

  it('buttons and completion from there tell and do nothing either', async () => {
    const discord = await standIn();
    await start(discord, [discord.guildId]);
    const { message } = await discord.slash('load', {}, manager).shows(({ text }) => text.includes('loaded'));
    const pressed = discord.press(message, 'Again', { ...manager, guildId: OTHER });
    expect((await pressed.shows()).text).toContain('another Discord server');
    const completed = discord.complete('load', 'model', 's', {}, { ...manager, guildId: OTHER });
    expect((await completed.acknowledged()).choices).toEqual([]);
    const here = discord.complete('load', 'model', 's', {}, manager);
    expect((await here.acknowledged()).choices).toHaveLength(1);
  });

  it('in a direct message no command is answered, and nobody has rights', async () => {
    const discord = await standIn();
    await start(discord, [discord.guildId]);
    const direct = discord.world.directChannel(discord.userId).id;
    const asked = discord.slash('load', {}, { ...manager, channelId: direct });
    expect((await asked.shows()).text).toContain('another Discord server');
    const { message } = await discord.slash('load', {}, manager).shows(({ text }) => text.includes('loaded'));
    const pressed = discord.press(message, 'Again', { ...manager, channelId: direct });
    expect((await pressed.shows()).text).toMatch(/may not|not allowed/i);
  });

  it('without named servers and roles those who manage a server may ask, not act', async () => {
    const discord = await standIn();
    await start(discord, []);
    expect((await discord.slash('load', {}, manager).shows()).text).toMatch(/may not|not allowed/i);
  });

  it('with roles and no named server those who have the role act', async () => {
    const discord = await standIn();
    await start(discord, [], { operators: ['555000000000000000'], admins: [] });
    const asked = discord.slash('load', {}, { roles: ['555000000000000000'] });
    expect((await asked.shows(({ text }) => text.includes('loaded'))).text).toContain('loaded');
    expect((await discord.slash('load', {}, manager).shows()).text).toMatch(/may not|not allowed/i);
  });

  it('narrowing takes back what an earlier start registered wider, widening what it registered narrower', async () => {
    const discord = await standIn({ otherGuildIds: [OTHER] });
    await start(discord, []);
    expect(names(discord, 'global')).toEqual(['load']);
    await start(discord, [discord.guildId, OTHER]);
    expect(names(discord, 'global')).toEqual([]);
    expect(names(discord, OTHER)).toEqual(['load']);
    await start(discord, [discord.guildId]);
    expect(names(discord, OTHER)).toEqual([]);
    expect(names(discord, discord.guildId)).toEqual(['load']);
    await start(discord, []);
    expect(names(discord, discord.guildId)).toEqual([]);
    expect(names(discord, 'global')).toEqual(['load']);
    expect(discord.violations).toEqual([]);
  });
});

describe('the limit on how often somebody asks', () => {
  it('stands before the access check and counts refused presses, so that nobody fills the audit trail', async () => {
    const discord = await standIn();
    const refused = await start(discord, [discord.guildId]);
    const { message } = await discord.slash('load', {}, manager).shows(({ text }) => text.includes('loaded'));
    const asked = Array.from({ length: 40 }, () => [
      discord.slash('load', {}, { userId: '66' }),
      discord.pressId(message, 'headroom:forged', { userId: '66' }),
    ]).flat();
    const answers = await Promise.all(asked.map(async (one) => (await one.shows()).text));
    // Twenty a minute, and what comes back while this runs.
    expect(refused.filter((row) => row.startsWith('66')).length).toBeLessThan(30);
    expect(answers.filter((text) => text.includes('a lot of commands')).length).toBeGreaterThan(50);
  });
});
