import { describe, expect, it } from 'vitest';
import { createServerRegistry } from '../../src/servers/registry.ts';
import { createSampler, type SamplerOptions } from '../../src/servers/sampler.ts';
import type { ServerSnapshot } from '../../src/servers/types.ts';
import { openStore } from '../../src/store/store.ts';
import { GIB, onEnd } from '../gpus/tools.ts';
import { gpu, gpuSource, ollamaStub, reading, serverConfig } from './stub.ts';

async function setup(options: Partial<SamplerOptions> = {}, broken = () => false) {
  const stub = await ollamaStub();
  const store = await openStore(':memory:');
  let reads = 0;
  const registry = createServerRegistry([serverConfig('a', stub.url), serverConfig('b', stub.url)], (config) => ({
    gpuSource: gpuSource(async () => {
      if (config.name === 'a') {
        reads += 1;
      }
      if (broken()) {
        throw new Error('gone');
      }
      return reading(
        [gpu(), gpu({ uuid: 'GPU-lost', state: 'lost', totalBytes: null, usedBytes: null, freeBytes: null })],
        Date.now(),
      );
    }),
  }));
  const errors: unknown[] = [];
  const sampler = createSampler(registry, {
    store,
    fastMs: 20,
    slowMs: 3_600_000,
    onError: (error) => errors.push(error),
    ...options,
  });
  onEnd(async () => {
    await sampler.stop();
    await registry.close();
    await store.close();
  });
  return { stub, store, registry, sampler, errors, reads: () => reads };
}

/** Waits until something holds; the test's own time-out bounds it. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the sampler', () => {
  it('samples every server at once and writes what is known', async () => {
    const { store, sampler } = await setup();
    sampler.start();
    await until(async () => (await store.samples.count()) === 8);
    await sampler.stop();
    for (const server of ['a', 'b']) {
      expect(await store.samples.buckets(server, 3_600_000, 0, 1e15)).toMatchObject([
        { samples: 1, usedAvgBytes: 4 * GIB, ollamaAvgBytes: 0 },
      ]);
    }
  });

  it('tells but does not write while another process is the one that writes', async () => {
    let writes = false;
    const { store, sampler } = await setup({ writes: () => writes });
    let told = 0;
    sampler.onSnapshot(() => {
      told += 1;
    });
    sampler.start();
    const unwatch = sampler.watch();
    await until(() => told >= 4);
    expect(await store.samples.count()).toBe(0);
    writes = true;
    await until(async () => (await store.samples.count()) > 0);
    unwatch();
  });

  it('is slow until somebody watches, and slow again afterwards', async () => {
    const { sampler, reads } = await setup();
    sampler.start();
    await until(() => reads() === 1);
    const [first, second] = [sampler.watch('a'), sampler.watch()];
    await until(() => reads() >= 4);
    first();
    first();
    const halfway = reads();
    await until(() => reads() >= halfway + 2);
    second();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const after = reads();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(reads()).toBe(after);
  });

  it('tells every new snapshot with the one before, also those that a command asked for', async () => {
    const { sampler, registry, stub } = await setup();
    const seen: [ServerSnapshot, ServerSnapshot | null][] = [];
    sampler.onSnapshot((snapshot, before) => {
      if (snapshot.name === 'a') {
        seen.push([snapshot, before]);
      }
    });
    sampler.start();
    await until(() => seen.length === 1);
    stub.models = [{ name: 'm', sizeVram: GIB }];
    await registry.get('a')!.snapshot({ maxAgeMs: 0 });
    expect(seen).toHaveLength(2);
    expect(seen[0]![1]).toBeNull();
    expect(seen[1]![1]).toBe(seen[0]![0]);
    expect(seen[1]![0].models).toMatchObject([{ name: 'm' }]);
  });

  it('counts loads and the time that models stay', async () => {
    const { sampler, registry, stub, store } = await setup();
    sampler.start();
    await until(async () => (await store.samples.count()) > 0);
    stub.models = [{ name: 'm', sizeVram: GIB }];
    await registry.get('a')!.snapshot({ maxAgeMs: 0 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await registry.get('a')!.snapshot({ maxAgeMs: 0 });
    await sampler.stop();
    const [total] = await store.usage.totals(0, 'a');
    expect(total).toMatchObject({ model: 'm', loads: 1, peakVramBytes: GIB });
    expect(total!.loadedMs).toBeGreaterThan(0);
  });

  it('writes nothing for a reading that failed', async () => {
    let broken = false;
    const { sampler, registry, store } = await setup({}, () => broken);
    sampler.start();
    await until(async () => (await store.samples.count()) === 8);
    broken = true;
    expect((await registry.get('a')!.snapshot({ maxAgeMs: 0 })).gpuProblems).toHaveLength(1);
    await sampler.stop();
    expect(await store.samples.buckets('a', 3_600_000, 0, 1e15)).toMatchObject([{ samples: 1 }]);
  });

  it('goes on when a listener throws or the store fails', async () => {
    const { sampler, store, errors, reads } = await setup();
    sampler.onSnapshot(() => {
      throw new Error('listener');
    });
    sampler.start();
    await until(() => errors.length >= 2);
    await store.close();
    sampler.watch();
    const before = reads();
    await until(
      () => reads() >= before + 3 && errors.some((error) => (error as { code?: string }).code === 'store-failed'),
    );
  });

  it('does not wait for a hanging server when it stops', async () => {
    const stub = await ollamaStub();
    stub.fault = 'hang';
    const registry = createServerRegistry([serverConfig('a', stub.url)]);
    const sampler = createSampler(registry, { fastMs: 3_600_000 });
    sampler.start();
    await until(() => stub.calls > 0);
    await sampler.stop();
    await registry.close();
  });

  it('stops for good', async () => {
    const { sampler, reads } = await setup();
    sampler.start();
    sampler.watch();
    await until(() => reads() >= 2);
    await sampler.stop();
    const after = reads();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(reads()).toBe(after);
  });
});
