/** What goes over the wire, and what the client does with answers that no Ollama gives. */

import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createOllamaClient } from '../../src/ollama/client.ts';
import type { OllamaClient, OllamaClientOptions } from '../../src/ollama/types.ts';
import { eventually } from '../simulator/eventually.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

const open: { server: Server; client: OllamaClient }[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const { server, client } of open.splice(0)) {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(handler: RequestListener): Promise<{ server: Server; host: string }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function serve(
  answer: (response: ServerResponse, seen: Seen) => void,
  options: Partial<OllamaClientOptions> = {},
): Promise<{ client: OllamaClient; seen: Seen[]; host: string }> {
  const seen: Seen[] = [];
  const { server, host } = await listen(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const text = Buffer.concat(chunks).toString();
    const entry = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    seen.push(entry);
    answer(response, entry);
  });
  const client = createOllamaClient({
    host: options.host ? options.host.replace('HOST', host) : host,
    ...withoutHost(options),
  });
  open.push({ server, client });
  return { client, seen, host };
}

function withoutHost({
  host: _host,
  ...rest
}: Partial<OllamaClientOptions>): Omit<Partial<OllamaClientOptions>, 'host'> {
  return rest;
}

const json = (body: unknown) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const code = (name: string, params: Record<string, unknown> = {}) =>
  expect.objectContaining({ name: 'OllamaError', code: name, params: expect.objectContaining(params) });

describe('requests', () => {
  it('carry the key and the extra headers, under a path prefix', async () => {
    const { client, seen } = await serve(json({ version: '0.33.0' }), {
      host: 'http://HOST/gpu/one',
      apiKey: 'secret',
      headers: { 'X-Team': 'blue' },
    });
    await client.version();
    expect(seen[0]).toMatchObject({ method: 'GET', path: '/gpu/one/api/version' });
    expect(seen[0]!.headers).toMatchObject({ authorization: 'Bearer secret', 'x-team': 'blue' });
  });

  it('carry basic credentials out of the host setting', async () => {
    const { client, seen } = await serve(json({ version: '0.33.0' }), { host: 'http://me:pw@HOST' });
    await client.version();
    expect(seen[0]!.headers.authorization).toBe(`Basic ${Buffer.from('me:pw').toString('base64')}`);
  });

  it('load with an empty prompt, the options under their own names and keep_alive in seconds', async () => {
    const { client, seen } = await serve(json({ done: true, done_reason: 'load' }));
    await client.load('m', {
      numCtx: 8192,
      numGpu: 20,
      options: { num_batch: 256, num_ctx: 1 },
      keepAlive: { kind: 'for', ms: 600_000 },
    });
    await client.load('m', { keepAlive: { kind: 'forever' } });
    expect(seen.map(({ body }) => body)).toEqual([
      { model: 'm', options: { num_batch: 256, num_ctx: 8192, num_gpu: 20 }, keep_alive: 600, stream: false },
      { model: 'm', keep_alive: -1, stream: false },
    ]);
  });

  it('unload with keep_alive exactly 0', async () => {
    const { client, seen } = await serve(json({ done: true, done_reason: 'unload' }));
    await client.unload('m');
    expect(seen[0]).toMatchObject({ path: '/api/generate', body: { model: 'm', prompt: '', keep_alive: 0 } });
  });

  it('go through a proxy for other machines, never for this one', async () => {
    const asked: string[] = [];
    const proxy = await listen((_request, response) => response.writeHead(500).end());
    proxy.server.on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    vi.stubEnv('http_proxy', `http://${proxy.host}`);
    vi.stubEnv('https_proxy', `http://${proxy.host}`);
    vi.stubEnv('no_proxy', '');
    const far = createOllamaClient({ host: 'https://gpu.example.invalid' });
    open.push({ server: proxy.server, client: far });
    await expect(far.version()).rejects.toThrow(code('unreachable'));
    expect(asked).toEqual(['gpu.example.invalid:443']);
    const { client } = await serve(json({ version: '0.33.0' }));
    expect((await client.version()).text).toBe('0.33.0');
    expect(asked).toHaveLength(1);
  });
});

describe('answers', () => {
  it('are taken leniently: unknown keys, missing details, null lists', async () => {
    const { client } = await serve((response, { path }) =>
      json(
        path === '/api/tags'
          ? { models: null, extra: 1 }
          : { models: [{ name: 'm:1', size: 3, size_vram: 2, details: null, new_field: {} }] },
      )(response),
    );
    expect(await client.tags()).toEqual([]);
    expect(await client.ps()).toEqual([
      expect.objectContaining({ name: 'm:1', sizeBytes: 3, sizeVramBytes: 2, contextLength: null, expiresAtMs: null }),
    ]);
  });

  it('tell cloud and MLX models apart', async () => {
    const entry = (name: string, extra: object) => ({ name, size: 1, digest: 'd', ...extra });
    const { client } = await serve(
      json({
        models: [
          entry('a:1b', { details: { format: 'gguf' } }),
          entry('b:20b-cloud', {}),
          entry('c:cloud', {}),
          entry('d:latest', { remote_host: 'https://ollama.com:443', remote_model: 'd' }),
          entry('e:mlx', { details: { format: 'safetensors' } }),
          entry('cloud:7b', {}),
        ],
      }),
    );
    const flags = (await client.tags()).map(({ name, isCloud, isMlx }) => [name, isCloud, isMlx]);
    expect(flags).toEqual([
      ['a:1b', false, false],
      ['b:20b-cloud', true, false],
      ['c:cloud', true, false],
      ['d:latest', true, false],
      ['e:mlx', false, true],
      ['cloud:7b', false, false],
    ]);
  });

  it('of show: vocabularies become their length, parameters become lists', async () => {
    const tokens = Array.from({ length: 5000 }, (_, i) => `t${i}`);
    const { client, seen } = await serve(
      json({
        details: { family: 'gemma3' },
        model_info: {
          'general.architecture': 'gemma3',
          'tokenizer.ggml.tokens': tokens,
          'x.heads': [8, 4],
          'x.n': null,
        },
        parameters: 'num_ctx                        8192\nstop                           "<end>"\nstop      "</s>"',
        tensors: [{ name: 'output.weight', type: 'Q6_K', shape: [2, 3] }],
      }),
    );
    const shown = await client.show('m', { verbose: true });
    expect(seen[0]!.body).toEqual({ model: 'm', verbose: true });
    expect(shown.modelInfo).toEqual({
      'general.architecture': 'gemma3',
      'tokenizer.ggml.tokens.length': 5000,
      'x.heads': [8, 4],
      'x.n': null,
    });
    expect(shown.parameters).toEqual({ num_ctx: ['8192'], stop: ['<end>', '</s>'] });
    expect(shown.tensors).toEqual([{ name: 'output.weight', type: 'Q6_K', shape: [2, 3] }]);
    expect(shown.capabilities).toBeNull();
  });

  it('without a needed field are named by that field', async () => {
    const { client } = await serve(json({ models: [{ name: 'm', size: 3 }] }));
    await expect(client.ps()).rejects.toThrow(code('bad-answer', { reason: 'fields', field: 'models.0.size_vram' }));
  });

  it('that pass the cap are given up', async () => {
    const { client } = await serve(json({ model_info: { a: 'x'.repeat(10_000) } }), { maxShowBytes: 5000 });
    await expect(client.show('m')).rejects.toThrow(code('too-large', { maxBytes: 5000 }));
  });

  it('of another site after a redirect are not fetched', async () => {
    const { client, seen } = await serve((response) => response.writeHead(307, { location: '/elsewhere' }).end());
    await expect(client.tags()).rejects.toThrow(code('bad-answer', { reason: 'redirect' }));
    expect(seen).toHaveLength(1);
  });

  it('with an error leave nothing on stdout, and the key in no error', async () => {
    const printed = vi.spyOn(process.stdout, 'write');
    const { client } = await serve((response) => response.writeHead(500).end('plain failure'), { apiKey: 'hush-hush' });
    const error = await client.ps().catch((reason: unknown) => reason);
    expect(error).toEqual(code('server-error', { status: 500 }));
    expect(inspect(error, { depth: 10 })).not.toContain('hush');
    expect(
      printed.mock.calls.map(([chunk]) => String(chunk)).filter((text) => /Getting text|failure/.test(text)),
    ).toEqual([]);
    printed.mockRestore();
  });
});

describe('time', () => {
  it('runs out while the server says nothing', async () => {
    const { client } = await serve(() => undefined, { timeouts: { queryMs: 60, loadMs: 60 } });
    await expect(client.version()).rejects.toThrow(code('timeout', { afterMs: 60, path: '/api/version' }));
    await expect(client.load('m', {})).rejects.toThrow(code('timeout', { path: '/api/generate' }));
  });

  it('runs out while the body trickles', async () => {
    const { client } = await serve(
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(timer));
      },
      { timeouts: { queryMs: 100 } },
    );
    await expect(client.ps()).rejects.toThrow(code('timeout'));
  });

  it('of a pull counts from the last line', async () => {
    const { client } = await serve((response) => response.write('{"status":"pulling manifest"}\n'), {
      timeouts: { pullIdleMs: 60 },
    });
    const lines: string[] = [];
    const run = async () => {
      for await (const line of client.pull('m')) {
        lines.push(line.status);
      }
    };
    await expect(run()).rejects.toThrow(code('timeout', { path: '/api/pull' }));
    expect(lines).toEqual(['pulling manifest']);
  });

  it('is not waited for when the caller has given up already', async () => {
    const { client, seen } = await serve(json({ version: '1.0.0' }));
    await expect(client.version({ signal: AbortSignal.abort() })).rejects.toThrow(code('canceled', { by: 'caller' }));
    expect(seen).toEqual([]);
  });
});

describe('pull', () => {
  const stream =
    (...chunks: string[]) =>
    (response: ServerResponse) => {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      const next = () => {
        const chunk = chunks.shift();
        if (chunk === undefined) {
          response.end();
        } else {
          response.write(chunk, () => setTimeout(next, 5));
        }
      };
      next();
    };

  async function statuses(client: OllamaClient): Promise<unknown[]> {
    const got: unknown[] = [];
    try {
      for await (const line of client.pull('m')) {
        got.push(line.status);
      }
    } catch (error) {
      got.push(error);
    }
    return got;
  }

  it('puts lines together over chunks, also in the middle of a character', async () => {
    const text = Buffer.from('{"status":"pulling é"}\n{"status":"success"}\n');
    const cut = text.indexOf(0xc3) + 1;
    const { client } = await serve((response) => {
      response.writeHead(200);
      response.write(text.subarray(0, cut), () => setTimeout(() => response.end(text.subarray(cut)), 20));
    });
    expect(await statuses(client)).toEqual(['pulling é', 'success']);
  });

  it('ends with the name of an error line', async () => {
    const { client } = await serve(
      stream('{"status":"pulling manifest"}\n', '{"error":"pull model manifest: file does not exist"}\n'),
    );
    expect(await statuses(client)).toEqual(['pulling manifest', code('not-found')]);
  });

  it('ends with a name when a line is no JSON, is too long, or the stream just stops', async () => {
    const garbage = await serve(stream('{"status":"pulling manifest"}\n', '<html>\n'));
    expect(await statuses(garbage.client)).toEqual(['pulling manifest', code('bad-answer', { reason: 'json' })]);
    const long = await serve(stream(`{"status":"${'x'.repeat(70_000)}`));
    expect(await statuses(long.client)).toEqual([code('too-large')]);
    const cut = await serve(stream('{"status":"pulling manifest"}\n'));
    expect(await statuses(cut.client)).toEqual(['pulling manifest', code('bad-answer', { reason: 'unfinished' })]);
  });

  it('is canceled on the server when the loop is left', async () => {
    let closed = false;
    const { client } = await serve((response) => {
      response.on('close', () => {
        closed = true;
      });
      response.write('{"status":"pulling manifest"}\n');
    });
    for await (const _ of client.pull('m')) {
      break;
    }
    await eventually(() => expect(closed).toBe(true));
  });
});

describe('a name that leads nowhere', () => {
  it.each([
    ['http://gpu.example.invalid', 'dns'],
    ['127.0.0.1:1', 'bad-port'],
  ])('%s', async (host, reason) => {
    const client = createOllamaClient({ host, timeouts: { connectMs: 2000 } });
    const error = await client.version().catch((thrown: unknown) => thrown);
    expect(error).toEqual(reason === 'dns' ? code('unreachable') : code('bad-host', { reason: 'port' }));
    await client.close();
  });

  it('a header that no request can carry is refused without being repeated', () => {
    const make = () => createOllamaClient({ host: 'localhost', headers: { 'x-key': 'a\nsecret' } });
    expect(make).toThrow(code('bad-host', { reason: 'header' }));
    expect(make).not.toThrow('secret');
  });
});
