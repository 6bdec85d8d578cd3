/** Ollama's HTTP API, with its texts and codes (server/routes.go, v0.33.0). */

import type { ServerResponse } from 'node:http';
import { atLeast, parseVersion } from '../estimator/versions.ts';
import type { Exchange, OllamaParts } from './exchange.ts';
import { readJson, sendJson, sendLine, sendText, stringField } from './http.ts';
import { readKeepAlive } from './keep-alive.ts';
import { sendLargeJson } from './large-json.ts';
import { type StoredModel, shownName } from './models.ts';
import { copy, create, pull, remove } from './model-routes.ts';
import { runnerOptions } from './runner-options.ts';
import { unloadable } from './runner-load.ts';
import { detailsOf, showAnswer, tagEntry } from './show.ts';
import { type SimulatedStub, stubFailure, stubShow, stubTag } from './stubs.ts';
import { ServerFailure } from './types.ts';
import { does } from './version-ways.ts';

type Handler = (exchange: Exchange) => Promise<void> | void;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  '/': { GET: root, HEAD: root },
  '/api/version': { GET: version, HEAD: version },
  '/api/tags': { GET: tags, HEAD: tags },
  '/api/ps': { GET: ps },
  '/api/show': { POST: show },
  '/api/generate': { POST: (exchange) => generateOrChat(exchange, 'generate') },
  '/api/chat': { POST: (exchange) => generateOrChat(exchange, 'chat') },
  '/api/embed': { POST: embed },
  '/api/pull': { POST: pull },
  '/api/create': { POST: create },
  '/api/copy': { POST: copy },
  '/api/delete': { DELETE: remove },
};

/** Answers a request. Never throws: failures become Ollama's JSON. */
export async function answerOllama(exchange: Exchange, path: string): Promise<void> {
  const { request, response } = exchange;
  const methods = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (!methods) {
    return sendText(response, 404, '404 page not found');
  }
  const handler = Object.hasOwn(methods, request.method ?? '') ? methods[request.method!] : undefined;
  if (!handler) {
    return does(exchange.parts.version(), 'methodNotAllowed')
      ? sendText(response, 405, '405 method not allowed')
      : sendText(response, 404, '404 page not found');
  }
  try {
    await handler(exchange);
  } catch (error) {
    const failure = error instanceof ServerFailure ? error : new ServerFailure(500, String(error));
    if (response.headersSent) {
      sendLine(response, { error: failure.message });
      response.end();
    } else {
      sendJson(response, failure.status, { error: failure.message });
    }
  }
}

function root({ response }: Exchange): void {
  sendText(response, 200, 'Ollama is running');
}

function version({ parts, response }: Exchange): void {
  sendJson(response, 200, { version: parts.version() });
}

function tags({ parts, response }: Exchange): void {
  const models = parts.store.list().map((model) => tagEntry(model, parts.version()));
  const stubs = parts.stubs.map((stub) => stubTag(stub, parts.clock.now()));
  sendJson(response, 200, { models: [...models, ...stubs] });
}

/** Go's largest duration after now: what a negative keep_alive prints. */
const FOREVER = '2318-04-11T00:00:00.000000001Z';

function ps({ parts, response }: Exchange): void {
  const withContext = atLeast(parseVersion(parts.version()).version, '0.10.0');
  const runners = parts.scheduler.listed().sort((a, b) => b.expiresAtMs - a.expiresAtMs);
  sendJson(response, 200, {
    models: runners.map((runner) => ({
      name: runner.model.name,
      model: runner.model.name,
      size: runner.loaded.placed.reportedBytes,
      digest: runner.model.digest,
      details: detailsOf(runner.model),
      expires_at: Number.isFinite(runner.expiresAtMs) ? new Date(runner.expiresAtMs).toISOString() : FOREVER,
      size_vram: runner.loaded.placed.reportedVramBytes,
      ...(withContext && { context_length: runner.loaded.placed.numCtx }),
    })),
  });
}

async function show({ parts, request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  const name = stringField(body, 'model') || stringField(body, 'name');
  if (!name) {
    throw new ServerFailure(400, 'model is required');
  }
  const stub = stubOf(parts, name);
  if (stub) {
    return sendJson(response, 200, stubShow(stub, parts.clock.now()));
  }
  const model = parts.store.get(name);
  if (!model) {
    throw new ServerFailure(404, `model '${does(parts.version(), 'showNamesTag') ? shownName(name) : name}' not found`);
  }
  if (model.file === 'damaged' && does(parts.version(), 'showReadsFile')) {
    throw new ServerFailure(500, unloadable(model, parts.version()));
  }
  await sendLargeJson(response, showAnswer(model, body.verbose === true, parts.version()));
}

async function generateOrChat(
  { parts, request, response, signal }: Exchange,
  kind: 'generate' | 'chat',
): Promise<void> {
  const body = await readJson(request);
  const name = stringField(body, 'model') ?? '';
  const stub = stubOf(parts, name);
  if (stub) {
    return sendStubFailure(response, stub);
  }
  const model = parts.store.get(name);
  if (!model) {
    throw notFound(name, parts.version(), body);
  }
  const asked = readKeepAlive(body.keep_alive);
  // Whole seconds counted: less than one is none.
  const keepAliveMs = asked !== undefined && asked < 1_000 && !does(parts.version(), 'keepsFractions') ? 0 : asked;
  const { messages, prompt } = body;
  const empty = kind === 'generate' ? !prompt : !Array.isArray(messages) || messages.length === 0;
  const answer = (reason: string) => ({
    model: name,
    created_at: new Date(parts.clock.now()).toISOString(),
    ...(kind === 'generate' ? { response: '' } : { message: { role: 'assistant', content: '' } }),
    done: true,
    done_reason: reason,
  });
  if (empty && keepAliveMs === 0) {
    parts.scheduler.expire(model);
    return sendJson(response, 200, answer('unload'));
  }
  if (!model.capabilities.includes('completion')) {
    throw new ServerFailure(400, `"${name}" does not support ${kind}`);
  }
  const wasLoaded = parts.scheduler.runnerOf(model) !== undefined;
  await withRunner(parts, model, body, keepAliveMs, signal, () => {
    if (empty) {
      return sendJson(response, 200, answer('load'));
    }
    if (kind === 'chat' || typeof prompt !== 'string') {
      throw new ServerFailure(500, 'the simulated server holds no conversations');
    }
    sendJson(response, 200, { ...answer('length'), ...generated(parts, model, prompt, body.options, wasLoaded) });
  });
}

/** Tokens that a real tokenizer makes of so many characters, about. */
const CHARACTERS_PER_TOKEN = 3;
const UNKNOWN_SPEED = { prompt: 100, generated: 10 };
const DEFAULT_PREDICT = 128;
const MAX_PREDICT = 4096;

/** What a generation would have taken: the simulated server answers at once, with text of no meaning. */
function generated(
  { scheduler }: OllamaParts,
  model: StoredModel,
  prompt: string,
  options: unknown,
  wasLoaded: boolean,
): Record<string, unknown> {
  const wanted = typeof options === 'object' && options !== null ? (options as { num_predict?: unknown }) : {};
  const asked =
    typeof wanted.num_predict === 'number' && wanted.num_predict >= 0 ? wanted.num_predict : DEFAULT_PREDICT;
  const tokens = Math.min(MAX_PREDICT, Math.round(asked));
  const promptTokens = Math.max(1, Math.round(prompt.length / CHARACTERS_PER_TOKEN));
  const speed = scheduler.runnerOf(model)?.loaded.placed.speed?.() ?? UNKNOWN_SPEED;
  const nanoseconds = (seconds: number): number => Math.round(seconds * 1e9);
  return {
    response: Array.from({ length: tokens }, (_, index) => String(index % 10)).join(' '),
    load_duration: wasLoaded ? nanoseconds(0.01) : nanoseconds(5),
    prompt_eval_count: promptTokens,
    prompt_eval_duration: nanoseconds(promptTokens / speed.prompt),
    eval_count: tokens,
    eval_duration: nanoseconds(tokens / speed.generated),
  };
}

/** An unload is told of an unknown model in the newer words by every version. */
function notFound(name: string, version: string, body: Record<string, unknown>): ServerFailure {
  const newer = does(version, 'plainNotFound') || body.keep_alive === 0;
  return new ServerFailure(
    404,
    newer ? `model '${name}' not found` : `model "${name}" not found, try pulling it first`,
  );
}

async function embed({ parts, request, response, signal }: Exchange): Promise<void> {
  const body = await readJson(request);
  const name = stringField(body, 'model') ?? '';
  const stub = stubOf(parts, name);
  if (stub) {
    return sendStubFailure(response, stub);
  }
  const model = parts.store.get(name);
  if (!model) {
    throw new ServerFailure(404, `model '${name}' not found`);
  }
  const { input } = body;
  if (input !== undefined && typeof input !== 'string' && !Array.isArray(input)) {
    throw new ServerFailure(400, 'invalid input type');
  }
  await withRunner(parts, model, body, readKeepAlive(body.keep_alive), signal, () => {
    if (input?.length) {
      throw new ServerFailure(500, 'the simulated server loads models, it does not embed text');
    }
    sendJson(response, 200, { model: name, embeddings: [] });
  });
}

function stubOf(parts: OllamaParts, name: string): SimulatedStub | undefined {
  return parts.stubs.find((stub) => stub.name.toLowerCase() === shownName(name).toLowerCase());
}

function sendStubFailure(response: ServerResponse, stub: SimulatedStub): void {
  const { status, body } = stubFailure(stub);
  sendJson(response, status, body);
}

async function withRunner(
  parts: OllamaParts,
  model: StoredModel,
  body: Record<string, unknown>,
  keepAliveMs: number | undefined,
  signal: AbortSignal,
  answer: () => void,
): Promise<void> {
  const given = typeof body.options === 'object' && body.options !== null ? body.options : {};
  const options = runnerOptions({ ...given }, model, parts.version(), parts.settings, parts.gpuTotalBytes);
  const release = await parts.scheduler.acquire({ model, options, keepAliveMs, signal });
  try {
    answer();
  } finally {
    release();
  }
}
