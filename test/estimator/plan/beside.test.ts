import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { besideLoaded } from '../../../src/estimator/plan/beside.ts';
import { type FixtureName, GIB, gpu, model, server } from '../fixture-models.ts';

const LLAMA = { spec: model('llama3.1-8b'), request: { numCtx: 8192 } };

describe('a server with models on it', () => {
  test('nothing loaded: the server as it was', () => {
    const on = server([gpu(24)]);
    expect(besideLoaded(on, [])).toBe(on);
  });

  test('what was measured stays; where more is free than they leave, they are taken off', () => {
    const measured = besideLoaded(server([gpu(24, { freeBytes: 16 * GIB })]), [LLAMA]);
    expect(measured.gpus[0]!.freeBytes).toBe(16 * GIB);
    const unmeasured = besideLoaded(server([gpu(24)]), [LLAMA]);
    const [place] = unmeasured.loaded![0]!.places!;
    expect(unmeasured.gpus[0]!.freeBytes).toBe(24 * GIB - place!.heldBytes);
  });

  test('it lies where the memory in use says, or where it is said to lie', () => {
    const first = besideLoaded(server([gpu(24, { freeBytes: 17 * GIB }), gpu(24)]), [LLAMA]);
    expect(first.loaded![0]!.places!.map((place) => place.gpu)).toEqual([0]);
    const told = besideLoaded(server([gpu(24), gpu(24, { freeBytes: 17 * GIB })]), [{ ...LLAMA, gpus: [1] }]);
    expect(told.loaded![0]).toMatchObject({ alone: true, places: [{ gpu: 1 }] });
  });

  test('never leaves more than there is, less than nothing, or a model out', () => {
    const scene = fc.record({
      cards: fc.array(
        fc.record({ gib: fc.integer({ min: 4, max: 24 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
        {
          minLength: 1,
          maxLength: 3,
        },
      ),
      names: fc.array(fc.constantFrom<FixtureName>('llama3.2-1b', 'nomic-embed-text', 'gemma3-1b'), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(scene, ({ cards, names }) => {
        const gpus = cards.map(({ gib, share }) => gpu(gib, { freeBytes: Math.floor(gib * GIB * share) }));
        const residents = names.map((name, index) => ({
          spec: model(name),
          name: `${name}-${index}`,
          request: { numCtx: 2048 },
        }));
        const beside = besideLoaded(server(gpus), residents);
        expect((beside.loaded ?? []).map(({ name }) => name)).toEqual(residents.map(({ name }) => name));
        for (const [index, card] of beside.gpus.entries()) {
          expect(card.freeBytes).toBeGreaterThanOrEqual(0);
          expect(card.freeBytes).toBeLessThanOrEqual(gpus[index]!.freeBytes);
        }
      }),
      { numRuns: 40 },
    );
  });
});
