/**
 * Model files that llama.cpp loads and that hold nothing: a GGUF header of a model spec, and behind it a hole as long as
 * its weights would be.
 */

import { open } from 'node:fs/promises';
import { ggmlType, tensorBytes } from '../../src/estimator/model/ggml-types.ts';
import type { MetadataValue, ModelSpec } from '../../src/estimator/types.ts';

/** GGUF's numbers of value types (gguf.h). */
const U32 = 4;
const I32 = 5;
const F32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
const VERSION = 3;
const ALIGNMENT = 32;

/** Keys whose values are real numbers, though a spec may write them without a fraction. */
const REAL =
  /(?:epsilon|freq_base(?:_swa)?|freq_scale|\.factor|_scale|value_scale|softcapping|max_alibi_bias|clamp_kqv|log_multiplier|attn_factor|yarn_\w+|swiglu_clamp_\w+|xielu\.\w+|residual_scale|norm_eps)$/;

class Writer {
  readonly #pieces: Buffer[] = [];
  size = 0;

  bytes(piece: Buffer): void {
    this.#pieces.push(piece);
    this.size += piece.length;
  }

  u32(value: number): void {
    const piece = Buffer.alloc(4);
    piece.writeUInt32LE(value);
    this.bytes(piece);
  }

  u64(value: number): void {
    const piece = Buffer.alloc(8);
    piece.writeBigUInt64LE(BigInt(value));
    this.bytes(piece);
  }

  text(value: string): void {
    const piece = Buffer.from(value);
    this.u64(piece.length);
    this.bytes(piece);
  }

  scalar(type: number, value: string | number | boolean): void {
    const piece = Buffer.alloc(type === BOOL ? 1 : 4);
    if (type === STRING) {
      this.text(String(value));
      return;
    }
    if (type === BOOL) {
      piece.writeUInt8(value === true ? 1 : 0);
    } else if (type === F32) {
      piece.writeFloatLE(Number(value));
    } else if (type === I32) {
      piece.writeInt32LE(Number(value));
    } else {
      piece.writeUInt32LE(Number(value));
    }
    this.bytes(piece);
  }

  whole(): Buffer {
    return Buffer.concat(this.#pieces);
  }
}

function scalarType(key: string, value: string | number | boolean): number {
  if (typeof value === 'string') {
    return STRING;
  }
  if (typeof value === 'boolean') {
    return BOOL;
  }
  if (!Number.isInteger(value) || REAL.test(key)) {
    return F32;
  }
  return value < 0 ? I32 : U32;
}

function elementType(key: string, values: readonly (string | number | boolean)[]): number {
  const types = values.map((value) => scalarType(key, value));
  if (types.includes(STRING)) {
    return STRING;
  }
  return types.includes(F32) ? F32 : types[0] === BOOL ? BOOL : I32;
}

function writeValue(out: Writer, key: string, value: Exclude<MetadataValue, null>): void {
  out.text(key);
  if (typeof value !== 'object') {
    const type = scalarType(key, value);
    out.u32(type);
    out.scalar(type, value);
    return;
  }
  const type = elementType(key, value);
  out.u32(ARRAY);
  out.u32(type);
  out.u64(value.length);
  for (const one of value) {
    out.scalar(type, one);
  }
}

/** The vocabulary of a spec: its tokens' number, or the rows of its embedding. */
function vocabulary(spec: ModelSpec): number {
  const embedding = spec.tensors.find(({ name }) => name === 'token_embd.weight');
  const stated = spec.metadata['tokenizer.ggml.tokens.length'];
  return embedding?.shape[1] ?? (typeof stated === 'number' ? stated : 32_000);
}

/** Metadata with a tokenizer that has no words, only their number. */
function metadataOf(spec: ModelSpec): readonly (readonly [string, Exclude<MetadataValue, null>])[] {
  const kept = Object.entries(spec.metadata).filter(
    ([key, value]) =>
      value !== null &&
      !key.endsWith('.length.length') &&
      (!key.startsWith('tokenizer.') || key === 'tokenizer.ggml.token_type_count'),
  ) as [string, Exclude<MetadataValue, null>][];
  const own = new Map(kept);
  own.set('general.architecture', spec.architecture);
  own.set('tokenizer.ggml.model', 'no_vocab');
  own.set(`${spec.architecture}.vocab_size`, vocabulary(spec));
  return [...own];
}

/** Writes the file; returns the length it claims, bytes. The disk holds its header alone. */
export async function writeSparseGguf(spec: ModelSpec, path: string): Promise<number> {
  const metadata = metadataOf(spec);
  const out = new Writer();
  out.bytes(Buffer.from('GGUF'));
  out.u32(VERSION);
  out.u64(spec.tensors.length);
  out.u64(metadata.length);
  for (const [key, value] of metadata) {
    writeValue(out, key, value);
  }
  let offset = 0;
  for (const { name, shape, type } of spec.tensors) {
    out.text(name);
    out.u32(shape.length);
    for (const size of shape) {
      out.u64(size);
    }
    out.u32(ggmlType(type)!.id);
    out.u64(offset);
    const bytes = tensorBytes(type, shape);
    offset += bytes + ((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT);
  }
  out.bytes(Buffer.alloc((ALIGNMENT - (out.size % ALIGNMENT)) % ALIGNMENT));
  const file = await open(path, 'w');
  try {
    await file.write(out.whole());
    await file.truncate(out.size + offset);
  } finally {
    await file.close();
  }
  return out.size + offset;
}
