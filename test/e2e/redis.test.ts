import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { createLog } from '../../src/compose/log.ts';
import { createRedis } from '../../src/servers/shared/redis.ts';
import { demoMachine } from '../../src/simulator/demo-machine.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { DiscordStandIn, type Exchange, PERMISSION } from '../support/discord-stand-in/index.ts';
import { redisInstalled, startRedis, type TestRedis } from '../support/redis.ts';
import { BotProcess, eventually, readable } from './harness.ts';

const GIB = 1024 ** 3;
const MODELS = ['llama3.2:1b', 'gemma3:1b'] as const;
if (!redisInstalled) {
  console.warn('skipped: redis-server is not installed');
}

/** A load as Ollama gets it. */
interface SeenLoad {
  readonly model: string;
  /** Minutes; each person asks for another time, which tells whose load it is. */
  readonly keepAliveMinutes: number;
  /** Number of the process that sent it. */
  readonly bot: number;
}

/** A simulated GPU server, and before it a door that writes down the loads that come through. */
class WatchedServer {
  readonly name: string;
  readonly loads: SeenLoad[] = [];
  mostAtOnce = 0;
  underWay = 0;
  readonly simulator: Simulator;
  readonly #door: Server;

  private constructor(name: string, simulator: Simulator) {
    this.name = name;
    this.simulator = simulator;
    this.#door = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) {
        chunks.push(chunk as Buffer);
      }
      const body = Buffer.concat(chunks);
      const { method, url: path, headers } = incoming;
      if (path === '/api/generate') {
        this.#watch(JSON.parse(body.toString()), Number(headers['x-bot']), response);
      }
      const onward = forward(`${simulator.url}${path}`, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.on('error', () => response.destroy()).pipe(response);
      });
      onward.on('error', () => response.destroy());
      response.on('close', () => onward.destroy());
      onward.end(body);
    });
  }

  static async start(name: string, loadBytesPerSecond: number): Promise<WatchedServer> {
    const models = MODELS.map((model) => ({ spec: builtinCatalogue().find(model)! }));
    const timing = { startupMs: 20, loadBytesPerSecond, recoveryMs: 20 };
    const server = new WatchedServer(name, await startSimulator({ ...demoMachine(models), timing }));
    await new Promise<void>((resolve) => server.#door.listen(0, '127.0.0.1', resolve));
    return server;
  }

  /** An entry of SERVERS_FILE. */
  configFor(bot: number) {
    return {
      name: this.name,
      ollama: `http://127.0.0.1:${(this.#door.address() as AddressInfo).port}`,
      gpus: `prometheus+${this.simulator.url}/metrics`,
      headers: { 'x-bot': String(bot) },
    };
  }

  async close(): Promise<void> {
    this.#door.closeAllConnections();
    await new Promise((resolve) => this.#door.close(resolve));
    await this.simulator.close();
  }

  #watch(body: { model: string; keep_alive: number }, bot: number, response: NodeJS.EventEmitter): void {
    this.loads.push({ model: body.model, keepAliveMinutes: body.keep_alive / 60, bot });
    this.underWay += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.underWay);
    response.once('close', () => {
      this.underWay -= 1;
    });
  }
}

describe.skipIf(!redisInstalled)('two bot processes with one Redis', () => {
  let redis: TestRedis;
  let discord: DiscordStandIn;
  let folder: string;
  let servers: WatchedServer[];
  let bots: BotProcess[];
  let line: Redis;
  let people = 0;

  const operator = () => {
    people += 1;
    const userId = `82000000000000${String(people).padStart(4, '0')}`;
    return { userId, name: `person${people}`, permissions: PERMISSION.manageGuild };
  };
  const load = (server: WatchedServer, model: string, minutes: number): Exchange =>
    discord.slash('load', { model, ctx: 4096, server: server.name, 'keep-alive': `${minutes}m` }, operator());
  const isLoaded = ({ text }: { text: string }) =>
    /is loaded on|was loaded on/.test(readable(text)) && !/is being loaded/.test(readable(text));

  beforeAll(async () => {
    redis = await startRedis();
    line = createRedis(redis.url, createLog('silent'));
    discord = await DiscordStandIn.start();
    folder = await mkdtemp(join(tmpdir(), 'headroom-redis-e2e-'));
    servers = await Promise.all([
      ...['one', 'two', 'three'].map((name) => WatchedServer.start(name, Number.POSITIVE_INFINITY)),
      WatchedServer.start('slow', 0.4 * GIB),
    ]);
    bots = [];
    for (const number of [0, 1]) {
      const serversFile = join(folder, `servers-${number}.json`);
      await writeFile(serversFile, JSON.stringify(servers.map((server) => server.configFor(number))));
      const env = { REDIS_URL: redis.url, SERVERS_FILE: serversFile };
      const bot = await BotProcess.start(discord, { env, dataDir: join(folder, 'data') });
      bots.push(bot);
      await eventually(() => bot.stderr.includes('"ready"'));
    }
  }, 60_000);

  afterAll(async () => {
    for (const bot of bots ?? []) {
      await bot.kill();
    }
    await discord?.stop();
    await Promise.all((servers ?? []).map((server) => server.close()));
    line?.disconnect();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('loads for everybody in turn, one at a time on each server', async () => {
    const crowds = await Promise.all(
      servers.slice(0, 3).map(async (server) => {
        const asked: Exchange[] = [];
        // One after the other, so that it is known who was first; whichever process is faster takes the question.
        for (let index = 0; index < 6; index++) {
          const exchange = load(server, MODELS[index % 2]!, 30 + index);
          asked.push(exchange);
          await until(async () => Number(await line.get(`headroom:queue:${server.name}:counter`)) > index);
        }
        const burst = [6, 7, 8, 9].map((index) => load(server, MODELS[index % 2]!, 30 + index));
        return [...asked, ...burst];
      }),
    );
    const answers = await Promise.all(crowds.flat().map((exchange) => exchange.shows(isLoaded, 60_000)));
    expect(answers).toHaveLength(30);
    for (const server of servers.slice(0, 3)) {
      expect(server.mostAtOnce, server.name).toBe(1);
      const order = server.loads.map(({ keepAliveMinutes }) => keepAliveMinutes);
      expect(order.slice(0, 6), server.name).toEqual([30, 31, 32, 33, 34, 35]);
      // Of those who ask at once, one who wants less time than another has just got is served without a request.
      expect([36, 37, 38, 39], server.name).toEqual(expect.arrayContaining(order.slice(6)));
      expect(server.simulator.loaded()).toHaveLength(2);
    }
    expect(discord.violations.splice(0)).toEqual([]);
  }, 90_000);

  it('goes on when one process is killed in mid-load', async () => {
    const slow = servers[3]!;
    const first = load(slow, MODELS[0], 40);
    await eventually(() => slow.underWay === 1);
    await first.shows(({ text }) => /is being loaded/.test(readable(text)));
    const loader = bots[slow.loads[0]!.bot]!;
    const survivor = bots.find((bot) => bot !== loader)!;
    loader.pause();
    const second = load(slow, MODELS[0], 50);
    const waiting = await second.shows(({ text }) => /number 1 in the queue/.test(readable(text)));
    expect(isLoaded(waiting)).toBe(false);
    await loader.kill(true);
    const { text } = await second.shows(isLoaded, 40_000);
    expect(readable(text)).toContain('llama3.2:1b');
    expect(slow.mostAtOnce).toBe(1);
    expect(slow.loads.map(({ keepAliveMinutes }) => keepAliveMinutes)).toEqual([40, 50]);
    expect(slow.simulator.loaded().map(({ name }) => name)).toEqual(['llama3.2:1b']);
    // Nobody knows how the load ended whose process was killed, and that is what its message says.
    await first.shows(({ text }) => /the bot ended while it worked on this/.test(readable(text)), 20_000);
    expect(first.seen.some(isLoaded)).toBe(false);
    const ps = await discord.slash('ps', { server: 'slow' }, operator()).shows(({ text }) => text !== '');
    const held = readable(ps.text)
      .split('\n')
      .filter((line) => line.startsWith('llama3.2:1b'));
    expect(held).toHaveLength(1);
    expect(held[0]).toContain(`person${people - 1}`);
    expect(survivor.stderr).not.toContain('"level":60');
  }, 90_000);

  it('says so when Redis is gone, and answers what needs none', async () => {
    await redis.stop();
    const refused = load(servers[0]!, MODELS[0], 60);
    const { text } = await refused.shows(({ text }) => /Redis does not answer/.test(readable(text)), 30_000);
    expect(readable(text)).not.toContain('is loaded');
    const ps = await discord.slash('ps', { server: 'one' }, operator()).shows(({ text }) => text !== '', 15_000);
    expect(readable(ps.text)).toContain('gemma3:1b');
  }, 60_000);
});

/** Waits until something that has to be asked for is so. */
async function until(look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await look())) {
    if (Date.now() > end) {
      throw new Error(`it did not happen: ${String(look)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
