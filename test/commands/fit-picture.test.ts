import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { BarsSpec, PictureSpec } from '../../src/chat/pictures/spec.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE, createConsolePlatform } from '../../src/console/platform.ts';
import { gtx1070Ti } from '../../src/simulator/demo-machine.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

let demo: DemoServices;

beforeAll(async () => {
  demo = await startDemoServices(['gemma3:12b', 'qwen3:8b', 'llama3.1:70b']);
});
afterAll(() => demo.close());

/** The answer, and what its picture was drawn from. */
async function fit(options: Record<string, OptionValue>): Promise<{ readonly reply: Reply; readonly spec: BarsSpec }> {
  const drawn: PictureSpec[] = [];
  const painter = {
    draw: async (spec: PictureSpec) => {
      drawn.push(spec);
      return new Uint8Array();
    },
  };
  const services = { ...demo.services, painter };
  const dispatcher = createDispatcher({ commands, actionHandlers, services, log: createLog('silent') });
  const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en' as const };
  const reply = await dispatcher.dispatch({ ...caller, command: 'fit', options }, { progress: () => undefined });
  await reply.blocks.find((block) => block.kind === 'picture')!.picture.png();
  return { reply, spec: drawn[0]!.charts[0] as BarsSpec };
}

const labels = (reply: Reply) => (reply.actions ?? []).map(({ label }) => label);
const drawnBytes = (bar: BarsSpec['bars'][number]) => bar.segments.reduce((sum, { bytes }) => sum + bytes, 0);

describe('the picture of /fit', () => {
  it('has a bar per GPU and the name of the cards once', async () => {
    const { spec } = await fit({ model: 'gemma3:12b', ctx: 8192 });
    expect(spec.bars.map(({ label }) => label)).toEqual(['GPU 0', 'GPU 1', 'GPU 2', 'GPU 3']);
    expect(spec.caption).toBe('4 × GTX 1070 Ti');
    expect(spec.warning).toBeUndefined();
    for (const bar of spec.bars) {
      expect(drawnBytes(bar)).toBeCloseTo(bar.capacityBytes, -3);
    }
  });

  it('never looks like a fit where only a part fits: the rest is a bar of slow memory', async () => {
    const { spec, reply } = await fit({ model: 'gemma3:12b', ctx: 131_072, gpus: '12GiB' });
    expect(reply.tone).toBe('warning');
    expect(spec.warning).toMatch(/Fits only in part: \d+\.\d GiB in slow RAM/);
    const host = spec.bars.at(-1)!;
    expect(host).toMatchObject({ label: 'RAM', apart: 'slow' });
    expect(drawnBytes(host)).toBeGreaterThan(2 ** 30);
  });

  it('shows how far the memory falls short where Ollama refuses', async () => {
    const small = await startDemoServices(['llama3.1:70b'], {}, { system: { totalBytes: 8 * 2 ** 30, usedBytes: 0 } });
    const before = demo;
    demo = small;
    const { spec, reply } = await fit({ model: 'llama3.1:70b', ctx: 8192, gpus: '8GiB' }).finally(() => {
      demo = before;
    });
    await small.close();
    expect(['bad', 'warning']).toContain(reply.tone);
    const host = spec.bars.at(-1)!;
    expect(host.label).toBe('RAM');
    expect(spec.warning).toBeDefined();
  });
});

describe('the buttons of /fit', () => {
  it('lead to different places: where it can be loaded with the longest context, that is not offered twice', async () => {
    const { reply } = await fit({ model: 'llama3.1:70b', ctx: 131_072 });
    const contexts = labels(reply)
      .map((label) => /\d{3,}/.exec(label)?.[0])
      .filter((ctx) => ctx !== undefined);
    expect(new Set(contexts).size).toBe(contexts.length);
  });

  it('offer to tell when it fits, where somebody else is in the way and only there', async () => {
    const crowded = await startDemoServices(
      ['gemma3:12b'],
      {},
      { gpus: Array.from({ length: 2 }, () => ({ ...gtx1070Ti(), baselineBytes: 5 * 2 ** 30 })) },
      [createConsolePlatform(() => undefined)],
    );
    const before = demo;
    demo = crowded;
    try {
      const { reply } = await fit({ model: 'gemma3:12b', ctx: 16_384 });
      expect(reply.tone).not.toBe('good');
      const action = reply.actions?.find(({ label }) => label === 'Tell me when it fits');
      expect(action?.call).toMatchObject({ command: 'notify', subcommand: 'when-fits', options: { ctx: 16_384 } });
      const never = await fit({ model: 'gemma3:27b', ctx: 131_072 });
      expect(never.reply.tone).not.toBe('good');
      expect(labels(never.reply)).not.toContain('Tell me when it fits');
    } finally {
      demo = before;
      await crowded.close();
    }
  });

  it('offer the best quantization that would fit, by name', async () => {
    const { reply } = await fit({ model: 'gemma3:12b', ctx: 65_536, gpus: '12GiB' });
    const action = reply.actions?.find(({ label }) => /^Try [A-Z]+\d/.test(label));
    expect(action?.call).toMatchObject({ command: 'fit', options: { quant: action?.label.slice(4), ctx: 65_536 } });
  });
});
