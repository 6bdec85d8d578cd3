import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import { guardRepository, StoreError } from '../../src/store/errors.ts';
import { createObservationRepository } from '../../src/store/repositories/observations.ts';
import { createSqliteDialect } from '../../src/store/sqlite/dialect.ts';
import { openStore } from '../../src/store/store.ts';
import type { Tables } from '../../src/store/tables.ts';
import type { AuditEntry, Store } from '../../src/store/types.ts';
import { onEnd, temporaryDirectory } from '../gpus/tools.ts';

function file(): string {
  return join(temporaryDirectory(), 'data', 'headroom.db');
}

async function open(path = file()): Promise<Store> {
  const store = await openStore(path);
  onEnd(() => store.close());
  return store;
}

async function failure(work: () => Promise<unknown>): Promise<StoreError> {
  try {
    await work();
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
  it('is made with its directory, readable by its owner alone, and keeps what was written', async () => {
    const path = file();
    const store = await open(path);
    await store.audit.append(entry);
    for (const name of [path, `${path}-wal`]) {
      expect(statSync(name).mode & 0o777, name).toBe(0o600);
    }
    await store.close();
    expect(await (await open(path)).audit.list()).toEqual([{ ...entry, id: 1 }]);
  });

  it('closes to others a file that was open to them', async () => {
    const path = join(temporaryDirectory(), 'x.db');
    writeFileSync(path, '');
    chmodSync(path, 0o644);
    await open(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('is shared by two processes at once', async () => {
    const path = file();
    const [a, b] = [await open(path), await open(path)];
    await a.audit.append(entry);
    await b.audit.append({ ...entry, action: 'unload' });
    expect((await a.audit.list()).map((row) => row.action)).toEqual(['unload', 'load']);
  });

  it('is told to be damaged when it is no database, or a broken one', async () => {
    const garbage = join(temporaryDirectory(), 'x.db');
    writeFileSync(garbage, 'this is no database '.repeat(300));
    expect((await failure(() => openStore(garbage))).code).toBe('store-corrupt');

    const path = file();
    const store = await open(path);
    for (let i = 0; i < 200; i++) {
      await store.audit.append(entry);
    }
    await store.close();
    const whole = readFileSync(path);
    const lastPage = whole.length - 4_096;
    // All of it, and one page of rows that opening the file does not come by.
    for (const from of [4_096, lastPage]) {
      const bytes = Buffer.from(whole);
      bytes.fill(0xa5, from, bytes.length - 100);
      writeFileSync(path, bytes);
      expect((await failure(() => openStore(path))).code).toBe('store-corrupt');
    }
  });

  it('is told to be unwritable when its place is', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    expect((await failure(() => openStore(join(directory, 'file', 'x.db')))).code).toBe('store-unwritable');
    expect((await failure(() => openStore(directory))).code).toBe('store-unwritable');
  });

  it('is told to be locked while another process writes for long, and works afterwards', async () => {
    const path = file();
    const store = await open(path);
    const other = new DatabaseSync(path);
    onEnd(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    expect((await failure(() => store.audit.append(entry))).code).toBe('store-locked');
    expect(await store.check()).toBe('store-locked');
    other.exec('ROLLBACK');
    expect(await store.check()).toBeNull();
    expect(await store.audit.append(entry)).toBe(1);
  });

  it('is told to be full when nothing more goes in, and loses nothing', async () => {
    const path = file();
    await (await openStore(path)).close();
    const limited = new DatabaseSync(path);
    const { page_count: pages } = limited.prepare('PRAGMA page_count').get() as { page_count: number };
    limited.exec(`PRAGMA max_page_count = ${pages}`);
    const db = new Kysely<Tables>({ dialect: createSqliteDialect(limited, { lockedMs: 0 }) });
    const observations = guardRepository(createObservationRepository(db));
    const row = { server: 's', model: 'm', digest: null, ollamaVersion: 'v', engine: 'e', numCtx: 1, gpus: [] };
    let kept = 0;
    const fill = async () => {
      for (let i = 0; i < 100; i++) {
        const request = { text: 'x'.repeat(3_000) };
        await observations.add({ ...row, atMs: i, request, predicted: {}, actual: {} });
        kept += 1;
      }
    };
    expect((await failure(fill)).code).toBe('store-full');
    expect(await observations.list()).toHaveLength(kept);
    await db.destroy();
  });

  it('works in memory', async () => {
    const store = await open(':memory:');
    await store.audit.append(entry);
    expect(await store.audit.list()).toHaveLength(1);
    expect(existsSync(':memory:')).toBe(false);
  });
});

describe('the audit', () => {
  it('refuses changes and deletions, also by other programs', async () => {
    const path = file();
    await (await open(path)).audit.append({ ...entry, atMs: Date.now() });
    const db = new DatabaseSync(path);
    onEnd(() => db.close());
    expect(() => db.exec("UPDATE audit SET person_name = 'x'")).toThrow(/append-only/);
    expect(() => db.exec('DELETE FROM audit')).toThrow(/append-only/);
    expect(db.prepare('SELECT count(*) AS n FROM audit').get()).toEqual({ n: 1 });
  });
});
