import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePostgresUrl } from '../../src/store/postgres/address.ts';
import { openSharedStore } from '../../src/store/store.ts';
import { freePort, postgresInstalled, TestPostgres } from '../support/postgres.ts';

if (!postgresInstalled) {
  console.warn('skipped: PostgreSQL is not installed');
}
const pgbouncer = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((path) => spawnSync(path, ['-V']).status === 0);
if (pgbouncer === undefined) {
  console.warn('skipped: PgBouncer is not installed');
}
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

async function codeOf(url: string): Promise<string> {
  try {
    const store = await openSharedStore(parsePostgresUrl(url));
    await store.close();
    return 'opened';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe.skipIf(!postgresInstalled)('the way to PostgreSQL', () => {
  let folder: string;
  let postgres: TestPostgres;
  let strange: TestPostgres;

  /** A certificate for a name, signed by an authority of its own. @returns the authority's file */
  const certify = (name: string, subject: string): string => {
    const at = (file: string) => join(folder, `${name}-${file}`);
    const openssl = (...args: string[]) =>
      expect(spawnSync('openssl', args, { encoding: 'utf8' }).status, args.join(' ')).toBe(0);
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      at('ca.key'),
      '-out',
      at('ca.pem'),
      '-days',
      '2',
      '-subj',
      `/CN=${name} CA`,
    );
    openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      at('key.pem'),
      '-out',
      at('csr.pem'),
      '-subj',
      '/CN=postgres',
    );
    writeFileSync(at('ext'), `subjectAltName=${subject}\n`);
    openssl(
      'x509',
      '-req',
      '-in',
      at('csr.pem'),
      '-CA',
      at('ca.pem'),
      '-CAkey',
      at('ca.key'),
      '-CAcreateserial',
      '-out',
      at('cert.pem'),
      '-days',
      '2',
      '-extfile',
      at('ext'),
    );
    chmodSync(at('key.pem'), 0o600);
    if (isRoot) {
      chownSync(at('key.pem'), NOBODY, NOBODY);
    }
    return at('ca.pem');
  };
  const withTls = (name: string) => [
    '-c',
    'ssl=on',
    '-c',
    `ssl_cert_file=${join(folder, `${name}-cert.pem`)}`,
    '-c',
    `ssl_key_file=${join(folder, `${name}-key.pem`)}`,
  ];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headroom-doors-'));
    chmodSync(folder, 0o755);
    certify('right', 'DNS:localhost,IP:127.0.0.1');
    certify('other', 'DNS:elsewhere.example.com');
    postgres = await TestPostgres.start(withTls('right'));
    strange = await TestPostgres.start(withTls('other'));
  }, 60_000);
  afterAll(async () => {
    await postgres?.stop();
    await strange?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is encrypted and verified by the authority that is named', async () => {
    const ca = join(folder, 'right-ca.pem');
    expect(await codeOf(`${postgres.url()}?sslrootcert=${ca}`)).toBe('opened');
    expect(
      await codeOf(`postgres://headroom@localhost:${postgres.port}/postgres?sslmode=verify-full&sslrootcert=${ca}`),
    ).toBe('opened');
  });

  it('is not taken when the authority is another, the name is another, or there is no certificate', async () => {
    expect(await codeOf(`${postgres.url()}?sslmode=require`)).toBe('store-untrusted');
    expect(await codeOf(`${postgres.url()}?sslrootcert=${join(folder, 'other-ca.pem')}`)).toBe('store-untrusted');
    expect(await codeOf(`${strange.url()}?sslrootcert=${join(folder, 'other-ca.pem')}`)).toBe('store-untrusted');
    const plain = await TestPostgres.start();
    expect(await codeOf(`${plain.url()}?sslrootcert=${join(folder, 'right-ca.pem')}`)).toBe('store-untrusted');
    await plain.stop();
    expect(await codeOf(`${postgres.url()}?sslrootcert=${join(folder, 'nowhere.pem')}`)).toBe('store-unwritable');
  });

  it('may be a Unix socket', async () => {
    expect(await codeOf(`postgres://headroom@/postgres?host=${postgres.folder}`)).toBe('store-unreachable');
    const url = `postgres://headroom@x:${postgres.port}/postgres?host=${postgres.folder}`;
    expect(await codeOf(url)).toBe('opened');
  });

  it('that leads nowhere, or to another database, is told apart', async () => {
    expect(await codeOf(`postgres://headroom@127.0.0.1:${await freePort()}/postgres`)).toBe('store-unreachable');
    expect(await codeOf(postgres.url('nothing-there'))).toBe('store-denied');
    expect(await codeOf(`postgres://somebody@127.0.0.1:${postgres.port}/postgres`)).toBe('store-denied');
  });

  describe.skipIf(pgbouncer === undefined)('through PgBouncer', () => {
    async function through(mode: 'transaction' | 'session' | 'statement'): Promise<string> {
      const port = await freePort();
      const file = join(folder, `${mode}.ini`);
      writeFileSync(
        file,
        `[databases]\npostgres = host=127.0.0.1 port=${postgres.port} user=headroom\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nauth_type = any\nunix_socket_dir =\npool_mode = ${mode}\n`,
      );
      const child = spawn(pgbouncer!, [file], { ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}), stdio: 'ignore' });
      try {
        await until(port);
        return await codeOf(`postgres://headroom@127.0.0.1:${port}/postgres`);
      } finally {
        child.kill('SIGKILL');
      }
    }

    it('that changes connections between transactions is refused, one that does not is taken', async () => {
      expect(await through('transaction')).toBe('store-pooler');
      expect(await through('statement')).toBe('store-pooler');
      expect(await through('session')).toBe('opened');
    });
  });
});

async function until(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (open) {
      return;
    }
    await rest(50);
  }
}
