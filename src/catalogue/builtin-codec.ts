import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { MIB } from '../base/bytes.ts';
import type { MetadataValue, ProjectorSpec, TensorInfo } from '../estimator/types.ts';

/**
 * The file of the built-in list: magic, length of the index (u32, little-endian), the index, then one part per model. Index
 * and parts are brotli-compressed JSON, so that a look-up inflates the index once and then the one model that is asked for.
 */
const MAGIC = 'HRLIST01';
const PREAMBLE_BYTES = MAGIC.length + 4;
/** Bound of one inflated part; the largest real one has 63 KB. */
const MAX_PART_BYTES = 8 * MIB;

/** A model of the list as it is stored: one tensor a row, `[name, type, ...shape]`. */
export interface ListedModel {
  readonly name: string;
  readonly architecture: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly TensorInfo[];
  /** The vision tower, where its figures are known from the configuration. */
  readonly projector?: ProjectorSpec;
}

interface StoredModel {
  readonly architecture: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly (readonly [string, string, ...number[]])[];
  readonly projector?: ProjectorSpec | undefined;
}

/** Where each model's part stands behind the index: `[name, offset, length]`, bytes. */
export type ListIndex = readonly (readonly [string, number, number])[];

/** Packs models into the list's file. The same models in the same order give the same bytes. */
export function encodeList(models: readonly ListedModel[]): Uint8Array {
  const parts = models.map(({ architecture, metadata, tensors, projector }) => {
    const rows = tensors.map((t): [string, string, ...number[]] => [t.name, t.type, ...t.shape]);
    return compress({ architecture, metadata, tensors: rows, projector } satisfies StoredModel);
  });
  const index: [string, number, number][] = [];
  let offset = 0;
  parts.forEach((part, i) => {
    index.push([models[i]!.name, offset, part.length]);
    offset += part.length;
  });
  const packedIndex = compress(index);
  const preamble = Buffer.alloc(PREAMBLE_BYTES);
  preamble.write(MAGIC, 'latin1');
  preamble.writeUInt32LE(packedIndex.length, MAGIC.length);
  return Buffer.concat([preamble, packedIndex, ...parts]);
}

function compress(value: unknown): Buffer {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8');
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

/** Reads the index of a list file. @throws Error when the file is damaged: it ships with the program */
export function decodeIndex(file: Buffer): { readonly index: ListIndex; readonly partsOffset: number } {
  if (file.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new Error('the built-in model list is damaged');
  }
  const partsOffset = PREAMBLE_BYTES + file.readUInt32LE(MAGIC.length);
  return { index: inflate(file.subarray(PREAMBLE_BYTES, partsOffset)) as ListIndex, partsOffset };
}

/** Reads one model's part. */
export function decodeModel(name: string, part: Buffer): ListedModel {
  const { architecture, metadata, tensors, projector } = inflate(part) as StoredModel;
  return {
    name,
    architecture,
    metadata,
    tensors: tensors.map(([tensorName, type, ...shape]) => ({ name: tensorName, shape, type })),
    ...(projector === undefined ? {} : { projector }),
  };
}

function inflate(part: Buffer): unknown {
  return JSON.parse(brotliDecompressSync(part, { maxOutputLength: MAX_PART_BYTES }).toString('utf8'));
}
