/**
 * What a CUDA device runs, and what it adds to a tensor's size.
 *
 * Source: ggml-cuda.cu (`supports_op`, `offload_op`, `get_alloc_size`), fattn.cu (kernel choice); the F16 copy of a
 * quantized cache since llama.cpp PR 23907.
 */

import { BLOCK_BYTES, cudaPicksRows, cudaRowPaddingBytes, F16, F32, IS_QUANTIZED } from '../../model/tensors.ts';
import type { Graph, Tensor } from '../graph/graph.ts';
import { MAX_PARENTS, NO_TENSOR } from '../graph/graph.ts';
import { OP_FLASH_ATTN, OP_GET_ROWS, OP_MUL_MAT, OP_MUL_MAT_ID, OP_ROPE, OP_SSM_SCAN } from '../graph/ops.ts';

/** Rows from which an operation on host weights is worth moving to the GPU. */
const OFFLOAD_MIN_BATCH = 32;

/** Whether CUDA has a flash attention kernel for these head sizes; the ratio is query heads per K head. */
export function flashAttentionSupported(headK: number, headV: number, ratio: number): boolean {
  switch (headK) {
    case 40:
    case 64:
    case 72:
    case 80:
    case 96:
    case 112:
    case 128:
    case 256:
      return headV === headK;
    case 512:
      return headV === headK && ratio >= 2;
    case 192:
      return headV === 128 && ratio % 8 === 0;
    case 320:
      return headV === 256 && ratio % 32 === 0;
    case 576:
      return headV === 512 && ratio >= 2;
    default:
      return false;
  }
}

/** Whether CUDA can scan a state of these sizes: as Mamba 2 where the decay is one number per head, else as Mamba 1. */
export function scanSupported(
  decayRows: number,
  stateSize: number,
  headSize: number,
  heads: number,
  groups: number,
): boolean {
  return decayRows === 1
    ? (stateSize === 128 || stateSize === 256) && headSize % 16 === 0
    : stateSize === 16 && headSize === 1 && heads % 128 === 0 && groups === 1;
}

/** Whether a CUDA device can run the operation. */
export function cudaSupports(graph: Graph, t: Tensor): boolean {
  const op = graph.op[t]!;
  if (op === OP_FLASH_ATTN) {
    const at = t * MAX_PARENTS;
    const q = graph.parents[at]!;
    const k = graph.parents[at + 1]!;
    const v = graph.parents[at + 2]!;
    if (graph.type[k] !== graph.type[v]) {
      return false;
    }
    return flashAttentionSupported(graph.size(k, 0), graph.size(v, 0), graph.size(q, 2) / graph.size(k, 2));
  }
  if (op === OP_GET_ROWS) {
    const table = graph.parents[t * MAX_PARENTS]!;
    return cudaPicksRows(graph.type[table]!, graph.size(table, 0), graph.picksLongBlocks);
  }
  if (op === OP_SSM_SCAN) {
    const at = t * MAX_PARENTS;
    const state = graph.parents[at]!;
    const decay = graph.parents[at + 3]!;
    const bMatrix = graph.parents[at + 4]!;
    return scanSupported(
      graph.size(decay, 0),
      graph.size(state, 0),
      graph.size(state, 1),
      graph.size(state, 2),
      graph.size(bMatrix, 1),
    );
  }
  return true;
}

/** Whether an operation on host weights is moved to the GPU (`op_offload`). */
export function cudaOffloads(graph: Graph, t: Tensor): boolean {
  switch (graph.op[t]) {
    case OP_GET_ROWS:
      return false;
    case OP_MUL_MAT:
      return graph.size(t, 1) >= OFFLOAD_MIN_BATCH;
    case OP_MUL_MAT_ID:
    case OP_ROPE:
      return graph.size(t, 2) >= OFFLOAD_MIN_BATCH;
    default:
      return graph.size(t, 1) * graph.size(t, 2) * graph.size(t, 3) >= OFFLOAD_MIN_BATCH;
  }
}

/** Bytes of the tensor in a CUDA compute buffer before alignment. */
export function cudaBytes(graph: Graph, t: Tensor): number {
  const bytes = graph.bytes(t);
  if (graph.op[t] === OP_FLASH_ATTN) {
    return bytes + flashAttentionScratch(graph, t);
  }
  return bytes + cudaRowPaddingBytes(graph.type[t]!, graph.size(t, 0));
}

/** Query rows up to which a kernel reads quantized K and V as they are. */
const VECTOR_KERNEL_ROWS = 2;
/** Query heads per K head, and cells, from both of which another kernel is better for one query, too. */
const SHARED_HEADS = 4;
const SHARED_CELLS = 8192;

/** Whether the kernel for few queries is chosen, which needs no F16 copies of the cache (`ggml_cuda_get_best_fattn_kernel`). */
function usesVectorKernel(graph: Graph, q: Tensor, k: Tensor, v: Tensor): boolean {
  const head = graph.size(q, 0);
  const rows = graph.size(q, 1);
  if (head !== 64 && head !== 128 && head !== 256) {
    return false;
  }
  if (IS_QUANTIZED[graph.type[k]!] === 1 || IS_QUANTIZED[graph.type[v]!] === 1) {
    return rows <= VECTOR_KERNEL_ROWS;
  }
  const ratio = graph.size(q, 2) / graph.size(k, 2);
  const shared = ratio > SHARED_HEADS && graph.size(k, 1) >= SHARED_CELLS;
  return rows === 1 && ((graph.size(q, 3) === 1 && !shared) || ratio < 2);
}

/** F16 copies of K and V behind the result, when they are of another type. MLA's V is a view of K: one copy. */
function flashAttentionScratch(graph: Graph, t: Tensor): number {
  const at = t * MAX_PARENTS;
  const k = graph.parents[at + 1]!;
  const v = graph.parents[at + 2]!;
  let bytes = 0;
  if (!graph.copiesCache || usesVectorKernel(graph, graph.parents[at]!, k, v)) {
    return 0;
  }
  if (needsF16Copy(graph, k)) {
    bytes += graph.elements(k) * BLOCK_BYTES[F16]!;
  }
  const sameMemory = graph.viewOf[v] !== NO_TENSOR && graph.viewOf[v] === graph.viewOf[k];
  if (needsF16Copy(graph, v) && !sameMemory) {
    bytes += graph.elements(v) * BLOCK_BYTES[F16]!;
  }
  return bytes;
}

function needsF16Copy(graph: Graph, t: Tensor): boolean {
  return graph.type[t] !== F16 && graph.type[t] !== F32;
}
