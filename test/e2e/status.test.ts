import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startDemo } from '../../src/demo.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { DiscordStandIn, type Message, messageText } from '../support/discord-stand-in/index.ts';
import { BotProcess, eventually, readable } from './harness.ts';

/** Status schedules through the real bot: its process, its file, Discord's rules, a simulated GPU server. */
const OPERATOR_ROLE = '900000000000000001';
const OPERATOR = { roles: [OPERATOR_ROLE], userId: '820000000000000001', name: 'ada' };

let discord: DiscordStandIn;
let simulator: Simulator;
let dataDir: string;
let bot: BotProcess;

beforeAll(async () => {
  simulator = (await startDemo({ LOG_LEVEL: 'silent' })).simulator;
});

afterAll(async () => {
  await simulator?.close();
});

beforeEach(async () => {
  discord = await DiscordStandIn.start();
  dataDir = await mkdtemp(join(tmpdir(), 'headroom-status-'));
  await startBot();
});

afterEach(async () => {
  await bot?.kill(true);
  expect(discord.violations).toEqual([]);
  await discord.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function startBot(): Promise<void> {
  bot = await BotProcess.start(discord, {
    dataDir,
    env: {
      OLLAMA_HOST: simulator.url,
      GPU_SOURCE: `prometheus+${simulator.url}/metrics`,
      OPERATOR_ROLES: OPERATOR_ROLE,
    },
  });
  await eventually(() => bot.stderr.includes('"ready"'));
}

async function schedule(options: Readonly<Record<string, string>>): Promise<string> {
  return readable((await discord.slash('status schedule', options, OPERATOR).shows()).text);
}

async function liveMessage(): Promise<Message> {
  expect(await schedule({ cron: '0 9 * * *', mode: 'live', timezone: 'Europe/Berlin' })).toContain('live status');
  return (await discord.waitPost(({ how }) => how === 'post')).message;
}

/** Loads a model behind the bot's back. */
async function load(model: string, keepAlive: string | number): Promise<void> {
  const answer = await fetch(`${simulator.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model, keep_alive: keepAlive }),
    signal: AbortSignal.timeout(20_000),
  });
  await answer.text();
}

describe('/status', () => {
  it('now: shows bars, what is loaded and the picture', async () => {
    await load('llama3.2:1b', '10m');
    // Numbers of the last two seconds are fresh enough for an answer.
    await sleep(2_100);
    const { text, message } = await discord.slash('status now').shows();
    expect(readable(text)).toContain('GPU status of `main`');
    expect(text).toMatch(/█+░+ +\d\.\d\/8\.0/);
    expect(text).toMatch(/`llama3\.2:1b` · .*<t:\d+:R>/);
    await load('llama3.2:1b', 0);
    expect(message.files[0]?.data.subarray(1, 4).toString()).toBe('PNG');
  });

  it('schedule, live: one message that shows changes and is the same one after a restart', async () => {
    const message = await liveMessage();
    expect(messageText(message)).toContain('No model is loaded');
    await bot.kill(true);
    await load('llama3.2:1b', '10m');
    await startBot();
    await eventually(() => messageText(message).includes('llama3.2:1b'));
    expect(message.edits).toBeGreaterThan(0);
    await load('llama3.2:1b', 0);
    await eventually(() => messageText(message).includes('No model is loaded'), 40_000);
    expect(discord.posts.filter(({ how }) => how === 'post')).toHaveLength(1);
    expect((await discord.slash('status list').shows()).text).toContain('0 9 * * *');
  }, 70_000);

  it('schedule, live: a deleted message comes back once, also after a restart', async () => {
    const message = await liveMessage();
    discord.deleteMessage(message);
    await bot.kill(true);
    await startBot();
    const again = await discord.waitPost(({ how, message: { id } }) => how === 'post' && id !== message.id, 40_000);
    expect(again.text).toContain('GPU status of');
    expect(discord.posts.filter(({ how }) => how === 'post')).toHaveLength(2);
  }, 60_000);

  it('schedule, live: when the channel is closed to the bot, its owner is told and nothing more is tried', async () => {
    await liveMessage();
    discord.setBotPermissions(discord.channel, 0n);
    await bot.kill(true);
    await startBot();
    const told = await discord.waitPost(({ text }) => text.includes('was ended'));
    expect(discord.world.channels.get(told.message.channelId)?.userId).toBe(OPERATOR.userId);
    await eventually(() => bot.stderr.includes('a schedule was stopped'));
    const tried = discord.sent(/channels\/\d+\/messages/).length;
    await bot.kill(true);
    await startBot();
    await sleep(2_500);
    expect(discord.sent(/channels\/\d+\/messages/)).toHaveLength(tried);
  });

  it('schedule, post: says when it comes and is ended by its number', async () => {
    const text = await schedule({ cron: '30 9 * * 1-5', timezone: 'Europe/Berlin' });
    expect(text).toMatch(/Schedule 1: .*Times: `30 9 \* \* 1-5` in `Europe\/Berlin`.*Next: <t:\d+:F>, then <t:\d+:F>/s);
    expect(discord.posts).toEqual([]);
    const stranger = { userId: '820000000000000002' };
    expect((await discord.slash('status stop', { id: 1 }, stranger).shows()).text).toContain('somebody else');
    expect((await discord.slash('status stop', { id: 1 }, OPERATOR).shows()).text).toContain('is ended');
    expect((await discord.slash('status list').shows()).text).toContain('There is no schedule');
  });

  it('schedule: refuses strangers, foreign channels and what comes too often, and completes', async () => {
    const stranger = await discord.slash('status schedule', { cron: '0 9 * * *' }, { userId: '820000000000000003' });
    expect((await stranger.shows()).text).toContain('You may not use');
    expect(await schedule({ cron: '* * * * *' })).toContain('mode:live');
    expect(await schedule({ cron: '0 9 * * *', channel: '123456789012345678' })).toContain('not one of this');
    const quiet = discord.world.addChannel('quiet', 0n);
    await bot.kill(true);
    await startBot();
    expect(await schedule({ cron: '0 9 * * *', channel: quiet.id })).toMatch(/cannot post there|not one of this/);
    const zones = await discord.complete('status schedule', 'timezone', 'berl', { cron: '0 9 * * *' }, OPERATOR);
    expect((await zones.acknowledged()).choices).toContainEqual(expect.objectContaining({ value: 'Europe/Berlin' }));
  });
});
