import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GGML_TYPES } from '../../src/estimator/model/ggml-types.ts';
import { type ByteSource, bufferSource } from '../../src/gguf/byte-source.ts';
import { GgufError } from '../../src/gguf/errors.ts';
import { type GgufHeader, readHeader } from '../../src/gguf/header.ts';
import { tinyModel, type WriterOptions, type WriterValue, writeGguf } from '../support/gguf-writer.ts';

function read(bytes: Uint8Array): Promise<GgufHeader> {
  return readHeader(bufferSource(bytes));
}

async function codeOf(bytes: Uint8Array): Promise<string> {
  try {
    await read(bytes);
    return 'accepted';
  } catch (error) {
    if (error instanceof GgufError) {
      return error.code;
    }
    throw error;
  }
}

/** The same bytes in chunks of odd sizes, as a network gives them. */
function chopped(bytes: Uint8Array, sizes: readonly number[]): ByteSource {
  let at = 0;
  let i = 0;
  return {
    totalBytes: bytes.length,
    async next() {
      if (at >= bytes.length) {
        return null;
      }
      const piece = bytes.subarray(at, at + sizes[i++ % sizes.length]!);
      at += piece.length;
      return piece;
    },
    async close() {},
  };
}

describe('readHeader', () => {
  it('reads metadata and tensors, keeps per-layer arrays, reduces vocabularies to their lengths, drops long texts', async () => {
    const { bytes, headerBytes } = writeGguf(tinyModel());
    const header = await read(bytes);
    expect(header).toMatchObject({ version: 3, littleEndian: true });
    expect(header.metadata).toEqual({
      'general.architecture': 'llama',
      'general.name': 'Tiny',
      'llama.block_count': 2,
      'llama.context_length': 4096,
      'llama.embedding_length': 64,
      'llama.feed_forward_length': 128,
      'llama.attention.head_count': 4,
      'llama.attention.head_count_kv': [1, 2],
      'llama.rope.freq_base': 500000,
      'tokenizer.ggml.tokens.length': 100,
      'tokenizer.ggml.scores.length': 100,
      'tokenizer.ggml.eos_token_id': 2,
    });
    expect(header.tensors).toEqual(tinyModel().tensors);
    expect(header.dataOffset).toBe(Math.ceil(headerBytes / 32) * 32);
  });

  it.each([
    { version: 1, littleEndian: true },
    { version: 2, littleEndian: true },
    { version: 3, littleEndian: false },
    { version: 2, littleEndian: false },
  ] as const)('reads version $version, little-endian: $littleEndian, alike', async (options) => {
    const expected = await read(writeGguf(tinyModel()).bytes);
    const header = await read(writeGguf({ ...tinyModel(), ...options }).bytes);
    expect(header).toEqual({ ...expected, ...options, dataOffset: header.dataOffset });
  });

  it('keeps every scalar type and short arrays of each', async () => {
    const metadata: [string, WriterValue][] = [
      ['a.u8', { type: 'u8', value: 200 }],
      ['a.i8', { type: 'i8', value: -3 }],
      ['a.u16', { type: 'u16', value: 60000 }],
      ['a.i16', { type: 'i16', value: -300 }],
      ['a.u32', { type: 'u32', value: 4000000000 }],
      ['a.i32', { type: 'i32', value: -5 }],
      ['a.f32', { type: 'f32', value: 0.5 }],
      ['a.bool', { type: 'bool', value: true }],
      ['a.string', { type: 'string', value: 'münchen 你好' }],
      ['a.u64', { type: 'u64', value: 2n ** 40n }],
      ['a.i64', { type: 'i64', value: -7n }],
      ['a.f64', { type: 'f64', value: 1e-6 }],
      ['a.bools', { type: 'array', of: 'bool', value: [true, false, true] }],
      ['a.strings', { type: 'array', of: 'string', value: ['x', ''] }],
      ['a.empty', { type: 'array', of: 'u32', value: [] }],
      ['a.i64s', { type: 'array', of: 'i64', value: [-1n, 5n] }],
    ];
    const header = await read(writeGguf({ metadata }).bytes);
    expect(header.metadata).toEqual({
      'a.u8': 200,
      'a.i8': -3,
      'a.u16': 60000,
      'a.i16': -300,
      'a.u32': 4000000000,
      'a.i32': -5,
      'a.f32': 0.5,
      'a.bool': true,
      'a.string': 'münchen 你好',
      'a.u64': 2 ** 40,
      'a.i64': -7,
      'a.f64': 1e-6,
      'a.bools': [true, false, true],
      'a.strings': ['x', ''],
      'a.empty': [],
      'a.i64s': [-1, 5],
    });
  });

  it('knows every tensor type, and MXFP4 under its first number', async () => {
    const names = Object.keys(GGML_TYPES);
    const tensors = names.map((type, i) => ({ name: `t${i}`, shape: [256], type }));
    const header = await read(writeGguf({ tensors: [...tensors, { name: 'old', shape: [32], type: 4 }] }).bytes);
    expect(header.tensors.map(({ type }) => type)).toEqual([...names, 'MXFP4']);
  });

  it('is cut at every place without an exception of another kind, and is only accepted whole', async () => {
    const { bytes, boundaries } = writeGguf(tinyModel({ tokens: 5 }));
    const cuts = new Set(boundaries.flatMap((b) => [b - 1, b, b + 1]));
    for (let cut = 0; cut < bytes.length; cut += 97) {
      cuts.add(cut);
    }
    for (const cut of cuts) {
      if (cut < 0 || cut >= bytes.length) {
        continue;
      }
      expect(await codeOf(bytes.subarray(0, cut)), `cut at ${cut}`).toBe(cut < 4 ? 'gguf-not-gguf' : 'gguf-truncated');
    }
    expect(await codeOf(bytes)).toBe('accepted');
  });

  it.each<[string, WriterOptions, string]>([
    ['another magic', { magic: 'GGML' }, 'gguf-not-gguf'],
    ['text', { magic: '{"a"' }, 'gguf-not-gguf'],
    ['a version to come', { version: 4 as never }, 'gguf-version-unsupported'],
    ['2^63 tensors', { claimTensors: 2n ** 63n }, 'gguf-limit-exceeded'],
    ['2^64-1 keys', { claimKeys: 2n ** 64n - 1n }, 'gguf-limit-exceeded'],
    ['as many tensors as the limit allows, and none there', { claimTensors: 100_000n }, 'gguf-truncated'],
    ['five dimensions', { tensors: [{ name: 't', shape: [1, 1, 1, 1, 1], type: 'F32' }] }, 'gguf-limit-exceeded'],
    ['an extent of 2^33', { tensors: [{ name: 't', shape: [2 ** 33], type: 'F32' }] }, 'gguf-limit-exceeded'],
    ['2^60 elements', { tensors: [{ name: 't', shape: [2 ** 30, 2 ** 30], type: 'F32' }] }, 'gguf-malformed'],
    ['an extent of 0', { tensors: [{ name: 't', shape: [0], type: 'F32' }] }, 'gguf-malformed'],
    ['a tensor type to come', { tensors: [{ name: 't', shape: [1], type: 99 }] }, 'gguf-tensor-type-unknown'],
    ['a nameless tensor', { tensors: [{ name: '', shape: [1], type: 'F32' }] }, 'gguf-malformed'],
    ['a nameless key', { metadata: [['', { type: 'u8', value: 1 }]] }, 'gguf-malformed'],
    ['a key of 2000 characters', { metadata: [['k'.repeat(2000), { type: 'u8', value: 1 }]] }, 'gguf-limit-exceeded'],
    ['one tensor twice', { tensors: [1, 2].map(() => ({ name: 't', shape: [1], type: 'F32' })) }, 'gguf-duplicate-key'],
    [
      'one key twice',
      {
        metadata: [
          ['a.b', { type: 'u8', value: 1 }],
          ['a.b', { type: 'u8', value: 2 }],
        ],
      },
      'gguf-duplicate-key',
    ],
    ['an alignment of 0', { metadata: [['general.alignment', { type: 'u32', value: 0 }]] }, 'gguf-malformed'],
    ['an alignment in words', { metadata: [['general.alignment', { type: 'string', value: 'no' }]] }, 'gguf-malformed'],
  ])('refuses %s', async (_what, options, code) => {
    expect(await codeOf(writeGguf(options).bytes)).toBe(code);
  });

  it('refuses an array or a text that claims to be endless, without making room for it', async () => {
    const { bytes } = writeGguf({ metadata: [['a.b', { type: 'array', of: 'u8', value: [1] }]] });
    const before = process.memoryUsage().arrayBuffers;
    bytes.writeBigUInt64LE(2n ** 40n, bytes.length - 9);
    expect(await codeOf(bytes)).toBe('gguf-limit-exceeded');
    bytes.writeBigUInt64LE(60_000_000n, bytes.length - 9);
    expect(await codeOf(bytes)).toBe('gguf-truncated');
    const text = writeGguf({ metadata: [['a.b', { type: 'string', value: 'x' }]] }).bytes;
    text.writeBigUInt64LE(2n ** 63n, text.length - 9);
    expect(await codeOf(text)).toBe('gguf-limit-exceeded');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('refuses nested arrays and unknown value types', async () => {
    const { bytes } = writeGguf({ metadata: [['a.b', { type: 'array', of: 'u8', value: [1] }]] });
    bytes.writeUInt32LE(9, bytes.length - 13);
    expect(await codeOf(bytes)).toBe('gguf-malformed');
    const scalar = writeGguf({ metadata: [['a.b', { type: 'u8', value: 1 }]] }).bytes;
    scalar.writeUInt32LE(77, scalar.length - 5);
    expect(await codeOf(scalar)).toBe('gguf-malformed');
  });

  it('stops at the limit when a source never ends', async () => {
    const start = writeGguf({ metadata: [['a.b', { type: 'string', value: 'x' }]] }).bytes;
    start.writeBigUInt64LE(3_000_000n, start.length - 9);
    let served = 0;
    const endless: ByteSource = {
      totalBytes: undefined,
      async next() {
        served += 65536;
        return served === 65536 ? start : new Uint8Array(65536);
      },
      async close() {},
    };
    await expect(readHeader(endless, 1_000_000)).rejects.toMatchObject({ code: 'gguf-limit-exceeded' });
    expect(served).toBeLessThan(2_000_000);
  });

  it('reads a header of 30 MB and keeps little of it', async () => {
    const tokens = Array.from({ length: 250_000 }, (_, i) => `${i}`.padStart(52, 'x'));
    const merges = tokens.map((t) => `${t.slice(0, 30)} ${t.slice(30)}`);
    const { bytes } = writeGguf({
      ...tinyModel({
        extra: [
          ['tokenizer.ggml.more', { type: 'array', of: 'string', value: tokens }],
          ['tokenizer.ggml.merges', { type: 'array', of: 'string', value: merges }],
        ],
      }),
    });
    expect(bytes.length).toBeGreaterThan(30_000_000);
    const header = await readHeader(chopped(bytes, [65_536]));
    expect(header.metadata['tokenizer.ggml.merges.length']).toBe(250_000);
    expect(header.tensors).toHaveLength(6);
    expect(JSON.stringify(header).length).toBeLessThan(5000);
  });

  it('does not read beyond the header', async () => {
    const { bytes, headerBytes } = writeGguf({ ...tinyModel(), data: true });
    let given = 0;
    const source = chopped(bytes, [100]);
    await readHeader({
      ...source,
      next: async () => {
        const c = await source.next();
        given += c?.length ?? 0;
        return c;
      },
    });
    expect(given).toBeLessThan(headerBytes + 100);
  });

  it('gives the same for any chunking', async () => {
    const { bytes } = writeGguf(tinyModel({ tokens: 20 }));
    const expected = await read(bytes);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        expect(await readHeader(chopped(bytes, sizes))).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('gives back what any writer writes', async () => {
    const key = fc.stringMatching(/^[a-z]{1,8}\.[a-z_.]{1,20}$/).filter((k) => !k.startsWith('general.alignment'));
    const value: fc.Arbitrary<WriterValue> = fc.oneof(
      fc.integer().map((v) => ({ type: 'i32', value: v }) as const),
      fc.boolean().map((v) => ({ type: 'bool', value: v }) as const),
      fc.string({ maxLength: 50 }).map((v) => ({ type: 'string', value: v }) as const),
      fc.array(fc.integer(), { maxLength: 100 }).map((v) => ({ type: 'array', of: 'i32', value: v }) as const),
    );
    const tensors = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 40 }),
        shape: fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 3 }),
        type: fc.constantFrom(...Object.keys(GGML_TYPES)),
      }),
      { selector: (t) => t.name, maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, value), tensors, async (entries, table) => {
        const metadata = Object.entries(entries).filter(([k]) => !k.startsWith('tokenizer.'));
        const header = await read(writeGguf({ metadata, tensors: table }).bytes);
        expect(header.metadata).toEqual(Object.fromEntries(metadata.map(([k, v]) => [k, v.value])));
        expect(header.tensors).toEqual(table);
      }),
      { numRuns: 100 },
    );
  });

  it('answers any damage with a typed error or a header, never with anything else', async () => {
    const { bytes } = writeGguf(tinyModel({ tokens: 8 }));
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(flips, async (edits) => {
        const damaged = Buffer.from(bytes);
        for (const [at, value] of edits) {
          damaged[at] = value;
        }
        expect(await codeOf(damaged)).toMatch(/^(accepted|gguf-)/);
      }),
      { numRuns: 500 },
    );
  });
});
