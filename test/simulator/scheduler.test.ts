/** The simulated server behaves as Ollama's scheduler does, seen over HTTP. */

import { afterEach, describe, expect, it } from 'vitest';
import type { LoadedView } from '../../src/simulator/simulator.ts';
import type { SimulatorOptions } from '../../src/simulator/types.ts';
import { eventually } from './eventually.ts';
import { BYTES_PER_TOKEN, card, GIB, MIB, model, SLOW, startMachine, type TestMachine } from './machine.ts';

let machine: TestMachine;

afterEach(() => machine?.simulator.close());

async function start(options: Partial<SimulatorOptions> = {}): Promise<void> {
  machine = await startMachine(options);
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function post(path: string, body: unknown, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(machine.simulator.url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function load(name: string, numCtx?: number, extra: object = {}, signal?: AbortSignal): Promise<Answer> {
  const options = numCtx === undefined ? {} : { num_ctx: numCtx };
  return post('/api/generate', { model: name, stream: false, options: { ...options, ...(extra as object) } }, signal);
}

function loadFor(name: string, keepAlive: string | number): Promise<Answer> {
  return post('/api/generate', { model: name, keep_alive: keepAlive, options: { num_ctx: 4096 }, stream: false });
}

function names(): string[] {
  return machine.simulator
    .loaded()
    .map(({ name }) => name)
    .sort();
}

function loaded(name: string): LoadedView | undefined {
  return machine.simulator.loaded().find((entry) => entry.name === name);
}

/** Starts a load and moves time until it ends. */
async function settled(answer: Promise<Answer>, stepMs = 250): Promise<Answer> {
  let done = false;
  const finished = answer.finally(() => {
    done = true;
  });
  for (let step = 0; step < 400 && !done; step++) {
    await machine.clock.advance(stepMs);
  }
  return finished;
}

describe('memory', () => {
  it('moves with a load and comes back after the unload', async () => {
    await start({ timing: SLOW });
    const before = machine.simulator.gpus().map(({ freeBytes }) => freeBytes);
    const answer = load('middle:4b', 8192);
    await eventually(() => machine.clock.advance(50).then(() => expect(machine.simulator.processes()).not.toEqual([])));
    await machine.clock.advance(2000);
    const midway = machine.simulator.gpus()[0]!;
    expect(midway.usedBytes).toBeGreaterThan(GIB);
    expect(midway.usedBytes).toBeLessThan(4 * GIB);
    expect(midway.utilizationPercent).toBeGreaterThan(0);
    expect(names()).toEqual([]);
    expect(await settled(answer)).toMatchObject({ status: 200, body: { done_reason: 'load' } });

    const need = 4 * GIB + 8192 * BYTES_PER_TOKEN;
    expect(loaded('middle:4b')).toMatchObject({ sizeBytes: need, sizeVramBytes: need });
    expect(machine.simulator.gpus()[0]!.freeBytes).toBe(before[0]! - need - 100 * MIB);
    expect(machine.simulator.processes()).toEqual([
      expect.objectContaining({ usedBytes: need + 100 * MIB, name: 'llama-server' }),
    ]);

    expect(await post('/api/generate', { model: 'middle:4b', keep_alive: 0 })).toMatchObject({
      body: { done_reason: 'unload' },
    });
    expect(names()).toEqual([]);
    expect(machine.simulator.gpus()[0]!.freeBytes).toBeLessThan(before[0]!);
    await machine.clock.advance(SLOW.recoveryMs);
    expect(machine.simulator.gpus().map(({ freeBytes }) => freeBytes)).toEqual(before);
  });

  it('always adds up: used, free and reserved make the total', async () => {
    await start();
    await load('middle:4b', 4096);
    machine.simulator.setForeign('blender', 1, 3 * GIB);
    for (const gpu of machine.simulator.gpus()) {
      expect(gpu.usedBytes + gpu.freeBytes + gpu.reservedBytes).toBe(gpu.totalBytes);
    }
  });

  it('is shared with others, who get at most what is free', async () => {
    await start();
    await load('large:6b', 4096);
    const held = machine.simulator.setForeign('blender', 0, 20 * GIB);
    expect(held).toBeLessThan(2 * GIB);
    expect(machine.simulator.gpus()[0]!.freeBytes).toBe(0);
    expect(machine.simulator.processes().map(({ name }) => name)).toContain('blender');
    machine.simulator.setForeign('blender', 0, 0);
    expect(machine.simulator.processes().map(({ name }) => name)).not.toContain('blender');
  });

  it('runs out when somebody grows in mid-load', async () => {
    await start({ timing: SLOW });
    const answer = load('large:6b', 4096);
    await eventually(() => machine.clock.advance(50).then(() => expect(machine.simulator.processes()).not.toEqual([])));
    machine.simulator.setForeign('blender', 0, 6 * GIB);
    const { status, body } = await settled(answer);
    expect(status).toBe(500);
    expect(body.error).toMatch(/^llama-server reported out-of-memory during startup: .*cudaMalloc failed/);
    expect(machine.simulator.processes().map(({ name }) => name)).toEqual(['blender']);
  });

  it('does not come back after a leak, and the next load is not kept waiting for ever', async () => {
    await start({ timing: SLOW });
    machine.simulator.setFaults({ load: [{ model: 'middle:4b', fault: { kind: 'leak' } }] });
    await settled(load('middle:4b', 4096));
    await post('/api/generate', { model: 'middle:4b', keep_alive: 0 });
    const next = await settled(load('small:1b', 4096));
    expect(next.status).toBe(200);
    expect(machine.simulator.processes().map(({ usedBytes }) => usedBytes)).toHaveLength(2);
    expect(names()).toEqual(['small:1b']);
  });

  it('of the host ends the load when the rest does not fit there', async () => {
    await start({ models: [model('huge:60b', 60)] });
    const { status, body } = await load('huge:60b', 4096);
    expect(status).toBe(500);
    expect(body.error).toBe('llama-server process has terminated: signal: killed');
  });
});

describe('a second load', () => {
  it('stays beside the first when the prediction is under four fifths of what is free', async () => {
    await start();
    await load('middle:4b', 4096);
    await load('small:1b', 4096);
    expect(names()).toEqual(['middle:4b', 'small:1b']);
  });

  it('evicts one after the other until there is room, shortest keep_alive first', async () => {
    await start();
    machine.simulator.setForeign('blender', 1, 2 * GIB);
    await loadFor('middle:4b', '2h');
    await loadFor('small:1b', '1h');
    await load('large:6b', 4096);
    expect(names()).toEqual(['large:6b', 'middle:4b']);
  });

  it('evicts what is pinned when nothing else is left', async () => {
    await start();
    machine.simulator.setForeign('blender', 1, 8 * GIB);
    await loadFor('large:6b', -1);
    await load('middle:4b', 4096);
    expect(names()).toEqual(['middle:4b']);
  });

  it('evicts before 0.30 only when the model does not fit in full', async () => {
    await start({ ollamaVersion: '0.20.0' });
    await load('middle:4b', 4096);
    await load('large:6b', 4096);
    expect(names()).toEqual(['large:6b', 'middle:4b']);
    await load('small:1b', 32768);
    expect(names()).toContain('small:1b');
    expect(names()).not.toContain('large:6b');
  });

  it('does not see what others took since the first, and lands on the CPU', async () => {
    await start({ gpus: [card(12)] });
    await load('small:1b', 4096);
    machine.simulator.setForeign('blender', 0, 6 * GIB);
    await load('middle:4b', 4096);
    expect(names()).toEqual(['middle:4b', 'small:1b']);
    const { sizeBytes, sizeVramBytes } = loaded('middle:4b')!;
    expect(sizeVramBytes).toBeLessThan(sizeBytes);
  });

  it('evicts when the count of models is reached', async () => {
    await start({ settings: { maxLoadedModels: 1 } });
    await load('small:1b', 4096);
    await load('embed', 4096).catch(() => undefined);
    await load('middle:4b', 4096);
    expect(names()).toEqual(['middle:4b']);
  });

  it('of the same model reloads when num_ctx differs, and not when it is the same', async () => {
    await start();
    await load('small:1b', 8192);
    const first = machine.simulator.processes()[0]!.pid;
    await load('small:1b', 8192);
    expect(machine.simulator.processes()[0]!.pid).toBe(first);
    await load('small:1b', 4096);
    expect(machine.simulator.processes()[0]!.pid).not.toBe(first);
    expect(loaded('small:1b')).toMatchObject({ numCtx: 4096 });
  });

  it('takes num_ctx from the request, then the model, then the server', async () => {
    await start({
      models: [model('small:1b', 1), model('baked:1b', 1, { parameters: { num_ctx: 16384 } })],
      settings: { contextLength: 6144 },
    });
    await load('baked:1b');
    expect(loaded('baked:1b')).toMatchObject({ numCtx: 16384 });
    await load('baked:1b', 2048);
    expect(loaded('baked:1b')).toMatchObject({ numCtx: 2048 });
    await load('small:1b');
    expect(loaded('small:1b')).toMatchObject({ numCtx: 6144 });
  });

  it('clamps num_ctx to the training context from 0.9.3 on', async () => {
    await start({ gpus: [card(64)] });
    await load('small:1b', 10_000_000);
    expect(loaded('small:1b')).toMatchObject({ numCtx: 131072 });
  });

  it('a name derived from another shares its runner', async () => {
    await start();
    await post('/api/create', { model: 'alias', from: 'small:1b', parameters: { num_ctx: 8192 }, stream: false });
    await load('small:1b', 8192);
    await load('alias');
    expect(machine.simulator.loaded()).toHaveLength(1);
  });
});

describe('out of memory', () => {
  it('evicts everybody else and tries once more', async () => {
    await start();
    await load('small:1b', 4096);
    machine.simulator.setFaults({ load: [{ model: 'middle:4b', fault: { kind: 'out-of-memory' }, times: 1 }] });
    expect(await load('middle:4b', 4096)).toMatchObject({ status: 200 });
    expect(names()).toEqual(['middle:4b']);
  });

  it('tries once only', async () => {
    await start();
    await load('small:1b', 4096);
    machine.simulator.setFaults({ load: [{ model: 'middle:4b', fault: { kind: 'out-of-memory' }, times: 2 }] });
    expect(await load('middle:4b', 4096)).toMatchObject({ status: 500 });
    expect(names()).toEqual([]);
  });

  it('shortens a context that nobody asked for', async () => {
    await start({ gpus: [card(24), card(24)] });
    machine.simulator.setFaults({ load: [{ fault: { kind: 'out-of-memory' }, times: 1 }] });
    expect(await load('small:1b')).toMatchObject({ status: 200 });
    expect(loaded('small:1b')).toMatchObject({ numCtx: 32768 });
  });

  it('can strike the second load alone', async () => {
    await start();
    machine.simulator.setFaults({ load: [{ fault: { kind: 'out-of-memory' }, after: 1, times: 1 }] });
    expect(await load('small:1b', 4096)).toMatchObject({ status: 200 });
    await post('/api/generate', { model: 'small:1b', keep_alive: 0 });
    expect(await load('middle:4b', 4096)).toMatchObject({ status: 500 });
    expect(await load('middle:4b', 4096)).toMatchObject({ status: 200 });
  });
});

describe('keep_alive', () => {
  it.each<[string | number, number]>([
    ['10m', 600_000],
    [90, 90_000],
    ['1h30m', 5_400_000],
  ])('%j lasts %d ms', async (keepAlive, ms) => {
    await start();
    await loadFor('small:1b', keepAlive);
    await machine.clock.advance(ms - 1);
    expect(names()).toEqual(['small:1b']);
    await machine.clock.advance(1);
    expect(names()).toEqual([]);
  });

  it('is five minutes when nobody says, and starts anew with each request', async () => {
    await start();
    await load('small:1b', 4096);
    await machine.clock.advance(299_000);
    await load('small:1b', 4096);
    await machine.clock.advance(299_000);
    expect(names()).toEqual(['small:1b']);
    await machine.clock.advance(1000);
    expect(names()).toEqual([]);
  });

  it('below zero lasts for ever', async () => {
    await start();
    await loadFor('small:1b', -1);
    await machine.clock.advance(400 * 86_400_000);
    expect(names()).toEqual(['small:1b']);
  });

  it('of another form is refused', async () => {
    await start();
    expect(await loadFor('small:1b', 'soon')).toMatchObject({ status: 400 });
  });
});

describe('the lane', () => {
  it('loads one model at a time, in order', async () => {
    await start({ timing: SLOW });
    const order: string[] = [];
    const answers = ['middle:4b', 'small:1b', 'embed:latest'].map((name) =>
      post('/api/embed', { model: name, input: '', options: { num_ctx: 4096 } }).then(() => order.push(name)),
    );
    // requests over different connections may arrive in any order: wait for each one's place
    await eventually(() => expect(machine.simulator.queued()).toBe(2));
    let most = 0;
    for (let step = 0; step < 60; step++) {
      await machine.clock.advance(250);
      const growing = machine.simulator.gpus().filter(({ utilizationPercent }) => utilizationPercent > 0);
      most = Math.max(most, growing.length);
    }
    await Promise.all(answers);
    expect(order).toHaveLength(3);
    expect(most).toBe(1);
  });

  it('turns requests away when the queue is full', async () => {
    await start({ timing: SLOW, settings: { maxQueue: 1 } });
    const first = load('middle:4b', 4096);
    await eventually(() => machine.clock.advance(10).then(() => expect(machine.simulator.processes()).toHaveLength(1)));
    const second = load('small:1b', 4096);
    await eventually(() => expect(machine.simulator.queued()).toBe(1));
    expect(await load('large:6b', 4096)).toEqual({
      status: 503,
      body: { error: 'server busy, please try again.  maximum pending requests exceeded' },
    });
    await settled(first);
    await settled(second);
  });

  it('skips who has gone away', async () => {
    await start({ timing: SLOW });
    const first = load('middle:4b', 4096);
    await eventually(() => machine.clock.advance(10).then(() => expect(machine.simulator.processes()).toHaveLength(1)));
    const controller = new AbortController();
    const second = load('large:6b', 4096, {}, controller.signal).catch(() => undefined);
    await eventually(() => expect(machine.simulator.queued()).toBe(1));
    controller.abort();
    await second;
    await settled(first);
    await machine.clock.advance(20_000);
    expect(names()).toEqual(['middle:4b']);
  });
});

describe('cards that are lost', () => {
  it('are neither listed nor used', async () => {
    await start();
    machine.simulator.setFaults({ lostGpus: [0] });
    expect(machine.simulator.gpus().map(({ index }) => index)).toEqual([1]);
    await load('middle:4b', 4096);
    expect(loaded('middle:4b')!.gpuBytes[0]).toBe(0);
    expect(loaded('middle:4b')!.gpuBytes[1]).toBeGreaterThan(4 * GIB);
  });
});
