import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/estimator/plan/decide.ts';
import { metalWorkingSet } from '../../../src/estimator/plan/shared-memory.ts';
import type { EstimateServer } from '../../../src/estimator/types.ts';
import { GIB, gpu, model, server } from '../fixture-models.ts';

const system = (totalGib: number, freeGib: number) => ({
  totalBytes: totalGib * GIB,
  freeBytes: freeGib * GIB,
  swapFreeBytes: 0,
});
const shared = (totalGib: number, freeGib: number, ollama = '0.33.0'): EstimateServer =>
  server([gpu(totalGib, { integrated: true, freeBytes: freeGib * GIB })], {
    ollama,
    system: system(totalGib, freeGib),
  });

describe('one memory for GPU and system', () => {
  const large = model('qwen3-30b-a3b');

  test.each(['0.33.0', '0.24.0', 'llama.cpp'])(
    '%s: what GPU and host need together is held against the one pool',
    (ollama) => {
      // 18 GiB of weights: some on the GPU, the rest "in system memory", which is the same memory.
      const plan = decide(large, shared(12, 10, ollama), { numCtx: 8192 });
      expect(plan.verdict).toBe('refused');
      expect(plan.reason.code).toMatch(/^(?:one-memory-short|refused-system-memory|out-of-memory)$/);
    },
  );

  test('where the pool suffices nothing is said', () => {
    const plan = decide(large, shared(64, 60), { numCtx: 8192 });
    expect(plan.verdict).toBe('fits');
    expect(plan.notes.map(({ code }) => code)).not.toContain('one-memory-tight');
  });

  test('a card with memory of its own has the system beside it', () => {
    const plan = decide(large, server([gpu(12)], { system: system(32, 30) }), { numCtx: 8192 });
    expect(plan.verdict).toBe('partial');
  });

  test('a plan that is not refused never takes more than there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 64 }), fc.integer({ min: 1, max: 100 }), (gib, percent) => {
        const free = (gib * percent) / 100;
        const plan = decide(model('llama3.2-1b'), shared(gib, free), { numCtx: 8192 });
        const taken = plan.gpus.reduce((sum, one) => sum + one.totalBytes, 0) + plan.host.totalBytes;
        expect(plan.verdict === 'refused' || taken <= gib * GIB).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('Metal', () => {
  test.each([
    [16, 10.67],
    [32, 21.33],
    [36, 27],
    [64, 48],
    [128, 96],
  ])('a Mac of %d GiB gives its GPU about %d', (memory, limit) => {
    expect(metalWorkingSet(memory * GIB) / GIB).toBeCloseTo(limit, 1);
  });

  // macOS 26 lets the GPU of a 128 GiB machine use 107.52 GiB, and an administrator 112 (antirez/ds4#893).
  test.each([107.52, 112])('a limit that was read (%d of 128 GiB) is not cut to the rule', (limit) => {
    const mac = server([gpu(limit, { library: 'Metal', integrated: true })], {
      os: 'darwin',
      system: system(128, 120),
    });
    const plan = decide(model('qwen3-30b-a3b'), mac, { numCtx: 4096 });
    expect(plan.notes.map(({ code }) => code)).not.toContain('metal-working-set');
    expect(plan.gpus[0]!.totalBytes + plan.gpus[0]!.headroomBytes).toBeGreaterThan(metalWorkingSet(128 * GIB));
  });

  test('is one device with that limit, and its uncertainty is said', () => {
    const mac = server([gpu(32, { library: 'Metal', integrated: true })], { os: 'darwin', system: system(32, 28) });
    const plan = decide(model('qwen3-30b-a3b'), mac, { numCtx: 4096 });
    expect(plan.notes.map(({ code }) => code)).toContain('metal-working-set');
    const taken = plan.gpus[0]!.totalBytes + plan.gpus[0]!.headroomBytes;
    expect(taken).toBeLessThanOrEqual(metalWorkingSet(32 * GIB));
  });
});
