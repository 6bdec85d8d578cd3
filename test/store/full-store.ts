import { expect } from 'vitest';
import type { Store } from '../../src/store/types.ts';

const START = Date.UTC(2026, 10, 23, 12);
const person = { personId: '42', personName: 'Ada \u{1f680}', platform: 'discord', guildId: '7', channelId: '8' };

const ALIAS = {
  server: 'main',
  alias: 'registry.ollama.ai/library/team:latest',
  digest: 'a'.repeat(64),
  base: 'gemma3:12b',
  numCtx: 8192,
  madeAtMs: START,
  madeBy: '42',
};

const BENCH = {
  atMs: START,
  server: 'main',
  model: 'gemma3:12b',
  digest: 'b'.repeat(64),
  numCtx: 8192,
  gpuShare: 0.75,
  gpus: [{ name: 'RTX 3090' }],
  ollamaVersion: '0.33.0',
  promptTokens: 200,
  promptPerSecond: 812.5,
  generatedTokens: 64,
  generatedPerSecond: 41.25,
};

const RESERVATION = {
  server: 'main',
  gpus: [{ uuid: 'GPU-1', index: 1 }],
  ownerId: '42',
  ownerName: 'Ada',
  platform: 'discord',
  guildId: '7',
  channelId: '8',
  createdAtMs: START,
  fromMs: START + 1000,
  untilMs: START + 3_600_000,
};

/** Writes something of every kind. */
export async function fillStore(store: Store): Promise<void> {
  for (let i = 0; i < 700; i++) {
    await store.audit.append({
      ...person,
      atMs: START + i,
      action: 'load',
      server: 'main',
      target: 'gemma3:12b',
      args: { i },
      result: 'ok',
      code: null,
      vramBeforeBytes: i * 2 ** 33,
      vramAfterBytes: null,
    });
  }
  for (let i = 0; i < 40; i++) {
    await store.samples.add(
      [0, 1].map((gpu) => ({
        server: 'main',
        gpuUuid: `GPU-${gpu}`,
        gpuName: 'RTX 3090',
        atMs: START + i * 60_000,
        totalBytes: 24e9,
        usedBytes: 4e9 + i,
        freeBytes: 20e9,
        ollamaBytes: gpu === 0 ? null : 3e9,
        utilPct: 12.5,
        tempC: 60,
        powerW: null,
      })),
    );
  }
  const place = { platform: 'discord', guildId: '7', channelId: '8' };
  await store.holds.put({
    ...place,
    server: 'main',
    model: 'gemma3:12b',
    holderId: '42',
    holderName: 'Ada',
    sinceMs: START,
    untilMs: null,
    numCtx: 8192,
  });
  await store.observations.add({
    atMs: START,
    server: 'main',
    model: 'gemma3:12b',
    digest: null,
    ollamaVersion: '0.33.0',
    engine: 'llama-server',
    numCtx: 8192,
    request: {},
    predicted: { sizeVramBytes: 1 },
    actual: { sizeVramBytes: 2 },
    gpus: [{ name: 'RTX 3090' }],
  });
  const owner = { ownerId: '42', ownerName: 'Ada', locale: 'zh-CN', createdAtMs: START };
  await store.schedules.create({ ...place, ...owner, cron: '0 9 * * *', timeZone: 'UTC', mode: 'live', server: null });
  await store.schedules.claim(1, START, 'nonce');
  await store.watches.create({
    ...place,
    ...owner,
    kind: 'when-free',
    server: 'main',
    model: null,
    numCtx: null,
    freeBytes: 2 ** 33,
    expiresAtMs: START + 1,
  });
  await store.alerts.begin({ server: 'main', kind: 'gpu-hot', subject: 'GPU-1', params: { tempC: 90 }, atMs: START });
  await store.usage.add({ server: 'main', model: 'm', atMs: START, loads: 1, loadedMs: 5, vramBytes: 6 });
  await store.madeAliases.put(ALIAS);
  const models = [
    { name: 'gemma3:12b', numCtx: 8192, pinned: true },
    { name: 'nomic-embed-text', numCtx: null, pinned: false },
  ];
  const { createdAtMs } = owner;
  await store.modelSets.put({ guildId: '7', name: 'Work', models, ownerId: '42', ownerName: 'Ada', createdAtMs }, 5);
  const times = { startCron: '0 9 * * 1-5', endCron: '0 18 * * 1-5', timeZone: 'Europe/Berlin' };
  await store.setSchedules.create({ ...place, ...owner, ...times, setName: 'Work', server: null }, 5);
  await store.benches.add(BENCH);
  await store.reservations.create(RESERVATION);
  await store.openAnswers.add({ channelId: '8', messageId: '9', title: '/load', locale: 'en', ticket: null }, START);
}

/** Everything that can be read of a store. */
export async function readStore(store: Store) {
  return {
    audit: await store.audit.list({ limit: 500 }),
    older: await store.audit.list({ limit: 500, beforeId: 201 }),
    holds: await store.holds.list(START),
    observations: await store.observations.list(),
    schedules: await store.schedules.list(),
    watches: await store.watches.waiting(),
    alerts: await store.alerts.open(),
    usage: await store.usage.totals(0),
    spans: await store.samples.buckets('main', 60_000, START, START + 3_600_000),
    hours: await store.samples.buckets('main', 3_600_000, START, START + 3_600_000),
    count: await store.samples.count(),
    sets: await store.modelSets.list('7'),
    setSchedules: await store.setSchedules.list(),
    benches: await store.benches.list({ server: 'main' }),
    reservations: await store.reservations.standing(START),
    alias: await store.madeAliases.get(ALIAS.server, ALIAS.alias),
  };
}

/** A store has what another had, and goes on behind it. */
export async function describeContents(store: Store, expected: Awaited<ReturnType<typeof readStore>>): Promise<void> {
  expect(await readStore(store)).toEqual(expected);
  const [newest] = expected.audit;
  expect(await store.audit.append(newest!)).toBe(newest!.id + 1);
  const made = await store.schedules.create(expected.schedules[0]!);
  expect(made.id).toBeGreaterThan(expected.schedules[0]!.id);
  await store.samples.add([
    {
      server: 'other',
      gpuUuid: 'GPU-9',
      gpuName: 'new',
      atMs: START,
      totalBytes: 1,
      usedBytes: 1,
      freeBytes: 0,
      ollamaBytes: null,
      utilPct: null,
      tempC: null,
      powerW: null,
    },
  ]);
  expect(await store.samples.count()).toBe(expected.count + 4);
  expect(await store.openAnswers.takeLapsed(START)).toMatchObject([{ messageId: '9' }]);
}
