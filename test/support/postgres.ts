import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian puts the programs of PostgreSQL, newest first: they are not on the path. */
const HOMES = ['/usr/lib/postgresql'].flatMap((root) =>
  existsSync(root)
    ? readdirSync(root)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(root, version, 'bin'))
    : [],
);
const home = HOMES.find((folder) => existsSync(join(folder, 'initdb')));

/** Whether PostgreSQL is on this machine; tests that need it say that they are skipped otherwise. */
export const postgresInstalled = home !== undefined;

/** PostgreSQL does not run as root; it then runs as nobody. */
const NOBODY = 65_534;
const asOwner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** A real PostgreSQL on loopback, with an empty database and a user that may do anything in it. */
export class TestPostgres {
  readonly port: number;
  readonly #folder: string;
  readonly #options: readonly string[];
  #child: ChildProcess | null = null;

  private constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#options = options;
  }

  /** @param options further arguments of `postgres` */
  static async start(options: readonly string[] = []): Promise<TestPostgres> {
    if (home === undefined) {
      throw new Error('PostgreSQL is not installed');
    }
    const folder = mkdtempSync(join(tmpdir(), 'headroom-postgres-'));
    chmodSync(folder, 0o755);
    const data = join(folder, 'data');
    mkdirSync(data, { mode: 0o700 });
    if (asOwner.uid !== undefined) {
      chownSync(folder, NOBODY, NOBODY);
      chownSync(data, NOBODY, NOBODY);
    }
    const made = spawnSync(
      join(home, 'initdb'),
      ['-D', data, '-U', 'headroom', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale', 'C'],
      { ...asOwner, cwd: folder, encoding: 'utf8' },
    );
    if (made.status !== 0) {
      throw new Error(`initdb failed: ${made.stderr}`);
    }
    const postgres = new TestPostgres(await freePort(), folder, options);
    await postgres.resume();
    return postgres;
  }

  get folder(): string {
    return this.#folder;
  }

  /** @param database one of {@link createDatabase}, or the first one */
  url(database = 'postgres'): string {
    return `postgres://headroom@127.0.0.1:${this.port}/${database}`;
  }

  /** An empty database of its own. @returns its URL */
  createDatabase(name: string): string {
    const made = this.run('createdb', [name]);
    if (made.status !== 0) {
      throw new Error(`createdb failed: ${made.stderr}`);
    }
    return this.url(name);
  }

  /** Runs one of PostgreSQL's programs against this server. */
  run(program: string, args: readonly string[]) {
    const where = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'headroom'];
    return spawnSync(join(home!, program), [...where, ...args], { ...asOwner, cwd: this.#folder, encoding: 'utf8' });
  }

  /** Starts it, or starts it again after {@link halt}. */
  async resume(): Promise<void> {
    const settings = { fsync: 'off', listen_addresses: '127.0.0.1', unix_socket_directories: this.#folder };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#child = spawn(
      join(home!, 'postgres'),
      ['-D', join(this.#folder, 'data'), '-p', String(this.port), ...args, ...this.#options],
      { ...asOwner, cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await new Promise<void>((resolve, reject) => {
      let said = '';
      this.#child!.stderr!.on('data', (data) => {
        said += String(data);
        if (said.includes('database system is ready to accept connections')) {
          resolve();
        }
      });
      this.#child!.once('exit', () => reject(new Error(`postgres ended: ${said.slice(-2_000)}`)));
    });
  }

  /** Ends it at once, as a machine that loses power does. */
  async halt(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) {
      return;
    }
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGQUIT');
    await ended;
  }

  async stop(): Promise<void> {
    await this.halt();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
