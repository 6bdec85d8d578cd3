import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_CONTEXT, readContextLength } from '../../src/base/context-length.ts';

describe('a context as people type it', () => {
  it.each([
    ['32768', 32_768],
    ['32k', 32_768],
    ['32K', 32_768],
    ['128K', 131_072],
    ['1M', 1_048_576],
    ['1m', 1_048_576],
    ['1.5k', 1_536],
    ['.5k', 512],
    ['32,768', 32_768],
    ['32，768', 32_768],
    ['32 768', 32_768],
    ['32\u00a0768', 32_768],
    ["32'768", 32_768],
    ['32_768', 32_768],
    ['1,048,576', 1_048_576],
    ['ctx:32k', 32_768],
    ['ctx: 32k', 32_768],
    ['ctx=32768', 32_768],
    ['ctx：32k', 32_768],
    ['num_ctx=4096', 4_096],
    ['32k tokens', 32_768],
    ['32768 tokens', 32_768],
    [' 32k ', 32_768],
    ['３２ｋ', 32_768],
    ['1', 1],
  ])('%s', (typed, tokens) => {
    expect(readContextLength(typed)).toBe(tokens);
  });

  it.each([
    '',
    ' ',
    '0',
    '-1',
    '-32k',
    '32kk',
    '32g',
    'k',
    'many',
    '32,76',
    '3,2768',
    '1e5',
    '0x10',
    '1.0001',
    '9'.repeat(70),
    '999999999',
    '32.768.000',
    'ctx',
  ])('%j is none', (typed) => {
    expect(readContextLength(typed)).toBeNull();
  });

  it('is a whole number within the bounds, whatever was typed; a number reads as itself, grouped or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (typed) => {
        const tokens = readContextLength(typed);
        return tokens === null || (Number.isSafeInteger(tokens) && tokens >= 1 && tokens <= MAX_CONTEXT);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_CONTEXT }), (tokens) => {
        expect(readContextLength(String(tokens))).toBe(tokens);
        expect(readContextLength(tokens.toLocaleString('en'))).toBe(tokens);
      }),
    );
  });
});
