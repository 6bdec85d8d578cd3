import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { eventually, ROOT } from './harness.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) {
    await close();
  }
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'headroom-start-'));
  closers.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function standIn(): Promise<DiscordStandIn> {
  const discord = await DiscordStandIn.start();
  closers.push(() => discord.stop());
  return discord;
}

interface Started {
  readonly child: ChildProcess;
  stderr: string;
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child = spawn(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH ?? '', TZ: 'UTC', ...env },
  });
  const started: Started = { child, stderr: '' };
  child.stderr?.on('data', (chunk) => {
    started.stderr += String(chunk);
  });
  closers.push(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  });
  return started;
}

function settings(discord: DiscordStandIn, dataDir: string) {
  return {
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.apiUrl,
    DISCORD_GUILD_IDS: discord.guildId,
    OLLAMA_HOST: 'http://127.0.0.1:9',
    GPU_SOURCE: '8GiB',
    DATA_DIR: dataDir,
  };
}

const START = ['bin/headroom.js', 'start'];

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that has ended stays in the table until whoever inherited it has looked.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('headroom start', () => {
  it('is one process that ends at SIGTERM, with code 0', { timeout: 60_000 }, async () => {
    const discord = await standIn();
    const { child } = run(process.execPath, START, settings(discord, folder()));
    await discord.gateway.waitConnected(40_000, 1);
    const { pid } = child;
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('--max-semi-space-size');
    child.kill('SIGTERM');
    const [code, signal] = await once(child, 'exit');
    expect([code, signal]).toEqual([0, null]);
  });

  it('refuses a data folder that another one works with, and says which process', { timeout: 90_000 }, async () => {
    const discord = await standIn();
    const dataDir = folder();
    const first = run(process.execPath, START, settings(discord, dataDir));
    await discord.gateway.waitConnected(40_000, 1);
    const second = run(process.execPath, START, settings(discord, dataDir));
    const [code] = await once(second.child, 'exit');
    expect(code).toBe(1);
    expect(second.stderr).toContain(`process ${first.child.pid}`);
    expect(second.stderr).toContain('DATA_DIR');
    expect(discord.gateway.counts.identify).toBe(1);
    // A kill leaves no lock behind.
    const gone = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await gone;
    run(process.execPath, START, settings(discord, dataDir));
    await discord.gateway.waitConnected(40_000, 2);
  });

  it('ends when npm is gone that it was started by', { timeout: 90_000 }, async () => {
    const discord = await standIn();
    const dataDir = folder();
    const line = `"${process.execPath}" ${START.join(' ')} & wait`;
    const npm = run('sh', ['-c', line], { ...settings(discord, dataDir), npm_lifecycle_event: 'start' });
    await discord.gateway.waitConnected(40_000, 1);
    const pid = Number(readFileSync(join(dataDir, 'headroom.pid'), 'utf8'));
    expect(exists(pid)).toBe(true);
    npm.child.kill('SIGKILL');
    await eventually(() => !exists(pid), 15_000);
  });

  it('ends with words where the data folder cannot be made', { timeout: 40_000 }, async () => {
    const discord = await standIn();
    const bot = run(process.execPath, START, settings(discord, '/proc/nope'));
    const [code] = await once(bot.child, 'close');
    expect(code).toBe(1);
    expect(bot.stderr).toContain('DATA_DIR');
  });
});
