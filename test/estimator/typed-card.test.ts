import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GpuListError, parseGpuList } from '../../src/estimator/gpu-list.ts';
import { findTypedCard } from '../../src/estimator/typed-card.ts';
import { GIB } from '../gpus/tools.ts';

/** Text as somebody typed it, and the GPUs that it means: how many, and whole GiB of each. */
type Meant = readonly (readonly [count: number, gib: number])[];
const MEANT: readonly (readonly [typed: string, ...gpus: Meant])[] = [
  ['4090', [1, 24]],
  ['2x4090', [2, 24]],
  ['2 x 3090', [2, 24]],
  ['2 3090', [2, 24]],
  ['1x3090', [1, 24]],
  ['RTX 3090', [1, 24]],
  ['rtx3090', [1, 24]],
  ['RTX 3090 x2', [2, 24]],
  ['RTX 3090 (x2)', [2, 24]],
  ['4090*2', [2, 24]],
  ['2张4090', [2, 24]],
  ['２ｘ４０９０', [2, 24]],
  ['2x3090,1xA100', [2, 24], [1, 40]],
  ['2x3090 and 1xA100', [2, 24], [1, 40]],
  ['RTX 3090 24GB', [1, 24]],
  ['2x RTX 3090 24GB', [2, 24]],
  ['RTX 3060 12GB', [1, 12]],
  ['RTX 4060 Ti 16GB', [1, 16]],
  ['NVIDIA GeForce RTX 4090', [1, 24]],
  ['RTX 4090 Laptop', [1, 16]],
  // As drivers write them.
  ['NVIDIA H100 80GB HBM3', [1, 80]],
  ['2x NVIDIA H100 80GB HBM3', [2, 80]],
  ['NVIDIA H100 NVL', [1, 94]],
  ['NVIDIA A100-SXM4-80GB', [1, 80]],
  ['NVIDIA A100-PCIE-40GB', [1, 40]],
  ['Tesla V100-SXM2-32GB', [1, 32]],
  ['NVIDIA RTX 6000 Ada Generation', [1, 48]],
  ['NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition', [1, 96]],
  ['NVIDIA GH200 480GB', [1, 96]],
  ['AMD Radeon RX 7900 XTX', [1, 24]],
  ['Intel(R) Arc(TM) B580 Graphics', [1, 12]],
  ['Intel(R) Arc(TM) A770 Graphics 16GB', [1, 16]],
  ['Intel(R) Data Center GPU Max 1100', [1, 48]],
  ['Apple M3 Max 64GB', [1, 64]],
  ['Orin (nvgpu)=32GB', [1, 32]],
  ['Radeon 8060S 96GB', [1, 96]],
  ['RTX 4090 Laptop GPU', [1, 16]],
  ['TITAN RTX', [1, 24]],
  ['1080 Ti', [1, 11]],
  ['A6000', [1, 48]],
  ['H100 80GB', [1, 80]],
  ['A100 80GB', [1, 80]],
  ['B200', [1, 179]],
  ['GB10', [1, 120]],
  ['RX 7900 XTX', [1, 24]],
  ['7900 XTX', [1, 24]],
  ['2x7900XTX', [2, 24]],
  ['7900 XTX=24GB', [1, 24]],
  ['7600 XT = 16GB', [1, 16]],
  ['W7900', [1, 48]],
  ['MI300X', [1, 192]],
  ['8x MI300X', [8, 192]],
  ['Arc B580', [1, 12]],
  ['B580', [1, 12]],
  ['M3 Max 64GB', [1, 64]],
  ['M3 Max=64GB', [1, 64]],
  ['RTX 3090:22GiB', [1, 24]],
  ['RTX 3090=24GiB', [1, 24]],
  ['8', [1, 8]],
  ['4x8', [4, 8]],
  ['4x8GiB', [4, 8]],
  ['24GiB，8GiB', [1, 24], [1, 8]],
  ['24GiB：22.1GiB', [1, 24]],
  ['24576MiB', [1, 24]],
  ['0.5TiB', [1, 512]],
  ['Voodoo 7000=16GiB', [1, 16]],
];

/** Text that means no GPUs, and the code of what is said instead. */
const REFUSED: readonly (readonly [typed: string, code: string])[] = [
  ['4091', 'gpus-bare-number'],
  ['2x4091', 'gpus-bare-number'],
  ['1024', 'gpus-bare-number'],
  ['24576', 'gpus-bare-number'],
  ['4090GiB', 'gpus-size'],
  ['2TiB', 'gpus-size'],
  ['100MiB', 'gpus-size'],
  ['RTX 3099', 'gpus-unknown-card'],
  ['RTZ 3090', 'gpus-unknown-card'],
  ['RTX 3090 80GB', 'gpus-entry'],
  ['M3 Max', 'gpus-which-size'],
  ['Voodoo 7000', 'gpus-entry'],
  ['7900 XTX=', 'gpus-entry'],
  ['=24GiB', 'gpus-entry'],
  ['3x', 'gpus-entry'],
];

describe('GPUs as people type them', () => {
  it.each(MEANT.map(([typed, ...meant]) => ({ typed, meant })))('$typed', ({ typed, meant }) => {
    const gpus = parseGpuList(typed);
    expect(gpus).toHaveLength(meant.reduce((sum, [count]) => sum + count, 0));
    const sizes = meant.flatMap(([count, gib]) => Array.from({ length: count }, () => gib));
    for (const [i, gib] of sizes.entries()) {
      // What the driver keeps is less than a twelfth.
      expect(gpus[i]!.totalBytes / GIB).toBeGreaterThan(gib * 0.92);
      expect(gpus[i]!.totalBytes / GIB).toBeLessThanOrEqual(gib * 1.001);
    }
  });

  it.each(REFUSED)('%s is refused: %s', (typed, code) => {
    let said: unknown;
    try {
      parseGpuList(typed);
    } catch (error) {
      said = error instanceof GpuListError ? error.code : error;
    }
    expect(said).toBe(code);
  });

  it('a bare number above 512 never is a size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 513, max: 999_999 }), fc.integer({ min: 1, max: 8 }), (number, count) => {
        const card = findTypedCard(String(number));
        try {
          const gpus = parseGpuList(`${count}x${number}`);
          expect(card?.totalBytes).toBe(gpus[0]!.totalBytes);
        } catch (error) {
          expect(error).toBeInstanceOf(GpuListError);
          expect(card?.totalBytes ?? null).toBeNull();
        }
      }),
    );
  });

  it('a card is the same however it is written', () => {
    const spellings = (name: string) => [
      name.toLowerCase(),
      name.toUpperCase(),
      name.replaceAll(' ', ''),
      name.replaceAll(' ', '-'),
      ` ${name} `,
    ];
    for (const name of [
      'NVIDIA GeForce RTX 4090',
      'AMD Radeon RX 7900 XTX',
      'NVIDIA GeForce GTX 1070 Ti',
      'Intel Arc B580',
    ]) {
      for (const spelling of spellings(name)) {
        expect(findTypedCard(spelling)?.name, spelling).toBe(name);
      }
    }
  });
});
