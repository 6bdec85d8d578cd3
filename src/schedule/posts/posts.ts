import { randomBytes } from 'node:crypto';
import type { Schedule } from '../../store/types.ts';
import { type CronTimes, dueBetween } from './cron.ts';

/** A post that comes this much after its time is still that post; later it counts as missed and is told. */
const ON_TIME_MS = 5 * 60_000;
/** Platforms recognise a repeated nonce for minutes (Discord: "a few", its reference of messages, 2026); this is the safe part. */
export const NONCE_LIFE_MS = 2 * 60_000;
/** A post that was put off by the platform is sent at most this much after it was taken up. */
const LONGEST_PUT_OFF_MS = 60 * 60_000;
/** A due time taken up this far in the future was taken up by a clock that was wrong. */
const WRONG_CLOCK_MS = 60 * 60_000;

/** What a nonce says about the post it marks. */
export interface PostMark {
  readonly claimedAtMs: number;
  /** Posts that are told as missed by this one. */
  readonly missed: number;
}

/** A mark as a nonce, never the same twice. */
export function toNonce(id: number, mark: PostMark): string {
  const seconds = Math.max(0, Math.floor(mark.claimedAtMs / 1000)).toString(36);
  const missed = Math.min(mark.missed, 9_999).toString(36);
  return `s${id.toString(36)}.${seconds}.${missed}.${randomBytes(3).toString('hex')}`;
}

/** Reads a nonce; one of another form says nothing. */
export function fromNonce(nonce: string): PostMark | null {
  const match = /^s[0-9a-z]+\.([0-9a-z]+)\.([0-9a-z]+)\./.exec(nonce);
  if (match === null) {
    return null;
  }
  return { claimedAtMs: Number.parseInt(match[1]!, 36) * 1000, missed: Number.parseInt(match[2]!, 36) };
}

/** Whether a post with this mark can still be sent again without making a second one. */
export function isUnderWay(mark: PostMark, nowMs: number): boolean {
  const age = nowMs - mark.claimedAtMs;
  return age < NONCE_LIFE_MS && age > -LONGEST_PUT_OFF_MS;
}

/** What is to be done for a schedule now. */
export type PostStep =
  | { readonly kind: 'wait'; readonly untilMs: number | null }
  /** The post under way is sent again under its nonce: if it had arrived, no second one appears. */
  | { readonly kind: 'resend'; readonly nonce: string; readonly missed: number }
  | { readonly kind: 'post'; readonly dueMs: number; readonly missed: number }
  /** The clock was wrong; due times are counted from now on again. */
  | { readonly kind: 'reset'; readonly lastDueMs: number };

/**
 * What is to be done for a posting schedule at a moment. A due time is taken up in the store before its post is
 * sent, so whoever is killed in between leaves the nonce behind: within its life the post is sent again under the
 * same nonce (never two), after it nobody can know whether it arrived, and the next post tells so.
 */
export function planPost(schedule: Schedule, times: CronTimes, nowMs: number): PostStep {
  const { lastDueMs, nonce } = schedule;
  if (lastDueMs !== null && lastDueMs > nowMs + WRONG_CLOCK_MS) {
    return { kind: 'reset', lastDueMs: nowMs };
  }
  const mark = nonce === null ? null : (fromNonce(nonce) ?? { claimedAtMs: 0, missed: 0 });
  if (nonce !== null && mark !== null && isUnderWay(mark, nowMs)) {
    return { kind: 'resend', nonce, missed: mark.missed };
  }
  const since = lastDueMs ?? schedule.createdAtMs;
  const due = dueBetween(times, since, nowMs);
  if (due === null) {
    return { kind: 'wait', untilMs: times.nextAfter(Math.max(since, nowMs)) };
  }
  const unsure = mark === null ? 0 : mark.missed + 1;
  const onTime = nowMs - due.latestMs <= ON_TIME_MS;
  return {
    kind: 'post',
    dueMs: onTime ? due.latestMs : nowMs,
    missed: unsure + due.count - (onTime ? 1 : 0),
  };
}
