import { describe, expect, it, vi } from 'vitest';
import { createRecords } from '../../../src/servers/loading/records.ts';
import { StoreError } from '../../../src/store/errors.ts';
import type { AuditEntry, AuditRepository, Hold } from '../../../src/store/types.ts';

const hold: Hold = {
  server: 'main',
  model: 'gemma3:12b',
  holderId: '1',
  holderName: 'Ada',
  platform: 'discord',
  guildId: null,
  channelId: null,
  sinceMs: 0,
  untilMs: null,
  numCtx: 8192,
};

function world() {
  const rows: AuditEntry[] = [];
  const failing: (StoreError | null)[] = [];
  const errors: unknown[] = [];
  const audit: AuditRepository = {
    append: async (entry) => {
      const error = failing.shift();
      if (error) {
        throw error;
      }
      return rows.push(entry);
    },
    prune: async () => undefined,
    list: async () => [],
  };
  let now = 0;
  const records = createRecords(
    audit,
    () => {
      now += 1;
      return now;
    },
    (error) => errors.push(error),
  );
  const record = (model: string) => records.event({ kind: 'left', hold: { ...hold, model }, numCtx: null });
  return { rows, failing, errors, record };
}

describe('what was done', () => {
  it('is recorded later, in order and with its own time, when the store does not answer', async () => {
    vi.useFakeTimers();
    try {
      const { rows, failing, errors, record } = world();
      failing.push(new StoreError('store-unreachable'), new StoreError('store-unreachable'));
      await record('a');
      await record('b');
      expect(rows).toEqual([]);
      expect(errors).toHaveLength(2);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(rows.map(({ target, atMs }) => [target, atMs])).toEqual([
        ['a', 1],
        ['b', 2],
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('and is refused for what it is does not keep the next from being recorded', async () => {
    const { rows, failing, record } = world();
    failing.push(new StoreError('store-refused'));
    await record('a');
    await record('b');
    expect(rows.map(({ target }) => target)).toEqual(['b']);
  });
});
