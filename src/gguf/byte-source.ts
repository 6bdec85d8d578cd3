/** Bytes of a file from its beginning, in order, as far as somebody asks for them. */
export interface ByteSource {
  /** Size of the whole file, bytes, when known. */
  readonly totalBytes: number | undefined;
  /** The next bytes, or null at the end. */
  next(): Promise<Uint8Array | null>;
  /** Frees what the source holds; may be called more than once. */
  close(): Promise<void>;
}

/** Bytes that are in memory already. */
export function bufferSource(bytes: Uint8Array, totalBytes: number | undefined = bytes.length): ByteSource {
  let left: Uint8Array | null = bytes.length === 0 ? null : bytes;
  return {
    totalBytes,
    async next() {
      const now = left;
      left = null;
      return now;
    },
    async close() {
      left = null;
    },
  };
}
