import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
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
        { name: 'ctx', description: 'option.ctx', type: 'integer' },
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
];
const parse = (line: string) => parseLine(line, commands);

describe('a line in the terminal', () => {
  it('is taken apart as people type it in Discord', () => {
    expect(parse('/fit gemma3:12b ctx:32768')).toMatchObject({
      kind: 'call',
      options: { model: 'gemma3:12b', ctx: 32768 },
    });
    expect(parse('fit model:gemma3:12b partial:yes')).toMatchObject({
      options: { model: 'gemma3:12b', partial: true },
    });
    expect(parse('/fit ctx:1 hf.co/org/repo:Q4_K_M')).toMatchObject({
      options: { model: 'hf.co/org/repo:Q4_K_M', ctx: 1 },
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
    expect(parse('/fit a ctx:-5')).toMatchObject({ options: { ctx: -5 } });
  });

  it('takes the first subcommand where none is named', () => {
    expect(parse('/status')).toMatchObject({ kind: 'call', subcommand: 'now' });
    expect(parse('/status nonsense')).toMatchObject({ kind: 'unknown-subcommand', known: ['now', 'schedule'] });
  });

  it('tells options that are unknown, too many or doubled', () => {
    expect(parse('/fit a 1 true more')).toMatchObject({ kind: 'unknown-option', option: 'more' });
    expect(parse('/fit a ctx:1 ctx:2')).toMatchObject({ kind: 'unknown-option', option: 'ctx:2' });
  });

  it('reads a bare number as a button', () => {
    expect(parse(' 2 ')).toEqual({ kind: 'press', number: 2 });
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
