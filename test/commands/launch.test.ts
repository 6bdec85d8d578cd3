import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { ActionCall, OptionValue, Reply } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(['qwen3:8b']);
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
});
afterAll(() => demo.close());

const events = { progress: () => undefined };

/** Presses the button under an answer of /fit. */
async function launch(options: Record<string, OptionValue>, locale: Locale = 'en'): Promise<Reply> {
  const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale };
  const answer = await dispatcher.dispatch({ ...caller, command: 'fit', options }, events);
  const isLaunch = (call: ActionCall): boolean => 'handler' in call && call.handler === 'fit.launch';
  const action = answer.actions?.find(({ call }) => isLaunch(call));
  expect(action).toBeDefined();
  return dispatcher.call(action!.call, caller, events);
}
const codesOf = (reply: Reply) => reply.blocks.flatMap((block) => (block.kind === 'code' ? [block.text] : []));
const text = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: 0 });

describe('the button "as llama.cpp flags"', () => {
  it('gives the request, the Modelfile and the flags, and no variable that needs no setting', async () => {
    const [options, modelfile, command, ...rest] = codesOf(await launch({ model: 'qwen3:8b', ctx: 8192 }));
    expect(JSON.parse(options!)).toEqual({ model: 'qwen3:8b', options: { num_ctx: 8192 } });
    expect(modelfile).toBe('FROM qwen3:8b\nPARAMETER num_ctx 8192');
    expect(command).toMatch(/^CUDA_VISIBLE_DEVICES=\d llama-server -m MODEL\.gguf -c 8192 -np 1 .*-ngl 37 -fit off$/);
    expect(rest).toEqual([]);
  });

  it('names what only the environment of the server can say', async () => {
    const codes = codesOf(await launch({ model: 'qwen3:8b', ctx: 8192, kv: 'q8_0', parallel: 2, on: '1,2' }));
    expect(codes[2]).toBe(
      'OLLAMA_KV_CACHE_TYPE=q8_0\nOLLAMA_FLASH_ATTENTION=1\nOLLAMA_NUM_PARALLEL=2\nCUDA_VISIBLE_DEVICES=1,2',
    );
  });

  it('where the context does not fit, the lines are for the longest that does', async () => {
    const reply = await launch({ model: 'qwen3:8b', ctx: 40960, gpus: '8GiB' });
    const asked = JSON.parse(codesOf(reply)[0]!).options.num_ctx as number;
    expect(asked).toBeLessThan(40960);
    expect(text(reply)).toContain(`these lines are for ${asked}, the longest that does`);
    const again = await launch({ model: 'qwen3:8b', ctx: asked, gpus: '8GiB' });
    expect(text(again)).not.toContain('does not fit');
  });

  it.each(LOCALES)('has words for everything (%s)', async (locale) => {
    const reply = await launch({ model: 'qwen3:8b', ctx: 8192 }, locale);
    expect(text(reply, locale)).not.toMatch(/launch\.|undefined/);
  });
});
