import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { startDemo } from '../../src/compose/demo.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE, createConsolePlatform } from '../../src/console/platform.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { openStore } from '../../src/store/store.ts';
import { startDemoServices } from '../support/demo-services.ts';
import { buttonsOf, DiscordStandIn, messageText } from '../support/discord-stand-in/index.ts';
import { BotProcess, eventually, readable } from './harness.ts';

/** What the bot says of its own accord, through its own process: a watch, an alert, health and figures. */
const GIB = 2 ** 30;
let discord: DiscordStandIn;
let simulator: Simulator;
let bot: BotProcess;
let dataDir: string;
let port: number;
let readings: NodeJS.Timeout;
let people = 0;

beforeAll(async () => {
  discord = await DiscordStandIn.start();
  ({ simulator } = await startDemo({ LOG_LEVEL: 'silent' }));
  dataDir = await mkdtemp(join(tmpdir(), 'headroom-notices-'));
  // An earlier life of the bot found Ollama down and was killed before it could say so.
  const store = await openStore(join(dataDir, 'headroom.db'));
  const atMs = Date.now() - 60_000;
  await store.alerts.begin({ server: 'main', kind: 'ollama-down', subject: '', params: { state: 'down' }, atMs });
  await store.close();
  for (let gpu = 0; gpu < 4; gpu++) {
    simulator.setForeign('python3', gpu, 7 * GIB);
  }
  port = await freePort();
  bot = await BotProcess.start(discord, {
    dataDir,
    env: {
      OLLAMA_HOST: simulator.url,
      GPU_SOURCE: `prometheus+${simulator.url}/metrics`,
      ALERT_CHANNEL_ID: discord.channel.id,
      HTTP_PORT: String(port),
    },
  });
  await eventually(() => bot.stderr.includes('"ready"'), 30_000);
  // Somebody looks every few seconds, so that readings come faster than by the bot's own pace.
  readings = setInterval(
    () =>
      void discord
        .slash('ps', {}, somebody())
        .shows()
        .catch(() => undefined),
    2_200,
  );
}, 60_000);

afterAll(async () => {
  clearInterval(readings);
  await bot?.kill(true);
  await discord?.stop();
  await simulator?.close();
  await rm(dataDir, { recursive: true, force: true });
});

/** Text as people read it, without the marks of names. */
const plain = (text: string) => readable(text).replaceAll('`', '');

function somebody() {
  people += 1;
  return { userId: `83000000000000${String(people).padStart(4, '0')}` };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe.concurrent('the bot of its own accord', { timeout: 90_000 }, () => {
  it('tells one person once when memory is free', async () => {
    const ann = somebody();
    const made = await discord.slash('notify when-free', { gib: 10 }, ann).shows();
    expect(plain(made.text)).toContain('I will tell you when 10.0 GiB are free on main.');
    await sleep(3_000);
    for (let gpu = 0; gpu < 4; gpu++) {
      simulator.setForeign('python3', gpu, 0);
    }
    const about = ({ text }: { readonly text: string }) => plain(text).includes('are free on main now');
    const post = await eventually(() => discord.posts.find(about), 40_000);
    expect(post.message).toMatchObject({ channelId: discord.channel.id, pings: [ann.userId] });
    await sleep(6_000);
    expect(discord.posts.filter(about)).toHaveLength(1);
    const list = await discord.slash('notify list', {}, ann).shows();
    expect(plain(list.text)).toMatch(/told \d+ s ago/);
    expect(buttonsOf(list.message)).toEqual([]);
  });

  it('tells an alert of its earlier life, and edits it when it is over', async () => {
    const post = await eventually(
      () => discord.posts.find(({ how, text }) => how === 'post' && plain(text).includes('cannot be reached')),
      40_000,
    );
    const over = () => plain(messageText(post.message)).includes('Ollama on main answers again.');
    await eventually(over, 40_000);
    expect(post.message).toMatchObject({ edits: 1, pings: [] });
  });

  it('tells it in the terminal, while the program runs', async () => {
    const printed: Reply[] = [];
    const platform = createConsolePlatform((reply) => void printed.push(reply));
    const demo = await startDemoServices(['qwen3:8b'], {}, {}, [platform]);
    const { services } = demo;
    const dispatcher = createDispatcher({ commands, actionHandlers, services, log: createLog('silent') });
    await demo.app.start();
    try {
      for (let gpu = 0; gpu < 4; gpu++) {
        demo.simulator.setForeign('python3', gpu, 7 * GIB);
      }
      await services.servers.defaultServer.snapshot({ maxAgeMs: 0 });
      const request = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en', command: 'notify' } as const;
      const subcommand = 'when-fits';
      const options = { model: 'qwen3:8b', ctx: 8192 };
      await dispatcher.dispatch({ ...request, subcommand, options }, { progress: () => undefined });
      for (let gpu = 0; gpu < 4; gpu++) {
        demo.simulator.setForeign('python3', gpu, 0);
      }
      for (let i = 0; i < 30 && printed.length === 0; i++) {
        await sleep(1_000);
        await services.servers.defaultServer.snapshot({ maxAgeMs: 0 });
      }
      expect(printed.map(({ title }) => plainText(title))).toEqual([
        'qwen3:8b with a context of 8192 fits on main now.',
      ]);
      expect(printed[0]?.actions?.[0]?.call).toMatchObject({ command: 'load', options });
    } finally {
      await demo.close();
    }
  });

  it('serves health and figures', async () => {
    const ask = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
    await eventually(() => discord.posts.length > 0, 40_000);
    expect(await ask()).toEqual({ ready: true, checks: { chat: true, store: true, server: true } });
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    expect(text).toContain('headroom_gateway_up 1');
    expect(text).toMatch(/^headroom_gpu_memory_total_bytes\{server="main",gpu="0",uuid="[^"]+"\} \d+$/m);
    expect(text).toMatch(/^headroom_ollama_up\{server="main"\} 1$/m);
  });
});
