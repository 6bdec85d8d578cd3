import { describe, expect, test, vi } from 'vitest';
import { orAborted, withDeadline, within } from '../../src/base/wait.ts';

const never = new Promise<string>(() => {});

describe('within', () => {
  test('gives what the work gives when it is in time, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    try {
      expect(await within(1_000, Promise.resolve('done'))).toBe('done');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a work that fails in time fails the wait, and leaves no timer behind', async () => {
    vi.useFakeTimers();
    try {
      await expect(within(1_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('late work gives nothing, what stands in for it, or the failure that stands in for it', async () => {
    expect(await within(1, never)).toBe(undefined);
    expect(await within(1, never, () => 'instead')).toBe('instead');
    await expect(
      within(1, never, () => {
        throw new Error('too late');
      }),
    ).rejects.toThrow('too late');
  });

  test('a failure that comes after the bound is nobody’s concern', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      let fail: (error: Error) => void = () => {};
      const work = new Promise<void>((_, reject) => {
        fail = reject;
      });
      await within(1, work);
      fail(new Error('late'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });
});

describe('orAborted', () => {
  test('follows the work while nobody aborts, and lets go of the signal', async () => {
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, 'removeEventListener');
    expect(await orAborted(Promise.resolve(1), controller.signal)).toBe(1);
    expect(await orAborted(Promise.resolve(2), undefined)).toBe(2);
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test('rejects with the reason as soon as it is aborted, before or during the work', async () => {
    const controller = new AbortController();
    const waiting = orAborted(never, controller.signal);
    controller.abort(new Error('given up'));
    await expect(waiting).rejects.toThrow('given up');
    await expect(orAborted(never, controller.signal)).rejects.toThrow('given up');
  });
});

describe('a deadline', () => {
  test('is gone with the work, however it ends', async () => {
    vi.useFakeTimers();
    try {
      expect(await withDeadline(40_000, async () => 'done')).toBe('done');
      await expect(withDeadline(40_000, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('fires as a time-out does', async () => {
    await expect(withDeadline(1, (signal) => orAborted(never, signal))).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
