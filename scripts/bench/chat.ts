/**
 * The chat's commands against simulated servers: how long an answer takes, and for how long the event loop stands still
 * meanwhile (a bot that stands still acknowledges nothing).
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { type App, compose } from '../../src/compose/compose.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { readConfig } from '../../src/settings/config.ts';
import { measure, pause, section, shownMs, type Times } from './measure.ts';

const FLEET = fileURLToPath(new URL('./server-fleet.ts', import.meta.url));
const BLOCKED_TARGET = '50 ms';

interface Bot {
  readonly app: App;
  readonly dispatcher: Dispatcher;
  ask(command: string, options?: Readonly<Record<string, string | number>>): Promise<void>;
  close(): Promise<void>;
}

/** The Markdown section for `npm run bench`. */
export async function benchChat(): Promise<string> {
  const rows: string[][] = [];
  const add = (name: string, target: string, times: Times) =>
    rows.push([
      name,
      shownMs(times.median),
      shownMs(times.p95),
      target,
      `${shownMs(times.blocked)} (≤ ${BLOCKED_TARGET})`,
    ]);

  const one = await startBot({ servers: 1, cards: 4, hanging: 0, models: 60 });
  try {
    const server = one.app.services.servers.defaultServer;
    const refresh = () => server.snapshot({ maxAgeMs: 1_000 });
    const warm = (command: string) => async () => {
      await refresh();
      await one.ask(command);
    };
    for (const ctx of [4_096, 8_192]) {
      await one.ask('load', { model: 'llama3.2:1b', ctx });
    }
    add('/vram, snapshot warm', '≤ 150 ms', await measure(30, warm('vram')));
    add('/ps, snapshot warm', '≤ 150 ms', await measure(30, warm('ps')));
    add('/fit gemma3:12b', '', await measure(20, (turn) => one.ask('fit', question('gemma3:12b', turn))));
    add(
      '/fit of a mixture of experts, not on the server',
      '',
      await measure(10, () => one.ask('fit', question('qwen3:30b', 0))),
    );
    add('/models, 60 models', '', await measure(10, () => one.ask('models')));
    add('/status now', '', await measure(10, () => one.ask('status now')));
    const bars = Array.from({ length: 8 }, () => one.ask('vram'));
    add(
      '/ps while pictures are drawn',
      '',
      await measure(20, async () => {
        await one.ask('ps');
        bars.push(one.ask('vram'));
      }),
    );
    await Promise.all(bars);
  } finally {
    await one.close();
  }

  const fleet = await startBot({ servers: 50, cards: 8, hanging: 2, models: 4 });
  try {
    await fleet.app.start();
    await pause(6_000);
    add('50 servers × 8 GPUs, 2 hanging: a reading of all', '', await measure(5, () => readAll(fleet), 1));
    add('the same: /fit', '', await measure(10, (turn) => fleet.ask('fit', question('gemma3:12b', turn))));
    add('the same: /vram of one server', '', await measure(10, () => fleet.ask('vram', { server: 's7' })));
    add('the same: /status now', '', await measure(3, () => fleet.ask('status now'), 1));
  } finally {
    await fleet.close();
  }
  return section('Chat', ['case', 'median', 'p95', 'target', 'event loop blocked'], rows);
}

/** Contexts differ, so that nothing is answered from what was computed before. */
function question(model: string, turn: number) {
  return { model, ctx: 8_192 + 512 * turn };
}

function readAll(bot: Bot) {
  return bot.app.services.servers.snapshotAll({ maxAgeMs: 0, timeoutMs: 1_000 });
}

async function startBot(options: { servers: number; cards: number; hanging: number; models: number }): Promise<Bot> {
  const { servers, cards, hanging, models } = options;
  const child = spawn(process.execPath, [FLEET, ...[servers, cards, hanging, models].map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const urls = JSON.parse(await firstLine(child)) as string[];
  const folder = await mkdtemp(join(tmpdir(), 'headroom-bench-'));
  const serversFile = join(folder, 'servers.json');
  const entries = urls.map((url, index) => ({
    name: `s${index}`,
    ollama: url,
    gpus: `prometheus+${url}/metrics`,
  }));
  await writeFile(serversFile, JSON.stringify(entries));
  const config = readConfig({ SERVERS_FILE: serversFile, DATA_DIR: folder, TZ: 'UTC' });
  const log = createLog('silent');
  const app = await compose({ config, log, simulated: true });
  const dispatcher = createDispatcher({ commands, actionHandlers, services: app.services, log });
  return {
    app,
    dispatcher,
    ask: async (typed, given = {}) => {
      const [command = '', subcommand = null] = typed.split(' ');
      const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en' as const };
      const reply = await dispatcher.dispatch(
        { ...caller, command, subcommand, options: given },
        { progress: () => undefined },
      );
      // Discord's adapter draws the pictures of an answer before it sends it.
      await Promise.all(reply.blocks.map((block) => (block.kind === 'picture' ? block.picture.png() : null)));
      if (reply.failed === true) {
        throw new Error(`/${typed} failed: ${JSON.stringify(reply.title)}`);
      }
    },
    close: async () => {
      await app.close();
      child.stdin?.end();
      child.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) {
    throw new Error('no output');
  }
  for await (const line of createInterface({ input: child.stdout })) {
    return line;
  }
  throw new Error('the simulated servers did not start');
}
