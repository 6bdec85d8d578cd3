/**
 * The indexer of sparse attention: a small attention of its own, whose scores choose the cells that each token attends to.
 *
 * Source: models/deepseek32.cpp, models/glm-dsa.cpp, llama-kv-cache-dsa.cpp, llama.cpp.
 */

import { F16, F32, I32, I64, rowBytes } from '../../model/tensors.ts';
import { storeK } from './attention.ts';
import type { GraphBuilder } from './builder.ts';
import type { Tensor } from './graph.ts';
import { OP_OTHER, OP_TOP_K } from './ops.ts';

export interface IndexerInputs {
  readonly cells: number;
  readonly rows: Tensor;
  readonly mask: Tensor;
  readonly rotation: Tensor;
}

export function indexerInputs(b: GraphBuilder): IndexerInputs {
  const g = b.graph;
  const { streams, numCtxSeq: cells } = b.options.shape;
  const head = b.hp.indexerHead;
  return {
    cells,
    rows: g.input(I64, b.tokens),
    mask: g.input(b.options.fusedIndexer ? F16 : F32, cells, b.tokens / streams, 1, streams),
    rotation: g.input(F32, head, head),
  };
}

/** The indexer: a small attention of its own, whose scores choose the best cells for each token. */
export function chooseCells(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  compressedQuery: Tensor,
  positions: Tensor,
  inputs: IndexerInputs,
): Tensor {
  const g = b.graph;
  const { indexerHead: head, indexerHeads: heads, rotary } = b.hp;
  const { streams } = b.options.shape;
  const row = rowBytes(F32, head);
  const rotated = (t: Tensor, count: number) => {
    if (!b.model.build.indexerSplitsHeads) {
      return g.mulMat(inputs.rotation, g.rope(g.reshape(t, head, count, b.tokens), positions));
    }
    const part = (size: number) => g.view(t, size, count, b.tokens, 1, row, row * count);
    return g.mulMat(inputs.rotation, g.concat(g.rope(part(rotary), positions), part(head - rotary), 0));
  };
  const query = rotated(b.matMul(layer, 'indexer.attn_q_b', compressedQuery, false), heads);
  const key = b.normNamed(layer, 'indexer.k_norm', b.matMul(layer, 'indexer.attn_k', x, false), 'layer');
  const type = b.options.typeK;
  const cache = g.stored(type, head, inputs.cells, streams, 1, b.deviceOf(layer), false);
  g.expand(storeK(b, cache, rotated(key, 1), inputs.rows));
  const weights = b.matMul(layer, 'indexer.proj', x, false);
  const cachedRow = rowBytes(type, head);
  const k = g.view(cache, head, 1, inputs.cells, streams, cachedRow, cachedRow, cachedRow * inputs.cells);
  const q = g.view(
    query,
    head,
    heads,
    b.tokens / streams,
    streams,
    g.stride(query, 1),
    g.stride(query, 2),
    g.stride(query, 3) / streams,
  );
  const w = g.scale(
    g.view(
      weights,
      heads,
      b.tokens / streams,
      1,
      streams,
      g.stride(weights, 1),
      g.stride(weights, 2) / streams,
      g.stride(weights, 3) / streams,
    ),
  );
  return bestCells(b, layer, q, k, w, inputs.mask);
}

/** Numbers of the cells with the highest scores. */
export function bestCells(b: GraphBuilder, layer: number, q: Tensor, k: Tensor, weights: Tensor, mask: Tensor): Tensor {
  const g = b.graph;
  const scores = b.options.fusedIndexer
    ? fusedScores(b, layer, q, k, weights, mask)
    : spelledScores(b, q, k, weights, mask);
  const best = Math.min(g.size(scores, 0), b.hp.indexerTopK);
  return g.cont(g.custom(OP_TOP_K, I32, [best, g.size(scores, 1), g.size(scores, 2), g.size(scores, 3)], [scores]));
}

function fusedScores(b: GraphBuilder, layer: number, q: Tensor, k: Tensor, weights: Tensor, mask: Tensor): Tensor {
  const g = b.graph;
  const sizes = [g.size(k, 2), g.size(q, 2), 1, g.size(q, 3)] as const;
  const scores = g.custom(OP_OTHER, F32, sizes, [q, k, weights, mask]);
  b.fusedNodes.push(scores, layer);
  return scores;
}

function spelledScores(b: GraphBuilder, q: Tensor, k: Tensor, weights: Tensor, mask: Tensor): Tensor {
  const g = b.graph;
  const products = g.mulMat(g.permute(k, 0, 2, 1, 3), g.permute(q, 0, 2, 1, 3));
  const byHead = g.unary(g.cont(g.permute(products, 2, 1, 0, 3)));
  const sums = g.sumRows(g.mul(byHead, weights));
  return g.add(g.cont(g.permute(sums, 2, 1, 0, 3)), mask);
}
