import { createSetRunner } from '../../commands/plan/schedule.ts';
import type { Services } from '../../commands/services.ts';
import { createStatusSource } from '../../commands/status/source.ts';
import type { Log } from '../base/log.ts';
import type { OpenAnswers } from '../chat/open-answers.ts';
import type { Platform } from '../chat/platform.ts';
import type { Calibration } from '../estimator/plan/calibration.ts';
import { onlyProcess } from '../schedule/leader.ts';
import { AnswerKeeper } from '../schedule/posts/open-answers.ts';
import { StatusSchedules } from '../schedule/posts/schedules.ts';
import { SetSchedules } from '../schedule/sets/schedules.ts';
import type { WeightsIndex } from '../servers/asking/same-weights.ts';
import { createSampler, type Sampler } from '../servers/sampler.ts';
import { createLeader } from '../servers/shared/leader.ts';
import type { Config } from '../settings/config.ts';
import { createClaims } from './claims.ts';
import type { Memory } from './memory.ts';
import { composeNotices, type Notices } from './notices.ts';
import { accessOn, postingPlatform } from './platforms.ts';

/** How often the audit trail is tidied, ms. */
const TIDY_MS = 10 * 60_000;

export interface ComposeUpkeepParts {
  readonly config: Config;
  readonly log: Log;
  readonly platforms: readonly Platform[];
  readonly memory: Memory;
  /** What the commands stand on already. */
  readonly services: Services;
  readonly weights: WeightsIndex;
  /** What loads on a server taught. */
  readonly calibration: (server: string) => Calibration | null;
}

/** What goes on in the background where something is kept: the history, posts, notices, answers under way. */
export interface Upkeep {
  readonly sampler: Sampler;
  /** `null` where no platform has channels. */
  readonly schedules: StatusSchedules | null;
  /** Sets by the clock; `null` where no platform has channels. */
  readonly setSchedules: SetSchedules | null;
  readonly notices: Notices | null;
  readonly answers: OpenAnswers;
  /** Which of several processes answers what all of them hear; absent where this one is alone. */
  readonly claim: ((interactionId: string) => Promise<boolean>) | undefined;
  /** Rejects with a StoreError. */
  start(): Promise<void>;
  /** What tells people. */
  stop(): Promise<void>;
  /** What reads and shares, when nobody is told any more. */
  close(): Promise<void>;
}

export function composeUpkeep(parts: ComposeUpkeepParts): Upkeep {
  const { config, log, platforms, memory, services } = parts;
  const { store, session, now } = memory;
  const poster = postingPlatform(platforms)?.poster ?? null;
  // Which of several processes posts and writes the history: only one that can post stands for it.
  const shared = session !== null && poster !== null ? createLeader(session, 'posts', log) : null;
  const leader = shared ?? onlyProcess;
  const sampler = createSampler(services.servers, {
    clock: now,
    store,
    writes: () => leader.leads(),
    onError: (err, server) => log.warn({ err, server }, 'a sample could not be kept'),
  });
  const answers = new AnswerKeeper({ repository: store.openAnswers, poster: () => poster, log, now });
  const claims = session === null ? null : createClaims(memory);
  const schedules =
    poster === null
      ? null
      : new StatusSchedules({
          schedules: store.schedules,
          poster,
          source: createStatusSource(services, sampler),
          leader,
          log,
          clock: now,
        });
  const setSchedules =
    poster === null || services.sets === undefined
      ? null
      : new SetSchedules({
          repository: store.setSchedules,
          book: services.sets,
          runner: createSetRunner(services),
          poster,
          accessOf: accessOn(platforms),
          leader,
          log,
          clock: now,
        });
  const { servers: registry, models, estimates } = services;
  const { weights, calibration } = parts;
  const notices = composeNotices({
    config,
    log,
    platforms,
    leader,
    registry,
    models,
    estimates,
    weights,
    store,
    sampler,
    session,
    now,
    calibration,
    ...(services.reservations === undefined ? {} : { reservations: services.reservations }),
  });
  let tidying: NodeJS.Timeout | undefined;
  return {
    sampler,
    schedules,
    setSchedules,
    notices,
    answers,
    claim: claims?.claim,
    start: async () => {
      sampler.start();
      schedules?.start();
      setSchedules?.start();
      await notices?.start();
      answers.start();
      tidying = setInterval(() => void services.audit?.tidy(now()), TIDY_MS);
      tidying.unref();
    },
    stop: async () => {
      clearInterval(tidying);
      await services.audit?.close();
      await Promise.all([schedules?.stop(), setSchedules?.stop(), notices?.stop(), answers.stop()]);
    },
    close: async () => {
      await shared?.stop();
      claims?.stop();
      await sampler.stop();
    },
  };
}
