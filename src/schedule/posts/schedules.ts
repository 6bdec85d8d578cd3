import type { Log } from '../../base/log.ts';
import { within } from '../../base/wait.ts';
import type { Locale } from '../../chat/locale.ts';
import { type ChatPoster, PostError } from '../../chat/poster.ts';
import type { NewSchedule, Schedule, ScheduleRepository } from '../../store/types.ts';
import type { Leader } from '../leader.ts';
import { type CronTimes, readCron, ScheduleError, shortestPauseMs } from './cron.ts';
import {
  afterDeletion,
  afterFailure,
  afterSuccess,
  FRESH,
  isOld,
  isWaiting,
  type LiveState,
  OLD_EDITS_APART_MS,
  pauseMs,
  wantsEdit,
} from './live.ts';
import { fromNonce, isUnderWay, NONCE_LIFE_MS, planPost, toNonce } from './posts.ts';
import { lostReason, tellOwner } from './schedules-lost.ts';
import type { StatusExtra, StatusSource } from './status-source.ts';

/** Looks at the clock this often. What is due is told by the clock alone, so that a machine that slept is no special case. */
const TICK_MS = 1_000;
/** A live message is compared with the state of things this often. */
const LIVE_LOOK_MS = 3_000;
/** Messages written at the same time; the others wait for the next look. */
const MAX_AT_ONCE = 4;
/** Active schedules of one guild. */
export const MAX_PER_GUILD = 20;
/** Posts of one schedule are at least this far apart; a live message has no such bound. */
const MIN_PAUSE_MS = 15 * 60_000;
/** Tries to tell an owner that a schedule ends, before it ends untold. */
const MAX_TELL_TRIES = 3;
/** A stop waits this long for messages under way. */
const STOP_MS = 3_000;

export interface StatusSchedulesOptions {
  readonly schedules: ScheduleRepository;
  readonly poster: ChatPoster;
  readonly source: StatusSource;
  readonly leader: Leader;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
}

/** Who orders a schedule, and what. */
export interface Order extends Omit<NewSchedule, 'createdAtMs'> {
  readonly guildId: string;
  /** Where it was ordered: a channel that surely belongs to the guild. */
  readonly fromChannelId: string | null;
}

/** What this process knows of a schedule beyond the store. */
interface Mind {
  readonly key: string;
  readonly times: CronTimes;
  live: LiveState;
  /** A fate is not known: the try may have arrived. */
  unsure: boolean;
  /** Nothing is to be looked at before this moment, unless the clock is set back. */
  idleUntilMs: number;
  idleSinceMs: number;
  tellTries: number;
  unwatch: (() => void) | null;
}

/**
 * Status posts and live messages, from the store to the chat. The store is read at every look, so a restart, another
 * process and a schedule made a second ago are all the same case.
 */
export class StatusSchedules {
  readonly #options: StatusSchedulesOptions;
  readonly #clock: () => number;
  readonly #minds = new Map<number, Mind>();
  readonly #busy = new Map<number, Promise<void>>();
  /** Schedules that cannot be read, such as by a time zone that this machine lost: told once. */
  readonly #broken = new Set<number>();
  /** When an old message of a channel was last edited. */
  readonly #oldEdits = new Map<string, number>();
  /** Schedules whose work ended during the look under way: what it has read of them is old. */
  readonly #endedMeanwhile = new Set<number>();
  #looking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: StatusSchedulesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? Date.now;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), TICK_MS);
    void this.look();
  }

  /** Ends; messages under way get a moment. Never rejects. */
  async stop(): Promise<void> {
    if (this.#timer !== null) {
      clearInterval(this.#timer);
    }
    this.#timer = null;
    await within(STOP_MS, this.settled());
    for (const mind of this.#minds.values()) {
      mind.unwatch?.();
    }
    this.#minds.clear();
  }

  /** Resolves when no look and no message is under way. */
  async settled(): Promise<void> {
    while (this.#looking !== null || this.#busy.size > 0) {
      await Promise.all([this.#looking, ...this.#busy.values()]);
    }
  }

  /** Active schedules and those that the bot stopped by itself, of one guild. Rejects with a StoreError. */
  async list(guildId: string | null): Promise<readonly Schedule[]> {
    return guildId === null ? [] : this.#options.schedules.list({ guildId });
  }

  /** When a schedule is due next, at most `count` times. */
  nextDues(schedule: Schedule, count: number): readonly number[] {
    const found: number[] = [];
    try {
      const times = readCron(schedule.cron, schedule.timeZone, schedule.createdAtMs);
      let at = times.nextAfter(this.#clock());
      for (; at !== null && found.length < count; at = times.nextAfter(at)) {
        found.push(at);
      }
    } catch {
      // A zone that this machine does not know any more: nothing is due.
    }
    return found;
  }

  /**
   * Makes a schedule. A live message is posted at once, and so is the first post where the platform cannot tell whether
   * the bot may write there: what cannot be posted is refused.
   * @throws ScheduleError `cron-…`, `time-zone-unknown`, `schedule-…`; PostError; StoreError
   */
  async create(order: Order): Promise<Schedule> {
    const { schedules, poster } = this.#options;
    const nowMs = this.#clock();
    const times = readCron(order.cron, order.timeZone, nowMs);
    const pause = order.mode === 'post' ? shortestPauseMs(times, nowMs) : null;
    if (pause !== null && pause < MIN_PAUSE_MS) {
      throw new ScheduleError('schedule-too-often', { pause, shortest: MIN_PAUSE_MS });
    }
    const active = await schedules.list({ state: 'active', guildId: order.guildId });
    if (active.length >= MAX_PER_GUILD) {
      throw new ScheduleError('schedule-too-many', { max: MAX_PER_GUILD });
    }
    const missing = await poster.missingPermissions(order.channelId, order.guildId);
    if (missing !== null && missing.length > 0) {
      throw new ScheduleError('schedule-permissions', { permissions: missing.join(', ') });
    }
    if (missing === null && order.channelId !== order.fromChannelId) {
      throw new ScheduleError('schedule-channel');
    }
    const schedule = await schedules.create({ ...order, createdAtMs: nowMs });
    if (order.mode === 'post' && missing !== null) {
      return schedule;
    }
    const first = this.#post(schedule, nowMs, 0);
    this.#track(schedule.id, first);
    try {
      await first;
    } catch (error) {
      await schedules.remove(schedule.id);
      this.#forget(schedule.id);
      throw error;
    }
    return (await schedules.get(schedule.id)) ?? schedule;
  }

  /**
   * Ends a schedule of a guild. Its live message says so.
   * @throws ScheduleError `schedule-unknown`, `schedule-not-yours`
   */
  async end(id: number, by: { readonly guildId: string | null; readonly ownerId: string | null }): Promise<Schedule> {
    const { schedules } = this.#options;
    const schedule = await schedules.get(id);
    if (schedule === null || schedule.guildId === null || schedule.guildId !== by.guildId) {
      throw new ScheduleError('schedule-unknown', { id });
    }
    if (by.ownerId !== null && by.ownerId !== schedule.ownerId) {
      throw new ScheduleError('schedule-not-yours', { id });
    }
    await schedules.remove(id);
    await this.#busy.get(id);
    this.#forget(id);
    if (schedule.mode === 'live' && schedule.state === 'active') {
      await this.#leave(schedule);
    }
    return schedule;
  }

  /** Looks at the clock and begins what is due, without a wait for its end. One look at a time; never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    const { schedules, leader, log } = this.#options;
    this.#endedMeanwhile.clear();
    try {
      const read = leader.leads() ? await schedules.list({ state: 'active' }) : [];
      const active = leader.leads() ? read : [];
      const ids = new Set(active.map(({ id }) => id));
      if (active.length === 0) {
        this.#oldEdits.clear();
      }
      for (const id of this.#minds.keys()) {
        if (!ids.has(id) && !this.#busy.has(id)) {
          this.#forget(id);
        }
      }
      for (const schedule of this.#inOrder(active)) {
        if (this.#busy.size >= MAX_AT_ONCE) {
          break;
        }
        if (!this.#busy.has(schedule.id) && !this.#endedMeanwhile.has(schedule.id)) {
          this.#lookAt(schedule);
        }
      }
    } catch (err) {
      log.warn({ err }, 'the schedules could not be looked at');
    }
  }

  /** Posts first, then the live messages that wait longest. */
  #inOrder(active: readonly Schedule[]): readonly Schedule[] {
    const rank = (schedule: Schedule) =>
      schedule.mode === 'post' ? -1 : (this.#minds.get(schedule.id)?.live.triedAtMs ?? 0);
    return [...active].sort((a, b) => rank(a) - rank(b));
  }

  #lookAt(schedule: Schedule): void {
    const { log } = this.#options;
    let work: (() => Promise<void>) | null = null;
    try {
      const mind = this.#mind(schedule);
      work = schedule.mode === 'post' ? this.#duePost(schedule, mind) : this.#dueEdit(schedule, mind);
      this.#broken.delete(schedule.id);
    } catch (err) {
      if (!this.#broken.has(schedule.id)) {
        log.warn({ err, schedule: schedule.id }, 'a schedule could not be looked at');
      }
      this.#broken.add(schedule.id);
    }
    if (work !== null) {
      this.#track(schedule.id, this.#guarded(schedule, work));
    }
  }

  #track(id: number, work: Promise<unknown>): void {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#busy.set(id, settled);
    void settled.then(() => {
      this.#endedMeanwhile.add(id);
      if (this.#busy.get(id) === settled) {
        this.#busy.delete(id);
      }
    });
  }

  #mind(schedule: Schedule): Mind {
    const key = `${schedule.cron} ${schedule.timeZone} ${schedule.createdAtMs}`;
    const known = this.#minds.get(schedule.id);
    if (known?.key === key) {
      return known;
    }
    const mind: Mind = {
      key,
      times: readCron(schedule.cron, schedule.timeZone, schedule.createdAtMs),
      live: FRESH,
      unsure: true,
      idleUntilMs: 0,
      idleSinceMs: 0,
      tellTries: 0,
      unwatch: schedule.mode === 'live' ? this.#options.source.watch(schedule) : null,
    };
    this.#minds.set(schedule.id, mind);
    return mind;
  }

  #forget(id: number): void {
    this.#minds.get(id)?.unwatch?.();
    this.#minds.delete(id);
  }

  #duePost(schedule: Schedule, mind: Mind): (() => Promise<void>) | null {
    const nowMs = this.#clock();
    if (isWaiting(mind.live, nowMs)) {
      return null;
    }
    if (nowMs < mind.idleUntilMs && nowMs >= mind.idleSinceMs) {
      return null;
    }
    const step = planPost(schedule, mind.times, nowMs);
    switch (step.kind) {
      case 'wait':
        mind.idleSinceMs = nowMs;
        mind.idleUntilMs = step.untilMs ?? nowMs + NONCE_LIFE_MS;
        return null;
      case 'reset':
        return async () => {
          await this.#options.schedules.update(schedule.id, { lastDueMs: step.lastDueMs });
        };
      case 'resend':
        return () => this.#send(schedule, step.nonce, step.missed);
      case 'post':
        return () => this.#post(schedule, step.dueMs, step.missed);
    }
  }

  #dueEdit(schedule: Schedule, mind: Mind): (() => Promise<void>) | null {
    const nowMs = this.#clock();
    const { messageId } = schedule;
    if (nowMs < mind.idleUntilMs && nowMs >= mind.idleSinceMs) {
      return null;
    }
    if (messageId === null) {
      if (isWaiting(mind.live, nowMs)) {
        return null;
      }
      const mark = schedule.nonce === null ? null : fromNonce(schedule.nonce);
      if (schedule.nonce !== null && mark !== null && isUnderWay(mark, nowMs)) {
        return () => this.#send(schedule, schedule.nonce!, 0);
      }
      return () => this.#post(schedule, Math.max(nowMs, (schedule.lastDueMs ?? 0) + 1), 0);
    }
    const createdAtMs = schedule.lastPostedMs ?? schedule.createdAtMs;
    const { triedAtMs } = mind.live;
    const wanted = wantsEdit(mind.live, {
      atMs: nowMs,
      createdAtMs,
      fingerprint: () => this.#options.source.fingerprint(schedule),
      dueMs: () => (triedAtMs === null ? null : mind.times.nextAfter(triedAtMs)),
    });
    if (!wanted) {
      mind.idleSinceMs = nowMs;
      mind.idleUntilMs = nowMs + LIVE_LOOK_MS;
      return null;
    }
    if (isOld(createdAtMs, nowMs)) {
      const agoMs = nowMs - (this.#oldEdits.get(schedule.channelId) ?? 0);
      if (agoMs >= 0 && agoMs < OLD_EDITS_APART_MS) {
        return null;
      }
      this.#oldEdits.set(schedule.channelId, nowMs);
    }
    return () => this.#edit(schedule, mind, messageId);
  }

  /** Takes up a due time, then posts. Whoever is killed in between leaves the nonce in the store. */
  async #post(schedule: Schedule, dueMs: number, missed: number): Promise<void> {
    const nonce = toNonce(schedule.id, { claimedAtMs: this.#clock(), missed });
    // Another process was quicker.
    if (!(await this.#options.schedules.claim(schedule.id, dueMs, nonce))) {
      return;
    }
    const mind = this.#mind(schedule);
    mind.unsure = false;
    await this.#send(schedule, nonce, missed);
  }

  async #send(schedule: Schedule, nonce: string, missed: number): Promise<void> {
    const { schedules, poster, source } = this.#options;
    const locale = schedule.locale as Locale;
    const fingerprint = source.fingerprint(schedule);
    const reply = await source.reply(schedule, this.#extra(schedule, missed));
    try {
      const ref = await poster.post(schedule.channelId, reply, { locale, nonce });
      const atMs = this.#clock();
      if (!(await schedules.update(schedule.id, { messageId: ref.messageId, lastPostedMs: atMs, nonce: null }))) {
        // It was ended while its message was under way.
        await poster.delete(ref);
        return;
      }
      const mind = this.#mind(schedule);
      mind.live = afterSuccess(mind.live, fingerprint, atMs);
      mind.idleUntilMs = 0;
    } catch (error) {
      if (error instanceof PostError) {
        await this.#noteFate(schedule, nonce, missed, error);
      }
      throw error;
    }
  }

  /** What a failed post leaves behind: one that surely did not arrive may be sent again later than a nonce lives. */
  async #noteFate(schedule: Schedule, nonce: string, missed: number, error: PostError): Promise<void> {
    const mind = this.#mind(schedule);
    if (error.failure === 'unavailable') {
      mind.unsure = true;
    }
    if (error.failure !== 'rate-limited' || mind.unsure) {
      return;
    }
    const later = this.#clock() + pauseMs(mind.live.failures + 1, error);
    const fresh = toNonce(schedule.id, { claimedAtMs: later, missed });
    if ((await this.#options.schedules.get(schedule.id))?.nonce === nonce) {
      await this.#options.schedules.update(schedule.id, { nonce: fresh });
    }
  }

  async #edit(schedule: Schedule, mind: Mind, messageId: string): Promise<void> {
    const { poster, source } = this.#options;
    const fingerprint = source.fingerprint(schedule);
    const reply = await source.reply(schedule, this.#extra(schedule, 0));
    await poster.edit({ channelId: schedule.channelId, messageId }, reply, { locale: schedule.locale as Locale });
    mind.live = afterSuccess(mind.live, fingerprint, this.#clock());
  }

  #extra(schedule: Schedule, missed: number): StatusExtra {
    const nextMs = schedule.mode === 'post' ? this.#mind(schedule).times.nextAfter(this.#clock()) : null;
    return { missed, ended: false, nextMs };
  }

  /** Runs work and draws the consequences of what goes wrong. Never rejects. */
  async #guarded(schedule: Schedule, work: () => Promise<void>): Promise<void> {
    const { schedules, log } = this.#options;
    try {
      await work();
    } catch (error) {
      const mind = this.#minds.get(schedule.id);
      if (mind === undefined) {
        return;
      }
      const nowMs = this.#clock();
      const failure = error instanceof PostError ? error : null;
      const reason = failure === null ? null : lostReason(failure);
      try {
        if (reason !== null) {
          return await this.#lost(schedule, mind, reason);
        }
        if (failure?.failure === 'gone' && schedule.mode === 'live') {
          await schedules.update(schedule.id, { messageId: null, nonce: null });
          mind.live = afterDeletion(mind.live, nowMs - (schedule.lastPostedMs ?? nowMs), nowMs);
          return;
        }
        log.warn({ err: failure ?? error, schedule: schedule.id }, 'a status message could not be written');
      } catch (err) {
        log.warn({ err, schedule: schedule.id }, 'a schedule could not be stopped');
      }
      mind.live = afterFailure(mind.live, failure, nowMs);
    }
  }

  /** The channel is out of reach: its owner is told, then the schedule is stopped. */
  async #lost(schedule: Schedule, mind: Mind, reason: NonNullable<ReturnType<typeof lostReason>>): Promise<void> {
    const { schedules, poster, log } = this.#options;
    try {
      await tellOwner(poster, schedule, reason);
    } catch (error) {
      mind.tellTries += 1;
      const passing = error instanceof PostError && ['rate-limited', 'unavailable'].includes(error.failure);
      if (passing && mind.tellTries < MAX_TELL_TRIES) {
        throw error;
      }
      log.warn({ err: error, schedule: schedule.id }, 'the owner of a schedule could not be told that it ends');
    }
    await schedules.update(schedule.id, { state: 'stopped', stopReason: reason, nonce: null });
    log.info({ schedule: schedule.id, reason }, 'a schedule was stopped');
  }

  /** The last edit of a live message says that it is left as it is. It is a courtesy: failing is no failure. */
  async #leave(schedule: Schedule): Promise<void> {
    const { poster, source, log } = this.#options;
    const { channelId, messageId } = schedule;
    if (messageId === null) {
      return;
    }
    try {
      const reply = await source.reply(schedule, { missed: 0, ended: true, nextMs: null });
      await poster.edit({ channelId, messageId }, reply, { locale: schedule.locale as Locale });
    } catch (err) {
      log.info({ err, schedule: schedule.id }, 'the last edit of a live message failed');
    }
  }
}
