import { vi } from 'vitest';

/** Waits until a check holds; long enough for a busy machine, for it decides nothing else. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 15_000, interval: 10 });
}
