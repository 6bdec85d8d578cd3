import type { Log } from '../../base/log.ts';
import type { Locale } from '../../chat/locale.ts';
import { type ChatPoster, PostError } from '../../chat/poster.ts';
import type { ServerRegistry } from '../../servers/types.ts';
import type { Store } from '../../store/types.ts';
import type { Leader } from '../leader.ts';
import { type CronTimes, dueBetween, readCron } from '../posts/cron.ts';
import { collectDigest, WEEK_MS } from './digest.ts';
import { digestReply } from './tell.ts';

/** Monday, nine in the morning, in the configured time zone. */
const WHEN = '0 9 * * 1';
const LOOK_MS = 60_000;
/** A digest that is later than this is not told any more. */
const LATE_MS = 12 * 3_600_000;
/** Its row among the notices in the store; the subject is the due time. */
const KIND = 'weekly-digest';

export interface WeeklyDigestSettings {
  readonly store: Pick<Store, 'samples' | 'usage' | 'alerts'>;
  readonly registry: ServerRegistry;
  readonly poster: ChatPoster;
  readonly channelId: string;
  readonly locale: Locale;
  readonly timeZone: string;
  readonly leader: Leader;
  readonly log: Log;
  readonly now?: () => number;
}

/**
 * Posts the digest of the week, once. Each due time has a row in the store before its message is sent, and the message
 * a nonce that follows from the due time: whoever is killed in between sends the same message again.
 */
export class WeeklyDigest {
  readonly #settings: WeeklyDigestSettings;
  readonly #now: () => number;
  readonly #times: CronTimes;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | null = null;

  constructor(settings: WeeklyDigestSettings) {
    this.#settings = settings;
    this.#now = settings.now ?? Date.now;
    this.#times = readCron(WHEN, settings.timeZone, this.#now());
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), LOOK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
  }

  /** Posts what is due and not posted yet. Never rejects. */
  look(): Promise<void> {
    this.#working ??= this.#post()
      .catch((error: unknown) => this.#settings.log.error({ err: error }, 'the digest could not be made'))
      .finally(() => {
        this.#working = null;
      });
    return this.#working;
  }

  async #post(): Promise<void> {
    const { store, registry, poster, channelId, locale, timeZone, leader, log } = this.#settings;
    const nowMs = this.#now();
    if (!leader.leads()) {
      return;
    }
    const dueMs = dueBetween(this.#times, nowMs - LATE_MS, nowMs)?.latestMs ?? null;
    if (dueMs === null) {
      return;
    }
    const subject = new Date(dueMs).toISOString();
    const rows = (await store.alerts.recent(dueMs - 1, 1_000)).filter(
      (row) => row.kind === KIND && row.subject === subject,
    );
    if (rows.some((row) => row.endedAtMs !== null)) {
      return;
    }
    const span = { fromMs: dueMs - WEEK_MS, toMs: dueMs };
    const digest = await collectDigest(store, registry.servers, span, timeZone);
    // A bot that began today has nothing to tell.
    if (digest.servers.every((server) => server.peaks.length === 0 && server.used.length === 0)) {
      return;
    }
    const { alert } = await store.alerts.begin({
      server: '',
      kind: KIND,
      subject,
      params: {},
      atMs: Math.max(dueMs, nowMs),
    });
    try {
      const nonce = `d${Math.floor(dueMs / 60_000).toString(36)}`;
      const ref = await poster.post(channelId, digestReply(digest, locale, timeZone), { locale, nonce });
      await store.alerts.setMessage(alert.id, ref.channelId, ref.messageId);
    } catch (error) {
      if (!(error instanceof PostError)) {
        throw error;
      }
      const isLost = error.failure === 'gone' || error.failure === 'forbidden';
      log.warn({ failure: error.failure }, 'the digest could not be posted');
      if (!isLost) {
        return;
      }
    }
    await store.alerts.end('', KIND, subject, this.#now());
  }
}
