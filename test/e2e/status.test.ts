import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startDemo } from '../../src/compose/demo.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { DiscordStandIn, type Message, messageText } from '../support/discord-stand-in/index.ts';
import { BotProcess, eventually, readable } from './harness.ts';

/** Status schedules through the real bot: its process, its file, Discord's rules, a simulated GPU server. */
const OPERATOR_ROLE = '900000000000000001';
const OPERATOR = { roles: [OPERATOR_ROLE], userId: '820000000000000001', name: 'ada' };

/** A chat, a GPU server and a bot of one test. */
class World {
  readonly discord: DiscordStandIn;
  readonly simulator: Simulator;
  readonly dataDir: string;
  bot: BotProcess | null = null;

  constructor(discord: DiscordStandIn, simulator: Simulator, dataDir: string) {
    this.discord = discord;
    this.simulator = simulator;
    this.dataDir = dataDir;
  }

  /** Starts the bot, after ending the one that runs as a power cut would. */
  async restart(): Promise<void> {
    await this.bot?.kill(true);
    const bot = await BotProcess.start(this.discord, {
      dataDir: this.dataDir,
      env: {
        OLLAMA_HOST: this.simulator.url,
        GPU_SOURCE: `prometheus+${this.simulator.url}/metrics`,
        OPERATOR_ROLES: OPERATOR_ROLE,
      },
    });
    this.bot = bot;
    await eventually(() => bot.stderr.includes('"ready"'), 30_000);
  }

  async schedule(options: Readonly<Record<string, string>>): Promise<string> {
    return readable((await this.discord.slash('status schedule', options, OPERATOR).shows()).text);
  }

  async list(): Promise<string> {
    return readable((await this.discord.slash('status list').shows()).text);
  }

  async live(): Promise<Message> {
    expect(await this.schedule({ cron: '0 9 * * *', mode: 'live', timezone: 'Europe/Berlin' })).toContain(
      'one message kept up to date',
    );
    return (await this.discord.waitPost(({ how }) => how === 'post')).message;
  }

  get posted(): number {
    return this.discord.posts.filter(({ how }) => how === 'post').length;
  }

  /** Loads a model behind the bot's back. */
  async load(model: string, keepAlive: string | number): Promise<void> {
    const answer = await fetch(`${this.simulator.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model, keep_alive: keepAlive }),
      signal: AbortSignal.timeout(20_000),
    });
    await answer.text();
  }
}

async function inWorld(test: (world: World) => Promise<void>): Promise<void> {
  const discord = await DiscordStandIn.start();
  const { simulator } = await startDemo({ LOG_LEVEL: 'silent' });
  const world = new World(discord, simulator, await mkdtemp(join(tmpdir(), 'headroom-status-')));
  try {
    await world.restart();
    await test(world);
    expect(discord.violations).toEqual([]);
  } finally {
    await world.bot?.kill(true);
    await discord.stop();
    await simulator.close();
    await rm(world.dataDir, { recursive: true, force: true });
  }
}

describe.concurrent('/status', { timeout: 90_000 }, () => {
  it('live: one message, the same after a restart, that shows changes also while the gateway is lost', () =>
    inWorld(async (world) => {
      const message = await world.live();
      expect(messageText(message)).toContain('No model is loaded');
      await world.load('llama3.2:1b', '10m');
      await world.restart();
      await eventually(() => messageText(message).includes('llama3.2:1b'));
      const edits = message.edits;
      await world.load('llama3.2:1b', 0);
      const outage = setInterval(() => world.discord.gateway.drop(4000), 300);
      try {
        await eventually(() => messageText(message).includes('No model is loaded'), 45_000);
      } finally {
        clearInterval(outage);
      }
      expect(message.edits).toBeGreaterThan(edits);
      expect(message.files.map(({ filename }) => filename)).toEqual(['status-main.png']);
      expect(world.posted).toBe(1);
    }));

  it('live: a deleted message comes back once, also when it was deleted while the bot was down', () =>
    inWorld(async (world) => {
      const { discord } = world;
      const message = await world.live();
      discord.deleteMessage(message);
      await world.restart();
      const again = await discord.waitPost(({ how, message: { id } }) => how === 'post' && id !== message.id, 30_000);
      expect(again.text).toContain('GPU status of');
      await sleep(2_500);
      expect(world.posted).toBe(2);
    }));

  it('live: when the channel is closed to the bot, its owner is told and nothing more is tried', () =>
    inWorld(async (world) => {
      const { discord } = world;
      await world.live();
      discord.setBotPermissions(discord.channel, 0n);
      await world.restart();
      const told = await discord.waitPost(({ text }) => text.includes('has ended'));
      expect(discord.world.channels.get(told.message.channelId)?.userId).toBe(OPERATOR.userId);
      await eventually(() => world.bot?.stderr.includes('a schedule was stopped'));
      const tried = discord.sent(/channels\/\d+\/messages/).length;
      await world.restart();
      expect(await world.list()).toContain('may no longer write there');
      await sleep(2_500);
      expect(discord.sent(/channels\/\d+\/messages/)).toHaveLength(tried);
    }));

  it('shows the status at once, says when a post comes, refuses what cannot be, completes, and ends a schedule', () =>
    inWorld(async (world) => {
      const { discord } = world;
      const quiet = discord.world.addChannel('quiet', 0n);
      await world.load('llama3.2:1b', '10m');
      await world.restart();
      const { text, message } = await discord.slash('status now').shows();
      expect(text).toMatch(/█+░+ +\d\.\d\/8\.0/);
      expect(text).toMatch(/`llama3\.2:1b` · .*<t:\d+:R>/);
      expect(message.files[0]?.data.subarray(1, 4).toString()).toBe('PNG');

      const stranger = { userId: '820000000000000003' };
      const refused = await discord.slash('status schedule', { cron: '0 9 * * *' }, stranger).shows();
      expect(refused.text).toContain('You may not use');
      expect(await world.schedule({ cron: '* * * * *' })).toContain('mode:live');
      expect(await world.schedule({ cron: 'soon' })).toContain('soon is not a time');
      expect(await world.schedule({ cron: '0 9 * * *', timezone: 'Mars' })).toContain('no time zone');
      expect(await world.schedule({ cron: '0 9 * * *', channel: '123456789012345678' })).toContain(
        'is not in this Discord server',
      );
      expect(await world.schedule({ cron: '0 9 * * *', channel: quiet.id })).toContain('cannot post there');
      const zones = discord.complete('status schedule', 'timezone', 'berl', { cron: '0 9 * * *' }, OPERATOR);
      expect((await zones.acknowledged()).choices).toContainEqual({ name: 'Europe/Berlin', value: 'Europe/Berlin' });

      const made = await world.schedule({ cron: '30 9 * * 1-5', timezone: 'Europe/Berlin' });
      expect(made).toMatch(
        /At 09:30, Monday through Friday \(Europe\/Berlin\), written as `30 9 \* \* 1-5`.*Next: <t:\d+:F>, then <t:\d+:F>/s,
      );
      const [, id] = /Schedule (\d+)/.exec(made)!;
      expect(await world.list()).toContain(`<#${discord.channel.id}>`);
      const stop = { id: Number(id) };
      expect((await discord.slash('status stop', stop, stranger).shows()).text).toContain('somebody else');
      expect((await discord.slash('status stop', stop, OPERATOR).shows()).text).toContain('has ended');
      expect(await world.list()).toContain('There is no schedule');
      expect(discord.posts).toEqual([]);
    }));
});
