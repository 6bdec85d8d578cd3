import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readGibPerGpu } from '../../../src/base/gib-per-gpu.ts';
import { clamp } from '../../../src/estimator/plan/clamp.ts';
import { decide } from '../../../src/estimator/plan/decide.ts';
import { settingsFromEnvironment } from '../../../src/estimator/plan/environment.ts';
import { planSet } from '../../../src/estimator/plan/sets.ts';
import { GIB, gpu, model, server } from '../fixture-models.ts';

const LLAMA = model('llama3.1-8b');

describe('HEADROOM_RESERVE', () => {
  test.each([
    [undefined, []],
    ['', []],
    ['2', [2 * GIB]],
    ['2 GiB', [2 * GIB]],
    ['0, 4.5', [0, 4.5 * GIB]],
    ['0.25,1,', null],
    ['two', null],
    ['-1', null],
    ['1e3', null],
    ['2,,3', null],
    ['999999', null],
  ])('%j is %j', (text, amounts) => {
    expect(readGibPerGpu(text)).toEqual(amounts);
  });

  test('is one of the settings that a line of estimates may name', () => {
    expect(settingsFromEnvironment({ HEADROOM_RESERVE: '1,2' }).server.reservedBytes).toEqual([GIB, 2 * GIB]);
  });
});

describe('memory kept for other programs', () => {
  test('what takes of it does not fit, and where it would go is still told', () => {
    const free = server([gpu(8)]);
    const kept = server([gpu(8)], { reservedBytes: [3 * GIB] });
    const request = { numCtx: 8192 };
    expect(decide(LLAMA, free, request).verdict).toBe('fits');
    const plan = decide(LLAMA, kept, request);
    expect(plan.reason).toMatchObject({ code: 'takes-reserve', params: { gpu: 0, reservedBytes: 3 * GIB } });
    expect(plan.verdict).toBe('partial');
    expect(plan.placement).toEqual(decide(LLAMA, free, request).placement);
  });

  test('Ollama is not told: a model goes where it would go without, and does not fit if that is the reserved GPU', () => {
    const kept = server([gpu(24), gpu(24)], { reservedBytes: [20 * GIB, 0] });
    const where = decide(LLAMA, server([gpu(24), gpu(24)]), { numCtx: 4096 }).placement.perGpuLayers;
    const plan = decide(LLAMA, kept, { numCtx: 4096 });
    expect(plan.placement.perGpuLayers).toEqual(where);
    expect(plan.verdict).toBe(where[0] === 0 ? 'fits' : 'partial');
  });

  test('of GPUs that Ollama may not use it says nothing', () => {
    const kept = server([gpu(24), gpu(24)], { reservedBytes: [23 * GIB, 0], visibleGpus: [1] });
    expect(decide(LLAMA, kept, { numCtx: 4096 }).verdict).toBe('fits');
  });

  test('a set is together only if it leaves the reserve', () => {
    const models = [{ spec: LLAMA, request: { numCtx: 4096 } }];
    expect(planSet(models, server([gpu(8)])).together).toBe(true);
    expect(planSet(models, server([gpu(8)], { reservedBytes: [3 * GIB] })).together).toBe(false);
  });

  test('the longest context leaves it, and one step more would not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 7, max: 14 }),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom('0.33.0', 'llama.cpp', '0.20.0'),
        (gib, kept, ollama) => {
          const whole = { ollama, reservedBytes: [kept * GIB] };
          const one = server([gpu(gib)], whole);
          const { numCtx } = clamp(LLAMA, one, { numCtx: 8192 });
          expect(numCtx).toBeLessThanOrEqual(clamp(LLAMA, server([gpu(gib)], { ollama }), { numCtx: 8192 }).numCtx);
          if (numCtx > 0) {
            const plan = decide(LLAMA, one, { numCtx });
            expect(plan.verdict).toBe('fits');
            expect(kept === 0 || plan.gpus[0]!.headroomBytes >= kept * GIB).toBe(true);
          }
          if (kept > 0 && numCtx > 0 && numCtx + 256 <= 131_072) {
            expect(decide(LLAMA, one, { numCtx: numCtx + 256 }).verdict).not.toBe('fits');
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});
