/**
 * ggml's tensor types and what a tensor weighs in a buffer.
 *
 * Source: ggml-common.h and ggml.c (type traits), ggml-cuda.cu (`get_alloc_size`), ggml-alloc.c (alignment), llama.cpp.
 */

import { EstimateError } from '../types.ts';

/** Small numbers for ggml's types: the planner keeps them in typed arrays. */
export const F32 = 0;
export const F16 = 1;
export const I32 = 2;
export const I64 = 3;

interface TypeTraits {
  readonly name: string;
  /** Elements per block. */
  readonly block: number;
  /** Bytes per block. */
  readonly bytes: number;
  readonly quantized: boolean;
}

const TRAITS: readonly TypeTraits[] = [
  { name: 'F32', block: 1, bytes: 4, quantized: false },
  { name: 'F16', block: 1, bytes: 2, quantized: false },
  { name: 'I32', block: 1, bytes: 4, quantized: false },
  { name: 'I64', block: 1, bytes: 8, quantized: false },
  { name: 'BF16', block: 1, bytes: 2, quantized: false },
  { name: 'F64', block: 1, bytes: 8, quantized: false },
  { name: 'I8', block: 1, bytes: 1, quantized: false },
  { name: 'I16', block: 1, bytes: 2, quantized: false },
  { name: 'Q4_0', block: 32, bytes: 18, quantized: true },
  { name: 'Q4_1', block: 32, bytes: 20, quantized: true },
  { name: 'Q5_0', block: 32, bytes: 22, quantized: true },
  { name: 'Q5_1', block: 32, bytes: 24, quantized: true },
  { name: 'Q8_0', block: 32, bytes: 34, quantized: true },
  { name: 'Q8_1', block: 32, bytes: 36, quantized: true },
  { name: 'Q2_K', block: 256, bytes: 84, quantized: true },
  { name: 'Q3_K', block: 256, bytes: 110, quantized: true },
  { name: 'Q4_K', block: 256, bytes: 144, quantized: true },
  { name: 'Q5_K', block: 256, bytes: 176, quantized: true },
  { name: 'Q6_K', block: 256, bytes: 210, quantized: true },
  { name: 'Q8_K', block: 256, bytes: 292, quantized: true },
  { name: 'IQ1_S', block: 256, bytes: 50, quantized: true },
  { name: 'IQ1_M', block: 256, bytes: 56, quantized: true },
  { name: 'IQ2_XXS', block: 256, bytes: 66, quantized: true },
  { name: 'IQ2_XS', block: 256, bytes: 74, quantized: true },
  { name: 'IQ2_S', block: 256, bytes: 82, quantized: true },
  { name: 'IQ3_XXS', block: 256, bytes: 98, quantized: true },
  { name: 'IQ3_S', block: 256, bytes: 110, quantized: true },
  { name: 'IQ4_NL', block: 32, bytes: 18, quantized: true },
  { name: 'IQ4_XS', block: 256, bytes: 136, quantized: true },
  { name: 'TQ1_0', block: 256, bytes: 54, quantized: true },
  { name: 'TQ2_0', block: 256, bytes: 66, quantized: true },
  { name: 'MXFP4', block: 32, bytes: 17, quantized: true },
  { name: 'NVFP4', block: 64, bytes: 36, quantized: true },
  { name: 'Q1_0', block: 128, bytes: 18, quantized: true },
  { name: 'Q2_0', block: 64, bytes: 18, quantized: true },
];

const ID_BY_NAME: ReadonlyMap<string, number> = new Map(TRAITS.map((traits, id) => [traits.name, id]));

/** Elements per block, by type number. */
export const BLOCK_ELEMENTS: Float64Array = Float64Array.from(TRAITS, (t) => t.block);
/** Bytes per block, by type number. */
export const BLOCK_BYTES: Float64Array = Float64Array.from(TRAITS, (t) => t.bytes);
/** Quantized types whose rows CUDA can pick. */
const PICKED: ReadonlySet<string> = new Set(['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0']);
/** 1 for the types whose rows CUDA can pick (`supports_op` of GET_ROWS), by type number. */
const CUDA_PICKS_ROWS: Uint8Array = Uint8Array.from(TRAITS, (t) => (!t.quantized || PICKED.has(t.name) ? 1 : 0));
/** Types with blocks of 256 whose rows no build of CUDA picks. */
const NEVER_PICKED: ReadonlySet<string> = new Set(['Q8_K', 'TQ1_0', 'TQ2_0']);
/** Types with blocks of 32 whose kernel goes through a row 256 elements at a time. */
const PICKED_BY_256: ReadonlySet<string> = new Set(['IQ4_NL', 'MXFP4']);
const LONG_BLOCK = 256;
const PICKS_LONG: Uint8Array = Uint8Array.from(TRAITS, ({ name, block }) =>
  PICKED_BY_256.has(name) ? 2 : block === LONG_BLOCK && !NEVER_PICKED.has(name) ? 1 : 0,
);

/** Whether CUDA can look up rows of a type; `longBlocks`: as builds do that know blocks of 256 (`picksLongBlocks`). */
export function cudaPicksRows(type: number, rowElements: number, longBlocks: boolean): boolean {
  if (CUDA_PICKS_ROWS[type] === 1) {
    return true;
  }
  const kind = PICKS_LONG[type];
  return longBlocks && (kind === 1 || (kind === 2 && rowElements % LONG_BLOCK === 0));
}

/** 1 for the quantized types, by type number. */
export const IS_QUANTIZED: Uint8Array = Uint8Array.from(TRAITS, (t) => (t.quantized ? 1 : 0));

/** The type's number. Ollama's and older names in any case are understood; throws `unknown-tensor-type`. */
export function typeId(name: string): number {
  const id = ID_BY_NAME.get(name) ?? ID_BY_NAME.get(name.toUpperCase());
  if (id === undefined) {
    throw new EstimateError('unknown-tensor-type', { type: name });
  }
  return id;
}

/** Bytes of one row of `elements` elements (`ggml_row_size`). */
export function rowBytes(type: number, elements: number): number {
  return (BLOCK_BYTES[type]! * elements) / BLOCK_ELEMENTS[type]!;
}

/** `value` rounded up to a multiple of `alignment`. */
export function pad(value: number, alignment: number): number {
  const rest = value % alignment;
  return rest === 0 ? value : value + alignment - rest;
}

/** Alignment of tensors in a CUDA buffer. */
export const CUDA_ALIGNMENT = 128;
/** Alignment of tensors in host buffers, plain or pinned. */
export const HOST_ALIGNMENT = 32;
/** CUDA pads the last row of a quantized tensor to a multiple of this many elements (MATRIX_ROW_PADDING). */
const CUDA_ROW_PADDING = 512;

/** What CUDA adds behind a quantized tensor whose rows are no multiple of 512 elements, bytes. */
export function cudaRowPaddingBytes(type: number, rowElements: number): number {
  if (IS_QUANTIZED[type] === 0) {
    return 0;
  }
  const rest = rowElements % CUDA_ROW_PADDING;
  return rest === 0 ? 0 : rowBytes(type, CUDA_ROW_PADDING - rest);
}

/** Bytes of a contiguous tensor, unpadded. */
export function contiguousBytes(type: number, shape: readonly number[]): number {
  let elements = 1;
  for (const n of shape) {
    elements *= n;
  }
  return rowBytes(type, elements);
}

/** Bytes a contiguous tensor takes in a CUDA buffer, padding and alignment included. */
export function cudaBufferBytes(type: number, shape: readonly number[]): number {
  return pad(contiguousBytes(type, shape) + cudaRowPaddingBytes(type, shape[0] ?? 1), CUDA_ALIGNMENT);
}

/** Bytes a contiguous tensor takes in a host buffer, alignment included. */
export function hostBufferBytes(type: number, shape: readonly number[]): number {
  return pad(contiguousBytes(type, shape), HOST_ALIGNMENT);
}
