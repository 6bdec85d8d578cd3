import { describe, expect, it } from 'vitest';
import type { Consent } from '../../../src/servers/loading/types.ts';
import type { Reservation } from '../../../src/servers/reservations.ts';
import { load, order, otherClient, person, type Rig, SMALL, startRig } from './rig.ts';

const HOUR = 3_600_000;

/** Somebody's booking, in force. */
function booking(more: Partial<Reservation> = {}): Reservation {
  const nowMs = Date.now();
  const owner = { ownerId: 'bob', ownerName: 'Bob', platform: 'test', guildId: null, channelId: null };
  const when = { createdAtMs: nowMs - HOUR, fromMs: nowMs - HOUR, untilMs: nowMs + HOUR };
  return { id: 1, server: 'main', gpus: [], ...owner, ...when, ...more };
}

async function rigWith(reservation: Reservation, consent: Consent = 'keep') {
  const asked: string[] = [];
  const rig = await startRig({
    parts: {
      reservations: { list: async () => [reservation] },
      askHolder: async ({ hold, by }) => {
        asked.push(`${by.id} asks ${hold.holderId} for ${hold.model}`);
        return consent;
      },
    },
  });
  return { rig, asked };
}

const uuidsOf = async (rig: Rig) => (await rig.server.snapshot({ maxAgeMs: 0 })).gpuViews.map(({ uuid }) => uuid);

describe('a load on what somebody else booked', () => {
  it('asks first, and is refused without a yes; nothing is touched', async () => {
    const { rig, asked } = await rigWith(booking());
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, by: person('ada') }));
    expect(asked).toEqual(['ada asks bob for main']);
    expect(outcome).toMatchObject({ result: 'refused', problem: { code: 'booked-by-others' }, attempts: 0 });
    expect(rig.loaded()).toEqual([]);
  });

  it('goes on with a yes', async () => {
    const { rig } = await rigWith(booking(), 'agree');
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, by: person('ada') }));
    expect(outcome.result).toBe('loaded');
  });

  it('the booker loads without being asked', async () => {
    const { rig, asked } = await rigWith(booking());
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, by: person('bob') }));
    expect([outcome.result, asked]).toEqual(['loaded', []]);
  });

  it('an administrator may override, which is written down with whose it was', async () => {
    const { rig, asked } = await rigWith(booking());
    const by = { ...person('root'), isAdmin: true };
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, by, overrideHolds: true }));
    expect([outcome.result, asked]).toEqual(['loaded', []]);
    const rows = await rig.store.audit.list({ action: 'reserve-override' });
    expect(rows).toMatchObject([{ personId: 'root', target: 'main', args: { holderId: 'bob' } }]);
  });

  it('only the GPUs that the plan goes on matter, and only while it is in force', async () => {
    const nowMs = Date.now();
    const ahead = await rigWith(booking({ fromMs: nowMs + HOUR, untilMs: nowMs + 2 * HOUR }));
    expect((await load(ahead.rig, order(SMALL, { numCtx: 4_096, by: person('ada') }))).outcome.result).toBe('loaded');
    const over = await rigWith(booking({ untilMs: nowMs - 1 }));
    expect((await load(over.rig, order(SMALL, { numCtx: 4_096, by: person('ada') }))).outcome.result).toBe('loaded');
    const used: string[] = [];
    const probe = await startRig();
    const { outcome } = await load(probe, order(SMALL, { numCtx: 4_096 }));
    const uuids = await uuidsOf(probe);
    for (const [index, gpu] of (outcome.plan?.gpus ?? []).entries()) {
      if (gpu.totalBytes > 0) {
        used.push(uuids[index]!);
      }
    }
    const other = uuids.findIndex((uuid) => !used.includes(uuid));
    const beside = await rigWith(booking({ gpus: [{ uuid: uuids[other]!, index: other }] }));
    expect((await load(beside.rig, order(SMALL, { numCtx: 4_096, by: person('ada') }))).outcome.result).toBe('loaded');
    const mine = await rigWith(booking({ gpus: [{ uuid: used[0]!, index: uuids.indexOf(used[0]!) }] }));
    expect((await load(mine.rig, order(SMALL, { numCtx: 4_096, by: person('ada') }))).outcome.result).toBe('refused');
  });

  it('what is loaded there already is only renewed', async () => {
    const { rig, asked } = await rigWith(booking());
    await otherClient(rig, SMALL, 4_096);
    const { outcome } = await load(rig, order(SMALL, { numCtx: 4_096, by: person('ada') }));
    expect(outcome).toMatchObject({ result: 'loaded', renewed: true });
    expect(asked).toEqual([]);
  });
});
