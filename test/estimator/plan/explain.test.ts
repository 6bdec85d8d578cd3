import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/estimator/plan/decide.ts';
import { explain } from '../../../src/estimator/plan/explain.ts';
import { bestCacheType, bestQuantization, smallestGpuCount } from '../../../src/estimator/plan/inverse.ts';
import type { ModelSpec } from '../../../src/estimator/types.ts';
import { gpu, model, server } from '../fixture-models.ts';

const SPEC = model('llama3.1-8b');

describe('explanations', () => {
  test.each(['0.6.5', '0.20.0', '0.33.0', 'llama.cpp'])(
    'on Ollama %s every figure has a formula and a source',
    (ollama) => {
      const on = server([gpu(12), gpu(12)], { ollama });
      const request = { numCtx: 16384 };
      const plan = decide(SPEC, on, request);
      const figures = explain(SPEC, plan, on, request);
      expect(
        figures.every((figure) => figure.formula !== '' && figure.source !== '' && Number.isFinite(figure.valueBytes)),
      ).toBe(true);
      for (const [device, one] of plan.gpus.entries()) {
        if (one.totalBytes === 0) {
          continue;
        }
        const values = new Map(
          figures.filter((figure) => figure.device === device).map((figure) => [figure.label, figure.valueBytes]),
        );
        const parts = ['weights', 'cache', 'compute', 'projector', 'overhead'].map((label) => values.get(label) ?? 0);
        expect(parts.reduce((sum, value) => sum + value, 0)).toBe(values.get('total'));
        expect(values.get('total')).toBe(one.totalBytes);
      }
      expect(figures.at(-1)).toMatchObject({ label: 'size-vram', valueBytes: plan.sizeVramBytes });
    },
  );

  test('a quantized cache names the change that made it cost compute', () => {
    const on = server([gpu(24)]);
    const request = { numCtx: 16384, kvCacheType: 'q8_0' } as const;
    const figures = explain(SPEC, decide(SPEC, on, request), on, request);
    expect(figures.find((figure) => figure.label === 'compute')?.source).toContain('23907');
  });
});

describe('inverse questions', () => {
  const request = { numCtx: 32768 };

  test('the smallest number of GPUs fits, one less does not', () => {
    const answer = smallestGpuCount(SPEC, gpu(4), { ollama: '0.33.0' }, request);
    expect(answer?.plan.verdict).toBe('fits');
    const less = server(Array.from({ length: answer!.gpus - 1 }, () => gpu(4)));
    expect(decide(SPEC, less, request).verdict).not.toBe('fits');
  });

  test('no number of tiny GPUs is an answer of its own', () => {
    expect(smallestGpuCount(SPEC, gpu(1), { ollama: '0.33.0' }, request, 4)).toBeUndefined();
  });

  test('the best cache type is the widest that fits', () => {
    const at = (gib: number): string | undefined =>
      bestCacheType(SPEC, server([gpu(gib)]), { numCtx: 65536 })?.kvCacheType;
    expect([at(24), at(11), at(6)]).toEqual(['f16', 'q8_0', undefined]);
  });

  test('the best quantization is the longest that fits; what cannot be estimated is passed over', () => {
    const small = model('llama3.2-1b');
    const broken: ModelSpec = { ...SPEC, name: 'broken', metadata: {} };
    const best = (gib: number): string | undefined =>
      bestQuantization([small, broken, SPEC], server([gpu(gib)]), { numCtx: 4096 })?.spec.name;
    expect([best(24), best(4), best(1)]).toEqual(['llama3.1-8b', 'llama3.2-1b', undefined]);
  });
});
