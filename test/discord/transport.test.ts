import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DefaultRestOptions } from 'discord.js';
import { pino } from 'pino';
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from 'undici';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectionCutError, createMakeRequest, createRest, WaitTooLongError } from '../../src/discord/transport.ts';

type Step = 'cut' | { status: number; headers?: Record<string, string>; body?: unknown };

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) {
    close();
  }
});

/** A peer that answers by a script, repeating its last line; pauses are noted instead of waited for. */
async function scripted(script: readonly Step[]) {
  let requests = 0;
  const pauses: number[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    request.on('end', () => {
      const step = script[Math.min(requests, script.length - 1)]!;
      requests += 1;
      if (step === 'cut') {
        request.socket.destroy();
        return;
      }
      response.writeHead(step.status, { 'content-type': 'application/json', ...step.headers });
      response.end(JSON.stringify(step.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const make = createMakeRequest(DefaultRestOptions.makeRequest, async (ms) => pauses.push(ms));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v10`;
  return {
    apiUrl: origin.replace('/v10', ''),
    send: (method: string, path: string) => make(`${origin}${path}`, { method, body: method === 'GET' ? null : '{}' }),
    pauses,
    count: () => requests,
  };
}

const ok: Step = { status: 200 };
const FOLLOW_UP = '/webhooks/1/token';
const MESSAGES = '/channels/123/messages';

describe('a cut connection', () => {
  it.each([
    ['PATCH', '/webhooks/1/token/messages/@original'],
    ['POST', '/interactions/1/token/callback'],
    ['POST', MESSAGES],
    ['GET', '/gateway/bot'],
  ])('is tried again for %s %s', async (method, path) => {
    const { send, pauses } = await scripted(['cut', 'cut', ok]);
    expect((await send(method, path)).status).toBe(200);
    expect(pauses).toHaveLength(2);
  });

  it('is given up after a few tries', async () => {
    const { send, count } = await scripted(['cut']);
    await expect(send('PATCH', MESSAGES)).rejects.toBeInstanceOf(ConnectionCutError);
    expect(count()).toBe(4);
  });

  it('is not tried again where a second message would come of it', async () => {
    const { send, count } = await scripted(['cut', ok]);
    await expect(send('POST', FOLLOW_UP)).rejects.toBeInstanceOf(ConnectionCutError);
    expect(count()).toBe(1);
  });
});

describe('a second acknowledgement', () => {
  const CALLBACK = '/interactions/1/token/callback';
  const refused: Step = { status: 400, body: { code: 40060 } };

  it.each<[string, Step]>([
    ['a cut connection', 'cut'],
    ['an inner fault of Discord', { status: 502 }],
  ])('counts when the first one ended in %s', async (_what, first) => {
    const { send } = await scripted([first, refused]);
    if (first !== 'cut') {
      await send('POST', CALLBACK);
    }
    expect((await send('POST', CALLBACK)).status).toBe(204);
  });

  it('is refused when somebody else was first', async () => {
    const { send } = await scripted([refused]);
    expect((await send('POST', CALLBACK)).status).toBe(400);
  });

  it('that is refused for another reason stays refused', async () => {
    const { send } = await scripted(['cut', { status: 400, body: { code: 50035 } }]);
    const response = await send('POST', CALLBACK);
    expect([response.status, await response.json()]).toEqual([400, { code: 50035 }]);
  });
});

it('sends a form whole, also when another undici made the global dispatcher', async () => {
  const before = getGlobalDispatcher();
  setGlobalDispatcher(new Agent());
  closers.push(() => setGlobalDispatcher(before));
  const seen: { type: string; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      seen.push({ type: request.headers['content-type'] ?? '', body });
      // The first try is cut, so that the form has to be sent twice.
      if (seen.length === 1) {
        request.socket.destroy();
      } else {
        response.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  const form = new FormData();
  form.set('payload_json', '{"a":1}');
  form.set('files[0]', new Blob(['png']), 'chart.png');
  const make = createMakeRequest(DefaultRestOptions.makeRequest, async () => undefined);
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: 'Bot x' };
  expect((await make(`http://127.0.0.1:${port}/x`, { method: 'PATCH', headers, body: form as never })).status).toBe(
    200,
  );
  expect(seen).toHaveLength(2);
  expect(seen[1]?.type).toMatch(/^multipart\/form-data; boundary=/);
  expect(seen[1]?.body).toContain('{"a":1}');
  expect(seen[1]?.body).toContain('filename="chart.png"');
});

it('takes an empty answer that calls itself JSON as an answer without content', async () => {
  const { send } = await scripted([{ status: 204 }]);
  const response = await send('DELETE', '/webhooks/1/token/messages/@original');
  expect(response.status).toBe(204);
  expect(response.headers.get('content-type')).toBeNull();
});

describe('a limit', () => {
  it('with a time to wait is left to discord.js', async () => {
    const { send, count } = await scripted([{ status: 429, headers: { 'retry-after': '2' } }]);
    expect((await send('PATCH', MESSAGES)).status).toBe(429);
    expect(count()).toBe(1);
  });

  it.each<[string, Record<string, string>]>([
    ['without a time', {}],
    ['with a time of nothing', { 'retry-after': '0' }],
    ['with nonsense for a time', { 'retry-after': 'soon' }],
  ])('%s is waited for in growing pauses and then given up', async (_what, headers) => {
    const { send, pauses, count } = await scripted([{ status: 429, headers }]);
    await expect(send('PATCH', MESSAGES)).rejects.toBeInstanceOf(WaitTooLongError);
    expect(pauses).toEqual([1_000, 2_000, 4_000]);
    expect(count()).toBe(4);
  });

  it('whose time stands in the body alone is waited for', async () => {
    const { send, pauses } = await scripted([{ status: 429, body: { retry_after: 3 } }, ok]);
    expect((await send('PATCH', MESSAGES)).status).toBe(200);
    expect(pauses).toEqual([3_000]);
  });

  it('on an old message is told apart', async () => {
    const { send } = await scripted([{ status: 429, headers: { 'retry-after': '6' }, body: { code: 30046 } }]);
    await expect(send('PATCH', MESSAGES)).rejects.toMatchObject({ oldMessage: true, retryAfterMs: 6_000 });
  });
});

describe('what discord.js keeps for each interaction', () => {
  it('is dropped soon after, so that the memory does not grow with every command', async () => {
    const { apiUrl } = await scripted([ok]);
    const rest = createRest({ apiUrl, token: 'a.b.c', log: pino({ enabled: false }), sweepMs: 500 });
    closers.push(() => {
      rest.clearHandlerSweeper();
      rest.clearHashSweeper();
    });
    for (let id = 10; id < 60; id++) {
      await rest.patch(`/webhooks/100000000000000001/token${id}/messages/@original`, { body: {}, auth: false });
    }
    await vi.waitUntil(() => rest.handlers.size === 0, { timeout: 5_000 });
  });

  it('is looked through more often than once a minute', () => {
    const rest = createRest({ apiUrl: 'http://127.0.0.1:9', token: 'a.b.c', log: pino({ enabled: false }) });
    expect(rest.options.handlerSweepInterval).toBeLessThanOrEqual(60_000);
    rest.clearHandlerSweeper();
    rest.clearHashSweeper();
  });
});
