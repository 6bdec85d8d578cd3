import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands, messageCommands } from '../../commands/index.ts';
import type { Attachment } from '../../src/chat/attachment.ts';
import type { Person } from '../../src/chat/command.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import { messages } from '../../src/chat/messages/index.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { LOG_CODES } from '../../src/logs/codes.ts';
import { recordedLogs } from '../logs/recorded.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';
import { discordPlatform } from '../support/platforms.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(['gemma3:12b']);
  const { services } = demo;
  dispatcher = createDispatcher({ commands, actionHandlers, messageCommands, services, log: createLog('silent') });
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
    expect(rendered(reply)).toContain('It would need 55.2 GiB of memory, but only 30.1 GiB are there.');
  });

  it('says "the model" where the log names none, and no context where it tells none', async () => {
    const log = [
      'Error: model requires more system memory (55.2 GiB) than is available (30.1 GiB)',
      'llama_kv_cache_init: CUDA0 KV buffer size = 1024.00 MiB',
    ].join('\n');
    const reply = await explain(log);
    expect(plainText(reply.title)).toBe('Ollama refused the model.');
    expect(plainText((await explain(log, 'zh-CN')).title)).toBe('Ollama 拒绝加载该模型。');
    expect(rendered(reply)).toContain('The cache takes 1.0 GiB.');
    expect(rendered(reply)).not.toContain('context of 0');
  });

  it.each([
    ['Error: llama runner process has terminated: cudaMalloc failed: out of memory', 'shorter context'],
    ['Error: llama runner process has terminated: exit status 2', 'the lines before this one'],
    ['Error: server busy, please try again. maximum pending requests exceeded', 'OLLAMA_MAX_QUEUE'],
    ['error="timed out waiting for llama runner to start: context canceled"', 'OLLAMA_LOAD_TIMEOUT'],
  ])('says what helps against an error line alone: %s', async (line, help) => {
    expect(rendered(await explain(line))).toContain(help);
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

  it('offers to load it to those who may, and looks at their right again when the button is pressed', async () => {
    const person: Person = { id: '7', name: 'ada', access: 'everyone' };
    const press = async (access: Person['access']) => {
      const caller = {
        person: { ...person, access },
        place: { ...CONSOLE_PLACE, platform: discordPlatform },
        locale: 'en' as const,
      };
      const reply = await dispatcher.dispatch(
        { ...caller, command: 'explain', options: { text: tail('0.6.5-06.log') } },
        { progress: () => undefined },
      );
      const load = reply.actions?.find(({ call }) => 'command' in call && call.command === 'load');
      return load === undefined
        ? null
        : dispatcher.call(load.call, { ...caller, person }, { progress: () => undefined });
    };
    expect(await press('everyone')).toBeNull();
    expect(plainText((await press('operator'))!.title)).toContain('/load');
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

function file(text: string, change: Partial<Attachment> = {}): Attachment {
  return {
    name: 'server.log',
    contentType: 'text/plain',
    sizeBytes: text.length,
    open: async () => Readable.from([Buffer.from(text)]),
    ...change,
  };
}

const whole = (name: string) => recordedLogs.find((log) => log.file === name)!.text;
const refused = 'Error: model requires more system memory (55.2 GiB) than is available (30.1 GiB)';

describe('/explain log:', () => {
  const ask = (log: Attachment | string, text?: string) =>
    dispatcher.dispatch(
      {
        person: CONSOLE_PERSON,
        place: CONSOLE_PLACE,
        locale: 'en',
        command: 'explain',
        options: { log, ...(text === undefined ? {} : { text }) },
      },
      { progress: () => undefined },
    );

  it('reads a file, says which, and tells what the text alone tells', async () => {
    const reply = await ask(file(whole('0.6.5-06.log')));
    expect(reply.private).toBe(true);
    expect(plainText(reply.title)).toBe('llama3.1-8b is only partly on the GPUs: 21 of 33 layers.');
    expect(rendered(reply)).toContain('Read from server.log.');
  });

  it('reads a path at the terminal, and nowhere else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headroom-'));
    const path = join(folder, 'my server.log');
    writeFileSync(path, refused);
    const reply = await ask(path);
    expect(rendered(reply)).toContain('30.1 GiB are there');
    expect(rendered(reply)).not.toContain(folder);
    expect(rendered(await ask(join(folder, 'other.log')))).toContain('There is no file other.log');
    expect(rendered(await ask(folder))).toContain('There is no file');
    const place = { ...CONSOLE_PLACE, platform: discordPlatform };
    const elsewhere = await dispatcher.dispatch(
      { person: CONSOLE_PERSON, place, locale: 'en', command: 'explain', options: { log: path } },
      { progress: () => undefined },
    );
    expect(rendered(elsewhere)).toContain('it must be a file.');
    rmSync(folder, { recursive: true });
  });

  it('says in words what it cannot read', async () => {
    expect(rendered(await ask(file('x', { sizeBytes: 2 ** 21 })))).toContain('is larger than 1 MiB');
    expect(rendered(await ask(file('x', { contentType: 'image/png' })))).toContain('is no text');
    expect(rendered(await ask(file('hello')))).toContain('Nothing here that I can read.');
  });

  it('asks for something to read where nothing was handed over', async () => {
    const reply = await dispatcher.dispatch(
      { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en', command: 'explain', options: {} },
      { progress: () => undefined },
    );
    expect(rendered(reply)).toContain('There is nothing to read');
  });
});

describe('"Explain this log" on a message', () => {
  const point = (text: string, attachments: readonly Attachment[] = []) =>
    dispatcher
      .prepareMessage({
        person: CONSOLE_PERSON,
        place: CONSOLE_PLACE,
        locale: 'en',
        command: 'Explain this log',
        message: { text, attachments },
      })
      .run({ progress: () => undefined });

  it('reads the words of the message, and answers the asker alone', async () => {
    const reply = await point(`why? ${refused}`);
    expect(reply.private).toBe(true);
    expect(rendered(reply)).toContain('30.1 GiB are there');
  });

  it('takes the file that tells most, and says what it left out', async () => {
    const reply = await point('it broke again', [
      file('x', { name: 'shot.png', contentType: 'image/png' }),
      file('hello'),
      file(whole('0.6.5-06.log'), { name: 'ollama.log' }),
    ]);
    expect(plainText(reply.title)).toBe('llama3.1-8b is only partly on the GPUs: 21 of 33 layers.');
    const text = rendered(reply);
    expect(text).toContain('Read from ollama.log.');
    expect(text).toContain('shot.png is no text');
  });

  it('says that a picture cannot be read where that is all there is', async () => {
    const reply = await point('look:', [file('x', { name: 'shot.png', contentType: 'image/png' })]);
    expect(reply.failed).toBe(true);
    expect(plainText(reply.title)).toContain('shot.png is no text');
  });

  it('is unknown under any other name', async () => {
    const reply = await dispatcher
      .prepareMessage({
        person: CONSOLE_PERSON,
        place: CONSOLE_PLACE,
        locale: 'en',
        command: 'constructor',
        message: { text: '', attachments: [] },
      })
      .run({ progress: () => undefined });
    expect(reply.failed).toBe(true);
  });
});
