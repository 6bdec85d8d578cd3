/**
 * What CUDA's memory pool takes while Ollama reserves a graph: since 0.12.4 its runners record every operation once
 * before the model counts as loaded, and the pool keeps what the largest of them needed.
 *
 * Sources: Ollama's ggml-cuda (ggml_backend_cuda_graph_reserve; experts' products are left out while recording), mmq.cu
 * and mmq.cuh (quantized rows, stream-k fixup), ggml-cuda.cu (ggml_cuda_op_mul_mat, ggml_cuda_op_mul_mat_cublas,
 * ggml_cuda_mul_mat_batched_cublas, ggml_cuda_pool_vmm), fattn-common.cuh (launch_fattn), 0.12.6 to 0.24.0.
 */

import { MIB } from '../../../base/bytes.ts';
import { F16, IS_QUANTIZED, typeId } from '../../model/tensors.ts';
import { type Graph, MAX_PARENTS, NO_TENSOR, type Tensor } from '../graph/graph.ts';
import { OP_FLASH_ATTN, OP_MUL_MAT } from '../graph/ops.ts';
import type { Schedule } from './schedule.ts';

/** A card as far as the choice of kernels depends on it. */
export interface PoolCard {
  /** Compute capability, such as 8.6. */
  readonly capability: number;
  readonly multiprocessors: number;
}

/** The pool grows by whole pages of this size. */
const PAGE_BYTES = 2 * MIB;
const POOL_ALIGNMENT = 128;
/** Rows are padded to this many elements before they are quantized. */
const ROW_PADDING = 512;
/** Bytes of 32 quantized elements, and of the block that a tile may read beyond the end. */
const Q8_1_BYTES = 36;
const Q8_1_ELEMENTS = 32;
const Q8_1_TILE_BYTES = 144;
/** Columns up to which vector kernels are taken, which need next to nothing. */
const VECTOR_COLUMNS = 8;
/** Columns up to which the kernels for thin matrices of floats are taken. */
const THIN_COLUMNS = 16;
const BF16 = typeId('BF16');

/** Turing and later: matrix instructions for integers. */
const TURING = 7.5;
const VOLTA = 7;
const ADA = 8.9;
/** Pascal's consumer cards run half precision at a crawl, so cuBLAS is fed floats. */
function hasFastHalf(capability: number): boolean {
  return capability >= 6 && capability !== 6.1;
}

/** Bytes that the pool of one GPU holds once the scheduled graph has been recorded. */
export function poolBytes(graph: Graph, schedule: Schedule, backend: number, card: PoolCard): number {
  let most = 0;
  for (let i = 0; i < graph.nodeCount; i++) {
    const node = graph.nodes[i]!;
    if (schedule.backendOf[node] !== backend) {
      continue;
    }
    const op = graph.op[node]!;
    if (op === OP_MUL_MAT) {
      most = Math.max(most, productBytes(graph, node, card));
    } else if (op === OP_FLASH_ATTN) {
      most = Math.max(most, attentionBytes(graph, node, card));
    }
  }
  return Math.ceil(most / PAGE_BYTES) * PAGE_BYTES;
}

function taken(bytes: number): number {
  return Math.ceil(bytes / POOL_ALIGNMENT) * POOL_ALIGNMENT;
}

function productBytes(graph: Graph, node: Tensor, card: PoolCard): number {
  const weights = graph.parents[node * MAX_PARENTS]!;
  const x = graph.parents[node * MAX_PARENTS + 1]!;
  const type = graph.type[weights]!;
  const columns = graph.size(x, 1);
  if (IS_QUANTIZED[type] === 1) {
    if (columns <= VECTOR_COLUMNS) {
      return taken(quantizedRows(graph, x));
    }
    return card.capability < TURING && card.capability >= VOLTA
      ? halfProduct(graph, node, weights, x, true)
      : integerProduct(graph, weights, x, card);
  }
  if (columns <= THIN_COLUMNS) {
    return 0;
  }
  if (type === F16) {
    const batched = graph.size(x, 2) * graph.size(x, 3) > 1;
    if (!hasFastHalf(card.capability)) {
      return floatProduct(graph, weights, x);
    }
    // A batch of products at once: the second matrix in half precision, and the result before it is widened.
    return batched
      ? taken(2 * graph.elements(x)) + taken(2 * graph.elements(node))
      : halfProduct(graph, node, weights, x, false);
  }
  return type === BF16 ? halfProduct(graph, node, weights, x, false) : 0;
}

function quantizedRows(graph: Graph, x: Tensor): number {
  const padded = Math.ceil(graph.size(x, 0) / ROW_PADDING) * ROW_PADDING;
  return (((padded * graph.elements(x)) / graph.size(x, 0)) * Q8_1_BYTES) / Q8_1_ELEMENTS;
}

/** mul_mat_q: the second matrix quantized, and from Volta on room to add up tiles that two processors share. */
function integerProduct(graph: Graph, weights: Tensor, x: Tensor, card: PoolCard): number {
  const widest = card.capability >= TURING ? 128 : 64;
  const rows = taken(quantizedRows(graph, x) + widest * Q8_1_TILE_BYTES);
  if (card.capability < VOLTA) {
    return rows;
  }
  const columns = graph.size(x, 1);
  const tilesAcross = Math.ceil(columns / widest);
  const tileWidth = Math.min(widest, Math.ceil(Math.ceil(columns / tilesAcross) / 8) * 8);
  const tileHeight = 128;
  const tiles = tilesAcross * Math.ceil(graph.size(weights, 1) / tileHeight) * graph.size(x, 2) * graph.size(x, 3);
  const shared = tiles % card.multiprocessors === 0 ? 0 : card.multiprocessors * tileWidth * tileHeight * 4;
  return rows + taken(shared);
}

/** cuBLAS in half precision: the second matrix and the result, and the first where it is quantized. */
function halfProduct(graph: Graph, node: Tensor, weights: Tensor, x: Tensor, unpacks: boolean): number {
  const first = unpacks ? taken(2 * graph.size(weights, 0) * graph.size(weights, 1)) : 0;
  return first + taken(2 * graph.size(x, 0) * graph.size(x, 1)) + taken(2 * graph.size(node, 0) * graph.size(x, 1));
}

/** cuBLAS in floats: one slice of the first matrix widened, and what does not lie in one piece copied before. */
function floatProduct(graph: Graph, weights: Tensor, x: Tensor): number {
  const row = graph.size(weights, 0);
  const padding = 2 * (ROW_PADDING - (row % ROW_PADDING));
  const first = graph.isContiguous(weights) ? 0 : taken(graph.bytes(weights) + padding);
  const second = graph.isContiguous(x) ? 0 : taken(4 * graph.elements(x));
  return first + second + taken(4 * row * graph.size(weights, 1));
}

/** Query columns of one tile of the kernel with matrix instructions, and of the one without. */
const TILE_COLUMNS = 64;
const PLAIN_TILE_COLUMNS = 32;
/** Key heads that the kernel with matrix instructions is compiled for; others (towers' 40 and 72) go without. */
const MATRIX_HEADS: ReadonlySet<number> = new Set([64, 80, 96, 112, 128, 256, 576]);
/** Cells that a block without matrix instructions takes at once. */
const PLAIN_TILE_CELLS = 64;

function attentionBytes(graph: Graph, node: Tensor, card: PoolCard): number {
  const at = node * MAX_PARENTS;
  const [q, k, v] = [graph.parents[at]!, graph.parents[at + 1]!, graph.parents[at + 2]!];
  const columns = graph.size(q, 1);
  if (columns <= 2) {
    return 0;
  }
  const sameMemory = graph.viewOf[v] !== NO_TENSOR && graph.viewOf[v] === graph.viewOf[k];
  const copies = halfCopy(graph, k) + (sameMemory ? 0 : halfCopy(graph, v));
  const heads = graph.size(q, 2) * graph.size(q, 3);
  const valueHead = graph.size(v, 0);
  if (card.capability < TURING || !MATRIX_HEADS.has(graph.size(k, 0))) {
    const blocks = parallelBlocks(Math.ceil(columns / PLAIN_TILE_COLUMNS) * heads, graph.size(k, 1), card);
    return copies + (blocks > 1 ? taken(4 * blocks * graph.elements(node)) : 0);
  }
  const ratio = graph.size(q, 2) / graph.size(k, 2);
  const sharedHeads = [8, 4, 2].find((n) => ratio % n === 0) ?? 1;
  const tiles = Math.ceil(columns / (TILE_COLUMNS / sharedHeads)) * (heads / sharedHeads);
  const waves = Math.ceil(tiles / card.multiprocessors);
  const efficient = (100 * tiles) / (card.multiprocessors * waves) >= 75;
  const blocks = card.capability >= ADA || !efficient ? card.multiprocessors : tiles;
  // The launcher asks for this many pairs of floats, each four times as many as it uses.
  return copies + taken(blocks * TILE_COLUMNS * (4 + valueHead) * 4 * 8);
}

function halfCopy(graph: Graph, t: Tensor): number {
  const type = graph.type[t]!;
  return type === F16 ? 0 : taken(2 * graph.elements(t));
}

/** How many blocks share a tile's cells: as many as keep 95 % of the processors busy, one where it can be. */
function parallelBlocks(tiles: number, cells: number, card: PoolCard): number {
  const most = Math.ceil(cells / PLAIN_TILE_CELLS);
  let [best, bestWaves, bestEfficiency] = [1, 0, 0];
  for (let blocks = 1; blocks <= most; blocks++) {
    const waves = Math.ceil((tiles * blocks) / card.multiprocessors);
    if (bestEfficiency >= 95 && waves > bestWaves) {
      break;
    }
    const efficiency = Math.floor((100 * tiles * blocks) / (waves * card.multiprocessors));
    if (efficiency > bestEfficiency) {
      [best, bestWaves, bestEfficiency] = [blocks, waves, efficiency];
    }
  }
  return best;
}
