import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoadFaultRule } from '../../../src/simulator/faults.ts';
import { GIB, LARGE, load, MIDDLE, order, otherClient, person, type Rig, SMALL, startRig } from './rig.ts';

const bob = person('bob');

/** What is loaded with which context, to be compared before and after. */
function state(rig: Rig) {
  return rig.simulator
    .loaded()
    .map(({ name, numCtx }) => `${name} ${numCtx}`)
    .sort();
}

function usedBytes(rig: Rig): number {
  return rig.simulator.gpus().reduce((sum, gpu) => sum + gpu.usedBytes, 0);
}

describe('a load that goes wrong', () => {
  it('is tried with less after running out of memory', async () => {
    const rig = await startRig({ cards: 2 });
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'out-of-memory' }, times: 1 }] });
    const { outcome, steps } = await load(rig, order(MIDDLE, { numCtx: 32_768 }));
    expect(outcome).toMatchObject({ result: 'loaded', attempts: 2, clamp: { why: 'memory' } });
    expect(outcome.numCtx).toBeLessThan(32_768);
    expect(outcome.proof?.onGpu).toBe(true);
    expect(steps).toContainEqual(expect.objectContaining({ name: 'smaller', state: 'done' }));
    expect(await rig.store.observations.list()).toEqual([]);
  });

  it('is tried with less after a part of it went to system memory', async () => {
    const rig = await startRig({ cards: 2 });
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'spill' }, times: 1 }] });
    const { outcome, steps } = await load(rig, order(MIDDLE, { numCtx: 32_768 }));
    expect(outcome).toMatchObject({ result: 'loaded', attempts: 2 });
    expect(outcome.numCtx).toBeLessThan(32_768);
    const [runner] = rig.simulator.loaded();
    expect(runner?.sizeVramBytes).toBe(runner?.sizeBytes);
    expect(steps).toContainEqual(expect.objectContaining({ name: 'prove', state: 'failed' }));
  });

  it.each([
    ['spill', 'load-spilled'],
    ['out-of-memory', 'out-of-memory'],
  ] as const)('gives up after a bounded number of tries (%s) and leaves nothing behind', async (kind, code) => {
    const rig = await startRig({ cards: 2 });
    await otherClient(rig, SMALL, 4_096);
    if (kind === 'out-of-memory') {
      await rig.server.ollama.unload(SMALL);
    }
    const before = state(rig);
    const used = usedBytes(rig);
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind } }] });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 32_768 }));
    expect(outcome).toMatchObject({ result: 'failed', problem: { code } });
    expect(outcome.attempts).toBeGreaterThan(1);
    expect(outcome.attempts).toBeLessThanOrEqual(4);
    expect(state(rig)).toEqual(before);
    expect(usedBytes(rig)).toBe(used);
    expect(await rig.store.audit.list()).toMatchObject([{ result: 'failed', code }]);
  });

  it('is tried once where Ollama uses no GPU, and kept there for whoever agreed to system memory', async () => {
    const rig = await startRig({ cards: 2 });
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'no-gpu' } }] });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 32_768 }));
    expect(outcome).toMatchObject({ result: 'failed', attempts: 1, problem: { code: 'load-without-gpu' } });
    expect(state(rig)).toEqual([]);
    const agreed = await load(rig, order(MIDDLE, { numCtx: 32_768, partial: true }));
    expect(agreed.outcome).toMatchObject({ result: 'loaded', attempts: 1, proof: { sizeVramBytes: 0, onGpu: false } });
  });

  it('gives way to another program that grew meanwhile', async () => {
    const rig = await startRig({ cards: 1 });
    const wanted = order(MIDDLE, { numCtx: 16_384 });
    const { outcome } = await load(rig, wanted, {
      onStep: ({ name, state: at }) => {
        if (name === 'plan' && at === 'done') {
          rig.simulator.setForeign('training', 0, GIB);
        }
      },
    });
    expect(outcome.result).toBe('loaded');
    expect(outcome.numCtx).toBeLessThan(16_384);
    expect(outcome.attempts).toBeGreaterThan(1);
    expect(outcome.proof?.onGpu).toBe(true);
  });

  it('tells why where another program took all the room', async () => {
    const rig = await startRig({ cards: 1 });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 16_384 }), {
      onStep: ({ name, state: at }) => {
        if (name === 'plan' && at === 'done') {
          rig.simulator.setForeign('training', 0, 6 * GIB);
        }
      },
    });
    expect(outcome.result).toBe('failed');
    expect(['load-spilled', 'out-of-memory']).toContain(outcome.problem?.code);
    expect(state(rig)).toEqual([]);
  });

  it('puts back what Ollama threw out for it when it ran out of memory', async () => {
    const rig = await startRig({ cards: 4 });
    await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '2h', by: bob }));
    const until = rig.simulator.loaded()[0]!.expiresAtMs;
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'out-of-memory' }, times: 1 }] });
    const { outcome, steps } = await load(rig, order(MIDDLE, { numCtx: 8_192 }));
    expect(outcome).toMatchObject({ result: 'failed', problem: { code: 'load-evicted' }, lost: [] });
    expect(state(rig)).toEqual([`${SMALL} 8192`]);
    expect(steps).toContainEqual({ name: 'restore', state: 'done', params: { model: SMALL } });
    expect(Math.abs(rig.simulator.loaded()[0]!.expiresAtMs - until)).toBeLessThan(5_000);
    expect(await rig.holds.get('main', SMALL)).toMatchObject({ holderId: 'bob' });
  });

  it('puts back what was unloaded for it with consent', async () => {
    const rig = await startRig({ cards: 1 });
    await otherClient(rig, SMALL, 65_536, '2h');
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'crash', text: 'broken file' } }] });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL] }));
    expect(outcome).toMatchObject({ result: 'failed', problem: { code: 'server-error' }, lost: [], unloaded: [] });
    expect(state(rig)).toEqual([`${SMALL} 65536`]);
  });

  it('puts the same model back with its former context', async () => {
    const rig = await startRig();
    await otherClient(rig, SMALL, 4_096, '2h');
    rig.simulator.setFaults({ load: [{ model: SMALL, fault: { kind: 'crash', text: 'broken file' }, times: 1 }] });
    const { outcome } = await load(rig, order(SMALL, { numCtx: 65_536 }));
    expect(outcome).toMatchObject({ result: 'failed', lost: [] });
    expect(state(rig)).toEqual([`${SMALL} 4096`]);
  });

  it('tells what could not be put back', async () => {
    const rig = await startRig({ cards: 1 });
    await otherClient(rig, SMALL, 65_536, '2h');
    rig.simulator.setFaults({ load: [{ model: '*', fault: { kind: 'crash', text: 'broken disk' } }] });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL] }));
    expect(outcome).toMatchObject({ result: 'failed', lost: [SMALL] });
    expect(state(rig)).toEqual([]);
  });

  it('loads nothing when a model does not leave', async () => {
    const rig = await startRig({ cards: 1 });
    await otherClient(rig, SMALL, 65_536, '2h');
    rig.simulator.setFaults({
      http: [{ path: '/api/generate', fault: { kind: 'status', status: 200, text: 'ignored', json: true }, times: 1 }],
    });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL] }));
    expect(outcome.result).toBe('failed');
    expect(outcome.attempts).toBe(0);
    expect(state(rig)).toEqual([`${SMALL} 65536`]);
  });
});

describe('a load that is given up', () => {
  const SLOW = { startupMs: 0, loadBytesPerSecond: 40 * GIB, recoveryMs: 0, pullBytesPerSecond: GIB };

  it('takes itself back when its requester cancels, and puts others back', async () => {
    const rig = await startRig({ cards: 1 });
    await otherClient(rig, SMALL, 65_536, '2h');
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'stall', ms: 60_000 } }] });
    const by = person('ada');
    const presses: string[] = [];
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], by }), {
      onStep: ({ name, state: at }, id) => {
        if (name !== 'load' || at !== 'running') {
          return;
        }
        for (const who of [bob, by, by]) {
          presses.push(rig.loads.cancel(id, who));
        }
      },
    });
    expect(presses).toEqual(['not-yours', 'canceled', 'over']);
    expect(outcome).toMatchObject({ result: 'canceled', problem: { code: 'load-canceled' }, lost: [] });
    expect(state(rig)).toEqual([`${SMALL} 65536`]);
    expect(await rig.store.audit.list()).toMatchObject([{ action: 'load', result: 'canceled', code: 'load-canceled' }]);
    expect(rig.loads.active()).toBe(0);
  });

  it('leaves the queue at once when it is canceled before its turn', async () => {
    const rig = await startRig({ timing: SLOW });
    const first = load(rig, order(LARGE, { numCtx: 4_096 }));
    const by = person('eve');
    const second = await load(rig, order(SMALL, { by }), {
      onStep: ({ name, state: at }, id) => {
        if (name === 'wait' && at === 'running') {
          queueMicrotask(() => rig.loads.cancel(id, by));
        }
      },
    });
    expect(second.outcome).toMatchObject({ result: 'canceled', attempts: 0 });
    expect(rig.loads.active('main')).toBe(1);
    expect((await first).outcome.result).toBe('loaded');
    expect(rig.loaded()).toEqual([LARGE]);
  });

  it('ends with the program: running and waiting ones are told, and nothing is left behind', async () => {
    const rig = await startRig();
    rig.simulator.setFaults({ load: [{ model: '*', fault: { kind: 'stall', ms: 60_000 } }] });
    const running = load(rig, order(LARGE, { numCtx: 4_096 }));
    const waiting = load(rig, order(SMALL, { by: bob }));
    await expect.poll(() => rig.simulator.gpus().some((gpu) => gpu.utilizationPercent > 0)).toBe(true);
    await rig.loads.close();
    expect((await running).outcome).toMatchObject({ result: 'canceled', problem: { code: 'load-stopped' } });
    expect((await waiting).outcome).toMatchObject({ result: 'canceled', problem: { code: 'load-stopped' } });
    await expect.poll(() => usedBytes(rig)).toBe(rig.simulator.gpus().length * 4 * 2 ** 20);
    expect((await rig.store.audit.list()).map(({ result }) => result)).toEqual(['canceled', 'canceled']);
  });
});

describe('whatever goes wrong', () => {
  const fault = fc.constantFrom<LoadFaultRule['fault'][]>(
    [],
    [{ kind: 'out-of-memory' }],
    [{ kind: 'spill' }],
    [{ kind: 'crash', text: 'exit status 2' }],
    [{ kind: 'spill' }, { kind: 'out-of-memory' }],
    [{ kind: 'out-of-memory' }, { kind: 'spill' }, { kind: 'crash', text: 'CUDA error' }],
  );
  const scene = fc.record({
    cards: fc.constantFrom(1, 2, 4),
    held: fc.constantFrom(null, SMALL, MIDDLE, 'nomic-embed-text:latest'),
    wanted: fc.constantFrom(SMALL, MIDDLE, LARGE, 'gemma3:4b'),
    numCtx: fc.constantFrom(4_096, 32_768, 131_072),
    partial: fc.boolean(),
    presses: fc.boolean(),
    version: fc.constantFrom('0.33.0', '0.20.0', '0.9.0'),
    fault,
  });

  it('what somebody holds is still loaded with its context, and every load is on record', {
    timeout: 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ cards, held, wanted, numCtx, partial, presses, version, fault: faults }) => {
        const rig = await startRig({ cards, ollamaVersion: version });
        if (held !== null) {
          await load(rig, order(held, { numCtx: 2_048, keepAlive: '1h', by: bob }));
        }
        const before = state(rig);
        const rows = (await rig.store.audit.list()).length;
        rig.simulator.setFaults({ load: faults.map((kind) => ({ fault: kind, times: 1 })) });
        const mayUnload = presses && held !== null ? [held] : [];
        const { outcome } = await load(rig, order(wanted, { numCtx, partial, mayUnload }));
        for (const line of before) {
          expect(state(rig)).toContain(line);
        }
        if (outcome.result === 'loaded' && !partial) {
          expect(outcome.proof?.onGpu).toBe(true);
        }
        if (outcome.result !== 'loaded') {
          expect(outcome.problem).not.toBeNull();
          expect(state(rig)).toEqual(before);
        }
        expect(await rig.store.audit.list()).toHaveLength(rows + 1);
        expect(rig.errors).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what a failed load says', () => {
  it.each([
    ['Ollama 0.3.14 out of memory', 'llama runner process has terminated: signal: killed'],
    ['Ollama 0.5.7 and 0.6.5 out of memory', 'llama runner process has terminated: exit status 2'],
    ['a refusal for lack of memory', 'model requires more system memory (40.3 GiB) than is available (19.6 GiB)'],
  ])('%s: a shorter context is tried', async (_why, text) => {
    const rig = await startRig({ cards: 2 });
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'crash', text }, times: 1 }] });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 32_768 }));
    expect(outcome).toMatchObject({ result: 'loaded', attempts: 2 });
    expect(outcome.numCtx).toBeLessThan(32_768);
  });

  it.each([
    ['unable to load model: /models/blobs/sha256-92', 'model-unloadable'],
    ['llama runner process has terminated: signal: segmentation fault', 'runner-died'],
    ['tensor "token_embd.weight" offset+size (31069312) exceeds file size (20000000)', 'model-unloadable'],
  ])('%s: no shorter context is tried', async (text, code) => {
    const rig = await startRig({ cards: 2 });
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'crash', text } }] });
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 32_768 }));
    expect(outcome).toMatchObject({ result: 'failed', attempts: 1, problem: { code } });
  });

  it.each([
    ['spill', 'spilled'],
    ['no-gpu', 'no-gpu'],
  ] as const)('tells the cause of a failed check (%s)', async (kind, cause) => {
    const rig = await startRig({ cards: 2 });
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind } }] });
    const { steps } = await load(rig, order(MIDDLE, { numCtx: 32_768 }));
    expect(steps.find(({ name, state: how }) => name === 'prove' && how === 'failed')?.params.cause).toBe(cause);
  });
});

describe('predicted against actual', () => {
  it('leaves out what another program took meanwhile, by GPU', async () => {
    const rig = await startRig({ cards: 2 });
    const plain = await load(rig, order(SMALL, { numCtx: 8_192 }));
    await rig.server.ollama.unload(SMALL);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192 }), {
      onStep: ({ name, state: how }) => {
        if (name === 'load' && how === 'done') {
          rig.simulator.setForeign('training', 0, GIB);
          rig.simulator.setForeign('training', 1, GIB / 2);
        }
      },
    });
    const actual = (ran: typeof plain) => ran.outcome.proof?.gpus.map(({ actualBytes }) => actualBytes);
    expect(actual({ outcome, steps: [] })).toEqual(actual(plain));
    expect(outcome.proof?.gpus.map(({ othersBytes }) => othersBytes)).toEqual([GIB, GIB / 2]);
    const [newest] = await rig.store.observations.list({ limit: 1 });
    const [taught] = (newest!.actual as { gpus: { usedBeforeBytes: number; usedAfterBytes: number }[] }).gpus;
    expect(taught!.usedAfterBytes - taught!.usedBeforeBytes).toBe(outcome.proof!.gpus[0]!.actualBytes);
  });

  it('leaves out what another program gave back meanwhile', async () => {
    const rig = await startRig({ cards: 1 });
    rig.simulator.setForeign('training', 0, GIB);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192 }), {
      onStep: ({ name, state: how }) => {
        if (name === 'load' && how === 'done') {
          rig.simulator.setForeign('training', 0, 0);
        }
      },
    });
    expect(outcome.proof?.gpus[0]?.othersBytes).toBe(-GIB);
    expect(outcome.proof?.gpus[0]?.actualBytes).toBeGreaterThan(GIB);
  });
});
