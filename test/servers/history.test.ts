import { describe, expect, it } from 'vitest';
import { readHistory } from '../../src/servers/history.ts';
import { openStore } from '../../src/store/store.ts';
import type { GpuSample } from '../../src/store/types.ts';
import { GIB, onEnd } from '../gpus/tools.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 23, 12, 0, 5);
const sample = (atMs: number, usedGib: number, more: Partial<GpuSample> = {}): GpuSample => ({
  server: 'main',
  gpuUuid: 'GPU-1',
  gpuName: 'RTX 3090',
  atMs,
  totalBytes: 24 * GIB,
  usedBytes: usedGib * GIB,
  freeBytes: (24 - usedGib) * GIB,
  ollamaBytes: GIB,
  utilPct: null,
  tempC: null,
  powerW: null,
  ...more,
});

async function samples(list: readonly GpuSample[]) {
  const store = await openStore(':memory:');
  onEnd(() => store.close());
  for (let i = 0; i < list.length; i += 100) {
    await store.samples.add(list.slice(i, i + 100));
  }
  return store.samples;
}

describe('history', () => {
  it('has at most the points asked for, in order, for every window', async () => {
    const repository = await samples([sample(NOW, 4)]);
    for (const window of ['1h', '24h', '7d'] as const) {
      for (const max of [1, 7, 100, 240, 1_000]) {
        const { gpus, stepMs, fromMs, toMs } = await readHistory(repository, 'main', window, NOW, max);
        const points = gpus[0]!.points;
        expect(points.length).toBeLessThanOrEqual(max);
        expect(points[0]!.atMs).toBe(fromMs);
        expect(points.at(-1)!.atMs).toBe(toMs - stepMs);
        expect(toMs).toBeGreaterThan(NOW);
        expect(points.at(-1)!.usedAvgBytes).toBe(4 * GIB);
      }
    }
  });

  it('keeps peaks and lows when it thins out, and means by samples', async () => {
    const day = Array.from({ length: 24 * 60 }, (_, i) => sample(NOW - i * 60_000, i === 100 ? 20 : 4));
    const { gpus } = await readHistory(await samples(day), 'main', '24h', NOW, 100);
    const points = gpus[0]!.points;
    expect(Math.max(...points.map((point) => point.usedMaxBytes ?? 0))).toBe(20 * GIB);
    expect(Math.min(...points.map((point) => point.freeMinBytes ?? Infinity))).toBe(4 * GIB);
    expect(points.filter((point) => point.usedAvgBytes === null).length).toBeLessThanOrEqual(1);
    const peak = points.find((point) => point.usedMaxBytes === 20 * GIB)!;
    expect(peak.usedAvgBytes!).toBeGreaterThan(4 * GIB);
    expect(peak.usedAvgBytes!).toBeLessThan(6 * GIB);
  });

  it('shows a silence as a gap, and the slow pace as none', async () => {
    const before = Array.from({ length: 20 }, (_, i) => sample(NOW - HOUR + i * 60_000, 4));
    const after = Array.from({ length: 20 }, (_, i) => sample(NOW - 19 * 60_000 + i * 60_000, 8));
    const { gpus, stepMs } = await readHistory(await samples([...before, ...after]), 'main', '1h', NOW, 240);
    const known = gpus[0]!.points.map((point) => point.usedAvgBytes !== null);
    // One run of gaps of about 20 minutes between two unbroken runs.
    const changes = known.filter((value, i) => i > 0 && value !== known[i - 1]).length;
    expect(changes).toBe(2);
    expect((known.filter((value) => !value).length * stepMs) / 60_000).toBeGreaterThan(17);
    expect((known.filter((value) => !value).length * stepMs) / 60_000).toBeLessThan(22);
  });

  it('does not go on into the future, nor from samples long ago', async () => {
    expect((await readHistory(await samples([sample(NOW - 2 * HOUR, 4)]), 'main', '1h', NOW)).gpus).toEqual([]);
    const { gpus } = await readHistory(await samples([sample(NOW - 30 * 60_000, 4)]), 'main', '1h', NOW);
    expect(gpus[0]!.points.at(-1)!.usedAvgBytes).toBeNull();
  });

  it('tells GPUs and servers apart', async () => {
    const repository = await samples([
      sample(NOW, 1),
      sample(NOW, 2, { gpuUuid: 'GPU-2' }),
      sample(NOW, 3, { server: 'b' }),
    ]);
    expect(
      (await readHistory(repository, 'main', '1h', NOW)).gpus.map((gpu) => [
        gpu.gpuUuid,
        gpu.points.at(-1)!.usedAvgBytes,
      ]),
    ).toEqual([
      ['GPU-1', GIB],
      ['GPU-2', 2 * GIB],
    ]);
    expect((await readHistory(repository, 'c', '1h', NOW)).gpus).toEqual([]);
  });
});
