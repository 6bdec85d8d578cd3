import type { Log } from '../../base/log.ts';
import type { Locale } from '../../chat/locale.ts';
import { type ChatPoster, PostError } from '../../chat/poster.ts';
import type { Sampler } from '../../servers/sampler.ts';
import type { ServerSnapshot } from '../../servers/types.ts';
import type { Alert, AlertRepository } from '../../store/types.ts';
import type { Leader } from '../leader.ts';
import { ALERT_KINDS, AlertDetector, type AlertEvent } from './detector.ts';
import { alertReply } from './tell.ts';

/** Pace of looking for messages that could not be written before, ms. */
const RETRY_MS = 30_000;
/** Pause after the channel was out of reach, ms. */
const LOST_MS = 10 * 60_000;

export interface AlertKeeperSettings {
  readonly sampler: Pick<Sampler, 'onSnapshot'>;
  readonly repository: AlertRepository;
  /** Where alerts are told; `null`: they are only kept. */
  readonly channel: { readonly poster: ChatPoster; readonly channelId: string } | null;
  readonly locale: Locale;
  readonly leader: Leader;
  readonly log: Log;
  readonly now?: () => number;
}

/** An alert that is not dealt with: open, or over with a message that does not say so yet. */
interface Live {
  alert: Alert;
  endedAtMs: number | null;
}

/**
 * Tells what is wrong, one message each, which is edited when it is over. What is open stands in the store with its
 * message: after a restart the same message is found again. An alert is ended in the store after its message was
 * edited, so that whoever is killed in between edits it again and nothing stays open for ever.
 */
export class AlertKeeper {
  readonly #settings: AlertKeeperSettings;
  readonly #now: () => number;
  readonly #detectors = new Map<string, AlertDetector>();
  readonly #live = new Map<string, Live>();
  #loaded = false;
  #unsubscribe: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Snapshots that are not looked at yet, the latest of each server. */
  readonly #seen = new Map<string, ServerSnapshot>();
  #looking: Promise<void> | null = null;
  #writing: Promise<void> | null = null;
  #pauseUntilMs = 0;
  #stopped = false;

  constructor(settings: AlertKeeperSettings) {
    this.#settings = settings;
    this.#now = settings.now ?? Date.now;
  }

  start(): void {
    this.#unsubscribe = this.#settings.sampler.onSnapshot((snapshot) => void this.observe(snapshot));
    this.#timer = setInterval(() => this.#write(), RETRY_MS);
    this.#timer.unref();
  }

  /** Ends; a message under way is waited for. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    this.#unsubscribe();
    this.#seen.clear();
    await this.#looking;
    await this.#writing;
  }

  /**
   * Takes a snapshot. Never rejects: what the store refuses is logged and tried again with the next one.
   * @returns when it is looked at
   */
  async observe(snapshot: ServerSnapshot): Promise<void> {
    if (this.#stopped) {
      return;
    }
    this.#seen.set(snapshot.name, snapshot);
    this.#looking ??= this.#lookAtAll();
    await this.#looking;
  }

  async #lookAtAll(): Promise<void> {
    for (const [name, snapshot] of this.#seen) {
      this.#seen.delete(name);
      await this.#lookAt(snapshot);
    }
    this.#looking = null;
  }

  async #lookAt(snapshot: ServerSnapshot): Promise<void> {
    if (!this.#settings.leader.leads()) {
      // Whoever leads next begins with what the store says.
      this.#loaded = false;
      return;
    }
    try {
      await this.#load();
      let detector = this.#detectors.get(snapshot.name);
      if (detector === undefined) {
        const open = [...this.#live.values()]
          .map(({ alert }) => alert)
          .filter(({ server }) => server === snapshot.name);
        detector = new AlertDetector(snapshot.name, open);
        this.#detectors.set(snapshot.name, detector);
      }
      for (const event of detector.observe(snapshot)) {
        await this.#take(event);
      }
      this.#write();
    } catch (error) {
      this.#loaded = false;
      this.#settings.log.error({ err: error, server: snapshot.name }, 'alerts could not be kept');
    }
  }

  /** Open alerts by server and kind. */
  open(): readonly Alert[] {
    return [...this.#live.values()].filter((live) => live.endedAtMs === null).map((live) => live.alert);
  }

  /** Resolves when everything that can be written now is written. */
  async idle(): Promise<void> {
    while (this.#looking !== null || this.#writing !== null) {
      await this.#looking;
      await this.#writing;
    }
  }

  async #load(): Promise<void> {
    if (this.#loaded) {
      return;
    }
    const open = await this.#settings.repository.open();
    this.#detectors.clear();
    this.#live.clear();
    for (const alert of open) {
      if (ALERT_KINDS.some((kind) => kind === alert.kind)) {
        this.#live.set(keyOf(alert), { alert, endedAtMs: null });
      }
    }
    this.#loaded = true;
    this.#write();
  }

  async #take(event: AlertEvent): Promise<void> {
    const key = keyOf(event);
    const live = this.#live.get(key);
    if (event.type === 'end') {
      if (live !== undefined) {
        live.endedAtMs = event.atMs;
      }
      return;
    }
    if (live !== undefined) {
      // It came back before its message was edited: the same alert goes on.
      live.endedAtMs = null;
      return;
    }
    const { alert } = await this.#settings.repository.begin(event);
    this.#live.set(key, { alert, endedAtMs: null });
  }

  #write(): void {
    if (this.#stopped || this.#writing !== null || this.#now() < this.#pauseUntilMs) {
      return;
    }
    if (this.#next() === null || !this.#settings.leader.leads()) {
      return;
    }
    this.#writing = this.#writeAll()
      .catch((error: unknown) => this.#settings.log.error({ err: error }, 'alerts could not be written'))
      .finally(() => {
        this.#writing = null;
      });
  }

  async #writeAll(): Promise<void> {
    for (let work = this.#next(); work !== null && !this.#stopped; work = this.#next()) {
      if (!(await this.#writeOne(work))) {
        return;
      }
    }
  }

  /** The next alert whose message is not as it should be. */
  #next(): Live | null {
    for (const live of this.#live.values()) {
      if (live.endedAtMs !== null) {
        return live;
      }
      if (this.#settings.channel !== null && live.alert.messageId === null) {
        return live;
      }
    }
    return null;
  }

  /** @returns false when there is no sense in going on now */
  async #writeOne(live: Live): Promise<boolean> {
    const { channel, repository, locale } = this.#settings;
    const { alert, endedAtMs } = live;
    try {
      if (endedAtMs !== null) {
        // What was over before anybody heard of it is not told at all.
        if (channel !== null && alert.messageId !== null && alert.channelId !== null) {
          const ref = { channelId: alert.channelId, messageId: alert.messageId };
          await channel.poster.edit(ref, alertReply(alert, locale, endedAtMs), { locale });
          if (live.endedAtMs === null) {
            // It came back while the message was edited: the message says so again.
            await channel.poster.edit(ref, alertReply(alert, locale, null), { locale });
            return true;
          }
        }
        await this.#end(live, endedAtMs);
        return true;
      }
      if (channel === null) {
        return true;
      }
      const nonce = `a${alert.id}.${alert.beganAtMs.toString(36)}`;
      const ref = await channel.poster.post(channel.channelId, alertReply(alert, locale, null), { locale, nonce });
      await repository.setMessage(alert.id, ref.channelId, ref.messageId);
      live.alert = { ...alert, channelId: ref.channelId, messageId: ref.messageId };
      return true;
    } catch (error) {
      return await this.#failed(live, error);
    }
  }

  async #end(live: Live, atMs: number): Promise<void> {
    const { server, kind, subject } = live.alert;
    await this.#settings.repository.end(server, kind, subject, atMs);
    this.#live.delete(keyOf(live.alert));
    if (live.endedAtMs === null) {
      // It came back while its end was written down: a new one begins.
      await this.#take({ ...live.alert, type: 'begin', atMs: this.#now() } as AlertEvent);
    }
  }

  async #failed(live: Live, error: unknown): Promise<boolean> {
    if (!(error instanceof PostError)) {
      throw error;
    }
    const { failure, channelLost, retryAfterMs } = error;
    const { log } = this.#settings;
    if (failure === 'gone' || failure === 'forbidden') {
      if (live.endedAtMs !== null) {
        // Nobody can read the message any more.
        await this.#end(live, live.endedAtMs);
        return true;
      }
      log.warn(
        { failure, channelLost },
        'the alert channel is out of reach: check ALERT_CHANNEL_ID and its permissions',
      );
      this.#pauseUntilMs = this.#now() + LOST_MS;
      return false;
    }
    this.#pauseUntilMs = this.#now() + Math.min(Math.max(retryAfterMs ?? 0, RETRY_MS / 2), LOST_MS);
    log.debug({ failure }, 'an alert has to wait');
    return false;
  }
}

function keyOf(alert: { readonly server: string; readonly kind: string; readonly subject: string }): string {
  return `${alert.server} ${alert.kind} ${alert.subject}`;
}
