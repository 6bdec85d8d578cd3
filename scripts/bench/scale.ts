/**
 * `node scripts/bench/scale.ts`: what the store and the lines cost at 500 GPU servers of 8 GPUs, 1,000 guilds and 4
 * processes, as Markdown on stdout, on SQLite and, where PostgreSQL is installed, on PostgreSQL (without fsync, on this
 * machine). No server is asked and nothing is posted: those are other processes' time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../src/compose/log.ts';
import { openSession } from '../../src/servers/shared/session.ts';
import { createTurns } from '../../src/servers/shared/turns.ts';
import { parsePostgresUrl } from '../../src/store/postgres/address.ts';
import { openSharedStore, openStore } from '../../src/store/store.ts';
import type { Store } from '../../src/store/types.ts';
import { postgresInstalled, TestPostgres } from '../../test/support/postgres.ts';

const SERVERS = 500;
const GPUS = 8;
const GUILDS = 1_000;
const SCHEDULES_EACH = 5;
const WATCHES = 5_000;
const PROCESSES = 4;
const MINUTE = 60_000;
const MINUTES = 30;
const START = Date.UTC(2026, 10, 23, 12);

type Row = readonly [what: string, median: string, p95: string];

async function times(count: number, work: (turn: number) => Promise<unknown>): Promise<readonly [string, string]> {
  const taken: number[] = [];
  for (let turn = 0; turn < count; turn += 1) {
    const at = performance.now();
    await work(turn);
    taken.push(performance.now() - at);
  }
  const sorted = taken.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.min(count - 1, Math.floor(count * share))]!.toFixed(1)} ms`;
  return [at(0.5), at(0.95)];
}

/** One minute of every server's samples, as the process that leads writes them. */
async function sampleAll(store: Store, atMs: number): Promise<void> {
  for (let server = 0; server < SERVERS; server += 1) {
    await store.samples.add(
      Array.from({ length: GPUS }, (_, gpu) => ({
        server: `s${server}`,
        gpuUuid: `GPU-${server}-${gpu}`,
        gpuName: 'NVIDIA H100 80GB HBM3',
        atMs,
        totalBytes: 80e9,
        usedBytes: 40e9,
        freeBytes: 40e9,
        ollamaBytes: 30e9,
        utilPct: 50,
        tempC: 60,
        powerW: 400,
      })),
    );
  }
}

async function benchStore(store: Store): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let minute = 0;
  const fill = async () => {
    await sampleAll(store, START + minute * MINUTE);
    minute += 1;
  };
  rows.push([`a reading of ${SERVERS} servers of ${GPUS} GPUs written`, ...(await times(5, fill))]);
  while (minute < MINUTES) {
    await fill();
  }
  const now = START + minute * MINUTE;
  rows.push([
    `/vram window:24h of one server, ${MINUTES} min of all kept`,
    ...(await times(20, (turn) => store.samples.buckets(`s${turn}`, MINUTE, now - 24 * 60 * MINUTE, now, 4 * MINUTE))),
  ]);
  rows.push(['a step of forgetting', ...(await times(20, () => store.samples.prune(now + 86_400_000)))]);
  const owner = { ownerId: '1', ownerName: 'Ada', platform: 'discord', locale: 'en', createdAtMs: START };
  for (let guild = 0; guild < GUILDS * SCHEDULES_EACH; guild += 1) {
    const guildId = String(guild % GUILDS);
    await store.schedules.create({
      ...owner,
      guildId,
      channelId: guildId,
      cron: '0 9 * * *',
      timeZone: 'UTC',
      mode: 'post',
      server: null,
    });
  }
  rows.push([
    `${GUILDS * SCHEDULES_EACH} schedules looked at (each second)`,
    ...(await times(20, () => store.schedules.list({ state: 'active' }))),
  ]);
  for (let watch = 0; watch < WATCHES; watch += 1) {
    await store.watches.create({
      ...owner,
      guildId: null,
      channelId: null,
      kind: 'when-free',
      server: null,
      model: null,
      numCtx: null,
      freeBytes: 1,
      expiresAtMs: START,
    });
  }
  rows.push([`${WATCHES} watches read again (each minute)`, ...(await times(10, () => store.watches.waiting()))]);
  rows.push(['an interaction claimed', ...(await times(200, (turn) => store.interactions.claim(String(turn), START)))]);
  return rows;
}

/** Every line at once: each process wants a turn on each server. */
async function benchTurns(url: string): Promise<Row> {
  const address = parsePostgresUrl(url);
  const sessions = await Promise.all(
    Array.from({ length: PROCESSES }, () => openSession(address, createLog('silent'))),
  );
  const waits: number[] = [];
  await Promise.all(
    sessions.map(async (session) => {
      for (let server = 0; server < SERVERS; server += 1) {
        const turns = createTurns(session, `s${server}`);
        const at = performance.now();
        turns.want(1);
        const turn = await turns.take(AbortSignal.timeout(30_000));
        waits.push(performance.now() - at);
        turn.end();
        await turns.close();
      }
    }),
  );
  await Promise.all(sessions.map((session) => session.close()));
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (share: number) => `${sorted[Math.floor(sorted.length * share)]!.toFixed(1)} ms`;
  return [`a turn on one of ${SERVERS} servers, ${PROCESSES} processes asking for all`, at(0.5), at(0.95)];
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`## ${title}\n\n| what | median | p95 |\n|---|---|---|`);
  for (const row of rows) {
    console.log(`| ${row.join(' | ')} |`);
  }
  console.log('');
}

const folder = mkdtempSync(join(tmpdir(), 'headroom-scale-'));
try {
  const embedded = await openStore(join(folder, 'headroom.db'));
  print('SQLite', await benchStore(embedded));
  await embedded.close();
  if (postgresInstalled) {
    const postgres = await TestPostgres.start();
    const shared = await openSharedStore(parsePostgresUrl(postgres.url()));
    const rows = await benchStore(shared);
    print('PostgreSQL', [...rows, await benchTurns(postgres.url())]);
    await shared.close();
    await postgres.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
