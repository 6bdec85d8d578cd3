import type { Attachment } from './attachment.ts';
import type { Access, CommandContext } from './command.ts';
import type { MessageKey } from './messages/index.ts';
import type { Reply } from './reply.ts';

/** A message of a chat that somebody points at. All of it is untrusted. */
export interface PointedMessage {
  /** All that can be read in it, bounded by the platform. */
  readonly text: string;
  readonly attachments: readonly Attachment[];
}

/** What can be done with a message that somebody points at, where a platform offers that. */
export interface MessageCommand<S> {
  /** For the audit trail and the figures; never changes. */
  readonly name: string;
  /** As people see it, each in their language; the English one is its name on the platform. */
  readonly label: MessageKey;
  readonly access: Access;
  /** As a runnable's. */
  readonly private?: boolean;
  /** As a runnable's: milliseconds after which the work is given up. */
  readonly timeoutMs?: number | null;
  run(context: CommandContext<S>, message: PointedMessage): Promise<Reply>;
}
