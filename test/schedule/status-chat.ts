import {
  type ChatPoster,
  type MessageRef,
  PostError,
  type PostFailure,
  type PostOptions,
} from '../../src/chat/poster.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';
import type { Schedule, StatusExtra, StatusSource } from '../../src/schedule/posts/status-source.ts';

/** A clock that tests set. */
export class FakeClock {
  nowMs: number;

  constructor(at: string) {
    this.nowMs = Date.parse(at);
  }

  readonly read = (): number => this.nowMs;
}

export interface ChatMessage {
  readonly id: string;
  readonly channelId: string;
  readonly createdAtMs: number;
  readonly nonce: string | undefined;
  text: string;
  editedAtMs: number[];
  deleted: boolean;
}

interface Fault {
  readonly on: 'post' | 'edit' | 'direct';
  readonly failure: PostFailure;
  readonly retryAfterMs?: number;
  /** The message was written all the same: only the answer is lost. */
  readonly arrived?: boolean;
  times: number;
}

/** How long Discord takes a repeated nonce for the same message: "a few minutes". */
const NONCE_MS = 3 * 60_000;
const OLD_MS = 60 * 60_000;

/** A chat with Discord's rules for a bot's own messages, by a clock that tests set. */
export class FakeChat implements ChatPoster {
  readonly clock: FakeClock;
  readonly messages: ChatMessage[] = [];
  readonly directs: { readonly userId: string; readonly text: string }[] = [];
  /** Channels in which the bot may write. */
  readonly channels = new Set<string>(['1000', '2000']);
  readonly forbidden = new Set<string>();
  readonly faults: Fault[] = [];
  /** What `missingPermissions` answers; `null`: cannot be told. */
  missing: readonly string[] | null = [];
  /** What went against the rules. */
  readonly violations: string[] = [];
  /** Edits that were refused because the message is old. */
  tooOld = 0;
  /** Every request, by kind. */
  readonly counts = { post: 0, edit: 0, direct: 0, delete: 0 };
  /** Held up until released. */
  hold: Promise<void> | null = null;
  readonly #writing = new Set<string>();
  readonly #oldEdits: number[] = [];
  #next = 1;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  get standing(): ChatMessage[] {
    return this.messages.filter(({ deleted }) => !deleted);
  }

  async post(channelId: string, reply: Reply, options: PostOptions = {}): Promise<MessageRef> {
    this.counts.post += 1;
    await this.hold;
    const fault = this.#take('post');
    if (fault !== undefined && fault.arrived !== true) {
      throw fail(fault);
    }
    this.#check(channelId);
    const at = this.clock.nowMs;
    const same = this.messages.find(
      (message) =>
        message.channelId === channelId &&
        message.nonce !== undefined &&
        message.nonce === options.nonce &&
        at - message.createdAtMs < NONCE_MS,
    );
    const message = same ?? {
      id: String(this.#next++),
      channelId,
      createdAtMs: at,
      nonce: options.nonce,
      text: text(reply),
      editedAtMs: [],
      deleted: false,
    };
    if ((options.nonce ?? '').length > 25) {
      this.violations.push('a nonce over 25 characters');
    }
    if (same === undefined) {
      this.messages.push(message);
    }
    if (fault !== undefined) {
      throw fail(fault);
    }
    return { channelId, messageId: message.id };
  }

  async edit(ref: MessageRef, reply: Reply): Promise<void> {
    this.counts.edit += 1;
    if (this.#writing.has(ref.messageId)) {
      this.violations.push('two edits of one message at the same time');
    }
    this.#writing.add(ref.messageId);
    try {
      await this.hold;
      const fault = this.#take('edit');
      if (fault !== undefined) {
        throw fail(fault);
      }
      this.#check(ref.channelId);
      const message = this.messages.find(({ id, deleted }) => id === ref.messageId && !deleted);
      if (message === undefined) {
        throw new PostError('gone');
      }
      const at = this.clock.nowMs;
      if (at - message.createdAtMs >= OLD_MS) {
        const recent = this.#oldEdits.filter((ms) => at - ms < 6_000).length;
        if (recent >= 3) {
          this.tooOld += 1;
          throw new PostError('too-old', { retryAfterMs: 6_000 });
        }
        this.#oldEdits.push(at);
      }
      message.text = text(reply);
      message.editedAtMs.push(at);
    } finally {
      this.#writing.delete(ref.messageId);
    }
  }

  async delete(ref: MessageRef): Promise<void> {
    this.counts.delete += 1;
    const message = this.messages.find(({ id }) => id === ref.messageId);
    if (message !== undefined) {
      message.deleted = true;
    }
  }

  async direct(userId: string, reply: Reply): Promise<MessageRef> {
    this.counts.direct += 1;
    const fault = this.#take('direct');
    if (fault !== undefined) {
      throw fail(fault);
    }
    this.directs.push({ userId, text: text(reply) });
    return { channelId: `direct-${userId}`, messageId: '1' };
  }

  async missingPermissions(): Promise<readonly string[] | null> {
    return this.missing;
  }

  #check(channelId: string): void {
    if (!this.channels.has(channelId)) {
      throw new PostError('gone', { channelLost: true });
    }
    if (this.forbidden.has(channelId)) {
      throw new PostError('forbidden', { channelLost: true });
    }
  }

  #take(on: Fault['on']): Fault | undefined {
    const fault = this.faults.find((candidate) => candidate.on === on && candidate.times > 0);
    if (fault !== undefined) {
      fault.times -= 1;
    }
    return fault;
  }
}

function fail(fault: Fault): PostError {
  return new PostError(fault.failure, { retryAfterMs: fault.retryAfterMs ?? null });
}

function text(reply: Reply): string {
  return plainText(reply.title);
}

/** A status whose state tests set. */
export class FakeSource implements StatusSource {
  state = 'idle';
  watched = 0;
  /** Errors to throw instead of a reply. */
  failures = 0;

  fingerprint(): string {
    return this.state;
  }

  async reply(_schedule: Schedule, extra: StatusExtra): Promise<Reply> {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('the status cannot be told');
    }
    const title = `${this.state}${extra.missed > 0 ? ` missed ${extra.missed}` : ''}${extra.ended ? ' ended' : ''}`;
    return { tone: 'neutral', title, blocks: [] };
  }

  watch(): () => void {
    this.watched += 1;
    return () => {
      this.watched -= 1;
    };
  }
}
