import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrate, type LoadObservation, robustEstimate } from '../../../src/estimator/plan/calibration.ts';
import { inferSettings, type SizeObservation } from '../../../src/estimator/plan/calibration-settings.ts';
import { decide } from '../../../src/estimator/plan/decide.ts';
import type { EstimateRequest } from '../../../src/estimator/types.ts';
import { GIB, gpu, MIB, model, server } from '../fixture-models.ts';

const SPEC = model('llama3.1-8b');
const SERVER = server([gpu(24, { name: 'RTX 3090' }), gpu(24, { name: 'RTX 3090' })]);
const PLAN = decide(SPEC, SERVER, { numCtx: 8192 });

/** A load of the same model whose overhead was `overheadMib` above the expected, and compute off by a factor. */
function load(overheadMib: number, computeFactor = 1): LoadObservation {
  const compute = PLAN.gpus.reduce((sum, one) => sum + one.computeBytes, 0);
  return {
    model: SPEC.name,
    predicted: PLAN,
    sizeVramBytes: PLAN.sizeVramBytes + (computeFactor - 1) * compute,
    gpus: PLAN.gpus.map((one, index) => {
      const usedBeforeBytes = 300 * MIB;
      const atLoad = one.totalBytes - (one.overheadParts?.useBytes ?? 0);
      const more = one.totalBytes === 0 ? 0 : atLoad + overheadMib * MIB;
      return { name: SERVER.gpus[index]!.name, usedBeforeBytes, usedAfterBytes: usedBeforeBytes + more };
    }),
  };
}

function overheadOf(observations: readonly LoadObservation[]): number {
  return calibrate(observations).factorsFor(['RTX 3090'], SPEC.name).overheadDeltaPerGpuBytes![0]! / MIB;
}

describe('calibration', () => {
  test('knows nothing without observations, and says so', () => {
    const { factorsFor, learned } = calibrate([]);
    expect(factorsFor(['RTX 3090'], SPEC.name)).toMatchObject({
      overheadDeltaBytes: 0,
      computeFactor: 1,
      observations: 0,
    });
    expect(learned).toEqual([{ code: 'nothing-learned', params: {} }]);
  });

  test('comes near what loads agree on, and nearer with more of them', () => {
    const few = overheadOf([load(200), load(202), load(198)]);
    const many = overheadOf(Array.from({ length: 20 }, (_, index) => load(195 + (index % 10))));
    expect(few).toBeGreaterThan(100);
    expect(Math.abs(many - 200)).toBeLessThan(Math.abs(few - 200));
    expect(Math.abs(many - 200)).toBeLessThan(20);
  });

  test('does not take the room for first prompts away because loads have not used it', () => {
    const exact = Array.from({ length: 20 }, () => load(0));
    expect(overheadOf(exact)).toBe(0);
    expect(PLAN.gpus[0]!.overheadParts!.useBytes).toBeGreaterThan(0);
  });

  test('a first load alone moves little, however odd', () => {
    expect(Math.abs(overheadOf([load(1900)]))).toBeLessThanOrEqual(150);
  });

  test('one odd load among several changes nothing much', () => {
    const usual = [load(100), load(104), load(96), load(101), load(99)];
    fc.assert(
      fc.property(fc.integer({ min: -20000, max: 20000 }), fc.integer({ min: 0, max: 5 }), (odd, at) => {
        const spoiled = [...usual.slice(0, at), load(odd), ...usual.slice(at)];
        expect(Math.abs(overheadOf(spoiled) - overheadOf(usual))).toBeLessThan(25);
      }),
    );
  });

  test('does not depend on the order', () => {
    const loads = [load(10), load(300), load(90), load(110), load(95)];
    expect(overheadOf([...loads].reverse())).toBe(overheadOf(loads));
  });

  test('learns a factor on compute per model only', () => {
    const { factorsFor, learned } = calibrate(Array.from({ length: 8 }, () => load(0, 1.2)));
    expect(factorsFor([], SPEC.name).computeFactor).toBeGreaterThan(1.1);
    expect(factorsFor([], SPEC.name).computeFactor).toBeLessThan(1.2);
    expect(factorsFor([], 'another').computeFactor).toBe(1);
    expect(learned.map((one) => one.code)).toContain('compute-learned');
  });

  test('an unknown GPU gets what the server as a whole showed', () => {
    const { factorsFor } = calibrate(Array.from({ length: 8 }, () => load(150)));
    const { overheadDeltaBytes, overheadDeltaPerGpuBytes } = factorsFor(['never seen'], SPEC.name);
    expect(overheadDeltaPerGpuBytes).toEqual([overheadDeltaBytes]);
    expect(overheadDeltaBytes).toBeGreaterThan(80 * MIB);
  });

  test('the robust estimate stays between what it believed and what it saw', () => {
    const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), value, (values, prior) => {
        const result = robustEstimate(values, prior, 1);
        expect(result.value).toBeGreaterThanOrEqual(Math.min(prior, ...values) - 1e-6);
        expect(result.value).toBeLessThanOrEqual(Math.max(prior, ...values) + 1e-6);
        expect(result.observations + result.odd).toBe(values.length);
      }),
    );
  });
});

describe('settings inferred from sizes', () => {
  const one = server([gpu(48)]);
  const observe = (numCtx: number, request: Omit<EstimateRequest, 'numCtx'>, off = 0): SizeObservation => {
    const plan = decide(SPEC, one, { ...request, numCtx });
    const sizeVramBytes = plan.sizeVramBytes + off;
    return { numCtx, server: one, sizeVramBytes, sizeBytes: plan.sizeBytes + off };
  };

  test.each([
    [2, 'q8_0'],
    [1, 'f16'],
    [4, 'q4_0'],
    [1, 'q8_0'],
  ] as const)('%i slots with %s are found again', (numParallel, kvCacheType) => {
    const settings = { numParallel, kvCacheType, flashAttention: true };
    const found = inferSettings(SPEC, [observe(16384, settings), observe(32768, settings)]);
    expect(found.best?.settings).toEqual(settings);
    expect(found.certainty).toBe('clear');
  });

  test('measurements a few MiB off are still recognised', () => {
    const settings = { numParallel: 2, kvCacheType: 'q8_0', flashAttention: true } as const;
    expect(inferSettings(SPEC, [observe(32768, settings, 6 * MIB)]).best?.settings).toEqual(settings);
  });

  test('sizes that nothing explains give no answer', () => {
    const settings = { numParallel: 1, kvCacheType: 'f16', flashAttention: true } as const;
    const found = inferSettings(SPEC, [observe(4096, settings, 2.5 * GIB)]);
    expect([found.certainty, found.best]).toEqual(['none', undefined]);
  });

  test('without observations there is nothing to say', () => {
    expect(inferSettings(SPEC, []).certainty).toBe('none');
  });
});
