import { DiscordAPIError, HTTPError, RateLimitError } from 'discord.js';
import { PostError } from '../chat/poster.ts';
import { WaitTooLongError } from './transport.ts';

/** Codes of Discord's JSON errors that the bot acts on. */
const CODES = {
  unknownChannel: 10003,
  unknownMessage: 10008,
  unknownUser: 10013,
  unknownWebhook: 10015,
  unknownInteraction: 10062,
  missingAccess: 50001,
  cannotMessageUser: 50007,
  missingPermissions: 50013,
  invalidWebhookToken: 50027,
  invalidForm: 50035,
  alreadyAcknowledged: 40060,
} as const;

function codeOf(error: unknown): number | null {
  return error instanceof DiscordAPIError ? Number(error.code) : null;
}

/** The person's three seconds are over, or another process answered first: nothing is left to do, nothing is wrong. */
export function isTooLateToAcknowledge(error: unknown): boolean {
  return codeOf(error) === CODES.unknownInteraction;
}

/** Somebody else has acknowledged: another process of the same bot, or this one before the gateway replayed the event. */
export function isAlreadyAcknowledged(error: unknown): boolean {
  return codeOf(error) === CODES.alreadyAcknowledged;
}

/** The interaction's token ran out, or its message is gone: the answer has to go another way. */
export function isTokenVoid(error: unknown): boolean {
  if (!(error instanceof DiscordAPIError)) {
    return false;
  }
  const code = Number(error.code);
  return (
    error.status === 401 ||
    code === CODES.invalidWebhookToken ||
    code === CODES.unknownWebhook ||
    code === CODES.unknownMessage
  );
}

/** Discord refused the message as malformed: sending the same again is of no use. */
export function isInvalidMessage(error: unknown): boolean {
  return error instanceof DiscordAPIError && error.status === 400 && Number(error.code) === CODES.invalidForm;
}

/** Any error of a message request as the port's typed failure. */
export function toPostError(error: unknown): PostError {
  if (error instanceof PostError) {
    return error;
  }
  if (error instanceof WaitTooLongError) {
    return new PostError(error.oldMessage ? 'too-old' : 'rate-limited', {
      retryAfterMs: error.retryAfterMs,
      cause: error,
    });
  }
  if (error instanceof RateLimitError) {
    return new PostError('rate-limited', { retryAfterMs: error.retryAfter, cause: error });
  }
  switch (codeOf(error)) {
    case CODES.unknownMessage:
    case CODES.unknownUser:
      return new PostError('gone', { cause: error });
    case CODES.unknownChannel:
      return new PostError('gone', { channelLost: true, cause: error });
    case CODES.cannotMessageUser:
      return new PostError('forbidden', { cause: error });
    case CODES.missingAccess:
    case CODES.missingPermissions:
      return new PostError('forbidden', { channelLost: true, cause: error });
    default:
      return new PostError('unavailable', { cause: error });
  }
}

/**
 * An error for the log. Errors of discord.js carry the whole request: addresses with interaction tokens, texts,
 * pictures. None of that belongs into a log.
 */
export function loggable(error: unknown): unknown {
  if (error instanceof DiscordAPIError || error instanceof HTTPError) {
    const { name, message, status, method } = error;
    return { type: name, message, status, method };
  }
  if (error instanceof RateLimitError) {
    return { type: error.name, route: error.route, retryAfter: error.retryAfter };
  }
  return error;
}
