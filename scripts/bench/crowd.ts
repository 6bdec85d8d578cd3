/**
 * The whole bot against a local Discord and a simulated GPU server: how soon a crowd's commands are acknowledged at a
 * fixed pace, and how much memory it takes in the long run. What is asked is mixed: answers with and without pictures,
 * lists, completion, forged buttons.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DiscordStandIn, type Exchange } from '../../test/support/discord-stand-in/index.ts';
import { pause, section } from './measure.ts';
import { layPacked } from './packed.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FLEET = fileURLToPath(new URL('./server-fleet.ts', import.meta.url));
/** So many people that nobody asks too often. */
const PEOPLE = 4_000;
/** Discord takes an acknowledgement for this long, milliseconds; whoever has none by then sees a failure. */
const ACKNOWLEDGE_MS = 3_000;
/** An answer that is not there by then is counted as lost, milliseconds. */
const ANSWER_MS = 60_000;
const MODELS = ['gemma3:12b', 'qwen3:8b', 'llama3.1:8b', 'llama3.2:1b', 'qwen3:30b', 'gpt-oss:20b'];

export interface Crowd {
  readonly discord: DiscordStandIn;
  /** Resident memory of the bot, MiB. */
  rssMib(): number;
  ask(turn: number): Exchange;
  close(): Promise<void>;
}

/** The Markdown section for `npm run bench`: acknowledgements. */
export async function benchCrowd(): Promise<string> {
  const rows: string[][] = [];
  for (const [perSecond, seconds, target] of [
    [50, 20, '≤ 100 ms'],
    [200, 40, '≤ 250 ms'],
  ] as const) {
    const crowd = await startCrowd();
    try {
      const opening = crowd.ask(0);
      await opening.acknowledged(ACKNOWLEDGE_MS);
      await pace(crowd, 5, 3);
      await pause(1_000);
      const { sent, lost, refused, times } = await pace(crowd, perSecond, seconds);
      const at = (share: number) => `${Math.round(times[Math.floor((times.length - 1) * share)] ?? 0)} ms`;
      rows.push([
        `${perSecond} a second for ${seconds} s`,
        at(0.5),
        at(0.99),
        target,
        at(1),
        `${Math.round(opening.acknowledgedAfterMs ?? 0)} ms`,
        ...[sent, lost, refused].map(String),
      ]);
    } finally {
      await crowd.close();
    }
  }
  return section(
    'Crowd: how soon commands are acknowledged',
    [
      'pace',
      'median',
      'p99',
      'target',
      'latest',
      'the first after the start',
      'sent',
      'unanswered',
      'refused in words',
    ],
    rows,
  );
}

/**
 * The Markdown section for `npm run bench -- memory`: resident memory through many commands, 24 in flight, of the program as
 * its package runs (`npm run build` first), or with BENCH_PROGRAM=sources as a checkout does.
 */
export async function benchMemory(): Promise<string> {
  const most = Number(process.env.BENCH_COMMANDS ?? 20_000);
  // On a busy machine what was done in this time has to do.
  const until = performance.now() + Number(process.env.BENCH_MINUTES ?? 60) * 60_000;
  const rows: string[][] = [];
  const packed = process.env.BENCH_PROGRAM !== 'sources';
  const crowd = await startCrowd(packed);
  try {
    const samples: { readonly done: number; readonly mib: number }[] = [{ done: 0, mib: crowd.rssMib() }];
    let sent = 0;
    let done = 0;
    let lost = 0;
    const work = async (): Promise<void> => {
      while (sent < most && performance.now() < until) {
        const exchange = crowd.ask(sent);
        sent += 1;
        try {
          await (exchange.kind === 'completion'
            ? exchange.acknowledged(ACKNOWLEDGE_MS)
            : exchange.shows(undefined, ANSWER_MS));
        } catch {
          lost += 1;
        }
        forget(crowd.discord, exchange);
        done += 1;
        if (done % 100 === 0) {
          samples.push({ done, mib: crowd.rssMib() });
        }
      }
    };
    const start = performance.now();
    await Promise.all(Array.from({ length: 24 }, work));
    const total = done;
    const perSecond = total / ((performance.now() - start) / 1_000);
    const peak = Math.max(...samples.map(({ mib }) => mib));
    const settled = samples.filter(({ done: at }) => at >= total / 4);
    rows.push([
      `${total} commands, 24 in flight, ${packed ? 'packed' : 'from the sources'}`,
      `${perSecond.toFixed(0)} a second`,
      `${samples[0]!.mib.toFixed(0)} MiB`,
      `${peak.toFixed(0)} MiB`,
      '≤ 300 MiB',
      `${slope(settled).toFixed(2)} MiB`,
      String(lost),
    ]);
    rows.push([
      `the course: ${samples
        .filter((_, i) => i % Math.ceil(samples.length / 12) === 0)
        .map(({ mib }) => mib.toFixed(0))
        .join(', ')} MiB`,
      '',
      '',
      '',
      '',
      '',
      '',
    ]);
  } finally {
    await crowd.close();
  }
  return section(
    'Memory of the bot',
    ['case', 'pace', 'at the start', 'most', 'target', 'more for each 1,000 after the first quarter', 'unanswered'],
    rows,
  );
}

/** Sends at a fixed pace, whatever comes back, and waits for the last acknowledgement. */
export async function pace(crowd: Crowd, perSecond: number, seconds: number) {
  const asked: Exchange[] = [];
  const start = performance.now();
  while (performance.now() - start < seconds * 1_000) {
    const due = Math.floor(((performance.now() - start) / 1_000) * perSecond);
    while (asked.length < due) {
      asked.push(crowd.ask(asked.length));
    }
    await pause(5);
  }
  await pause(ACKNOWLEDGE_MS + 500);
  const times = asked
    .map((exchange) => exchange.acknowledgedAfterMs)
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
  const refused = asked.filter((exchange) => exchange.acknowledgement?.type === 4).length;
  for (const exchange of asked) {
    forget(crowd.discord, exchange);
  }
  return { sent: asked.length, lost: asked.length - times.length, refused, times };
}

/** What the stand-in remembers of an exchange, so that its own memory does not grow into the measurement. */
function forget(discord: DiscordStandIn, exchange: Exchange): void {
  discord.forget(exchange);
}

/** Growth for each 1,000 commands by least squares, MiB. */
function slope(samples: readonly { readonly done: number; readonly mib: number }[]): number {
  const mean = (pick: (sample: (typeof samples)[number]) => number) =>
    samples.reduce((sum, one) => sum + pick(one), 0) / samples.length;
  const [x, y] = [mean((one) => one.done), mean((one) => one.mib)];
  const over = samples.reduce((sum, one) => sum + (one.done - x) * (one.mib - y), 0);
  const under = samples.reduce((sum, one) => sum + (one.done - x) ** 2, 0);
  return under === 0 ? 0 : (over / under) * 1_000;
}

/** The bot with a crowd before it; `env` says what else it is to do. */
export async function startCrowd(packed = false, env: Readonly<Record<string, string>> = {}): Promise<Crowd> {
  const discord = await DiscordStandIn.start();
  const fleet = spawn(process.execPath, [FLEET, '1', '4', '0', '12'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [url = ''] = JSON.parse(await lineOf(fleet, () => true)) as string[];
  const dataDir = await mkdtemp(join(tmpdir(), 'headroom-crowd-'));
  const bot = spawn(process.execPath, [join('bin', 'headroom.js'), 'start'], {
    cwd: packed ? layPacked(dataDir) : ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_GUILD_IDS: discord.guildId,
      OLLAMA_HOST: url,
      GPU_SOURCE: `prometheus+${url}/metrics`,
      DATA_DIR: dataDir,
      LOG_LEVEL: 'info',
      TZ: 'UTC',
      ...env,
    },
  });
  await lineOf(bot, (line) => line.includes('"ready"'));
  // A full pipe would stop the bot.
  bot.stderr?.resume();
  let number = 0;
  return {
    discord,
    rssMib: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${bot.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024,
    ask: (turn) => {
      number += 1;
      return askSomething(discord, turn, `${100_000_000_000_000 + (number % PEOPLE)}`);
    },
    close: async () => {
      for (const child of [bot, fleet]) {
        child.kill('SIGTERM');
      }
      await pause(9000);
      await discord.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

function askSomething(discord: DiscordStandIn, turn: number, userId: string): Exchange {
  const model = MODELS[turn % MODELS.length]!;
  const ctx = 2_048 + 256 * ((turn * 7) % 100);
  const who = { userId };
  switch (turn % 10) {
    case 0:
      return discord.slash('vram', {}, who);
    case 1:
      return discord.slash('help', {}, who);
    case 2:
      return discord.slash('models', {}, who);
    case 3:
      return discord.complete('fit', 'model', 'ge', {}, who);
    case 4:
      return discord.slash('status now', {}, who);
    case 5:
      return discord.slash('load', { model }, who);
    case 6:
      return discord.slash('ps', {}, who);
    case 7:
      return discord.slash('fit', { model, gpus: '4x24GiB', ctx }, who);
    default:
      return discord.slash('fit', { model, ctx }, who);
  }
}

async function lineOf(child: ChildProcess, holds: (line: string) => boolean): Promise<string> {
  const stream = child.stdout ?? child.stderr;
  if (stream === null) {
    throw new Error('no output');
  }
  const lines = createInterface({ input: stream });
  try {
    for await (const line of lines) {
      if (holds(line)) {
        return line;
      }
    }
  } finally {
    lines.close();
  }
  throw new Error('the process ended');
}
