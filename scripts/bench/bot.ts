import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeEnvFile } from '../../src/settings/env-file.ts';
import { DiscordStandIn } from '../../test/support/discord-stand-in/index.ts';
import { layPacked } from './packed.ts';

const STARTS = 5;
const IDLE_MS = 60_000;
/** A start that takes longer has failed. */
const PATIENCE_MS = 60_000;

/** The packed bot against Discord's stand-in: from the start of its process until it is ready, and its memory when idle. */
export async function benchBot(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-bench-'));
  const discord = await DiscordStandIn.start();
  try {
    const tool = layPacked(folder);
    writeEnvFile(
      join(folder, '.env'),
      [
        ['DISCORD_TOKEN', discord.token],
        ['DISCORD_GUILD_IDS', discord.guildId],
        ['OLLAMA_HOST', 'http://127.0.0.1:9'],
        ['GPU_SOURCE', '2x4090'],
      ],
      { replace: false },
    );
    const times: number[] = [];
    const cpu: number[] = [];
    let memory: readonly number[] = [];
    for (let start = 0; start < STARTS; start++) {
      const began = performance.now();
      const bot = spawn(process.execPath, [join(tool, 'bin', 'headroom.js'), 'start'], {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: folder, DISCORD_API_URL: discord.apiUrl },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const ended = new Promise((resolve) => bot.once('exit', resolve));
      try {
        await ready(bot);
        times.push(performance.now() - began);
        cpu.push(cpuOf(bot.pid!));
        if (start === STARTS - 1) {
          const first = mibOf(bot.pid!);
          await sleep(IDLE_MS);
          memory = [first, mibOf(bot.pid!)];
        }
      } finally {
        bot.kill('SIGTERM');
        await ended;
      }
    }
    const median = (list: readonly number[]) => list.toSorted((a, b) => a - b)[Math.floor(STARTS / 2)]!;
    return [
      '## The bot, packed, with SQLite',
      '',
      '| what | |',
      '|---|---:|',
      `| from its start until it is connected and ready, the first time | ${times[0]!.toFixed(0)} ms |`,
      `| the same again, median of ${STARTS} | ${median(times).toFixed(0)} ms |`,
      `| processor time of that | ${median(cpu).toFixed(0)} ms |`,
      `| memory of its processes then | ${memory[0]!.toFixed(0)} MiB |`,
      `| after ${IDLE_MS / 1_000} s with nothing to do | ${memory[1]!.toFixed(0)} MiB |`,
      '',
    ].join('\n');
  } finally {
    await discord.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Waits until the bot says that it is ready. */
function ready(bot: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the bot did not get ready')), PATIENCE_MS);
    bot.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('"msg":"ready"')) {
        clearTimeout(timer);
        resolve();
      }
    });
  });
}

/** Processor time that a process has had, ms: the same however busy the machine is. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  // Fields 14 and 15, in hundredths of a second; the two before the parenthesis are gone.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Resident memory of a process and of those it started, MiB. */
function mibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
  );
  return children.reduce((sum, child) => sum + mibOf(child), Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024);
}
