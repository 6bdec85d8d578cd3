import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { Block, OptionValue, Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { gtx1070Ti } from '../../src/simulator/demo-machine.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(['gemma3:12b', 'qwen3:8b', 'nomic-embed-text']);
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
});
afterAll(() => demo.close());

const caller = (locale: Locale) => ({ person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale });

function fit(options: Record<string, OptionValue>, locale: Locale = 'en'): Promise<Reply> {
  return dispatcher.dispatch({ ...caller(locale), command: 'fit', options }, { progress: () => undefined });
}

const rendered = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: 0 });
const tableOf = (reply: Reply) =>
  reply.blocks.find((block): block is Block & { kind: 'table' } => block.kind === 'table');

describe('/fit', () => {
  it('answers with the verdict first, a row per GPU and the largest context', async () => {
    const reply = await fit({ model: 'gemma3:12b', ctx: 32768 });
    expect(reply.tone).toBe('good');
    expect(plainText(reply.title)).toMatch(/^gemma3:12b fits with a context of 32768: \d+\.\d GiB on 4 GPUs/);
    expect(tableOf(reply)?.rows.map((row) => row[0])).toEqual(['GPU 0', 'GPU 1', 'GPU 2', 'GPU 3', 'RAM']);
    expect(rendered(reply)).toContain('Every context that the model supports fits, up to 131072.');
  });

  it('says what is simulated and what was assumed', async () => {
    const reply = await fit({ model: 'qwen3:8b' });
    expect(rendered(reply)).toContain('You gave no context');
    expect(rendered(reply)).toContain('Simulated server');
  });

  it('tells why not, and only advice that works', async () => {
    const reply = await fit({ model: 'gemma3:12b', ctx: 131072, gpus: '12GiB' });
    expect(reply.tone).toBe('warning');
    const text = rendered(reply);
    expect(text).toMatch(/short, so \d+ of 49 layers go to system memory/);
    const shorter = Number(/A shorter context: (\d+) fits/.exec(text)?.[1]);
    expect(shorter).toBeGreaterThan(0);
    expect((await fit({ model: 'gemma3:12b', ctx: shorter, gpus: '12GiB' })).tone).toBe('good');
    expect((await fit({ model: 'gemma3:12b', ctx: shorter + 256, gpus: '12GiB' })).tone).not.toBe('good');
  });

  it('answers for a quantization that nobody may publish', async () => {
    const reply = await fit({ model: 'gemma3:12b', ctx: 8192, quant: 'q3_k_m' });
    expect(plainText(reply.title)).toMatch(/^gemma3:12b Q3_K_M fits/);
    expect(rendered(reply)).toContain("Worked out by llama-quantize's rules");
    expect(reply.actions?.map(({ label }) => label)).not.toContain('Load with 8192');
    expect((await fit({ model: 'gemma3:12b', quant: 'Q99' })).failed).toBe(true);
  });

  it('offers the best smaller quantization, and all of them on a button', async () => {
    const reply = await fit({ model: 'gemma3:12b', ctx: 65536, gpus: '12GiB' });
    const target = /smaller quantization: (\w+) fits/.exec(rendered(reply))?.[1] ?? '';
    expect((await fit({ model: 'gemma3:12b', ctx: 65536, gpus: '12GiB', quant: target })).tone).toBe('good');
    const button = reply.actions?.find(({ label }) => label === 'Quantizations')?.call;
    const payload = button !== undefined && 'handler' in button ? button.payload : {};
    const sweep = actionHandlers.find(({ name }) => name === 'fit.sweep')!;
    expect(sweep.payload.safeParse(payload).success).toBe(true);
  });

  it('says how many GPUs of a kind would do', async () => {
    const text = rendered(await fit({ model: 'llama3.1:8b', ctx: 131072, gpus: '2x8GiB' }));
    const count = Number(/(\d+) of this kind are enough/.exec(text)?.[1]);
    expect(count).toBeGreaterThan(2);
    expect((await fit({ model: 'llama3.1:8b', ctx: 131072, gpus: `${count}x8GiB` })).tone).toBe('good');
    expect((await fit({ model: 'llama3.1:8b', ctx: 131072, gpus: `${count - 1}x8GiB` })).tone).not.toBe('good');
  });

  it('names another quantization that the server has and that fits', async () => {
    const small = await startDemoServices(
      ['llama3.1:8b', 'llama3.1:8b-instruct-fp16'],
      {},
      { gpus: [gtx1070Ti(), gtx1070Ti()] },
    );
    const ask = createDispatcher({ commands, actionHandlers, services: small.services, log: createLog('silent') });
    const options = { model: 'llama3.1:8b-instruct-fp16', ctx: 8192 };
    const text = rendered(
      await ask.dispatch({ ...caller('en'), command: 'fit', options }, { progress: () => undefined }),
    );
    await small.close();
    expect(text).toContain('Another quantization that is on the server: llama3.1:8b fits.');
  });

  it('offers to load only what the server has, and to try the largest context', async () => {
    const here = await fit({ model: 'qwen3:8b', ctx: 8192 });
    expect(here.actions?.map((action) => action.label)).toEqual([
      'Load with 8192',
      'Try 40960',
      'Explain',
      'As llama.cpp flags',
      'Quantizations',
    ]);
    const elsewhere = await fit({ model: 'llama3.1:8b', ctx: 8192 });
    expect(elsewhere.actions?.map((action) => action.label)).not.toContain('Load with 8192');
    expect(rendered(elsewhere)).toContain('not on this server yet');
  });

  it('explains every figure on a button', async () => {
    const reply = await fit({ model: 'gemma3:12b', ctx: 8192 });
    const explain = reply.actions?.find((action) => action.label === 'Explain');
    const answer = await dispatcher.call(explain!.call, caller('en'), { progress: () => undefined });
    expect(answer.private).toBe(true);
    expect(rendered(answer)).toMatch(/Weights GPU 0: \d+(\.\d)? [GM]iB, GPU 1:/);
    expect(rendered(answer)).toContain('llama.cpp');
    const chinese = await dispatcher.call(explain!.call, caller('zh-CN'), { progress: () => undefined });
    // What is in code is the formula and where it stands; outside of it there is no word of English.
    const words = chinese.blocks.flatMap((block) =>
      block.kind === 'text' || block.kind === 'small' ? [block.text].flat() : [],
    );
    const plain = words.map((span) => (typeof span === 'string' ? span : 'bold' in span ? span.bold : '')).join(' ');
    expect(plain.length).toBeGreaterThan(200);
    expect(plain.replace(/GPU|CUDA|Ollama|ollama ps|llama\.cpp|[GM]iB|flash attention|token/g, '')).not.toMatch(
      /[a-z]{4,}/i,
    );
  });

  it('takes an embedding model', async () => {
    expect((await fit({ model: 'nomic-embed-text', ctx: 2048 })).tone).toBe('good');
  });

  it.each([
    [{ model: 'no-such-model-anywhere' }, /There is no model/],
    [{ model: 'gemma3:12b', ctx: 0 }, /ctx/],
    [{ model: 'gemma3:12b', ctx: -5 }, /ctx/],
    [{ model: 'gemma3:12b', ctx: 262144 }, /supports a context of up to 131072/],
    [{ model: 'gemma3:12b', gpus: 'a few' }, /is not a GPU/],
    [{ model: 'gemma3:12b', gpus: '8GiB:9GiB' }, /more free than in total/],
    [{ model: '../../etc/passwd' }, /not a model name/],
    [{ model: 'gpt-oss:120b-cloud' }, /cloud/],
    [{ model: 'gemma3:12b', server: 'elsewhere' }, /no server elsewhere/],
  ])('refuses %o in one sentence', async (options: Record<string, OptionValue>, sentence) => {
    const reply = await fit(options);
    expect(reply).toMatchObject({ tone: 'bad', failed: true, blocks: [] });
    expect(plainText(reply.title)).toMatch(sentence);
    expect(plainText(reply.title)).not.toMatch(/\bat .*\.ts|Error:|\?\./);
  });

  it('has words for everything in both languages', async () => {
    for (const locale of LOCALES) {
      for (const options of [
        { model: 'gemma3:12b', ctx: 8192 },
        { model: 'gemma3:12b', ctx: 131072, gpus: '8GiB' },
      ]) {
        const text = rendered(await fit(options, locale), locale);
        expect(text).not.toMatch(/undefined|NaN|\[object|\{\w+\}/);
        expect(/[一-鿿]/.test(text)).toBe(locale === 'zh-CN');
      }
    }
  });

  it('draws the GPUs as a picture', async () => {
    const reply = await fit({ model: 'gemma3:12b', ctx: 8192 });
    const block = reply.blocks.find((candidate) => candidate.kind === 'picture');
    const png = await (block as Block & { kind: 'picture' }).picture.png();
    expect([...png.subarray(1, 4)]).toEqual([...'PNG'].map((letter) => letter.charCodeAt(0)));
  });
});

describe('/fit where Ollama is ill', () => {
  const paths = ['/api/version', '/api/tags', '/api/ps', '/api/show'];

  async function askIll(make: (ill: DemoServices) => Promise<void> | void): Promise<string> {
    const ill = await startDemoServices(['gemma3:12b']);
    try {
      const ask = createDispatcher({ commands, actionHandlers, services: ill.services, log: createLog('silent') });
      await make(ill);
      const request = { ...caller('en'), command: 'fit', options: { model: 'gemma3:12b', ctx: 8192 } };
      return rendered(await ask.dispatch(request, { progress: () => undefined }));
    } finally {
      await ill.close();
    }
  }

  it.each(['hang', 'reset', 'garbage'] as const)(
    'answers from the built-in list when it does this: %s',
    async (kind) => {
      const text = await askIll((ill) =>
        ill.simulator.setFaults({ http: paths.map((path) => ({ path, fault: { kind }, after: 0 })) }),
      );
      expect(text).toContain('gemma3:12b fits with a context of 8192');
      expect(text).toContain('the model from the built-in list');
      expect(text).toContain('does not answer properly; this is worked out for version 0.33.0');
    },
  );

  it('shows what is known while it hangs, without waiting for the end', async () => {
    const ill = await startDemoServices(['gemma3:12b']);
    const ask = createDispatcher({ commands, actionHandlers, services: ill.services, log: createLog('silent') });
    ill.simulator.setFaults({ http: paths.map((path) => ({ path, fault: { kind: 'hang' as const }, after: 0 })) });
    const shown: Reply[] = [];
    const request = { ...caller('en'), command: 'fit', options: { model: 'gemma3:12b', ctx: 8192 } };
    await ask.dispatch(request, { progress: (state) => shown.push(state) });
    await ill.close();
    expect(rendered(shown[0]!)).toContain('The server has not answered yet');
    expect(rendered(shown[0]!)).toContain('gemma3:12b fits with a context of 8192');
  });

  it('gives no verdict when the machine is gone altogether, and says what the model needs', async () => {
    const text = await askIll((ill) => ill.simulator.refuse());
    expect(text).toContain('Nobody can tell whether gemma3:12b fits');
    expect(text).toContain('The exporter cannot be reached');
    expect(text).toMatch(/weights +\d+\.\d+\n +cache +\d/);
  });
});

describe('completion', () => {
  const complete = (option: string, typed: string, options: Record<string, OptionValue> = {}) =>
    dispatcher.complete({ ...caller('en'), command: 'fit', option, typed, options });

  it('offers what the server has first, then every model of the list', async () => {
    const names = (await complete('model', '')).map((choice) => choice.value);
    expect(names.slice(0, 3).sort()).toEqual(['gemma3:12b', 'nomic-embed-text:latest', 'qwen3:8b']);
    expect(names.length).toBeGreaterThan(100);
  });

  it('marks contexts with what fits', async () => {
    const choices = await complete('ctx', '', { model: 'gemma3:12b', gpus: '12GiB' });
    expect(choices.some((choice) => choice.label.endsWith('the longest that fits'))).toBe(true);
    expect(choices.find((choice) => choice.value === 131072)?.label).toBe('131072 – does not fit');
    expect(choices.find((choice) => choice.value === 4096)?.label).toBe('4096 – fits');
  });

  it('offers plain sizes for a name half typed', async () => {
    expect((await complete('ctx', '8', { model: 'gem' })).map((choice) => choice.label)).toContain('8192');
  });
});
