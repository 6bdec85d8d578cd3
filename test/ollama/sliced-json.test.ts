import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mapInTurns } from '../../src/base/turns.ts';
import { parseInTurns } from '../../src/ollama/sliced-json.ts';

/** As JSON.parse would, or the name of its error. */
function whole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return (error as Error).name;
  }
}

async function inTurns(text: string): Promise<unknown> {
  try {
    return await parseInTurns(text);
  } catch (error) {
    return (error as Error).name;
  }
}

/** Values made long enough to be parsed in pieces. */
const padding = { padding: 'x'.repeat(270_000) };

describe('JSON parsed in turns', () => {
  it('is what JSON.parse makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), async (value) => {
        const text = JSON.stringify({ ...value, ...padding, list: [value, [value], 'a"],\\', '\\"'] }, null, 1);
        expect(await parseInTurns(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps lists that go over many pieces, in order, among other keys', async () => {
    const models = Array.from({ length: 5_000 }, (_, index) => ({ name: `m"]},${index}\\`, sizes: [index, [index]] }));
    const answer = { before: 1, models, __proto__: null, empty: [], after: { models: [1, 2] } };
    const text = JSON.stringify(answer).replace('"before"', '"__proto__":[1],"before"');
    const parsed = await parseInTurns(text);
    expect(parsed).toEqual(JSON.parse(text));
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });

  it('is refused where JSON.parse refuses it', async () => {
    const good = JSON.stringify({ ...padding, models: Array.from({ length: 4_000 }, (_, index) => ({ index })) });
    const cuts = [
      good.slice(0, -1),
      good.slice(0, 280_000),
      `${good}]`,
      good.replaceAll('}', ']'),
      good.replace(':', ''),
    ];
    for (const text of [
      ...cuts,
      good.replace('{"index":7}', '{"index":7},'),
      '['.repeat(200_000),
      '"'.repeat(200_001),
    ]) {
      expect(whole(text), text.slice(-20)).toBe('SyntaxError');
      expect(await inTurns(text), text.slice(-20)).toBe('SyntaxError');
    }
  });

  it('lets others have their turn meanwhile', async () => {
    const text = JSON.stringify({ models: Array.from({ length: 50_000 }, (_, index) => ({ name: `model-${index}` })) });
    let turns = 0;
    const count = setInterval(() => {
      turns += 1;
    }, 0);
    await parseInTurns(text);
    await mapInTurns(Array.from({ length: 10_000 }), (entry) => entry);
    clearInterval(count);
    expect(turns).toBeGreaterThan(3);
  });
});
