import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createActionRegistry } from '../../src/chat/actions.ts';
import { type Command, runnable } from '../../src/chat/command.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { createDiscord, type DiscordSettings, type StartParts } from '../../src/discord/start.ts';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';

const log = pino({ level: 'silent' });
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

/** A process of the bot. @returns the interactions that it ran */
async function start(
  discord: DiscordStandIn,
  more: Pick<DiscordSettings, 'shard'> & Pick<StartParts<null>, 'claim'>,
): Promise<string[]> {
  const ran: string[] = [];
  const ping: Command<null> = {
    name: 'ping',
    description: 'common.gpu',
    run: runnable({
      description: 'common.gpu',
      access: 'everyone',
      options: [],
      schema: z.object({}),
      run: async ({ person }) => {
        ran.push(person.id);
        return { tone: 'good', title: 'pong', blocks: [] };
      },
    }),
  };
  const actions = createActionRegistry();
  const { token, apiUrl, guildId } = discord;
  const roles = { operators: [], admins: [] };
  const bot = createDiscord({ token, apiUrl, guildIds: [guildId], roles, actions, log, shard: more.shard ?? null });
  closers.push(() => bot.stop());
  const dispatcher = createDispatcher({ commands: [ping], actionHandlers: [], services: null, actions, log });
  await bot.start({ commands: [ping], dispatcher, claim: more.claim });
  return ran;
}

async function standIn(): Promise<DiscordStandIn> {
  const discord = await DiscordStandIn.start();
  closers.push(() => discord.stop());
  return discord;
}

const callbacks = (discord: DiscordStandIn) =>
  discord.requests.filter(({ line }) => line.includes('/callback')).map(({ status }) => status < 300);

describe('several processes with one token', () => {
  it('divide the servers by shards: each hears its own, the others none of it', async () => {
    const discord = await standIn();
    const mine = Number((BigInt(discord.guildId) >> 22n) % 2n);
    const ran = [
      await start(discord, { shard: { id: 0, count: 2 } }),
      await start(discord, { shard: { id: 1, count: 2 } }),
    ];
    expect(discord.gateway.shards).toEqual([
      [0, 2],
      [1, 2],
    ]);
    for (let turn = 0; turn < 5; turn++) {
      await discord.slash('ping').shows();
    }
    expect(ran[mine]).toHaveLength(5);
    expect(ran[1 - mine]).toHaveLength(0);
    expect(callbacks(discord)).toEqual([true, true, true, true, true]);
  });

  it('that share shards answer what they have claimed, and do not even try the rest', async () => {
    const discord = await standIn();
    const claimed = new Set<string>();
    const claim = async (id: string) => {
      const isNew = !claimed.has(id);
      claimed.add(id);
      return isNew;
    };
    const [one, other] = [await start(discord, { claim }), await start(discord, { claim })];
    for (let turn = 0; turn < 5; turn++) {
      await discord.slash('ping').shows();
    }
    expect(one.length + other.length).toBe(5);
    expect(callbacks(discord)).toEqual([true, true, true, true, true]);
  });
});
