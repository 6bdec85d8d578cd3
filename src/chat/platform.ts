import type { Attachment } from './attachment.ts';
import type { Access } from './permissions.ts';
import type { ChatPoster } from './poster.ts';
import type { Reply } from './reply.ts';

/**
 * A chat platform as the rest of the program knows it. How it shows a person, and how much a message holds, is its
 * adapter's own business: replies name people by id and name, and adapters cut what is too long for them.
 */
export interface Platform {
  /** Stands in the store and the audit trail, so it never changes. */
  readonly name: string;
  /** The bot's own messages in channels and to people; `null` where it can only answer. */
  readonly poster: ChatPoster | null;
  /** Shows what nobody asked for just now to whoever looks on, where there is no poster. */
  readonly show?: (reply: Reply) => void;
  /** Whoever sits there owns the machine, as at a terminal: commands are not counted. */
  readonly belongsToOwner?: true;
  /** A file by what was typed for it, where whoever types owns the machine; absent where files are sent along. */
  readonly fileAt?: (path: string) => Attachment;
  /**
   * What somebody may do in a server right now, for what is done in their name later; `null` = it cannot be told. Never
   * rejects. Absent where nothing is done later.
   */
  readonly accessOf?: (guildId: string, personId: string) => Promise<Access | null>;
  /** Whether its session stands; absent where there is none. */
  readonly ready?: () => boolean;
}
