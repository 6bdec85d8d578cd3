import { describe, expect, it } from 'vitest';
import { isThisMachine } from '../../src/servers/locality.ts';
import { createServerRegistry } from '../../src/servers/registry.ts';
import { createServer } from '../../src/servers/server.ts';
import type { ServerSnapshot } from '../../src/servers/types.ts';
import { GIB, onEnd } from '../gpus/tools.ts';
import { gpu, gpuSource, ollamaStub, reading, serverConfig } from './stub.ts';

const never = <T>() => new Promise<T>(() => undefined);

describe('a server', () => {
  it('reads Ollama and the GPUs into one snapshot', async () => {
    const stub = await ollamaStub([{ name: 'gemma3:12b', sizeVram: 3 * GIB, size: 4 * GIB, context: 8192 }]);
    const server = createServer(serverConfig('main', stub.url), {
      gpuSource: gpuSource(async () => reading([gpu()], Date.now())),
    });
    onEnd(() => server.close());
    const snapshot = await server.snapshot();
    expect(snapshot).toMatchObject({
      name: 'main',
      incomplete: false,
      ollama: { state: 'up', version: { text: '0.33.0' }, versionWarning: null },
      models: [{ name: 'gemma3:12b', gpuShare: 0.75, contextLength: 8192 }],
      modelsStale: false,
      gpuStale: false,
      figures: { usedByOllamaBytes: 3 * GIB, usedByOthersBytes: GIB },
    });
    expect(server.latest()).toBe(snapshot);
  });

  it('takes a hundred questions at once for one reading, and a cached one while it is fresh', async () => {
    const stub = await ollamaStub();
    let now = 1_000_000;
    let reads = 0;
    const server = createServer(serverConfig('main', stub.url), {
      clock: () => now,
      gpuSource: gpuSource(async () => {
        reads += 1;
        return reading([gpu()], now);
      }),
    });
    onEnd(() => server.close());
    await Promise.all(Array.from({ length: 100 }, () => server.snapshot()));
    expect([reads, stub.calls]).toEqual([1, 2]);
    now += 1_999;
    await server.snapshot({ maxAgeMs: 2_000 });
    expect(reads).toBe(1);
    now += 2;
    await server.snapshot({ maxAgeMs: 2_000 });
    expect(reads).toBe(2);
    await server.snapshot({ maxAgeMs: 0 });
    expect([reads, stub.calls]).toEqual([3, 6]);
  });

  it('never answers "now" from a reading that began earlier', async () => {
    const stub = await ollamaStub();
    let now = 5_000;
    const waiting: (() => void)[] = [];
    let reads = 0;
    const server = createServer(serverConfig('main', stub.url), {
      clock: () => now,
      gpuSource: gpuSource(async () => {
        const mine = ++reads;
        await new Promise<void>((resolve) => waiting.push(resolve));
        return reading([gpu({ freeBytes: mine * GIB })], now);
      }),
    });
    onEnd(() => server.close());
    const before = server.snapshot({ maxAgeMs: 0 });
    now += 10;
    const after = server.snapshot({ maxAgeMs: 0 });
    while (reads < 2) {
      waiting.shift()?.();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    waiting.shift()?.();
    await before;
    expect((await after).gpuViews[0]!.freeBytes).toBe(2 * GIB);
  });

  it('answers at the deadline with what it has, while the GPUs hang', async () => {
    const stub = await ollamaStub([{ name: 'm', sizeVram: GIB }]);
    const server = createServer(serverConfig('main', stub.url), { gpuSource: gpuSource(never) });
    onEnd(() => server.close());
    const snapshot = await server.snapshot({ timeoutMs: 300 });
    expect(snapshot).toMatchObject({
      incomplete: true,
      ollama: { state: 'up' },
      models: [{ name: 'm' }],
      gpus: null,
      gpuProblems: [{ code: 'timeout' }],
    });
  });

  it('tells listeners a reading that ended after the deadline', async () => {
    const stub = await ollamaStub();
    let finish = (): void => undefined;
    const server = createServer(serverConfig('main', stub.url), {
      gpuSource: gpuSource(async () => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return reading([gpu()], Date.now());
      }),
    });
    onEnd(() => server.close());
    const told = new Promise<ServerSnapshot>((resolve) => server.onSnapshot(resolve));
    expect((await server.snapshot({ timeoutMs: 50 })).incomplete).toBe(true);
    finish();
    expect(await told).toMatchObject({ incomplete: false, gpuViews: [{ freeBytes: 19.5 * GIB }] });
    expect(server.latest()?.incomplete).toBe(false);
  });

  it('keeps the last good GPU numbers with their age when a reading fails', async () => {
    const stub = await ollamaStub();
    let now = 1_000_000;
    let broken = false;
    const server = createServer(serverConfig('main', stub.url), {
      clock: () => now,
      gpuSource: gpuSource(
        async () => {
          if (broken) {
            throw new Error('driver gone');
          }
          return reading([gpu()], now);
        },
        () => now,
      ),
    });
    onEnd(() => server.close());
    await server.snapshot();
    broken = true;
    now += 40_000;
    expect(await server.snapshot()).toMatchObject({
      gpuAgeMs: 40_000,
      gpuStale: true,
      gpuViews: [{ freeBytes: 19.5 * GIB }],
      gpuProblems: [{ code: 'command-failed' }],
    });
    broken = false;
    expect(await server.snapshot({ maxAgeMs: 0 })).toMatchObject({ gpuAgeMs: 0, gpuStale: false, gpuProblems: [] });
  });

  it('tells down, hanging, unauthorized and broken apart, and keeps the last models', async () => {
    const stub = await ollamaStub([{ name: 'm', sizeVram: GIB }]);
    const server = createServer(serverConfig('main', stub.url), {
      gpuSource: gpuSource(async () => reading([gpu()], Date.now())),
    });
    onEnd(() => server.close());
    await server.snapshot({ maxAgeMs: 0 });
    for (const [fault, state] of [
      [401, 'unauthorized'],
      [403, 'unauthorized'],
      [500, 'error'],
      ['hang', 'hanging'],
    ] as const) {
      stub.fault = fault;
      const snapshot = await server.snapshot({ maxAgeMs: 0, timeoutMs: 2_300 });
      expect(snapshot, String(fault)).toMatchObject({
        ollama: { state, lastVersion: { text: '0.33.0' } },
        models: [{ name: 'm' }],
        modelsStale: true,
      });
    }
    const gone = createServer(serverConfig('gone', 'http://127.0.0.1:2'));
    onEnd(() => gone.close());
    expect(await gone.snapshot()).toMatchObject({
      ollama: { state: 'down', error: { code: 'unreachable' }, lastVersion: null },
      models: null,
      gpus: null,
    });
  });

  it('warns of a version with known holes', async () => {
    const stub = await ollamaStub();
    stub.version = '0.6.5';
    const server = createServer(serverConfig('main', stub.url));
    onEnd(() => server.close());
    expect((await server.snapshot()).ollama).toMatchObject({
      state: 'up',
      versionWarning: { code: 'version-below-floor' },
    });
  });

  it('takes what Ollama holds off declared GPUs', async () => {
    const stub = await ollamaStub([{ name: 'm', sizeVram: 6 * GIB }]);
    const server = createServer(serverConfig('main', stub.url, '24GiB,8GiB'));
    onEnd(() => server.close());
    expect((await server.snapshot()).gpuViews).toMatchObject([
      { freeBytes: 18 * GIB, othersBytes: null },
      { freeBytes: 8 * GIB },
    ]);
  });

  it('tells listeners once per reading', async () => {
    const stub = await ollamaStub();
    const server = createServer(serverConfig('main', stub.url));
    onEnd(() => server.close());
    const seen: ServerSnapshot[] = [];
    const stop = server.onSnapshot((snapshot) => seen.push(snapshot));
    await Promise.all([server.snapshot(), server.snapshot()]);
    await server.snapshot({ maxAgeMs: 60_000 });
    expect(seen).toHaveLength(1);
    await server.snapshot({ maxAgeMs: 0 });
    stop();
    await server.snapshot({ maxAgeMs: 0 });
    expect(seen).toHaveLength(2);
  });
});

describe('the registry', () => {
  it('finds servers by name and has a default', async () => {
    const registry = createServerRegistry([
      serverConfig('Lab', 'http://127.0.0.1:2'),
      serverConfig('b', 'http://127.0.0.1:2'),
    ]);
    onEnd(() => registry.close());
    expect(registry.defaultServer.name).toBe('Lab');
    expect(registry.get(' lab ')?.name).toBe('Lab');
    expect(registry.get('c')).toBeNull();
    expect(() => createServerRegistry([])).toThrow();
  });

  it('answers for 48 of 50 servers with 8 GPUs each while 2 hang', async () => {
    const stub = await ollamaStub([{ name: 'm', sizeVram: GIB }]);
    const hangingOllama = await ollamaStub();
    hangingOllama.fault = 'hang';
    const eight = Array.from({ length: 8 }, (_, i) =>
      gpu({ uuid: `GPU-0000000${i}`, index: i, pci: `0000:0${i}:00.0` }),
    );
    const configs = Array.from({ length: 50 }, (_, i) => serverConfig(`s${i}`, i === 7 ? hangingOllama.url : stub.url));
    const registry = createServerRegistry(configs, (config) => ({
      gpuSource: gpuSource(config.name === 's23' ? never : async () => reading(eight, Date.now())),
    }));
    onEnd(() => registry.close());
    const snapshots = await registry.snapshotAll({ timeoutMs: 4_000 });
    expect(snapshots.map((snapshot) => snapshot.name)).toEqual(configs.map((config) => config.name));
    expect(snapshots.filter((snapshot) => snapshot.incomplete).map((snapshot) => snapshot.name)).toEqual(['s7', 's23']);
    expect(snapshots[7]).toMatchObject({ ollama: { state: 'hanging' }, gpus: { status: 'ok' } });
    expect(snapshots[23]).toMatchObject({ ollama: { state: 'up' }, gpus: null });
    for (const snapshot of snapshots.filter((candidate) => !candidate.incomplete)) {
      expect(snapshot.gpuViews).toHaveLength(8);
      expect(snapshot.models).toHaveLength(1);
    }
  });
});

describe('whether Ollama is on this machine', () => {
  const own = { hostname: 'Bench', addresses: ['192.168.7.4', 'fe80::1'], inContainer: false };
  it.each([
    ['', true],
    ['http://127.0.0.1:11434', true],
    ['http://localhost', true],
    ['0.0.0.0', true],
    ['bench:11434', true],
    ['http://192.168.7.4:8080', true],
    ['http://192.168.7.5', false],
    ['https://ollama.example.org', false],
    ['gpu-01', false],
    ['http://ollama:11434', false],
  ])('says of %j: %s', (host, expected) => {
    expect(isThisMachine(host, own)).toBe(expected);
  });

  it('takes a neighbouring container for this machine', () => {
    const inside = { ...own, inContainer: true };
    expect(isThisMachine('http://ollama:11434', inside)).toBe(true);
    expect(isThisMachine('http://host.docker.internal:11434', inside)).toBe(true);
    expect(isThisMachine('http://gpu.lab.example:11434', inside)).toBe(false);
  });
});
