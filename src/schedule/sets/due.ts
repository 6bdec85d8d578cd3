import type { SetSchedule } from '../../store/types.ts';
import { type CronTimes, dueBetween } from '../posts/cron.ts';

/** A start without an end is done at most this much after its time, ms. */
const LATEST_START_MS = 30 * 60_000;
/** An end is done at most this much after its time, ms. */
const LATEST_END_MS = 12 * 60 * 60_000;
/** A due time taken up this far in the future was taken up by a clock that was wrong, ms. */
const WRONG_CLOCK_MS = 60 * 60_000;

/** The times of a schedule. */
export interface SetTimes {
  readonly start: CronTimes;
  /** `null`: the models leave by their own time. */
  readonly end: CronTimes | null;
}

/** What is to be done for a schedule: due times to be taken up, and which of them is still to be acted on. */
export interface SetDue {
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly act: 'start' | 'end' | null;
}

/** What is due at a moment. Of a start and an end that were both missed, the later counts. */
export function setDue(schedule: SetSchedule, times: SetTimes, nowMs: number): SetDue {
  const latest = (cron: CronTimes | null, lastMs: number | null): number | null => {
    const taken = lastMs !== null && lastMs <= nowMs + WRONG_CLOCK_MS ? lastMs : schedule.createdAtMs;
    return cron === null ? null : (dueBetween(cron, Math.max(taken, schedule.createdAtMs), nowMs)?.latestMs ?? null);
  };
  const startMs = latest(times.start, schedule.startDueMs);
  const endMs = latest(times.end, schedule.endDueMs);
  if (startMs !== null && (endMs === null || startMs > endMs)) {
    const endsMs = times.end?.nextAfter(startMs) ?? startMs + LATEST_START_MS;
    return { startMs, endMs, act: nowMs < endsMs ? 'start' : null };
  }
  return { startMs, endMs, act: endMs !== null && nowMs - endMs < LATEST_END_MS ? 'end' : null };
}
