import { MIB } from '../base/bytes.ts';
import { CodedError } from '../base/coded.ts';
import { singleLine } from '../base/text.ts';

/** More of a file than this is not read, bytes. */
export const MAX_ATTACHMENT_BYTES = MIB;
/** Characters of a file's name that are repeated. */
const SHOWN_NAME_CHARS = 80;
/** What says in its first bytes what it is, and is no text. */
const BINARY_KINDS = /^(?:image|video|audio|font)\/|^application\/(?:pdf|zip|gzip|x-(?:7z|rar|tar|gzip)|vnd\.)/i;

/**
 * A file that somebody sends along. Its name and its text are untrusted; where it comes from is the platform's business,
 * which reads from nowhere but its own storage.
 */
export interface Attachment {
  readonly name: string;
  /** As the platform says, `null` = it does not. */
  readonly contentType: string | null;
  /** As the platform says, bytes; `null` = it does not. What is read is counted again. */
  readonly sizeBytes: number | null;
  /**
   * The file's bytes, piece by piece. Stopped by whoever reads it when there is too much.
   * @throws CodedError `attachment-elsewhere`, `attachment-unreachable`, `attachment-missing`
   */
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** Whether an option's value is a file. */
export function isAttachment(value: unknown): value is Attachment {
  return typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function';
}

/** A file's name as it may be shown: without the folders before it. */
export function attachmentName({ name }: Pick<Attachment, 'name'>): { readonly code: string } {
  return { code: singleLine(name.replace(/^.*[/\\]/, ''), SHOWN_NAME_CHARS) || '?' };
}

/**
 * The text of a file: UTF-8, or UTF-16 where its first bytes say so (what a Windows shell writes).
 * @throws CodedError `attachment-too-large` above {@link MAX_ATTACHMENT_BYTES}, `attachment-not-text`, `attachment-empty`,
 * and what opening it throws
 */
export async function readAttachment(attachment: Attachment, signal: AbortSignal): Promise<string> {
  const name = attachmentName(attachment);
  const tooLarge = () => new CodedError('attachment-too-large', { name, max: MAX_ATTACHMENT_BYTES });
  if ((attachment.sizeBytes ?? 0) > MAX_ATTACHMENT_BYTES) {
    throw tooLarge();
  }
  if (BINARY_KINDS.test(attachment.contentType ?? '')) {
    throw new CodedError('attachment-not-text', { name });
  }
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of await attachment.open(signal)) {
    bytes += piece.byteLength;
    if (bytes > MAX_ATTACHMENT_BYTES) {
      throw tooLarge();
    }
    pieces.push(piece);
  }
  const text = decode(Buffer.concat(pieces));
  if (text === null) {
    throw new CodedError('attachment-not-text', { name });
  }
  if (text.trim() === '') {
    throw new CodedError('attachment-empty', { name });
  }
  return text;
}

/** Bytes as text; `null` where a byte 0 says that they are none. */
function decode(bytes: Uint8Array): string | null {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) {
    return new TextDecoder('utf-16le').decode(bytes);
  }
  if (first === 0xfe && second === 0xff) {
    return new TextDecoder('utf-16be').decode(bytes);
  }
  return bytes.includes(0) ? null : new TextDecoder().decode(bytes);
}
