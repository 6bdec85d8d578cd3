import { describe, expect, test } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { fitSet, type WantedModel } from '../../../src/estimator/plan/fit-set.ts';
import { planSet } from '../../../src/estimator/plan/sets.ts';
import type { EstimateServer } from '../../../src/estimator/types.ts';

const GIB = 2 ** 30;
const wanted = (name: string, numCtx: number, pinned = false): WantedModel => ({
  spec: builtinCatalogue().find(name)!,
  request: { numCtx, flashAttention: 'auto' },
  pinned,
});
const server = (...gib: readonly number[]): EstimateServer => ({
  ollama: '0.33.0',
  gpus: gib.map((size) => ({
    name: 'NVIDIA GeForce RTX 3090',
    totalBytes: size * GIB,
    freeBytes: (size - 0.4) * GIB,
    computeCapability: 8.6,
  })),
});

/** The best of all contexts in steps of a share: the smallest share first, then their sum. */
function bruteForce(models: readonly WantedModel[], on: EstimateServer, steps: number) {
  const most = models.map(({ request }) => request.numCtx);
  let best = { least: 0, sum: 0 };
  const walk = (index: number, contexts: readonly number[]): void => {
    if (index === models.length) {
      const set = models.map((model, at) => ({ ...model, request: { ...model.request, numCtx: contexts[at]! } }));
      const shares = contexts.map((ctx, at) => ctx / most[at]!);
      const found = { least: Math.min(...shares), sum: shares.reduce((a, b) => a + b, 0) };
      const better = found.least > best.least || (found.least === best.least && found.sum > best.sum);
      if (better && planSet(set, on).together) {
        best = found;
      }
      return;
    }
    for (let step = 1; step <= steps; step++) {
      walk(index + 1, [...contexts, Math.floor((most[index]! * step) / steps / 256) * 256]);
    }
  };
  walk(0, []);
  return best;
}

describe('contexts for a set', () => {
  test('a set that fits as asked keeps what was asked', () => {
    const found = fitSet([wanted('gemma3:12b', 32_768), wanted('nomic-embed-text', 2_048)], server(24));
    expect(found.contexts).toEqual([32_768, 2_048]);
    expect(found.fitted).toBe(found.asked);
  });

  test.each([
    ['two on one card', [wanted('gemma3:12b', 131_072), wanted('llama3.1:8b', 65_536)], [24]],
    ['two on one small card', [wanted('qwen3:8b', 32_768), wanted('llama3.2:3b', 65_536)], [12]],
    ['two on two cards', [wanted('llama3.1:8b', 131_072), wanted('qwen3:8b', 40_960)], [12, 12]],
    ['unlike costs', [wanted('gemma3:4b', 131_072), wanted('llama3.1:8b', 65_536)], [16]],
  ] as const)('is at least as good as trying shares in eighths: %s', (_name, models, gpus) => {
    const on = server(...gpus);
    const found = fitSet(models, on);
    const shares = models.map(({ request }, index) => found.contexts![index]! / request.numCtx);
    const best = bruteForce(models, on, 8);
    expect(found.fitted?.together).toBe(true);
    expect(Math.min(...shares)).toBeGreaterThanOrEqual(best.least * 0.95);
    if (Math.min(...shares) === best.least) {
      expect(shares.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(best.sum * 0.95);
    }
  });

  test('a pinned model keeps its context, the others give way', () => {
    const found = fitSet([wanted('gemma3:12b', 131_072, true), wanted('llama3.1:8b', 65_536)], server(24));
    expect(found.contexts?.[0]).toBe(131_072);
    expect(found.contexts?.[1]).toBeLessThan(65_536);
    expect(found.fitted?.together).toBe(true);
  });

  test('what no context makes fit is said to be so', () => {
    const found = fitSet([wanted('gpt-oss:20b', 8_192), wanted('gemma3:12b', 8_192)], server(12));
    expect(found).toMatchObject({ contexts: null, fitted: null, asked: { together: false } });
  });
});
