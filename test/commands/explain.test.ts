import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import { messages } from '../../src/chat/messages/index.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/chat.ts';
import { renderReply } from '../../src/console/render.ts';
import { LOG_CODES } from '../../src/logs/codes.ts';
import { recordedLogs } from '../logs/recorded.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(['gemma3:12b']);
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
});
afterAll(() => demo.close());

function explain(text: string, locale: Locale = 'en'): Promise<Reply> {
  const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale };
  return dispatcher.dispatch({ ...caller, command: 'explain', options: { text } }, { progress: () => undefined });
}
const rendered = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: 0 });

/** The end of a recorded log, as much as a chat's text option holds. */
function tail(file: string): string {
  const lines = recordedLogs.find((log) => log.file === file)!.text.split('\n');
  const kept = lines.filter(
    (line) => !/assigned to device|layer +\d+: dev|updating|memory.go|server config/.test(line),
  );
  return kept.join('\n').slice(0, 6_000);
}

describe('/explain', () => {
  it('tells the last lines of the case it all began with: refused, by how much, and for the asker alone', async () => {
    const reply = await explain('Error: model requires more system memory (55.2 GiB) than is available (30.1 GiB)');
    expect(reply.private).toBe(true);
    expect(reply.tone).toBe('bad');
    expect(rendered(reply)).toContain('It would need 55.2 GiB of memory where 30.1 GiB are there.');
  });

  it('says why a load is partly on the CPU, and the context with which it is not', async () => {
    const reply = await explain(tail('0.6.5-06.log'));
    expect(plainText(reply.title)).toBe('llama3.1-8b is only partly on the GPUs: 21 of 33 layers.');
    const text = rendered(reply);
    expect(text).toMatch(/Version 0\.6\.[56]/);
    expect(text).toContain('OLLAMA_FLASH_ATTENTION=1');
    expect(text).toMatch(/With a context of \d+ all of it fits on these GPUs\./);
  });

  it('offers to plan it, as anybody may', async () => {
    const [action] = (await explain(tail('0.6.5-06.log'))).actions ?? [];
    expect(action?.call).toMatchObject({ command: 'fit', options: { gpus: expect.stringMatching(/GiB:/) } });
  });

  it('lists GPUs where only nvidia-smi was pasted, and says so where nothing can be read', async () => {
    const nothing = await explain('why is it slow?');
    expect(nothing.failed).toBe(true);
    expect(rendered(nothing)).toContain('Nothing here that I can read.');
  });

  it.each(LOCALES)('every code of a reading has words (%s)', (locale) => {
    for (const code of LOG_CODES) {
      expect(messages[`log.why.${code}`][locale].length).toBeGreaterThan(3);
    }
  });

  it.each(LOCALES)('what stands in a paste is never echoed as markup, a mention or a path (%s)', async (locale) => {
    const hostile = [
      'print_info: arch = llama',
      'print_info: general.name = @everyone **bold** [x](http://evil) `code` /home/me/secret',
      'load_tensors: offloaded 3/33 layers to GPU',
      'time=2026-01-01T00:00:00Z level=ERROR source=sched.go:1 msg="Load failed" error="token=sk-secret out of memory" model=/home/me/.ollama/x',
    ].join('\n');
    const text = rendered(await explain(hostile, locale), locale);
    for (const part of ['**', 'http://', '`', 'sk-secret', '/home/me/.ollama', '](']) {
      expect(text).not.toContain(part);
    }
  });
});
