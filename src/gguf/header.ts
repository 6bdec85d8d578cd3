import { gguf } from '@huggingface/gguf';
import { MIB } from '../base/bytes.ts';
import { ggmlTypeName } from '../estimator/model/ggml-types.ts';
import type { MetadataValue, TensorInfo } from '../estimator/types.ts';
import type { ByteSource } from './byte-source.ts';
import { asciiBytes, concatBytes, latin1, utf8, viewOf } from './bytes.ts';
import { Cursor } from './cursor.ts';
import { GgufError } from './errors.ts';

/**
 * Reading a `.gguf` header in bounded memory and time.
 *
 * A header is mostly vocabulary (tokens, scores, merges: 5 to 30 MB), of which only the length matters here. So the bytes
 * go through two steps: `condense` walks over the header once, front to back, drops long arrays and long texts, checks
 * every count against a limit and the data against its end; what is left is a small, complete GGUF header, and
 * `@huggingface/gguf` decodes that. The library alone would hold the whole header, re-read arrays at each 2 MB step, and
 * take the zeros behind a file's end for values.
 */

/** What a header says. */
export interface GgufHeader {
  readonly version: number;
  readonly littleEndian: boolean;
  /** Metadata under GGUF's keys; a dropped array leaves `<key>.length`. */
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly TensorInfo[];
  /** Where the tensors' data begins: the header's size with its padding, bytes. */
  readonly dataOffset: number;
}

/** Most bytes of a header that are read: 64 MiB (the largest known vocabularies need about 30 MB). */
export const MAX_HEADER_BYTES = 64 * MIB;
const MAX_KEYS = 10_000;
const MAX_TENSORS = 100_000;
/** ggml's own limit is 64 characters for names of tensors and 65,535 for keys; nobody's are near these. */
const MAX_NAME_BYTES = 1024;
/** ggml's GGML_MAX_DIMS. */
const MAX_DIMENSIONS = 4;
/** The condensed header; the library's own limit is 50 MB. */
const MAX_KEPT_BYTES = 16 * MIB;
/** Longest text and array that are kept. Per-layer arrays have some hundred entries; Ollama keeps up to 1024. */
const MAX_TEXT_BYTES = 4096;
const MAX_ARRAY_ELEMENTS = 4096;
const MAX_TEXT_ARRAY_ELEMENTS = 64;
const MAX_ELEMENTS = 2 ** 40;
const DEFAULT_ALIGNMENT = 32;

const MAGIC = 'GGUF';
const TYPE_U64 = 10;
const TYPE_STRING = 8;
const TYPE_ARRAY = 9;
/** Bytes of GGUF's scalar value types by id (gguf.h): u8 i8 u16 i16 u32 i32 f32 bool, then u64 i64 f64. */
const SCALAR_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

/**
 * Reads a header. The source is read no further than the header's end, and is not closed.
 *
 * @throws GgufError `gguf-not-gguf`, `gguf-version-unsupported`, `gguf-truncated`, `gguf-limit-exceeded`, `gguf-malformed`,
 *   `gguf-duplicate-key`, `gguf-tensor-type-unknown`
 */
export async function readHeader(source: ByteSource, limitBytes = MAX_HEADER_BYTES): Promise<GgufHeader> {
  const cursor = new Cursor(source, limitBytes);
  const condensed = await condense(cursor);
  const parsed = await decode(condensed.bytes);
  const metadata = plainMetadata(parsed.metadata as Record<string, unknown>);
  const alignment = metadata['general.alignment'] ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !(alignment > 0) || alignment > MIB || !Number.isInteger(alignment)) {
    throw new GgufError('gguf-malformed', { what: 'general.alignment' });
  }
  return {
    version: condensed.version,
    littleEndian: cursor.littleEndian,
    metadata,
    tensors: parsed.tensorInfos.map(tensorInfo),
    dataOffset: Math.ceil(cursor.position / alignment) * alignment,
  };
}

/** Collects the pieces of the condensed header. */
class Keeper {
  readonly #littleEndian: boolean;
  readonly #wideCounts: boolean;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(cursor: Cursor) {
    this.#littleEndian = cursor.littleEndian;
    this.#wideCounts = cursor.wideCounts;
  }

  add(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > MAX_KEPT_BYTES) {
      throw new GgufError('gguf-limit-exceeded', { what: 'metadata bytes', limit: MAX_KEPT_BYTES });
    }
    this.#pieces.push(piece);
  }

  u32(value: number): void {
    const piece = new Uint8Array(4);
    viewOf(piece).setUint32(0, value, this.#littleEndian);
    this.add(piece);
  }

  u64(value: number): void {
    const piece = new Uint8Array(8);
    viewOf(piece).setBigUint64(0, BigInt(value), this.#littleEndian);
    this.add(piece);
  }

  count(value: number): void {
    if (this.#wideCounts) {
      this.u64(value);
    } else {
      this.u32(value);
    }
  }

  text(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.add(bytes);
  }

  pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }
}

async function condense(cursor: Cursor): Promise<{ bytes: Uint8Array<ArrayBuffer>; version: number }> {
  const version = await readPreamble(cursor);
  const tensorCount = await cursor.count('tensors', MAX_TENSORS);
  const keyCount = await cursor.count('metadata keys', MAX_KEYS);

  const values = new Keeper(cursor);
  const seen = new Set<string>();
  let kept = 0;
  for (let i = 0; i < keyCount; i++) {
    const key = await cursor.take(await cursor.count('bytes of a key', MAX_NAME_BYTES));
    const name = latin1(key);
    if (name === '') {
      throw new GgufError('gguf-malformed', { what: 'empty key' });
    }
    if (seen.has(name)) {
      throw new GgufError('gguf-duplicate-key', { key: utf8(key) });
    }
    seen.add(name);
    if (await condenseValue(cursor, values, key)) {
      kept++;
    }
  }

  const tensors = new Keeper(cursor);
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    await copyTensor(cursor, tensors, names);
  }

  const start = new Keeper(cursor);
  start.add(asciiBytes(MAGIC));
  start.u32(version);
  start.count(tensorCount);
  start.count(kept);
  return { bytes: concatBytes([...start.pieces(), ...values.pieces(), ...tensors.pieces()]), version };
}

/** Magic and version. A big-endian file shows its version in the upper bytes (llama.cpp PR 3957's convention). */
async function readPreamble(cursor: Cursor): Promise<number> {
  let magic: Uint8Array;
  try {
    magic = await cursor.take(4);
  } catch (error) {
    // Fewer than four bytes are not a cut GGUF file but no GGUF file at all.
    if (error instanceof GgufError && error.code === 'gguf-truncated') {
      throw new GgufError('gguf-not-gguf');
    }
    throw error;
  }
  if (latin1(magic) !== MAGIC) {
    throw new GgufError('gguf-not-gguf');
  }
  const raw = await cursor.u32();
  cursor.littleEndian = (raw & 0xffff) !== 0;
  const version = cursor.littleEndian ? raw : swapped(raw);
  if (version < 1 || version > 3) {
    throw new GgufError('gguf-version-unsupported', { version });
  }
  cursor.wideCounts = version > 1;
  return version;
}

/** The four bytes of a number the other way round. */
function swapped(raw: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, raw, true);
  return view.getUint32(0, false);
}

/** Copies one value, or drops it: a long text entirely, a long array but for its length. True when something was kept. */
async function condenseValue(cursor: Cursor, out: Keeper, key: Uint8Array): Promise<boolean> {
  const type = await cursor.u32();
  if (type === TYPE_ARRAY) {
    await condenseArray(cursor, out, key);
    return true;
  }
  if (type === TYPE_STRING) {
    const length = await cursor.count('bytes of a text', MAX_HEADER_BYTES);
    if (length > MAX_TEXT_BYTES) {
      await cursor.skip(length);
      return false;
    }
    const text = await cursor.take(length);
    out.text(key);
    out.u32(type);
    out.text(text);
    return true;
  }
  const bytes = SCALAR_BYTES[type];
  if (bytes === undefined) {
    throw unknownValueType(key, type);
  }
  out.text(key);
  out.u32(type);
  out.add(await cursor.take(bytes));
  return true;
}

async function condenseArray(cursor: Cursor, out: Keeper, key: Uint8Array): Promise<void> {
  const elementType = await cursor.u32();
  const length = await cursor.count('array elements', MAX_HEADER_BYTES);
  const elementBytes = SCALAR_BYTES[elementType];
  if (elementType !== TYPE_STRING && elementBytes === undefined) {
    throw unknownValueType(key, elementType);
  }
  const vocabulary = latin1(key).startsWith('tokenizer.');

  if (elementBytes !== undefined && !vocabulary && length <= MAX_ARRAY_ELEMENTS) {
    const data = await cursor.take(length * elementBytes);
    out.text(key);
    out.u32(TYPE_ARRAY);
    out.u32(elementType);
    out.count(length);
    out.add(data);
    return;
  }
  if (elementBytes === undefined && !vocabulary && length <= MAX_TEXT_ARRAY_ELEMENTS) {
    out.text(key);
    out.u32(TYPE_ARRAY);
    out.u32(elementType);
    out.count(length);
    for (let i = 0; i < length; i++) {
      out.text(await cursor.take(await cursor.count('bytes of a text', MAX_KEPT_BYTES)));
    }
    return;
  }
  if (elementBytes === undefined) {
    await cursor.skipStrings(length);
  } else {
    await cursor.skip(length * elementBytes);
  }
  out.text(concatBytes([key, asciiBytes('.length')]));
  out.u32(TYPE_U64);
  out.u64(length);
}

function unknownValueType(key: Uint8Array, type: number): GgufError {
  return new GgufError('gguf-malformed', { what: 'value type', key: utf8(key), type });
}

async function copyTensor(cursor: Cursor, out: Keeper, names: Set<string>): Promise<void> {
  const name = await cursor.take(await cursor.count('bytes of a tensor name', MAX_NAME_BYTES));
  const text = utf8(name);
  if (text === '') {
    throw new GgufError('gguf-malformed', { what: 'empty tensor name' });
  }
  if (names.has(text)) {
    throw new GgufError('gguf-duplicate-key', { key: text });
  }
  names.add(text);
  const dimensions = await cursor.u32();
  if (dimensions > MAX_DIMENSIONS) {
    throw new GgufError('gguf-limit-exceeded', { what: 'dimensions of a tensor', limit: MAX_DIMENSIONS });
  }
  out.text(name);
  out.u32(dimensions);
  let elements = 1;
  for (let d = 0; d < dimensions; d++) {
    const extent = await cursor.count('extent of a tensor', 2 ** 32);
    elements *= extent;
    out.count(extent);
  }
  if (elements > MAX_ELEMENTS || elements < 1) {
    throw new GgufError('gguf-malformed', { what: 'tensor extent', tensor: text });
  }
  // Type (u32) and offset (u64 in every version) as they are.
  out.add(await cursor.take(12));
}

type Parsed = Awaited<ReturnType<typeof gguf>>;

/** Hands the condensed bytes to the library through its `fetch` parameter: nothing goes to a network. */
async function decode(bytes: Uint8Array<ArrayBuffer>): Promise<Parsed> {
  const serve = async (_url: unknown, init?: { headers?: unknown }): Promise<Response> => {
    const range = new Headers(init?.headers as Record<string, string>).get('range') ?? '';
    const [, from = '0', to = '0'] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    return new Response(bytes.slice(Number(from), Number(to) + 1));
  };
  try {
    return await gguf('http://header.invalid/model.gguf', { fetch: serve as typeof fetch });
  } catch (error) {
    throw new GgufError('gguf-malformed', { what: error instanceof Error ? error.message : 'header' });
  }
}

function plainMetadata(values: Record<string, unknown>): Record<string, MetadataValue> {
  const plain: Record<string, MetadataValue> = Object.create(null);
  for (const [key, value] of Object.entries(values)) {
    // The library's own additions; no GGUF key is without a dot.
    if (key === 'version' || key === 'tensor_count' || key === 'kv_count') {
      continue;
    }
    plain[key] = Array.isArray(value) ? value.map((v) => plainScalar(key, v)) : plainScalar(key, value);
  }
  return { ...plain };
}

function plainScalar(key: string, value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value;
  }
  if (typeof value === 'bigint') {
    return Number(value);
  }
  throw new GgufError('gguf-malformed', { what: 'value', key });
}

function tensorInfo(info: Parsed['tensorInfos'][number]): TensorInfo {
  const id = Number(info.dtype);
  // Ollama's first gpt-oss files have MXFP4 under the withdrawn id 4 (fs/ggml/type.go, v0.11.0).
  const type = id === 4 ? 'MXFP4' : ggmlTypeName(id);
  if (type === undefined) {
    throw new GgufError('gguf-tensor-type-unknown', { tensor: info.name, type: id });
  }
  const shape = info.shape.map(Number);
  return { name: info.name, shape: shape.length === 0 ? [1] : shape, type };
}
