import type { Log } from '../base/log.ts';
import { toLocale } from '../chat/locale.ts';
import type { ChatPoster } from '../chat/poster.ts';
import type { Reply } from '../chat/reply.ts';
import type { Calibration } from '../estimator/plan/calibration.ts';
import { AlertKeeper } from '../schedule/alerts/alerts.ts';
import { WeeklyDigest } from '../schedule/digest/weekly.ts';
import { type Leader, onlyProcess } from '../schedule/leader.ts';
import { createWatchTeller, newsReply } from '../schedule/watches/tell.ts';
import { WatchKeeper, type WatchKeeperSettings } from '../schedule/watches/watches.ts';
import type { ModelFinder } from '../servers/asking/models.ts';
import type { WeightsIndex } from '../servers/asking/same-weights.ts';
import type { Sampler } from '../servers/sampler.ts';
import type { Session } from '../servers/shared/session.ts';
import type { ServerRegistry } from '../servers/types.ts';
import type { Config } from '../settings/config.ts';
import type { Store } from '../store/types.ts';
import type { Estimates } from '../workers/estimates.ts';

export interface ComposeNoticesParts {
  readonly config: Pick<Config, 'alertChannelId' | 'timeZone' | 'locale'>;
  readonly log: Log;
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
}

/** What the program says of its own accord: watches, alerts, the digest. */
export interface Notices {
  readonly watches: WatchKeeper;
  /** `null` in the terminal, where nobody stands by to read them. */
  readonly alerts: AlertKeeper | null;
  /** Rejects with a StoreError. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Notices on a chat platform with channels. */
export function composeChatNotices(
  parts: ComposeNoticesParts,
  { name, poster }: { readonly name: string; readonly poster: ChatPoster },
  leader: Leader,
): Notices {
  const { config, log, registry, store, sampler, now } = parts;
  const { locale, timeZone, alertChannelId: channelId } = config;
  const watches = watchKeeper(parts, [name], leader, createWatchTeller(poster, log));
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

/** Notices in a terminal: what somebody waits for is printed while the program runs. */
export function composeTerminalNotices(parts: ComposeNoticesParts, print: (reply: Reply) => void): Notices {
  const watches = watchKeeper(parts, ['console'], onlyProcess, async (news) => {
    print(newsReply(news, toLocale(news.watch.locale), false));
    return 'sent';
  });
  return { watches, alerts: null, start: () => watches.start(), stop: () => watches.stop() };
}

function watchKeeper(
  parts: ComposeNoticesParts,
  platforms: readonly string[],
  leader: Leader,
  deliver: WatchKeeperSettings['deliver'],
): WatchKeeper {
  const { registry, sampler, store, models, estimates, weights, calibration, log, now, session } = parts;
  return new WatchKeeper({
    registry,
    sampler,
    repository: store.watches,
    findSpec: async (model, server, signal) => (await models.find(model, server, signal)).spec,
    estimator: estimates.by('watches'),
    calibration,
    weights,
    deliver,
    platforms,
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
