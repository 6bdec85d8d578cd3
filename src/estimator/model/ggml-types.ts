import { EstimateError } from '../types.ts';

/** One ggml tensor type: elements per block and bytes per block. */
export interface GgmlType {
  /** ggml's numeric id, as it stands in a GGUF tensor table. */
  readonly id: number;
  /** Elements per block. */
  readonly blockSize: number;
  /** Bytes per block. */
  readonly typeSize: number;
}

/**
 * ggml's tensor types by name (upper case as GGUF tools print them).
 * Source: `type_traits` in llama.cpp ggml/src/ggml.c and the block structs in ggml-common.h.
 * Ids that ggml has withdrawn (4, 5, 31-33, 36-38) are left out.
 */
export const GGML_TYPES: Readonly<Record<string, GgmlType>> = {
  F32: { id: 0, blockSize: 1, typeSize: 4 },
  F16: { id: 1, blockSize: 1, typeSize: 2 },
  Q4_0: { id: 2, blockSize: 32, typeSize: 18 },
  Q4_1: { id: 3, blockSize: 32, typeSize: 20 },
  Q5_0: { id: 6, blockSize: 32, typeSize: 22 },
  Q5_1: { id: 7, blockSize: 32, typeSize: 24 },
  Q8_0: { id: 8, blockSize: 32, typeSize: 34 },
  Q8_1: { id: 9, blockSize: 32, typeSize: 36 },
  Q2_K: { id: 10, blockSize: 256, typeSize: 84 },
  Q3_K: { id: 11, blockSize: 256, typeSize: 110 },
  Q4_K: { id: 12, blockSize: 256, typeSize: 144 },
  Q5_K: { id: 13, blockSize: 256, typeSize: 176 },
  Q6_K: { id: 14, blockSize: 256, typeSize: 210 },
  Q8_K: { id: 15, blockSize: 256, typeSize: 292 },
  IQ2_XXS: { id: 16, blockSize: 256, typeSize: 66 },
  IQ2_XS: { id: 17, blockSize: 256, typeSize: 74 },
  IQ3_XXS: { id: 18, blockSize: 256, typeSize: 98 },
  IQ1_S: { id: 19, blockSize: 256, typeSize: 50 },
  IQ4_NL: { id: 20, blockSize: 32, typeSize: 18 },
  IQ3_S: { id: 21, blockSize: 256, typeSize: 110 },
  IQ2_S: { id: 22, blockSize: 256, typeSize: 82 },
  IQ4_XS: { id: 23, blockSize: 256, typeSize: 136 },
  I8: { id: 24, blockSize: 1, typeSize: 1 },
  I16: { id: 25, blockSize: 1, typeSize: 2 },
  I32: { id: 26, blockSize: 1, typeSize: 4 },
  I64: { id: 27, blockSize: 1, typeSize: 8 },
  F64: { id: 28, blockSize: 1, typeSize: 8 },
  IQ1_M: { id: 29, blockSize: 256, typeSize: 56 },
  BF16: { id: 30, blockSize: 1, typeSize: 2 },
  TQ1_0: { id: 34, blockSize: 256, typeSize: 54 },
  TQ2_0: { id: 35, blockSize: 256, typeSize: 66 },
  MXFP4: { id: 39, blockSize: 32, typeSize: 17 },
  NVFP4: { id: 40, blockSize: 64, typeSize: 36 },
  Q1_0: { id: 41, blockSize: 128, typeSize: 18 },
  Q2_0: { id: 42, blockSize: 64, typeSize: 18 },
};

const NAMES_BY_ID: ReadonlyMap<number, string> = new Map(
  Object.entries(GGML_TYPES).map(([name, type]) => [type.id, name] as const),
);

/** Name of a ggml type id, or undefined when the id is not known. */
export function ggmlTypeName(id: number): string | undefined {
  return NAMES_BY_ID.get(id);
}

/** Looks a type up by name, case-insensitively; undefined when it is not known. */
export function ggmlType(name: string): GgmlType | undefined {
  return Object.hasOwn(GGML_TYPES, name) ? GGML_TYPES[name] : lookUpper(name.toUpperCase());
}

function lookUpper(name: string): GgmlType | undefined {
  return Object.hasOwn(GGML_TYPES, name) ? GGML_TYPES[name] : undefined;
}

/** Number of elements of a shape (1 for an empty one). */
export function elementCount(shape: readonly number[]): number {
  let elements = 1;
  for (const n of shape) {
    elements *= n;
  }
  return elements;
}

/**
 * Bytes of one row of `rowElements` elements: ggml_row_size, `typeSize · n / blockSize`.
 * @throws EstimateError `unknown-tensor-type`
 */
export function rowBytes(type: string, rowElements: number): number {
  const t = ggmlType(type);
  if (t === undefined) {
    throw new EstimateError('unknown-tensor-type', { type });
  }
  return Math.floor((rowElements * t.typeSize) / t.blockSize);
}

/**
 * Bytes of a tensor as ggml_nbytes counts a contiguous one (no alignment padding).
 * @throws EstimateError `unknown-tensor-type`
 */
export function tensorBytes(type: string, shape: readonly number[]): number {
  const t = ggmlType(type);
  if (t === undefined) {
    throw new EstimateError('unknown-tensor-type', { type });
  }
  return Math.floor((elementCount(shape) / t.blockSize) * t.typeSize);
}
