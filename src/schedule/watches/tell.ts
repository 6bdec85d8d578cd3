import type { Log } from '../../base/log.ts';
import { type Locale, toLocale } from '../../chat/locale.ts';
import { type ChatPoster, PostError } from '../../chat/poster.ts';
import type { Action, Reply } from '../../chat/reply.ts';
import { createTranslator, type Translator } from '../../chat/translate.ts';
import { HAND_OVER_MS } from './claims.ts';
import type { Delivery, WatchNews } from './watches.ts';

/** The button that loads what somebody waited for. */
export function loadAction(translator: Translator, model: string, ctx: number, server: string | null): Action {
  return {
    label: translator.t('notify.action.load', { ctx }),
    style: 'primary',
    call: { command: 'load', options: { model, ctx, ...(server === null ? {} : { server }) } },
  };
}

/**
 * What somebody is told when there is room.
 * @param named whether it says who is meant: where nobody else reads along it need not
 */
export function newsReply(news: WatchNews, locale: Locale, named = true): Reply {
  const translator = createTranslator(locale);
  const { watch, server } = news;
  const params = {
    server: { code: server },
    free: news.freeBytes,
    max: news.freeMaxBytes,
    wanted: watch.freeBytes ?? 0,
    model: { code: watch.model ?? '' },
    ctx: watch.numCtx ?? 0,
    need: news.needBytes ?? 0,
    window: HAND_OVER_MS,
  };
  const isFit = watch.kind === 'when-fits';
  return {
    tone: 'good',
    title: translator.text(isFit ? 'notify.news.fits' : 'notify.news.free', params),
    blocks: [
      ...(named ? [{ kind: 'text' as const, text: [{ user: watch.ownerId, name: watch.ownerName }] }] : []),
      { kind: 'text', text: translator.text(isFit ? 'notify.news.fits-more' : 'notify.news.free-more', params) },
      { kind: 'small', text: translator.text('notify.news.window', params) },
    ],
    ...(isFit && watch.model !== null && watch.numCtx !== null
      ? { actions: [loadAction(translator, watch.model, watch.numCtx, server)] }
      : {}),
    ping: [watch.ownerId],
  };
}

/**
 * Tells people on a chat platform: in the channel where they asked, or directly where that is not possible any more.
 * The nonce is the watch's own, so news that is sent again stays one message.
 */
export function createWatchTeller(poster: ChatPoster, log: Log): (news: WatchNews) => Promise<Delivery> {
  return async (news) => {
    const { watch } = news;
    const locale = toLocale(watch.locale);
    // With its time: another data folder counts from 1 as well.
    const mark = `${watch.id}.${watch.createdAtMs.toString(36)}`;
    const reply = newsReply(news, locale);
    const send = async (work: () => Promise<unknown>): Promise<Delivery> => {
      try {
        await work();
        return 'sent';
      } catch (error) {
        const failure = error instanceof PostError ? error.failure : 'unavailable';
        if (!(error instanceof PostError)) {
          log.error({ err: error, watch: watch.id }, 'a watch could not be told');
        }
        return failure === 'gone' || failure === 'forbidden' ? 'lost' : 'later';
      }
    };
    const { channelId } = watch;
    if (channelId !== null) {
      const posted = await send(() => poster.post(channelId, reply, { locale, nonce: `w${mark}` }));
      if (posted !== 'lost') {
        return posted;
      }
    }
    const told = await send(() => poster.direct(watch.ownerId, reply, { locale, nonce: `wd${mark}` }));
    if (told === 'lost') {
      log.warn({ watch: watch.id }, 'nobody can be told: neither in the channel nor directly');
    }
    return told;
  };
}
