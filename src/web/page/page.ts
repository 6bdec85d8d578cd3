import type { IncomingMessage, ServerResponse } from 'node:http';
import { CodedError } from '../../base/coded.ts';
import type { Log } from '../../base/log.ts';
import { within } from '../../base/wait.ts';
import type { PageHandler } from '../http.ts';
import { isHostOurs, isOriginOurs } from '../origin.ts';
import { API, type Endpoint, findEndpoint } from './endpoints.ts';
import { type PageFiles, SECURITY_HEADERS } from './files.ts';
import { openApi } from './open-api.ts';
import { createPageQuestions, type QuestionParts } from './questions.ts';
import { fitQuerySchema, historyQuerySchema, loginSchema, specQuerySchema } from './schemas.ts';
import { readState, type StateParts } from './state.ts';
import { createStreams, MAX_STREAMS } from './streams.ts';
import { createVisitors } from './visitors.ts';

/** A login's body, bytes. */
const MAX_BODY = 1_024;
const BODY_MS = 5_000;
/** The state is made anew at most this often, however many ask, ms. */
const STATE_MS = 1_000;

/** What the live part stands on. */
export interface LiveParts extends StateParts, QuestionParts {
  readonly token: string | null;
  /** Reads faster while somebody watches; returns the way to stop it. */
  readonly watch: () => () => void;
}

export interface PageSettings {
  readonly files: PageFiles;
  /** null: the page alone, without the team's servers. */
  readonly live: LiveParts | null;
  /** Names under which the page is reached beside addresses in numbers and `localhost`, lower case. */
  readonly hosts: readonly string[];
  readonly log: Log;
}

/** The fit page at `/`, and what it asks of the bot under `/api/v1/`. */
export function createPage(settings: PageSettings): PageHandler {
  const { files, live, hosts, log } = settings;
  const api = live === null ? null : createApi(live, log);
  return {
    streams: api === null ? 0 : MAX_STREAMS,
    async handle(request, response) {
      const path = (request.url ?? '').split('?', 1)[0]!;
      const isApi = path.startsWith('/api/');
      const isGet = request.method === 'GET' || request.method === 'HEAD';
      try {
        if (isApi && api !== null) {
          if (!isHostOurs(request, hosts)) {
            sendError(response, 421, 'page-host');
          } else if (!isOriginOurs(request)) {
            sendError(response, 403, 'page-origin');
          } else {
            await api.answer(request, response, path);
          }
          return true;
        }
        return isGet && !isApi && files.send(path, request, response);
      } catch (error) {
        log.warn({ err: error }, 'a question of the page failed');
        sendError(response, 500, 'internal');
        return true;
      }
    },
    close: () => api?.close(),
  };
}

interface Api {
  answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  close(): void;
}

function createApi(live: LiveParts, log: Log): Api {
  const visitors = createVisitors(live.token, live.now);
  const questions = createPageQuestions(live);
  let made: { readonly atMs: number; readonly text: string } | null = null;
  const stateText = (): string => {
    const atMs = performance.now();
    if (made === null || atMs - made.atMs > STATE_MS) {
      made = { atMs, text: JSON.stringify(readState(live)) };
    }
    return made.text;
  };
  const streams = createStreams(
    () => JSON.stringify(readState(live)),
    () => live.watch(),
  );
  const unsubscribe = live.servers.servers.map((server) => server.onSnapshot(() => streams.changed()));
  // What waits changes without a reading.
  const queueLook = setInterval(() => streams.changed(), 2_000);
  queueLook.unref();

  const session = (request: IncomingMessage, loggedIn = visitors.mayLook(request)) => ({
    loggedIn,
    needsToken: visitors.needsToken,
    streams: !streams.full,
  });

  const serve = async (
    endpoint: Endpoint,
    name: string,
    query: unknown,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const server = () => {
      const found = live.servers.get(name);
      if (found === null) {
        throw new CodedError('server-unknown', { server: name, servers: '' });
      }
      return found;
    };
    switch (endpoint.name) {
      case 'session':
        return sendJson(response, 200, session(request));
      case 'login': {
        const given = loginSchema.safeParse(await readBody(request));
        if (!given.success) {
          return sendError(response, 400, 'page-bad-login');
        }
        const login = visitors.logIn(request, given.data.token);
        if (login.kind === 'wait') {
          return sendWait(response, login.seconds);
        }
        if (login.kind === 'wrong') {
          log.warn('somebody tried to log in to the page with a wrong token');
          return sendError(response, 401, 'page-login-wrong');
        }
        response.setHeader('set-cookie', login.cookie);
        return sendJson(response, 200, session(request, true));
      }
      case 'logout':
        response.setHeader('set-cookie', visitors.logOut(request));
        streams.recheck();
        return sendJson(response, 200, session(request, !visitors.needsToken));
      case 'state':
        return sendText(response, 200, stateText());
      case 'events':
        return streams.open(response, SECURITY_HEADERS, () => visitors.mayStay(request))
          ? undefined
          : sendError(response, 503, 'page-streams-full');
      case 'history':
        return sendJson(response, 200, await questions.history(server(), historyQuerySchema.parse(query).window));
      case 'models':
        return sendJson(response, 200, await questions.models(server()));
      case 'fit':
        return sendJson(response, 200, await questions.fit(server(), fitQuerySchema.parse(query)));
      case 'spec':
        return sendJson(response, 200, await questions.spec(server(), specQuerySchema.parse(query).model));
    }
  };

  return {
    async answer(request, response, path) {
      if (path === `${API}/openapi.json` && request.method === 'GET') {
        return sendJson(response, 200, openApi());
      }
      const found = findEndpoint(request.method ?? '', path);
      if (found === 'no-such-path') {
        return sendError(response, 404, 'page-no-such-path');
      }
      if (found === 'no-such-method') {
        return sendError(response, 405, 'page-no-such-method');
      }
      const { endpoint, server } = found;
      const seconds = request.headers.authorization === undefined ? 0 : visitors.waitSeconds(request);
      if (endpoint.open !== true && !visitors.mayLook(request)) {
        if (seconds > 0) {
          return sendWait(response, seconds);
        }
        return sendError(response, 401, live.token === null ? 'page-needs-token' : 'page-log-in');
      }
      const query = endpoint.query.safeParse(
        Object.fromEntries(new URLSearchParams((request.url ?? '').split('?').slice(1).join('?'))),
      );
      if (!query.success) {
        const [issue] = query.error.issues;
        return sendError(response, 400, 'page-bad-query', { name: issue?.path.join('.') || (issue?.code ?? '') });
      }
      try {
        await serve(endpoint, server, query.data, request, response);
      } catch (error) {
        if (!(error instanceof CodedError)) {
          throw error;
        }
        const status = error.code === 'estimates-busy' ? 503 : error.code === 'server-unknown' ? 404 : 422;
        sendError(response, status, error.code, plainParams(error.params));
      }
    },
    close() {
      clearInterval(queueLook);
      for (const end of unsubscribe) {
        end();
      }
      streams.close();
    },
  };
}

type Params = Readonly<Record<string, string | number>>;

/** Figures and names alone, each of bounded length. */
function plainParams(params: Readonly<Record<string, unknown>>): Params {
  return Object.fromEntries(
    Object.entries(params).flatMap(([name, value]): [string, string | number][] =>
      typeof value === 'number' ? [[name, value]] : typeof value === 'string' ? [[name, value.slice(0, 300)]] : [],
    ),
  );
}

function sendError(response: ServerResponse, status: number, code: string, params: Params = {}): void {
  sendJson(response, status, { error: { code, params } });
}

function sendWait(response: ServerResponse, seconds: number): void {
  response.setHeader('retry-after', seconds);
  sendError(response, 429, 'page-login-wait', { seconds });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, JSON.stringify(value));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) {
    return;
  }
  const body = Buffer.from(text);
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** A small JSON body; null where it is none, is too long, or takes too long. */
async function readBody(request: IncomingMessage): Promise<unknown> {
  // No form of another page can send this type without being asked first.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return null;
  }
  const read = async (): Promise<unknown> => {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      // The rest is read and let go: whoever stops reading in the middle cuts the answer off as well.
      if (length <= MAX_BODY) {
        chunks.push(chunk);
      }
    }
    return length > MAX_BODY ? null : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  };
  return within(
    BODY_MS,
    read().catch(() => null),
    () => null,
  );
}
