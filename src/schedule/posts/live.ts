import type { PostError } from '../../chat/poster.ts';

/** A changed status is shown after this long at the soonest. */
const CHANGE_PACE_MS = 15_000;
/** An unchanged one is written again after this long, so that the age of its numbers stays small. */
const AGE_PACE_MS = 60_000;
/** Discord takes few edits of messages older than an hour (3 per 6 s and channel, code 30046). */
const OLD_AFTER_MS = 60 * 60_000;
/** Old messages of one channel are edited at least this far apart. */
export const OLD_EDITS_APART_MS = 2_500;
const OLD_CHANGE_PACE_MS = 60_000;
const OLD_AGE_PACE_MS = 5 * 60_000;
/** Pauses after failures double from the first to the last. */
const FIRST_PAUSE_MS = 15_000;
const LAST_PAUSE_MS = 10 * 60_000;
/** A message that is deleted sooner than this makes the next one wait longer. */
const SHORT_LIFE_MS = 10 * 60_000;
const FIRST_REBIRTH_MS = 5_000;
const LAST_REBIRTH_MS = 60 * 60_000;

/** What one live message has been through in the life of this process. */
export interface LiveState {
  /** What the message shows; `null`: not known, such as after a restart. */
  readonly shown: string | null;
  /** When the last edit was tried; `null`: not yet. */
  readonly triedAtMs: number | null;
  readonly notBeforeMs: number;
  /** Failures in a row. */
  readonly failures: number;
  /** Messages in a row that were deleted soon. */
  readonly shortLives: number;
}

export const FRESH: LiveState = { shown: null, triedAtMs: null, notBeforeMs: 0, failures: 0, shortLives: 0 };

/**
 * Whether the message is to be edited now: when it changed and the last edit is long enough ago, when its numbers
 * get old, when its cron time has come, and after a restart.
 * @param createdAtMs when the message was posted
 */
export function wantsEdit(
  state: LiveState,
  now: {
    readonly atMs: number;
    readonly createdAtMs: number;
    /** What would be shown; asked for only when it matters. */
    readonly fingerprint: () => string;
    /** The first cron time after the last try; asked for only when it matters. */
    readonly dueMs: () => number | null;
  },
): boolean {
  if (isWaiting(state, now.atMs)) {
    return false;
  }
  if (state.triedAtMs === null || state.shown === null) {
    return true;
  }
  const old = isOld(now.createdAtMs, now.atMs);
  const sinceMs = now.atMs - state.triedAtMs;
  // A clock set back: the pause cannot be told, so it counts as over.
  if (sinceMs < 0) {
    return true;
  }
  if (sinceMs >= (old ? OLD_AGE_PACE_MS : AGE_PACE_MS)) {
    return true;
  }
  if (sinceMs < (old ? OLD_CHANGE_PACE_MS : CHANGE_PACE_MS)) {
    return false;
  }
  if (state.shown !== now.fingerprint()) {
    return true;
  }
  const dueMs = now.dueMs();
  return dueMs !== null && dueMs <= now.atMs;
}

/** Whether Discord takes edits of the message only slowly. */
export function isOld(createdAtMs: number, atMs: number): boolean {
  return atMs - createdAtMs >= OLD_AFTER_MS;
}

/** Whether a pause that was imposed still lasts. A pause never lasts longer than the longest one, whatever the clock does. */
export function isWaiting(state: LiveState, nowMs: number): boolean {
  return nowMs < state.notBeforeMs && state.notBeforeMs - nowMs <= LAST_REBIRTH_MS;
}

/** After the message was written. */
export function afterSuccess(state: LiveState, shown: string, atMs: number): LiveState {
  return { ...state, shown, triedAtMs: atMs, notBeforeMs: 0, failures: 0 };
}

/** After a try that failed and may succeed later. */
export function afterFailure(state: LiveState, error: PostError | null, atMs: number): LiveState {
  const failures = state.failures + 1;
  return { ...state, failures, triedAtMs: atMs, notBeforeMs: atMs + pauseMs(failures, error) };
}

/** After somebody deleted the message: the next one comes at once, but ever more slowly when they live shortly. */
export function afterDeletion(state: LiveState, livedMs: number, atMs: number): LiveState {
  const shortLives = livedMs < SHORT_LIFE_MS ? state.shortLives + 1 : 0;
  const pause = shortLives === 0 ? 0 : Math.min(LAST_REBIRTH_MS, FIRST_REBIRTH_MS * 2 ** Math.min(shortLives - 1, 20));
  return { ...FRESH, shortLives, notBeforeMs: atMs + pause };
}

/** How long to wait after that many failures in a row, ms; at least as long as the platform asks. */
export function pauseMs(failures: number, error: PostError | null): number {
  const own = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
  const asked = Math.min(error?.retryAfterMs ?? 0, LAST_REBIRTH_MS);
  return Math.max(own, asked, error?.failure === 'too-old' ? OLD_CHANGE_PACE_MS : 0);
}
