import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ServerSnapshot } from '../../src/servers/types.ts';
import { boundConnections } from '../../src/web/guard.ts';
import { HttpPortError, readiness, startHttp } from '../../src/web/http.ts';
import { onEnd } from '../gpus/tools.ts';
import { moment, quiet, registryOf } from '../schedule/watches/world.ts';

async function serve(more: Partial<Parameters<typeof startHttp>[0]> = {}) {
  const http = await startHttp({
    port: 0,
    host: '127.0.0.1',
    metrics: { contentType: 'text/plain; version=0.0.4', text: async () => 'headroom_up 1\n' },
    readiness: async () => ({ chat: true, store: true }),
    token: null,
    log: quiet,
    ...more,
  });
  onEnd(() => http.close());
  return { http, url: `http://127.0.0.1:${http.port}` };
}

/** Sends bytes and gives everything that comes back until the connection ends. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return text;
}

describe('the HTTP port', () => {
  it('tells that the process lives, and the figures', async () => {
    const { url } = await serve();
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.text()]).toEqual([200, 'ok\n']);
    const metrics = await fetch(`${url}/metrics?x=1`);
    expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await metrics.text()).toBe('headroom_up 1\n');
  });

  it('is ready only when everything is well, and says what is not', async () => {
    const checks = { chat: true, store: true };
    const { url } = await serve({ readiness: async () => checks });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    checks.store = false;
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, checks: { chat: true, store: false } });
  });

  it('gives figures to this machine, and to others with the token alone', async () => {
    const token = 'a-token-of-some-length';
    const elsewhere = { 'x-forwarded-for': '203.0.113.7' };
    const { url } = await serve({ token, readiness: async () => ({ chat: false, store: true }) });
    expect((await fetch(`${url}/metrics`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`, { headers: elsewhere })).status).toBe(401);
    const wrong = { ...elsewhere, authorization: 'Bearer a-token-of-some-lengtH' };
    expect((await fetch(`${url}/metrics`, { headers: wrong })).status).toBe(401);
    const right = { ...elsewhere, authorization: `Bearer ${token}` };
    expect((await fetch(`${url}/metrics`, { headers: right })).status).toBe(200);
    const ready = await fetch(`${url}/readyz`, { headers: elsewhere });
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false }]);
    expect(await (await fetch(`${url}/readyz`, { headers: right })).json()).toHaveProperty('checks');
    expect((await fetch(`${url}/healthz`, { headers: elsewhere })).status).toBe(200);
    const { url: without } = await serve();
    expect((await fetch(`${without}/metrics`, { headers: right })).status).toBe(401);
  });

  it('gives no figures to a page in a browser here whose name was made to point here', async () => {
    const { http } = await serve({ hosts: ['gpu-box'] });
    const asked = (host: string) =>
      raw(http.port, `GET /metrics HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect(await asked('rebound.example.com')).toMatch(/^HTTP\/1\.1 401 /);
    for (const host of ['127.0.0.1:9464', 'localhost:9464', '[::1]', 'GPU-box:9464']) {
      expect(await asked(host), host).toMatch(/^HTTP\/1\.1 200 /);
    }
  });

  it('keeps no more clients that ask and never read than it has places', async () => {
    const body = Buffer.alloc(32 * 1024 * 1024);
    const server = createServer((_request, response) => response.end(body));
    boundConnections(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sockets: Socket[] = [];
    onEnd(() => {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
    });
    for (let i = 0; i < 80; i++) {
      const socket = connect(port, '127.0.0.1').pause();
      socket.on('error', () => undefined);
      sockets.push(socket);
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(server, 'request');
    }
    const counted = () => new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
    await expect.poll(counted).toBe(64);
  });

  it('answers beside hundreds of clients that send nothing or half of a request', async () => {
    const { http, url } = await serve();
    const sockets = Array.from({ length: 200 }, () => connect(http.port, '127.0.0.1'));
    onEnd(() => {
      for (const socket of sockets) {
        socket.destroy();
      }
    });
    for (const [index, socket] of sockets.entries()) {
      socket.on('error', () => undefined);
      // A connection that is read is seen to end.
      socket.resume();
      if (index % 2 === 0) {
        socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
      }
    }
    await Promise.all(sockets.slice(-20).map((socket) => (socket.connecting ? once(socket, 'connect') : null)));
    for (let i = 0; i < 5; i++) {
      expect((await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(5_000) })).status).toBe(200);
    }
    // The oldest made room, so that they take neither the memory nor the file handles.
    await expect.poll(() => sockets.filter(({ destroyed }) => !destroyed).length, { timeout: 5_000 }).toBeLessThan(100);
  });

  it('answers nothing else', async () => {
    const { url } = await serve();
    for (const path of ['/', '/admin', '/metrics/', '/../etc/passwd']) {
      expect((await fetch(url + path)).status, path).toBe(404);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await fetch(`${url}/metrics`, { method })).status, method).toBe(405);
    }
    const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('survives rubbish, headers without end and bodies', async () => {
    const { http, url } = await serve();
    expect(await raw(http.port, 'rubbish\r\n\r\n')).toMatch(/^HTTP\/1\.1 400/);
    expect(await raw(http.port, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)).toMatch(
      /^(HTTP\/1\.1 4|$)/,
    );
    expect(await raw(http.port, `GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello`)).toMatch(/200/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('tells a failure without its text', async () => {
    const text = async (): Promise<string> => Promise.reject(new Error('secret path'));
    const { url } = await serve({ metrics: { contentType: 'text/plain', text } });
    const answer = await fetch(`${url}/metrics`);
    expect([answer.status, await answer.text()]).toEqual([500, 'failed\n']);
  });

  it('says that the port is taken', async () => {
    const { http } = await serve();
    await expect(serve({ port: http.port })).rejects.toThrow(HttpPortError);
    await expect(serve({ port: http.port })).rejects.toMatchObject({
      params: { port: http.port, reason: 'EADDRINUSE' },
    });
  });

  it('closes with open connections', async () => {
    const { http } = await serve();
    const socket = connect(http.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = once(socket, 'close');
    await http.close();
    await closed;
  });
});

describe('readiness', () => {
  const NOW = Date.UTC(2026, 10, 23);
  const registry = registryOf('main');
  const servers = (snapshot: ServerSnapshot | null) => ({
    servers: [{ ...registry.servers[0]!, latest: () => snapshot }],
  });
  const store = { check: async () => null };

  it('needs the chat where there is one, the store, and a server that answered lately', async () => {
    const up = servers(moment({ atMs: NOW - 60_000 }));
    expect(await readiness(up, store, () => true, NOW)).toEqual({ chat: true, store: true, server: true });
    expect(await readiness(up, store, null, NOW)).toMatchObject({ chat: true });
    expect(await readiness(up, store, () => false, NOW)).toMatchObject({ chat: false });
    expect(await readiness(up, { check: async () => 'store-full' as const }, null, NOW)).toMatchObject({
      store: false,
    });
    expect(await readiness(servers(null), store, null, NOW)).toMatchObject({ server: false });
    expect(await readiness(servers(moment({ atMs: NOW - 600_000 })), store, null, NOW)).toMatchObject({
      server: false,
    });
    const down = { state: 'down', error: { code: 'unreachable', params: {} }, lastVersion: null } as const;
    expect(await readiness(servers(moment({ atMs: NOW, ollama: down })), store, null, NOW)).toMatchObject({
      server: false,
    });
  });
});
