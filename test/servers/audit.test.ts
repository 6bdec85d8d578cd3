import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { createAuditTrail } from '../../src/servers/audit.ts';
import { createRefusalFold } from '../../src/servers/refusals.ts';
import { StoreError } from '../../src/store/errors.ts';
import { openStore } from '../../src/store/store.ts';
import type { AuditEntry } from '../../src/store/types.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 26);

function refusal(personId: string, atMs: number, command = 'load'): AuditEntry {
  return {
    atMs,
    personId,
    personName: personId,
    platform: 'discord',
    guildId: '1',
    channelId: '2',
    action: 'refused',
    server: null,
    target: null,
    args: { command },
    result: 'refused',
    code: 'not-allowed',
    vramBeforeBytes: null,
    vramAfterBytes: null,
  };
}

describe('refusals in the audit trail', () => {
  it('of one person and one kind are two rows, however many they are', async () => {
    const rows: AuditEntry[] = [];
    const fold = createRefusalFold(async (entry) => rows.push(entry));
    for (let i = 0; i < 3_000; i++) {
      await fold.add(refusal('ann', START + i * 100));
    }
    expect(rows).toHaveLength(1);
    await fold.sweep(START + 9 * MINUTE);
    expect(rows).toHaveLength(1);
    await fold.sweep(START + 11 * MINUTE);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatchObject({ personId: 'ann', args: { command: 'load', times: 2_999 } });
    await fold.add(refusal('ann', START + 12 * MINUTE));
    expect(rows).toHaveLength(3);
  });

  it('of others and for other reasons stand by themselves, within a bound', async () => {
    const rows: AuditEntry[] = [];
    const fold = createRefusalFold(async (entry) => rows.push(entry));
    await fold.add(refusal('ann', START));
    await fold.add(refusal('ben', START));
    await fold.add(refusal('ann', START, 'pull'));
    await fold.add({ ...refusal('ann', START), code: 'button-unknown' });
    expect(rows).toHaveLength(4);
    for (let i = 0; i < 1_200; i++) {
      await fold.add(refusal(`p${i}`, START));
      await fold.add(refusal(`p${i}`, START + 1));
    }
    // Those that were counted first have been written to make room.
    expect(rows.filter(({ personId }) => personId === 'p0')).toHaveLength(2);
    expect(rows.filter(({ personId }) => personId === 'p1199')).toHaveLength(1);
  });
});

describe('the audit trail', () => {
  it('has the row before the act, and says in words that nothing is done where it cannot', async () => {
    const store = await openStore(':memory:');
    const asked = { ...refusal('ann', START), action: 'asked', result: 'ok', code: null } as const;
    const trail = createAuditTrail(store, pino({ level: 'silent' }));
    await trail.asked(asked, false);
    await trail.asked(asked, false);
    expect(await trail.list()).toHaveLength(2);
    const append = async () => Promise.reject(new StoreError('store-full'));
    const full = createAuditTrail({ ...store, audit: { ...store.audit, append } }, pino({ level: 'silent' }));
    for (const often of [false, true, true]) {
      await expect(full.asked(asked, often)).rejects.toMatchObject({
        code: 'trail-unwritable',
        params: { reason: 'store-full' },
      });
    }
    await store.close();
  });

  it('folds what everybody may ask for, and still says where nothing can be written', async () => {
    const store = await openStore(':memory:');
    const asked = { ...refusal('ann', START), action: 'asked', result: 'ok', code: null } as const;
    let state: 'store-full' | null = null;
    const trail = createAuditTrail({ ...store, check: async () => state }, pino({ level: 'silent' }));
    for (let i = 0; i < 50; i++) {
      await trail.asked(asked, true);
    }
    state = 'store-full';
    await expect(trail.asked(asked, true)).rejects.toMatchObject({ code: 'trail-unwritable' });
    await trail.close();
    expect((await trail.list()).map(({ args }) => args)).toEqual([{ command: 'load', times: 50 }, { command: 'load' }]);
    await store.close();
  });

  it('writes the counts that wait when it closes', async () => {
    const store = await openStore(':memory:');
    const trail = createAuditTrail(store, pino({ level: 'silent' }));
    for (let i = 0; i < 5; i++) {
      trail.refused(refusal('ann', Date.now()));
    }
    await trail.close();
    expect((await trail.list()).map(({ args }) => args)).toEqual([{ command: 'load', times: 4 }, { command: 'load' }]);
    await store.close();
  });
});
