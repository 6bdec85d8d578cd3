import type { Services } from '../../commands/services.ts';
import type { Painter } from '../../src/chat/pictures/painter.ts';
import type { GpuView, LoadedModelView, ServerSnapshot } from '../../src/servers/types.ts';

export const GIB = 2 ** 30;
export const DAY_MS = 86_400_000;
/** The moment of all snapshots. */
export const T0 = Date.parse('2026-11-23T12:00Z');

export function model(more: Partial<LoadedModelView> = {}): LoadedModelView {
  return {
    name: 'gemma3:12b',
    digest: 'a'.repeat(64),
    sizeBytes: 10 * GIB,
    sizeVramBytes: 10 * GIB,
    gpuShare: 1,
    contextLength: 32_768,
    expiresAtMs: T0 + 300_000,
    stopping: false,
    details: {
      format: 'gguf',
      family: 'gemma3',
      families: ['gemma3'],
      parameterSize: '12.2B',
      quantization: 'Q4_K_M',
      parentModel: '',
    },
    isCloud: false,
    isMlx: false,
    ...more,
  };
}

export function gpu(index: number, more: Partial<GpuView> = {}): GpuView {
  const totalBytes = 24 * GIB;
  const ollamaBytes = index % 2 === 0 ? 12 * GIB : 0;
  const othersBytes = index % 4 === 1 ? 6 * GIB : 0.5 * GIB;
  const usedBytes = ollamaBytes + othersBytes;
  return {
    uuid: `GPU-${index}`,
    pci: null,
    index,
    name: 'NVIDIA GeForce RTX 3090',
    totalBytes,
    usedBytes,
    freeBytes: totalBytes - usedBytes,
    reservedBytes: 0,
    utilPct: 3,
    tempC: 40,
    powerW: 30,
    powerLimitW: 350,
    computeCapability: 8.6,
    vendor: 'nvidia',
    state: 'ok',
    notes: [],
    ollamaBytes,
    othersBytes,
    ollamaBasis: 'processes',
    freeWhenEmptyBytes: null,
    ...more,
  };
}

/** A snapshot of a server with so many GPUs. */
export function snapshotOf(
  options: { gpus?: number | readonly GpuView[]; name?: string } & Partial<Omit<ServerSnapshot, 'gpus' | 'name'>> = {},
): ServerSnapshot {
  const { gpus = 4, name = 'main', ...more } = options;
  const gpuViews = typeof gpus === 'number' ? Array.from({ length: gpus }, (_, index) => gpu(index)) : gpus;
  const free = gpuViews.map(({ freeBytes }) => freeBytes ?? 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const freeNow = gpuViews.length === 0 ? null : { sum: sum(free), max: Math.max(...free) };
  return {
    name,
    takenAtMs: T0,
    ollama: {
      state: 'up',
      version: { text: '0.33.0', major: 0, minor: 33, patch: 0, prerelease: null } as never,
      versionWarning: null,
    },
    models: [],
    modelsAtMs: T0,
    modelsStale: false,
    gpus: {
      source: 'nvidia-smi',
      host: 'local',
      takenAtMs: T0 - 3_000,
      status: 'ok',
      basis: 'measured',
      gpus: gpuViews,
      processes: null,
      missing: [],
      errors: [],
      driverVersion: null,
      hostMemory: null,
    },
    gpuViews,
    gpuAgeMs: 3_000,
    gpuStale: false,
    gpuProblems: [],
    missingGpus: [],
    figures: {
      totalBytes: gpuViews.length === 0 ? null : sum(gpuViews.map(({ totalBytes }) => totalBytes ?? 0)),
      freeNow,
      usable: freeNow,
      usedByOllamaBytes: sum(gpuViews.map(({ ollamaBytes }) => ollamaBytes ?? 0)),
      usedByOthersBytes: sum(gpuViews.map(({ othersBytes }) => othersBytes ?? 0)),
      reclaimableBytes: null,
      freeIfIdleLeft: null,
    },
    incomplete: false,
    ...more,
  };
}

/** The services that a status reply looks at: painter, history, holders, clock. */
export function servicesWith(options: {
  painter: Painter;
  /** GPUs with a day of history. */
  historyGpus?: number;
  holders?: ReadonlyMap<string, string>;
}): Services {
  const { painter, historyGpus = 0, holders = new Map<string, string>() } = options;
  return {
    painter,
    holders: () => holders,
    now: () => T0,
    timeZone: 'Europe/Berlin',
    simulated: false,
    history: async (server, window, points) => ({
      server,
      window,
      fromMs: T0 - DAY_MS,
      toMs: T0,
      stepMs: DAY_MS / points,
      gpus: Array.from({ length: historyGpus }, (_, index) => ({
        gpuUuid: `GPU-${index}`,
        gpuName: 'NVIDIA GeForce RTX 3090',
        totalBytes: 24 * GIB,
        points: Array.from({ length: points }, (_point, at) => ({
          atMs: T0 - DAY_MS + (at * DAY_MS) / points,
          usedAvgBytes: at % 50 === 0 ? null : (1 + Math.sin(at / 20 + index)) * 8 * GIB,
          usedMaxBytes: null,
          freeMinBytes: null,
          ollamaAvgBytes: null,
          utilAvgPct: null,
        })),
      })),
    }),
  } as Partial<Services> as Services;
}
