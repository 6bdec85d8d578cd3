import type { UploadedFile } from './limits.ts';
import { COMPONENTS_V2, EPHEMERAL, LOADING } from './limits.ts';

const DISCORD_EPOCH_MS = 1_420_070_400_000n;
let increment = 0n;

/** A new Discord id that carries the time. */
export function snowflake(atMs = Date.now()): string {
  increment = (increment + 1n) % 4096n;
  return String(((BigInt(Math.trunc(atMs)) - DISCORD_EPOCH_MS) << 22n) | increment);
}

/** Names of permissions as bits; `ALL` is what a channel grants the bot unless told otherwise. */
export const PERMISSION = {
  administrator: 1n << 3n,
  manageGuild: 1n << 5n,
  viewChannel: 1n << 10n,
  sendMessages: 1n << 11n,
  embedLinks: 1n << 14n,
  attachFiles: 1n << 15n,
  readHistory: 1n << 16n,
} as const;
export const ALL =
  Object.values(PERMISSION).reduce((sum, bit) => sum | bit, 0n) & ~PERMISSION.administrator & ~PERMISSION.manageGuild;

export interface Channel {
  readonly id: string;
  readonly kind: 'guild' | 'direct';
  readonly name: string;
  /** For direct messages: with whom. */
  readonly userId: string | null;
  botPermissions: bigint;
}

/** A message as it stands now. */
export interface Message {
  readonly id: string;
  readonly channelId: string;
  /** Tests may set it back to make the message old. */
  createdAt: number;
  flags: number;
  content: string;
  components: Record<string, unknown>[];
  files: UploadedFile[];
  /** Who would be notified: user ids, `everyone`, `here`. */
  pings: string[];
  readonly interactionId: string | null;
  /** Only this person sees it. */
  readonly visibleTo: string | null;
  nonce: string | null;
  edits: number;
  deleted: boolean;
}

/** An HTTP error in Discord's form. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: number;
  /** Seconds to wait, for a 429. */
  readonly retryAfter: number | null;

  constructor(status: number, code: number, message: string, retryAfter: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Discord's limit for edits of messages older than an hour, a channel: code 30046. */
const OLD_MESSAGE = { ageMs: 60 * 60_000, edits: 3, windowMs: 6_000 };

/** Channels and messages, with Discord's rules about who may do what. */
export class World {
  readonly channels = new Map<string, Channel>();
  readonly messages = new Map<string, Message>();
  /** What the bot may do in the server at large. */
  guildPermissions = ALL;
  readonly #oldEdits = new Map<string, number[]>();
  /** People who take no direct messages. */
  readonly closedDirects = new Set<string>();

  addChannel(name: string, botPermissions = ALL): Channel {
    const channel: Channel = { id: snowflake(), kind: 'guild', name, userId: null, botPermissions };
    this.channels.set(channel.id, channel);
    return channel;
  }

  directChannel(userId: string): Channel {
    const known = [...this.channels.values()].find((channel) => channel.userId === userId);
    if (known !== undefined) {
      return known;
    }
    const channel: Channel = { id: snowflake(), kind: 'direct', name: `@${userId}`, userId, botPermissions: ALL };
    this.channels.set(channel.id, channel);
    return channel;
  }

  /** The channel, if the bot may see it. */
  channel(id: string): Channel {
    const channel = this.channels.get(id);
    if (channel === undefined) {
      throw new ApiError(404, 10003, 'Unknown Channel');
    }
    if ((channel.botPermissions & PERMISSION.viewChannel) === 0n) {
      throw new ApiError(403, 50001, 'Missing Access');
    }
    return channel;
  }

  /** The message, if the bot can reach it outside of an interaction. */
  message(channelId: string, messageId: string): Message {
    const channel = this.channel(channelId);
    const message = this.messages.get(messageId);
    if (message === undefined || message.deleted || message.visibleTo !== null || message.channelId !== channel.id) {
      throw new ApiError(404, 10008, 'Unknown Message');
    }
    return message;
  }

  /** Counts an edit of an old message; throws the 429 that Discord gives for too many. */
  countEdit(message: Message): void {
    const now = Date.now();
    if (now - message.createdAt < OLD_MESSAGE.ageMs) {
      return;
    }
    const recent = (this.#oldEdits.get(message.channelId) ?? []).filter((at) => now - at < OLD_MESSAGE.windowMs);
    if (recent.length >= OLD_MESSAGE.edits) {
      const retryAfter = (recent[0]! + OLD_MESSAGE.windowMs - now) / 1000;
      throw new ApiError(429, 30046, 'Maximum number of edits to messages older than 1 hour reached', retryAfter);
    }
    this.#oldEdits.set(message.channelId, [...recent, now]);
  }

  checkPosting(channel: Channel, hasFiles: boolean): void {
    if (channel.userId !== null && this.closedDirects.has(channel.userId)) {
      throw new ApiError(403, 50007, 'Cannot send messages to this user');
    }
    const needed = PERMISSION.sendMessages | (hasFiles ? PERMISSION.attachFiles : 0n);
    if ((channel.botPermissions & needed) !== needed) {
      throw new ApiError(403, 50013, 'Missing Permissions');
    }
  }

  create(fields: Pick<Message, 'channelId' | 'interactionId' | 'visibleTo'> & { readonly loading?: boolean }): Message {
    const message: Message = {
      id: snowflake(),
      channelId: fields.channelId,
      interactionId: fields.interactionId,
      visibleTo: fields.visibleTo,
      createdAt: Date.now(),
      flags: (fields.visibleTo === null ? 0 : EPHEMERAL) | (fields.loading === true ? LOADING : 0),
      content: '',
      components: [],
      files: [],
      pings: [],
      nonce: null,
      edits: 0,
      deleted: false,
    };
    this.messages.set(message.id, message);
    return message;
  }

  /** Applies a body: what it leaves out stays. */
  apply(message: Message, body: Record<string, unknown>, files: readonly UploadedFile[]): void {
    if (typeof body.content === 'string') {
      message.content = body.content;
    }
    if (Array.isArray(body.components)) {
      message.components = body.components as Record<string, unknown>[];
    }
    const flags = Number(body.flags ?? 0);
    message.flags = (message.flags & ~LOADING) | (flags & (COMPONENTS_V2 | EPHEMERAL));
    if (Array.isArray(body.attachments) || files.length > 0) {
      const kept = (Array.isArray(body.attachments) ? body.attachments : []).map((item) => String(item.id));
      message.files = [...message.files.filter((file) => kept.includes(fileId(message, file))), ...files];
    }
    message.pings = pingsOf(messageText(message), body.allowed_mentions);
  }

  /** The message as the API and the gateway show it. */
  json(message: Message, applicationId: string): Record<string, unknown> {
    return {
      id: message.id,
      channel_id: message.channelId,
      type: 0,
      author: { id: applicationId, username: 'headroom', discriminator: '0000', avatar: null, bot: true },
      content: message.content,
      timestamp: new Date(message.createdAt).toISOString(),
      edited_timestamp: message.edits > 0 ? new Date().toISOString() : null,
      tts: false,
      mention_everyone: false,
      mentions: [],
      mention_roles: [],
      attachments: message.files.map((file) => ({
        id: fileId(message, file),
        filename: file.filename,
        size: file.data.length,
        url: `https://cdn.invalid/${file.filename}`,
        proxy_url: `https://cdn.invalid/${file.filename}`,
      })),
      embeds: [],
      pinned: false,
      flags: message.flags,
      components: message.components,
      ...(message.nonce === null ? {} : { nonce: message.nonce }),
    };
  }
}

function fileId(message: Message, file: UploadedFile): string {
  return `${message.id}-${file.filename}`;
}

/** All text of a message, in order. */
export function messageText(message: Pick<Message, 'content' | 'components'>): string {
  const texts: string[] = message.content === '' ? [] : [message.content];
  const visit = (component: Record<string, unknown>) => {
    if (typeof component.content === 'string') {
      texts.push(component.content);
    }
    const children = component.components;
    if (Array.isArray(children)) {
      children.forEach(visit);
    }
  };
  message.components.forEach(visit);
  return texts.join('\n');
}

/** Whom Discord would notify, by its rules for allowed mentions. */
function pingsOf(text: string, allowed: unknown): string[] {
  const rules = (allowed ?? null) as { parse?: string[]; users?: string[] } | null;
  const parses = (kind: string) => rules === null || (rules.parse ?? []).includes(kind);
  const pings: string[] = [];
  for (const [, name] of text.matchAll(/@(everyone|here)/g)) {
    if (parses('everyone')) {
      pings.push(name!);
    }
  }
  for (const [, id] of text.matchAll(/<@!?(\d+)>/g)) {
    if (parses('users') || (rules?.users ?? []).includes(id!)) {
      pings.push(id!);
    }
  }
  return [...new Set(pings)];
}
