import { Cron } from 'croner';
import { CodedError } from '../../base/coded.ts';

/** More due times than this in one silence are not counted one by one. */
const MAX_COUNTED = 1_000;
/** Due times looked at to find the shortest pause between two. */
const GAPS_LOOKED_AT = 100;

/** A schedule that cannot be made or found. The edge finds the sentence under `error.<code>`. */
export class ScheduleError extends CodedError {
  override readonly name = 'ScheduleError';
}

/** The times that a cron expression names in a time zone; all are milliseconds since the epoch. */
export interface CronTimes {
  /** The first due time after a moment; `null` when there is none any more. */
  nextAfter(ms: number): number | null;
}

/**
 * Reads a cron expression of five fields (or `@daily` and the like). Where clocks are put forward, a time that does
 * not exist is due right after the gap; where they are put back, a fixed time is due once and an hourly one in both.
 * @throws ScheduleError `cron-invalid`, `cron-never`, `time-zone-unknown`
 */
export function readCron(expression: string, timeZone: string, nowMs: number): CronTimes {
  if (!isTimeZone(timeZone)) {
    throw new ScheduleError('time-zone-unknown', { zone: timeZone.slice(0, 60) });
  }
  let cron: Cron;
  try {
    cron = new Cron(expression, { timezone: timeZone, paused: true, mode: '5-part', fixedTimeRule: 'no-wildcard' });
  } catch {
    // Croner's own sentence is English, and tells of its inside.
    throw new ScheduleError('cron-invalid', { cron: expression.slice(0, 60) });
  }
  const times: CronTimes = { nextAfter: (ms) => cron.nextRun(new Date(ms))?.getTime() ?? null };
  if (times.nextAfter(nowMs) === null) {
    throw new ScheduleError('cron-never', { cron: expression.slice(0, 60) });
  }
  return times;
}

/** Whether this machine knows a time zone of that name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The shortest pause between due times to come, ms; `null` when only one is left. */
export function shortestPauseMs(times: CronTimes, nowMs: number): number | null {
  let shortest: number | null = null;
  let at = times.nextAfter(nowMs);
  for (let looked = 0; looked < GAPS_LOOKED_AT && at !== null; looked += 1) {
    const next = times.nextAfter(at);
    if (next !== null) {
      shortest = Math.min(shortest ?? Number.POSITIVE_INFINITY, next - at);
    }
    at = next;
  }
  return shortest;
}

/**
 * How many due times lie in (afterMs, untilMs], and the last of them.
 * @returns `null` when there is none; `latestMs` is `untilMs` when there are too many to be counted
 */
export function dueBetween(
  times: CronTimes,
  afterMs: number,
  untilMs: number,
): { readonly count: number; readonly latestMs: number } | null {
  let count = 0;
  let latestMs = afterMs;
  for (let at = times.nextAfter(afterMs); at !== null && at <= untilMs; at = times.nextAfter(at)) {
    count += 1;
    latestMs = at;
    if (count >= MAX_COUNTED) {
      return { count, latestMs: untilMs };
    }
  }
  return count === 0 ? null : { count, latestMs };
}
