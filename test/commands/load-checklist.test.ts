import { describe, expect, it } from 'vitest';
import { Checklist } from '../../commands/load/checklist.ts';
import { plainText } from '../../src/chat/text.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import type { LoadStep } from '../../src/servers/loading/types.ts';

const step = (name: LoadStep['name'], state: LoadStep['state'], params: LoadStep['params'] = {}): LoadStep => ({
  name,
  state,
  params,
});

function lines(...steps: LoadStep[]): { readonly list: Checklist; readonly text: () => string[] } {
  const list = new Checklist(() => 0);
  for (const one of steps) {
    list.add(one);
  }
  return { list, text: () => list.lines(createTranslator('en')).map(plainText) };
}

describe('the checklist of a load', () => {
  it('shows a step once, as it is now', () => {
    const { list, text } = lines(
      step('look', 'running'),
      step('look', 'done'),
      step('load', 'running', { ctx: 4_096 }),
    );
    expect(text()).toEqual([
      '✓ checked the server',
      '▸ loading with a context of 4096, started 1970-01-01T00:00:00.000Z',
    ]);
    list.add(step('load', 'failed', { ctx: 4_096 }));
    expect(text()[1]).toBe('✗ loading with a context of 4096 failed');
  });

  it('shows the place in the queue until the turn has come', () => {
    const { list, text } = lines(step('wait', 'running', { place: 3 }));
    list.add(step('wait', 'running', { place: 1 }));
    expect(text()).toEqual(['▸ waiting: number 1 in the queue']);
    expect(list.waiting).toBe(true);
    list.add(step('wait', 'done', { place: 0 }));
    expect(text()).toEqual([]);
    expect(list.waiting).toBe(false);
  });

  it('forgets what was seen before a holder answered', () => {
    const { text } = lines(
      step('look', 'done'),
      step('plan', 'done', { ctx: 8_192 }),
      step('ask', 'done', { holder: 'Bob', model: 'a:1b' }),
      step('look', 'running'),
    );
    expect(text()).toEqual(['✓ Bob agrees to unload a:1b', '▸ checking the server']);
  });

  it('says of what was under way at the end that it did not succeed', () => {
    const { list, text } = lines(step('unload', 'running', { model: 'a:1b' }));
    list.end();
    expect(text()).toEqual(['✗ a:1b could not be unloaded']);
  });

  it('keeps untrusted names apart from the words', () => {
    const { list } = lines(step('unload', 'running', { model: '**@everyone**' }));
    expect(list.lines(createTranslator('en'))[0]).toContainEqual({ code: '**@everyone**' });
  });

  it('stays readable however often something is tried', () => {
    const tries = Array.from({ length: 40 }, (_, index) => step('smaller', 'done', { from: index + 1, to: index }));
    expect(lines(...tries).text().length).toBeLessThanOrEqual(14);
  });
});
