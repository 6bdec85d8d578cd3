import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonShrinker, MAX_KEPT_ARRAY } from '../../src/ollama/shrink-json.ts';

function shrink(text: string, ...cuts: number[]): unknown {
  const bytes = Buffer.from(text);
  const shrinker = new JsonShrinker();
  let from = 0;
  for (const cut of [...cuts.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    shrinker.push(bytes.subarray(from, cut));
    from = cut;
  }
  return JSON.parse(shrinker.text());
}

/** What should be left, said plainly. */
function expected(value: unknown): unknown {
  if (Array.isArray(value)) {
    const flat = value.every((entry) => typeof entry !== 'object' || entry === null);
    return flat && value.length > MAX_KEPT_ARRAY ? { length: value.length } : value.map(expected);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, expected(entry)]));
}

const scalar = fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(null));
const longList = fc
  .tuple(scalar, fc.integer({ min: MAX_KEPT_ARRAY - 2, max: MAX_KEPT_ARRAY + 3 }))
  .map(([entry, length]) => {
    return new Array<unknown>(length).fill(entry);
  });
const answer = fc.dictionary(
  fc.string(),
  fc.oneof(
    scalar,
    longList,
    fc.array(scalar),
    fc.json().map((text) => JSON.parse(text)),
  ),
);

describe('JsonShrinker', () => {
  it('replaces long flat lists by their length and keeps the rest, wherever the text is cut', () => {
    fc.assert(
      fc.property(answer, fc.array(fc.nat(100_000), { maxLength: 5 }), fc.boolean(), (value, cuts, pretty) => {
        const text = JSON.stringify(value, null, pretty ? 2 : 0);
        expect(shrink(text, ...cuts)).toEqual(expected(JSON.parse(text)));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps long lists of objects, such as a tensor table', () => {
    const tensors = Array.from({ length: 3000 }, (_, index) => ({ name: `blk.${index}`, shape: [1, 2] }));
    expect(shrink(JSON.stringify({ tensors }))).toEqual({ tensors });
  });

  it('is not misled by brackets, commas and quotes within words', () => {
    const tokens = Array.from({ length: 2000 }, (_, index) => ['"', '\\', ',', '[', ']}', '\\"'][index % 6]);
    expect(shrink(JSON.stringify({ a: tokens, b: 1 }))).toEqual({ a: { length: 2000 }, b: 1 });
  });

  it('passes on what is no JSON, for the parser to refuse', () => {
    for (const text of ['', '<html>', ']', '{"a":[1,2', '}{']) {
      expect(() => shrink(text)).toThrow(SyntaxError);
    }
  });

  it('gives up on a text that nests without end', () => {
    expect(() => new JsonShrinker().push(Buffer.from('['.repeat(1000)))).toThrow(
      expect.objectContaining({ code: 'bad-answer' }),
    );
  });
});
