/** The client against the simulated server: every method, every fault. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOllamaClient } from '../../src/ollama/client.ts';
import type { OllamaClient, PullProgress } from '../../src/ollama/types.ts';
import type { HttpFault, LoadFault } from '../../src/simulator/faults.ts';
import type { SimulatorOptions } from '../../src/simulator/types.ts';
import { eventually } from '../simulator/eventually.ts';
import { BYTES_PER_TOKEN, GIB, SLOW, startMachine, type TestMachine } from '../simulator/machine.ts';

let machine: TestMachine;
let client: OllamaClient;

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  await stop();
  machine = await startMachine(options);
  client = createOllamaClient({ host: machine.simulator.url });
}

async function stop(): Promise<void> {
  await client?.close();
  await machine?.simulator.close();
}

beforeEach(() => start());
afterEach(stop);

const code = (name: string, params: Record<string, unknown> = {}) =>
  expect.objectContaining({ name: 'OllamaError', code: name, params: expect.objectContaining(params) });

describe('round trips', () => {
  it('version and tags', async () => {
    expect(await client.version()).toEqual({ text: '0.33.0', numbers: [0, 33, 0] });
    const tags = await client.tags();
    expect(tags.map(({ name }) => name)).toEqual(['small:1b', 'middle:4b', 'large:6b', 'embed:latest']);
    expect(tags[1]).toMatchObject({
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
      details: { format: 'gguf', family: 'llama', quantization: 'Q4_K_M' },
      capabilities: ['completion'],
      contextLength: 131072,
      isCloud: false,
    });
    expect(tags[1]!.sizeBytes).toBeGreaterThan(4 * GIB);
  });

  it('show, with and without arrays', async () => {
    const brief = await client.show('small:1b');
    expect(brief.modelInfo['llama.attention.head_count_kv']).toBeNull();
    expect(brief.modelInfo['general.name']).toBeUndefined();
    expect(brief.tensors).toHaveLength(3);
    const full = await client.show('small:1b', { verbose: true });
    expect(full.modelInfo['llama.attention.head_count_kv']).toEqual([4, 4, 4, 4]);
    expect(full.modelInfo['tokenizer.ggml.tokens.length']).toBe(2000);
  });

  it('load, ps, unload', async () => {
    const startMs = machine.clock.now();
    expect(await client.load('middle:4b', { numCtx: 8192, keepAlive: { kind: 'for', ms: 600_000 } })).toEqual({
      via: 'generate',
    });
    const size = 4 * GIB + 8192 * BYTES_PER_TOKEN;
    expect(await client.ps()).toEqual([
      expect.objectContaining({
        name: 'middle:4b',
        sizeBytes: size,
        sizeVramBytes: size,
        contextLength: 8192,
        expiresAtMs: startMs + 600_000,
        pinned: false,
      }),
    ]);
    await client.unload('middle:4b');
    expect(await client.ps()).toEqual([]);
    await client.unload('middle:4b');
  });

  it('a pinned load', async () => {
    await client.load('small:1b', { keepAlive: { kind: 'forever' } });
    expect(await client.ps()).toEqual([expect.objectContaining({ pinned: true, expiresAtMs: null })]);
  });

  it('embedding models load through embed, asked for or found out', async () => {
    expect(await client.load('embed', { embedding: true })).toEqual({ via: 'embed' });
    await client.unload('embed');
    expect(await client.load('embed', {})).toEqual({ via: 'embed' });
    expect((await client.ps()).map(({ name }) => name)).toEqual(['embed:latest']);
    await expect(client.load('embed', { embedding: false })).rejects.toThrow(
      code('bad-request', { reason: 'capability' }),
    );
  });

  it('create, copy, delete', async () => {
    await client.create('team/small:32k', { from: 'small:1b', parameters: { num_ctx: 32768, stop: ['<end>'] } });
    expect((await client.show('team/small:32k')).parameters).toEqual({ num_ctx: ['32768'], stop: ['<end>'] });
    await client.load('team/small:32k', {});
    expect(await client.ps()).toEqual([expect.objectContaining({ name: 'team/small:32k', contextLength: 32768 })]);
    await client.copy('team/small:32k', 'other');
    expect((await client.tags()).map(({ name }) => name)).toContain('other:latest');
    await client.delete('other');
    await expect(client.delete('other')).rejects.toThrow(code('not-found'));
    await expect(client.copy('nothing', 'x')).rejects.toThrow(code('not-found'));
    await expect(client.create('x', { from: 'nothing', parameters: {} })).rejects.toThrow(code('not-found'));
  });

  it('pull', async () => {
    await start({ timing: { ...SLOW, pullBytesPerSecond: 2 * GIB } });
    const lines: PullProgress[] = [];
    const pulled = (async () => {
      for await (const line of client.pull('fresh:2b')) {
        lines.push(line);
      }
    })();
    await eventually(() => expect(lines.length).toBeGreaterThan(1));
    expect((await client.tags()).map(({ name }) => name)).not.toContain('fresh:2b');
    await machine.clock.advance(2000);
    await pulled;
    expect(lines[0]).toEqual({ status: 'pulling manifest', digest: null, totalBytes: null, completedBytes: null });
    expect(lines.some(({ completedBytes, totalBytes }) => (completedBytes ?? 0) > GIB && totalBytes === 2 * GIB)).toBe(
      true,
    );
    expect(lines.at(-1)?.status).toBe('success');
    expect((await client.tags())[0]?.name).toBe('fresh:2b');
  });

  it('a pull that is left in the middle leaves nothing behind', async () => {
    await start({ timing: SLOW });
    const controller = new AbortController();
    const run = async () => {
      for await (const line of client.pull('fresh:2b', { signal: controller.signal })) {
        if (line.totalBytes !== null) {
          controller.abort();
        }
      }
    };
    await expect(run()).rejects.toThrow(code('canceled', { by: 'caller' }));
    await machine.clock.advance(60_000);
    expect((await client.tags()).map(({ name }) => name)).not.toContain('fresh:2b');
  });

  it('unknown models by name', async () => {
    const missing = code('not-found');
    await expect(client.load('nothing', {})).rejects.toThrow(missing);
    await expect(client.show('nothing')).rejects.toThrow(missing);
    await expect(client.unload('nothing')).rejects.toThrow(missing);
    await expect(async () => {
      for await (const _ of client.pull('nothing')) {
        // nothing comes
      }
    }).rejects.toThrow(missing);
  });

  it('models of the cloud and of MLX are told apart, and their loads fail by name', async () => {
    await start({
      stubs: [
        { name: 'gpt-oss:120b-cloud', kind: 'cloud', sizeBytes: 384 },
        { name: 'qwen:mlx', kind: 'mlx', sizeBytes: 4 * GIB },
      ],
    });
    const tags = await client.tags();
    expect(tags.slice(-2).map(({ isCloud, isMlx }) => [isCloud, isMlx])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect(await client.show('gpt-oss:120b-cloud')).toMatchObject({ isCloud: true, tensors: null });
    expect(await client.show('qwen:mlx')).toMatchObject({ isMlx: true });
    await expect(client.load('gpt-oss:120b-cloud', {})).rejects.toThrow(code('unauthorized'));
    await expect(client.load('qwen:mlx', {})).rejects.toThrow(code('server-error', { reason: 'mlx' }));
  });

  it('a load with keep_alive 0 is refused, for Ollama would unload', async () => {
    await expect(client.load('small:1b', { keepAlive: { kind: 'for', ms: 0 } })).rejects.toThrow(code('bad-request'));
  });
});

describe('a load given up', () => {
  it('is canceled on the server, and its memory comes back', async () => {
    await start({ timing: SLOW });
    const controller = new AbortController();
    const load = client.load('large:6b', { numCtx: 4096, signal: controller.signal });
    const refused = expect(load).rejects.toThrow(code('canceled', { by: 'caller' }));
    await eventually(async () => {
      await machine.clock.advance(100);
      expect(machine.simulator.processes()).not.toEqual([]);
    });
    controller.abort();
    await refused;
    await eventually(() => expect(machine.simulator.processes()).toEqual([]));
    expect(machine.simulator.loaded()).toEqual([]);
    // the lane is free again
    const next = client.load('small:1b', { numCtx: 4096 });
    await eventually(async () => {
      await machine.clock.advance(500);
      expect(machine.simulator.loaded()).toHaveLength(1);
    });
    await next;
  });
});

describe('faults of the HTTP side', () => {
  it.each<[string, HttpFault, object]>([
    ['a hanging server', { kind: 'hang' }, code('timeout', { afterMs: 150 })],
    ['a slow server', { kind: 'slow', ms: 60_000 }, code('timeout')],
    ['a reset connection', { kind: 'reset' }, code('unreachable', { reason: 'reset' })],
    ['a cut answer', { kind: 'cut' }, code('unreachable', { reason: 'reset' })],
    [
      'an error of Ollama',
      { kind: 'status', status: 500, text: 'boom', json: true },
      code('server-error', { status: 500 }),
    ],
    [
      'an error of a proxy',
      { kind: 'status', status: 502, text: '<html>', json: false },
      code('unreachable', { reason: 'gateway' }),
    ],
    ['a login page', { kind: 'status', status: 401, text: 'no', json: false }, code('unauthorized')],
    ['a full queue', { kind: 'status', status: 503, text: 'server busy, please try again.', json: true }, code('busy')],
    ['garbage', { kind: 'garbage' }, code('bad-answer', { reason: 'json' })],
    ['other fields', { kind: 'wrong-fields' }, code('bad-answer', { reason: 'fields' })],
    ['an endless body', { kind: 'endless' }, code('too-large')],
    ['a redirect', { kind: 'redirect', location: 'http://127.0.0.1:9/' }, code('bad-answer', { reason: 'redirect' })],
  ])('%s has its name, and the next call is fine', async (_name, fault, expected) => {
    const silent = fault.kind === 'hang' || fault.kind === 'slow';
    const hasty = createOllamaClient({ host: machine.simulator.url, ...(silent && { timeouts: { queryMs: 150 } }) });
    machine.simulator.setFaults({ http: [{ path: '/api/ps', fault, times: 1 }] });
    await expect(hasty.ps()).rejects.toThrow(expected);
    expect(await client.ps()).toEqual([]);
    await hasty.close();
  });

  it('a server that is down, and up again', async () => {
    await machine.simulator.refuse();
    await expect(client.version()).rejects.toThrow(code('unreachable', { reason: 'refused' }));
    await machine.simulator.accept();
    expect((await client.version()).text).toBe('0.33.0');
  });

  it('a key that is missing or right', async () => {
    await start({ bearerToken: 'open sesame' });
    await expect(client.ps()).rejects.toThrow(code('unauthorized'));
    const knowing = createOllamaClient({ host: machine.simulator.url, apiKey: 'open sesame' });
    expect(await knowing.ps()).toEqual([]);
    await knowing.close();
  });

  it('a path that this Ollama does not have', async () => {
    machine.simulator.setFaults({
      http: [{ path: '/api/ps', fault: { kind: 'status', status: 404, text: '404 page not found', json: false } }],
    });
    await expect(client.ps()).rejects.toThrow(code('too-old', { path: '/api/ps' }));
  });
});

describe('faults of loads', () => {
  it.each<[string, LoadFault, object]>([
    ['out of memory', { kind: 'out-of-memory' }, code('out-of-memory')],
    [
      'a dying runner',
      { kind: 'crash', text: 'llama-server process has terminated: exit status 2' },
      code('runner-died', { how: 'exit status 2' }),
    ],
  ])('%s has its name, and the next load works', async (_name, fault, expected) => {
    machine.simulator.setFaults({ load: [{ model: 'small:1b', fault, times: 1 }] });
    await expect(client.load('small:1b', { numCtx: 4096 })).rejects.toThrow(expected);
    expect(machine.simulator.processes()).toEqual([]);
    await client.load('small:1b', { numCtx: 4096 });
  });

  it('a spill shows as VRAM below size', async () => {
    machine.simulator.setFaults({ load: [{ fault: { kind: 'spill' } }] });
    await client.load('small:1b', { numCtx: 4096 });
    const [running] = await client.ps();
    expect(running!.sizeVramBytes).toBe(running!.sizeBytes / 2);
  });

  it('a refusal for lack of system memory carries both figures', async () => {
    await start({
      placement: () => ({ refused: 'model requires more system memory (55.2 GiB) than is available (7.7 GiB)' }),
    });
    await expect(client.load('small:1b', {})).rejects.toThrow(
      code('needs-more-memory', { neededBytes: Math.round(55.2 * GIB) }),
    );
  });

  it('an option of the wrong type is refused with the option named', async () => {
    const load = client.load('small:1b', { options: { num_ctx: 'many' } });
    await expect(load).rejects.toMatchObject({ ollamaText: 'option "num_ctx" must be of type integer' });
  });
});
