/**
 * The network under the client: undici with a connect time-out, no redirects, a time-out and a size cap for every call.
 * The `ollama` package is given one `fetch` per call, so that each call has its own signal and limits.
 */

import {
  Agent,
  type Dispatcher,
  EnvHttpProxyAgent,
  type Response as UndiciResponse,
  fetch as undiciFetch,
} from 'undici';
import { nextTurn } from '../base/turns.ts';
import { classifyAnswer, classifyNetworkError, OllamaError } from './errors.ts';
import type { OllamaHost } from './host.ts';
import { JsonShrinker } from './shrink-json.ts';
import { parseInTurns } from './sliced-json.ts';

/** The limits of one call. */
export interface CallLimits {
  readonly signal?: AbortSignal | undefined;
  /** The whole call, its body included; for a stream the longest silence. */
  readonly timeoutMs: number;
  /** Decoded body; for a stream one line. */
  readonly maxBytes: number;
  readonly stream?: boolean;
  /** Replaces long lists of the answer by their length, see {@link JsonShrinker}. */
  readonly shrink?: boolean;
}

export interface Transport {
  /** A `fetch` for exactly one call. It answers with a 2xx response or throws an OllamaError. */
  fetchFor(limits: CallLimits): typeof globalThis.fetch;
  close(): Promise<void>;
}

/** Of an answer, so much is looked at before others have their turn. */
const BYTES_A_TURN = 256 * 1024;
/** An error body longer than this is cut; Ollama's are a line. */
const MAX_ERROR_BYTES = 64 * 1024;

/**
 * Makes the transport to one host.
 * @param headers sent with every request. They are kept here and never appear in an error.
 */
export function createTransport(
  host: OllamaHost,
  headers: Readonly<Record<string, string>>,
  connectMs: number,
): Transport {
  const dispatcher = createDispatcher(host, connectMs);
  return {
    fetchFor: (limits) => {
      const call: typeof globalThis.fetch = (input, init) => {
        const url = new URL(String(input instanceof Request ? input.url : input));
        const path = apiPath(url, host);
        return send(dispatcher, url, path, init ?? {}, headers, limits) as Promise<unknown> as Promise<Response>;
      };
      return call;
    },
    close: () => dispatcher.destroy(),
  };
}

function createDispatcher(host: OllamaHost, connectMs: number): Dispatcher {
  // undici's own header and body time-outs are off: a load may stay silent for many minutes, and each call is timed here
  const options: Agent.Options = {
    connect: { timeout: connectMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 10_000,
  };
  const env = process.env;
  const proxied = env.http_proxy || env.HTTP_PROXY || env.https_proxy || env.HTTPS_PROXY;
  // as Go does: this machine is never asked for through a proxy
  return proxied && !host.loopback ? new EnvHttpProxyAgent(options) : new Agent(options);
}

function apiPath(url: URL, host: OllamaHost): string {
  const prefix = new URL(host.baseUrl).pathname.replace(/\/$/, '');
  return url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
}

async function send(
  dispatcher: Dispatcher,
  url: URL,
  path: string,
  init: RequestInit,
  extraHeaders: Readonly<Record<string, string>>,
  limits: CallLimits,
): Promise<UndiciResponse> {
  const call = new Call(limits, path, init.signal ?? undefined);
  try {
    const response = await call.run(
      undiciFetch(url, {
        method: init.method ?? 'GET',
        headers: { ...(init.headers as Record<string, string> | undefined), ...extraHeaders },
        ...(typeof init.body === 'string' && { body: init.body }),
        signal: call.signal,
        redirect: 'error',
        dispatcher,
      }),
    );
    if (!response.ok) {
      throw await readFailure(response, path, call);
    }
    return limits.stream ? streamed(response, call) : await buffered(response, call);
  } catch (error) {
    call.end();
    throw call.name(error);
  }
}

/** The clock, the signals and the name of one call's end. */
class Call {
  readonly limits: CallLimits;
  readonly path: string;
  readonly #controller = new AbortController();
  readonly #sources: AbortSignal[];
  #timer: NodeJS.Timeout | undefined;
  #reason: OllamaError | undefined;

  constructor(limits: CallLimits, path: string, packageSignal: AbortSignal | undefined) {
    this.limits = limits;
    this.path = path;
    this.#sources = [limits.signal, packageSignal].filter((signal) => signal !== undefined);
    for (const signal of this.#sources) {
      if (signal.aborted) {
        this.#onAbort();
      } else {
        signal.addEventListener('abort', this.#onAbort, { once: true });
      }
    }
    this.touch();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  readonly #onAbort = () => this.stop(new OllamaError('canceled', { by: 'caller' }));

  /** Starts the clock anew (a stream showed life). */
  touch(): void {
    clearTimeout(this.#timer);
    const { timeoutMs } = this.limits;
    this.#timer = setTimeout(
      () => this.stop(new OllamaError('timeout', { afterMs: timeoutMs, path: this.path })),
      timeoutMs,
    );
  }

  stop(reason: OllamaError): void {
    this.#reason ??= reason;
    this.end();
    this.#controller.abort();
  }

  end(): void {
    clearTimeout(this.#timer);
    for (const signal of this.#sources) {
      signal.removeEventListener('abort', this.#onAbort);
    }
  }

  /** Awaits a step and gives its failure the right name. */
  async run<T>(step: Promise<T>): Promise<T> {
    try {
      return await step;
    } catch (error) {
      throw this.name(error);
    }
  }

  name(error: unknown): OllamaError {
    return this.#reason ?? classifyNetworkError(error);
  }
}

async function buffered(response: UndiciResponse, call: Call): Promise<UndiciResponse> {
  const text = await readText(response, call, call.limits.maxBytes, false);
  call.end();
  // The package parses error and answer by this header and prints to stdout for others.
  return new ResponseLike(text, response.status) as unknown as UndiciResponse;
}

/** What the `ollama` package uses of a response. */
class ResponseLike {
  readonly ok = true;
  readonly status: number;
  readonly #text: string;

  constructor(text: string, status: number) {
    this.#text = text;
    this.status = status;
  }

  async json(): Promise<unknown> {
    try {
      return await parseInTurns(this.#text);
    } catch {
      throw new OllamaError('bad-answer', { reason: 'json' }, this.#text.slice(0, 200));
    }
  }
}

async function readText(response: UndiciResponse, call: Call, maxBytes: number, cut: boolean): Promise<string> {
  if (!response.body) {
    return '';
  }
  const chunks: Uint8Array[] = [];
  const shrinker = call.limits.shrink && !cut ? new JsonShrinker() : undefined;
  let size = 0;
  let sinceTurn = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await call.run(reader.read());
    if (done) {
      break;
    }
    const chunk = value as Uint8Array;
    size += chunk.byteLength;
    if (size > maxBytes) {
      if (cut) {
        await reader.cancel().catch(() => undefined);
        break;
      }
      call.stop(new OllamaError('too-large', { maxBytes, path: call.path }));
      throw call.name(undefined);
    }
    if (shrinker) {
      shrinker.push(chunk);
    } else {
      chunks.push(chunk);
    }
    sinceTurn += chunk.byteLength;
    if (sinceTurn >= BYTES_A_TURN) {
      // What has arrived already is read without the event loop turning.
      sinceTurn = 0;
      await nextTurn();
    }
  }
  return shrinker ? shrinker.text() : Buffer.concat(chunks).toString('utf8');
}

async function readFailure(response: UndiciResponse, path: string, call: Call): Promise<OllamaError> {
  const text = await readText(response, call, MAX_ERROR_BYTES, true);
  const answer = errorText(text);
  return classifyAnswer({ status: response.status, json: answer !== null, text: answer ?? text.trim(), path });
}

/** The `error` of Ollama's JSON; `null` when the text is none. */
function errorText(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || !('error' in body)) {
      return null;
    }
    const { error } = body;
    // an OpenAI-like proxy puts {error: {message}} there
    if (typeof error === 'object' && error !== null && 'message' in error) {
      return String(error.message);
    }
    return String(error);
  } catch {
    return null;
  }
}

/** Passes NDJSON on line by line; a line that is too long, no JSON or an error ends the stream with its name. */
function streamed(response: UndiciResponse, call: Call): UndiciResponse {
  if (!response.body) {
    throw new OllamaError('bad-answer', { reason: 'json' });
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let rest = '';
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        call.touch();
        rest += done ? decoder.decode() : decoder.decode(value as Uint8Array, { stream: true });
        const lines = rest.split('\n');
        rest = done ? '' : lines.pop()!;
        if (Math.max(rest.length, ...lines.map((line) => line.length)) > call.limits.maxBytes) {
          throw new OllamaError('too-large', { maxBytes: call.limits.maxBytes, path: call.path });
        }
        const good = lines.filter((line) => line.trim() !== '').map((line) => checkLine(line, call.path));
        // the package waits for a chunk; an empty one keeps it waiting without a busy loop
        controller.enqueue(encoder.encode(good.map((line) => `${line}\n`).join('')));
        if (done) {
          call.end();
          controller.close();
        }
      } catch (error) {
        const named = call.name(error);
        call.stop(named);
        controller.error(named);
      }
    },
    cancel() {
      call.stop(new OllamaError('canceled', { by: 'caller' }));
    },
  });
  return { ok: true, status: response.status, body } as unknown as UndiciResponse;
}

function checkLine(line: string, path: string): string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new OllamaError('bad-answer', { reason: 'json' }, line.slice(0, 200));
  }
  if (typeof value !== 'object' || value === null) {
    throw new OllamaError('bad-answer', { reason: 'json' });
  }
  const text = errorText(line);
  if (text !== null) {
    throw classifyAnswer({ status: 200, json: true, text, path });
  }
  return line;
}
