import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { demoMachine } from '../../src/simulator/demo-machine.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { openStore } from '../../src/store/store.ts';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { BotProcess, eventually, readable } from './harness.ts';

const PEOPLE = 100;
const NAMES = ['one', 'two', 'three'];
const MODELS = ['llama3.2:1b', 'nomic-embed-text', 'gemma3:1b'];

/** A simulated server, with a door before it that counts the loads under way. */
interface Watched {
  readonly name: string;
  readonly url: string;
  readonly simulator: Simulator;
  readonly door: Server;
  loads: number;
  underWay: number;
  mostAtOnce: number;
}

async function watch(name: string): Promise<Watched> {
  const models = MODELS.map((model) => ({ spec: builtinCatalogue().find(model)! }));
  const simulator = await startSimulator({ ...demoMachine(models), timing: { startupMs: 5 } });
  const counts = { loads: 0, underWay: 0, mostAtOnce: 0 };
  const door = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) {
      chunks.push(chunk as Buffer);
    }
    const { method, url: path, headers } = incoming;
    if (path === '/api/generate' || path === '/api/embed') {
      counts.loads += 1;
      counts.underWay += 1;
      counts.mostAtOnce = Math.max(counts.mostAtOnce, counts.underWay);
      response.on('close', () => {
        counts.underWay -= 1;
      });
    }
    const onward = forward(`${simulator.url}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end(Buffer.concat(chunks));
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
  return Object.assign(counts, { name, url, simulator, door });
}

let discord: DiscordStandIn;
let servers: Watched[];
let bot: BotProcess;
let folder: string;

beforeAll(async () => {
  discord = await DiscordStandIn.start();
  servers = await Promise.all(NAMES.map(watch));
  folder = await mkdtemp(join(tmpdir(), 'headroom-crowd-'));
  const file = join(folder, 'servers.json');
  const entries = servers.map(({ name, url, simulator }) => ({
    name,
    ollama: url,
    gpus: `prometheus+${simulator.url}/metrics`,
  }));
  await writeFile(file, JSON.stringify(entries));
  bot = await BotProcess.start(discord, {
    script: 'test/e2e/fixtures/quick-bot.ts',
    env: { SERVERS_FILE: file, OPERATOR_ROLES: '900000000000000001' },
  });
  await eventually(() => bot.stderr.includes('"ready"'));
});

afterAll(async () => {
  await bot?.kill();
  await discord?.stop();
  for (const { door, simulator } of servers ?? []) {
    door.closeAllConnections();
    await new Promise((resolve) => door.close(resolve));
    await simulator.close();
  }
  await rm(folder, { recursive: true, force: true });
});

it('a hundred people press /load at once on three servers: all are answered, one load at a time on each', async () => {
  const asked = Array.from({ length: PEOPLE }, (_, index) => {
    const options = {
      model: MODELS[index % MODELS.length]!,
      // Some want a model with another context than its holder has it: they are told so.
      ctx: index % 10 === 9 ? 1_024 : 2_048,
      server: NAMES[Math.floor(index / MODELS.length) % NAMES.length]!,
      'keep-alive': '1h',
    };
    const userId = `83000000000000${String(index).padStart(4, '0')}`;
    return discord.slash('load', options, { userId, name: `p${index}`, roles: ['900000000000000001'] });
  });
  // Holders are asked once each, however many want their model with another context, and keep it.
  const answered = new Set<string>();
  const holders = setInterval(() => {
    for (const { message } of discord.posts) {
      const [holder] = message.pings;
      if (holder === undefined || answered.has(message.id)) {
        continue;
      }
      answered.add(message.id);
      discord.press(message, 'Keep it', { userId: holder });
    }
  }, 20);
  const done = /is loaded on|was already loaded on|means loading it again/;
  const answers = await Promise.all(
    asked.map((exchange) => exchange.shows((seen) => done.test(readable(seen.text).replaceAll('`', '')), 60_000)),
  );
  clearInterval(holders);
  expect(answers).toHaveLength(PEOPLE);
  expect(answered.size).toBeLessThanOrEqual(NAMES.length * MODELS.length);
  for (const exchange of asked) {
    expect(exchange.acknowledgedAfterMs).toBeLessThan(3_000);
  }
  for (const server of servers) {
    expect(server.loads, server.name).toBeGreaterThanOrEqual(MODELS.length);
    expect(server.mostAtOnce, server.name).toBe(1);
    expect(server.simulator.loaded(), server.name).toHaveLength(MODELS.length);
  }
  const store = await openStore(join(bot.dataDir, 'headroom.db'));
  const rows = await store.audit.list({ action: 'load', limit: 500 });
  await store.close();
  expect(new Set(rows.map(({ personId }) => personId)).size).toBe(PEOPLE);
  expect(rows).toHaveLength(PEOPLE);
  expect(discord.violations).toEqual([]);
}, 90_000);
