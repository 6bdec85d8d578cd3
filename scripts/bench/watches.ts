/**
 * What 1,000 waiting watches cost per snapshot: a full server, one whose free memory wanders, and the moments when
 * memory comes free; with a few different questions among them and with a thousand different ones.
 */

import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { GIB } from '../../src/base/bytes.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import type { Gpu } from '../../src/gpus/types.ts';
import { parseOllamaVersion } from '../../src/ollama/version.ts';
import { WatchKeeper } from '../../src/schedule/watches/watches.ts';
import { createWeightsIndex } from '../../src/servers/asking/same-weights.ts';
import { createServerRegistry } from '../../src/servers/registry.ts';
import { buildSnapshot } from '../../src/servers/snapshot.ts';
import type { ServerSnapshot } from '../../src/servers/types.ts';
import { openStore } from '../../src/store/store.ts';
import { createDirectEstimates } from '../../src/workers/estimates.ts';

const WATCHES = 1_000;
const SNAPSHOTS = 200;
const GPUS = 4;
const FIXTURE = new URL('../../test/fixtures/models/llama3.1-8b.json', import.meta.url);

interface Scene {
  readonly name: string;
  /** Different contexts among the watches. */
  readonly questions: number;
  /** Free memory per GPU at a snapshot, GiB. */
  readonly freeGib: (snapshot: number) => number;
}

const SCENES: readonly Scene[] = [
  { name: 'full, 10 questions', questions: 10, freeGib: () => 0.5 },
  { name: 'full, 1,000 questions', questions: 1_000, freeGib: () => 0.5 },
  {
    name: 'nearly enough, wandering by 10 MiB, 1,000 questions',
    questions: 1_000,
    freeGib: (i) => 1.9 + (i % 2) / 100,
  },
  { name: 'nearly enough, wandering by 200 MiB, 10 questions', questions: 10, freeGib: (i) => 1.7 + (i % 10) / 50 },
  {
    name: 'nearly enough, wandering by 200 MiB, 1,000 questions',
    questions: 1_000,
    freeGib: (i) => 1.7 + (i % 10) / 50,
  },
  { name: '24 GiB come free every tenth, 10 questions', questions: 10, freeGib: (i) => (i % 10 < 3 ? 6 : 0.5) },
  { name: '24 GiB come free every tenth, 1,000 questions', questions: 1_000, freeGib: (i) => (i % 10 < 3 ? 6 : 0.5) },
];

/** The Markdown section for `npm run bench`. */
export async function benchWatches(): Promise<string> {
  const spec = JSON.parse(await readFile(FIXTURE, 'utf8')) as ModelSpec;
  const lines = [
    `## ${WATCHES.toLocaleString('en')} watches`,
    '',
    'Processor time per snapshot, ms (target: below 5 ms); the work is cut into slices of 3 ms, between which the event loop turns.',
    '',
    '| scene | mean | median | p95 | first | told |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  for (const scene of SCENES) {
    lines.push(await measure(scene, spec));
  }
  lines.push('');
  return lines.join('\n');
}

async function measure(scene: Scene, spec: ModelSpec): Promise<string> {
  const store = await openStore(':memory:');
  const env = {
    numParallel: null,
    flashAttention: null,
    kvCacheType: null,
    gpuOverheadBytes: 0,
    schedSpread: false,
    contextLength: null,
    maxLoadedModels: null,
    visibleDevices: null,
    reservedBytes: [],
  };
  const config = {
    name: 'main',
    ollamaHost: 'http://127.0.0.1:2',
    apiKey: null,
    headers: {},
    gpuSource: 'none',
    sshKeyFile: null,
    env,
  };
  const registry = createServerRegistry([config]);
  let now = Date.UTC(2026, 10, 23, 12);
  let told = 0;
  const keeper = new WatchKeeper({
    registry,
    sampler: { watch: () => () => undefined, onSnapshot: () => () => undefined },
    repository: store.watches,
    findSpec: async () => spec,
    estimator: createDirectEstimates().by('bench'),
    deliver: async () => {
      told += 1;
      return 'sent';
    },
    weights: createWeightsIndex(),
    platforms: ['discord'],
    log: pino({ level: 'silent' }),
    leader: { leads: () => true },
    now: () => now,
  });
  await keeper.start();
  for (let i = 0; i < WATCHES; i++) {
    await keeper.add({
      kind: i % 10 === 9 ? 'when-free' : 'when-fits',
      ownerId: `person-${i % 200}`,
      ownerName: 'somebody',
      platform: 'discord',
      guildId: null,
      channelId: '1',
      server: 'main',
      model: i % 10 === 9 ? null : 'llama3.1:8b',
      numCtx: i % 10 === 9 ? null : 4_096 + 64 * (i % scene.questions),
      freeBytes: i % 10 === 9 ? 20 * GIB : null,
      locale: 'en',
      createdAtMs: now,
      expiresAtMs: now + 7 * 86_400_000,
    });
  }
  const look = async (i: number): Promise<number> => {
    now += 10_000;
    const snapshot = snapshotWith(scene.freeGib(i) * GIB, now);
    const before = process.cpuUsage();
    keeper.observe(snapshot);
    await keeper.idle();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  // The models are looked up in the first rounds.
  for (let i = 0; i < WATCHES / 4 && i < scene.questions; i++) {
    await look(4);
  }
  const first = await look(5);
  const times: number[] = [];
  for (let i = 0; i < SNAPSHOTS; i++) {
    times.push(await look(i));
  }
  await keeper.stop();
  await registry.close();
  await store.close();
  const sorted = times.toSorted((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(2);
  return `| ${scene.name} | ${mean.toFixed(2)} | ${at(0.5)} | ${at(0.95)} | ${first.toFixed(1)} | ${told} |`;
}

function snapshotWith(freeBytes: number, nowMs: number): ServerSnapshot {
  const gpus = Array.from({ length: GPUS }, (_, index): Gpu => {
    const totalBytes = 8 * GIB;
    return {
      uuid: `GPU-${index}`,
      pci: `0000:0${index}:00.0`,
      index,
      name: 'NVIDIA GeForce RTX 4060',
      totalBytes,
      usedBytes: totalBytes - freeBytes,
      freeBytes,
      reservedBytes: 0,
      utilPct: null,
      tempC: null,
      powerW: null,
      powerLimitW: null,
      computeCapability: 8.9,
      vendor: 'nvidia',
      state: 'ok',
      notes: [],
    };
  });
  const reading = {
    source: 'nvidia-smi' as const,
    host: 'local',
    takenAtMs: nowMs,
    status: 'ok' as const,
    basis: 'measured' as const,
    gpus,
    processes: null,
    missing: [],
    errors: [],
    driverVersion: null,
    hostMemory: null,
  };
  return buildSnapshot({
    name: 'main',
    env: { gpuOverheadBytes: 0 },
    nowMs,
    ollama: { state: 'up', version: parseOllamaVersion('0.33.0'), versionWarning: null },
    models: { list: [], atMs: nowMs },
    modelsCurrent: true,
    gpus: reading,
    goodGpus: reading,
    incomplete: false,
  });
}
