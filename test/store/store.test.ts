import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { toStoreError } from '../../src/store/errors.ts';
import { MIGRATIONS, migrate } from '../../src/store/migrations.ts';
import { openStore } from '../../src/store/store.ts';
import { type AuditEntry, type Store, StoreError } from '../../src/store/types.ts';
import { onEnd, temporaryDirectory } from '../gpus/tools.ts';

function file(): string {
  return join(temporaryDirectory(), 'data', 'headroom.db');
}

function open(path = file()): Store {
  const store = openStore(path);
  onEnd(() => store.close());
  return store;
}

function failure(work: () => unknown): StoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof StoreError) {
      return error;
    }
    throw error;
  }
  throw new Error('nothing was thrown');
}

const entry: AuditEntry = {
  atMs: 1_000,
  personId: '42',
  personName: 'Ada `@everyone`',
  platform: 'discord',
  guildId: null,
  channelId: '7',
  action: 'load',
  server: 'main',
  target: 'gemma3:12b',
  args: { ctx: 8192 },
  result: 'ok',
  code: null,
  vramBeforeBytes: 1,
  vramAfterBytes: null,
};

describe('the file', () => {
  it('is made with its directory, readable by its owner alone, and keeps what was written', () => {
    const path = file();
    const store = open(path);
    store.audit.append(entry);
    for (const name of [path, `${path}-wal`]) {
      expect(statSync(name).mode & 0o777, name).toBe(0o600);
    }
    store.close();
    expect(open(path).audit.list()).toEqual([{ ...entry, id: 1 }]);
  });

  it('closes to others a file that was open to them', () => {
    const path = join(temporaryDirectory(), 'x.db');
    writeFileSync(path, '');
    chmodSync(path, 0o644);
    open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is shared by two processes at once', () => {
    const path = file();
    const [a, b] = [open(path), open(path)];
    a.audit.append(entry);
    b.audit.append({ ...entry, action: 'unload' });
    expect(a.audit.list().map((row) => row.action)).toEqual(['unload', 'load']);
  });

  it('is told to be damaged when it is no database, or a broken one', () => {
    const garbage = join(temporaryDirectory(), 'x.db');
    writeFileSync(garbage, 'this is no database '.repeat(300));
    expect(failure(() => openStore(garbage)).code).toBe('store-corrupt');

    const path = file();
    const store = open(path);
    for (let i = 0; i < 200; i++) {
      store.audit.append(entry);
    }
    store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096, bytes.length - 100);
    writeFileSync(path, bytes);
    expect(failure(() => openStore(path)).code).toBe('store-corrupt');
  });

  it('is told to be unwritable when its place is', () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    expect(failure(() => openStore(join(directory, 'file', 'x.db'))).code).toBe('store-unwritable');
    expect(failure(() => openStore(directory)).code).toBe('store-unwritable');
  });

  it('is told to be locked while another process writes for long, and works afterwards', () => {
    const path = file();
    const store = open(path);
    const other = new DatabaseSync(path);
    onEnd(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    expect(failure(() => store.audit.append(entry)).code).toBe('store-locked');
    expect(store.check()).toBe('store-locked');
    other.exec('ROLLBACK');
    expect(store.check()).toBeNull();
    expect(store.audit.append(entry)).toBe(1);
  });

  it('is told to be full when nothing more goes in, and loses nothing', () => {
    const path = file();
    const limited = new DatabaseSync(path.replace('data/', ''));
    migrate(limited, MIGRATIONS);
    limited.exec(
      `PRAGMA max_page_count = ${Number((limited.prepare('PRAGMA page_count').get() as { page_count: number }).page_count)}`,
    );
    const insert = limited.prepare(
      "INSERT INTO observations (at_ms, server, model, ollama_version, engine, num_ctx, request, predicted, actual, gpus) VALUES (1, 's', 'm', 'v', 'e', 1, ?, '{}', '{}', '[]')",
    );
    let raw: unknown;
    try {
      for (let i = 0; i < 100; i++) {
        insert.run('x'.repeat(3000));
      }
    } catch (error) {
      raw = error;
    }
    limited.close();
    expect(raw).toBeDefined();
    expect(toCode(raw)).toBe('store-full');
  });

  it('works in memory', () => {
    const store = open(':memory:');
    store.audit.append(entry);
    expect(store.audit.list()).toHaveLength(1);
    expect(existsSync(':memory:')).toBe(false);
  });
});

function toCode(error: unknown): string {
  return failure(() => {
    throw toStoreError(error);
  }).code;
}

describe('migrations', () => {
  it('bring a file of every older version up to date and keep its rows', () => {
    for (const { version } of MIGRATIONS) {
      const path = file();
      openStore(path).close();
      const old = join(temporaryDirectory(), 'old.db');
      const db = new DatabaseSync(old);
      migrate(db, MIGRATIONS.slice(0, version));
      db.exec("INSERT INTO gpus (server, uuid, name) VALUES ('main', 'GPU-1', 'kept')");
      db.close();
      const store = open(old);
      expect(store.usage.totals(0)).toEqual([]);
      store.close();
      const again = new DatabaseSync(old);
      expect(again.prepare('SELECT name FROM gpus').all()).toEqual([{ name: 'kept' }]);
      expect(again.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.at(-1)!.version });
      again.close();
    }
  });

  it('leave the step before when one fails', () => {
    const db = new DatabaseSync(':memory:');
    const broken = [MIGRATIONS[0]!, { version: 2, sql: 'CREATE TABLE half (x); CREATE TABLE half (x);' }];
    expect(() => migrate(db, broken)).toThrow();
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'half'").get()).toEqual({ n: 0 });
    migrate(db, MIGRATIONS);
    db.close();
  });

  it('refuse a file of a newer version', () => {
    const path = file();
    openStore(path).close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 999');
    db.close();
    expect(failure(() => openStore(path))).toMatchObject({ code: 'store-too-new', params: { found: 999 } });
  });

  it('stand in order, without gaps', () => {
    expect(MIGRATIONS.map((migration) => migration.version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });
});

describe('the audit', () => {
  it('refuses changes and deletions, also by other programs', () => {
    const path = file();
    open(path).audit.append(entry);
    const db = new DatabaseSync(path);
    onEnd(() => db.close());
    expect(() => db.exec("UPDATE audit SET person_name = 'x'")).toThrow(/append-only/);
    expect(() => db.exec('DELETE FROM audit')).toThrow(/append-only/);
    expect(db.prepare('SELECT count(*) AS n FROM audit').get()).toEqual({ n: 1 });
  });

  it('lists newest first, by page, server, person and action', () => {
    const { audit } = open();
    for (let i = 0; i < 10; i++) {
      audit.append({
        ...entry,
        atMs: i,
        personId: String(i % 2),
        action: i < 5 ? 'load' : 'pull',
        server: i === 3 ? 'b' : 'main',
      });
    }
    expect(audit.list({ limit: 3 }).map((row) => row.atMs)).toEqual([9, 8, 7]);
    expect(audit.list({ limit: 3, beforeId: 8 }).map((row) => row.atMs)).toEqual([6, 5, 4]);
    expect(audit.list({ server: 'b' }).map((row) => row.atMs)).toEqual([3]);
    expect(audit.list({ personId: '1', action: 'load' }).map((row) => row.atMs)).toEqual([3, 1]);
  });

  it('refuses arguments without end', () => {
    expect(failure(() => open().audit.append({ ...entry, args: { x: 'y'.repeat(100_000) } })).code).toBe(
      'store-refused',
    );
  });

  it('keeps quotes and SQL for text', () => {
    const { audit } = open();
    const target = `x'; DROP TABLE audit; --"`;
    audit.append({ ...entry, target });
    expect(audit.list()[0]!.target).toBe(target);
  });
});
