import { describe, expect, it } from 'vitest';
import { toolCommands } from '../../src/tool/commands.ts';
import { plainArguments } from '../../src/tool/typed.ts';

const plain = (...argv: string[]) => plainArguments(argv, toolCommands);
const wanted = ['fit', 'gemma3:12b', '--ctx=32k'];

describe('arguments of the tool', () => {
  it.each([
    [['fit', 'gemma3:12b', 'ctx:32k'], wanted],
    [['fit', 'gemma3:12b', 'ctx=32k'], wanted],
    [['/fit', 'gemma3:12b', 'CTX：32k'], wanted],
    [['／fit', 'gemma3:12b', 'ｃｔｘ＝32k'], wanted],
    [['fit', 'gemma3:12b', '—ctx=32k'], wanted],
    [['fit', 'gemma3:12b', '–ctx＝32k'], wanted],
    [['fit', 'gemma3:12b', '－－ctx=32k'], wanted],
    [['fit', 'gemma3:12b', '--ctx=32k'], wanted],
    [
      ['fit', 'gemma3:12b', 'ctx:', '32k'],
      ['fit', 'gemma3:12b', '--ctx', '32k'],
    ],
    [
      ['fit', 'gemma3:12b', '——ctx', '32k', '—json'],
      ['fit', 'gemma3:12b', '--ctx', '32k', '--json'],
    ],
  ])('%j', (argv, read) => {
    expect(plain(...argv)).toEqual(read);
  });

  it.each([
    [['fit', 'hf.co/org/repo:Q4_K_M', '--gpus', '2x4090']],
    [['fit', '-h']],
    [['fit', './ctx:32k.gguf']],
    [['fit', '--', 'ctx:32k']],
    [['--version']],
    [['explain', '-']],
    [['nonsense', 'ctx:32k']],
    [[]],
  ])('leaves %j alone', (argv) => {
    expect(plain(...argv)).toEqual(argv);
  });
});
