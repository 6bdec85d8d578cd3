import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CodedError } from '../base/coded.ts';
import type { Log } from '../base/log.ts';
import { within } from '../base/wait.ts';
import type { ServerRegistry } from '../servers/types.ts';
import type { Store } from '../store/types.ts';
import { boundConnections, mayRead } from './guard.ts';

/** A client has this long to send its request, and the answer this long to be made, ms. */
const REQUEST_MS = 10_000;
const ANSWER_MS = 10_000;
const KEEP_ALIVE_MS = 5_000;
/** A connection on which nothing moves for so long is over, ms: longer than the longest answer, and than a stream's silence. */
const STILL_MS = 45_000;
/** What readiness was found to be holds for this long, ms: it writes a row to see. */
const READY_MS = 1_000;
const MAX_HEADER_BYTES = 8 * 1024;

/** What readiness rests on. `true` = well. */
export type Checks = Readonly<Record<string, boolean>>;

/** The port cannot be had. The edge finds the sentence under `error.http-port`. */
export class HttpPortError extends CodedError<'http-port'> {
  override readonly name = 'HttpPortError';

  constructor(port: number, cause: unknown) {
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    super('http-port', { port, reason }, cause);
  }
}

export interface HttpSettings {
  /** 0 = any free port. */
  readonly port: number;
  /** Address to listen on: `127.0.0.1`, or `0.0.0.0` for every network. */
  readonly host: string;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Looked at with every question; does not reject. */
  readonly readiness: () => Promise<Checks>;
  /** For figures from other machines; `null`: they get none. */
  readonly token: string | null;
  /** Names of this machine beside `localhost`, lower case. */
  readonly hosts?: readonly string[];
  /** The fit page and its API, where they are served; looked at first. */
  readonly page?: PageHandler;
  readonly log: Log;
}

/** What else is served on the port. */
export interface PageHandler {
  /** Streams that may be open at once. */
  readonly streams: number;
  /** @returns whether the request was the page's; it is answered then. Does not reject */
  handle(request: IncomingMessage, response: ServerResponse): Promise<boolean>;
  close(): void;
}

export interface HttpEndpoint {
  readonly port: number;
  close(): Promise<void>;
}

/** A server that answered this long ago still counts, ms: the slow pace of sampling, three times. */
const LATELY_MS = 180_000;

/**
 * What the program needs to do its work: the chat, its data folder, and one server at least that answered lately.
 * @param gateway `null`: there is no platform to be connected to
 */
export async function readiness(
  servers: Pick<ServerRegistry, 'servers'>,
  store: Pick<Store, 'check'> | null,
  gateway: (() => boolean) | null,
  nowMs: number,
): Promise<Checks> {
  const answered = servers.servers.some((server) => {
    const snapshot = server.latest();
    return snapshot?.ollama.state === 'up' && nowMs - snapshot.takenAtMs <= LATELY_MS;
  });
  return {
    chat: gateway === null || gateway(),
    store: store === null || (await store.check()) === null,
    server: answered,
  };
}

/**
 * Serves `/healthz` (the process lives), `/readyz` (it can do its work; 503 and what is not well otherwise) and
 * `/metrics`; these answer GET and HEAD alone, read no bodies, and tell nothing that is not in the metrics. The page, where
 * there is one, has everything else.
 * Rejects with an HttpPortError when the port cannot be had.
 */
export async function startHttp(settings: HttpSettings): Promise<HttpEndpoint> {
  const remembering = { ...settings, readiness: remembered(settings.readiness) };
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, connectionsCheckingInterval: 2_000 },
    (request, response) => {
      void answer(remembering, request, response);
    },
  );
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.timeout = STILL_MS;
  boundConnections(server, settings.page?.streams);
  server.on('clientError', (_error, socket) => {
    if (socket.writable) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    } else {
      socket.destroy();
    }
  });
  await listen(server, settings);
  server.on('error', (err) => settings.log.warn({ err }, 'the HTTP port has a problem'));
  const { port } = server.address() as AddressInfo;
  settings.log.info({ host: settings.host, port }, 'serving /healthz, /readyz and /metrics');
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        settings.page?.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Asks at most once in a while, however often it is asked. */
function remembered(ask: () => Promise<Checks>): () => Promise<Checks> {
  let asked: { readonly atMs: number; readonly checks: Promise<Checks> } | null = null;
  return () => {
    const atMs = performance.now();
    if (asked === null || atMs - asked.atMs > READY_MS) {
      asked = { atMs, checks: ask() };
    }
    return asked.checks;
  };
}

function listen(server: Server, { port, host }: HttpSettings): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new HttpPortError(port, error));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

async function answer(settings: HttpSettings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (settings.page !== undefined && (await settings.page.handle(request, response))) {
    return;
  }
  // A body is of no use here; whoever sends one is cut off after the answer.
  request.resume();
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
    response.setHeader('connection', 'close');
  }
  const send = (status: number, type: string, body: string): void => {
    if (response.headersSent || response.destroyed) {
      return;
    }
    const bytes = Buffer.from(body);
    response.writeHead(status, {
      'content-type': type,
      'content-length': bytes.length,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
  };
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return send(405, 'text/plain; charset=utf-8', 'only GET\n');
    }
    const path = (request.url ?? '').split('?', 1)[0];
    if (path === '/healthz') {
      return send(200, 'text/plain; charset=utf-8', 'ok\n');
    }
    if (path === '/readyz') {
      const checks = await inTime(settings.readiness());
      const ready = Object.values(checks).every((isWell) => isWell);
      // What is wrong is nobody's business elsewhere; whether it is well, an orchestrator has to know.
      const told = mayRead(request, settings.token, settings.hosts ?? []) ? { ready, checks } : { ready };
      return send(ready ? 200 : 503, 'application/json', `${JSON.stringify(told)}\n`);
    }
    if (path === '/metrics' && !mayRead(request, settings.token, settings.hosts ?? [])) {
      response.setHeader('www-authenticate', 'Bearer');
      return send(401, 'text/plain; charset=utf-8', 'only from this machine, or with HTTP_TOKEN\n');
    }
    if (path === '/metrics') {
      return send(200, settings.metrics.contentType, await inTime(settings.metrics.text()));
    }
    return send(404, 'text/plain; charset=utf-8', 'there are /healthz, /readyz and /metrics\n');
  } catch (error) {
    settings.log.warn({ err: error }, 'an HTTP answer failed');
    send(500, 'text/plain; charset=utf-8', 'failed\n');
  }
}

function inTime<T>(work: Promise<T>): Promise<T> {
  return within(ANSWER_MS, work, () => {
    throw new Error('what was asked for was not there in time');
  });
}
