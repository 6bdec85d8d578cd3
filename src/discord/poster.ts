import { createHash, randomBytes } from 'node:crypto';
import type { Log } from '../base/log.ts';
import type { ActionRegistry } from '../chat/actions.ts';
import type { ChatPoster, MessageRef, PostOptions } from '../chat/poster.ts';
import type { Reply } from '../chat/reply.ts';
import { type DiscordApi, readTicket } from './api.ts';
import { toPostError } from './failures.ts';
import { LIMITS } from './limits.ts';
import { type RenderedMessage, renderReply } from './render.ts';

/** Messages whose buttons are remembered, so that an edit replaces them; the oldest leave first. */
const MAX_MESSAGES = 1_000;
const MAX_DIRECT_CHANNELS = 1_000;

export interface PosterSettings {
  readonly api: DiscordApi;
  readonly actions: ActionRegistry;
  readonly log: Log;
  readonly missingPermissions: (channelId: string, guildId?: string) => readonly string[] | null;
}

/** The bot's own messages in Discord. */
export function createPoster(settings: PosterSettings): ChatPoster {
  const { api, actions, log } = settings;
  const tokens = new Map<string, readonly string[]>();
  const directChannels = new Map<string, string>();

  const render = (reply: Reply, options: PostOptions, previousTokens: readonly string[] = []) =>
    renderReply(reply, { locale: options.locale ?? 'en', actions, log, previousTokens });

  const remember = (ref: MessageRef, message: RenderedMessage) => {
    setBounded(tokens, ref.messageId, message.tokens, MAX_MESSAGES);
    return ref;
  };

  const post = async (channelId: string, reply: Reply, options: PostOptions) => {
    const message = await render(reply, options);
    const nonce = toDiscordNonce(options.nonce);
    const messageId = await api.createMessage(channelId, message, nonce);
    return remember({ channelId, messageId }, message);
  };

  const typed = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toPostError(error);
    }
  };

  return {
    post: (channelId, reply, options = {}) => typed(() => post(channelId, reply, options)),
    edit: (ref, reply, options = {}) =>
      typed(async () => {
        const message = await render(reply, options, tokens.get(ref.messageId));
        if (await editByTicket(api, ref, message)) {
          return;
        }
        await api.editMessage(ref.channelId, ref.messageId, message);
        remember(ref, message);
      }),
    delete: (ref) =>
      typed(async () => {
        try {
          await api.deleteMessage(ref.channelId, ref.messageId);
        } catch (error) {
          if (toPostError(error).failure !== 'gone') {
            throw error;
          }
        }
        actions.issue([], tokens.get(ref.messageId));
        tokens.delete(ref.messageId);
      }),
    direct: (userId, reply, options = {}) =>
      typed(async () => {
        const channelId = directChannels.get(userId) ?? (await api.openDirect(userId));
        setBounded(directChannels, userId, channelId, MAX_DIRECT_CHANNELS);
        try {
          return await post(channelId, reply, options);
        } catch (error) {
          directChannels.delete(userId);
          throw error;
        }
      }),
    missingPermissions: async (channelId, guildId) => settings.missingPermissions(channelId, guildId),
  };
}

/** Edits the answer of an interaction by its token. @returns false when that cannot be done any more */
async function editByTicket(api: DiscordApi, ref: MessageRef, message: RenderedMessage): Promise<boolean> {
  const handle = ref.ticket === undefined || ref.ticket === null ? null : readTicket(ref.ticket);
  if (handle === null) {
    return false;
  }
  try {
    await api.editOriginal(handle, message);
    return true;
  } catch (error) {
    if (ref.messageId === '') {
      throw error;
    }
    return false;
  }
}

function setBounded<V>(map: Map<string, V>, key: string, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= max) {
      break;
    }
    map.delete(oldest);
  }
}

/** Discord takes 25 characters; a longer nonce is told by its digest, so that two never become one by being cut. */
function toDiscordNonce(nonce: string | undefined): string {
  if (nonce === undefined) {
    return randomBytes(12).toString('hex');
  }
  return nonce.length <= LIMITS.nonceChars
    ? nonce
    : createHash('sha256').update(nonce).digest('base64url').slice(0, LIMITS.nonceChars);
}
