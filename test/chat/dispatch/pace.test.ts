import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPace } from '../../../src/chat/dispatch/pace.ts';

let at = 0;
beforeEach(() => {
  vi.useFakeTimers();
  at = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

/** Turns of the event loop that come on time, or late. */
async function turns(count: number, lateMs = 0): Promise<void> {
  for (let i = 0; i < count; i++) {
    at += 5 + lateMs;
    await vi.advanceTimersByTimeAsync(5);
  }
}

const never = new AbortController().signal;

function crowd(settings: Parameters<typeof createPace>[0] = {}) {
  const pace = createPace({ now: () => at, ...settings });
  const begun: (() => void)[] = [];
  const begin = (kind = 'fit', signal = never) =>
    Promise.resolve(pace.begin(kind, signal)).then((end) => {
      begun.push(end);
    });
  return { pace, begun, begin };
}

describe('the pace of work', () => {
  it('lets a few begin at once and the rest turn by turn while the loop is free', async () => {
    const { begun, begin } = crowd();
    const all = Array.from({ length: 12 }, () => begin());
    await Promise.resolve();
    expect(begun).toHaveLength(4);
    await turns(1);
    expect(begun).toHaveLength(8);
    await turns(1);
    await Promise.all(all);
    expect(begun).toHaveLength(12);
  });

  it('begins nothing while the loop is behind, and still something on a machine that is never free', async () => {
    const { pace, begun, begin } = crowd();
    void Promise.all(Array.from({ length: 12 }, () => begin()));
    await turns(1, 60);
    expect(begun).toHaveLength(4);
    expect(pace.isBehind).toBe(true);
    await turns(10, 60);
    expect(begun.length).toBeGreaterThan(5);
    expect(begun.length).toBeLessThan(9);
    await turns(4);
    expect(begun).toHaveLength(12);
    expect(pace.isBehind).toBe(false);
  });

  it('has no room beyond what may wait, for a kind and for all', async () => {
    const { pace, begin } = crowd({ waitingOfKind: 2, waiting: 3 });
    for (let i = 0; i < 6; i++) {
      void begin('fit');
    }
    expect(pace.hasRoom('fit')).toBe(false);
    expect(pace.hasRoom('ps')).toBe(true);
    void begin('ps');
    expect(pace.hasRoom('vram')).toBe(false);
    await turns(3);
    expect(pace.hasRoom('fit')).toBe(true);
  });

  it('keeps one kind from taking every place', async () => {
    const { begun, begin } = crowd({ runningOfKind: 2, running: 3 });
    const order: string[] = [];
    for (const kind of ['fit', 'fit', 'fit', 'ps', 'vram']) {
      void begin(kind).then(() => order.push(kind));
    }
    await turns(5);
    expect(order).toEqual(['fit', 'fit', 'ps']);
    begun[0]!();
    begun[0]!();
    await turns(1);
    expect(order).toEqual(['fit', 'fit', 'ps', 'fit']);
  });

  it('forgets what is given up while it waits', async () => {
    const { begun, begin } = crowd();
    const given = new AbortController();
    const all = Array.from({ length: 5 }, () => begin());
    const dropped = begin('fit', given.signal);
    given.abort(new Error('given up'));
    await expect(dropped).rejects.toThrow('given up');
    await turns(2);
    await Promise.all(all);
    expect(begun).toHaveLength(5);
  });
});
