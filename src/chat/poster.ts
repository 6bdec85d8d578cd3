import { CodedError } from '../base/coded.ts';
import type { Locale } from './locale.ts';
import type { Reply } from './reply.ts';

/** A message in a chat, to be found again after a restart. */
export interface MessageRef {
  readonly channelId: string;
  readonly messageId: string;
  /** What the platform gave to answer a command with; used first, while it lasts. */
  readonly ticket?: string | null;
}

/**
 * Why a message could not be written. `gone`: the message or channel is no longer there. `forbidden`: the bot may not.
 * `rate-limited`: too many in a short time. `too-old`: an old message takes edits at a slow pace only.
 * `unavailable`: the platform did not answer.
 */
export type PostFailure = 'gone' | 'forbidden' | 'rate-limited' | 'too-old' | 'unavailable';

/** A message that could not be posted, edited or deleted. */
export class PostError extends CodedError<`chat-${PostFailure}`> {
  override readonly name = 'PostError';
  readonly failure: PostFailure;
  /** Whether the channel itself is out of reach, not just the one message. */
  readonly channelLost: boolean;
  /** Milliseconds to wait before another try, when the platform said so. */
  readonly retryAfterMs: number | null;

  constructor(
    failure: PostFailure,
    details: { readonly channelLost?: boolean; readonly retryAfterMs?: number | null; readonly cause?: unknown } = {},
  ) {
    super(`chat-${failure}`, {}, details.cause);
    this.failure = failure;
    this.channelLost = details.channelLost ?? false;
    this.retryAfterMs = details.retryAfterMs ?? null;
  }
}

export interface PostOptions {
  /** Language of the words that the adapter adds. */
  readonly locale?: Locale;
  /** The same within minutes = the same message: a repeated post after a lost answer makes no second one. */
  readonly nonce?: string;
}

/**
 * Messages that the bot writes by itself: schedules, alerts, watches, questions to a holder. Every method rejects
 * with a PostError and nothing else.
 */
export interface ChatPoster {
  post(channelId: string, reply: Reply, options?: PostOptions): Promise<MessageRef>;
  /** Replaces the message; its old picture goes. */
  edit(ref: MessageRef, reply: Reply, options?: PostOptions): Promise<void>;
  /** A message that is gone already counts as deleted. */
  delete(ref: MessageRef): Promise<void>;
  /** A direct message to a person. */
  direct(userId: string, reply: Reply, options?: PostOptions): Promise<MessageRef>;
  /**
   * What the bot lacks to post in a channel: names of permissions; empty when it may, `null` when it cannot be told.
   * With a guild, a channel that belongs to another one counts as unknown.
   */
  missingPermissions(channelId: string, guildId?: string): Promise<readonly string[] | null>;
}
