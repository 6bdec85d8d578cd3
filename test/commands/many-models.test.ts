import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { Block, OptionValue, Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import { type App, compose } from '../../src/compose/compose.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { readConfig } from '../../src/settings/config.ts';

const MODELS = 20_000;
const LOADED = 2_000;

const details = { format: 'gguf', family: 'llama', families: ['llama'], quantization_level: 'Q4_K_M' };
const entry = (index: number) => {
  const name = `team/model-${String(index).padStart(5, '0')}:8b`;
  return { name, model: name, size: 1e9 + index, digest: index.toString(16).padStart(64, '0'), details };
};
const all = Array.from({ length: MODELS }, (_, index) => entry(index));
const answers: Readonly<Record<string, string>> = {
  '/api/version': '{"version":"0.33.0"}',
  '/api/tags': JSON.stringify({ models: all }),
  '/api/ps': JSON.stringify({
    models: all.slice(0, LOADED).map((model, index) => ({
      ...model,
      size: 4_000_000 + index,
      size_vram: 4_000_000 + index,
      context_length: 4_096,
    })),
  }),
};
const asked = new Map<string, number>();
const server = createServer((request, response) => {
  const path = request.url ?? '';
  asked.set(path, (asked.get(path) ?? 0) + 1);
  request.resume().on('end', () => {
    response.writeHead(answers[path] === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(answers[path] ?? '{"error":"model not found"}');
  });
});
let app: App;
let dispatcher: Dispatcher;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = readConfig({ OLLAMA_HOST: url, GPU_SOURCE: '80GiB', TZ: 'UTC' });
  const log = createLog('silent');
  app = await compose({ config, log, simulated: true });
  dispatcher = createDispatcher({ commands, actionHandlers, services: app.services, log });
});
afterAll(async () => {
  await app.close();
  server.closeAllConnections();
  server.close();
});

const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en' as const };
const run = (command: string, options: Record<string, OptionValue> = {}) =>
  dispatcher.dispatch({ ...caller, command, options }, { progress: () => undefined });
const rowsOf = (reply: Reply) =>
  reply.blocks.flatMap((block: Block) => (block.kind === 'table' ? block.rows : [])).map((row) => plainText(row[0]!));
const small = (reply: Reply) =>
  reply.blocks.flatMap((block) => (block.kind === 'small' ? [plainText(block.text)] : [])).join('\n');

describe('a server with 20,000 models, 2,000 of them loaded', { timeout: 120_000 }, () => {
  it('is listed page by page, to the last', async () => {
    asked.clear();
    const first = await run('models');
    expect(plainText(first.title)).toContain('20,000 models');
    expect(rowsOf(first)).toHaveLength(15);
    expect(small(first)).toMatch(/1 of 1,?334/);
    // Each model of the page is looked up, the list is not read again for each.
    expect(asked.get('/api/tags')).toBeLessThan(15);
    const call = { handler: 'models.page', payload: { sort: 'name', page: 1_333 } } as const;
    const last = await dispatcher.call(call, caller, { progress: () => undefined });
    expect(rowsOf(last)).toEqual([
      'team/model-19995:8b',
      'team/model-19996:8b',
      'team/model-19997:8b',
      'team/model-19998:8b',
      'team/model-19999:8b',
    ]);
  });

  it('completes what is typed from all of them', async () => {
    const request = { ...caller, command: 'fit', option: 'model', typed: 'model-19998', options: {} };
    // A busy machine may miss the time after which completion is of no use.
    const choice = await vi.waitUntil(async () => (await dispatcher.complete(request))[0], { timeout: 60_000 });
    expect(choice.value).toBe('team/model-19998:8b');
  });

  it('shows the largest loaded ones and counts the rest', async () => {
    const reply = await run('ps');
    expect(plainText(reply.title)).toContain('2000 models loaded');
    expect(rowsOf(reply)).toHaveLength(25);
    expect(rowsOf(reply)[0]).toBe('team/model-01999:8b');
    expect(small(reply)).toContain('And 1975 more.');
  });

  it('is asked for any of them by name', async () => {
    // The stand-in lists it and does not know it: that the server was asked for it is what counts.
    asked.clear();
    await vi.waitUntil(
      async () => {
        await run('fit', { model: 'team/model-19999:8b' });
        return (asked.get('/api/show') ?? 0) > 0;
      },
      { timeout: 60_000 },
    );
  });
});
