import { randomBytes } from 'node:crypto';
import type { Log } from '../base/log.ts';
import { within } from '../base/wait.ts';
import type { ActionRegistry } from '../chat/actions.ts';
import type { Locale } from '../chat/locale.ts';
import type { NotedAnswer, OpenAnswers } from '../chat/open-answers.ts';
import type { Reply } from '../chat/reply.ts';
import type { Text } from '../chat/text.ts';
import { createTranslator } from '../chat/translate.ts';
import { type DiscordApi, type InteractionHandle, writeTicket } from './api.ts';
import { isInvalidMessage, isTokenVoid, loggable, toPostError } from './failures.ts';
import { LIMITS } from './limits.ts';
import { type RenderedMessage, renderReply } from './render.ts';

/** From one shown state to the next, milliseconds: Discord takes about five edits in two seconds, people read slower. */
const PROGRESS_INTERVAL_MS = 1_500;
/** Work that ends sooner needs no intermediate state, milliseconds. */
const FIRST_PROGRESS_MS = 300;
/** An acknowledgement that succeeded was at most this late, so the token is at most this old then, milliseconds. */
const ACKNOWLEDGE_LIMIT_MS = 3_000;
/** A store that is slow must not hold up the acknowledgement, and then the work, for longer than this, milliseconds. */
const NOTE_BEFORE_MS = 100;
const NOTE_MS = 500;
/** Change over before the token ends rather than fail, milliseconds. */
const TOKEN_MARGIN_MS = 30_000;

export interface LiveReplySettings {
  readonly api: DiscordApi;
  readonly actions: ActionRegistry;
  readonly log: Log;
  readonly interaction: InteractionHandle;
  readonly locale: Locale;
  readonly userId: string;
  readonly channelId: string | null;
  /** What was asked, for a message that has to stand alone. */
  readonly title: string;
  /** `new`: a message of its own. `edit`: the message that the pressed button stands on. */
  readonly target: 'new' | 'edit';
  /** Whether that message is seen by the asker alone. */
  readonly private: boolean;
  /** Its id, when known. */
  readonly messageId: string | null;
  /** Buttons that stand on the message now. */
  readonly tokens?: readonly string[];
  readonly attachmentBytes?: number;
  /** Where it is noted that an answer is owed. */
  readonly answers?: OpenAnswers | undefined;
  /** The note that was made before the acknowledgement. */
  readonly noted?: NotedAnswer | null;
  /** Milliseconds of a clock that is never set back. */
  readonly now?: () => number;
}

/** An answer that somebody will wait for. */
export type Owed = Pick<LiveReplySettings, 'answers' | 'interaction' | 'title' | 'locale'>;

/**
 * Writes down that an answer is owed, before the acknowledgement makes anybody wait for it: from then on whoever waits is
 * told when this process ends first. Resolves when that stands, or has taken too long. Never rejects.
 * @returns `null` where nothing is kept
 */
export async function noteOwed({ answers, interaction, title, locale }: Owed): Promise<NotedAnswer | null> {
  if (answers === undefined) {
    return null;
  }
  const noted = answers.begin({ channelId: '', messageId: '', ticket: writeTicket(interaction), title, locale });
  await within(NOTE_BEFORE_MS, noted.noted);
  return noted;
}

/** One way an answer can take. */
interface Way {
  readonly name: string;
  possible(): boolean;
  run(): Promise<void>;
}

/**
 * The answer to one interaction while it comes into being. Intermediate states are coalesced: one edit in flight, the
 * latest state wins. When the interaction's token has run out, the answer goes on as the bot's own edit of the message
 * or as a message of its own that names the asker; it is never lost without a line in the log.
 */
export class LiveReply {
  readonly #settings: LiveReplySettings;
  readonly #now: () => number;
  readonly #tokenEndsAt: number;
  #messageId: string | null;
  #tokens: readonly string[];
  #pending: Reply | null = null;
  #inFlight: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #nextAt: number;
  #tokenVoid = false;
  #shown = false;
  #removed = false;
  #finished = false;
  #noted: NotedAnswer | null = null;

  /** To be made right after the acknowledgement succeeded. */
  constructor(settings: LiveReplySettings) {
    this.#settings = settings;
    this.#now = settings.now ?? (() => performance.now());
    this.#messageId = settings.messageId;
    this.#tokens = settings.tokens ?? [];
    this.#noted = settings.noted ?? null;
    this.#place();
    const at = this.#now();
    this.#nextAt = at + FIRST_PROGRESS_MS;
    this.#tokenEndsAt = at + LIMITS.tokenLifeMs - ACKNOWLEDGE_LIMIT_MS - TOKEN_MARGIN_MS;
  }

  /** Shows an intermediate state soon, unless a later one comes first. */
  progress(reply: Reply): void {
    if (this.#finished) {
      return;
    }
    this.#pending = reply;
    this.#schedule();
  }

  /** Shows the answer. Never rejects. */
  async finish(reply: Reply): Promise<void> {
    this.#finished = true;
    this.#pending = null;
    if (this.#timer !== null) {
      clearTimeout(this.#timer);
    }
    await this.#inFlight;
    try {
      const edited = await this.#deliver(reply);
      if (edited && reply.announce !== undefined) {
        await this.#announce(reply.announce);
      }
    } catch (error) {
      this.#settings.log.error(
        { err: loggable(error), title: this.#settings.title },
        'an answer could not be delivered',
      );
    } finally {
      this.#noted?.end();
    }
  }

  /**
   * Sees that the answer is written down as owed before the work for it begins. Resolves when that stands, or has taken
   * too long. Never rejects.
   */
  async note(): Promise<void> {
    if (this.#noted === null && !this.#finished) {
      const { answers, interaction, title, locale } = this.#settings;
      this.#noted =
        answers?.begin({ channelId: '', messageId: '', ticket: writeTicket(interaction), title, locale }) ?? null;
      this.#place();
    }
    await within(NOTE_MS, this.#noted?.noted ?? Promise.resolve());
  }

  /** A message that others see can be changed when the interaction's token is void. */
  #place(): void {
    const { channelId } = this.#settings;
    if (this.#canEditAsBot()) {
      this.#noted?.place({ channelId: channelId!, messageId: this.#messageId! });
    }
  }

  #schedule(): void {
    if (this.#inFlight !== null || this.#timer !== null || this.#pending === null) {
      return;
    }
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#inFlight = this.#showProgress().finally(() => {
          this.#inFlight = null;
          this.#nextAt = this.#now() + PROGRESS_INTERVAL_MS;
          if (!this.#finished) {
            this.#schedule();
          }
        });
      },
      Math.max(0, this.#nextAt - this.#now()),
    );
  }

  /** Never rejects: a state that is not shown is followed by another. */
  async #showProgress(): Promise<void> {
    const reply = this.#pending;
    this.#pending = null;
    if (reply === null) {
      return;
    }
    void this.note();
    try {
      const message = await this.#render(reply);
      if (this.#hasToken()) {
        try {
          await this.#editOriginal(message);
          return;
        } catch (error) {
          if (!isTokenVoid(error)) {
            throw error;
          }
          this.#tokenVoid = true;
        }
      }
      if (this.#canEditAsBot()) {
        await this.#editAsBot(message);
      }
    } catch (error) {
      this.#settings.log.info(
        { err: loggable(error), title: this.#settings.title },
        'an intermediate state was not shown',
      );
    }
  }

  /**
   * In a message of its own, for an edit notifies nobody. What it says stands in the edited message as well: where it
   * cannot be written nothing is lost.
   */
  async #announce(reply: Reply): Promise<void> {
    const { api, interaction, channelId, log, private: isPrivate } = this.#settings;
    const kept = this.#tokens;
    this.#tokens = [];
    const message = await this.#render(reply);
    this.#tokens = kept;
    try {
      if (this.#hasToken()) {
        await (isPrivate ? api.followUpPrivately(interaction, message) : api.followUp(interaction, message));
      } else if (channelId !== null && !isPrivate) {
        await api.createMessage(channelId, message, newNonce());
      }
    } catch (error) {
      log.info({ err: loggable(error), title: this.#settings.title }, 'the end of long work was not announced');
    }
  }

  /**
   * Tries the ways an answer can take, from the nearest to the last.
   * @returns whether it took the place of a message that was there
   */
  async #deliver(reply: Reply): Promise<boolean> {
    const { target, log } = this.#settings;
    const answersAside = reply.private === true && !this.#settings.private;
    // What only the presser shall read must not replace the message with the button.
    const mayReplace = !answersAside || target === 'new' || this.#shown;
    const aside: Way = {
      name: 'aside',
      possible: () => answersAside && !this.#shown && this.#hasToken(),
      run: () => this.#answerAside(reply),
    };
    const original: Way = {
      name: 'original',
      possible: () => mayReplace && !this.#removed && this.#hasToken(),
      run: async () => this.#editOriginal(await this.#render(reply)),
    };
    const ownEdit: Way = {
      name: 'own edit',
      possible: () => mayReplace && this.#canEditAsBot(),
      run: async () => this.#editAsBot(await this.#render(reply)),
    };
    const channel: Way = { name: 'channel', possible: () => true, run: () => this.#postToChannel(reply) };
    const direct: Way = { name: 'direct message', possible: () => true, run: () => this.#postDirectly(reply) };
    const elsewhere = this.#settings.private || answersAside ? [direct, channel] : [channel, direct];

    let last: unknown = null;
    for (const way of [aside, original, ownEdit, ...elsewhere]) {
      if (!way.possible()) {
        continue;
      }
      try {
        await way.run();
        if (last !== null) {
          log.info({ way: way.name, target }, 'an answer took another way');
        }
        return way === original || way === ownEdit;
      } catch (error) {
        last = error;
        if (isTokenVoid(error) && (way === aside || way === original)) {
          this.#tokenVoid = true;
        }
        if (isInvalidMessage(error)) {
          await this.#confess(error);
          return false;
        }
        log.info({ err: loggable(error), way: way.name }, 'a way for an answer failed');
      }
    }
    throw last ?? new Error('no way was left for the answer');
  }

  /** Discord refuses the message itself, which is a fault of the bot: say so instead of leaving "thinking". */
  async #confess(error: unknown): Promise<void> {
    const { api, interaction, log, locale, title } = this.#settings;
    const reference = randomBytes(4).toString('hex');
    log.error({ err: loggable(error), title, reference }, 'Discord refused a rendered message');
    const translator = createTranslator(locale);
    const words = translator.text('error.internal', { reference: { code: reference } });
    const message = await this.#render({ tone: 'bad', title: words, blocks: [] });
    if (this.#removed) {
      await api.followUpPrivately(interaction, message);
    } else if (this.#hasToken()) {
      await this.#editOriginal(message);
    } else if (this.#canEditAsBot()) {
      await this.#editAsBot(message);
    }
  }

  #hasToken(): boolean {
    return !this.#tokenVoid && this.#now() < this.#tokenEndsAt;
  }

  /** A message that others see is an ordinary one; the bot may change it for as long as it exists. */
  #canEditAsBot(): boolean {
    const { channelId } = this.#settings;
    return !this.#settings.private && !this.#removed && channelId !== null && this.#messageId !== null;
  }

  #render(reply: Reply, preface?: Text): Promise<RenderedMessage> {
    const { actions, log, locale, attachmentBytes } = this.#settings;
    return renderReply(reply, {
      locale,
      actions,
      log,
      previousTokens: this.#tokens,
      ...(preface === undefined ? {} : { preface }),
      ...(attachmentBytes === undefined ? {} : { attachmentBytes }),
    }).then((message) => {
      this.#tokens = message.tokens;
      return message;
    });
  }

  async #editOriginal(message: RenderedMessage): Promise<void> {
    this.#messageId = (await this.#settings.api.editOriginal(this.#settings.interaction, message)) ?? this.#messageId;
    this.#shown = true;
  }

  async #editAsBot(message: RenderedMessage): Promise<void> {
    const { api, channelId } = this.#settings;
    await api.editMessage(channelId!, this.#messageId!, message);
    this.#shown = true;
  }

  /**
   * Answers only the asker although the message would be seen by all: the empty "thinking" message goes first, since
   * Discord would otherwise turn it into the answer for everybody. A button's message stays as it is.
   */
  async #answerAside(reply: Reply): Promise<void> {
    const { api, interaction, target } = this.#settings;
    const kept = this.#tokens;
    if (target === 'edit') {
      this.#tokens = [];
    }
    const message = await this.#render(reply);
    if (target === 'edit') {
      this.#tokens = kept;
    }
    if (target === 'new') {
      try {
        await api.deleteOriginal(interaction);
      } catch (error) {
        // A repeated request finds it gone already.
        if (toPostError(error).failure !== 'gone') {
          throw error;
        }
      }
      this.#removed = true;
    }
    await api.followUpPrivately(interaction, message);
  }

  async #postToChannel(reply: Reply): Promise<void> {
    const { api, channelId } = this.#settings;
    if (channelId === null) {
      throw toPostError(new Error('the interaction has no channel'));
    }
    await api.createMessage(channelId, await this.#renderElsewhere(reply), newNonce());
  }

  async #postDirectly(reply: Reply): Promise<void> {
    const { api, userId } = this.#settings;
    await api.createMessage(await api.openDirect(userId), await this.#renderElsewhere(reply), newNonce());
  }

  #renderElsewhere(reply: Reply): Promise<RenderedMessage> {
    const { userId, locale, title } = this.#settings;
    const preface = createTranslator(locale).text('discord.moved', {
      person: { user: userId },
      command: { code: title },
    });
    return this.#render({ ...reply, ping: [...(reply.ping ?? []), userId] }, preface);
  }
}

function newNonce(): string {
  return randomBytes(12).toString('hex');
}
