import { type Kysely, sql } from 'kysely';
import type { Database } from '../database.ts';
import type { Tables } from '../tables.ts';

/** Rows a statement: with fourteen columns far below what either database takes as parameters. */
const ROWS = 500;

/**
 * What a backup has, in an order in which references are there before they are used; with the key that orders each table.
 * Claims of interactions and the line of turns say nothing an hour later.
 */
export const KEPT_TABLES = {
  gpus: ['id'],
  gpu_samples: ['bucket_ms', 'gpu_id', 'at_ms'],
  audit: ['id'],
  holds: ['server', 'model'],
  observations: ['id'],
  schedules: ['id'],
  watches: ['id'],
  alerts: ['id'],
  model_usage: ['server', 'model', 'day'],
  open_answers: ['id'],
  made_aliases: ['server', 'alias'],
  model_sets: ['guild_id', 'set_key'],
  set_schedules: ['id'],
  benches: ['id'],
  reservations: ['id'],
} as const satisfies Partial<Record<keyof Tables, readonly string[]>>;

export type KeptTable = keyof typeof KEPT_TABLES;

type Untyped = Kysely<Record<string, Record<string, unknown>>>;

/** Copies every row. Both sides are inside a transaction of the caller's. @returns rows by table */
export async function copyRows(from: Database, to: Database): Promise<Readonly<Record<KeptTable, number>>> {
  const counts = { ...NO_ROWS };
  for (const table of tableNames()) {
    counts[table] = await copyTable(from as unknown as Untyped, to as unknown as Untyped, table);
  }
  return counts;
}

async function copyTable(from: Untyped, to: Untyped, table: KeptTable): Promise<number> {
  const key: readonly string[] = KEPT_TABLES[table];
  let copied = 0;
  let last: Record<string, unknown> | null = null;
  for (;;) {
    let query = from.selectFrom(table).selectAll();
    if (last !== null) {
      const after: Record<string, unknown> = last;
      const names = sql.join(key.map((name) => sql.ref(name)));
      query = query.where(sql<boolean>`(${names}) > (${sql.join(key.map((name) => after[name]))})`);
    }
    for (const name of key) {
      query = query.orderBy(name);
    }
    const rows = await query.limit(ROWS).execute();
    if (rows.length > 0) {
      await to.insertInto(table).values(rows).execute();
    }
    copied += rows.length;
    if (rows.length < ROWS) {
      return copied;
    }
    last = rows.at(-1) ?? null;
  }
}

/** Rows by table. */
export async function countRows(db: Database): Promise<Readonly<Record<KeptTable, number>>> {
  const counts = { ...NO_ROWS };
  for (const table of tableNames()) {
    const { count } = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    counts[table] = count;
  }
  return counts;
}

/** Deletes every row; what refers goes before what it refers to. */
export async function deleteRows(db: Database): Promise<void> {
  for (const table of tableNames().reverse()) {
    await db.deleteFrom(table).execute();
  }
}

export function tableNames(): KeptTable[] {
  return Object.keys(KEPT_TABLES) as KeptTable[];
}

const NO_ROWS = Object.fromEntries(tableNames().map((table) => [table, 0])) as Record<KeptTable, number>;
