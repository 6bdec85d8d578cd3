import type { Locale } from '../../chat/locale.ts';
import type { ChatPoster, PostError } from '../../chat/poster.ts';
import type { Reply } from '../../chat/reply.ts';
import { createTranslator } from '../../chat/translate.ts';
import type { Schedule } from '../../store/types.ts';

/** Why a schedule was stopped by the bot itself. */
export type LostReason = 'channel-gone' | 'channel-forbidden';

/** The reason when a failure means that the channel is out of reach, else `null`. */
export function lostReason(error: PostError): LostReason | null {
  if (error.failure === 'forbidden') {
    return 'channel-forbidden';
  }
  return error.failure === 'gone' && error.channelLost ? 'channel-gone' : null;
}

/** What the owner is told. */
function lostReply(schedule: Schedule, reason: LostReason): Reply {
  const translator = createTranslator(schedule.locale as Locale);
  return {
    tone: 'warning',
    title: translator.text('status.lost.title', { id: schedule.id }),
    blocks: [
      { kind: 'text', text: translator.text(`status.lost.${reason}`, { channel: { channel: schedule.channelId } }) },
      { kind: 'text', text: translator.text('status.lost.next') },
    ],
  };
}

/** Tells the owner once; the nonce keeps a repetition within minutes from being a second message. Rejects as `direct`. */
export async function tellOwner(poster: ChatPoster, schedule: Schedule, reason: LostReason): Promise<void> {
  await poster.direct(schedule.ownerId, lostReply(schedule, reason), {
    locale: schedule.locale as Locale,
    nonce: `lost${schedule.id.toString(36)}.${schedule.createdAtMs.toString(36)}`,
  });
}
