import { setTimeout as sleep } from 'node:timers/promises';
import { DefaultRestOptions, REST, type RESTOptions } from 'discord.js';
import type { Log } from '../base/log.ts';

type MakeRequest = RESTOptions['makeRequest'];
type RequestInit = Parameters<MakeRequest>[1];
type Answer = Awaited<ReturnType<MakeRequest>>;

/** One answer of Discord takes at most this long, milliseconds. */
const REQUEST_TIMEOUT_MS = 15_000;
/** Pauses before another try after a cut connection, milliseconds; their number bounds the tries. */
const CUT_PAUSES_MS = [150, 500, 1_500];
/** Pauses after a 429 that does not say how long to wait, milliseconds; their number bounds the tries. */
const RATE_PAUSES_MS = [1_000, 2_000, 4_000];
/** A shorter wait than this is not believed: repeated, it would be a hot loop. Seconds. */
const SHORTEST_WAIT_S = 0.2;
/** Whoever waits for a message has given up after this long; then the caller decides. Milliseconds. */
const LONGEST_RATE_WAIT_MS = 10_000;
/** Discord's code of a 429 for edits of messages older than an hour. */
const OLD_MESSAGE_CODE = 30046;
const ALREADY_ACKNOWLEDGED_CODE = 40060;
const MAX_UNSURE = 1_000;
/**
 * discord.js keeps a handler for every interaction's routes, which nobody uses again. Those that wait for nothing are
 * dropped this often, milliseconds; by itself it does so once an hour.
 */
const HANDLER_SWEEP_MS = 10_000;

const CUT_CODES = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'UND_ERR_CLOSED']);
const NOT_SENT_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

/** Discord asks to wait longer than the bot does. */
export class WaitTooLongError extends Error {
  readonly retryAfterMs: number | null;
  /** The limit for edits of messages older than an hour. */
  readonly oldMessage: boolean;

  constructor(retryAfterMs: number | null, oldMessage: boolean) {
    super('Discord limits this request for longer than the bot waits');
    this.name = 'WaitTooLongError';
    this.retryAfterMs = retryAfterMs;
    this.oldMessage = oldMessage;
  }
}

/** The connection broke, and nobody knows whether Discord took the request. */
export class ConnectionCutError extends Error {
  constructor(cause: unknown) {
    super('the connection to Discord was cut', { cause });
    this.name = 'ConnectionCutError';
  }
}

export interface RestSettings {
  readonly apiUrl: string;
  readonly token: string;
  readonly log: Log;
  /** Requests a second over all routes; Discord grants a bot 50. */
  readonly requestsPerSecond?: number;
  /** How often what serves a route that nobody uses is dropped, milliseconds. */
  readonly sweepMs?: number;
}

/**
 * The REST client of discord.js with what it lacks (seen with @discordjs/rest 2.x): it retries a connection that was
 * reset, but not one that was cut (UND_ERR_SOCKET), and it repeats a 429 without Retry-After in a hot loop.
 */
export function createRest(settings: RestSettings): REST {
  const { log } = settings;
  const rest = new REST({
    api: settings.apiUrl,
    version: '10',
    timeout: REQUEST_TIMEOUT_MS,
    retries: 2,
    globalRequestsPerSecond: settings.requestsPerSecond ?? 50,
    invalidRequestWarningInterval: 100,
    handlerSweepInterval: settings.sweepMs ?? HANDLER_SWEEP_MS,
    rejectOnRateLimit: ({ retryAfter }) => retryAfter > LONGEST_RATE_WAIT_MS,
    makeRequest: createMakeRequest(DefaultRestOptions.makeRequest, (ms, signal) => sleep(ms, undefined, { signal })),
  });
  rest.setToken(settings.token);
  rest.on('rateLimited', ({ route, retryAfter }) => log.info({ route, retryAfter }, 'Discord asks to slow down'));
  rest.on('invalidRequestWarning', ({ count }) => log.warn({ count }, 'many requests were refused by Discord'));
  return rest;
}

/** Wraps a request function with bounded repeats. */
export function createMakeRequest(
  base: MakeRequest,
  pause: (ms: number, signal: AbortSignal | undefined) => Promise<unknown>,
): MakeRequest {
  // Acknowledgements that failed once without it being known whether Discord took them.
  const unsure = new Set<string>();
  const remember = (url: string) => {
    if (!isAcknowledgement(url)) {
      return;
    }
    unsure.add(url);
    for (const oldest of unsure) {
      if (unsure.size <= MAX_UNSURE) {
        break;
      }
      unsure.delete(oldest);
    }
  };
  return async (url, init) => {
    const signal = init.signal instanceof AbortSignal ? init.signal : undefined;
    const encoded = await encodeForm(init);
    let cuts = 0;
    let limited = 0;
    for (;;) {
      let response: Answer;
      try {
        response = await base(url, encoded);
      } catch (error) {
        const wait = CUT_PAUSES_MS[cuts];
        if (!isConnectionFault(error)) {
          throw error;
        }
        if (wait === undefined || !mayRepeat(url, init.method, error)) {
          throw new ConnectionCutError(error);
        }
        cuts += 1;
        remember(url);
        await pause(wait, signal);
        continue;
      }
      if (response.status >= 500) {
        remember(url);
      }
      if (response.status === 400 && unsure.has(url)) {
        return await asAcknowledged(response);
      }
      if (response.ok && isEmpty(response)) {
        // A proxy's empty answer that calls itself JSON would fail to parse although the request was accepted.
        response.headers.delete('content-type');
        return response;
      }
      if (response.status !== 429) {
        return response;
      }
      const limit = await readLimit(response);
      if (limit.oldMessage) {
        throw new WaitTooLongError(limit.waitMs, true);
      }
      // With a header to go by, discord.js waits for the whole bucket.
      if (limit.header) {
        return response;
      }
      const wait = RATE_PAUSES_MS[limited];
      const waitMs = Math.max(limit.waitMs ?? 0, wait ?? 0);
      if (wait === undefined || waitMs > LONGEST_RATE_WAIT_MS) {
        throw new WaitTooLongError(limit.waitMs, false);
      }
      limited += 1;
      await pause(waitMs, signal);
    }
  };
}

/**
 * A form as bytes. discord.js hands its form to its own copy of undici, which hands it to the process' global
 * dispatcher; when another version of undici has set that, it does not know the form for one and the request fails.
 */
async function encodeForm(init: RequestInit): Promise<RequestInit> {
  if (!(init.body instanceof FormData)) {
    return init;
  }
  const form = new Response(init.body);
  const headers = {
    ...(init.headers as Record<string, string>),
    'content-type': form.headers.get('content-type') ?? '',
  };
  return { ...init, headers, body: new Uint8Array(await form.arrayBuffer()) };
}

function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

function isConnectionFault(error: unknown): boolean {
  const code = errorCode(error);
  return code !== null && (CUT_CODES.has(code) || NOT_SENT_CODES.has(code));
}

/**
 * Whether a request may be sent again when its fate is unknown. Acknowledgements are refused the second time (40060),
 * posts to channels carry a nonce; only an interaction's further messages could double.
 */
function mayRepeat(url: string, method: string | undefined, error: unknown): boolean {
  if (NOT_SENT_CODES.has(errorCode(error) ?? '')) {
    return true;
  }
  if (method?.toUpperCase() !== 'POST') {
    return true;
  }
  const { pathname } = new URL(url);
  return isAcknowledgement(url) || /\/(channels\/\d+\/messages|users\/@me\/channels)$/.test(pathname);
}

function isAcknowledgement(url: string): boolean {
  return new URL(url).pathname.endsWith('/callback');
}

/**
 * A repeated acknowledgement that is refused as a second one: the first had arrived, so it counts as accepted. Without
 * an earlier try the same refusal means that somebody else acknowledged, and stands.
 */
async function asAcknowledged(response: Answer): Promise<Answer> {
  const text = await response.text();
  let body: unknown = null;
  try {
    body = JSON.parse(text);
  } catch {
    // Not Discord's own words; passed on as they are.
  }
  if (field(body, 'code') === ALREADY_ACKNOWLEDGED_CODE) {
    return new Response(null, { status: 204 });
  }
  return new Response(text, { status: response.status, headers: { 'content-type': 'application/json' } });
}

function isEmpty(response: Answer): boolean {
  return response.status === 204 || response.headers.get('content-length') === '0';
}

async function readLimit(response: Answer): Promise<{ header: boolean; waitMs: number | null; oldMessage: boolean }> {
  const headerSeconds = Number(response.headers.get('Retry-After') ?? Number.NaN);
  let body: unknown = null;
  try {
    body = await response.json();
  } catch {
    // Not JSON, such as a proxy's page: the header alone counts.
  }
  const bodySeconds = Number(field(body, 'retry_after') ?? Number.NaN);
  const seconds = Number.isFinite(headerSeconds) ? headerSeconds : bodySeconds;
  return {
    header: headerSeconds >= SHORTEST_WAIT_S,
    waitMs: Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : null,
    oldMessage: field(body, 'code') === OLD_MESSAGE_CODE,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
