import type { Person } from '../../src/chat/command.ts';
import type { Reply } from '../../src/chat/reply.ts';

/** Whoever waited longer than this looks elsewhere by now, ms. */
const LONG_MS = 20_000;

/**
 * The end of long work: said once more in a message of its own that notifies the asker, since the message that showed the
 * work is edited, which notifies nobody.
 * @param waitedMs since it was asked for
 */
export function withAnnouncement(reply: Reply, person: Person, waitedMs: number): Reply {
  if (waitedMs <= LONG_MS) {
    return reply;
  }
  const title = typeof reply.title === 'string' ? [reply.title] : reply.title;
  const announce: Reply = {
    tone: reply.tone,
    title: [{ user: person.id, name: person.name }, ' ', ...title],
    blocks: [],
    ping: [person.id],
  };
  return { ...reply, announce };
}
