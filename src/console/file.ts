import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CodedError } from '../base/coded.ts';
import { type Attachment, attachmentName } from '../chat/attachment.ts';

/** A file of this machine by its path, for whoever sits at its terminal. Only what is a plain file is read. */
export function fileAt(path: string): Attachment {
  const place = path.startsWith('~/') ? join(homedir(), path.slice(2)) : path;
  const missing = (cause: unknown) =>
    new CodedError('attachment-missing', { name: attachmentName({ name: path }) }, cause);
  return {
    name: path,
    contentType: null,
    sizeBytes: null,
    open: async (signal) => {
      try {
        if (!(await stat(place)).isFile()) {
          throw new Error('not a plain file');
        }
      } catch (error) {
        throw missing(error);
      }
      return read(place, signal, missing);
    },
  };
}

async function* read(place: string, signal: AbortSignal, fault: (cause: unknown) => Error): AsyncIterable<Uint8Array> {
  try {
    yield* createReadStream(place, { signal });
  } catch (error) {
    throw fault(error);
  }
}
