import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import { LOCALES, type Locale } from '../../src/chat/locale.ts';
import type { Block, OptionValue, Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { type DemoServices, startDemoServices } from '../support/demo-services.ts';

const GIB = 2 ** 30;
let demo: DemoServices;
let dispatcher: Dispatcher;

const start = async () => {
  demo = await startDemoServices(['gemma3:12b', 'qwen3:8b', 'llama3.2:1b', 'nomic-embed-text']);
  dispatcher = createDispatcher({ commands, actionHandlers, services: demo.services, log: createLog('silent') });
};

const caller = (locale: Locale) => ({ person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale });
const run = (command: string, options: Record<string, OptionValue> = {}, locale: Locale = 'en') =>
  dispatcher.dispatch({ ...caller(locale), command, options }, { progress: () => undefined });
const text = (reply: Reply, locale: Locale = 'en') => renderReply(reply, { locale, colour: false, nowMs: Date.now() });
const rows = (reply: Reply) =>
  reply.blocks.find((block): block is Block & { kind: 'table' } => block.kind === 'table')?.rows ?? [];
/** Waits out the snapshot that the command would take from its cache. */
const freshly = () => demo.services.servers.defaultServer.snapshot({ maxAgeMs: 0 });

beforeAll(start);
afterAll(() => demo.close());

describe('/ps', () => {
  it('says that nothing is loaded', async () => {
    expect(plainText((await run('ps')).title)).toBe('Nothing is loaded on main.');
  });

  it('shows model, VRAM, context and the time left, and what spilled to the CPU', async () => {
    const { ollama } = demo.services.servers.defaultServer;
    await ollama.load('qwen3:8b', { numCtx: 8192, keepAlive: { kind: 'for', ms: 600_000 } });
    demo.simulator.setFaults({ load: [{ model: 'llama3.2:1b', fault: { kind: 'spill' }, after: 0 }] });
    await ollama.load('llama3.2:1b', { numCtx: 2048, keepAlive: { kind: 'forever' } });
    await freshly();
    const reply = await run('ps');
    expect(plainText(reply.title)).toMatch(/^2 models loaded on main, \d+\.\d GiB of VRAM by Ollama's count\.$/);
    expect(reply.tone).toBe('warning');
    expect(rows(reply).find((row) => row[0] === 'qwen3:8b')).toMatchObject([
      'qwen3:8b',
      expect.stringMatching(/^\d+\.\d$/),
      '100%',
      '8192',
      // For a terminal, and for a phone.
      expect.stringMatching(/min/),
      expect.stringMatching(/^\d+ min$/),
    ]);
    expect(rows(reply).find((row) => row[0] === 'llama3.2:1b')?.[4]).toBe('pinned');
    expect(text(reply)).toMatch(/llama3\.2:1b is partly in system memory \(\d+% on the GPU\)/);
  });
});

describe('/vram', () => {
  it('shows every GPU by owner, what would come back, and where the numbers are from', async () => {
    demo.simulator.setForeign('python train.py', 3, 2 * GIB);
    await freshly();
    const reply = await run('vram');
    expect(plainText(reply.title)).toMatch(
      /^main: \d+\.\d GiB of 32\.0 GiB free, at most \d+\.\d GiB of it on one GPU\.$/,
    );
    expect(rows(reply)).toHaveLength(4);
    expect(Number(rows(reply)[3]?.[1])).toBeGreaterThanOrEqual(2);
    expect(text(reply)).toContain('Loaded: ');
    expect(text(reply)).toContain('Without the idle models');
    expect(text(reply)).toMatch(/Read .* ago from nvidia-gpu-exporter/);
  });

  it('draws the bars', async () => {
    const block = (await run('vram')).blocks.find(
      (candidate): candidate is Block & { kind: 'picture' } => candidate.kind === 'picture',
    );
    expect(block?.picture.alt).toContain('GPU 0');
    expect((await block!.picture.png()).byteLength).toBeGreaterThan(1_000);
  });

  it('has words in both languages', async () => {
    for (const locale of LOCALES) {
      for (const command of ['ps', 'vram', 'models', 'doctor']) {
        expect(text(await run(command, {}, locale), locale)).not.toMatch(/undefined|NaN|\[object|\{\w+\}/);
      }
    }
  });
});

describe('/models', () => {
  it('lists what is on disk with the largest context, sorted as asked', async () => {
    const byName = rows(await run('models')).map((row) => row[0]);
    expect(byName).toEqual([...byName].sort((a, b) => String(a).localeCompare(String(b), 'en')));
    const bySize = rows(await run('models', { sort: 'size' })).map((row) => row[0]);
    expect(bySize[0]).toBe('gemma3:12b');
    const byCtx = rows(await run('models', { sort: 'ctx' })).map((row) => Number(row[4]) || 0);
    expect(byCtx).toEqual([...byCtx].sort((a, b) => b - a));
  });

  it('says a context on the empty server that is at least the one that fits now', async () => {
    for (const row of rows(await run('models'))) {
      expect(Number(row[5]) || 0).toBeGreaterThanOrEqual(Number(row[4]) || 0);
    }
  });
});

describe('a machine that is gone', () => {
  it('is told in words by every command, with what is still known', async () => {
    await freshly();
    await demo.simulator.refuse();
    await freshly();
    const ps = await run('ps');
    expect(text(ps)).toContain('Ollama on main cannot be reached.');
    const vram = await run('vram');
    expect(text(vram)).toContain('The exporter cannot be reached');
    expect((await run('models')).failed).toBe(true);
    expect(text(await run('doctor'))).toMatch(/PROBLEM {2}main: Ollama cannot be reached\. Check OLLAMA_HOST/);
    await demo.simulator.accept();
  });
});
