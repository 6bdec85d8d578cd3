import { spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, Script } from 'node:vm';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEnvFile } from '../../src/settings/env-file.ts';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { tinyModel, writeGguf } from '../support/gguf-writer.ts';

const root = join(import.meta.dirname, '..', '..');
const VERSIONS = [20, 22, 24] as const;
/** Most that the package may weigh, bytes: packed, and installed with all that it brings. */
const MAX_PACKED = 8 * 2 ** 20;
const MAX_INSTALLED = 300 * 2 ** 20;

let folder: string;
let project: string;
let packed: { readonly filename: string; readonly size: number; readonly files: readonly { readonly path: string }[] };
const nodes = new Map<number, string>();

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

function run(command: string, args: readonly string[], cwd: string, input = ''): Promise<Ended> {
  // As in an empty shell: what npm and vitest set for their own programs is not for these.
  const env = { PATH: process.env.PATH, HOME: folder, LANG: 'C', HTTPS_PROXY: process.env.HTTPS_PROXY };
  const child = spawn(command, args, { cwd, env: command === 'npm' ? process.env : env });
  let out = '';
  let error = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    error += data;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, error })));
}

async function mustRun(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, out, error } = await run(command, args, cwd);
  if (code !== 0) {
    throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${error}\n${out}`);
  }
  return out;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headroom-package-'));
  project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  await mustRun(process.execPath, ['scripts/build.ts'], root);
  [packed] = JSON.parse(await mustRun('npm', ['pack', '--json', '--pack-destination', folder], root));
  await mustRun('npm', ['install', '--no-audit', '--no-fund', join(folder, packed.filename)], project);
  for (const version of VERSIONS) {
    const home = join(folder, `node${version}`);
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{ "private": true }');
    await mustRun('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], home);
    nodes.set(version, join(home, 'node_modules', 'node', 'bin', 'node'));
  }
  writeFileSync(join(project, 'tiny.gguf'), writeGguf(tinyModel()).bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CONSUMER = `
import { clamp, decide } from 'headroom';
import { findSpec, listNames } from 'headroom/catalogue';
import { specFromBytes, specFromFile, specFromShow } from 'headroom/gguf';
import { readFile } from 'node:fs/promises';

const GIB = 2 ** 30;
const server = { ollama: '0.33.0', gpus: [{ name: 'RTX 3090', totalBytes: 24 * GIB, freeBytes: 23 * GIB }] };
const spec = await findSpec('gemma3:12b', { registry: false });
const fromFile = await specFromFile('tiny.gguf');
const fromBytes = await specFromBytes(await readFile('tiny.gguf'));
const fromShow = specFromShow({
  model_info: fromFile.metadata,
  tensors: fromFile.tensors,
  details: { format: 'gguf' },
}, { name: 'shown' });
console.log(JSON.stringify({
  verdict: decide(spec, server, { numCtx: 8192 }).verdict,
  largest: clamp(spec, server, { numCtx: 8192 }).numCtx,
  names: listNames().length,
  tensors: [fromFile.tensors.length, fromBytes.tensors.length, fromShow.tensors.length],
}));
`;

describe('the packed package', () => {
  it('holds what a user needs and nothing else, in less than 8 MB', () => {
    expect(packed.size).toBeLessThan(MAX_PACKED);
    const kinds = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    expect([...kinds].sort()).toEqual([
      '.env.example',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'package.json',
    ]);
  });

  it('brings no TypeScript to run, and at most 300 MB with all that it needs', () => {
    const files = globSync('**/*', { cwd: join(project, 'node_modules'), withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    // A file that has two names (the Node that comes along) lies on the disk once.
    const sizes = new Map<number, number>();
    for (const entry of files) {
      const { ino, size } = statSync(join(entry.parentPath, entry.name));
      sizes.set(ino, size);
    }
    expect([...sizes.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_INSTALLED);
    const own = globSync('**/*.ts', { cwd: join(project, 'node_modules', 'headroom') });
    expect(own.filter((path) => !path.endsWith('.d.ts'))).toEqual([]);
  });

  it('names every declaration that its entries promise', () => {
    const { exports: entries } = JSON.parse(readFileSync(join(project, 'node_modules/headroom/package.json'), 'utf8'));
    const promised = JSON.stringify(entries).match(/\.\/[^"]+/g) ?? [];
    for (const path of promised.filter((name) => /\.\w+$/.test(name))) {
      expect(statSync(join(project, 'node_modules', 'headroom', path)).isFile(), path).toBe(true);
    }
  });
});

describe.each(VERSIONS)('under Node %i', (version) => {
  it('the library answers', async () => {
    writeFileSync(join(project, 'consumer.mjs'), CONSUMER);
    const { code, out, error } = await run(nodes.get(version)!, ['consumer.mjs'], project);
    expect(error).toBe('');
    expect(code).toBe(0);
    const answer = JSON.parse(out);
    expect(answer.verdict).toBe('fits');
    expect(answer.largest).toBeGreaterThanOrEqual(8192);
    expect(answer.names).toBeGreaterThan(20);
    expect(new Set(answer.tensors).size).toBe(1);
  });

  const tool = (args: readonly string[], input?: string) =>
    run(nodes.get(version)!, [join(project, 'node_modules/headroom/bin/headroom.js'), ...args], project, input);

  it('the tool answers by itself, and ends with the code of the verdict', async () => {
    const fits = await tool(['fit', 'gemma3:12b', '--ctx', '32k', '--gpus', '4x8GiB']);
    expect([fits.error, fits.code]).toEqual(['', 0]);
    expect(fits.out).toContain('fits with a context of 32768');
    expect((await tool(['fit', 'gemma3:12b', '--ctx', '128k', '--gpus', '12GiB', '--json'])).code).toBe(2);
    expect((await tool(['fit', 'tiny.gguf', '--ctx', '512', '--gpus', '8GiB'])).code).toBe(0);
    const wrong = await tool(['fit', 'no-such-model', '--gpus', '8GiB']);
    expect(wrong.code).toBe(1);
    expect(wrong.error).not.toMatch(/\n\s+at /);
  });

  it('estimate answers a line before the next is sent', async () => {
    const child = spawn(nodes.get(version)!, [join(project, 'node_modules/headroom/bin/headroom.js'), 'estimate'], {
      cwd: project,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const answer = () => new Promise<string>((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
    for (const id of [1, 2]) {
      const gpus = [{ totalBytes: 24 * 2 ** 30 }];
      child.stdin.write(`${JSON.stringify({ id, model: 'gemma3:12b', numCtx: 8192, gpus })}\n`);
      expect(JSON.parse(await answer())).toMatchObject({ id, verdict: 'fits' });
    }
    child.stdin.end();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  });

  it('help and version go to standard output with 0; the help of the bundle is that of the program', async () => {
    const help = await tool(['--help']);
    expect([help.code, help.error]).toEqual([0, '']);
    expect(help.out).toContain('Usage: headroom');
    expect((await tool(['fit', '--help', '--no-color'])).out).toBe((await tool(['fit', '--help'])).out);
    const { version: own } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await tool(['--version'])).toEqual({ code: 0, out: `${own}\n`, error: '' });
  });
});

describe('the bot of the package', () => {
  it('starts from what init writes, registers with Discord, answers for its health, and ends when told', async () => {
    const discord = await DiscordStandIn.start();
    const home = mkdtempSync(join(folder, 'bot-'));
    writeEnvFile(
      join(home, '.env'),
      [
        ['DISCORD_TOKEN', discord.token],
        ['DISCORD_GUILD_IDS', discord.guildId],
        ['OLLAMA_HOST', 'http://127.0.0.1:9'],
        ['GPU_SOURCE', '2x4090'],
        ['HTTP_PORT', '19464'],
      ],
      { replace: false },
    );
    const child = spawn(nodes.get(24)!, [join(project, 'node_modules/headroom/bin/headroom.js'), 'start'], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, DISCORD_API_URL: discord.apiUrl },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    try {
      await expect
        .poll(() => (discord.commands.get(discord.guildId) ?? []).length, { timeout: 60_000 })
        .toBeGreaterThan(5);
      await expect
        .poll(
          () =>
            fetch('http://127.0.0.1:19464/healthz').then(
              ({ status }) => status,
              () => 0,
            ),
          { timeout: 60_000 },
        )
        .toBe(200);
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      console.info(`the bot's memory just after its start: ${/VmRSS:\s*(.*)/.exec(status)?.[1]}`);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await ended).toBe(0);
    await discord.stop();
  });
});

describe('for other programs', () => {
  it.each([
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])('strict TypeScript takes its types (module %s)', async (module, resolution) => {
    writeFileSync(
      join(project, 'consumer.ts'),
      `import { clamp, decide, type ModelSpec, type Plan } from 'headroom';
import { findSpec, listNames } from 'headroom/catalogue';
import { specFromBytes, specFromFile, specFromShow } from 'headroom/gguf';
const spec: ModelSpec = await findSpec('gemma3:12b');
const server = { ollama: '0.33.0', gpus: [{ name: 'GPU', totalBytes: 1, freeBytes: 1 }] };
export const plan: Plan = decide(spec, server, { numCtx: 8192 });
export const largest: number | null = clamp(spec, server, { numCtx: 1 }).numCtx;
export const names: readonly string[] = listNames();
export const others: Promise<ModelSpec>[] = [specFromFile('x'), specFromBytes(new Uint8Array(1))];
export const shown: ModelSpec = specFromShow({});
`,
    );
    const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--target', 'es2022', '--lib', 'es2023,dom'];
    const { code, out } = await run(
      join(root, 'node_modules/.bin/tsc'),
      [...flags, '--module', module, '--moduleResolution', resolution, 'consumer.ts'],
      project,
    );
    expect([code, out]).toEqual([0, '']);
  });

  it('a browser takes it without anything of Node', async () => {
    writeFileSync(
      join(project, 'page.mjs'),
      `import { decide } from 'headroom';
import { findSpec, listNames } from 'headroom/catalogue';
import { specFromBytes } from 'headroom/gguf';
globalThis.answer = (async () => {
  const gpus = [{ name: 'GPU', totalBytes: 24 * 2 ** 30, freeBytes: 23 * 2 ** 30 }];
  const { verdict } = decide(await findSpec('gemma3:12b'), { ollama: '0.33.0', gpus }, { numCtx: 8192 });
  const { architecture } = await specFromBytes(globalThis.file);
  return { verdict, architecture, names: listNames().length };
})();
`,
    );
    const build = await rolldown({
      cwd: project,
      input: 'page.mjs',
      platform: 'browser',
      onLog: (_level, log) => {
        if (log.code !== 'PLUGIN_TIMINGS') {
          throw new Error(log.message);
        }
      },
    });
    const { output } = await build.generate({ format: 'iife', codeSplitting: false });
    await build.close();
    const code = output[0].code;
    expect(code).not.toMatch(/(?:from|import|require)\s*\(?["']node:/);
    // What a page has, and no more: no process, no Buffer, no require.
    const { Blob, DecompressionStream, Headers, Response, TextDecoder, TextEncoder, URL, AbortController } = globalThis;
    const web = { Blob, DecompressionStream, Headers, Response, TextDecoder, TextEncoder, URL, AbortController };
    const timers = { atob, btoa, setTimeout, clearTimeout, queueMicrotask, structuredClone };
    const page = createContext({ ...web, ...timers, file: new Uint8Array(readFileSync(join(project, 'tiny.gguf'))) });
    new Script(code).runInContext(page);
    expect(await page.answer).toMatchObject({ verdict: 'fits', names: expect.any(Number) });
  });
});
