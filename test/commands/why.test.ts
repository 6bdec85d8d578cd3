import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import type { Access } from '../../src/chat/command.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { gtx1070Ti } from '../../src/simulator/demo-machine.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

const GIB = 2 ** 30;
let demo: DemoServices;
let dispatcher: Dispatcher;

beforeAll(async () => {
  demo = await startDemoServices(['llama3.2:1b', 'qwen3:8b'], {}, { gpus: [gtx1070Ti()] });
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
});
afterAll(() => demo.close());

function run(
  command: string,
  options: Record<string, OptionValue> = {},
  { locale = 'en' as Locale, access = 'admin' as Access } = {},
): Promise<Reply> {
  const person = { id: access, name: `An ${access}`, access };
  return dispatcher.dispatch({ person, place: CONSOLE_PLACE, locale, command, options }, { progress: () => undefined });
}
const text = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: Date.now() });
const freshly = () => demo.services.servers.defaultServer.snapshot({ maxAgeMs: 0 });
const commandsOf = (reply: Reply) =>
  reply.actions?.map(({ call }) => ('command' in call ? `${call.command} ${call.options.model}` : call.handler));

describe('/why', () => {
  it('says so where the model is not loaded, and what to ask instead', async () => {
    const reply = await run('why', { model: 'qwen3:8b' });
    expect(text(reply)).toContain('qwen3:8b is not loaded on main right now.');
    expect(commandsOf(reply)).toEqual(['fit qwen3:8b']);
  });

  it('says what a model takes, since when, by whom, and how fast it is about', async () => {
    await run('load', { model: 'qwen3:8b', ctx: 8192 }, { access: 'operator' });
    await freshly();
    const reply = await run('why', { model: 'qwen3:8b' }, { access: 'everyone' });
    expect(reply.tone).toBe('good');
    const shown = text(reply);
    expect(shown).toMatch(/qwen3:8b is entirely on the GPUs of main: \d+\.\d GiB/);
    expect(shown).toContain('Loaded by An operator on');
    expect(shown).toContain('context of 8192');
    expect(reply.actions).toEqual([]);
  });

  it('says on which of several like cards it lies: the one whose memory is in use', async () => {
    const timing = { startupMs: 250, loadBytesPerSecond: 6 * GIB, recoveryMs: 300, pullBytesPerSecond: GIB };
    const several = await startDemoServices(['qwen3:8b'], {}, { timing });
    await several.app.start();
    const server = several.services.servers.defaultServer;
    const ask = createDispatcher({ commands, actionHandlers, services: several.services, log: createLog('silent') });
    const loader = { id: 'a', name: 'A', access: 'operator' as const };
    const load = { person: loader, place: CONSOLE_PLACE, locale: 'en' as const, command: 'load' };
    await ask.dispatch({ ...load, options: { model: 'qwen3:8b', ctx: 8192 } }, { progress: () => undefined });
    let shown = '';
    for (let look = 0; look < 40 && !shown.includes('On each GPU'); look++) {
      await server.snapshot({ maxAgeMs: 0 });
      const person = { id: 'a', name: 'A', access: 'everyone' as const };
      const call = { person, place: CONSOLE_PLACE, locale: 'en' as const, command: 'why' };
      shown = text(await ask.dispatch({ ...call, options: { model: 'qwen3:8b' } }, { progress: () => undefined }));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const fullest = [...server.latest()!.gpuViews].sort((a, b) => b.usedBytes! - a.usedBytes!)[0]!.index;
    await several.close();
    expect(shown).toMatch(new RegExp(`On each GPU, all counted: GPU ${fullest}: \\d`));
  });

  it('finds the program that takes the room, and what changed since it last fitted', async () => {
    const { ollama } = demo.services.servers.defaultServer;
    await run('unload', { model: 'qwen3:8b' }, { access: 'operator' });
    demo.simulator.setForeign('python train.py', 0, 4 * GIB);
    await ollama.load('qwen3:8b', { numCtx: 8192 });
    await freshly();
    const reply = await run('why', { model: 'qwen3:8b' });
    const shown = text(reply);
    expect(reply.tone).toBe('warning');
    expect(shown).toMatch(/only partly on the GPUs of main: \d+\.\d GiB there, \d+\.\d GiB in system memory/);
    expect(shown).toMatch(/Other programs use 4\.\d GiB of the GPUs\. Without them all of it fits\./);
    expect(shown).toContain('It last fitted on');
    expect(shown).toMatch(/GPU 0: others used \d+ MiB then, 4\.\d GiB now/);
    expect(shown).not.toContain('train.py');
    expect(commandsOf(reply)).toContain('fit qwen3:8b');
  });

  it('names a shorter context that really fits', async () => {
    const reply = await run('why', { model: 'qwen3:8b' });
    const shorter = Number(/with (\d+) all of it fits right now/.exec(text(reply))?.[1] ?? 0);
    if (shorter > 0) {
      expect(commandsOf(reply)).toContain('load qwen3:8b');
    }
    demo.simulator.setForeign('python train.py', 0, 0);
    await freshly();
    const now = await run('why', { model: 'qwen3:8b' });
    expect(text(now)).toContain('All of it fits now');
    expect(commandsOf(now)?.slice(0, 2)).toEqual(['unload qwen3:8b', 'load qwen3:8b']);
  });

  it('tells a member nothing of who loaded what nobody holds; an admin is told by the audit trail', async () => {
    const member = text(await run('why', { model: 'qwen3:8b' }, { access: 'everyone' }));
    expect(member).toContain('Loaded by a program, or by somebody who no longer holds it');
    expect(member).not.toContain('An operator');
    expect(text(await run('why', { model: 'qwen3:8b' }))).toContain('Loaded by An operator');
  });

  it.each(LOCALES)('has words for everything (%s)', async (locale) => {
    const reply = await run('why', { model: 'qwen3:8b' }, { locale });
    expect(text(reply, locale)).not.toMatch(/why-loaded|undefined|\{|\?\?/);
  });
});
