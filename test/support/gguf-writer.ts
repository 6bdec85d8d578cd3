import { ggmlType, tensorBytes } from '../../src/estimator/model/ggml-types.ts';

/** Writes `.gguf` files for tests, right or wrong on purpose. The layout follows ggml's docs/gguf.md. */
const IDS = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;

export type ScalarType = Exclude<keyof typeof IDS, 'array'>;
export type WriterValue =
  | { readonly type: ScalarType; readonly value: number | bigint | string | boolean }
  | {
      readonly type: 'array';
      readonly of: ScalarType;
      readonly value: readonly (number | bigint | string | boolean)[];
    };
export interface WriterTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** A ggml name, or a raw id. */
  readonly type: string | number;
}

export interface WriterOptions {
  readonly version?: 1 | 2 | 3;
  readonly littleEndian?: boolean;
  readonly metadata?: readonly (readonly [string, WriterValue])[];
  readonly tensors?: readonly WriterTensor[];
  readonly alignment?: number;
  /** Whether the tensors' data (zeros) follows. */
  readonly data?: boolean;
  /** Counts that the header claims, when they are to be lies. */
  readonly claimTensors?: bigint;
  readonly claimKeys?: bigint;
  readonly magic?: string;
}

/** The file, and the places where one of its values ends: the interesting places to cut it. */
export interface WrittenGguf {
  readonly bytes: Buffer;
  readonly headerBytes: number;
  readonly boundaries: readonly number[];
}

export function writeGguf(options: WriterOptions = {}): WrittenGguf {
  const { version = 3, littleEndian = true, metadata = [], tensors = [], alignment = 32, data = false } = options;
  const pieces: Buffer[] = [];
  const boundaries: number[] = [];
  let size = 0;
  const put = (piece: Buffer): void => {
    pieces.push(piece);
    size += piece.length;
    boundaries.push(size);
  };
  const scalar = (type: ScalarType, value: number | bigint | string | boolean): Buffer =>
    encodeScalar(type, value, littleEndian, version);
  const count = (value: number | bigint): Buffer => scalar(version === 1 ? 'u32' : 'u64', BigInt(value));
  const text = (value: string): void => {
    put(count(Buffer.byteLength(value)));
    put(Buffer.from(value));
  };

  put(Buffer.from(options.magic ?? 'GGUF', 'latin1'));
  put(scalar('u32', version));
  put(count(options.claimTensors ?? tensors.length));
  put(count(options.claimKeys ?? metadata.length));
  for (const [key, entry] of metadata) {
    text(key);
    put(scalar('u32', IDS[entry.type]));
    if (entry.type === 'array') {
      put(scalar('u32', IDS[entry.of]));
      put(count(entry.value.length));
      put(Buffer.concat(entry.value.map((value) => scalar(entry.of, value))));
    } else {
      put(scalar(entry.type, entry.value));
    }
  }
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    text(name);
    put(scalar('u32', shape.length));
    for (const extent of shape) {
      put(count(extent));
    }
    put(scalar('u32', typeof type === 'number' ? type : ggmlType(type)!.id));
    put(scalar('u64', offset));
    if (typeof type === 'string') {
      offset = pad(offset + tensorBytes(type, shape), alignment);
    }
  }
  const headerBytes = size;
  if (data) {
    put(Buffer.alloc(pad(size, alignment) - size));
    put(Buffer.alloc(offset));
  }
  return { bytes: Buffer.concat(pieces), headerBytes, boundaries };
}

function pad(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function encodeScalar(
  type: ScalarType,
  value: number | bigint | string | boolean,
  littleEndian: boolean,
  version: number,
): Buffer {
  if (type === 'string') {
    const bytes = Buffer.from(String(value));
    return Buffer.concat([encodeScalar(version === 1 ? 'u32' : 'u64', bytes.length, littleEndian, version), bytes]);
  }
  const view = new DataView(new ArrayBuffer(8));
  switch (type) {
    case 'u8':
    case 'i8':
    case 'bool':
      view.setInt8(0, Number(value));
      return Buffer.from(view.buffer, 0, 1);
    case 'u16':
    case 'i16':
      view.setInt16(0, Number(value), littleEndian);
      return Buffer.from(view.buffer, 0, 2);
    case 'u32':
    case 'i32':
      view.setInt32(0, Number(value), littleEndian);
      return Buffer.from(view.buffer, 0, 4);
    case 'f32':
      view.setFloat32(0, Number(value), littleEndian);
      return Buffer.from(view.buffer, 0, 4);
    case 'u64':
    case 'i64':
      view.setBigInt64(0, BigInt(value), littleEndian);
      return Buffer.from(view.buffer, 0, 8);
    case 'f64':
      view.setFloat64(0, Number(value), littleEndian);
      return Buffer.from(view.buffer, 0, 8);
  }
}

/** A small language model's header: `blocks` layers, a vocabulary of `tokens`, per-layer arrays. */
export function tinyModel(
  options: {
    blocks?: number;
    tokens?: number;
    extra?: WriterOptions['metadata'];
    extraTensors?: readonly WriterTensor[];
  } = {},
): Required<Pick<WriterOptions, 'metadata' | 'tensors'>> {
  const { blocks = 2, tokens = 100, extra = [], extraTensors = [] } = options;
  const u32 = (value: number): WriterValue => ({ type: 'u32', value });
  return {
    metadata: [
      ['general.architecture', { type: 'string', value: 'llama' }],
      ['general.name', { type: 'string', value: 'Tiny' }],
      ['llama.block_count', u32(blocks)],
      ['llama.context_length', u32(4096)],
      ['llama.embedding_length', u32(64)],
      ['llama.feed_forward_length', u32(128)],
      ['llama.attention.head_count', u32(4)],
      [
        'llama.attention.head_count_kv',
        { type: 'array', of: 'i32', value: Array.from({ length: blocks }, (_, i) => i + 1) },
      ],
      ['llama.rope.freq_base', { type: 'f32', value: 500000 }],
      [
        'tokenizer.ggml.tokens',
        { type: 'array', of: 'string', value: Array.from({ length: tokens }, (_, i) => `tok${i}`) },
      ],
      ['tokenizer.ggml.scores', { type: 'array', of: 'f32', value: Array.from({ length: tokens }, () => 0) }],
      ['tokenizer.ggml.eos_token_id', u32(2)],
      ['tokenizer.chat_template', { type: 'string', value: 'x'.repeat(5000) }],
      ...extra,
    ],
    tensors: [
      { name: 'token_embd.weight', shape: [64, tokens], type: 'F16' },
      ...Array.from({ length: blocks }, (_, i) => [
        { name: `blk.${i}.attn_q.weight`, shape: [64, 64], type: 'Q8_0' },
        { name: `blk.${i}.ffn_up.weight`, shape: [64, 128], type: 'Q4_0' },
      ]).flat(),
      { name: 'output_norm.weight', shape: [64], type: 'F32' },
      ...extraTensors,
    ],
  };
}
