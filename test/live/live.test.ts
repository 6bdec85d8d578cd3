import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionHandlers, commands } from '../../commands/index.ts';
import { createDispatcher, type Dispatcher } from '../../src/chat/dispatch/dispatcher.ts';
import type { OptionValue, Reply } from '../../src/chat/reply.ts';
import { type App, compose } from '../../src/compose/compose.ts';
import { createLog } from '../../src/compose/log.ts';
import { CONSOLE_PERSON, CONSOLE_PLACE } from '../../src/console/platform.ts';
import { renderReply } from '../../src/console/render.ts';
import { parseOllamaHost } from '../../src/ollama/host.ts';
import type { Server } from '../../src/servers/types.ts';
import { readConfig } from '../../src/settings/config.ts';
import { tinyLlama } from './tiny-model.ts';

/**
 * Against a real Ollama at OLLAMA_HOST, with the model that HEADROOM_LIVE_MODEL names or a tiny one made here and removed
 * afterwards. It touches no other model: what is loaded stays, and a load that would need others to leave is not made.
 */
const named = process.env.HEADROOM_LIVE_MODEL?.trim() || null;
const MODEL = named ?? 'headroom-live-test:latest';
const CONTEXT = 4_096;
const MIB = 1024 * 1024;
const base = parseOllamaHost(process.env.OLLAMA_HOST?.trim() || 'http://127.0.0.1:11434').baseUrl;
const why = await whyNot();
if (why !== null) {
  console.warn(`skipped: ${why}`);
}

/** Why nothing can be tried; `null` when Ollama answers. */
async function whyNot(): Promise<string | null> {
  try {
    const answer = await fetch(new URL('api/version', `${base}/`), { signal: AbortSignal.timeout(5_000) });
    return answer.ok ? null : `OLLAMA_HOST (${base}) answers ${answer.status}`;
  } catch {
    return `no Ollama is reachable at OLLAMA_HOST (${base})`;
  }
}

async function post(path: string, body: Buffer | string): Promise<void> {
  const signal = AbortSignal.timeout(120_000);
  const answer = await fetch(new URL(path, `${base}/`), {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    signal,
  });
  const text = await answer.text();
  if (!answer.ok || text.includes('"error"')) {
    throw new Error(`${path}: ${answer.status} ${text.slice(0, 500)}`);
  }
}

describe.skipIf(why !== null)('a real Ollama', () => {
  let folder: string;
  let app: App;
  let server: Server;
  let dispatcher: Dispatcher;

  const ask = async (
    command: string,
    options: Record<string, OptionValue> = {},
  ): Promise<{ reply: Reply; text: string }> => {
    const caller = { person: CONSOLE_PERSON, place: CONSOLE_PLACE, locale: 'en' as const };
    const reply = await dispatcher.dispatch({ ...caller, command, options }, { progress: () => undefined });
    return { reply, text: renderReply(reply, { locale: 'en', colour: false, nowMs: Date.now() }) };
  };
  const running = async () => (await server.ollama.ps()).find((model) => model.name === MODEL) ?? null;

  beforeAll(async () => {
    if (named === null) {
      const { bytes, digest } = tinyLlama();
      await post(`api/blobs/${digest}`, bytes);
      await post('api/create', JSON.stringify({ model: MODEL, files: { 'tiny.gguf': digest }, stream: false }));
    }
    folder = await mkdtemp(join(tmpdir(), 'headroom-live-'));
    const { OLLAMA_HOST, OLLAMA_API_KEY, OLLAMA_HEADERS, GPU_SOURCE } = process.env;
    const config = readConfig({ OLLAMA_HOST, OLLAMA_API_KEY, OLLAMA_HEADERS, GPU_SOURCE, DATA_DIR: folder, TZ: 'UTC' });
    const log = createLog('silent');
    app = await compose({ config, log });
    server = app.services.servers.defaultServer;
    dispatcher = createDispatcher({ commands, actionHandlers, services: app.services, log });
  }, 180_000);

  afterAll(async () => {
    if (server !== undefined) {
      await server.ollama.unload(MODEL).catch(() => undefined);
    }
    if (server !== undefined && named === null) {
      await server.ollama.delete(MODEL);
    }
    await app?.close();
    if (folder !== undefined) {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('tells its version, its models and what is loaded', async () => {
    expect((await server.ollama.version()).text).toMatch(/^\d+\.\d+/);
    expect((await server.ollama.tags()).map(({ name }) => name)).toContain(MODEL);
    const snapshot = await server.snapshot({ maxAgeMs: 0 });
    expect(snapshot.ollama.state).toBe('up');
    expect(snapshot.models).not.toBeNull();
  });

  it('describes the model so that it can be estimated', async () => {
    const { spec, source } = await app.services.models.find(MODEL, server, AbortSignal.timeout(60_000));
    expect(source).toBe('server');
    expect(spec.tensors.length).toBeGreaterThan(10);
  });

  it('/fit, /load, /ps and /unload agree with what Ollama does', async () => {
    const { gpuViews } = await server.snapshot({ maxAgeMs: 0 });
    const fit = await ask('fit', { model: MODEL, ctx: CONTEXT });
    // Without a GPU that is known, nothing can lie on one, and nobody can tell what would.
    const partial = gpuViews.length === 0;
    expect(fit.reply.failed === true, fit.text).toBe(partial);
    expect(fit.text).toContain(MODEL.replace(/:latest$/, ''));
    const load = await ask('load', { model: MODEL, ctx: CONTEXT, 'keep-alive': '5m', ...(partial ? { partial } : {}) });
    expect(load.reply.failed, load.text).not.toBe(true);
    expect(load.text).toMatch(/(is|was) loaded on/);
    const loaded = await running();
    expect(loaded).not.toBeNull();
    if (!partial) {
      expect(loaded?.sizeVramBytes).toBe(loaded?.sizeBytes);
    }

    const ps = await ask('ps');
    expect(ps.text).toContain(MODEL.slice(0, 60));
    expect(ps.text).toContain(CONSOLE_PERSON.name);

    const unload = await ask('unload', { model: MODEL });
    expect(unload.reply.failed, unload.text).not.toBe(true);
    expect(await running()).toBeNull();
  });

  it('was predicted: what Ollama reports is near the plan', async () => {
    const order = { model: MODEL, numCtx: CONTEXT, partial: true, keepAlive: '5m' };
    const by = {
      id: 'live',
      name: 'live',
      platform: 'console',
      guildId: null,
      channelId: null,
      isAdmin: true,
    } as const;
    const signal = AbortSignal.timeout(600_000);
    const started = app.services.loads?.load(
      server,
      { ...order, by, mayUnload: [], mayInterrupt: false, overrideHolds: false },
      { signal, onStep: () => undefined },
    );
    const outcome = await started?.done;
    expect(outcome?.problem ?? null).toBeNull();
    const predicted = outcome?.plan?.sizeVramBytes ?? 0;
    const actual = outcome?.proof?.sizeVramBytes ?? 0;
    console.log(`predicted ${(predicted / MIB).toFixed(1)} MiB, reported ${(actual / MIB).toFixed(1)} MiB`);
    expect(Math.abs(predicted - actual)).toBeLessThan(Math.max(256 * MIB, 0.1 * actual));
  });
});
