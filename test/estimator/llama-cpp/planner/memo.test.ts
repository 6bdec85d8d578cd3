import fc from 'fast-check';
import { expect, test } from 'vitest';
import { llamaCppConfig } from '../../../../src/estimator/engines/llama-server/fit/engine.ts';
import { overridesConfig } from '../../../../src/estimator/engines/llama-server/fit/overrides.ts';
import { planLlamaCpp } from '../../../../src/estimator/llama-cpp/dry-run.ts';
import { ComputeMemo } from '../../../../src/estimator/llama-cpp/planner/memo.ts';
import { type FixtureName, gpu, model, server } from '../../fixture-models.ts';

/** One memo per model for all runs: what one placement leaves in it must not spoil another. */
const memos = new Map<FixtureName, ComputeMemo>();

test('plans with remembered compute buffers are the plans without', () => {
  const names: readonly FixtureName[] = ['llama3.1-8b', 'gemma3-1b', 'qwen3-30b-a3b', 'gpt-oss-20b'];
  const placement = fc.record({
    name: fc.constantFrom(...names),
    split: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 3 }),
    numCtx: fc.constantFrom(4096, 32768),
    view: fc.constantFrom<'real' | 'fit'>('real', 'fit'),
    moved: fc.array(fc.integer({ min: 0, max: 23 }), { maxLength: 4 }),
    flashAttention: fc.constantFrom<boolean | 'auto'>(false, 'auto'),
  });
  fc.assert(
    fc.property(placement, ({ name, split, numCtx, view, moved, flashAttention }) => {
      const spec = model(name);
      const on = server(
        split.map(() => gpu(24)),
        { ollama: 'llama.cpp' },
      );
      const overrides = [...new Set(moved)].map((layer) => ({ layer, fraction: 'dense', target: 'CPU' }) as const);
      const config = {
        ...llamaCppConfig(on, { numCtx, flashAttention, numGpu: split.reduce((sum, n) => sum + n, 0) }),
        ...overridesConfig(overrides),
        tensorSplit: split,
        view,
      };
      const memo = memos.get(name) ?? new ComputeMemo();
      memos.set(name, memo);
      expect(planLlamaCpp(spec, config, memo)).toEqual(planLlamaCpp(spec, config));
    }),
    { numRuns: 250 },
  );
});
