// What real servers of six versions answered, through the real client.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOllamaClient } from '../../src/ollama/client.ts';
import { classifyAnswer, OllamaError } from '../../src/ollama/errors.ts';
import type { OllamaClient } from '../../src/ollama/types.ts';
import { parseOllamaVersion } from '../../src/ollama/version.ts';
import {
  RECORDED_VERSIONS,
  type Recorded,
  recordedAnswers,
  recordedError,
  recordedText,
} from '../support/recorded-answers.ts';

let server: Server;
let client: OllamaClient;
/** What is answered now, whatever is asked; the version is told rightly. */
let playing: Recorded;
let version = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url === '/api/version') {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ version }));
        return;
      }
      response.writeHead(playing.status, playing.contentType === null ? {} : { 'content-type': playing.contentType });
      response.end(recordedText(playing));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = createOllamaClient({ host: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
afterAll(async () => {
  await client.close();
  server.close();
});

type Body = Readonly<Record<string, unknown>>;
const text = (body: Body, key: string) => String(body[key] ?? '');

/** The client's call for a recorded request; `null`: the client sends no such thing. */
function callFor({ request }: Recorded): (() => Promise<unknown>) | null {
  const body = request.body ?? {};
  const model = text(body, 'model');
  switch (`${request.method} ${request.path}`) {
    case 'GET /api/tags':
      return () => client.tags();
    case 'GET /api/ps':
      return () => client.ps();
    case 'POST /api/show':
      return () => client.show(model);
    case 'POST /api/generate':
      if (body.raw !== undefined || request.body === null) {
        return null;
      }
      return body.keep_alive === 0 ? () => client.unload(model) : () => client.load(model, { embedding: false });
    case 'POST /api/embed':
      return () => client.load(model, { embedding: true });
    case 'POST /api/create':
      // The client asks for one answer, never for a stream.
      if (body.stream !== false) {
        return null;
      }
      return () => client.create(model, { from: text(body, 'from') || 'none', parameters: {} });
    case 'POST /api/copy':
      return () => client.copy(text(body, 'source'), text(body, 'destination'));
    case 'DELETE /api/delete':
      return () => client.delete(model);
    case 'POST /api/pull':
      return async () => {
        for await (const _line of client.pull(model)) {
          // To its end.
        }
      };
    default:
      return null;
  }
}

/** The names of the failures, by what was asked; the same for all versions but where it says so. */
const NAMES: Readonly<Record<string, string>> = {
  busy: 'busy',
  'copy-missing': 'not-found',
  'create-bad-name': 'bad-request',
  'create-from-missing': 'registry',
  'create-missing-blob': 'server-error',
  'delete-missing': 'not-found',
  'generate-bad-keepalive': 'bad-request',
  'generate-bad-option-type': 'server-error',
  'generate-cloud': 'server-error',
  'generate-not-found': 'not-found',
  'load-broken': 'model-unloadable',
  'load-embed-model-by-generate': 'bad-request',
  'load-weird-arch': 'model-unloadable',
  'oom-70b': 'needs-more-memory',
  'oom-system': 'runner-died',
  'pull-bad-name': 'bad-request',
  'pull-http-refused': 'registry',
  'pull-http-registry-insecure': 'server-error',
  'pull-http-registry-secure': 'registry',
  'pull-no-network': 'registry',
  'pull-no-network-nostream': 'registry',
  'pull-not-found': 'not-found',
  'pull-ok-stream': 'server-error',
  'show-broken': 'model-unloadable',
  'show-cloud': 'server-error',
  'show-cloud-suffix-unknown': 'server-error',
  'show-no-name': 'bad-request',
  'show-not-found': 'not-found',
  'unload-unknown': 'not-found',
};

/** What is not on a server is `not-found` whatever it is; before 0.5.5 nothing can be made of fields. */
function nameOf(name: string, recorded: Recorded): string | undefined {
  if (recorded.status === 404) {
    return 'not-found';
  }
  return recordedError(recorded).includes('path or modelfile are required') ? 'bad-request' : NAMES[name];
}

/** Older servers take a keep-alive below a second for an unload, and say so: the client never sends one. */
const UNLOADED_INSTEAD = 'load-keepalive-half-second';

describe.each(RECORDED_VERSIONS)('Ollama %s', (recordedVersion) => {
  const answers = Object.entries(recordedAnswers(recordedVersion));

  it('is read as a version', () => {
    const { version: said } = recordedAnswers(recordedVersion).version!.body as { version: string };
    expect(parseOllamaVersion(said).numbers).not.toBeNull();
  });

  it('answers nothing that has no name', async () => {
    version = recordedVersion;
    const faults: string[] = [];
    let played = 0;
    for (const [name, recorded] of answers) {
      const call = callFor(recorded);
      if (call === null) {
        continue;
      }
      played += 1;
      playing = recorded;
      const failed = recorded.status >= 400 || recordedError(recorded) !== '';
      const end = await call().then(
        () => 'ok',
        (error: unknown) => (error instanceof OllamaError ? error.code : String(error)),
      );
      const unloaded = name === UNLOADED_INSTEAD && recordedText(recorded).includes('"unload"');
      const expected = failed ? nameOf(name, recorded) : unloaded ? 'bad-answer' : 'ok';
      if (end !== expected) {
        faults.push(`${name}: ${end} instead of ${expected}`);
      }
    }
    expect(faults).toEqual([]);
    expect(played).toBeGreaterThan(65);
  });

  it('says of its paths and methods what the client takes for an old version, never for an unknown model', () => {
    for (const name of ['not-a-path', 'show-get-method']) {
      const recorded = recordedAnswers(recordedVersion)[name]!;
      const failure = {
        status: recorded.status,
        json: false,
        text: recordedText(recorded),
        path: recorded.request.path,
      };
      expect(classifyAnswer(failure).code).toBe('too-old');
    }
  });

  it('tells which weights a model runs, and what it was made from', async () => {
    const alias = recordedAnswers(recordedVersion)['show-alias']!;
    playing = recordedAnswers(recordedVersion)['show-tiny-ctx']!;
    const shown = await client.show('tiny-ctx');
    expect(shown.weights).toMatch(/^[0-9a-f]{64}$/);
    expect(shown.parameters).toMatchObject({ num_ctx: ['2048'] });
    if (alias.status === 200) {
      playing = alias;
      expect(await client.show('tiny-alias')).toMatchObject({
        weights: shown.weights,
        details: { parentModel: 'tiny:latest' },
      });
    }
  });

  it('tells a model that stays for ever', async () => {
    playing = recordedAnswers(recordedVersion)['ps-pinned']!;
    expect(await client.ps()).toMatchObject([{ name: 'tiny:latest', pinned: true, expiresAtMs: null }]);
  });
});
