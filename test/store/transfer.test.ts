import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import { backupStore } from '../../src/store/transfer/backup.ts';
import { restoreStore } from '../../src/store/transfer/restore.ts';
import { onEnd, temporaryDirectory } from '../gpus/tools.ts';
import { describeContents, fillStore, readStore } from './full-store.ts';

const place = () => ({ path: join(temporaryDirectory(), 'headroom.db') });

describe('a backup', () => {
  it('is one file for its owner alone, made while the bot runs and writes on', async () => {
    const from = place();
    const store = await openStore(from.path);
    onEnd(() => store.close());
    await fillStore(store);
    const file = join(temporaryDirectory(), 'backup.db');
    let stop = false;
    const writing = (async () => {
      while (!stop) {
        await store.usage.add({ server: 'main', model: 'm', atMs: 1, loads: 1, loadedMs: 1, vramBytes: 1 });
        await nextTurn();
      }
    })();
    const { rows, bytes } = await backupStore(from, file);
    stop = true;
    await writing;
    expect(rows).toBeGreaterThan(20);
    expect(bytes).toBe(statSync(file).size);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(file))).toEqual(['backup.db']);
    // The store goes on as it was.
    expect(await store.check()).toBeNull();
  });

  it('takes nobody’s place and follows no link', async () => {
    const from = place();
    await (await openStore(from.path)).close();
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'there'), 'mine');
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    for (const name of ['there', 'link']) {
      await expect(backupStore(from, join(folder, name))).rejects.toMatchObject({ code: 'backup-exists' });
    }
    expect(readFileSync(join(folder, 'there'), 'utf8')).toBe('mine');
    expect(existsSync(join(folder, 'nowhere'))).toBe(false);
    await expect(backupStore(place(), join(folder, 'new'))).rejects.toMatchObject({ code: 'backup-nothing' });
    await expect(backupStore(from, join(folder, 'no', 'where'))).rejects.toMatchObject({ code: 'store-unwritable' });
    expect(readdirSync(folder).sort()).toEqual(['link', 'there']);
  });

  it('of a damaged store is refused', async () => {
    const from = place();
    const store = await openStore(from.path);
    await fillStore(store);
    await store.close();
    const bytes = readFileSync(from.path);
    bytes.fill(0xa5, 8192, bytes.length - 4096);
    writeFileSync(from.path, bytes);
    const file = join(temporaryDirectory(), 'backup.db');
    await expect(backupStore(from, file)).rejects.toThrow();
    expect(readdirSync(dirname(file))).toEqual([]);
  });
});

describe('a restore', () => {
  it('brings everything back, and new rows come after the old', async () => {
    const from = place();
    const store = await openStore(from.path);
    await fillStore(store);
    const expected = await readStore(store);
    await store.close();
    const file = join(temporaryDirectory(), 'backup.db');
    await backupStore(from, file);
    const to = place();
    await restoreStore(file, to, false);
    const restored = await openStore(to.path);
    onEnd(() => restored.close());
    await describeContents(restored, expected);
  });

  it('into a store that has something is made only when that is said, whole or not at all', async () => {
    const from = place();
    const store = await openStore(from.path);
    await fillStore(store);
    await store.close();
    const file = join(temporaryDirectory(), 'backup.db');
    await backupStore(from, file);
    await expect(restoreStore(file, from, false)).rejects.toMatchObject({ code: 'restore-not-empty' });
    await restoreStore(file, from, true);
    const again = await openStore(from.path);
    onEnd(() => again.close());
    await expect(restoreStore(file, from, true)).rejects.toMatchObject({ code: 'restore-in-use' });
    // The audit trail refuses deletions as before.
    const raw = new DatabaseSync(from.path);
    expect(() => raw.exec('DELETE FROM audit')).toThrow(/append-only/);
    raw.close();
  });

  it('takes a file of version 0.1.0 as well, and none of a newer one or of something else', async () => {
    const folder = temporaryDirectory();
    const old = join(folder, 'old.db');
    writeFileSync(old, gunzipSync(readFileSync(new URL('../fixtures/store/headroom-0.1.0.db.gz', import.meta.url))));
    const to = place();
    expect(await restoreStore(old, to, false)).toMatchObject({ rows: expect.any(Number) });
    const store = await openStore(to.path);
    onEnd(() => store.close());
    expect(await store.audit.list()).toHaveLength(2);

    const newer = join(folder, 'newer.db');
    copyFileSync(old, newer);
    const raw = new DatabaseSync(newer);
    raw.exec('PRAGMA user_version = 999');
    raw.close();
    await expect(restoreStore(newer, place(), false)).rejects.toMatchObject({ code: 'store-too-new' });

    const strange = join(folder, 'strange.db');
    new DatabaseSync(strange).exec('CREATE TABLE x (y)');
    await expect(restoreStore(strange, place(), false)).rejects.toMatchObject({ code: 'backup-invalid' });
    writeFileSync(join(folder, 'text'), 'hello '.repeat(2_000));
    await expect(restoreStore(join(folder, 'text'), place(), false)).rejects.toMatchObject({ code: 'backup-invalid' });
    await expect(restoreStore(join(folder, 'missing'), place(), false)).rejects.toMatchObject({
      code: 'backup-missing',
    });
  });
});

describe('an upgrade', () => {
  it('leaves a copy of the file as the older version wrote it', async () => {
    const { path } = place();
    writeFileSync(path, gunzipSync(readFileSync(new URL('../fixtures/store/headroom-0.1.0.db.gz', import.meta.url))));
    await (await openStore(path)).close();
    const copy = `${path}.v5`;
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const old = new DatabaseSync(copy);
    expect(old.prepare('PRAGMA user_version').get()).toEqual({ user_version: 5 });
    expect(old.prepare('SELECT count(*) AS n FROM audit').get()).toEqual({ n: 2 });
    expect(old.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name LIKE 'kysely%'").get()).toEqual({ n: 0 });
    old.close();
  });
});
