import { orAborted, within } from '../base/wait.ts';

/** The time of {@link bounded} is over. */
export class TimeoutError extends Error {}

/** Runs work with a time limit that holds even if the work ignores its signal. */
export async function bounded<T>(
  limitMs: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const bound = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  try {
    return await within(Math.max(0, limitMs), orAborted(work(bound), signal), () => {
      throw new TimeoutError();
    });
  } finally {
    limit.abort();
  }
}
