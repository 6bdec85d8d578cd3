import { describe, expect, test } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { type AssignableServer, assignSet } from '../../../src/estimator/plan/assign-set.ts';
import type { WantedModel } from '../../../src/estimator/plan/fit-set.ts';
import { adviseSet } from '../../../src/estimator/plan/set-advice.ts';
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
const on = (models: readonly WantedModel[], ...servers: readonly EstimateServer[]): AssignableServer[] =>
  servers.map((one) => ({ server: one, models }));

/** The largest share in quarters with which any assignment fits, and the fewest servers for it: everything is tried. */
function bruteForce(models: readonly WantedModel[], servers: readonly EstimateServer[]) {
  for (const share of [1, 0.75, 0.5, 0.25]) {
    let fewest = Number.POSITIVE_INFINITY;
    for (let code = 0; code < servers.length ** models.length; code++) {
      const serverOf = models.map((_, model) => Math.floor(code / servers.length ** model) % servers.length);
      const fits = servers.every((one, at) => {
        const own = models
          .filter((_, model) => serverOf[model] === at)
          .map((model) => ({
            ...model,
            request: {
              ...model.request,
              numCtx: Math.max(256, Math.floor((model.request.numCtx * share) / 256) * 256),
            },
          }));
        return own.length === 0 || planSet(own, one).together;
      });
      if (fits) {
        fewest = Math.min(fewest, new Set(serverOf).size);
      }
    }
    if (Number.isFinite(fewest)) {
      return { share, fewest };
    }
  }
  return { share: 0, fewest: 0 };
}

describe('a set over several servers', () => {
  const large = wanted('gemma3:12b', 32_768);
  const middle = wanted('qwen3:8b', 16_384);
  const small = wanted('llama3.2:3b', 16_384);
  const long = wanted('llama3.1:8b', 131_072);

  test.each([
    ['one server is enough', [large, small], [server(24), server(24)]],
    ['two small ones', [large, middle], [server(16), server(8)]],
    ['the right one of two', [middle, large], [server(8), server(16)]],
    ['three over two', [large, middle, small], [server(16), server(12)]],
    ['three over three', [large, middle, long], [server(12), server(16), server(24)]],
    ['only with shorter contexts', [long, large], [server(12), server(12)]],
    ['nowhere', [wanted('llama3.3:70b', 4_096), small], [server(12), server(12)]],
  ] as const)('is as good as trying every way: %s', (_name, models, servers) => {
    const best = bruteForce(models, servers);
    const found = assignSet(on(models, ...servers));
    if (best.share === 0) {
      expect(found).toBeNull();
      return;
    }
    expect(found!.exact).toBe(true);
    expect(found!.leastShare).toBeGreaterThanOrEqual(best.share * 0.95);
    expect(found!.fitted.every((one) => one === null || one.fitted?.together === true)).toBe(true);
    if (best.share === 1) {
      expect(found!.leastShare).toBe(1);
      expect(new Set(found!.serverOf).size).toBe(best.fewest);
    }
  });

  test('a pinned context is kept on whichever server', () => {
    const found = assignSet(on([{ ...long, pinned: true }, large], server(12), server(24)));
    expect(found!.serverOf[0]).toBe(1);
    expect(found!.fitted[1]!.contexts![0]).toBe(131_072);
  });

  test('ends at its bound with sixteen models on eight servers', () => {
    const models = Array.from({ length: 16 }, (_, index) => ({ ...middle, name: `m${index}` }));
    const found = assignSet(on(models, ...Array.from({ length: 8 }, () => server(12))));
    expect(found === null || found.serverOf.length === 16).toBe(true);
  });
});

describe('what else would make a set fit', () => {
  test('a smaller quantization, or one model less, and what is said does fit', () => {
    const models = [wanted('gemma3:12b', 16_384), wanted('llama3.1:8b', 16_384)];
    const where = server(17);
    expect(planSet(models, where).together).toBe(false);
    const advice = adviseSet(models, where, false);
    expect(advice.without).not.toBeNull();
    const { order, asAsked } = advice.without!;
    expect(asAsked).toBe(true);
    expect(
      planSet(
        order.map((index) => models[index]!),
        where,
      ).together,
    ).toBe(true);
    expect(advice.quantized?.target).toMatch(/^(Q|IQ)\d/);
  });

  test('another order, where a small model in front takes the room that a large one needs', () => {
    const models = [wanted('llama3.2:3b', 8_192), wanted('gemma3:12b', 16_384)];
    expect(adviseSet(models, server(12, 8), true).order).toEqual([1, 0]);
    expect(planSet(models.toReversed(), server(12, 8)).together).toBe(true);
  });

  test('one model less and shorter contexts, where nothing makes all of them fit', () => {
    const models = [wanted('gemma3:12b', 131_072), wanted('gpt-oss:20b', 8_192), wanted('llama3.2:3b', 131_072)];
    const { without } = adviseSet(models, server(16), false);
    expect(without).toMatchObject({ index: 1, asAsked: false });
  });

  test('nothing where nothing helps', () => {
    const advice = adviseSet([wanted('llama3.3:70b', 4_096)], server(8), false);
    expect(advice).toEqual({ order: null, without: null, quantized: null });
  });
});
