import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { parseSet } from '../../commands/plan/parse.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

describe('a set as people write it', () => {
  it.each([
    ['gemma3:12b', [{ name: 'gemma3:12b', pinned: false }]],
    ['gemma3:12b@32768!', [{ name: 'gemma3:12b', numCtx: 32_768, pinned: true }]],
    [
      'gemma3:12b@32k, qwen3:8b',
      [
        { name: 'gemma3:12b', numCtx: 32_768, pinned: false },
        { name: 'qwen3:8b', pinned: false },
      ],
    ],
    [
      'gemma3：12b＠32K、nomic-embed-text！',
      [
        { name: 'gemma3:12b', numCtx: 32_768, pinned: false },
        { name: 'nomic-embed-text', pinned: true },
      ],
    ],
  ])('%s', (text, models) => {
    expect(parseSet(text)).toEqual(models);
  });

  it.each([
    ['', 'set-empty'],
    ['gemma3:12b@', 'set-model-form'],
    ['@32k', 'set-model-form'],
    ['gemma3@soon', 'set-model-form'],
    [Array.from({ length: 17 }, (_, index) => `m${index}`).join(' '), 'set-too-many'],
  ])('%j is refused with the right form', (text, code) => {
    expect(() => parseSet(text)).toThrow(expect.objectContaining({ code }));
  });
});

describe('/plan check', () => {
  let demo: DemoServices;
  let dispatcher: Dispatcher;
  beforeAll(async () => {
    demo = await startDemoServices(['gemma3:12b', 'qwen3:8b', 'nomic-embed-text']);
    dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
  });
  afterAll(() => demo.close());

  const plan = (models: string, locale: Locale = 'en'): Promise<Reply> =>
    dispatcher.dispatch(
      {
        person: CONSOLE_PERSON,
        place: CONSOLE_PLACE,
        locale,
        command: 'plan',
        subcommand: 'check',
        options: { models },
      },
      { progress: () => undefined },
    );
  const read = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: 0 });

  it('says that models get along, and what each takes where', async () => {
    const reply = await plan('gemma3:12b@8k nomic-embed-text');
    expect(reply.tone).toBe('good');
    expect(read(reply)).toMatch(/All 2 models fit on \S+ at the same time/);
    expect(read(reply)).toContain('nomic-embed-text');
  });

  it('names contexts with which they would', async () => {
    const reply = await plan('gemma3:12b@128k qwen3:8b@40960');
    expect(reply.tone).toBe('warning');
    expect(read(reply)).toMatch(/gemma3:12b@\d+ qwen3:8b@\d+/);
  });

  it('says which models the server has not got, and does not offer to load them', async () => {
    const reply = await plan('gemma3:12b@8k llama3.2:3b@4k');
    expect(read(reply)).toContain('Not pulled there yet: llama3.2:3b');
    expect(reply.actions ?? []).toEqual([]);
  });

  it('refuses a model that is named twice', async () => {
    expect(read(await plan('qwen3:8b qwen3:8b@8k'))).toContain('qwen3:8b is named twice');
  });

  it.each(LOCALES)('speaks %s', async (locale) => {
    expect(read(await plan('gemma3:12b@8k nomic-embed-text', locale), locale)).toContain('gemma3:12b');
  });
});
