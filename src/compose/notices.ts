import type { Log } from '../base/log.ts';
import { toLocale } from '../chat/locale.ts';
import type { Platform } from '../chat/platform.ts';
import type { Calibration } from '../estimator/plan/calibration.ts';
import { AlertKeeper } from '../schedule/alerts/alerts.ts';
import { WeeklyDigest } from '../schedule/digest/weekly.ts';
import type { Leader } from '../schedule/leader.ts';
import { createWatchTeller, newsReply } from '../schedule/watches/tell.ts';
import { WatchKeeper, type WatchKeeperSettings } from '../schedule/watches/watches.ts';
import type { ModelFinder } from '../servers/asking/models.ts';
import type { WeightsIndex } from '../servers/asking/same-weights.ts';
import type { ReservationBook } from '../servers/reservations.ts';
import type { Sampler } from '../servers/sampler.ts';
import type { Session } from '../servers/shared/session.ts';
import type { ServerRegistry } from '../servers/types.ts';
import type { Config } from '../settings/config.ts';
import type { Store } from '../store/types.ts';
import type { Estimates } from '../workers/estimates.ts';
import { posterOf, postingPlatform } from './platforms.ts';

export interface ComposeNoticesParts {
  readonly config: Pick<Config, 'alertChannelId' | 'timeZone' | 'locale'>;
  readonly log: Log;
  readonly platforms: readonly Platform[];
  readonly leader: Leader;
  readonly registry: ServerRegistry;
  readonly models: ModelFinder;
  readonly estimates: Estimates;
  readonly weights: WeightsIndex;
  readonly store: Store;
  readonly sampler: Sampler;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What processes on the same store tell each other; `null`: this one is alone. */
  readonly session: Session | null;
  /** What loads on a server taught. */
  readonly calibration: (server: string) => Calibration | null;
  /** Bookings of servers and GPUs; absent = there are none. */
  readonly reservations?: Pick<ReservationBook, 'known'>;
}

/** What the program says of its own accord: watches, alerts, the digest. */
export interface Notices {
  readonly watches: WatchKeeper;
  /** `null` where no platform has channels: nobody stands by to read them. */
  readonly alerts: AlertKeeper | null;
  /** Rejects with a StoreError. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Notices on the platforms that people can be told on; `null` where there is none. */
export function composeNotices(parts: ComposeNoticesParts): Notices | null {
  const { config, log, registry, store, sampler, leader, now } = parts;
  const told = parts.platforms.filter(({ poster, show }) => poster !== null || show !== undefined);
  if (told.length === 0) {
    return null;
  }
  const watches = watchKeeper(parts, told);
  const poster = postingPlatform(parts.platforms)?.poster ?? null;
  if (poster === null) {
    return { watches, alerts: null, start: () => watches.start(), stop: () => watches.stop() };
  }
  const { locale, timeZone, alertChannelId: channelId } = config;
  const channel = channelId === null ? null : { poster, channelId };
  const alerts = new AlertKeeper({ sampler, repository: store.alerts, channel, locale, leader, log, now });
  const digest =
    channelId === null
      ? null
      : new WeeklyDigest({ store, registry, poster, channelId, locale, timeZone, leader, log, now });
  return {
    watches,
    alerts,
    start: async () => {
      await watches.start();
      alerts.start();
      digest?.start();
    },
    stop: async () => {
      await Promise.all([watches.stop(), alerts.stop(), digest?.stop()]);
    },
  };
}

/** Whoever waits is told on the platform where they asked. */
function watchKeeper(parts: ComposeNoticesParts, platforms: readonly Platform[]): WatchKeeper {
  const { registry, sampler, store, models, estimates, weights, calibration, leader, log, now, session } = parts;
  const { reservations } = parts;
  const deliver: WatchKeeperSettings['deliver'] = async (news) => {
    const { platform: name, locale } = news.watch;
    const poster = posterOf(platforms, name);
    if (poster !== null) {
      return createWatchTeller(poster, log)(news);
    }
    const platform = platforms.find((one) => one.name === name);
    // Nobody else reads along where it is shown, so nobody need be named.
    platform?.show?.(newsReply(news, toLocale(locale), false));
    return platform?.show === undefined ? 'later' : 'sent';
  };
  return new WatchKeeper({
    registry,
    sampler,
    repository: store.watches,
    findSpec: async (model, server, signal) => (await models.find(model, server, signal)).spec,
    estimator: estimates.by('watches'),
    calibration,
    weights,
    ...(reservations === undefined ? {} : { reservations: (server: string) => reservations.known(server) }),
    deliver,
    platforms: platforms.map(({ name }) => name),
    log,
    leader,
    now,
    ...(session === null ? {} : { others: keepersOf(session) }),
  });
}

const WATCHES = 'watches';

function keepersOf(session: Session): NonNullable<WatchKeeperSettings['others']> {
  return {
    tell: () => session.tell(WATCHES),
    listen: (listener) =>
      session.listen((text) => {
        if (text === WATCHES || text === 'connected') {
          listener();
        }
      }),
  };
}
