/** The page's side of the bot's API. */

import { CodedError, type Params } from '../../src/base/coded.ts';

const API = './api/v1';
const TIMEOUT_MS = 25_000;

/**
 * Asks the bot.
 * @throws CodedError with the bot's own code; `registry-unreachable` where nobody answers
 */
export async function askBot<T>(
  path: string,
  options: { readonly method?: string; readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<T> {
  const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(options.signal === undefined ? [] : [options.signal])];
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${API}${path}`, {
      method: options.method ?? 'GET',
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any(limits),
      ...(options.body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(options.body) }),
    });
    answer = await response.json();
  } catch (error) {
    throw new CodedError('live-unreachable', {}, error);
  }
  if (!response.ok) {
    const { code, params } = (answer as { error?: { code?: string; params?: Params } }).error ?? {};
    throw new CodedError(code ?? 'live-unreachable', params ?? {});
  }
  return answer as T;
}

/** `/servers/{name}/{what}?…`, with what is undefined left out. */
export function serverPath(
  server: string,
  what: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): string {
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) {
      values.set(name, String(value));
    }
  }
  const text = values.toString();
  return `/servers/${encodeURIComponent(server)}/${what}${text === '' ? '' : `?${text}`}`;
}

export interface Watching {
  close(): void;
}

/** Between two looks where there is no stream, ms. */
const LOOK_MS = 10_000;
/** After a stream broke, a new one is tried this much later, ms. */
const AGAIN_MS = 30_000;

/**
 * Tells the state whenever it changes: by server-sent events, and by asking now and then where those are not to be had.
 * @param onState called with each new state
 * @param onFailure called with the code of what went wrong; `null` = all is well again
 */
export function watchState<T>(onState: (state: T) => void, onFailure: (code: string | null) => void): Watching {
  let stream: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const look = async (): Promise<void> => {
    try {
      const state = await askBot<T>('/state');
      if (!closed) {
        onState(state);
        onFailure(null);
      }
    } catch (error) {
      if (!closed) {
        onFailure(error instanceof CodedError ? error.code : 'live-unreachable');
      }
    }
  };
  const poll = (untilMs: number): void => {
    if (closed) {
      return;
    }
    void look().finally(() => {
      if (!closed) {
        timer = setTimeout(() => (performance.now() >= untilMs ? listen() : poll(untilMs)), LOOK_MS);
      }
    });
  };
  const listen = (): void => {
    stream = new EventSource(`${API}/events`);
    stream.addEventListener('state', (event) => {
      onState(JSON.parse((event as unknown as { readonly data: string }).data) as T);
      onFailure(null);
    });
    stream.addEventListener('error', () => {
      stream?.close();
      stream = null;
      poll(performance.now() + AGAIN_MS);
    });
  };
  listen();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      stream?.close();
    },
  };
}
