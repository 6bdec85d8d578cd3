import { describe, expect, test } from 'vitest';
import { driverReservedBytes } from '../../src/estimator/cards.ts';
import { gpuOverhead } from '../../src/estimator/outside-buffers.ts';
import { gpu, MIB } from './fixture-models.ts';

describe('memory outside the buffers', () => {
  test.each([
    ['NVIDIA GeForce RTX 3090', 309, 'measured'],
    ['NVIDIA GeForce RTX 3090 Ti', 309, 'measured'],
    ['NVIDIA GeForce RTX 4090', 470, 'measured'],
    ['NVIDIA RTX PRO 6000 Blackwell Max-Q', 700, 'measured'],
    ['NVIDIA GeForce GTX 1070 Ti', 174, 'measured'],
    ['NVIDIA H100 80GB HBM3', 596, 'measured'],
    ['NVIDIA H200', 596, 'measured'],
    ['NVIDIA A40', 281, 'measured'],
  ])('%s: %i MiB, %s', (name, mib, basis) => {
    const overhead = gpuOverhead(gpu(24, { name }));
    expect([overhead.expectedBytes / MIB, overhead.basis]).toEqual([mib, basis]);
  });

  test.each([
    'NVIDIA H100 PCIe',
    'NVIDIA A100-SXM4-80GB',
    'Tesla T4',
    'NVIDIA GeForce RTX 4070 Ti SUPER',
    'NVIDIA GeForce RTX 3060 Ti',
    'NVIDIA L40S',
    'NVIDIA L4',
  ])('%s is interpolated', (name) => {
    expect(gpuOverhead(gpu(24, { name })).basis).toBe('interpolated');
  });

  test('a card nobody knows gets a wider range the larger it is', () => {
    const widths = [8, 16, 24, 80].map((gib) => {
      const { lowBytes, expectedBytes, highBytes } = gpuOverhead(gpu(gib, { name: 'mystery' }));
      expect(lowBytes).toBeLessThan(expectedBytes);
      expect(expectedBytes).toBeLessThan(highBytes);
      return highBytes - lowBytes;
    });
    expect(widths).toEqual([...widths].sort((a, b) => a - b));
  });

  test('a HIP build takes far more than a CUDA build of a card of that size', () => {
    const w7900 = gpuOverhead(gpu(48, { name: 'AMD Radeon PRO W7900', library: 'ROCm' }));
    expect(w7900.expectedBytes / MIB).toBe(2320);
    expect(gpuOverhead(gpu(24, { name: 'mystery', library: 'ROCm' })).highBytes).toBeGreaterThan(2320 * MIB);
  });

  test('Vulkan and Metal need next to nothing', () => {
    expect(gpuOverhead(gpu(24, { library: 'Vulkan', name: 'RTX 4090' })).expectedBytes).toBeLessThan(64 * MIB);
    expect(gpuOverhead(gpu(24, { library: 'Metal' })).contextBytes).toBe(0);
  });

  test('what the driver keeps is known for some cards and claimed for no other', () => {
    expect(driverReservedBytes(gpu(24, { name: 'NVIDIA GeForce RTX 3090' })) / MIB).toBe(452);
    expect(driverReservedBytes(gpu(24, { name: 'mystery' }))).toBe(0);
  });
});
