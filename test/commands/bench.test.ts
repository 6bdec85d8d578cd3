import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { estimatedSpeed, measuredSpeed, shortDay } from '../../commands/parts/speed.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createTranslator } from '../../src/chat/translate.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(['llama3.2:1b', 'qwen3:8b']);
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
});
afterAll(() => demo.close());

const run = (command: string, options: Record<string, OptionValue> = {}, locale: Locale = 'en') =>
  dispatcher.dispatch(
    { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale, command, options },
    { progress: () => undefined },
  );
const text = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: Date.now() });

describe('speeds in words', () => {
  it.each([
    [147.14, '147', '150'],
    [41.4, '41', '41'],
    [9.96, '10', '10'],
    [8.26, '8.3', '8.3'],
    [0.04, '0.0', '0.0'],
  ])('%f is %s measured, about %s', (speed, measured, about) => {
    expect([measuredSpeed(speed), estimatedSpeed(speed)]).toEqual([measured, about]);
  });

  it('days are those of the place', () => {
    const late = Date.UTC(2026, 10, 3, 23, 30);
    expect(shortDay(late, createTranslator('en'), 'UTC')).toBe('3 Nov');
    expect(shortDay(late, createTranslator('en'), 'Asia/Shanghai')).toBe('4 Nov');
    expect(shortDay(late, createTranslator('zh-CN'), 'Asia/Shanghai')).toBe('11月4日');
  });
});

describe('/bench', () => {
  it('loads nothing, and offers to', async () => {
    const reply = await run('bench', { model: 'qwen3:8b' });
    expect(reply.failed).toBe(true);
    expect(text(reply)).toContain('is not loaded on main');
    expect(reply.actions?.[0]?.call).toEqual({ command: 'load', options: { model: 'qwen3:8b' } });
    expect(demo.simulator.loaded()).toEqual([]);
  });

  it.each(LOCALES)('says how fast the model is, and lists say it from then on (%s)', async (locale) => {
    const { ollama } = demo.services.servers.defaultServer;
    await ollama.load('llama3.2:1b', { numCtx: 4096, keepAlive: { kind: 'forever' } });
    const reply = await run('bench', { model: 'llama3.2:1b' }, locale);
    expect(reply.tone).toBe('good');
    const speed = /(\d+)/.exec(plainText(reply.title).replace(/^.*?llama3\.2:1b/, ''))?.[1];
    expect(Number(speed)).toBeGreaterThan(1);
    await demo.services.servers.defaultServer.snapshot({ maxAgeMs: 0 });
    const day = shortDay(Date.now(), createTranslator(locale), 'UTC');
    for (const command of ['ps', 'models']) {
      expect(text(await run(command, {}, locale), locale)).toContain(day);
    }
    const fit = text(await run('fit', { model: 'llama3.2:1b', ctx: 4096 }, locale), locale);
    expect(fit).toContain(day);
    expect(text(await run('fit', { model: 'qwen3:8b', ctx: 4096 }, locale), locale)).toMatch(/about \d+ tok\/s|约 \d+/);
  });

  it('tells what it was before', async () => {
    expect(text(await run('bench', { model: 'llama3.2:1b' }))).toMatch(/It was \d+ tok\/s on/);
  });
});
