/** Files and messages that people send along or point at, as Discord's payload has them. */

import type { APIAttachment, APIEmbed, APIMessage } from 'discord.js';
import { CodedError } from '../base/coded.ts';
import { type Attachment, attachmentName } from '../chat/attachment.ts';
import type { PointedMessage } from '../chat/message-command.ts';

/** Where Discord keeps what people attach; nothing is fetched from anywhere else. */
const FILE_HOSTS: readonly string[] = ['cdn.discordapp.com', 'media.discordapp.net'];
/** One file comes within this time, milliseconds. */
const FETCH_TIMEOUT_MS = 10_000;
/** Files of one message that are looked at: as many as a message holds. */
const MOST_FILES = 10;
/** Characters of a message that are looked at; Discord's own bounds lie far below. */
const MOST_TEXT = 200_000;
/** Layers that the parts of a message lie in. */
const MOST_DEPTH = 6;

/** Fetches like the global one; tests put their own in its place. */
export type FetchFile = (url: string, init: RequestInit) => Promise<Response>;

/** An attachment's address where Discord itself keeps it, else `null`. */
function fileAddress(text: unknown): URL | null {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  const own =
    url !== null &&
    url.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    FILE_HOSTS.includes(url.hostname);
  return own ? url : null;
}

/** A file of Discord's. It is fetched when it is opened, from Discord's own storage alone, without following anywhere. */
export function discordAttachment(data: Partial<APIAttachment>, fetchFile: FetchFile = fetch): Attachment {
  const name = String(data.filename ?? '');
  const shown = attachmentName({ name });
  return {
    name,
    contentType: typeof data.content_type === 'string' ? data.content_type : null,
    sizeBytes: typeof data.size === 'number' && Number.isSafeInteger(data.size) ? data.size : null,
    open: async (signal) => {
      const address = fileAddress(data.url);
      if (address === null) {
        throw new CodedError('attachment-elsewhere', { name: shown });
      }
      const ended = AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
      return pieces(shown, () => fetchFile(address.href, { redirect: 'error', signal: ended, credentials: 'omit' }));
    },
  };
}

/** What a request brings, piece by piece; faults of the network have a code. A reader that stops ends the transfer. */
async function* pieces(name: { readonly code: string }, request: () => Promise<Response>): AsyncIterable<Uint8Array> {
  try {
    const response = await request();
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    yield* response.body;
  } catch (error) {
    throw new CodedError('attachment-unreachable', { name }, error);
  }
}

type Json = Readonly<Record<string, unknown>>;

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}

function textOf(value: unknown): string[] {
  return typeof value === 'string' && value !== '' ? [value] : [];
}

function embedText(embed: Partial<APIEmbed>): string[] {
  const fields = listOf(embed.fields).flatMap((field) => [...textOf(field.name), ...textOf(field.value)]);
  return [...textOf(embed.title), ...textOf(embed.description), ...fields];
}

/** The texts of a message built of components, however deep they stand. */
function componentText(components: unknown, depth = 0): string[] {
  return depth > MOST_DEPTH
    ? []
    : listOf(components).flatMap((component) => [
        ...textOf(component.content),
        ...componentText(component.components, depth + 1),
      ]);
}

/** Markup of a code block would hide the first and last line of what stands in it. */
function withoutFences(text: string): string {
  return text.replace(/^[ \t]*```[\w+-]*[ \t]*$/gm, '').replace(/```(?:[\w+-]*\n)?/g, '\n');
}

/** A message that somebody points at: its words, embeds, files, and those of the message that it forwards. */
export function pointedMessage(
  message: Partial<APIMessage> | undefined,
  fetchFile: FetchFile | undefined,
): PointedMessage {
  const parts: readonly Json[] = [
    (message ?? {}) as Json,
    ...listOf(message?.message_snapshots).flatMap(({ message: forwarded }) => listOf([forwarded])),
  ];
  const texts = parts.flatMap((part) => [
    ...textOf(part.content),
    ...listOf(part.embeds).flatMap((embed) => embedText(embed)),
    ...componentText(part.components),
  ]);
  const files = parts.flatMap((part) => listOf(part.attachments)).slice(0, MOST_FILES);
  return {
    text: withoutFences(texts.join('\n').slice(0, MOST_TEXT)),
    attachments: files.map((file) => discordAttachment(file, fetchFile)),
  };
}
