/** What can go wrong with Ollama, with names. The edge turns a code and its figures into words. */

import { GIB, MIB } from '../base/bytes.ts';
import { CodedError } from '../base/coded.ts';
import { withoutInvisible } from '../base/text.ts';

export type OllamaErrorCode =
  /** Nobody answers: `reason` is refused, dns, reset, tls, connect-timeout, gateway or network. */
  | 'unreachable'
  /** No answer in time: `afterMs`; `reason` load when Ollama itself gave up waiting for the model. */
  | 'timeout'
  /** 401 (`by`: server) or 407 (`by`: proxy). */
  | 'unauthorized'
  /** 403; `reason` host: without a word, as Ollama turns host names away that it does not know (and some proxies do). */
  | 'forbidden'
  /** The model (or a registry's manifest) is not there. */
  | 'not-found'
  /** Ollama's queue is full. */
  | 'busy'
  /** The GPU had not enough memory. */
  | 'out-of-memory'
  /**
   * The runner ended in mid-load: `how` is `exit status 2`, `signal: killed` and the like; `reason` memory where that is
   * how it ends without memory (0.3 to 0.6.5 say no more than that).
   */
  | 'runner-died'
  /** The file cannot be loaded: `reason` damaged (cut, not what it says), unsupported (its architecture), either. */
  | 'model-unloadable'
  /** The server could not get it from a registry: `reason` dns, refused, plain-http, tls or timeout. */
  | 'registry'
  /** Ollama refused before loading: `neededBytes`, `availableBytes`, `memory` system or gpu. */
  | 'needs-more-memory'
  /** The server lacks this call (`reason` call), or the registry asks for a newer version (`reason` model). */
  | 'too-old'
  /** By the caller's signal, or by Ollama (499). */
  | 'canceled'
  /** Not an answer of Ollama: no JSON, other fields, a redirect. */
  | 'bad-answer'
  /** The answer passes the cap: `maxBytes`. */
  | 'too-large'
  /** The request is refused (400): unknown option type, a model that cannot generate, an invalid name. */
  | 'bad-request'
  /** The host setting cannot be used: `reason` scheme, syntax, port or header. */
  | 'bad-host'
  /** Anything else Ollama says; `status`; `reason` disk-full, mlx, cloud. */
  | 'server-error';

export type OllamaErrorParams = Readonly<Record<string, string | number | boolean>>;

const MAX_TEXT_LENGTH = 2000;

/** The only error that leaves this directory. */
export class OllamaError extends CodedError<OllamaErrorCode, OllamaErrorParams> {
  override readonly name = 'OllamaError';
  /** What Ollama said, cut and cleaned of control characters; untrusted. Empty when it said nothing. */
  readonly ollamaText: string;

  constructor(code: OllamaErrorCode, params: OllamaErrorParams = {}, ollamaText = '', cause?: unknown) {
    super(code, params, cause);
    this.ollamaText = withoutInvisible(ollamaText.slice(0, MAX_TEXT_LENGTH), ' ').trim();
  }
}

/** llm.IsOutOfMemory of Ollama v0.33.0: lower-cased text contains one of these. */
const OUT_OF_MEMORY_MARKERS = [
  'out of memory',
  'out of device memory',
  'cudamalloc failed',
  'hipmalloc failed',
  'failed to allocate',
  'allocation failed',
  'not enough memory',
  'insufficient memory',
  'vk_error_out_of_device_memory',
  'erroroutofmemory',
  // Ollama's own wording for a load that passes every device
  'out-of-memory',
];

function isOutOfMemoryText(text: string): boolean {
  const lower = text.toLowerCase();
  return OUT_OF_MEMORY_MARKERS.some((marker) => lower.includes(marker));
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 1024,
  mib: MIB,
  gib: GIB,
  tib: 1024 ** 4,
};

/** Reads a size as Ollama prints it (format/bytes.go): `55.2 GiB`, `512 B`, `8.1 GB`. Bytes, or `null`. */
export function parseHumanBytes(text: string): number | null {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([KMGT]?i?B)$/i.exec(text.trim());
  const unit = match && UNIT_BYTES[match[2]!.toLowerCase()];
  return match && unit ? Math.round(Number(match[1]) * unit) : null;
}

const SIZE = String.raw`(\d+(?:\.\d+)?\s*[KMGT]?i?B)`;
const NEEDS_MORE_SYSTEM = new RegExp(`requires more system memory \\(${SIZE}\\) than is available \\(${SIZE}\\)`, 'i');
const NEEDS_MORE_GPU = new RegExp(`requires ${SIZE} but only ${SIZE} are available`, 'i');

function needsMoreMemory(text: string): OllamaErrorParams | null {
  for (const [pattern, memory] of [
    [NEEDS_MORE_SYSTEM, 'system'],
    [NEEDS_MORE_GPU, 'gpu'],
  ] as const) {
    const match = pattern.exec(text);
    const needed = match && parseHumanBytes(match[1]!);
    const available = match && parseHumanBytes(match[2]!);
    if (needed !== null && available !== null) {
      return { neededBytes: needed, availableBytes: available, memory };
    }
  }
  return null;
}

/** A body that was not Ollama's JSON: `json` is false and `text` the raw text. */
export interface FailedAnswer {
  readonly status: number;
  readonly json: boolean;
  readonly text: string;
  /** The path of the call, such as `/api/ps`. */
  readonly path: string;
}

/**
 * Names the failure of an answer with an error status, or of an error line within a stream (`status` 200).
 * Statuses and texts: server/routes.go and server/sched.go of Ollama v0.33.0, and what proxies send.
 */
export function classifyAnswer(answer: FailedAnswer): OllamaError {
  const { status, text, json, path } = answer;
  const fail = (code: OllamaErrorCode, params: OllamaErrorParams = {}) =>
    new OllamaError(code, { status, ...params }, text);
  switch (status) {
    case 401:
      return fail('unauthorized', { by: 'server' });
    case 403:
      return fail('forbidden', text.trim() === '' ? { reason: 'host' } : {});
    case 407:
      return fail('unauthorized', { by: 'proxy' });
    case 404:
    case 405:
      // gin's own texts: the router knows no such path. Version is answered by every Ollama there ever was.
      if (/^40[45] (page not found|method not allowed)/.test(text)) {
        return path === '/api/version'
          ? fail('bad-answer', { reason: 'not-ollama' })
          : fail('too-old', { reason: 'call', path });
      }
      return json ? fail('not-found') : fail('bad-answer', { reason: 'not-ollama' });
    case 413:
      return fail('bad-request', { reason: 'too-large' });
    case 429:
      return fail('busy');
    case 499:
      return fail('canceled', { by: 'ollama' });
    case 502:
      // Ollama's own, where it asks its cloud in vain; else a proxy's.
      return json ? fail('server-error', { reason: 'cloud' }) : fail('unreachable', { reason: 'gateway' });
    case 503:
      return json || text.includes('server busy') ? fail('busy') : fail('unreachable', { reason: 'gateway' });
    case 504:
      return fail('timeout', { reason: 'gateway' });
    default:
      break;
  }
  const named = classifyText(text);
  if (named) {
    return fail(named.code, named.params);
  }
  if (status === 400) {
    return fail('bad-request');
  }
  return fail('server-error');
}

interface Named {
  readonly code: OllamaErrorCode;
  readonly params?: OllamaErrorParams;
}

/** What Ollama says, from the most telling to the least; texts of server/, llm/ and llama/ from v0.3.14 to v0.33.0. */
const TEXTS: readonly (readonly [RegExp, Named])[] = [
  [/newer version of ollama/i, { code: 'too-old', params: { reason: 'model' } }],
  [
    /unknown model architecture|not supported by your version of ollama/i,
    { code: 'model-unloadable', params: { reason: 'unsupported' } },
  ],
  [
    /corrupted or incomplete|not within the file bounds|exceeds file size|invalid file magic|failed to read magic/i,
    { code: 'model-unloadable', params: { reason: 'damaged' } },
  ],
  [/^unable to load model/i, { code: 'model-unloadable', params: { reason: 'either' } }],
  [/^timed out waiting for /i, { code: 'timeout', params: { reason: 'load' } }],
  [/^(request canceled|context canceled)$/i, { code: 'canceled', params: { by: 'ollama' } }],
  [/server busy/, { code: 'busy' }],
  [/no space left on device/i, { code: 'server-error', params: { reason: 'disk-full' } }],
  [/MLX runtime is not available|requires MLX support/, { code: 'server-error', params: { reason: 'mlx' } }],
  [/does not support (generate|chat|embed)/, { code: 'bad-request', params: { reason: 'capability' } }],
  [/gave HTTP response to HTTPS client/, { code: 'registry', params: { reason: 'plain-http' } }],
  [/manifest: Get .*no such host/, { code: 'registry', params: { reason: 'dns' } }],
  [/manifest: Get .*connection refused/, { code: 'registry', params: { reason: 'refused' } }],
  [/manifest: Get .*(x509|tls: |certificate)/, { code: 'registry', params: { reason: 'tls' } }],
  [/manifest: Get .*(timeout|deadline exceeded)/, { code: 'registry', params: { reason: 'timeout' } }],
  [/file does not exist|^model .* not found/, { code: 'not-found' }],
];

/** `llama runner process has terminated: exit status 2`, `llama-server process has terminated: signal: killed`. */
const TERMINATED = /(\S+) process has terminated: (exit status \w{1,10}|signal: [a-z ]{1,30})/;

function classifyText(text: string): Named | null {
  const memory = needsMoreMemory(text);
  if (memory) {
    return { code: 'needs-more-memory', params: memory };
  }
  if (isOutOfMemoryText(text)) {
    return { code: 'out-of-memory' };
  }
  const told = TEXTS.find(([pattern]) => pattern.test(text))?.[1];
  if (told !== undefined) {
    return told;
  }
  const ended = TERMINATED.exec(text);
  if (ended === null) {
    return null;
  }
  const how = ended[2]!.trim();
  // The kernel ends whoever takes the last memory; a runner in Go that gets none ends by itself with 2.
  const withoutMemory = how === 'signal: killed' || (how === 'exit status 2' && ended[1] === 'runner');
  return { code: 'runner-died', params: { how, ...(withoutMemory && { reason: 'memory' }) } };
}

/** Names a failure below HTTP: what undici's fetch rejects with. */
export function classifyNetworkError(error: unknown): OllamaError {
  if (error instanceof OllamaError) {
    return error;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const first = cause instanceof AggregateError && cause.errors[0] instanceof Error ? cause.errors[0] : cause;
  const code = first instanceof Error && 'code' in first ? String(first.code) : '';
  const message = first instanceof Error ? first.message : '';
  // the fetch standard refuses a list of ports (such as 6000)
  if (message === 'bad port') {
    return new OllamaError('bad-host', { reason: 'port' });
  }
  if (message.includes('unexpected redirect')) {
    return new OllamaError('bad-answer', { reason: 'redirect' });
  }
  return new OllamaError(
    'unreachable',
    { reason: networkReason(code, message), ...(code && { cause: code }) },
    '',
    error,
  );
}

function networkReason(code: string, message: string): string {
  if (code === 'ECONNREFUSED') {
    return 'refused';
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'dns';
  }
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return 'connect-timeout';
  }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') {
    return 'reset';
  }
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code) || /certificate|EPROTO/.test(message)) {
    return 'tls';
  }
  return 'network';
}
