import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/estimator/types.ts';
import { progressOf } from '../../../src/servers/loading/load-progress.ts';
import { GIB, load, order, SMALL, startRig } from './rig.ts';

const plan = { gpus: [{ totalBytes: 3 * GIB }, { totalBytes: GIB }] } as unknown as Plan;

describe('how far a load is', () => {
  it('follows memory where nothing else is known, with the time left by its rate', () => {
    const marks = [
      { atMs: 1_000, bytes: 0 },
      { atMs: 3_000, bytes: GIB },
    ];
    expect(progressOf({ plan, usualMs: null }, GIB, 3_000, marks)).toEqual({
      doneBytes: GIB,
      totalBytes: 4 * GIB,
      share: 0.25,
      leftMs: 6_000,
    });
  });

  it('follows what earlier loads took where memory is there at once, as llama.cpp takes it', () => {
    expect(progressOf({ plan, usualMs: 60_000 }, 4 * GIB, 15_000, [])).toMatchObject({ share: 0.25, leftMs: 45_000 });
  });

  it('follows time alone where memory is not measured, and promises nothing once that is over', () => {
    expect(progressOf({ plan, usualMs: 10_000 }, null, 2_500, [])).toMatchObject({ share: 0.25, leftMs: 7_500 });
    expect(progressOf({ plan, usualMs: 10_000 }, null, 20_000, [])).toMatchObject({ share: 0.99, leftMs: null });
    expect(progressOf({ plan, usualMs: null }, null, 20_000, [])).toMatchObject({ share: null, leftMs: null });
  });

  it('is never more than the whole, and never negative', () => {
    const bytes = fc.nat(8 * GIB);
    fc.assert(
      fc.property(fc.option(bytes), fc.nat(1e7), fc.option(fc.nat(1e6)), bytes, (done, elapsedMs, usualMs, before) => {
        const marks =
          done === null
            ? []
            : [
                { atMs: 0, bytes: before },
                { atMs: Math.max(1, elapsedMs), bytes: done },
              ];
        const { share, leftMs } = progressOf({ plan, usualMs }, done, elapsedMs, marks);
        return (share === null || (share >= 0 && share < 1)) && (leftMs === null || leftMs >= 0 || done! > 4 * GIB);
      }),
    );
  });
});

describe('a load under way', () => {
  it('tells what is on the GPUs, growing, and what is left', async () => {
    const rig = await startRig({
      cards: 2,
      timing: { loadBytesPerSecond: 3 * GIB },
      parts: { lookEveryMs: 40 },
    });
    const { outcome, steps } = await load(rig, order(SMALL, { numCtx: 8_192 }));
    expect(outcome.result).toBe('loaded');
    const told = steps
      .filter(({ name, params }) => name === 'load' && params.done !== undefined)
      .map(({ params }) => params);
    expect(told.length).toBeGreaterThan(3);
    const done = told.map((params) => Number(params.done));
    expect(done).toEqual([...done].sort((a, b) => a - b));
    for (const params of told) {
      expect(params.share).toBeGreaterThanOrEqual(0);
      expect(Number(params.done)).toBeLessThanOrEqual(Number(params.total));
    }
    expect(told.at(-1)?.cause).toBe('measured-left');
    expect(outcome.loadMs).toBeGreaterThan(200);
  });

  it('of a model that was loaded here before goes by what that took', async () => {
    const rig = await startRig({
      gpuSource: '4x8GiB',
      timing: { startupMs: 250 },
      parts: { lookEveryMs: 40 },
    });
    await load(rig, order(SMALL, { numCtx: 8_192 }));
    await rig.server.ollama.unload(SMALL);
    const { steps } = await load(rig, order(SMALL, { numCtx: 8_192 }));
    expect(steps.some(({ params }) => params.cause === 'timed-left' && Number(params.left) > 0)).toBe(true);
  });

  it('does not count what another program takes meanwhile', async () => {
    const rig = await startRig({ cards: 1, timing: { startupMs: 300 }, parts: { lookEveryMs: 30 } });
    const { steps } = await load(rig, order(SMALL, { numCtx: 8_192 }), {
      onStep: ({ name, state, params }) => {
        if (name === 'load' && state === 'running' && params.done === undefined) {
          rig.simulator.setForeign('training', 0, GIB);
        }
      },
    });
    const first = steps.find(({ params }) => params.done !== undefined);
    expect(first?.params.done).toBe(0);
  });
});
