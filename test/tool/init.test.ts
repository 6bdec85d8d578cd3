import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CodedError } from '../../src/base/coded.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import { createDiscordSetup } from '../../src/discord/setup.ts';
import { envLine, writeEnvFile } from '../../src/settings/env-file.ts';
import type { Tool } from '../../src/tool/command.ts';
import { runInit } from '../../src/tool/init.ts';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';

let folder: string;
let discord: DiscordStandIn;
const before = process.cwd();
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headroom-init-'));
  process.chdir(folder);
  discord = await DiscordStandIn.start();
});
afterEach(async () => {
  process.chdir(before);
  await discord.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Answers the questions with these lines. */
async function init(lines: readonly string[]): Promise<{ code: number | string; said: string }> {
  let said = '';
  const tool: Tool = {
    translator: createTranslator('en'),
    terminal: { colour: false, pictures: async () => new Map() },
    input: Readable.from([`${lines.join('\n')}\n`]),
    commands: [],
    write: (text) => {
      said += text;
    },
    writeError: () => undefined,
    services: () => Promise.reject(new Error('not asked here')),
    doctor: () => Promise.reject(new Error('not asked here')),
    start: () => Promise.reject(new Error('not asked here')),
    setup: async () => ({
      discord: (token) => createDiscordSetup({ token, apiUrl: discord.apiUrl, log: pino({ level: 'silent' }) }),
    }),
  };
  const code = await runInit(tool).catch((error: unknown) =>
    error instanceof CodedError ? error.code : String(error),
  );
  return { code, said };
}

const written = () => parseEnv(readFileSync('.env', 'utf8'));
/** Nothing listens there: the finding is a fault, and is kept by a yes. */
const SERVER = ['http://127.0.0.1:9', '2x4090', 'y'];

describe('headroom init', () => {
  it('asks, tries each answer, and writes what its owner alone may read', async () => {
    const { code, said } = await init([discord.token, '', '1', 'GPU operators', '2', '', ...SERVER]);
    expect(code).toBe(0);
    expect(written()).toEqual({
      DISCORD_TOKEN: discord.token,
      DISCORD_GUILD_IDS: discord.guildId,
      OPERATOR_ROLES: '300000000000000001',
      ADMIN_ROLES: '300000000000000002',
      ALERT_CHANNEL_ID: '',
      OLLAMA_HOST: 'http://127.0.0.1:9',
      GPU_SOURCE: '2x4090',
    });
    expect(lstatSync('.env').mode & 0o777).toBe(0o600);
    expect(said).toContain('permissions=274878024704');
    expect(said).toContain('scope=bot+applications.commands');
    expect(said).toMatch(/Ollama cannot be reached/);
    expect(said).not.toContain(discord.token);
    // Roles of bots and @everyone are no choice.
    expect(said).not.toContain('@everyone');
  });

  it('asks again for a token that is none or is refused, and gives up after five', async () => {
    const wrong = 'x'.repeat(60);
    const { code, said } = await init(['a b', wrong, discord.token, '', '1', '', '', '', ...SERVER]);
    expect(code).toBe(0);
    expect(said).toMatch(/This is not a token[\s\S]*Discord refused the token/i);
    rmSync('.env');
    expect((await init(Array(9).fill('no token'))).code).toBe('init-tries');
    expect(lstatSync('.env', { throwIfNoEntry: false })).toBeUndefined();
  });

  it('does without Discord where no token is given', async () => {
    expect((await init(['', ...SERVER])).code).toBe(0);
    expect(Object.keys(written()).sort()).toEqual(['GPU_SOURCE', 'OLLAMA_HOST']);
  });

  it('says what is wrong with a GPU list and asks again', async () => {
    const { code, said } = await init(['', 'http://127.0.0.1:9', '4091', 'http://127.0.0.1:9', '4090', 'y']);
    expect(code).toBe(0);
    expect(said).toMatch(/GPU_SOURCE/);
    expect(written().GPU_SOURCE).toBe('4090');
  });

  it('leaves an existing .env alone, and moves it aside when told', async () => {
    writeFileSync('.env', 'OLD=1\n');
    expect((await init(['n'])).code).toBe('env-exists');
    expect(readFileSync('.env', 'utf8')).toBe('OLD=1\n');
    expect((await init(['y', '', ...SERVER])).code).toBe(0);
    expect(readFileSync('.env.old1', 'utf8')).toBe('OLD=1\n');
    expect(written()).toMatchObject({ GPU_SOURCE: '2x4090' });
  });

  it('writes nothing when the input ends early', async () => {
    expect((await init([''])).code).toBe('init-ended');
    expect(lstatSync('.env', { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('a .env file', () => {
  it('is not written through a link, and a link is not replaced', () => {
    writeFileSync('target', 'mine\n');
    symlinkSync('target', '.env');
    for (const replace of [false, true]) {
      expect(() => writeEnvFile('.env', [['A', '1']], { replace })).toThrow(/env-link/);
    }
    expect(readFileSync('target', 'utf8')).toBe('mine\n');
    rmSync('.env');
    symlinkSync('nowhere', '.env');
    expect(() => writeEnvFile('.env', [['A', '1']], { replace: true })).toThrow(/env-link/);
    expect(lstatSync('nowhere', { throwIfNoEntry: false })).toBeUndefined();
  });

  it('reads back as what was written, or is refused', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        let line: string;
        try {
          line = envLine(['NAME', value]);
        } catch (error) {
          return error instanceof CodedError;
        }
        expect(parseEnv(`${line}\n`)).toEqual({ NAME: value });
        return true;
      }),
    );
    for (const value of ['a\nB=1', 'a\rB=1', '\0']) {
      expect(() => envLine(['NAME', value])).toThrow(/env-value/);
    }
    expect(envLine(['NAME', 'a b # c'])).toBe("NAME='a b # c'");
  });
});
