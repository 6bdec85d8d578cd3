import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { BatchEstimator } from '../../src/tool/estimate.ts';

const GIB = 1024 ** 3;

function batch(): BatchEstimator {
  return new BatchEstimator(
    async (name) => builtinCatalogue().find(name)!,
    () => {
      throw new Error('no model is given in place here');
    },
    String,
  );
}

/** Rows of few models and cards, many contexts. */
function rows(): string[] {
  return Array.from({ length: 48 }, (_, index) =>
    JSON.stringify({
      id: index,
      model: ['llama3.2:1b', 'gemma3:12b', 'qwen3:30b'][index % 3],
      numCtx: 2_048 * (1 + (index % 8)),
      kvCacheType: ['f16', 'q8_0'][Math.floor(index / 3) % 2],
      ollama: index % 6 === 5 ? 'llama.cpp' : '0.33.0',
      gpus: Array.from({ length: 1 + (index % 2) }, () => ({ name: 'GPU', totalBytes: (8 + 4 * (index % 2)) * GIB })),
    }),
  );
}

describe('the batch estimator', () => {
  it('answers each row as if it were the only one', async () => {
    const together = batch();
    for (const row of rows()) {
      const shared = await together.answer(row);
      expect(shared).toBe(await batch().answer(row));
      expect(JSON.parse(shared)).not.toHaveProperty('error');
    }
  });

  it('tells the largest context of each server that is asked about', async () => {
    const one = batch();
    const largest = async (gib: number, numCtx: number) => {
      const gpus = [{ name: 'GPU', totalBytes: gib * GIB }];
      return JSON.parse(await one.answer(JSON.stringify({ model: 'gemma3:12b', numCtx, gpus }))).maxCtx;
    };
    const small = await largest(12, 4_096);
    expect(small).toBeGreaterThan(4_096);
    expect(await largest(12, 32_768)).toBe(small);
    expect(await largest(16, 4_096)).toBeGreaterThan(small);
  });
});
