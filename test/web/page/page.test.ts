import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../../../src/web/page/endpoints.ts';
import { PageFilesError, readPageFiles } from '../../../src/web/page/files.ts';
import { openApi } from '../../../src/web/page/open-api.ts';
import { fitSchema, historySchema, modelsSchema, specSchema, stateSchema } from '../../../src/web/page/schemas.ts';
import { MAX_STREAMS } from '../../../src/web/page/streams.ts';
import { createVisitors } from '../../../src/web/page/visitors.ts';
import { type DemoServices, startDemoServices } from '../../support/demo-services.ts';
import { ask, logIn, servePage, TOKEN } from './world.ts';

let demo: DemoServices;
beforeAll(async () => {
  demo = await startDemoServices(['gemma3:12b', 'qwen3:8b']);
  await demo.services.servers.snapshotAll();
});
afterAll(() => demo.close());

const state = '/api/v1/state';

describe('the page on the bot’s port', () => {
  it('is there at /, with headers that let nothing in from elsewhere', async () => {
    const { port } = await servePage(null);
    const page = await ask(port, '/');
    expect(page.status).toBe(200);
    expect(page.text).toContain('<title>page</title>');
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*(?!\.)/);
    expect(page.headers['x-frame-options']).toBe('DENY');
    expect((await ask(port, '/files/index-abc.js')).headers['cache-control']).toContain('immutable');
  });

  it('leaves health and figures as they were, and gives no file but the page’s own', async () => {
    const { port } = await servePage(null);
    expect((await ask(port, '/healthz')).text).toBe('ok\n');
    expect((await ask(port, '/metrics')).text).toBe('up 1\n');
    for (const path of [
      '/secret.txt',
      '/../package.json',
      '/files/../../package.json',
      '/%2e%2e/package.json',
      '/api/v1/state',
    ]) {
      expect((await ask(port, path)).status, path).toBe(404);
    }
  });

  it('that was never built is said so at the start', () => {
    expect(() => readPageFiles('/nowhere/at/all', false)).toThrow(PageFilesError);
  });

  it('looks for servers only where it is live', async () => {
    expect((await ask((await servePage(null)).port, '/')).text).not.toContain('data-live');
    expect((await ask((await servePage(demo.services)).port, '/')).text).toContain('data-live="yes"');
  });
});

describe('who may look at the servers', () => {
  it('is this machine alone without a token, and not what a proxy on it hands on', async () => {
    const { port } = await servePage(demo.services);
    expect((await ask(port, state)).status).toBe(200);
    const proxied = await ask(port, state, { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect([proxied.status, proxied.json().error?.code]).toEqual([401, 'page-needs-token']);
  });

  it('is whoever logged in with the token: once, into a cookie that holds no token', async () => {
    const { port } = await servePage(demo.services, { token: TOKEN });
    expect((await ask(port, state)).status).toBe(401);
    expect((await ask(port, `${state}?token=${TOKEN}`)).status).toBe(401);
    const { told, cookie } = await logIn(port);
    const [set] = told.headers['set-cookie'] ?? [];
    expect(set).toMatch(/^headroom_session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
    expect(set).not.toContain(TOKEN);
    expect((await ask(port, state, { headers: { cookie } })).status).toBe(200);
    expect((await ask(port, '/api/v1/session', { method: 'DELETE', headers: { cookie } })).status).toBe(200);
    expect((await ask(port, state, { headers: { cookie } })).status).toBe(401);
  });

  it('is a script that sends the token as a header', async () => {
    const { port } = await servePage(demo.services, { token: TOKEN });
    expect((await ask(port, state, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    expect((await ask(port, state, { headers: { authorization: 'Bearer another-token-entirely' } })).status).toBe(401);
  });

  it('is nobody who guesses: after ten wrong tokens even the right one has to wait', async () => {
    let nowMs = 0;
    const { port } = await servePage(demo.services, { token: TOKEN, now: () => nowMs });
    for (let i = 0; i < 10; i++) {
      expect((await logIn(port, `wrong-token-number-${i}`)).told.status).toBe(401);
    }
    const { told } = await logIn(port);
    expect([told.status, told.headers['retry-after']]).toEqual([429, '300']);
    nowMs = 301_000;
    expect((await logIn(port)).told.status).toBe(200);
  });

  it('is nobody who guesses by the header either, and both ways count together', async () => {
    const { port } = await servePage(demo.services, { token: TOKEN, now: () => 0 });
    const asked = (token: string) => ask(port, state, { headers: { authorization: `Bearer ${token}` } });
    for (let i = 0; i < 10; i++) {
      expect((await asked(`wrong-token-number-${i}`)).status).toBe(401);
    }
    const told = await asked(TOKEN);
    expect([told.status, told.headers['retry-after']]).toEqual([429, '300']);
    expect((await logIn(port)).told.status).toBe(429);
  });

  it('is not somebody whose session is over, nor one too many', () => {
    let nowMs = 0;
    const visitors = createVisitors(TOKEN, () => nowMs);
    const from = (cookie?: string) =>
      ({ headers: cookie === undefined ? {} : { cookie }, socket: { remoteAddress: '127.0.0.1' } }) as never;
    const cookieOf = (login: ReturnType<typeof visitors.logIn>) =>
      login.kind === 'in' ? login.cookie.split(';')[0]! : '';
    const first = cookieOf(visitors.logIn(from(), TOKEN));
    expect(visitors.mayLook(from(first))).toBe(true);
    nowMs = 13 * 3_600_000;
    expect(visitors.mayLook(from(first))).toBe(false);
    const early = cookieOf(visitors.logIn(from(), TOKEN));
    for (let i = 0; i < 500; i++) {
      visitors.logIn(from(), TOKEN);
    }
    expect(visitors.mayLook(from(early))).toBe(false);
  });

  it('is not a login that is no JSON, too long, or from a form', async () => {
    const { port } = await servePage(demo.services, { token: TOKEN });
    const post = (body: string, type: string) =>
      ask(port, '/api/v1/session', { method: 'POST', headers: { 'content-type': type }, body });
    const right = JSON.stringify({ token: TOKEN });
    expect((await post(right, 'text/plain')).status).toBe(400);
    expect((await post('{', 'application/json')).status).toBe(400);
    expect((await post(JSON.stringify({ token: 'x'.repeat(2_000) }), 'application/json')).status).toBe(400);
    // Of many lengths: what comes in several pieces is still on its way when it is too long.
    for (let i = 0; i < 20; i++) {
      const long = await post(JSON.stringify({ token: 'x'.repeat(2_000 + i * 20_000) }), 'application/json');
      expect(long.json().error?.code).toBe('page-bad-login');
    }
    expect((await post(JSON.stringify({ token: TOKEN, more: 1 }), 'application/json')).status).toBe(400);
  });
});

describe('a page of somebody else', () => {
  it('whose name was made to point here gets nothing', async () => {
    const { port } = await servePage(demo.services);
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', '127.0.0.1.nip.io']) {
      const told = await ask(port, state, { headers: { host } });
      expect([told.status, told.json().error?.code], host).toEqual([421, 'page-host']);
    }
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, '10.0.0.5']) {
      expect((await ask(port, state, { headers: { host } })).status, host).toBe(200);
    }
  });

  it('is told from the page’s own names', async () => {
    const { port } = await servePage(demo.services, { hosts: ['gpu.example.org'] });
    expect((await ask(port, state, { headers: { host: 'GPU.example.org:8443' } })).status).toBe(200);
  });

  it('that asks across origins gets nothing', async () => {
    const { port } = await servePage(demo.services);
    const own = `127.0.0.1:${port}`;
    for (const headers of [
      { host: own, origin: 'https://evil.example' },
      { host: own, origin: 'null' },
      { host: own, origin: `http://localhost:${port}` },
      { host: own, 'sec-fetch-site': 'cross-site' },
      { host: own, 'sec-fetch-site': 'same-site' },
    ]) {
      expect((await ask(port, state, { headers })).status, JSON.stringify(headers)).toBe(403);
    }
    expect((await ask(port, state, { headers: { host: own, origin: `http://${own}` } })).status).toBe(200);
  });
});

describe('the API', () => {
  it('tells the state of all servers as its schema says, and no names of people', async () => {
    const holders = () => new Map([['qwen3:8b', 'Ada']]);
    const { ollama } = demo.services.servers.defaultServer;
    await ollama.load('qwen3:8b', { numCtx: 4096 });
    await demo.services.servers.snapshotAll({ maxAgeMs: 0 });
    const { port } = await servePage(demo.services, { holders });
    const told = await ask(port, state);
    const read = stateSchema.parse(told.json());
    expect(read.servers.map(({ name }) => name)).toEqual(['main']);
    expect(read.servers[0]!.gpus).toHaveLength(4);
    expect(read.servers[0]!.models).toMatchObject([{ name: 'qwen3:8b', held: true, contextLength: 4096 }]);
    expect(told.text).not.toContain('Ada');
    const named = await servePage(demo.services, { holders, names: true });
    expect((await ask(named.port, state)).text).toContain('"holder":"Ada"');
    await ollama.unload('qwen3:8b');
  });

  it('answers whether a model fits there now, with what the estimator was asked', async () => {
    const { port } = await servePage(demo.services);
    const told = await ask(port, '/api/v1/servers/main/fit?model=gemma3:12b&ctx=8192');
    const read = fitSchema.parse(told.json());
    expect(read).toMatchObject({ server: 'main', model: 'gemma3:12b', ctx: 8192, verdict: 'fits' });
    expect(read.machine).toMatchObject({ gpus: expect.any(Array) });
  });

  it('gives the models of a server, a model’s spec, and the history', async () => {
    const { port } = await servePage(demo.services, {
      history: async (server, window) => ({
        server,
        window,
        fromMs: 0,
        toMs: 600_000,
        stepMs: 300_000,
        gpus: [
          {
            gpuUuid: 'x',
            gpuName: 'Card',
            totalBytes: 8,
            points: [
              { atMs: 0, usedAvgBytes: 1, usedMaxBytes: 2, freeMinBytes: 6, ollamaAvgBytes: 0, utilAvgPct: 3 },
              {
                atMs: 300_000,
                usedAvgBytes: null,
                usedMaxBytes: null,
                freeMinBytes: null,
                ollamaAvgBytes: null,
                utilAvgPct: null,
              },
            ],
          },
        ],
      }),
    });
    const { models } = modelsSchema.parse((await ask(port, '/api/v1/servers/main/models')).json());
    expect([...models].sort()).toEqual(['gemma3:12b', 'qwen3:8b']);
    const spec = specSchema.parse((await ask(port, '/api/v1/servers/main/spec?model=qwen3:8b')).json());
    expect(spec.architecture).toBe('qwen3');
    const history = historySchema.parse((await ask(port, '/api/v1/servers/main/history?window=1h')).json());
    expect(history.gpus[0]!.usedBytes).toEqual([1, null]);
  });

  it('refuses what it does not know, with a code', async () => {
    const { port } = await servePage(demo.services);
    const code = async (path: string, method = 'GET') => {
      const told = await ask(port, path, { method });
      return [told.status, told.json().error?.code];
    };
    expect(await code('/api/v1/nothing')).toEqual([404, 'page-no-such-path']);
    expect(await code('/api/v1/state', 'POST')).toEqual([405, 'page-no-such-method']);
    expect(await code('/api/v1/servers/other/models')).toEqual([404, 'server-unknown']);
    expect(await code('/api/v1/servers/main/fit?model=x&ctx=-5')).toEqual([400, 'page-bad-query']);
    expect(await code('/api/v1/servers/main/fit?model=gemma3:12b&evil=1')).toEqual([400, 'page-bad-query']);
    expect(await code('/api/v1/servers/main/fit?model=gemma3:12b&ctx=9000000')).toEqual([422, 'ctx-beyond-training']);
  });

  it('is described for machines, every endpoint of it', async () => {
    const { port } = await servePage(demo.services);
    const served = (await ask(port, '/api/v1/openapi.json')).json();
    expect(served).toEqual(JSON.parse(JSON.stringify(openApi())));
    for (const { method, path } of ENDPOINTS) {
      expect((served.paths as Record<string, object>)[`/api/v1${path}`], path).toHaveProperty(method.toLowerCase());
    }
  });
});

describe('the stream of events', () => {
  /** Opens a stream and gives what it has said so far. */
  function watch(port: number, headers: Record<string, string> = {}) {
    const told: string[] = [];
    const asked = get({ port, host: '127.0.0.1', path: '/api/v1/events', headers });
    const ended = new Promise<void>((resolve) => asked.on('close', resolve));
    const opened = new Promise<number>((resolve) => {
      asked.on('response', (response) => {
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => told.push(chunk));
        response.on('error', () => undefined);
        resolve(response.statusCode ?? 0);
      });
    });
    asked.on('error', () => undefined);
    return { told, opened, ended, close: () => asked.destroy() };
  }

  it('tells the state at once, and again when something changes', async () => {
    const queue: { model: string; kind: 'load' }[] = [];
    const { port } = await servePage(demo.services, { underWay: () => queue });
    const stream = watch(port);
    expect(await stream.opened).toBe(200);
    await expect.poll(() => stream.told.join('')).toContain('event: state\ndata: {');
    queue.push({ model: 'qwen3:8b', kind: 'load' });
    await demo.services.servers.snapshotAll({ maxAgeMs: 0 });
    await expect.poll(() => stream.told.join(''), { timeout: 5_000 }).toContain('"queue":[{"model":"qwen3:8b"');
    stream.close();
  });

  it('ends with the session of whoever watches', async () => {
    const { port } = await servePage(demo.services, { token: TOKEN });
    const { cookie } = await logIn(port);
    const other = (await logIn(port)).cookie;
    const stream = watch(port, { cookie });
    const stays = watch(port, { cookie: other });
    expect(await Promise.all([stream.opened, stays.opened])).toEqual([200, 200]);
    let over = false;
    void stream.ended.then(() => {
      over = true;
    });
    let othersOver = false;
    void stays.ended.then(() => {
      othersOver = true;
    });
    await ask(port, '/api/v1/session', { method: 'DELETE', headers: { cookie } });
    await expect.poll(() => over).toBe(true);
    expect(othersOver).toBe(false);
    stays.close();
  });

  it('reads servers faster only while somebody watches', async () => {
    let watched = 0;
    const { port } = await servePage(demo.services, {
      watch: () => {
        watched++;
        return () => {
          watched--;
        };
      },
    });
    const streams = [watch(port), watch(port)];
    await Promise.all(streams.map(({ opened }) => opened));
    expect(watched).toBe(1);
    for (const { close } of streams) {
      close();
    }
    await expect.poll(() => watched).toBe(0);
  });

  it('is capped: whoever comes after asks now and then, and the port stays reachable', async () => {
    const { port } = await servePage(demo.services);
    const streams = Array.from({ length: MAX_STREAMS }, () => watch(port));
    expect(new Set(await Promise.all(streams.map(({ opened }) => opened)))).toEqual(new Set([200]));
    const late = watch(port);
    expect(await late.opened).toBe(503);
    expect((await ask(port, '/api/v1/session')).json()).toMatchObject({ streams: false });
    expect((await ask(port, state)).status).toBe(200);
    expect((await ask(port, '/healthz')).status).toBe(200);
    for (const { close } of [...streams, late]) {
      close();
    }
  });
});
