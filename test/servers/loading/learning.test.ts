import { describe, expect, it } from 'vitest';
import { gtx1070Ti } from '../../../src/simulator/demo-machine.ts';
import { estimatedPlacement } from '../../../src/simulator/placement.ts';
import type { LoadStep } from '../../../src/servers/loading/types.ts';
import { load, MIB, MIDDLE, order, SMALL, startRig } from './rig.ts';

describe('what loads teach', () => {
  it('brings the prediction nearer to what a server really takes', async () => {
    // CUDA contexts here cost far more than is usual.
    const rig = await startRig({ cards: 1, gpus: [gtx1070Ti(460 * MIB)], placement: estimatedPlacement(3) });
    const off = async (numCtx: number) => {
      const { outcome } = await load(rig, order(SMALL, { numCtx }));
      expect(outcome.result).toBe('loaded');
      await rig.loads.unload(
        rig.server,
        {
          model: SMALL,
          by: order(SMALL).by,
          isOperator: true,
          mayInterrupt: true,
          askHolder: false,
          overrideHolds: false,
        },
        { signal: new AbortController().signal, onStep: () => undefined },
      );
      const [gpu] = outcome.proof!.gpus;
      return { miss: Math.abs(gpu!.actualBytes! - gpu!.predictedBytes!), learnedFrom: outcome.learnedFrom };
    };
    const first = await off(4_096);
    expect(first.learnedFrom).toBe(0);
    expect(first.miss).toBeGreaterThan(200 * MIB);
    let last = first;
    for (const numCtx of [4_352, 4_608, 4_864, 5_120, 5_376]) {
      last = await off(numCtx);
    }
    expect(last.learnedFrom).toBe(5);
    expect(last.miss).toBeLessThan(first.miss / 2);
  });

  it('is the load alone, whatever another program takes beside it', async () => {
    const alone = await startRig({ cards: 1 });
    const beside = await startRig({ cards: 1 });
    const actual = async (rig: typeof alone, onStep: (step: LoadStep) => void) => {
      const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096 }), { onStep });
      expect(outcome.result).toBe('loaded');
      return outcome.proof!.gpus[0]!;
    };
    const expected = await actual(alone, () => undefined);
    const seen = await actual(beside, (step) => {
      if (step.name === 'load' && step.state === 'running') {
        beside.simulator.setForeign('blender', 0, 700 * MIB);
      }
    });
    expect(seen.usedAfterBytes! - seen.usedBeforeBytes!).toBe(expected.actualBytes! + 700 * MIB);
    expect(seen.actualBytes).toBe(expected.actualBytes);
  });

  it('is nothing where a load was retried, renewed, or refused', async () => {
    const rig = await startRig({ cards: 2 });
    rig.simulator.setFaults({ load: [{ model: MIDDLE, fault: { kind: 'out-of-memory' }, times: 1 }] });
    await load(rig, order(MIDDLE, { numCtx: 16_384 }));
    await load(rig, order('no-such:1b'));
    expect(await rig.store.observations.list()).toEqual([]);
    expect(rig.loads.calibration('main')).toBeNull();
  });

  it('is nothing of the overhead where GPUs are declared rather than read', async () => {
    const rig = await startRig({ cards: 1, gpuSource: '8GiB' });
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096 }));
    expect(outcome).toMatchObject({ result: 'loaded', proof: { gpus: [{ actualBytes: null }] } });
    expect(await rig.store.observations.list()).toMatchObject([{ actual: { gpus: null } }]);
    expect(rig.loads.calibration('main')?.factorsFor(['GPU'], SMALL).overheadDeltaBytes).toBe(0);
  });

  it('outlives rows that another version wrote', async () => {
    const rig = await startRig();
    const row = { atMs: 1, server: 'main', model: 'x', digest: null, ollamaVersion: '', engine: '', numCtx: 1 };
    await rig.store.observations.add({ ...row, request: {}, predicted: { gpus: 'none' }, actual: {}, gpus: [] });
    expect(rig.loads.calibration('main')).toBeNull();
    expect((await load(rig, order(SMALL))).outcome.result).toBe('loaded');
  });
});
