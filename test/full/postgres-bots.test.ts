import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BotProcess, eventually, ROOT, readable } from '../e2e/harness.ts';
import { DiscordStandIn, type Exchange, PERMISSION } from '../support/discord-stand-in/index.ts';
import { postgresInstalled, TestPostgres } from '../support/postgres.ts';
import { WATCHED_MODELS as MODELS, WatchedServer } from '../support/watched-server.ts';

const GIB = 1024 ** 3;
if (!postgresInstalled) {
  console.warn('skipped: PostgreSQL is not installed');
}

/**
 * Two bots with one token, as on two hosts: no common folder, clocks that differ by two minutes, and PostgreSQL between
 * them. Scenes of one story, in their order. What took how long is printed.
 */
describe.skipIf(!postgresInstalled)('two bots on two hosts with one PostgreSQL', () => {
  let postgres: TestPostgres;
  let admin: pg.Pool;
  let discord: DiscordStandIn;
  let folder: string;
  let servers: WatchedServer[];
  let bots: BotProcess[];
  let people = 0;

  const operator = () => {
    people += 1;
    const userId = `82000000000000${String(people).padStart(4, '0')}`;
    return { userId, name: `person${people}`, permissions: PERMISSION.manageGuild };
  };
  const load = (server: WatchedServer, model: string, minutes: number): Exchange =>
    discord.slash('load', { model, ctx: 4096, server: server.name, 'keep-alive': `${minutes}m` }, operator());
  const isLoaded = ({ text }: { text: string }) =>
    /(?:is|was)(?: already)? loaded on/.test(readable(text)) && !/is being loaded/.test(readable(text));
  const tickets = async (server: string): Promise<number> => {
    const { rows } = await admin.query('select count(*)::int as n from turn_tickets where server = $1', [server]);
    return Number(rows[0]?.n);
  };
  const ask = async (name: string, options: Readonly<Record<string, string>> = {}) =>
    readable((await discord.slash(name, options, operator()).shows(({ text }) => text !== '', 15_000)).text);

  const startBot = async (number: number): Promise<BotProcess> => {
    const serversFile = join(folder, `servers-${number}.json`);
    await writeFile(serversFile, JSON.stringify(servers.map((server) => server.configFor(number))));
    const env = {
      DATABASE_URL: postgres.url(),
      SERVERS_FILE: serversFile,
      NODE_OPTIONS: `--import ${pathToFileURL(join(ROOT, 'test/support/skewed-clock.ts')).href}`,
      CLOCK_SKEW_MS: String(number === 0 ? -60_000 : 60_000),
    };
    const bot = await BotProcess.start(discord, { env, dataDir: join(folder, `data-${number}`) });
    await eventually(() => bot.stderr.includes('"ready"'), 30_000);
    return bot;
  };
  const leads = (bot: BotProcess) =>
    bot.stderr.lastIndexOf('this process leads"') > bot.stderr.lastIndexOf('this process leads no more');

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    discord = await DiscordStandIn.start();
    folder = await mkdtemp(join(tmpdir(), 'headroom-hosts-'));
    servers = await Promise.all([
      ...['one', 'two', 'three'].map((name) => WatchedServer.start(name, Number.POSITIVE_INFINITY)),
      WatchedServer.start('slow', 0.4 * GIB),
    ]);
    bots = [await startBot(0), await startBot(1)];
    admin = new pg.Pool({ connectionString: postgres.url(), max: 2 });
    admin.on('error', () => undefined);
  }, 120_000);

  afterAll(async () => {
    await admin?.end().catch(() => undefined);
    for (const bot of bots ?? []) {
      await bot.kill();
    }
    await discord?.stop();
    await Promise.all((servers ?? []).map((server) => server.close()));
    await postgres?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('answer each question once', async () => {
    const exchanges = Array.from({ length: 20 }, () => discord.slash('ps', { server: 'one' }, operator()));
    await Promise.all(exchanges.map((exchange) => exchange.shows(({ text }) => text !== '', 15_000)));
    const acknowledged = discord.requests.filter(({ line }) => line.includes('/callback'));
    expect(acknowledged.filter(({ status }) => status < 300)).toHaveLength(20);
    console.log(`${acknowledged.length - 20} of 20 were also tried by the other process, and refused by Discord`);
    const { rows } = await admin.query('select count(*)::int as n from interactions');
    expect(rows[0].n).toBe(20);
    expect(discord.violations.splice(0)).toEqual([]);
  }, 60_000);

  it('load for everybody in turn, one at a time on each server', async () => {
    const crowds = await Promise.all(
      servers.slice(0, 3).map(async (server) => {
        const asked: Exchange[] = [];
        // One after the other, so that it is known who was first; whichever process is faster takes the question.
        for (let index = 0; index < 6; index++) {
          const exchange = load(server, MODELS[index % 2]!, 30 + index);
          asked.push(exchange);
          await until(async () => server.loads.length > index || (await tickets(server.name)) > 0);
          await until(async () => server.loads.length + (await tickets(server.name)) > index);
        }
        const burst = [6, 7, 8, 9].map((index) => load(server, MODELS[index % 2]!, 30 + index));
        return [...asked, ...burst];
      }),
    );
    const answers = await Promise.all(crowds.flat().map((exchange) => exchange.shows(isLoaded, 90_000)));
    expect(answers).toHaveLength(30);
    for (const server of servers.slice(0, 3)) {
      expect(server.mostAtOnce, server.name).toBe(1);
      const order = server.loads.map(({ keepAliveMinutes }) => keepAliveMinutes);
      expect(order.slice(0, 6), server.name).toEqual([30, 31, 32, 33, 34, 35]);
      // Of those who ask at once, one who wants less time than another has just got is served without a request.
      expect([36, 37, 38, 39], server.name).toEqual(expect.arrayContaining(order.slice(6)));
      expect(server.simulator.loaded()).toHaveLength(2);
    }
    const { rows } = await admin.query(`select count(*)::int as n from audit where action = 'load' and result = 'ok'`);
    expect(rows[0].n).toBe(30);
    expect(discord.violations.splice(0)).toEqual([]);
  }, 120_000);

  it('see each other’s holds and records at times that agree, whatever their clocks say', async () => {
    expect(await ask('ps', { server: 'one' })).toMatch(/person\d+/);
    const { rows } = await admin.query(
      `select max(abs(at_ms - extract(epoch from clock_timestamp()) * 1000))::float8 as off from audit`,
    );
    expect(Number(rows[0].off)).toBeLessThan(120_000);
    const { rows: order } = await admin.query('select at_ms from audit order by id');
    const steps = order.map(({ at_ms }, index) => (index === 0 ? 0 : Number(at_ms) - Number(order[index - 1]!.at_ms)));
    // Rows come in the order of their times, by and large: never a minute back, as by the hosts' own clocks.
    expect(Math.min(...steps)).toBeGreaterThan(-20_000);
  });

  it('go on when one is killed in mid-load', async () => {
    const slow = servers[3]!;
    const first = load(slow, MODELS[0], 40);
    await eventually(() => slow.underWay === 1, 20_000);
    await first.shows(({ text }) => /is being loaded/.test(readable(text)), 20_000);
    const loader = bots[slow.loads[0]!.bot]!;
    loader.pause();
    const second = load(slow, MODELS[0], 50);
    const waiting = await second.shows(({ text }) => /number 1 in the queue/.test(readable(text)), 20_000);
    expect(isLoaded(waiting)).toBe(false);
    const killedAt = performance.now();
    await loader.kill(true);
    await eventually(() => slow.loads.length === 2, 20_000);
    console.log(`the next in line began ${Math.round(performance.now() - killedAt)} ms after the kill`);
    const { text } = await second.shows(isLoaded, 40_000);
    expect(readable(text)).toContain('llama3.2:1b');
    expect(slow.mostAtOnce).toBe(1);
    expect(slow.loads.map(({ keepAliveMinutes }) => keepAliveMinutes)).toEqual([40, 50]);
    expect(slow.simulator.loaded().map(({ name }) => name)).toEqual(['llama3.2:1b']);
    // Nobody knows how the load ended whose process was killed, and that is what its message says.
    await first.shows(({ text }) => /the bot ended while it was working on this/.test(readable(text)), 30_000);
    expect(first.seen.some(isLoaded)).toBe(false);
    bots[bots.indexOf(loader)] = await startBot(bots.indexOf(loader));
  }, 120_000);

  it('post each thing once, and go on when the one that posts is killed', async () => {
    await eventually(() => bots.some(leads), 20_000);
    expect(await ask('status schedule', { cron: '0 9 * * *', mode: 'live' })).toContain('kept up');
    const edits = () => discord.sent(/^PATCH .*\/channels\/\d+\/messages\//).length;
    const live = discord.posts.filter(({ how, text }) => how === 'post' && text.includes('GPU status'));
    expect(live).toHaveLength(1);
    await eventually(() => bots.filter(leads).length === 1);
    const leader = bots.find(leads)!;
    const before = edits();
    const killedAt = performance.now();
    await leader.kill(true);
    await eventually(() => edits() > before, 30_000);
    console.log(`posts went on ${Math.round(performance.now() - killedAt)} ms after the kill`);
    expect(discord.posts.filter(({ how, text }) => how === 'post' && text.includes('GPU status'))).toHaveLength(1);
    bots[bots.indexOf(leader)] = await startBot(bots.indexOf(leader));
    expect(bots.filter(leads)).toHaveLength(1);
  }, 120_000);

  it('answer what reads, refuse what acts, lose nothing and do nothing twice while PostgreSQL is gone', async () => {
    const [one, , , slow] = servers as [WatchedServer, WatchedServer, WatchedServer, WatchedServer];
    const under = load(slow, MODELS[1], 60);
    await eventually(() => slow.underWay === 1, 20_000);
    const loads = one.loads.length;
    await postgres.halt();
    const goneAt = performance.now();
    // What was being loaded is given up at once: without its turn the process may not go on.
    await under.shows(({ text }) => /connection to the database broke/.test(readable(text)), 30_000);
    console.log(`the load under way was given up and told ${Math.round(performance.now() - goneAt)} ms after the loss`);
    expect(slow.underWay).toBe(0);
    const refused = load(one, MODELS[0], 70);
    await refused.shows(({ text }) => /database does not answer|Nothing was done/.test(readable(text)), 30_000);
    expect(await ask('ps', { server: 'one' })).toContain('gemma3:1b');
    expect(await ask('fit', { model: 'gemma3:1b', server: 'one' })).toMatch(/fits/);
    expect(await ask('vram', { server: 'one' })).toMatch(/free/);
    expect(await ask('status now')).toMatch(/free/);
    expect(await ask('notify when-free', { gib: '500', server: 'one' })).toMatch(
      /database does not answer|Nothing was done|never/,
    );
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 30_000 - (performance.now() - goneAt))));
    expect(one.loads).toHaveLength(loads);
    await postgres.resume();
    await eventually(() => bots.every((bot) => bot.stderr.includes('stands again')), 20_000);
    const again = load(one, MODELS[0], 80);
    await again.shows(isLoaded, 30_000);
    expect(one.loads.slice(loads).map(({ keepAliveMinutes }) => keepAliveMinutes)).toEqual([80]);
    await eventually(() => bots.filter(leads).length === 1, 20_000);
    expect(discord.posts.filter(({ how, text }) => how === 'post' && text.includes('GPU status'))).toHaveLength(1);
    await until(async () => {
      const { rows } = await admin.query(`select count(*)::int as n from audit where code = 'turn-lost'`);
      return rows[0].n === 1;
    });
    for (const bot of bots) {
      expect(bot.stderr).not.toContain('"level":60');
      expect(bot.stderr).not.toContain(String(postgres.port));
    }
  }, 180_000);
});

/** Waits until something that has to be asked for is so. */
async function until(look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000;
  while (!(await look())) {
    if (Date.now() > end) {
      throw new Error(`it did not happen: ${String(look)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
