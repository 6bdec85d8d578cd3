import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchNames } from '../../src/chat/matching.ts';

const NAMES = ['gemma3:12b', 'gemma3:1b', 'llama3.3:70b', 'llama3.2:1b', 'qwen2.5-coder:7b', 'qwen3:8b'];

describe('names that may be meant', () => {
  it.each([
    ['', NAMES],
    ['gemma 3', ['gemma3:12b', 'gemma3:1b']],
    ['Gemma-3', ['gemma3:12b', 'gemma3:1b']],
    ['gemma3 12', ['gemma3:12b']],
    ['70b', ['llama3.3:70b']],
    ['llama 70b', ['llama3.3:70b']],
    ['1b', ['gemma3:1b', 'llama3.2:1b']],
    ['ｑｗｅｎ３：', ['qwen3:8b']],
    ['qwen coder', ['qwen2.5-coder:7b']],
    ['gema3:12b', ['gemma3:12b']],
    ['phi', []],
  ])('%j', (typed, found) => {
    expect(matchNames(typed, NAMES)).toEqual(found);
  });

  it('puts what begins as typed before what only holds it', () => {
    expect(matchNames('b', ['ab', 'ba', 'cb', 'bc'])).toEqual(['ba', 'bc', 'ab', 'cb']);
  });

  it('offers only what is there, each once, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (typed) => {
        const found = matchNames(typed, NAMES);
        return found.every((name) => NAMES.includes(name)) && new Set(found).size === found.length;
      }),
    );
  });
});
