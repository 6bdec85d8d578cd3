/** Reading the beginning of a file on another machine: what a ranged answer must say, and its body as a header reader takes it. */

import type { ByteSource } from '../gguf/byte-source.ts';
import { CatalogueError } from './errors.ts';
import { connectionError, cutOff, type RegistryResponse } from './registry-http.ts';

/**
 * A 206 must begin at 0 and agree with the manifest about the whole size. A 200 is the whole blob from its beginning: it is
 * read as far as the header goes, and then cut off.
 * @throws CatalogueError `registry-range-wrong`
 */
export function checkRange({ status, headers }: RegistryResponse, size: number, host: string): void {
  if (status === 200) {
    return;
  }
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  const total = match?.[3];
  if (match?.[1] !== '0' || (total !== '*' && Number(total) !== size) || Number(match[2]) >= size) {
    throw new CatalogueError('registry-range-wrong', { host });
  }
}

/** A response's body as the header reader takes it: as fast as it reads, and no further. */
export function bodySource(
  response: RegistryResponse,
  totalBytes: number,
  host: string,
  signal: AbortSignal,
): ByteSource {
  const chunks = response.body[Symbol.asyncIterator]();
  return {
    totalBytes,
    async next() {
      try {
        const { done, value } = await chunks.next();
        return done ? null : (value as Buffer);
      } catch (error) {
        throw connectionError(error, host, signal);
      }
    },
    async close() {
      cutOff(response);
    },
  };
}
