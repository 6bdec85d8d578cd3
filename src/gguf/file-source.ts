import { type FileHandle, open } from 'node:fs/promises';
import { MIB } from '../base/bytes.ts';
import type { ByteSource } from './byte-source.ts';
import { GgufError } from './errors.ts';

const CHUNK_BYTES = MIB;

/**
 * A local file. Memory is one chunk of 1 MiB.
 * @throws GgufError `gguf-not-found`, `gguf-unreadable`
 */
export async function fileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new GgufError('gguf-unreadable', { path, reason: 'not a file' });
    }
    return fromHandle(handle, path, stats.size);
  } catch (error) {
    await handle?.close();
    throw fileError(error, path);
  }
}

function fromHandle(handle: FileHandle, path: string, totalBytes: number): ByteSource {
  let position = 0;
  let closed = false;
  return {
    totalBytes,
    async next() {
      try {
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, position);
        position += bytesRead;
        return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
      } catch (error) {
        throw fileError(error, path);
      }
    },
    async close() {
      if (closed) {
        return;
      }
      closed = true;
      await handle.close();
    },
  };
}

function fileError(error: unknown, path: string): GgufError {
  if (error instanceof GgufError) {
    return error;
  }
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new GgufError(reason === 'ENOENT' ? 'gguf-not-found' : 'gguf-unreadable', { path, reason });
}
