import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import { createSqliteDialect } from '../../src/store/sqlite/dialect.ts';
import { migrateSqlite } from '../../src/store/sqlite/migrations.ts';
import { SQLITE_SCHEMA } from '../../src/store/sqlite/schema.ts';
import { openStore } from '../../src/store/store.ts';
import { onEnd, temporaryDirectory } from '../gpus/tools.ts';

const NAMES = Object.keys(SQLITE_SCHEMA);
/** The steps that version 0.1.0 knew, counted in `user_version`. */
const RELEASED = NAMES.slice(0, 5);
const START = Date.UTC(2026, 10, 23, 12);

/** A file as version 0.1.0 left it when it knew so many steps. */
function oldFile(steps: number): string {
  const path = join(temporaryDirectory(), 'old.db');
  const db = new DatabaseSync(path);
  for (const name of RELEASED.slice(0, steps)) {
    db.exec(SQLITE_SCHEMA[name]!);
  }
  db.exec(`PRAGMA user_version = ${steps}`);
  db.exec("INSERT INTO gpus (server, uuid, name) VALUES ('main', 'GPU-1', 'kept')");
  db.close();
  return path;
}

function look<T>(path: string, work: (db: DatabaseSync) => T): T {
  const db = new DatabaseSync(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

describe('a file that version 0.1.0 wrote', () => {
  async function released(): Promise<string> {
    const path = join(temporaryDirectory(), 'headroom.db');
    const packed = await readFile(new URL('../fixtures/store/headroom-0.1.0.db.gz', import.meta.url));
    writeFileSync(path, gunzipSync(packed));
    return path;
  }

  it('opens and keeps everything', async () => {
    const store = await openStore(await released());
    onEnd(() => store.close());
    const person = { personId: '42', personName: 'Ada `@everyone`', platform: 'discord', guildId: '7', channelId: '8' };
    expect(await store.audit.list()).toMatchObject([
      {
        ...person,
        id: 2,
        action: 'unload',
        server: null,
        result: 'refused',
        code: 'not-allowed',
        vramAfterBytes: null,
      },
      { ...person, id: 1, action: 'load', args: { askedCtx: 8192, numCtx: 8192 }, vramAfterBytes: 2 ** 33 },
    ]);
    expect(await store.holds.list(START)).toMatchObject([{ model: 'gemma3:12b', holderId: '42', untilMs: null }]);
    expect(await store.observations.list()).toMatchObject([
      { predicted: { sizeVramBytes: 10 }, actual: { sizeVramBytes: 11 }, gpus: [{ name: 'RTX 3090' }] },
    ]);
    expect(await store.schedules.list()).toMatchObject([
      { cron: '0 9 * * *', mode: 'live', locale: 'zh-CN', lastDueMs: START + 5, nonce: 'nonce', state: 'active' },
    ]);
    expect(await store.watches.waiting()).toMatchObject([{ kind: 'when-fits', model: 'qwen3:8b', numCtx: 4096 }]);
    expect(await store.alerts.open()).toMatchObject([
      { kind: 'ollama-down', messageId: '9', params: { state: 'hanging' } },
    ]);
    expect(await store.usage.totals(0)).toMatchObject([{ model: 'gemma3:12b', loads: 1, loadedMs: 60_000 }]);
    expect(await store.openAnswers.takeLapsed(START + 10_000)).toMatchObject([{ messageId: '10', title: '/load' }]);
    const minutes = await store.samples.buckets('main', 60_000, START, START + 60_000);
    expect(minutes).toMatchObject([
      { gpuUuid: 'GPU-0', samples: 5, usedAvgBytes: 4 * 2 ** 30, ollamaAvgBytes: null, utilAvgPct: 42 },
      { gpuUuid: 'GPU-1', samples: 5, usedAvgBytes: 5 * 2 ** 30, ollamaAvgBytes: 2 ** 30, powerMaxW: null },
    ]);
  });

  it('goes on where it ended: ids, sums of spans, one open alert of a kind', async () => {
    const store = await openStore(await released());
    onEnd(() => store.close());
    const [newest] = await store.audit.list({ limit: 1 });
    expect(await store.audit.append({ ...newest!, action: 'pull' })).toBe(3);
    await store.samples.add([
      {
        server: 'main',
        gpuUuid: 'GPU-0',
        gpuName: 'RTX 3090',
        atMs: START + 50_000,
        totalBytes: 24 * 2 ** 30,
        usedBytes: 10 * 2 ** 30,
        freeBytes: 14 * 2 ** 30,
        ollamaBytes: null,
        utilPct: null,
        tempC: 80,
        powerW: null,
      },
    ]);
    const [first] = await store.samples.buckets('main', 60_000, START, START + 60_000);
    expect(first).toMatchObject({ samples: 6, usedAvgBytes: 5 * 2 ** 30, usedMaxBytes: 10 * 2 ** 30, tempMaxC: 80 });
    const again = { server: 'main', kind: 'ollama-down', subject: '', params: {}, atMs: START + 1 };
    expect(await store.alerts.begin(again)).toMatchObject({ isNew: false, alert: { id: 1 } });
  });
});

describe('migrations', () => {
  it('bring a file of every older version up to date and keep its rows', async () => {
    for (let steps = 1; steps <= RELEASED.length; steps++) {
      const path = oldFile(steps);
      const store = await openStore(path);
      expect(await store.usage.totals(0)).toEqual([]);
      await store.close();
      look(path, (db) => {
        expect(db.prepare('SELECT name FROM gpus').all()).toEqual([{ name: 'kept' }]);
        expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: NAMES.length });
        expect(db.prepare('SELECT name FROM kysely_migration ORDER BY name').all()).toEqual(
          NAMES.map((name) => ({ name })),
        );
      });
    }
  });

  it('leave the file as it was when a step fails', async () => {
    const path = oldFile(4);
    // What the next step makes stands in its way.
    look(path, (db) => db.exec('CREATE TABLE open_answers (x)'));
    await expect(openStore(path)).rejects.toMatchObject({ code: 'store-failed' });
    look(path, (db) => {
      expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 4 });
      expect(db.prepare('SELECT count(*) AS n FROM gpus').get()).toEqual({ n: 1 });
      db.exec('DROP TABLE open_answers');
    });
    await (await openStore(path)).close();
  });

  it('of two processes that start at once are made once', async () => {
    const path = oldFile(2);
    const stores = await Promise.all([openStore(path), openStore(path)]);
    for (const store of stores) {
      expect(await store.usage.totals(0)).toEqual([]);
      await store.close();
    }
  });

  it('refuse a file of a newer version, whichever way it counts', async () => {
    const path = oldFile(5);
    look(path, (db) => db.exec('PRAGMA user_version = 999'));
    await expect(openStore(path)).rejects.toMatchObject({ code: 'store-too-new', params: { found: 999 } });

    const named = oldFile(5);
    await (await openStore(named)).close();
    look(named, (db) => {
      db.exec("INSERT INTO kysely_migration (name, timestamp) VALUES ('9999-later', '')");
    });
    await expect(openStore(named)).rejects.toMatchObject({ code: 'store-too-new', params: { found: '9999-later' } });
  });

  it('are counted for older programs, so that those refuse what they do not know', async () => {
    const raw = new DatabaseSync(':memory:');
    const db = new Kysely<unknown>({ dialect: createSqliteDialect(raw, { lockedMs: 0 }) });
    for (let count = 1; count <= NAMES.length; count++) {
      await migrateSqlite(db, raw, NAMES.slice(0, count));
      expect(raw.prepare('PRAGMA user_version').get()).toEqual({ user_version: count });
    }
    await expect(migrateSqlite(db, raw, NAMES.slice(0, 3))).rejects.toMatchObject({ code: 'store-too-new' });
    await db.destroy();
  });
});
