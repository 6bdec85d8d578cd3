import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cardNames } from '../../src/estimator/cards.ts';
import { GpuListError, parseGpuList } from '../../src/estimator/gpu-list.ts';
import { createDeclaredSource, withOllamaUsage } from '../../src/gpus/declared.ts';
import { GIB, MIB } from './tools.ts';

const sizes = (text: string) => parseGpuList(text).map((gpu) => [gpu.totalBytes / GIB, gpu.freeBytes / GIB]);
const code = (text: string): string => {
  try {
    parseGpuList(text);
    return 'read';
  } catch (error) {
    return error instanceof GpuListError ? error.code : 'other';
  }
};

describe('declared GPUs', () => {
  it('reads the promised forms', () => {
    expect(sizes('4x8GiB')).toEqual([
      [8, 8],
      [8, 8],
      [8, 8],
      [8, 8],
    ]);
    expect(sizes('24GiB,8GiB')).toEqual([
      [24, 24],
      [8, 8],
    ]);
    expect(parseGpuList('24GiB:22.1GiB')).toEqual([
      { name: 'GPU', totalBytes: 24 * GIB, freeBytes: Math.round(22.1 * GIB) },
    ]);
  });

  it('reads what people write: spaces, other signs, units and names', () => {
    expect(sizes(' 2 × 8 GB , 1*11264MiB:11000mib ; 0.5TiB')).toEqual([
      [8, 8],
      [8, 8],
      [11, 11000 / 1024],
      [512, 512],
    ]);
    expect(sizes('4x8')).toHaveLength(4);
    expect(sizes('2x7.9GiB:7.7GiB')).toEqual(
      [
        [7.9, 7.7],
        [7.9, 7.7],
      ].map((pair) => pair.map((gib) => Math.round(gib * GIB) / GIB)),
    );
    expect(
      parseGpuList('RTX 3090=24GiB, 2 x GTX 1070 Ti = 8GiB:7GiB, RTX 4090 = 2x24GiB').map((gpu) => gpu.name),
    ).toEqual(['RTX 3090', 'GTX 1070 Ti', 'GTX 1070 Ti', 'RTX 4090', 'RTX 4090']);
  });

  it('knows common cards by name, less what the driver keeps', () => {
    for (const text of ['4x GTX 1070 Ti', '4×NVIDIA GeForce GTX 1070 Ti', '4 * gtx-1070ti']) {
      const gpus = parseGpuList(text);
      expect(gpus).toHaveLength(4);
      expect(gpus[0]).toEqual({
        name: 'NVIDIA GeForce GTX 1070 Ti',
        totalBytes: 8107 * MIB,
        freeBytes: 8107 * MIB,
        computeCapability: 6.1,
      });
    }
    expect(parseGpuList('RTX 3090, A100 80GB, 2xL40S').map((gpu) => gpu.computeCapability)).toEqual([8.6, 8, 8.9, 8.9]);
    expect(parseGpuList('rtx3090=24GiB:22GiB')[0]).toMatchObject({
      name: 'rtx3090',
      freeBytes: 22 * GIB,
      computeCapability: 8.6,
    });
    // Reported by CUDA on real cards, MiB: the table is within 60.
    for (const [name, mib] of [
      ['GTX 1080', 8107],
      ['RTX 3060', 11905],
      ['RTX 3090', 24124],
      ['RTX 4070', 11873],
      ['RTX 4090', 24080],
      ['RTX 5090', 32106],
      ['RTX PRO 6000', 97249],
    ] as const) {
      expect(Math.abs(parseGpuList(name)[0]!.totalBytes / MIB - mib), name).toBeLessThanOrEqual(60);
    }
    for (const name of cardNames()) {
      expect(parseGpuList(name)[0]!.name).toBe(name);
    }
  });

  it.each([
    ['4x Voodoo 2', 'gpus-entry'],
    ['0x RTX 3090', 'gpus-entry'],
    ['', 'gpus-empty'],
    ['  ', 'gpus-empty'],
    ['8GiB,', 'gpus-entry'],
    ['0x8GiB', 'gpus-entry'],
    ['-1x8GiB', 'gpus-entry'],
    ['2x2x8GiB', 'gpus-entry'],
    ['8 potatoes', 'gpus-entry'],
    ['8GiB:', 'gpus-entry'],
    ['1e3GiB', 'gpus-entry'],
    ['NaN', 'gpus-entry'],
    ['0GiB', 'gpus-size'],
    ['100MiB', 'gpus-size'],
    ['999999999TiB', 'gpus-size'],
    ['8GiB:9GiB', 'gpus-free-above-total'],
    ['65x8GiB', 'gpus-too-many'],
    ['40x8GiB,40x8GiB', 'gpus-too-many'],
    ['9'.repeat(3000), 'gpus-too-many'],
  ])('refuses %j as %s', (text, expected) => {
    expect(code(text)).toBe(expected);
  });

  it('throws nothing but its own error, and reads back what it can say', () => {
    fc.assert(fc.property(fc.string(), (text) => code(text) !== 'other'));
    const gpu = fc.record({
      count: fc.integer({ min: 1, max: 4 }),
      total: fc.integer({ min: 256, max: 200_000 }),
      share: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(gpu, { minLength: 1, maxLength: 8 }), (list) => {
        const free = (entry: { total: number; share: number }) => Math.floor((entry.total * entry.share) / 100);
        const text = list.map((entry) => `${entry.count}x${entry.total}MiB:${free(entry)}MiB`).join(',');
        expect(parseGpuList(text)).toEqual(
          list.flatMap((entry) =>
            Array.from({ length: entry.count }, () => ({
              name: 'GPU',
              totalBytes: entry.total * MIB,
              freeBytes: free(entry) * MIB,
            })),
          ),
        );
      }),
    );
  });
});

describe('declared GPUs with what Ollama reports', () => {
  const snapshot = (text: string) => createDeclaredSource(text, () => 7).read();

  it('is a declaration, and says so', async () => {
    expect(await snapshot('2x8GiB:7GiB')).toMatchObject({
      basis: 'declared',
      status: 'ok',
      processes: null,
      gpus: [
        { uuid: 'declared-0', freeBytes: 7 * GIB, usedBytes: GIB, notes: [{ code: 'declared' }] },
        { uuid: 'declared-1' },
      ],
    });
  });

  it('puts a model where it fits, and shares out one that fits nowhere', async () => {
    const free = (sizesVram: number[]) =>
      snapshot('24GiB,8GiB').then((read) => withOllamaUsage(read, sizesVram).gpus.map((gpu) => gpu.freeBytes! / GIB));
    expect(await free([])).toEqual([24, 8]);
    expect(await free([6 * GIB])).toEqual([18, 8]);
    expect(await free([20 * GIB, 6 * GIB])).toEqual([4, 2]);
    expect(await free([28 * GIB])).toEqual([3, 1]);
    expect(await free([100 * GIB])).toEqual([0, 0]);
  });

  it('does not know what is free when Ollama does not answer', async () => {
    expect(withOllamaUsage(await snapshot('8GiB'), null).gpus).toMatchObject([
      { totalBytes: 8 * GIB, freeBytes: null, usedBytes: null },
    ]);
  });
});
