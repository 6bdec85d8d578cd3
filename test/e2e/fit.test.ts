import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startDemo } from '../../src/compose/demo.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { buttonsOf, DiscordStandIn, PERMISSION } from '../support/discord-stand-in/index.ts';
import { BotProcess, eventually, readable } from './harness.ts';

/** The bot as people start it, against Discord and an Ollama that is up, gone, or hanging. */
let discord: DiscordStandIn;

let people = 0;
function somebody(locale = 'en-US') {
  people += 1;
  return { userId: `81000000000000${String(people).padStart(4, '0')}`, locale };
}

beforeAll(async () => {
  discord = await DiscordStandIn.start();
});

afterAll(async () => {
  await discord?.stop();
});

afterEach(() => {
  expect(discord.violations.splice(0)).toEqual([]);
});

/** `ps`, `status list`: what can be typed without any option. */
function namesWithoutRequiredOptions(command: Record<string, unknown>): string[] {
  const options = (command.options ?? []) as Record<string, unknown>[];
  const subcommands = options.filter((option) => option.type === 1);
  if (subcommands.length > 0) {
    return subcommands.flatMap((sub) => namesWithoutRequiredOptions(sub)).map((name) => `${command.name} ${name}`);
  }
  return options.some((option) => option.required === true) ? [] : [String(command.name)];
}

async function startBot(env: Readonly<Record<string, string>>): Promise<BotProcess> {
  const bot = await BotProcess.start(discord, { env });
  await eventually(() => bot.stderr.includes('"ready"'));
  return bot;
}

describe('with a GPU server', () => {
  let simulator: Simulator;
  let bot: BotProcess;

  beforeAll(async () => {
    const demo = await startDemo({ LOG_LEVEL: 'silent' });
    simulator = demo.simulator;
    bot = await startBot({
      OLLAMA_HOST: simulator.url,
      GPU_SOURCE: `prometheus+${simulator.url}/metrics`,
    });
  });

  afterAll(async () => {
    await bot?.kill();
    await simulator?.close();
  });

  it('registers its commands in both languages', () => {
    const registered = discord.commands.get(discord.guildId) ?? [];
    const fit = registered.find((command) => command.name === 'fit');
    expect(fit?.description_localizations).toHaveProperty('zh-CN');
    expect(registered.map((command) => command.name)).toEqual(expect.arrayContaining(['fit', 'help']));
  });

  it('acknowledges /fit at once and answers with verdict, table, picture and buttons', async () => {
    const asked = discord.slash('fit', { model: 'gemma3:12b', ctx: 32768 }, somebody());
    // On a busy machine what is known comes first; it has no buttons.
    const { text, message } = await asked.shows((shown) => buttonsOf(shown.message).length > 0);
    expect(asked.acknowledgement).toMatchObject({ type: 5, private: false });
    expect(readable(text)).toContain('gemma3:12b');
    expect(text).toContain('```');
    expect(message.files).toHaveLength(1);
    expect(message.files[0]?.data.subarray(1, 4).toString()).toBe('PNG');
    expect(buttonsOf(message).length).toBeGreaterThanOrEqual(1);
  });

  it('answers in Chinese to whoever reads Chinese', async () => {
    const { text } = await discord.slash('fit', { model: 'gemma3:12b', ctx: 32768 }, somebody('zh-CN')).shows();
    expect(text.split('\n')[0]).toMatch(/\p{sc=Han}/u);
  });

  it('offers models and contexts while one types', async () => {
    const models = await discord.complete('fit', 'model', 'gem', {}, somebody()).acknowledged();
    expect(models.choices.map(({ value }) => value)).toContain('gemma3:12b');
    const contexts = await discord.complete('fit', 'ctx', '8', { model: 'gemma3:12b' }, somebody()).acknowledged();
    expect(contexts.choices.length).toBeGreaterThan(0);
    expect(contexts.choices.every(({ value }) => /^\d+k?$/.test(String(value)))).toBe(true);
  });

  it.each(['en-US', 'zh-CN'])(
    'answers every command that needs no option, and the long answers, in %s',
    async (locale) => {
      const names = (discord.commands.get(discord.guildId) ?? []).flatMap(namesWithoutRequiredOptions);
      expect(names).toEqual(expect.arrayContaining(['help', 'ps', 'vram', 'models']));
      const asks: [string, Record<string, string | number>][] = [
        ...names.map((name): [string, Record<string, never>] => [name, {}]),
        ['fit', { model: 'gemma3:12b', ctx: 131072 }],
        ['fit', { model: 'gemma3:12b', ctx: 8096, gpus: '4x8GiB' }],
      ];
      for (const [name, options] of asks) {
        const administrator = { ...somebody(locale), permissions: PERMISSION.administrator };
        const { text } = await discord.slash(name, options, administrator).shows();
        expect(text, name).not.toMatch(/inside the bot|机器人内部出错/);
      }
    },
  );

  it('says in plain words that a model is unknown, and pings nobody with its name', async () => {
    const asked = discord.slash('fit', { model: '@everyone/<@123456789012345678>:b', ctx: 4096 }, somebody());
    const { text, message } = await asked.shows(({ text }) => text !== '', 20_000);
    expect(message.pings).toEqual([]);
    expect(text).not.toMatch(/@everyone/);
    expect(text).toMatch(/^### ❌/);
    expect(text).not.toContain('reference');
  });

  it.each([
    [{ model: 'gemma3:12b', ctx: 0 }, /must be a number of tokens: 32768/],
    [{ model: 'gemma3:12b', ctx: -4096 }, /must be a number of tokens: 32768/],
    [{ model: 'gemma3:12b', gpus: 'many' }, /GPU|gpus/],
    [{ ctx: 4096 }, /model.* is missing/],
  ])('says what is wrong with %j', async (options, words) => {
    const { text } = await discord.slash('fit', options as Record<string, string | number>, somebody()).shows();
    expect(text).toMatch(/^### ❌/);
    expect(readable(text)).toMatch(words);
    expect(text).not.toContain('reference');
  });

  it('leaves the commands alone on the second start and ends cleanly on SIGTERM', async () => {
    const closes = discord.gateway.closes.length;
    const exit = await bot.terminate();
    await bot.kill();
    expect(exit.code).toBe(0);
    expect(exit.tookMs).toBeLessThan(8_000);
    expect(discord.gateway.closes[closes]?.code).toBe(1000);
    const puts = discord.sent(/^PUT .*\/commands$/).length;
    bot = await startBot({ OLLAMA_HOST: simulator.url, GPU_SOURCE: `prometheus+${simulator.url}/metrics` });
    expect(discord.sent(/^PUT .*\/commands$/)).toHaveLength(puts);
  });
});

describe('with an Ollama that hangs', () => {
  let hanging: Server;
  let bot: BotProcess;

  beforeAll(async () => {
    hanging = createServer(() => undefined);
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    bot = await startBot({
      OLLAMA_HOST: `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`,
      GPU_SOURCE: '4x8GiB',
    });
  });

  afterAll(async () => {
    await bot?.kill();
    hanging?.closeAllConnections();
    await new Promise((resolve) => hanging?.close(resolve));
  });

  it('completes in time all the same', async () => {
    const asked = discord.complete('fit', 'model', 'gemma', {}, somebody());
    await asked.acknowledged();
    expect(asked.acknowledgedAfterMs).toBeLessThan(3_000);
  });

  it('acknowledges at once and answers from the built-in list', async () => {
    const asked = discord.slash('fit', { model: 'gemma3:12b', ctx: 8192 }, somebody());
    await asked.acknowledged(1_000);
    const { text } = await asked.shows(({ text }) => text !== '', 20_000);
    expect(readable(text)).toContain('gemma3:12b');
    expect(text).not.toContain('reference');
  });
});

describe('with no Ollama at all', () => {
  let bot: BotProcess;

  beforeAll(async () => {
    bot = await startBot({ OLLAMA_HOST: 'http://127.0.0.1:9', GPU_SOURCE: '24GiB' });
  });

  afterAll(async () => {
    await bot?.kill();
  });

  it('answers from the built-in list and says that the server is not reachable', async () => {
    const asked = discord.slash('fit', { model: 'gemma3:12b', ctx: 8192 }, somebody());
    const { text } = await asked.shows();
    expect(readable(text)).toContain('gemma3:12b');
    expect(text).not.toContain('reference');
  });
});
