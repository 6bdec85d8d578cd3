import { describe, expect, it } from 'vitest';
import type { Consent, ConsentQuestion } from '../../../src/servers/loading/types.ts';
import { load, MIDDLE, order, otherClient, person, SMALL, startRig } from './rig.ts';

const bob = person('bob');
const ada = person('ada');
const root = person('root', { isAdmin: true });

function answering(consent: Consent) {
  const questions: ConsentQuestion[] = [];
  const askHolder = async (question: ConsentQuestion) => {
    questions.push(question);
    return consent;
  };
  return { questions, askHolder };
}

/** One card on which the second model does not fit beside the first. */
async function crowded(consent: Consent) {
  const { questions, askHolder } = answering(consent);
  const rig = await startRig({ cards: 1, parts: { askHolder } });
  await load(rig, order(SMALL, { numCtx: 65_536, keepAlive: '1h', by: bob }));
  return { rig, questions };
}

describe('a model that somebody holds', () => {
  it('is not asked for, and not touched, as long as the requester has pressed nothing', async () => {
    const { rig, questions } = await crowded('agree');
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192, by: ada }));
    expect(outcome).toMatchObject({ result: 'needs-room', wayOut: { numCtx: 8_192 } });
    expect(outcome.wayOut?.obstacles).toMatchObject([{ model: SMALL, hold: { holderId: 'bob' } }]);
    expect(questions).toEqual([]);
    expect(rig.loaded()).toEqual([SMALL]);
  });

  it('leaves when its holder agrees, and the hold with it', async () => {
    const { rig, questions } = await crowded('agree');
    const { outcome, steps } = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], by: ada }));
    expect(outcome).toMatchObject({ result: 'loaded', unloaded: [SMALL] });
    expect(questions).toMatchObject([{ hold: { holderId: 'bob', model: SMALL }, forModel: MIDDLE, server: 'main' }]);
    expect(steps).toContainEqual(expect.objectContaining({ name: 'ask', state: 'done' }));
    expect(rig.loaded()).toEqual([MIDDLE]);
    expect((await rig.holds.list()).map(({ model, holderId }) => [model, holderId])).toEqual([[MIDDLE, 'ada']]);
  });

  it('stays when its holder keeps it', async () => {
    const { rig } = await crowded('keep');
    const { outcome } = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], by: ada }));
    expect(outcome).toMatchObject({ result: 'needs-room', kept: [{ holderId: 'bob' }], attempts: 0 });
    expect(rig.loaded()).toEqual([SMALL]);
    expect(await rig.holds.get('main', SMALL)).toMatchObject({ holderId: 'bob' });
  });

  it('leaves when an administrator overrides the hold, which is written down', async () => {
    const { rig, questions } = await crowded('keep');
    const wanted = order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], overrideHolds: true, by: root });
    const { outcome } = await load(rig, wanted);
    expect(outcome).toMatchObject({ result: 'loaded', overridden: [{ holderId: 'bob' }] });
    expect(questions).toEqual([]);
    const rows = await rig.store.audit.list({ action: 'hold-override' });
    expect(rows).toMatchObject([{ personId: 'root', target: SMALL, args: { holderId: 'bob' }, result: 'ok' }]);
  });

  it('is asked for all the same when somebody who is no administrator says "override"', async () => {
    const { rig, questions } = await crowded('keep');
    const wanted = order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], overrideHolds: true, by: ada });
    expect((await load(rig, wanted)).outcome.result).toBe('needs-room');
    expect(questions).toHaveLength(1);
    expect(await rig.store.audit.list({ action: 'hold-override' })).toEqual([]);
  });

  it('is not reloaded with another context unless its holder agrees', async () => {
    const kept = await crowded('keep');
    const no = await load(kept.rig, order(SMALL, { numCtx: 4_096, by: ada }));
    expect(no.outcome).toMatchObject({ result: 'refused', problem: { code: 'held-with-other-ctx' } });
    expect(kept.rig.simulator.loaded()).toMatchObject([{ name: SMALL, numCtx: 65_536 }]);
    const agreed = await crowded('agree');
    const yes = await load(agreed.rig, order(SMALL, { numCtx: 4_096, by: ada }));
    expect(yes.outcome).toMatchObject({ result: 'loaded', numCtx: 4_096, hold: { holderId: 'ada' } });
  });

  it("is its holder's own to reload and to unload", async () => {
    const { rig, questions } = await crowded('keep');
    expect((await load(rig, order(SMALL, { numCtx: 4_096, by: bob }))).outcome.result).toBe('loaded');
    const wanted = order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], by: bob });
    expect((await load(rig, wanted)).outcome.result).toBe('loaded');
    expect(questions).toEqual([]);
  });

  it('gives no answer to a requester who has left', async () => {
    const controller = new AbortController();
    const rig = await startRig({
      cards: 1,
      parts: {
        askHolder: async () => {
          controller.abort();
          return 'agree';
        },
      },
    });
    await load(rig, order(SMALL, { numCtx: 65_536, by: bob }));
    const wanted = order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], by: ada });
    const { outcome } = await load(rig, wanted, { signal: controller.signal });
    expect(outcome.result).toBe('canceled');
    expect(rig.loaded()).toEqual([SMALL]);
  });
});

describe('while a holder thinks', () => {
  it('others load on the same server, and a crowd rings once', async () => {
    let answer: (consent: Consent) => void = () => undefined;
    const questions: ConsentQuestion[] = [];
    const askHolder = (question: ConsentQuestion) => {
      questions.push(question);
      return new Promise<Consent>((resolve) => {
        answer = resolve;
      });
    };
    const rig = await startRig({ parts: { askHolder } });
    await load(rig, order(SMALL, { numCtx: 4_096, by: bob }));
    const crowd = ['ada', 'carl', 'dora'].map((id) => load(rig, order(SMALL, { numCtx: 8_192, by: person(id) })));
    await expect.poll(() => questions.length).toBe(1);
    const other = await load(rig, order(MIDDLE, { numCtx: 4_096, by: person('eve') }));
    expect(other.outcome.result).toBe('loaded');
    expect(questions).toHaveLength(1);
    answer('keep');
    for (const { outcome } of await Promise.all(crowd)) {
      expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'held-with-other-ctx' } });
    }
    // A no stands for a while: pressing again does not ring again.
    const again = await load(rig, order(SMALL, { numCtx: 8_192, by: ada }));
    expect(again.outcome.problem?.code).toBe('held-with-other-ctx');
    expect(questions).toHaveLength(1);
    expect(rig.simulator.loaded().find(({ name }) => name === SMALL)?.numCtx).toBe(4_096);
  });

  it('a yes to one is no yes to the next: the new holder is asked', async () => {
    const answers = new Map<string, (consent: Consent) => void>();
    const askHolder = ({ hold }: ConsentQuestion) =>
      new Promise<Consent>((resolve) => void answers.set(hold.holderId, resolve));
    const rig = await startRig({ parts: { askHolder } });
    await load(rig, order(SMALL, { numCtx: 4_096, by: bob }));
    const first = load(rig, order(SMALL, { numCtx: 8_192, by: ada }));
    await expect.poll(() => answers.has('bob')).toBe(true);
    const second = load(rig, order(SMALL, { numCtx: 12_288, by: person('carl') }));
    await expect.poll(() => rig.loads.active()).toBe(2);
    answers.get('bob')!('agree');
    expect((await first).outcome).toMatchObject({ result: 'loaded', numCtx: 8_192 });
    await expect.poll(() => answers.has('ada')).toBe(true);
    answers.get('ada')!('keep');
    expect((await second).outcome).toMatchObject({ result: 'refused', kept: [{ holderId: 'ada' }] });
    expect(rig.simulator.loaded()).toMatchObject([{ numCtx: 8_192 }]);
  });
});

describe('a model that is in use though nobody holds it', () => {
  it('is unloaded only by a button that says so', async () => {
    const rig = await startRig({ cards: 1 });
    await otherClient(rig, SMALL, 65_536);
    await rig.server.snapshot({ maxAgeMs: 0 });
    await otherClient(rig, SMALL, 65_536, '30m');
    await rig.server.snapshot({ maxAgeMs: 0 });
    const first = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL] }));
    expect(first.outcome).toMatchObject({
      result: 'needs-room',
      wayOut: { obstacles: [{ model: SMALL, inUse: true }] },
    });
    expect(rig.loaded()).toEqual([SMALL]);
    const second = await load(rig, order(MIDDLE, { numCtx: 8_192, mayUnload: [SMALL], mayInterrupt: true }));
    expect(second.outcome.result).toBe('loaded');
  });

  it('is reloaded with another context only by a button that says so', async () => {
    const rig = await startRig();
    await otherClient(rig, SMALL, 4_096);
    await rig.server.snapshot({ maxAgeMs: 0 });
    await otherClient(rig, SMALL, 4_096, '30m');
    const first = await load(rig, order(SMALL, { numCtx: 8_192 }));
    expect(first.outcome).toMatchObject({ result: 'needs-room', problem: { code: 'reload-in-use' } });
    expect(rig.simulator.loaded()).toMatchObject([{ numCtx: 4_096 }]);
    const second = await load(rig, order(SMALL, { numCtx: 8_192, mayUnload: [SMALL], mayInterrupt: true }));
    expect(second.outcome).toMatchObject({ result: 'loaded', numCtx: 8_192 });
  });
});

describe('a hold', () => {
  it('ends when the keep-alive ends, and can be extended and released by its holder', async () => {
    const rig = await startRig();
    const { outcome } = await load(rig, order(SMALL, { keepAlive: '10m', by: bob }));
    const until = outcome.hold!.untilMs!;
    expect(until - Date.now()).toBeGreaterThan(9 * 60_000);
    expect(until - Date.now()).toBeLessThanOrEqual(10 * 60_000);
    const extended = await rig.loads.extend(rig.server, SMALL, '3h', bob);
    expect(extended).toMatchObject({ ok: true });
    expect((await rig.holds.get('main', SMALL))!.untilMs! - Date.now()).toBeGreaterThan(170 * 60_000);
    expect(rig.simulator.loaded()[0]!.expiresAtMs - Date.now()).toBeGreaterThan(170 * 60_000);
    expect(await rig.loads.release(rig.server, SMALL, bob)).toMatchObject({ ok: true });
    expect(await rig.holds.get('main', SMALL)).toBeNull();
    expect(rig.loaded()).toEqual([SMALL]);
    expect((await rig.store.audit.list()).map(({ action }) => action)).toEqual(['hold-release', 'hold-extend', 'load']);
  });

  it('is nobody else\u2019s to extend or release, administrators excepted', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { keepAlive: '10m', by: bob }));
    expect(await rig.loads.extend(rig.server, SMALL, '3h', ada)).toMatchObject({ problem: { code: 'hold-not-yours' } });
    expect(await rig.loads.release(rig.server, SMALL, ada)).toMatchObject({ problem: { code: 'hold-not-yours' } });
    expect(await rig.loads.release(rig.server, SMALL, root)).toMatchObject({ ok: true });
    expect(await rig.loads.release(rig.server, SMALL, bob)).toMatchObject({ problem: { code: 'no-hold' } });
    expect(
      (await rig.store.audit.list()).map((row) => `${row.personId} ${row.action} ${row.result} ${row.code}`),
    ).toEqual([
      'bob hold-release refused no-hold',
      'root hold-release ok null',
      'ada hold-release refused hold-not-yours',
      'ada hold-extend refused hold-not-yours',
      'bob load ok null',
    ]);
  });

  it('is not extended for a model that has left: nothing is loaded by that', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { keepAlive: '10m', by: bob }));
    await rig.server.ollama.unload(SMALL);
    expect(await rig.loads.extend(rig.server, SMALL, '3h', bob)).toMatchObject({ problem: { code: 'not-loaded' } });
    expect(rig.loaded()).toEqual([]);
  });

  it('is not asked for while it is leaving: it is waited for', async () => {
    const { questions, askHolder } = answering('keep');
    const timing = { startupMs: 0, loadBytesPerSecond: 1e15, recoveryMs: 300, pullBytesPerSecond: 1e15 };
    const rig = await startRig({ parts: { askHolder }, timing });
    await load(rig, order(SMALL, { numCtx: 65_536, keepAlive: '1h', by: bob }));
    await otherClient(rig, SMALL, 65_536, 0);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 8_192, by: ada }));
    expect(questions).toEqual([]);
    expect(outcome).toMatchObject({ result: 'loaded', numCtx: 8_192 });
  });
});
