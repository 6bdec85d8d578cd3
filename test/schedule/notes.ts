import { type ChatPoster, type MessageRef, PostError, type PostOptions } from '../../src/chat/poster.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { plainText } from '../../src/chat/text.ts';

/** A channel's messages as a platform would keep them: a repeated nonce makes no second one. */
export function messageBoard() {
  const messages = new Map<string, { channelId: string; reply: Reply; nonce: string | undefined; edits: number }>();
  const board = {
    messages,
    /** The next calls fail so, in order. */
    failures: [] as PostError[],
    /** The message arrives, but its answer is lost. */
    loseAnswers: 0,
    calls: 0,
    /** Runs before a call goes on. */
    before: async () => {},
    texts: () => [...messages.values()].map(({ reply }) => plainText(reply.title)),
  };
  async function begin(): Promise<void> {
    board.calls += 1;
    await board.before();
    const failure = board.failures.shift();
    if (failure !== undefined) {
      throw failure;
    }
  }
  async function post(channelId: string, reply: Reply, options: PostOptions = {}): Promise<MessageRef> {
    await begin();
    const known = [...messages].find(([, message]) => options.nonce !== undefined && message.nonce === options.nonce);
    const messageId = known?.[0] ?? `m${messages.size + 1}`;
    if (known === undefined) {
      messages.set(messageId, { channelId, reply, nonce: options.nonce, edits: 0 });
    }
    if (board.loseAnswers > 0) {
      board.loseAnswers -= 1;
      throw new PostError('unavailable');
    }
    return { channelId, messageId };
  }
  const poster: ChatPoster = {
    post,
    edit: async (ref, reply) => {
      await begin();
      const message = messages.get(ref.messageId);
      if (message === undefined) {
        throw new PostError('gone');
      }
      message.reply = reply;
      message.edits += 1;
    },
    delete: async (ref) => void messages.delete(ref.messageId),
    direct: (userId, reply, options) => post(`dm-${userId}`, reply, options),
    missingPermissions: async () => [],
  };
  return Object.assign(board, { poster });
}
