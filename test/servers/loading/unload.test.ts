import { describe, expect, it } from 'vitest';
import type { UnloadOrder } from '../../../src/servers/loading/safe-unload.ts';
import type { Consent } from '../../../src/servers/loading/types.ts';
import { load, order, otherClient, person, type Rig, SMALL, startRig } from './rig.ts';

const bob = person('bob');

function unload(rig: Rig, more: Partial<UnloadOrder> = {}) {
  const wanted: UnloadOrder = {
    model: SMALL,
    by: person('ada'),
    isOperator: true,
    mayInterrupt: false,
    askHolder: false,
    overrideHolds: false,
    ...more,
  };
  return rig.loads.unload(rig.server, wanted, { signal: new AbortController().signal, onStep: () => undefined });
}

async function held(consent: Consent = 'keep') {
  const rig = await startRig({ parts: { askHolder: async () => consent } });
  await load(rig, order(SMALL, { numCtx: 8_192, keepAlive: '1h', by: bob }));
  return rig;
}

describe('an unload', () => {
  it('proves that the memory came back', async () => {
    const rig = await startRig();
    await otherClient(rig, SMALL, 8_192);
    const size = rig.simulator.loaded()[0]!.sizeVramBytes;
    const outcome = await unload(rig);
    expect(outcome).toMatchObject({ result: 'gone', heldBytes: size });
    expect(outcome.recoveredBytes).toBeGreaterThanOrEqual(size);
    expect(rig.loaded()).toEqual([]);
    expect(await rig.store.audit.list()).toMatchObject([{ action: 'unload', result: 'ok', code: null, target: SMALL }]);
  });

  it('says "stuck" when the memory does not come back', async () => {
    const rig = await startRig();
    rig.simulator.setFaults({ load: [{ fault: { kind: 'leak' } }] });
    await otherClient(rig, SMALL, 8_192);
    expect(await unload(rig)).toMatchObject({ result: 'memory-stuck', recoveredBytes: 0 });
    expect(await rig.store.audit.list()).toMatchObject([{ result: 'failed', code: 'memory-stuck' }]);
  });

  it('says so when the model does not leave', async () => {
    const rig = await startRig();
    await otherClient(rig, SMALL, 8_192);
    rig.simulator.setFaults({
      http: [{ path: '/api/generate', fault: { kind: 'status', status: 200, text: 'ignored', json: true } }],
    });
    const outcome = await unload(rig);
    expect(['still-loaded', 'failed']).toContain(outcome.result);
    expect(rig.loaded()).toEqual([SMALL]);
  });

  it('is refused for what is not loaded', async () => {
    const rig = await startRig();
    expect(await unload(rig)).toMatchObject({ result: 'refused', problem: { code: 'not-loaded' } });
  });

  it('asks for a yes before it takes a model from its holder, and touches nothing until then', async () => {
    const rig = await held('agree');
    expect(await unload(rig)).toMatchObject({ result: 'needs-yes', obstacle: { hold: { holderId: 'bob' } } });
    expect(rig.loaded()).toEqual([SMALL]);
    expect(await unload(rig, { askHolder: true })).toMatchObject({ result: 'gone' });
    expect(await rig.holds.list()).toEqual([]);
  });

  it('is refused when the holder keeps the model, except to an administrator who overrides that', async () => {
    const rig = await held('keep');
    expect(await unload(rig, { askHolder: true })).toMatchObject({
      result: 'refused',
      problem: { code: 'holder-keeps' },
    });
    expect(await unload(rig, { overrideHolds: true })).toMatchObject({ result: 'needs-yes' });
    expect(rig.loaded()).toEqual([SMALL]);
    const root = person('root', { isAdmin: true });
    expect(await unload(rig, { overrideHolds: true, by: root })).toMatchObject({ result: 'gone' });
    expect(await rig.store.audit.list({ action: 'hold-override' })).toMatchObject([{ personId: 'root' }]);
  });

  it('is the holder\u2019s right without any role, and nobody else\u2019s', async () => {
    const rig = await held();
    expect(await unload(rig, { isOperator: false })).toMatchObject({ problem: { code: 'unload-not-yours' } });
    expect(await rig.store.audit.list({ action: 'unload' })).toMatchObject([
      { result: 'refused', code: 'unload-not-yours' },
    ]);
    expect(await unload(rig, { isOperator: false, by: bob })).toMatchObject({ result: 'gone' });
  });

  it('asks for a yes before it interrupts somebody', async () => {
    const rig = await startRig();
    await otherClient(rig, SMALL, 8_192);
    await rig.server.snapshot({ maxAgeMs: 0 });
    await otherClient(rig, SMALL, 8_192, '30m');
    expect(await unload(rig)).toMatchObject({ result: 'needs-yes', obstacle: { hold: null, inUse: true } });
    expect(await unload(rig, { mayInterrupt: true })).toMatchObject({ result: 'gone' });
  });
});
