/** The one client of the Ollama API, over the `ollama` package. */

import { type CreateRequest, Ollama, type Options, type GenerateRequest as WireRequest } from 'ollama/browser';
// The package's browser build is the same client without its look at local files.
import { MIB } from '../base/bytes.ts';
import { compareVersions } from '../estimator/versions.ts';
import { OllamaError } from './errors.ts';
import { parseOllamaHost } from './host.ts';
import { keepAliveToWire } from './keep-alive.ts';
import { toModelfile } from './modelfile.ts';
import { readGeneration, readProgress, readPs, readShow, readTags, readVersion } from './schemas.ts';
import { type CallLimits, createTransport, type Transport } from './transport.ts';
import type {
  CallOptions,
  GenerateRequest,
  Generation,
  LoadRequest,
  LoadResult,
  ModelOptions,
  OllamaClient,
  OllamaClientOptions,
  OllamaTimeouts,
  PullOptions,
  PullProgress,
} from './types.ts';
import { parseOllamaVersion } from './version.ts';

const DEFAULT_TIMEOUTS: OllamaTimeouts = {
  connectMs: 3_000,
  queryMs: 5_000,
  showMs: 20_000,
  changeMs: 30_000,
  // 64 tokens of a large model on a CPU alone
  generateMs: 5 * 60_000,
  // Ollama itself gives up after 5 minutes without progress (OLLAMA_LOAD_TIMEOUT); slow disks make progress for long
  loadMs: 60 * 60_000,
  pullIdleMs: 15 * 60_000,
};

/** Before this version `create` takes nothing but a Modelfile (api/types.go, v0.5.4 and v0.5.5). */
const CREATE_TAKES_FIELDS_SINCE = [0, 5, 5] as const;
/** The package's type knows only the newer form, and passes every field on. */
type CreateCall = CreateRequest & { stream: false };

const SMALL_ANSWER_BYTES = MIB;
const PS_BYTES = 4 * MIB;
const TAGS_BYTES = 16 * MIB;
const SHOW_BYTES = 64 * MIB;
const LINE_BYTES = 64 * 1024;

/**
 * Makes a client for one server. Nothing is sent until a method is called.
 * @throws OllamaError `bad-host` when the host or a header cannot be used.
 */
export function createOllamaClient(options: OllamaClientOptions): OllamaClient {
  const host = parseOllamaHost(options.host);
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const transport = createTransport(host, requestHeaders(options, host.authorization), timeouts.connectMs);
  return new Client(host.baseUrl, transport, timeouts, options.maxShowBytes ?? SHOW_BYTES);
}

function requestHeaders(options: OllamaClientOptions, basic: string | null): Record<string, string> {
  const headers = new Headers();
  try {
    if (basic) {
      headers.set('authorization', basic);
    }
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      headers.set(name, value);
    }
    if (options.apiKey) {
      headers.set('authorization', `Bearer ${options.apiKey}`);
    }
  } catch {
    // the value may be a secret: the error does not carry it
    throw new OllamaError('bad-host', { reason: 'header' });
  }
  return Object.fromEntries(headers);
}

class Client implements OllamaClient {
  readonly baseUrl: string;
  readonly #transport: Transport;
  readonly #timeouts: OllamaTimeouts;
  readonly #maxShowBytes: number;

  constructor(baseUrl: string, transport: Transport, timeouts: OllamaTimeouts, maxShowBytes: number) {
    this.baseUrl = baseUrl;
    this.#transport = transport;
    this.#timeouts = timeouts;
    this.#maxShowBytes = maxShowBytes;
  }

  async version(options: CallOptions = {}) {
    return parseOllamaVersion(readVersion(await this.#query(options, SMALL_ANSWER_BYTES, (api) => api.version())));
  }

  async tags(options: CallOptions = {}) {
    return readTags(await this.#query(options, TAGS_BYTES, (api) => api.list()));
  }

  async ps(options: CallOptions = {}) {
    return readPs(await this.#query(options, PS_BYTES, (api) => api.ps()));
  }

  async show(model: string, options: CallOptions & { readonly verbose?: boolean } = {}) {
    const limits = {
      signal: options.signal,
      timeoutMs: this.#timeouts.showMs,
      maxBytes: this.#maxShowBytes,
      shrink: true,
    };
    // `verbose` is missing from the package's type, which passes every field on
    const request = { model, ...(options.verbose && { verbose: true }) };
    return readShow(await this.#call(limits, (api) => api.show(request)));
  }

  async load(model: string, request: LoadRequest): Promise<LoadResult> {
    if (request.keepAlive?.kind === 'for' && request.keepAlive.ms === 0) {
      throw new OllamaError('bad-request', { reason: 'keep-alive-zero' });
    }
    if (request.embedding) {
      return this.#loadByEmbed(model, request);
    }
    try {
      const answer = await this.#call(this.#loadLimits(request), (api) =>
        api.generate({ ...loadFields(model, request), stream: false } as WireRequest & { stream: false }),
      );
      if (answer?.done_reason !== undefined && answer.done_reason !== 'load') {
        throw new OllamaError('bad-answer', { reason: 'not-loaded' });
      }
      return { via: 'generate' };
    } catch (error) {
      const cannotGenerate = error instanceof OllamaError && error.params.reason === 'capability';
      if (!cannotGenerate || request.embedding === false) {
        throw error;
      }
      return this.#loadByEmbed(model, request);
    }
  }

  async #loadByEmbed(model: string, request: LoadRequest): Promise<LoadResult> {
    await this.#call(this.#loadLimits(request), (api) => api.embed({ ...loadFields(model, request), input: '' }));
    return { via: 'embed' };
  }

  #loadLimits(request: LoadRequest): CallLimits {
    return { signal: request.signal, timeoutMs: this.#timeouts.loadMs, maxBytes: SMALL_ANSWER_BYTES };
  }

  async generate(model: string, request: GenerateRequest): Promise<Generation> {
    const { prompt, numPredict, numCtx, signal } = request;
    const options = { num_predict: numPredict, temperature: 0, ...(numCtx === undefined ? {} : { num_ctx: numCtx }) };
    const limits = { signal, timeoutMs: this.#timeouts.generateMs, maxBytes: SMALL_ANSWER_BYTES };
    return readGeneration(
      await this.#call(limits, (api) => api.generate({ model, prompt, raw: true, stream: false, options })),
    );
  }

  async unload(model: string, options: CallOptions = {}) {
    await this.#change(options, (api) => api.generate({ model, prompt: '', keep_alive: 0, stream: false }));
  }

  async *pull(model: string, options: PullOptions = {}): AsyncGenerator<PullProgress, void, void> {
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const limits = { signal, timeoutMs: this.#timeouts.pullIdleMs, maxBytes: LINE_BYTES, stream: true };
    try {
      const lines = await this.#call(limits, (api) =>
        api.pull({ model, stream: true, ...(options.insecure && { insecure: true }) }),
      );
      for await (const line of lines) {
        yield readProgress(line);
      }
    } catch (error) {
      throw toOllamaError(error);
    } finally {
      stop.abort();
    }
  }

  async create(
    model: string,
    request: { readonly from: string; readonly parameters: ModelOptions },
    options: CallOptions = {},
  ) {
    const { numbers } = await this.version(options);
    const before = numbers !== null && compareVersions(numbers, CREATE_TAKES_FIELDS_SINCE) < 0;
    const fields = before
      ? { modelfile: toModelfile(request.from, request.parameters) }
      : { from: request.from, parameters: { ...request.parameters } };
    await this.#change(options, (api) => api.create({ model, ...fields, stream: false } as CreateCall));
  }

  async copy(source: string, destination: string, options: CallOptions = {}) {
    await this.#change(options, (api) => api.copy({ source, destination }));
  }

  async delete(model: string, options: CallOptions = {}) {
    await this.#change(options, (api) => api.delete({ model }));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #query<T>(options: CallOptions, maxBytes: number, run: (api: Ollama) => Promise<T>): Promise<T> {
    return this.#call({ signal: options.signal, timeoutMs: this.#timeouts.queryMs, maxBytes }, run);
  }

  #change<T>(options: CallOptions, run: (api: Ollama) => Promise<T>): Promise<T> {
    return this.#call(
      { signal: options.signal, timeoutMs: this.#timeouts.changeMs, maxBytes: SMALL_ANSWER_BYTES },
      run,
    );
  }

  async #call<T>(limits: CallLimits, run: (api: Ollama) => Promise<T>): Promise<T> {
    try {
      return await run(new Ollama({ host: this.baseUrl, fetch: this.#transport.fetchFor(limits) }));
    } catch (error) {
      throw toOllamaError(error);
    }
  }
}

function loadFields(model: string, request: LoadRequest) {
  const options: Record<string, unknown> = { ...request.options };
  if (request.numCtx !== undefined) {
    options.num_ctx = request.numCtx;
  }
  if (request.numGpu !== undefined) {
    options.num_gpu = request.numGpu;
  }
  return {
    model,
    ...(Object.keys(options).length > 0 && { options: options as Partial<Options> }),
    ...(request.keepAlive && { keep_alive: keepAliveToWire(request.keepAlive) }),
  };
}

/** The package's own errors: an unfinished stream. All others come from the transport with their names. */
function toOllamaError(error: unknown): OllamaError {
  if (error instanceof OllamaError) {
    return error;
  }
  return new OllamaError('bad-answer', { reason: 'unfinished' }, '', error);
}
