import { describe, expect, it } from 'vitest';
import type { GpuSnapshot } from '../../src/gpus/types.ts';
import { parseExpiresAt } from '../../src/ollama/keep-alive.ts';
import type { RunningModel } from '../../src/ollama/types.ts';
import { parseOllamaVersion } from '../../src/ollama/version.ts';
import {
  ASSUMED_OLLAMA_VERSION,
  estimateServer,
  placeableGpus,
  versionText,
} from '../../src/servers/asking/server-view.ts';
import { buildSnapshot, type SnapshotParts } from '../../src/servers/snapshot.ts';
import { GIB, MIB } from '../gpus/tools.ts';
import { gpu, reading } from './stub.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const A = 'GPU-00000000-0000-4000-8000-00000000000a';
const B = 'GPU-00000000-0000-4000-8000-00000000000b';
const config = { env: { gpuOverheadBytes: 0, schedSpread: false, maxLoadedModels: null, visibleDevices: null } };

function model(name: string, sizeVramBytes: number, more: Partial<RunningModel> = {}): RunningModel {
  return {
    name,
    digest: 'd',
    sizeBytes: sizeVramBytes,
    sizeVramBytes,
    expiresAtMs: NOW + 60_000,
    pinned: false,
    contextLength: 8192,
    details: { format: 'gguf', family: 'x', families: [], parameterSize: '', quantization: '', parentModel: '' },
    isCloud: false,
    isMlx: false,
    ...more,
  };
}

function snapshot(gpus: Partial<GpuSnapshot>, models: readonly RunningModel[] = [], more: Partial<SnapshotParts> = {}) {
  const full: GpuSnapshot = { ...reading([gpu()], NOW), missing: [], ...gpus };
  return buildSnapshot({
    name: 'main',
    env: { gpuOverheadBytes: 0 },
    nowMs: NOW,
    ollama: { state: 'up', version: parseOllamaVersion('0.33.0'), versionWarning: null },
    models: { list: models, atMs: NOW },
    modelsCurrent: true,
    gpus: full,
    goodGpus: full.status === 'failed' ? null : full,
    incomplete: false,
    ...more,
  });
}

describe('loaded models', () => {
  it('tell their share on the GPU, their expiry, pinned and stopping', () => {
    const forever = parseExpiresAt('2318-05-26T11:00:00Z');
    const { models } = snapshot({}, [
      model('full', 4 * GIB),
      model('split', 3 * GIB, { sizeBytes: 4 * GIB }),
      model('cpu', 0, { sizeBytes: GIB }),
      model('nothing', 0),
      model('pinned', GIB, forever),
      model('stopping', GIB, { expiresAtMs: NOW - 1 }),
      model('@everyone `x`', GIB, { expiresAtMs: null }),
    ]);
    expect(models!.map((view) => view.gpuShare)).toEqual([1, 0.75, 0, null, 1, 1, 1]);
    expect(models!.map((view) => view.expiresAtMs)).toEqual([
      NOW + 60_000,
      NOW + 60_000,
      NOW + 60_000,
      NOW + 60_000,
      'pinned',
      NOW - 1,
      null,
    ]);
    expect(models!.filter((view) => view.stopping).map((view) => view.name)).toEqual(['stopping']);
    expect(models!.at(-1)!.name).toBe('@everyone `x`');
  });
});

describe('owners of memory', () => {
  const two = [
    gpu({ uuid: A, usedBytes: 6 * GIB, freeBytes: 17.5 * GIB }),
    gpu({ uuid: B, pci: '0000:02:00.0', index: 1, usedBytes: 2 * GIB, freeBytes: 21.5 * GIB }),
  ];

  it('come from the runners’ processes where they are seen', () => {
    const processes = [
      { gpuUuid: A, pid: 1, usedBytes: 5 * GIB, name: '/usr/local/lib/ollama/llama-server', user: null },
      { gpuUuid: A, pid: 2, usedBytes: GIB, name: 'C:\\Program Files\\python.exe', user: null },
      { gpuUuid: B, pid: 3, usedBytes: GIB, name: '/home/eve/llama-server', user: null },
    ];
    const { gpuViews, figures } = snapshot({ gpus: two, processes }, [model('m', 4.5 * GIB)]);
    expect(gpuViews.map((view) => [view.ollamaBasis, view.ollamaBytes, view.othersBytes])).toEqual([
      ['processes', 5 * GIB, GIB],
      ['processes', 0, 2 * GIB],
    ]);
    expect(gpuViews[0]!.freeWhenEmptyBytes).toBe(22.5 * GIB);
    expect(figures).toMatchObject({ usedByOllamaBytes: 4.5 * GIB, usedByOthersBytes: 3 * GIB });
  });

  it('take a llama-server without a directory for Ollama’s only when the sizes agree', () => {
    const at = (usedBytes: number | null) => [{ gpuUuid: A, pid: 1, usedBytes, name: 'llama-server', user: null }];
    const basis = (usedBytes: number | null) =>
      snapshot({ gpus: two, processes: at(usedBytes) }, [model('m', 3 * GIB)]).gpuViews[0]!.ollamaBasis;
    expect(basis(3.2 * GIB)).toBe('processes');
    expect(basis(5.5 * GIB)).toBe('shared-out');
    expect(basis(GIB)).toBe('shared-out');
    expect(basis(null)).toBe('shared-out');
    // With nothing loaded it is somebody else's.
    expect(snapshot({ gpus: two, processes: at(3 * GIB) }).gpuViews[0]).toMatchObject({
      ollamaBytes: 0,
      othersBytes: 6 * GIB,
    });
  });

  it('are not read from processes that cannot be all', () => {
    const processes = [{ gpuUuid: A, pid: 1, usedBytes: GIB, name: 'ollama', user: null }];
    const { gpuViews } = snapshot({ gpus: two, processes }, [model('m', 4 * GIB)]);
    expect(gpuViews.map((view) => [view.ollamaBasis, view.ollamaBytes])).toEqual([
      ['shared-out', 3 * GIB],
      ['shared-out', GIB],
    ]);
  });

  it('are plain on a single GPU, and never more than is used', () => {
    expect(snapshot({}, [model('m', 3 * GIB)]).gpuViews).toMatchObject([
      { ollamaBasis: 'only-gpu', ollamaBytes: 3 * GIB, othersBytes: GIB, freeWhenEmptyBytes: 22.5 * GIB },
    ]);
    expect(snapshot({}, [model('m', 9 * GIB)]).gpuViews).toMatchObject([{ ollamaBytes: 4 * GIB, othersBytes: 0 }]);
  });

  it('are unknown when Ollama does not answer', () => {
    const down = snapshot({}, [model('m', GIB)], {
      modelsCurrent: false,
      ollama: { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: parseOllamaVersion('0.30.1') },
    });
    expect(down).toMatchObject({ modelsStale: true, models: [{ name: 'm' }] });
    expect(down.gpuViews).toMatchObject([{ ollamaBytes: null, othersBytes: null, freeWhenEmptyBytes: null }]);
    expect(down.figures).toMatchObject({
      usedByOllamaBytes: null,
      usedByOthersBytes: null,
      reclaimableBytes: null,
      freeNow: { sum: 19.5 * GIB },
    });
    expect(estimateServer(down, config).ollama).toBe('0.30.1');
  });
});

describe('figures', () => {
  it('show sum and largest GPU, and what Ollama leaves alone', () => {
    const gpus = [gpu({ uuid: A }), gpu({ uuid: B, freeBytes: 0.4 * GIB, usedBytes: 23 * GIB })];
    const { figures } = snapshot({ gpus }, [], { env: { gpuOverheadBytes: GIB } });
    expect(figures.freeNow).toEqual({ sum: 19.5 * GIB + 0.4 * GIB, max: 19.5 * GIB });
    expect(figures.usable).toEqual({ sum: 18.5 * GIB - 457 * MIB, max: 18.5 * GIB - 457 * MIB });
  });

  it('count what comes back when idle models leave: not pinned ones, not those on their way', () => {
    const { figures } = snapshot({}, [
      model('idle', GIB),
      model('pinned', 2 * GIB, { pinned: true, expiresAtMs: null }),
      model('going', GIB, { expiresAtMs: NOW - 1 }),
    ]);
    expect(figures).toMatchObject({
      usedByOllamaBytes: 4 * GIB,
      reclaimableBytes: GIB,
      freeIfIdleLeft: { sum: 20.5 * GIB, max: 20.5 * GIB },
    });
  });

  it('leave out cards that no process can use as a whole, and are unknown without any', () => {
    const mig = gpu({ uuid: B, state: 'mig', freeBytes: 100 * GIB });
    const lost = gpu({ state: 'lost', totalBytes: null, usedBytes: null, freeBytes: null });
    expect(snapshot({ gpus: [gpu(), mig, lost] }).figures.freeNow).toEqual({ sum: 19.5 * GIB, max: 19.5 * GIB });
    expect(snapshot({ gpus: [mig, lost] }).figures).toMatchObject({
      totalBytes: null,
      freeNow: null,
      usable: null,
      freeIfIdleLeft: null,
    });
  });
});

describe('age', () => {
  it('is told, and makes numbers stale', () => {
    const aged = (seconds: number) => snapshot({ takenAtMs: NOW - seconds * 1000 });
    expect(aged(20)).toMatchObject({ gpuAgeMs: 20_000, gpuStale: false });
    expect(aged(31)).toMatchObject({ gpuAgeMs: 31_000, gpuStale: true });
  });

  it('is that of the last good reading when the latest failed', () => {
    const good: GpuSnapshot = { ...reading([gpu()], NOW - 45_000), missing: [] };
    const failed = snapshot(
      { status: 'failed', gpus: [], errors: [{ code: 'driver-mismatch', params: {}, text: '' }] },
      [],
      { goodGpus: good },
    );
    expect(failed).toMatchObject({
      gpuAgeMs: 45_000,
      gpuStale: true,
      gpus: { gpus: [{ freeBytes: 19.5 * GIB }] },
      gpuProblems: [{ code: 'driver-mismatch' }],
    });
  });

  it('is unknown when nothing was ever read', () => {
    expect(snapshot({ status: 'failed', gpus: [] })).toMatchObject({
      gpus: null,
      gpuViews: [],
      gpuAgeMs: null,
      gpuStale: false,
    });
  });

  it('names GPUs that are missing', () => {
    expect(snapshot({ status: 'partial', missing: [B] }).missingGpus).toEqual([B]);
  });
});

describe('the version for the estimator', () => {
  it('is what the server says, the newest rules for what is no release, and the newest known while it is silent', () => {
    expect(versionText(parseOllamaVersion('0.12.5-rc1'))).toBe('0.12.5-rc1');
    expect(versionText(parseOllamaVersion('0.0.0'))).toBe('0.0.0');
    expect(versionText(parseOllamaVersion('my own build'))).toBe('0.0.0');
    expect(versionText(null)).toBe(ASSUMED_OLLAMA_VERSION);
  });
});

describe('the server for the estimator', () => {
  it('has CUDA’s totals, capability and host memory', () => {
    expect(estimateServer(snapshot({}), config)).toEqual({
      ollama: '0.33.0',
      gpus: [
        {
          name: 'NVIDIA GeForce RTX 3090',
          totalBytes: 23.5 * GIB,
          freeBytes: 19.5 * GIB,
          library: 'CUDA',
          integrated: false,
          computeCapability: 8.6,
        },
      ],
      loaded: [],
      gpuOverheadBytes: 0,
      schedSpread: false,
      system: { totalBytes: 64 * GIB, freeBytes: 50 * GIB, swapFreeBytes: GIB },
    });
  });

  it('orders equal cards by place and different ones by free memory', () => {
    const [far, near] = [
      gpu({ uuid: A, pci: '0000:41:00.0', freeBytes: 20 * GIB }),
      gpu({ uuid: B, pci: '0000:01:00.0', freeBytes: GIB }),
    ];
    expect(placeableGpus(snapshot({ gpus: [far, near] })).map((view) => view.uuid)).toEqual([B, A]);
    const small = gpu({
      uuid: B,
      pci: '0000:01:00.0',
      name: 'NVIDIA GeForce GTX 1070 Ti',
      totalBytes: 8 * GIB,
      freeBytes: 7 * GIB,
      usedBytes: GIB,
      reservedBytes: 0,
    });
    expect(placeableGpus(snapshot({ gpus: [small, far] })).map((view) => view.uuid)).toEqual([A, B]);
  });

  it.each([
    ['1', [1]],
    ['GPU-00000000-0000-4000-8000-00000000000b,0', [1, 0]],
    ['0,7,1', [0]],
    ['-1', []],
  ])('sees the GPUs that CUDA_VISIBLE_DEVICES=%s leaves, as CUDA reads it', (visibleDevices, expected) => {
    const gpus = [gpu({ uuid: A, index: 0, pci: '0000:01:00.0' }), gpu({ uuid: B, index: 1, pci: '0000:41:00.0' })];
    const env = { ...config.env, visibleDevices };
    expect(estimateServer(snapshot({ gpus }), { env }).visibleGpus).toEqual(expected);
  });

  it('tells the estimator where a loaded model lies, and for how long it was told to stay', () => {
    const now = snapshot({ gpus: [gpu({ uuid: A })] }, [model('a', GIB)]);
    const placement = { hostBytes: 0, gpus: [{ uuid: A, heldBytes: 2 * GIB, countedBytes: GIB }], alone: false };
    const placed = { ...now, models: now.models!.map((one) => ({ ...one, placement })) };
    expect(estimateServer(placed, config).loaded).toEqual([
      {
        name: 'a',
        sizeVramBytes: GIB,
        keepAliveSeconds: 300,
        places: [{ gpu: 0, heldBytes: 2 * GIB, countedBytes: GIB }],
        alone: false,
      },
    ]);
  });

  it('imagines models gone: all, idle ones, or the one that is loaded again', () => {
    const now = snapshot({}, [model('a', GIB), model('b', 2 * GIB, { pinned: true, expiresAtMs: null })]);
    const free = (options: Parameters<typeof estimateServer>[2]) => {
      const server = estimateServer(now, config, options);
      return [server.gpus[0]!.freeBytes / GIB, server.loaded!.map((loaded) => loaded.name)];
    };
    expect(free({})).toEqual([19.5, ['a', 'b']]);
    expect(free({ assume: 'idle-left' })).toEqual([20.5, ['b']]);
    expect(free({ assume: 'idle-left', keep: ['a'] })).toEqual([19.5, ['a', 'b']]);
    expect(free({ without: ['b'] })).toEqual([21.5, ['a']]);
    expect(free({ assume: 'empty' })).toEqual([22.5, []]);
  });

  it('answers for the empty server from a declaration although Ollama is silent', () => {
    const declared: Partial<GpuSnapshot> = {
      basis: 'declared',
      source: 'declared',
      gpus: [gpu({ usedBytes: 0, freeBytes: 24 * GIB, reservedBytes: null })],
    };
    const silent = snapshot(declared, [], {
      models: null,
      modelsCurrent: false,
      ollama: { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: null },
    });
    expect(estimateServer(silent, config).gpus).toEqual([]);
    expect(estimateServer(silent, config, { assume: 'empty' })).toMatchObject({
      ollama: '0.33.0',
      gpus: [{ freeBytes: 24 * GIB }],
    });
  });

  it('marks unified memory and other vendors', () => {
    const gpus = [
      gpu({ state: 'uma', vendor: 'apple', name: 'Apple M3 Max', reservedBytes: null, computeCapability: null }),
    ];
    expect(estimateServer(snapshot({ gpus }), config).gpus).toMatchObject([{ library: 'Metal', integrated: true }]);
  });
});
