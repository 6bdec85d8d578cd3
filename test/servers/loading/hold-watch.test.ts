import { describe, expect, it } from 'vitest';
import { createHoldWatch, type HoldEvent } from '../../../src/servers/loading/hold-watch.ts';
import { createStoredHolds } from '../../../src/servers/loading/holds.ts';
import { load, order, otherClient, person, SMALL, startRig } from './rig.ts';

const bob = person('bob');

/** A watch over the rig's holds whose time is the snapshots'. */
async function watched() {
  const rig = await startRig();
  await load(rig, order(SMALL, { numCtx: 4_096, keepAlive: '1h', by: bob }));
  const events: HoldEvent[] = [];
  let busy = false;
  const watch = createHoldWatch({
    servers: rig.registry.servers,
    holds: createStoredHolds(rig.store.holds, Date.now),
    onEvent: async (event) => void events.push(event),
    onError: (error) => {
      throw error;
    },
    isBusy: () => busy,
  });
  const look = async (laterMs: number) => {
    const snapshot = await rig.server.snapshot({ maxAgeMs: 0 });
    await watch.check({
      ...snapshot,
      takenAtMs: snapshot.takenAtMs + laterMs,
      modelsAtMs: (snapshot.modelsAtMs ?? 0) + laterMs,
    });
  };
  return { rig, events, look, setBusy: (now: boolean) => (busy = now) };
}

describe('a hold', () => {
  it('ends when its model has been away for a while, not at the first look', async () => {
    const { rig, events, look } = await watched();
    await rig.server.ollama.unload(SMALL);
    await look(1_000);
    await look(60_000);
    expect(await rig.holds.get('main', SMALL)).not.toBeNull();
    await look(95_000);
    expect(await rig.holds.get('main', SMALL)).toBeNull();
    expect(events).toMatchObject([{ kind: 'left', hold: { holderId: 'bob' } }]);
  });

  it('stays when the model was only away for a reload', async () => {
    const { rig, events, look } = await watched();
    await rig.server.ollama.unload(SMALL);
    await look(1_000);
    await otherClient(rig, SMALL, 4_096);
    await look(60_000);
    await rig.server.ollama.unload(SMALL);
    await look(100_000);
    expect(await rig.holds.get('main', SMALL)).not.toBeNull();
    expect(events).toEqual([]);
  });

  it('tells once when another client has loaded the model with another context', async () => {
    const { rig, events, look } = await watched();
    await look(1_000);
    await otherClient(rig, SMALL, 16_384);
    for (const laterMs of [2_000, 8_000, 13_000, 30_000, 60_000]) {
      await look(laterMs);
    }
    expect(events).toMatchObject([{ kind: 'reloaded-elsewhere', numCtx: 16_384, hold: { numCtx: 4_096 } }]);
    expect(await rig.holds.get('main', SMALL)).toMatchObject({ holderId: 'bob', numCtx: 16_384 });
  });

  it('is told by one process of two, though both had looked before either told', async () => {
    const rig = await startRig();
    await load(rig, order(SMALL, { numCtx: 4_096, keepAlive: '1h', by: bob }));
    const stored = createStoredHolds(rig.store.holds, Date.now);
    const before = await stored.list('main');
    const events: HoldEvent[] = [];
    const watches = [1, 2].map(() =>
      createHoldWatch({
        servers: rig.registry.servers,
        holds: { ...stored, list: async () => before },
        onEvent: async (event) => void events.push(event),
        onError: (error) => {
          throw error;
        },
        isBusy: () => false,
      }),
    );
    await otherClient(rig, SMALL, 16_384);
    const snapshot = await rig.server.snapshot({ maxAgeMs: 0 });
    for (const laterMs of [1_000, 12_000]) {
      for (const watch of watches) {
        await watch.check({ ...snapshot, modelsAtMs: (snapshot.modelsAtMs ?? 0) + laterMs });
      }
    }
    expect(events).toHaveLength(1);
    expect(await rig.holds.get('main', SMALL)).toMatchObject({ holderId: 'bob', numCtx: 16_384 });
  });

  it('says nothing while a load of ours is under way, nor when the list is old', async () => {
    const { rig, events, look, setBusy } = await watched();
    await otherClient(rig, SMALL, 16_384);
    setBusy(true);
    for (const laterMs of [1_000, 20_000]) {
      await look(laterMs);
    }
    expect(events).toEqual([]);
    setBusy(false);
    await rig.simulator.refuse();
    for (const laterMs of [30_000, 200_000]) {
      await look(laterMs);
    }
    expect(events).toEqual([]);
    expect(await rig.holds.get('main', SMALL)).not.toBeNull();
  });
});

describe('the service', () => {
  it('knows who holds what without asking anew, once it has started', async () => {
    const rig = await startRig();
    await rig.holds.put({
      server: 'main',
      model: SMALL,
      holderId: 'bob',
      holderName: 'Bob',
      platform: 'discord',
      guildId: null,
      channelId: null,
      sinceMs: Date.now() - 60_000,
      untilMs: Date.now() + 60_000,
      numCtx: 4_096,
    });
    expect(rig.loads.holders('main').size).toBe(0);
    rig.loads.start();
    await expect.poll(() => [...rig.loads.holders('main')]).toEqual([[SMALL, 'Bob']]);
    expect(rig.events).toEqual([]);
  });
});
