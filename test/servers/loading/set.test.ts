import { describe, expect, it } from 'vitest';
import type { SetMember, SetOrder, SetOutcome } from '../../../src/servers/loading/safe-set.ts';
import type { LoadStep } from '../../../src/servers/loading/types.ts';
import { LARGE, load, MIDDLE, order, otherClient, person, type Rig, SMALL, startRig } from './rig.ts';

const member = (model: string, numCtx = 4_096, leastCtx = numCtx): SetMember => ({ model, numCtx, leastCtx });

function setOrder(members: readonly SetMember[], more: Partial<SetOrder> = {}): SetOrder {
  return {
    name: 'work',
    members,
    mayUnload: [],
    mayInterrupt: false,
    overrideHolds: false,
    by: person('ada'),
    ...more,
  };
}

async function loadSet(
  rig: Rig,
  wanted: SetOrder,
  onStep: (index: number | null, step: LoadStep, id: string) => void = () => undefined,
): Promise<SetOutcome> {
  let id = '';
  const started = rig.loads.loadSet(rig.server, wanted, {
    signal: new AbortController().signal,
    onStep: (index, step) => onStep(index, step, id),
  });
  id = started.id;
  return started.done;
}

const state = (rig: Rig) =>
  rig.simulator
    .loaded()
    .map(({ name, numCtx }) => `${name} ${numCtx}`)
    .sort();

const rows = async (rig: Rig) =>
  (await rig.store.audit.list()).map(({ action, target, result }) => `${action} ${target} ${result}`);

describe('the load of a set', () => {
  it('loads one after the other in one turn, proves each, and holds all of them', async () => {
    const rig = await startRig({ cards: 4 });
    const outcome = await loadSet(
      rig,
      setOrder([member(MIDDLE, 8_192), member(SMALL), member('nomic-embed-text', 2_048)]),
    );
    expect(outcome).toMatchObject({ result: 'loaded', problem: null, undone: [], lost: [], obstacles: [] });
    expect(outcome.loads.map(({ proof }) => proof?.onGpu)).toEqual([true, true, true]);
    expect(state(rig)).toEqual([`${SMALL} 4096`, 'nomic-embed-text:latest 2048', `${MIDDLE} 8192`].sort());
    expect((await rig.holds.list('main')).map(({ holderId }) => holderId)).toEqual(['ada', 'ada', 'ada']);
    expect((await rows(rig))[0]).toBe('load-set work ok');
    expect((await rig.store.audit.list())[0]?.args).toMatchObject({
      models: [`${MIDDLE}@8192`, `${SMALL}@4096`, 'nomic-embed-text@2048'],
    });
  });

  it('leaves what is there already with the same context as it is', async () => {
    const rig = await startRig({ cards: 4 });
    await load(rig, order(SMALL, { numCtx: 4_096 }));
    const outcome = await loadSet(rig, setOrder([member(SMALL), member(MIDDLE)]));
    expect(outcome.loads.map(({ renewed }) => renewed)).toEqual([true, false]);
    expect(state(rig)).toEqual([`${SMALL} 4096`, `${MIDDLE} 4096`]);
  });

  it('is undone as a whole when one fails: what it brought leaves, what was there is there, holds too', async () => {
    const rig = await startRig({ cards: 4 });
    await load(rig, order('nomic-embed-text', { numCtx: 2_048, by: person('bob') }));
    await otherClient(rig, SMALL, 2_048);
    const before = state(rig);
    const held = await rig.holds.list('main');
    rig.simulator.setFaults({ load: [{ model: LARGE, fault: { kind: 'crash', text: 'killed' } }] });
    const outcome = await loadSet(rig, setOrder([member(MIDDLE), member(LARGE), member('gemma3:4b')]));
    expect(outcome.result).toBe('failed');
    expect(outcome.loads.map(({ model, result }) => [model, result])).toEqual([
      [MIDDLE, 'loaded'],
      [LARGE, 'failed'],
    ]);
    expect(outcome.undone).toEqual([MIDDLE]);
    expect(outcome.lost).toEqual([]);
    expect(state(rig)).toEqual(before);
    expect(await rig.holds.list('main')).toEqual(held);
    expect((await rows(rig))[0]).toBe('load-set work failed');
  });

  it('loads a model again with the context that it had before the set', async () => {
    const rig = await startRig({ cards: 4 });
    await load(rig, order(SMALL, { numCtx: 2_048 }));
    const [hold] = await rig.holds.list('main');
    rig.simulator.setFaults({ load: [{ model: LARGE, fault: { kind: 'crash', text: 'killed' } }] });
    const outcome = await loadSet(rig, setOrder([member(SMALL, 8_192), member(LARGE)]));
    expect(outcome.result).toBe('failed');
    expect(state(rig)).toEqual([`${SMALL} 2048`]);
    expect((await rig.holds.list('main')).map(({ numCtx }) => numCtx)).toEqual([hold!.numCtx]);
  });

  it('takes no shorter context than will do, and says who is in the way before anything is touched', async () => {
    const rig = await startRig({ cards: 1 });
    await load(rig, order(SMALL, { numCtx: 16_384, by: person('bob') }));
    const before = state(rig);
    const outcome = await loadSet(rig, setOrder([member(MIDDLE, 16_384)]));
    expect(outcome).toMatchObject({
      result: 'needs-room',
      problem: { code: 'set-needs-room' },
      obstacles: [{ model: SMALL, hold: { holderId: 'bob' } }],
      loads: [],
    });
    expect(state(rig)).toEqual(before);
    expect(rig.questions).toEqual([]);
  });

  it.each([
    ['agree', 'loaded'],
    ['keep', 'refused'],
  ] as const)('asks the holder of what would leave before the first load: %s', async (answer, result) => {
    const seen: string[][] = [];
    const rig: Rig = await startRig({
      cards: 1,
      parts: {
        askHolder: async () => {
          seen.push(state(rig));
          return answer;
        },
      },
    });
    await load(rig, order(SMALL, { numCtx: 16_384, by: person('bob') }));
    const outcome = await loadSet(rig, setOrder([member(MIDDLE, 16_384)], { mayUnload: [SMALL] }));
    expect(seen).toEqual([[`${SMALL} 16384`]]);
    expect(outcome.result).toBe(result);
    expect(state(rig)).toEqual(answer === 'agree' ? [`${MIDDLE} 16384`] : [`${SMALL} 16384`]);
    if (answer === 'keep') {
      expect(outcome.problem).toMatchObject({ code: 'holder-keeps', params: { model: SMALL } });
      expect((await rig.holds.list('main'))[0]).toMatchObject({ holderId: 'bob' });
    }
  });

  it('puts back whom it had unloaded when a later one fails', async () => {
    const rig = await startRig({ cards: 1, parts: { askHolder: async () => 'agree' } });
    await load(rig, order(SMALL, { numCtx: 16_384, by: person('bob') }));
    rig.simulator.setFaults({ load: [{ model: 'nomic-embed-text:latest', fault: { kind: 'crash', text: 'killed' } }] });
    const outcome = await loadSet(
      rig,
      setOrder([member(MIDDLE, 8_192), member('nomic-embed-text', 2_048)], { mayUnload: [SMALL] }),
    );
    expect(outcome).toMatchObject({ result: 'failed', lost: [] });
    expect(state(rig)).toEqual([`${SMALL} 16384`]);
    expect(await rig.holds.list('main')).toMatchObject([{ model: SMALL, holderId: 'bob' }]);
  });

  it('given up by its requester in the middle, it is taken back', async () => {
    const rig = await startRig({ cards: 4 });
    const outcome = await loadSet(rig, setOrder([member(SMALL), member(MIDDLE)]), (index, step, id) => {
      if (index === 1 && step.name === 'plan') {
        expect(rig.loads.cancel(id, person('eve'))).toBe('not-yours');
        expect(rig.loads.cancel(id, person('ada'))).not.toBe('not-yours');
      }
    });
    expect(outcome).toMatchObject({ result: 'canceled', problem: { code: 'load-canceled' }, undone: [SMALL] });
    expect(state(rig)).toEqual([]);
    expect(await rig.holds.list('main')).toEqual([]);
  });

  it('waits its turn, and lets nobody in between its models', async () => {
    const rig = await startRig({ cards: 4 });
    const ended: string[] = [];
    const first = loadSet(rig, setOrder([member(SMALL), member(MIDDLE)])).then(() => ended.push('set'));
    const second = load(rig, order('gemma3:4b', { numCtx: 2_048, by: person('bob') })).then(() => ended.push('bob'));
    await Promise.all([first, second]);
    expect(ended).toEqual(['set', 'bob']);
    expect(state(rig)).toHaveLength(3);
  });
});
