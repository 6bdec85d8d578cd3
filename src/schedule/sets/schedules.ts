import type { Log } from '../../base/log.ts';
import { within } from '../../base/wait.ts';
import type { Access } from '../../chat/command.ts';
import type { Locale } from '../../chat/locale.ts';
import { allows } from '../../chat/permissions.ts';
import type { ChatPoster } from '../../chat/poster.ts';
import type { Reply } from '../../chat/reply.ts';
import { createTranslator } from '../../chat/translate.ts';
import type { NewSetSchedule, SetSchedule, SetScheduleRepository } from '../../store/types.ts';
import type { Leader } from '../leader.ts';
import { readCron, ScheduleError, shortestPauseMs } from '../posts/cron.ts';
import type { ModelSet, SetBook } from './book.ts';
import { type SetTimes, setDue } from './due.ts';

export type { SetSchedule } from '../../store/types.ts';

/** Looks at the clock this often, ms. */
const TICK_MS = 5_000;
/** Schedules of sets that one guild has. */
const MOST_SCHEDULES = 10;
/** Loads of one set are at least this far apart, ms. */
const MIN_PAUSE_MS = 15 * 60_000;
/** A stop waits this long for work under way, ms. */
const STOP_MS = 4_000;

/** Loads and unloads a set in somebody's name. Rejects with errors that have words. */
export interface SetRunner {
  /** @param untilMs when the set leaves again; `null` = nobody says */
  load(
    schedule: SetSchedule,
    set: ModelSet,
    untilMs: number | null,
    access: Access,
    signal: AbortSignal,
  ): Promise<Reply>;
  unload(schedule: SetSchedule, set: ModelSet, access: Access, signal: AbortSignal): Promise<Reply>;
  /** The words for what either rejects with. */
  fault(error: unknown, locale: Locale): Reply;
}

export interface SetSchedulesOptions {
  readonly repository: SetScheduleRepository;
  readonly book: SetBook;
  readonly runner: SetRunner;
  readonly poster: ChatPoster;
  /** What somebody may do right now; `null` = it cannot be told. Never rejects. */
  readonly accessOf: (platform: string, guildId: string, personId: string) => Promise<Access | null>;
  readonly leader: Leader;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
}

/** Sets that are loaded and leave by the clock, from the store; whoever made a schedule must still have the right then. */
export class SetSchedules {
  readonly #options: SetSchedulesOptions;
  readonly #busy = new Map<number, Promise<void>>();
  readonly #stopping = new AbortController();
  /** Schedules that cannot be read: told once. */
  readonly #broken = new Set<number>();
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(options: SetSchedulesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.look(), TICK_MS);
    void this.look();
  }

  /** Ends; loads under way take themselves back. Never rejects. */
  async stop(): Promise<void> {
    clearInterval(this.#timer ?? undefined);
    this.#timer = null;
    this.#stopping.abort();
    await within(STOP_MS, this.settled());
  }

  /** Resolves when no look and no load is under way. */
  async settled(): Promise<void> {
    while (this.#looking !== null || this.#busy.size > 0) {
      await Promise.all([this.#looking, ...this.#busy.values()]);
    }
  }

  /** Rejects with a StoreError. */
  list(guildId: string): Promise<readonly SetSchedule[]> {
    return this.#options.repository.list(guildId);
  }

  /** When a schedule loads and unloads next; `null` = never. */
  next(schedule: SetSchedule): { readonly startMs: number | null; readonly endMs: number | null } {
    const nowMs = this.#options.clock();
    try {
      const { start, end } = timesOf(schedule);
      return { startMs: start.nextAfter(nowMs), endMs: end?.nextAfter(nowMs) ?? null };
    } catch {
      // A zone that this machine does not know any more: nothing is due.
      return { startMs: null, endMs: null };
    }
  }

  /** @throws ScheduleError `cron-…`, `time-zone-unknown`, `set-schedule…`, `schedule-permissions`, `set-unknown`; StoreError */
  async create(order: Omit<NewSetSchedule, 'createdAtMs'>): Promise<SetSchedule> {
    const { repository, book, poster, clock } = this.#options;
    const nowMs = clock();
    const { start, end } = timesOf({ ...order, createdAtMs: nowMs });
    for (const times of end === null ? [start] : [start, end]) {
      const pause = shortestPauseMs(times, nowMs);
      if (pause !== null && pause < MIN_PAUSE_MS) {
        throw new ScheduleError('set-schedule-too-often', { pause, shortest: MIN_PAUSE_MS });
      }
    }
    const set = await book.get(order.guildId, order.setName);
    const missing = await poster.missingPermissions(order.channelId, order.guildId);
    if (missing !== null && missing.length > 0) {
      throw new ScheduleError('schedule-permissions', { permissions: missing.join(', ') });
    }
    const made = await repository.create({ ...order, setName: set.name, createdAtMs: nowMs }, MOST_SCHEDULES);
    if (made === null) {
      throw new ScheduleError('set-schedules-too-many', { max: MOST_SCHEDULES });
    }
    return made;
  }

  /**
   * @param by `ownerId`: whose schedules alone may be ended; `null` = anybody's
   * @throws ScheduleError `set-schedule-unknown`, `set-schedule-not-yours`; StoreError
   */
  async end(id: number, by: { readonly guildId: string; readonly ownerId: string | null }): Promise<SetSchedule> {
    const { repository } = this.#options;
    const schedule = await repository.get(id);
    if (schedule === null || schedule.guildId !== by.guildId) {
      throw new ScheduleError('set-schedule-unknown', { id });
    }
    if (by.ownerId !== null && by.ownerId !== schedule.ownerId) {
      throw new ScheduleError('set-schedule-not-yours', { id });
    }
    await repository.remove(id);
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
    const { repository, leader, log } = this.#options;
    if (!leader.leads() || this.#stopping.signal.aborted) {
      return;
    }
    try {
      for (const schedule of await repository.list()) {
        if (!this.#busy.has(schedule.id)) {
          await this.#lookAt(schedule);
        }
      }
    } catch (err) {
      log.warn({ err }, 'the schedules of sets could not be looked at');
    }
  }

  async #lookAt(schedule: SetSchedule): Promise<void> {
    const { repository, clock, log } = this.#options;
    let times: SetTimes;
    try {
      times = timesOf(schedule);
    } catch (err) {
      if (!this.#broken.has(schedule.id)) {
        log.warn({ err, schedule: schedule.id }, 'a schedule of a set cannot be read');
      }
      this.#broken.add(schedule.id);
      return;
    }
    const due = setDue(schedule, times, clock());
    // Taken up before the work: whoever is killed in between loads nothing twice.
    const started = due.startMs !== null && (await repository.claim(schedule.id, 'start', due.startMs));
    const ended = due.endMs !== null && (await repository.claim(schedule.id, 'end', due.endMs));
    if ((due.act === 'start' && started) || (due.act === 'end' && ended)) {
      const untilMs = times.end?.nextAfter(clock()) ?? null;
      const work = this.#act(schedule, due.act, untilMs).catch((err: unknown) => {
        log.warn({ err, schedule: schedule.id }, 'a schedule of a set could not be carried out');
      });
      this.#busy.set(schedule.id, work);
      void work.then(() => this.#busy.delete(schedule.id));
    }
  }

  async #act(schedule: SetSchedule, what: 'start' | 'end', untilMs: number | null): Promise<void> {
    const { poster } = this.#options;
    const locale = schedule.locale as Locale;
    const reply = await this.#carryOut(schedule, what, untilMs);
    await poster.post(schedule.channelId, reply, { locale });
  }

  async #carryOut(schedule: SetSchedule, what: 'start' | 'end', untilMs: number | null): Promise<Reply> {
    const { repository, book, runner, accessOf } = this.#options;
    const { signal } = this.#stopping;
    const locale = schedule.locale as Locale;
    const { text } = createTranslator(locale);
    const params = {
      name: { code: schedule.setName },
      owner: { user: schedule.ownerId, name: schedule.ownerName },
      id: schedule.id,
    };
    const said = (title: Reply['title']): Reply => ({ tone: 'warning', title, blocks: [], failed: true });
    const access = await accessOf(schedule.platform, schedule.guildId, schedule.ownerId);
    if (access === null) {
      return said(text('plan.schedule.rights-unknown', params));
    }
    if (!allows(access, 'operator')) {
      await repository.remove(schedule.id);
      return said(text('plan.schedule.no-rights', params));
    }
    let set: ModelSet;
    try {
      set = await book.get(schedule.guildId, schedule.setName);
    } catch (error) {
      if (error instanceof ScheduleError) {
        await repository.remove(schedule.id);
        return said(text('plan.schedule.set-gone', params));
      }
      throw error;
    }
    try {
      return what === 'start'
        ? await runner.load(schedule, set, untilMs, access, signal)
        : await runner.unload(schedule, set, access, signal);
    } catch (error) {
      return runner.fault(error, locale);
    }
  }
}

function timesOf({ startCron, endCron, timeZone, createdAtMs }: Omit<NewSetSchedule, 'ownerId'>): SetTimes {
  return {
    start: readCron(startCron, timeZone, createdAtMs),
    end: endCron === null ? null : readCron(endCron, timeZone, createdAtMs),
  };
}
