/** Whole processes: how long the bot and the tool take to start, and rows a second through `headroom estimate`. */

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { GIB } from '../../src/base/bytes.ts';
import { DiscordStandIn } from '../../test/support/discord-stand-in/index.ts';
import { section, shownMs } from './measure.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = 'src/main.ts';
const TOOL = 'bin/headroom.js';

/** The Markdown section for `npm run bench`. */
export async function benchProcesses(): Promise<string> {
  const rows: string[][] = [];
  rows.push(['boot of the bot until it answers', shownMs(await median(3, bootBot)), '']);
  rows.push(['`headroom help`', shownMs(await median(3, () => runTool(['help'], ''))), '']);
  const fit = ['fit', 'gemma3:12b', '--ctx', '32768', '--gpus', '4x8GiB'];
  rows.push(['`headroom fit`', shownMs(await median(3, () => runTool(fit, ''))), '']);
  const start = await median(3, () => runTool(['estimate'], `${row(0, 'plan', ['llama3.1:8b'])}\n`));
  rows.push(['`headroom estimate`, one row', shownMs(start), '']);
  const dense = ['llama3.1:8b', 'gemma3:12b', 'qwen3:8b', 'llama3.2:1b'];
  const mixed = [...dense, 'gpt-oss:20b', 'qwen3:30b'];
  for (const [name, mode, models, count] of [
    ['plan rows, dense models', 'plan', dense, 6_000],
    ['plan rows, dense models and experts', 'plan', mixed, 6_000],
    ['decide rows, dense models', 'decide', dense, 3_000],
    ['decide rows, dense models and experts', 'decide', mixed, 3_000],
  ] as const) {
    const input = Array.from({ length: count }, (_, index) => `${row(index, mode, models)}\n`).join('');
    const took = await runTool(['estimate'], input);
    const rate = `${Math.round((1000 * count) / took)} a second, ${Math.round((1000 * count) / (took - start))} after the start`;
    rows.push([`\`headroom estimate\`, ${count} ${name}`, rate, '≥ 2,000 a second']);
  }
  return section('Processes', ['case', 'measured', 'target'], rows);
}

/** Rows over models, contexts, cache types and cards, hardly two the same. */
function row(index: number, mode: 'plan' | 'decide', models: readonly string[]): string {
  const gib = [8, 12, 16, 24, 48][index % 5]!;
  const totalBytes = gib * GIB;
  const gpu = { name: 'GPU', totalBytes, freeBytes: totalBytes - (index % 7) * 2 ** 27 };
  return JSON.stringify({
    id: index,
    model: models[index % models.length],
    mode,
    numCtx: 2_048 + 256 * (index % 400),
    numParallel: 1,
    kvCacheType: ['f16', 'q8_0'][index % 2],
    ...(mode === 'plan' ? { ollama: 'llama.cpp', numBatch: 2048, numUbatch: 512, outputs: 1 } : { ollama: '0.33.0' }),
    gpus: Array.from({ length: 1 + (index % 3) }, () => gpu),
  });
}

async function median(count: number, work: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    times.push(await work());
  }
  return times.sort((a, b) => a - b)[Math.floor(count / 2)]!;
}

/** Milliseconds from the start of the process to its end. */
function runTool(args: readonly string[], input: string): Promise<number> {
  const start = performance.now();
  const child = spawn(process.execPath, [TOOL, ...args], { cwd: ROOT, stdio: ['pipe', 'pipe', 'ignore'] });
  let lines = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    lines += chunk.filter((byte) => byte === 10).length;
  });
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => {
      const asked = input.split('\n').length - 1;
      if (lines < asked) {
        reject(new Error(`${lines} answers to ${asked} rows`));
      } else {
        resolve(performance.now() - start);
      }
    });
  });
}

/** Milliseconds from the start of the process until it is ready for commands. */
async function bootBot(): Promise<number> {
  const discord = await DiscordStandIn.start();
  const dataDir = await mkdtemp(join(tmpdir(), 'headroom-bench-'));
  const start = performance.now();
  const child = spawn(process.execPath, [MAIN], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PATH: process.env.PATH ?? '',
      DISCORD_TOKEN: discord.token,
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_GUILD_IDS: discord.guildId,
      OLLAMA_HOST: 'http://127.0.0.1:9',
      GPU_SOURCE: '24GiB',
      DATA_DIR: dataDir,
    },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.includes('"ready"')) {
        return performance.now() - start;
      }
    }
    throw new Error('the bot did not start');
  } finally {
    child.kill('SIGKILL');
    await ended;
    await discord.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
