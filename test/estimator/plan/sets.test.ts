import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planSet, type SetModel } from '../../../src/estimator/plan/sets.ts';
import { type FixtureName, gpu, MIB, model, server } from '../fixture-models.ts';

const SMALL: readonly FixtureName[] = ['llama3.2-1b', 'gemma3-1b', 'nomic-embed-text'];

function one(name: FixtureName, numCtx = 2048, changes: Partial<SetModel> = {}): SetModel {
  return { spec: model(name), name, request: { numCtx }, ...changes };
}

describe('a set of models', () => {
  test('small ones fit together on a large GPU, each beside the others', () => {
    const { steps, together, leftBytes } = planSet(
      SMALL.map((name) => one(name)),
      server([gpu(24)]),
    );
    expect(together).toBe(true);
    expect(steps.map(({ evicted }) => evicted)).toEqual([[], [], []]);
    expect(steps.at(-1)!.loaded).toEqual(SMALL);
    expect(leftBytes[0]!).toBeGreaterThan(0);
  });

  test('a fourth makes the one with the shortest keep-alive leave: Ollama keeps three for each GPU', () => {
    const names = [...SMALL, 'llama3.1-8b'] as const;
    const models = names.map((name, index) => one(name, 2048, { keepAliveSeconds: index === 1 ? 60 : 3600 }));
    const { steps, together } = planSet(models, server([gpu(80)]));
    expect(steps.at(-1)!.evicted).toEqual(['gemma3-1b']);
    expect(together).toBe(false);
  });

  test('what does not fit beside makes others leave, and then they are not together', () => {
    const { steps, together } = planSet([one('llama3.1-8b', 8192), one('gpt-oss-20b', 8192)], server([gpu(16)]));
    expect(steps[1]!.evicted).toEqual(['llama3.1-8b']);
    expect(steps[1]!.loaded).toEqual(['gpt-oss-20b']);
    expect(together).toBe(false);
  });

  test('the same again finds its runner; with another context it is loaded anew', () => {
    const first = one('llama3.2-1b', 4096);
    const { steps } = planSet([first, first, one('llama3.2-1b', 8192)], server([gpu(24)]));
    expect(steps.map(({ reused }) => reused)).toEqual([false, true, false]);
    expect(steps[2]!.evicted).toEqual(['llama3.2-1b']);
    expect(steps[2]!.loaded).toEqual(['llama3.2-1b']);
  });

  test('never holds more than there is, and gives back what leaves', () => {
    const scene = fc.record({
      cards: fc.array(fc.integer({ min: 4, max: 24 }), { minLength: 1, maxLength: 3 }),
      models: fc.array(
        fc.record({
          name: fc.constantFrom<FixtureName>('llama3.2-1b', 'llama3.1-8b', 'nomic-embed-text'),
          ctx: fc.constantFrom(2048, 8192),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(scene, ({ cards, models }) => {
        const gpus = cards.map((gib) => gpu(gib));
        const { steps, loaded, together, leftBytes } = planSet(
          models.map(({ name, ctx }) => one(name, ctx)),
          server(gpus),
        );
        for (const [index, card] of gpus.entries()) {
          const held = loaded.reduce(
            (sum, { places = [] }) =>
              sum + places.filter((place) => place.gpu === index).reduce((all, { heldBytes }) => all + heldBytes, 0),
            0,
          );
          expect(held).toBeLessThanOrEqual(card.totalBytes + MIB);
          expect(leftBytes[index]!).toBeLessThanOrEqual(card.totalBytes - held + MIB);
        }
        expect(steps.at(-1)!.loaded).toEqual(loaded.map(({ name }) => name));
        if (together) {
          expect(new Set(steps.at(-1)!.loaded)).toEqual(new Set(models.map(({ name }) => name)));
        }
      }),
      { numRuns: 30 },
    );
  });
});
