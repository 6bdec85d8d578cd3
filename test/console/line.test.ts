import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commands as allCommands } from '../../commands/index.ts';
import type { Command } from '../../src/chat/command.ts';
import { parseLine } from '../../src/console/line.ts';

const base = { access: 'everyone', schema: z.any(), run: () => Promise.reject(new Error('not run here')) } as const;
const commands: readonly Command<unknown>[] = [
  {
    name: 'fit',
    description: 'fit.description',
    run: {
      ...base,
      description: 'fit.description',
      options: [
        { name: 'model', description: 'option.model', type: 'string', required: true },
        { name: 'ctx', description: 'option.ctx', type: 'context' },
        { name: 'parallel', description: 'option.parallel', type: 'integer' },
        { name: 'partial', description: 'option.ctx', type: 'boolean' },
      ],
    },
  },
  {
    name: 'status',
    description: 'fit.description',
    subcommands: {
      now: { ...base, description: 'fit.description', options: [] },
      schedule: {
        ...base,
        description: 'fit.description',
        options: [{ name: 'cron', description: 'option.model', type: 'string', required: true }],
      },
    },
  },
  {
    name: 'notify',
    description: 'fit.description',
    subcommands: {
      'when-fits': {
        ...base,
        description: 'fit.description',
        options: [{ name: 'model', description: 'option.model', type: 'string', required: true }],
      },
      list: { ...base, description: 'fit.description', options: [] },
    },
  },
];
const parse = (line: string) => parseLine(line, commands);

describe('a line in the terminal', () => {
  it('is taken apart as people type it in Discord', () => {
    expect(parse('/fit gemma3:12b ctx:32768')).toMatchObject({
      kind: 'call',
      options: { model: 'gemma3:12b', ctx: '32768' },
    });
    expect(parse('fit model:gemma3:12b partial:yes')).toMatchObject({
      options: { model: 'gemma3:12b', partial: true },
    });
    expect(parse('/fit ctx:1 hf.co/org/repo:Q4_K_M')).toMatchObject({
      options: { model: 'hf.co/org/repo:Q4_K_M', ctx: '1' },
    });
  });

  it('keeps quoted text together', () => {
    expect(parse('/status schedule cron:"0 9 * * 1-5"')).toMatchObject({
      subcommand: 'schedule',
      options: { cron: '0 9 * * 1-5' },
    });
    expect(parse('/status schedule "0 9 * * *"')).toMatchObject({ options: { cron: '0 9 * * *' } });
  });

  it('leaves what is no number to the validation', () => {
    expect(parse('/fit a ctx:many')).toMatchObject({ options: { ctx: 'many' } });
    expect(parse('/fit a parallel:-5')).toMatchObject({ options: { parallel: -5 } });
    expect(parse('/fit a parallel:some')).toMatchObject({ options: { parallel: 'some' } });
  });

  it('takes the first subcommand where none is named', () => {
    expect(parse('/status')).toMatchObject({ kind: 'call', subcommand: 'now' });
    expect(parse('/status nonsense')).toMatchObject({ kind: 'unknown-subcommand', known: ['now', 'schedule'] });
  });

  it.each([
    ['/fit gemma3:12b ctx:32k', '32k'],
    ['/fit gemma3:12b ctx: 32k', '32k'],
    ['/fit gemma3:12b ctx=32k', '32k'],
    ['/fit gemma3:12b ctx= 128K', '128K'],
    ['／fit gemma3:12b ctx：32k', '32k'],
    ['/fit gemma3：12b ctx： 32k', '32k'],
    ['/FIT gemma3:12b CTX:32k', '32k'],
    ['/fit gemma3:12b 32k', '32k'],
    ['/fit gemma3:12b ctx:32,768', '32,768'],
    ['/fit gemma3:12b ctx:32 768', '32 768'],
    ['/fit gemma3:12b 131 072', '131 072'],
    ['/fit gemma3:12b ctx:"32 768"', '32 768'],
    ['fit gemma3:12b ctx:32k', '32k'],
  ])('%s', (line, ctx) => {
    expect(parse(line)).toMatchObject({ kind: 'call', options: { model: 'gemma3:12b', ctx } });
  });

  it.each([
    ['/fti gemma3:12b', 'fit'],
    ['/ftt gemma3:12b', 'fit'],
    ['/stauts', 'status'],
    ['/stat', 'status'],
    ['／fiit', 'fit'],
    ['/xyzzy', null],
    ['hello there', null],
  ])('%s is no command; near it is %s', (line, near) => {
    expect(parse(line)).toMatchObject({ kind: 'unknown-command', near });
  });

  it('tells the subcommands of a command that needs one', () => {
    expect(parse('/notify')).toEqual({ kind: 'missing-subcommand', command: 'notify', known: ['when-fits', 'list'] });
    expect(parse('/notify LIST')).toMatchObject({ kind: 'call', subcommand: 'list' });
  });

  it('tells options that are unknown, too many or doubled', () => {
    expect(parse('/fit a 1 4 true more')).toMatchObject({ kind: 'unknown-option', option: 'more' });
    expect(parse('/fit a ctx:1 ctx:2')).toMatchObject({ kind: 'unknown-option', option: 'ctx:2' });
  });

  it('gives the rest of the line to an option that takes it, up to another option', () => {
    const line = (text: string) => parseLine(text, allCommands);
    expect(line('/explain Error: model requires more system memory (55.2 GiB)')).toMatchObject({
      kind: 'call',
      options: { text: 'Error: model requires more system memory (55.2 GiB)' },
    });
    expect(line('/plan check gemma3:12b@32k qwen3:8b nomic-embed-text server:main')).toMatchObject({
      kind: 'call',
      subcommand: 'check',
      options: { models: 'gemma3:12b@32k qwen3:8b nomic-embed-text', server: 'main' },
    });
  });

  it.each([
    [' 2 ', '2'],
    ['[12]', '12'],
    ['a', 'a'],
    ['[B]', 'b'],
    ['３', '3'],
  ])('reads %j as a button', (line, key) => {
    expect(parse(line)).toEqual({ kind: 'press', key });
  });

  it.each(['exit', 'quit', '/exit', 'QUIT'])('leaves at %j', (line) => {
    expect(parse(line)).toEqual({ kind: 'leave' });
  });

  it.each([
    [
      '/适配 gemma3:12b 上下文：32k',
      { command: 'fit', subcommand: undefined, options: { model: 'gemma3:12b', ctx: '32k' } },
    ],
    [
      '/提醒 能放下时 模型:gemma3:12b',
      { command: 'notify', subcommand: 'when-fits', options: { model: 'gemma3:12b' } },
    ],
  ])('knows the names of the other language: %s', (line, { command, subcommand, options }) => {
    const parsed = parseLine(line, allCommands);
    expect(parsed).toMatchObject({ kind: 'call', options });
    expect(parsed.kind === 'call' && [parsed.command.name, parsed.subcommand]).toEqual([command, subcommand]);
  });

  it('takes typographic quotes for quotes', () => {
    expect(parse('/status schedule “0 9 * * *”')).toMatchObject({ options: { cron: '0 9 * * *' } });
  });

  it('never throws and never invents a command', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        const parsed = parse(line);
        return parsed.kind !== 'call' || /^\s*"?\/?"?(fit|status)/i.test(line.replaceAll('"', ''));
      }),
    );
  });
});
