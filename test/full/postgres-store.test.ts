import { statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/compose/log.ts';
import { openSession } from '../../src/servers/shared/session.ts';
import { parsePostgresUrl } from '../../src/store/postgres/address.ts';
import { POSTGRES_SCHEMA } from '../../src/store/postgres/schema.ts';
import { SQLITE_SCHEMA } from '../../src/store/sqlite/schema.ts';
import { openSharedStore, openStore } from '../../src/store/store.ts';
import { backupStore } from '../../src/store/transfer/backup.ts';
import { restoreStore } from '../../src/store/transfer/restore.ts';
import { onEnd, temporaryDirectory } from '../gpus/tools.ts';
import { describeStore } from '../store/every-store.ts';
import { describeContents, fillStore, readStore } from '../store/full-store.ts';
import { postgresInstalled, TestPostgres } from '../support/postgres.ts';

if (!postgresInstalled) {
  console.warn('skipped: PostgreSQL is not installed');
}

describe.skipIf(!postgresInstalled)('on PostgreSQL', () => {
  let postgres: TestPostgres;
  let admin: pg.Client;

  beforeAll(async () => {
    postgres = await TestPostgres.start();
    admin = new pg.Client({ connectionString: postgres.url() });
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await postgres?.stop();
  });

  const open = async () => {
    const store = await openSharedStore(parsePostgresUrl(postgres.url()));
    onEnd(() => store.close().catch(() => undefined));
    return store;
  };

  describeStore(async () => {
    await admin.query('drop schema public cascade; create schema public');
    return open();
  });

  it('the schema has the tables and columns of SQLite', async () => {
    await open();
    const { rows } = await admin.query<{ table: string; columns: string[] }>(
      `select table_name as table, array_agg(column_name::text order by column_name) as columns
       from information_schema.columns where table_schema = 'public' group by table_name`,
    );
    const columns = new Map(rows.map((row) => [row.table, row.columns]));
    const { DatabaseSync } = await import('node:sqlite');
    const sqlite = new DatabaseSync(':memory:');
    for (const text of Object.values(SQLITE_SCHEMA)) {
      sqlite.exec(text);
    }
    const tables = sqlite
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all();
    expect(tables.length).toBeGreaterThan(9);
    for (const { name } of tables) {
      const expected = sqlite.prepare('SELECT name FROM pragma_table_info(?)').all(name as string);
      expect(columns.get(String(name)), String(name)).toEqual(expected.map((column) => column.name).sort());
    }
    expect(Object.keys(POSTGRES_SCHEMA).slice(0, 5)).toEqual(Object.keys(SQLITE_SCHEMA).slice(0, 5));
  });

  it('migrations of several processes that start at once are made once', async () => {
    await admin.query('drop schema public cascade; create schema public');
    const stores = await Promise.all([open(), open(), open()]);
    for (const store of stores) {
      expect(await store.check()).toBeNull();
    }
    const { rows } = await admin.query('select name from kysely_migration order by name');
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(POSTGRES_SCHEMA));
  });

  it('a database of each earlier version goes forward with its rows', async () => {
    const steps = Object.entries(POSTGRES_SCHEMA);
    for (let applied = 5; applied < steps.length; applied++) {
      await admin.query('drop schema public cascade; create schema public');
      for (const [, text] of steps.slice(0, applied)) {
        await admin.query(text);
      }
      await admin.query(
        'create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)',
      );
      await admin.query("insert into kysely_migration select unnest($1::text[]), '2026'", [
        steps.slice(0, applied).map(([name]) => name),
      ]);
      await admin.query(
        "insert into open_answers (channel_id, message_id, title, locale, until_ms) values ('c', 'm', '/load', 'en', 1)",
      );
      await admin.query(
        "insert into audit (at_ms, person_id, person_name, platform, action, args, result) values (1, 'p', 'Ada', 'discord', 'load', '{}', 'ok')",
      );
      const store = await open();
      expect(await store.check(), steps[applied]![0]).toBeNull();
      expect((await store.audit.list({})).map(({ personName }) => personName)).toEqual(['Ada']);
      expect((await admin.query('select title, ticket from open_answers')).rows).toEqual([
        { title: '/load', ticket: null },
      ]);
      await store.close();
    }
  });

  it('a database of a newer version is refused', async () => {
    await open();
    await admin.query("insert into kysely_migration (name, timestamp) values ('9999-later', '')");
    await expect(open()).rejects.toMatchObject({ code: 'store-too-new', params: { found: '9999-later' } });
    await admin.query("delete from kysely_migration where name = '9999-later'");
  });

  it('a store moves from SQLite to PostgreSQL and back by backup and restore, whole', async () => {
    const folder = temporaryDirectory();
    const place = { path: join(folder, 'headroom.db') };
    const embedded = await openStore(place.path);
    await fillStore(embedded);
    const expected = await readStore(embedded);
    await embedded.close();
    await backupStore(place, join(folder, 'one.db'));

    const shared = { postgres: parsePostgresUrl(postgres.createDatabase('moved')) };
    await restoreStore(join(folder, 'one.db'), shared, false);
    await expect(restoreStore(join(folder, 'one.db'), shared, false)).rejects.toMatchObject({
      code: 'restore-not-empty',
    });
    await restoreStore(join(folder, 'one.db'), shared, true);
    await backupStore(shared, join(folder, 'two.db'));
    expect(statSync(join(folder, 'two.db')).mode & 0o777).toBe(0o600);

    const back = { path: join(folder, 'back.db') };
    await restoreStore(join(folder, 'two.db'), back, false);
    for (const store of [await openSharedStore(shared.postgres), await openStore(back.path)]) {
      onEnd(() => store.close());
      await describeContents(store, expected);
    }
    const session = await openSession(shared.postgres, createLog('silent'));
    onEnd(() => session.close());
    await expect(restoreStore(join(folder, 'two.db'), shared, true)).rejects.toMatchObject({ code: 'restore-in-use' });
  });

  it('the audit refuses changes and deletions, also by other programs', async () => {
    await open();
    for (const change of ["update audit set person_name = 'x'", 'delete from audit', 'truncate audit']) {
      const row = `insert into audit (at_ms, person_id, person_name, platform, action, args, result)
                   values (extract(epoch from now()) * 1000, '', '', '', '', '{}', 'ok')`;
      await admin.query(row);
      await expect(admin.query(change), change).rejects.toThrow(/append-only/);
    }
  });
});
