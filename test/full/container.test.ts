import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiscordStandIn } from '../support/discord-stand-in/index.ts';
import { freePort } from '../support/postgres.ts';
import { WatchedServer } from '../support/watched-server.ts';

/**
 * The Dockerfile without an engine for containers: its own commands are run, in a folder in place of the image's root, and
 * what they made is started as the image would start it: another account, nothing to write but /data and /tmp.
 */
const root = join(import.meta.dirname, '..', '..');
const FILE = readFileSync(join(root, 'Dockerfile'), 'utf8').replace(/\\\n\s*/g, '');
const [BUILD = '', FINAL = ''] = FILE.split(/^FROM .*$/m).slice(1);
const linesOf = (stage: string, word: string): string[] =>
  [...stage.matchAll(new RegExp(`^${word} (.*)$`, 'gm'))].map(([, rest]) => rest!);
/** The account `node` of the image. */
const NODE = process.getuid?.() === 0 ? { uid: 1_000, gid: 1_000 } : {};

let image: string;
const inside = (text: string): string =>
  text.replace(/(?<![\w.])\/(build|packed|install|opt\/headroom|data|tmp)\b/g, `${image}/$1`);

function shell(command: string, cwd: string): void {
  const done = spawnSync('sh', ['-ec', inside(command)], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(image, 'bin')}:${process.env.PATH}` },
  });
  if (done.status !== 0) {
    throw new Error(`${command} ended with ${done.status}:\n${done.stderr}\n${done.stdout}`);
  }
}

describe('the image', () => {
  let discord: DiscordStandIn;
  let ollama: WatchedServer;
  let bot: ChildProcess | null = null;

  beforeAll(async () => {
    image = mkdtempSync(join(tmpdir(), 'headroom-image-'));
    chmodSync(image, 0o755);
    for (const folder of ['bin', 'build', 'install', 'opt', 'data', 'tmp']) {
      mkdirSync(join(image, folder));
    }
    copyFileSync(process.execPath, join(image, 'bin', 'node'));
    // What COPY brings: the files of the repository.
    const files = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
    spawnSync('xargs', ['-0', 'cp', '--parents', '-t', join(image, 'build')], { cwd: root, input: files.stdout });
    for (const [index, command] of linesOf(BUILD, 'RUN').entries()) {
      shell(command, join(image, index < 2 ? 'build' : 'install'));
    }
    // COPY --from=build /install /opt/headroom, which only root may change.
    shell('mv /install /opt/headroom && chmod -R a+rX,a-w /opt/headroom', image);
    chmodSync(join(image, 'data'), 0o777);
    chmodSync(join(image, 'tmp'), 0o777);
    discord = await DiscordStandIn.start();
    ollama = await WatchedServer.start('main', Number.POSITIVE_INFINITY);
  });
  afterAll(async () => {
    bot?.kill('SIGKILL');
    await Promise.all([discord?.stop(), ollama?.close()]);
    shell('chmod -R u+w /opt', image);
    rmSync(image, { recursive: true, force: true });
  });

  it('has three commands to make what it needs, and no Node beside its own', () => {
    expect(linesOf(BUILD, 'RUN')).toHaveLength(3);
    const size = Number(spawnSync('du', ['-sm', join(image, 'opt')], { encoding: 'utf8' }).stdout.split('\t')[0]);
    console.info(`/opt/headroom has ${size} MiB`);
    expect(size).toBeLessThan(300);
    expect(spawnSync('ls', [join(image, 'opt/headroom/node_modules/node')]).status).not.toBe(0);
  });

  it('starts as another account with nothing to write but its data, is healthy, and ends when told', async () => {
    const port = await freePort();
    const set = Object.fromEntries(
      linesOf(FINAL, 'ENV').flatMap((line) => line.split(/\s+/).map((pair) => inside(pair).split('='))),
    ) as Record<string, string>;
    const env = { ...set, PATH: `${join(image, 'bin')}:/usr/bin:/bin`, HOME: '/nonexistent', HTTP_PORT: String(port) };
    const child = spawn(
      join(image, 'bin/node'),
      [join(image, 'opt/headroom/node_modules/headroom/bin/headroom.js'), ...JSON.parse(linesOf(FINAL, 'CMD').at(-1)!)],
      {
        ...NODE,
        cwd: join(image, 'data'),
        env: {
          ...env,
          DISCORD_TOKEN: discord.token,
          DISCORD_API_URL: discord.apiUrl,
          DISCORD_GUILD_IDS: discord.guildId,
          OLLAMA_HOST: ollama.configFor(0).ollama,
          GPU_SOURCE: '24GiB',
        },
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    bot = child;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const check = JSON.parse(/CMD (\[.*\])/.exec(linesOf(FINAL, 'HEALTHCHECK')[0]!)![1]!) as [string, ...string[]];
    await expect
      .poll(() => spawnSync(join(image, 'bin', check[0]), check.slice(1), { env }).status, { timeout: 60_000 })
      .toBe(0);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });
});
