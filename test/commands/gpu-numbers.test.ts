import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { readGpuNumbers } from '../../commands/parts/gpu-numbers.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

describe('numbers of GPUs', () => {
  it.each([
    ['0', [0]],
    ['0,1', [0, 1]],
    [' GPU 2 , #0 ', [2, 0]],
    ['0-2', [0, 1, 2]],
    ['１，３', [1, 3]],
    ['1,1', [1]],
  ])('%j are %j', (text, numbers) => {
    expect(readGpuNumbers(text)).toEqual(numbers);
  });

  it.each(['', 'all', '0,', '-1', '3-1', '0-999', '1.5', 'GPU-8a7b'])('%j are none', (text) => {
    expect(() => readGpuNumbers(text)).toThrow(expect.objectContaining({ code: 'gpu-numbers' }));
  });
});

describe('/fit on:', () => {
  let demo: DemoServices;
  let dispatcher: Dispatcher;
  beforeAll(async () => {
    demo = await startDemoServices(['qwen3:8b'], { HEADROOM_RESERVE: '0,0,0,6' });
    dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
  });
  afterAll(() => demo.close());
  const ask = (options: Record<string, OptionValue>): Promise<Reply> =>
    dispatcher.dispatch(
      { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en', command: 'fit', options },
      { progress: () => undefined },
    );
  const text = (reply: Reply) => renderReply(reply, { locale: 'en', colour: false, nowMs: 0 });
  const rowsOf = (reply: Reply) => reply.blocks.find((block) => block.kind === 'table')?.rows ?? [];

  it('plans on these GPUs alone, and offers no load that Ollama could not be told', async () => {
    const reply = await ask({ model: 'qwen3:8b', ctx: 8192, on: '1,2' });
    const used = rowsOf(reply).filter((row) => row[0]!.startsWith('GPU') && row[1] !== '–');
    expect(used.map((row) => row[0]).every((label) => label === 'GPU 1' || label === 'GPU 2')).toBe(true);
    expect(used.length).toBeGreaterThan(0);
    expect(reply.actions?.some(({ call }) => 'command' in call && call.command === 'load')).toBe(false);
    // Whoever chose the GPUs is not told that the others were hidden or too old.
    expect(text(reply)).not.toMatch(/hidden|too old/);
  });

  it('says which GPUs there are where one is named that is not', async () => {
    const reply = await ask({ model: 'qwen3:8b', on: '0,9' });
    expect(reply.failed).toBe(true);
    expect(text(reply)).toContain('Ollama has no GPU 9. There are 0, 1, 2, 3.');
  });

  it('keeps what is reserved for other programs on a GPU', async () => {
    expect((await ask({ model: 'qwen3:8b', ctx: 8192, on: '2' })).tone).toBe('good');
    const reply = await ask({ model: 'qwen3:8b', ctx: 8192, on: '3' });
    expect(reply.tone).toBe('warning');
    expect(text(reply)).toContain('6.0 GiB are kept free for other programs (HEADROOM_RESERVE)');
  });

  it('counts GPUs that come with the question by their place', async () => {
    const reply = await ask({ model: 'qwen3:8b', ctx: 4096, gpus: '4GiB,24GiB', on: '1' });
    expect(reply.tone).toBe('good');
  });
});
