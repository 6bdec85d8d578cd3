import type { Log } from '../../base/log.ts';
import type { NotedAnswer, OpenAnswer, OpenAnswers } from '../../chat/open-answers.ts';
import type { ChatPoster, MessageRef } from '../../chat/poster.ts';
import { createTranslator } from '../../chat/translate.ts';
import type { OpenAnswerRepository, OpenAnswerRow } from '../../store/types.ts';

/** A process that is not heard of for this long has ended, ms. */
const LEASE_MS = 10_000;
/** Own answers are renewed, and those of others looked at, this often, ms. */
const LOOK_EVERY_MS = 2_500;

export interface AnswerKeeperParts {
  readonly repository: OpenAnswerRepository;
  /** `null` while there is no chat. */
  readonly poster: () => ChatPoster | null;
  readonly log: Log;
  /** Milliseconds since the epoch; the processes that share the store share the clock. */
  readonly now?: () => number;
  readonly leaseMs?: number;
}

/**
 * Answers under way, kept in the store with a lease: when a process ends without a word (a crash, a kill), whoever shares
 * the store, or the next life of the bot, says so in the message that would otherwise wait for ever.
 */
export class AnswerKeeper implements OpenAnswers {
  readonly #parts: AnswerKeeperParts;
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #own = new Set<number>();
  /** Messages of answers that are not in the store yet: one that is over by the next look costs no writing. */
  readonly #places = new Map<number, MessageRef>();
  #timer: NodeJS.Timeout | null = null;
  /** What the store is asked, one after the other. */
  #asked: Promise<unknown> = Promise.resolve();
  #telling: Promise<unknown> = Promise.resolve();

  constructor(parts: AnswerKeeperParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
    this.#leaseMs = parts.leaseMs ?? LEASE_MS;
  }

  begin(answer: OpenAnswer): NotedAnswer {
    const untilMs = this.#now() + this.#leaseMs;
    const added = this.#ask(async () => {
      const id = await this.#parts.repository.add(answer, untilMs);
      this.#own.add(id);
      return id;
    });
    let over = false;
    const end = () => {
      if (over) {
        return;
      }
      over = true;
      void this.#ask(async () => {
        const id = await added;
        if (id !== null) {
          this.#own.delete(id);
          this.#places.delete(id);
          await this.#parts.repository.remove(id);
        }
      });
    };
    const place = (message: MessageRef) => {
      void added.then((id) => {
        if (id !== null && !over) {
          this.#places.set(id, message);
        }
      });
    };
    return { noted: added.then(() => undefined), place, end };
  }

  start(): void {
    if (this.#timer !== null) {
      return;
    }
    this.#timer = setInterval(() => void this.look(), Math.min(LOOK_EVERY_MS, this.#leaseMs / 4));
    this.#timer.unref();
    void this.look();
  }

  /** Ends; what is being asked and told gets to its end. */
  async stop(): Promise<void> {
    if (this.#timer !== null) {
      clearInterval(this.#timer);
    }
    this.#timer = null;
    await this.#asked;
    await this.#telling;
  }

  /** One look: the own ones first, so that a process that was held up does not take itself for dead. Never rejects. */
  async look(): Promise<void> {
    const { repository } = this.#parts;
    await this.#ask(async () => {
      await repository.renew([...this.#own], this.#now() + this.#leaseMs);
      for (const [id, message] of this.#places) {
        await repository.place(id, message);
        this.#places.delete(id);
      }
      if (this.#parts.poster() === null) {
        return;
      }
      const lapsed = await repository.takeLapsed(this.#now());
      if (lapsed.length > 0) {
        this.#telling = Promise.all([this.#telling, ...lapsed.map((row) => this.#tell(row))]);
      }
    });
  }

  async #tell({ channelId, messageId, ticket, title, locale }: OpenAnswerRow): Promise<void> {
    const words = createTranslator(locale).text('discord.answer-lost', { command: { code: title } });
    const reply = { tone: 'bad' as const, title: words, blocks: [] };
    try {
      await this.#parts.poster()?.edit({ channelId, messageId, ticket }, reply, { locale });
    } catch (err) {
      this.#parts.log.info({ err, title }, 'an answer that was cut off could not be told');
    }
  }

  /** Asks the store when everything asked before has been answered. `null`: it failed, which is logged. */
  #ask<T>(work: () => Promise<T>): Promise<T | null> {
    const asked = this.#asked.then(work).catch((err: unknown) => {
      this.#parts.log.warn({ err }, 'answers under way could not be kept');
      return null;
    });
    this.#asked = asked;
    return asked;
  }
}
