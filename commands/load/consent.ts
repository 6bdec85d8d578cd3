import { randomBytes } from 'node:crypto';
import type { Locale } from '../../src/chat/locale.ts';
import type { ChatPoster, MessageRef } from '../../src/chat/poster.ts';
import type { Action, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import { createTranslator, type Translator } from '../../src/chat/translate.ts';
import { isBooking } from '../../src/servers/loading/booked.ts';
import type { HoldEvent } from '../../src/servers/loading/hold-watch.ts';
import type { AskHolder, Consent, ConsentQuestion } from '../../src/servers/loading/types.ts';
import { holderSpan, personSpan } from './people.ts';

/** A holder has this long to answer; silence keeps the model, ms. */
const ANSWER_WITHIN_MS = 2 * 60_000;
/** People whose language is remembered. */
const MAX_PEOPLE = 2_000;

/** Questions to holders, and news for them. */
export interface ConsentDesk {
  readonly ask: AskHolder;
  /** Tells a holder what happened to the model. Never throws. */
  tell(event: HoldEvent): void;
  /** A button was pressed. */
  answer(id: string, personId: string, consent: Consent, translator: Translator): Reply | 'over' | 'not-yours';
  /** The language in which a person talks to the bot. */
  remember(personId: string, locale: Locale): void;
}

export interface ConsentDeskParts {
  /** By a platform's name. `null`: it has no messages of the bot's own; nobody can be asked, so everything is kept. */
  readonly poster: (platform: string) => ChatPoster | null;
  readonly now: () => number;
  /** A message could not be written. */
  readonly onError: (error: unknown) => void;
  readonly answerWithinMs?: number;
}

interface Open {
  readonly question: ConsentQuestion;
  readonly settle: (consent: Consent) => void;
}

export function createConsentDesk(parts: ConsentDeskParts): ConsentDesk {
  const answerWithinMs = parts.answerWithinMs ?? ANSWER_WITHIN_MS;
  const open = new Map<string, Open>();
  const locales = new Map<string, Locale>();
  const localeOf = (personId: string): Locale => locales.get(personId) ?? 'en';

  /** Where the holder loaded the model, so that everybody concerned sees it; else directly. */
  const post = async (
    poster: ChatPoster,
    hold: ConsentQuestion['hold'],
    reply: Reply,
    locale: Locale,
  ): Promise<MessageRef | null> => {
    if (hold.channelId !== null) {
      try {
        return await poster.post(hold.channelId, reply, { locale });
      } catch (error) {
        parts.onError(error);
      }
    }
    try {
      return await poster.direct(hold.holderId, reply, { locale });
    } catch (error) {
      parts.onError(error);
      return null;
    }
  };

  const close = async (poster: ChatPoster, ref: MessageRef, text: Text, locale: Locale) => {
    try {
      await poster.edit(ref, { tone: 'neutral', title: text, blocks: [] }, { locale });
    } catch (error) {
      parts.onError(error);
    }
  };

  const ask: AskHolder = async (question) => {
    const { hold, signal } = question;
    const poster = parts.poster(hold.platform);
    if (poster === null || signal.aborted) {
      return 'keep';
    }
    const locale = localeOf(hold.holderId);
    const translator = createTranslator(locale);
    const id = randomBytes(9).toString('base64url');
    const reply = questionReply(id, question, parts.now() + answerWithinMs, answerWithinMs, translator);
    let stop = () => {};
    const answered = new Promise<Consent | 'timeout' | 'void'>((resolve) => {
      const timer = setTimeout(() => resolve('timeout'), answerWithinMs);
      const onAbort = () => resolve('void');
      signal.addEventListener('abort', onAbort, { once: true });
      open.set(id, { question, settle: resolve });
      stop = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        open.delete(id);
      };
    });
    try {
      const ref = await post(poster, hold, reply, locale);
      if (ref === null) {
        return 'keep';
      }
      const answer = await answered;
      if (answer === 'agree' || answer === 'keep') {
        return answer;
      }
      stop();
      const key = isBooking(hold) ? (`consent.${answer}.booking` as const) : (`consent.${answer}` as const);
      const words = translator.text(key, { model: { code: hold.model } });
      await close(poster, ref, words, locale);
      return 'keep';
    } finally {
      stop();
    }
  };

  return {
    ask,
    tell({ kind, hold, numCtx }) {
      const poster = parts.poster(hold.platform);
      if (kind !== 'reloaded-elsewhere' || poster === null) {
        return;
      }
      const locale = localeOf(hold.holderId);
      const translator = createTranslator(locale);
      const params = { holder: holderSpan(hold), model: { code: hold.model }, server: { code: hold.server } };
      const reply: Reply = {
        tone: 'warning',
        title: translator.text('hold.reloaded', { ...params, now: numCtx ?? 0, held: hold.numCtx ?? 0 }),
        blocks: [{ kind: 'text', text: translator.text('hold.reloaded.why') }],
        ping: [hold.holderId],
      };
      void post(poster, hold, reply, locale);
    },
    answer(id, personId, consent, translator) {
      const entry = open.get(id);
      if (entry === undefined) {
        return 'over';
      }
      const { hold } = entry.question;
      if (hold.holderId !== personId) {
        return 'not-yours';
      }
      open.delete(id);
      entry.settle(consent);
      const params = { holder: holderSpan(hold), model: { code: hold.model } };
      const key = consent === 'agree' ? ('consent.agreed' as const) : ('consent.kept' as const);
      const title = translator.text(isBooking(hold) ? (`${key}.booking` as const) : key, params);
      return { tone: 'neutral', title, blocks: [] };
    },
    remember(personId, locale) {
      locales.delete(personId);
      locales.set(personId, locale);
      for (const oldest of locales.keys()) {
        if (locales.size <= MAX_PEOPLE) {
          break;
        }
        locales.delete(oldest);
      }
    },
  };
}

function questionReply(
  id: string,
  { hold, by, server, forModel }: ConsentQuestion,
  untilMs: number,
  expiresInMs: number,
  translator: Translator,
): Reply {
  const booking = isBooking(hold) ? hold : null;
  const kind = booking !== null ? 'booking' : forModel === null ? 'unload' : forModel === hold.model ? 'reload' : 'for';
  const button = (label: string, style: Action['style'], handler: string): Action => ({
    label,
    style,
    target: 'edit',
    once: true,
    onlyFor: [hold.holderId],
    expiresInMs,
    call: { handler, payload: { id } },
  });
  return {
    tone: 'warning',
    title: translator.text(`consent.question.${kind}`, {
      requester: personSpan(by),
      holder: holderSpan(hold),
      model: { code: hold.model },
      server: { code: server },
      wanted: { code: forModel ?? '' },
      until: { time: booking?.bookedUntilMs ?? untilMs, style: 'short' },
    }),
    blocks: [
      {
        kind: 'text',
        text: translator.text(booking === null ? 'consent.silence' : 'consent.silence.booking', {
          until: { time: untilMs, style: 'short' },
        }),
      },
    ],
    actions: [
      button(translator.t('load.action.agree'), 'success', 'load.agree'),
      button(translator.t('load.action.keep'), 'danger', 'load.keep'),
    ],
    ping: [hold.holderId],
  };
}
