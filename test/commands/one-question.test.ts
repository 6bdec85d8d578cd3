import { afterEach, describe, expect, test } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { OptionValue } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

const demos: DemoServices[] = [];
afterEach(async () => {
  for (const demo of demos.splice(0)) {
    await demo.close();
  }
});

async function machine(gpuSource: string, model: string, environment: Record<string, string>) {
  const demo = await startDemoServices(
    ['llama3.2:1b', model],
    { GPU_SOURCE: gpuSource, ...environment },
    { registry: [{ spec: builtinCatalogue().find(model)! }] },
  );
  demos.push(demo);
  const dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
  const say = async (command: string, options: Record<string, OptionValue>) => {
    const caller = {
      person: { id: 'ada', name: 'ada', access: 'admin' as const },
      place: CONSOLE_PLACE,
      locale: 'en' as const,
    };
    const reply = await dispatcher.dispatch({ ...caller, command, options }, { progress: () => undefined });
    return renderReply(reply, { locale: 'en', colour: false, nowMs: 0 });
  };
  return { demo, say };
}

/** What each command says to be the largest context that fits now. */
async function largest(gpuSource: string, model: string, environment: Record<string, string>) {
  const { demo, say } = await machine(gpuSource, model, environment);
  const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1]?.replaceAll(',', ''));
  const models = (await say('models', {})).split('\n').find((line) => line.includes(model))!;
  const question = await demo.services.asking.gather(
    demo.services.servers.defaultServer,
    model,
    {},
    AbortSignal.timeout(10_000),
  );
  return {
    fit: number(await say('fit', { model, ctx: 2048 }), /[Ll]ongest context[^\d]*([\d,]+)/),
    pull: number(await say('pull', { model }), /context of up to ([\d,]+)/),
    models: Number(models.trim().split(/\s+/).at(-2)),
    request: question.request,
  };
}

describe('the same question, whoever asks it', () => {
  test.each([
    ['8GiB', 'qwen3:8b', { OLLAMA_NUM_PARALLEL: '4' }],
    ['24GiB', 'gemma3:12b', { OLLAMA_NUM_PARALLEL: '4' }],
    ['8GiB', 'qwen3:8b', { OLLAMA_KV_CACHE_TYPE: 'q8_0', OLLAMA_FLASH_ATTENTION: '1' }],
  ])('%s, %s, %j: /pull, /models and /fit tell one largest context', async (gpus, model, environment) => {
    const told = await largest(gpus, model, environment);
    expect(told.fit).toBeGreaterThan(0);
    expect([told.pull, told.models]).toEqual([told.fit, told.fit]);
    // The server's settings are in it: with four slots a quarter, with a smaller cache more.
    const plain = await largest(gpus, model, {});
    if ('OLLAMA_NUM_PARALLEL' in environment) {
      expect(told.fit).toBeLessThan(plain.pull * 0.5);
    } else {
      expect(told.fit).toBeGreaterThan(plain.pull);
    }
  });
});
