/**
 * Attention as Ollama's own engine builds it: inputs stand in buffers of their own on the CPU, masks are F32 and cast
 * where flash attention reads them, keys and values go through one cache for all slots.
 *
 * Sources: ml/nn/attention.go, kvcache/causal.go (StartForward, buildMask, Put, Get), ml/backend/ggml/ggml.go
 * (ScaledDotProductAttention, CacheConfig), Ollama 0.12.4 to 0.24.0.
 */

import type { GraphBuilder } from '../../../llama-cpp/graph/builder.ts';
import { NO_TENSOR, type Tensor } from '../../../llama-cpp/graph/graph.ts';
import { headKOf, headVOf } from '../../../model/hyper-parameters.ts';
import { F16, F32, I32, rowBytes } from '../../../model/tensors.ts';

/** How a version of Ollama builds the graph. */
export interface OwnTraits {
  /** While memory is reserved the mask was made as F16 on the CPU (to 0.12.6); since then it is F32 and cast. */
  readonly castsMask: boolean;
  /** Keys and values are written row by row (from 0.13.1); before that they were copied into one stretch. */
  readonly writesRows: boolean;
  /** Attention without a cache uses flash attention too (from 0.13.2). */
  readonly flashWithoutCache: boolean;
  /** Tokens of an image in the batch; 0 = text alone. */
  readonly imageTokens: number;
}

/** One cache as a batch sees it. */
interface CacheView {
  readonly cells: number;
  readonly mask: Tensor;
  readonly rows: Tensor;
}

/** What the layers of one graph share. */
export interface OwnInputs {
  readonly b: GraphBuilder;
  readonly traits: OwnTraits;
  readonly positions: Tensor;
  /** Rows that logits are wanted of, one a slot. */
  readonly outputIds: Tensor;
  readonly full: CacheView | undefined;
  readonly window: CacheView | undefined;
}

/** An input: a buffer of its own on the CPU, no part of the compute buffers. */
export function inputTensor(b: GraphBuilder, type: number, n0: number, n1 = 1): Tensor {
  return b.graph.stored(type, n0, n1, 1, 1, b.options.placement.host, false);
}

/** Positions, output rows, and the masks of the caches in use. */
export function ownInputs(b: GraphBuilder, traits: OwnTraits, cached: boolean): OwnInputs {
  const { shape } = b.options;
  const windowed = cached && b.hp.slidingWindow !== 'none';
  return {
    b,
    traits,
    positions: inputTensor(b, I32, b.tokens * b.hp.positionsPerToken),
    outputIds: inputTensor(b, I32, b.outputs),
    full: cached ? cacheView(b, traits, shape.numCtxSeq) : undefined,
    window: windowed ? cacheView(b, traits, shape.windowCells) : undefined,
  };
}

function cacheView(b: GraphBuilder, traits: OwnTraits, cells: number): CacheView {
  const rows = inputTensor(b, I32, b.tokens);
  if (!b.flashAttention) {
    return { cells, rows, mask: inputTensor(b, F32, cells, b.tokens) };
  }
  const mask = traits.castsMask
    ? b.graph.cast(inputTensor(b, F32, cells, b.tokens), F16)
    : inputTensor(b, F16, cells, b.tokens);
  return { cells, rows, mask };
}

/** Embeddings of the tokens, picked on the CPU. */
export function embedTokens(b: GraphBuilder): Tensor {
  return b.graph.getRows(b.globalWeight('token_embd'), inputTensor(b, I32, b.tokens));
}

/** Through the cache and scaled dot product attention; `q`, `k`, `v` are [head, heads, tokens]. */
export function ownAttention(
  inputs: OwnInputs,
  layer: number,
  q: Tensor,
  k: Tensor,
  v: Tensor,
  sinks: Tensor = NO_TENSOR,
): Tensor {
  const { b } = inputs;
  const g = b.graph;
  g.expand(q);
  g.expand(k);
  g.expand(v);
  const windowed = inputs.window !== undefined && b.hp.isWindowed[layer] === 1;
  const cache = windowed ? inputs.window! : inputs.full;
  if (cache === undefined) {
    return attendWithoutCache(inputs, q, k, v);
  }
  const stored = storeRows(inputs, layer, cache, k, v);
  return scaledDotProduct(b, b.flashAttention, q, stored.k, stored.v, cache.mask, sinks);
}

/** Encoders: before 0.13.2 always full scores, made of a transposed copy of the values. */
function attendWithoutCache({ b, traits }: OwnInputs, q: Tensor, k: Tensor, v: Tensor): Tensor {
  const g = b.graph;
  const flash = b.flashAttention && traits.flashWithoutCache;
  const values = flash ? v : g.cont(g.permute(v, 1, 2, 0, 3));
  if (!traits.flashWithoutCache) {
    const scores = g.scale(g.mulMat(g.permute(k, 0, 2, 1, 3), g.permute(q, 0, 2, 1, 3)));
    return g.cont(g.permute(g.mulMat(values, g.softMax(scores)), 0, 2, 1, 3));
  }
  return scaledDotProduct(b, flash, q, k, values, NO_TENSOR, NO_TENSOR);
}

/** Writes the batch's keys and values and shows the whole cache. Without flash attention values are kept transposed. */
function storeRows(
  { b, traits }: OwnInputs,
  layer: number,
  cache: CacheView,
  k: Tensor,
  v: Tensor,
): { readonly k: Tensor; readonly v: Tensor } {
  const g = b.graph;
  const { typeK } = b.options;
  const headsKv = b.hp.headsKv[layer]!;
  const headK = headKOf(b.hp, layer);
  const headV = headVOf(b.hp, layer);
  const device = b.deviceOf(layer);
  const keys = g.stored(typeK, headK, headsKv, cache.cells, 1, device, false);
  const values = b.flashAttention
    ? g.stored(typeK, headV, headsKv, cache.cells, 1, device, false)
    : g.stored(typeK, cache.cells, headV, headsKv, 1, device, false);
  const write = (target: Tensor, rows: Tensor): void => {
    if (traits.writesRows) {
      g.expand(g.setRows(target, rows, cache.rows));
    } else {
      g.expand(g.copy(rows, g.view(target, g.elements(rows))));
    }
  };
  write(g.reshape(keys, headK * headsKv, cache.cells), flat(b, k));
  if (b.flashAttention) {
    write(g.reshape(values, headV * headsKv, cache.cells), flat(b, v));
  } else if (traits.writesRows) {
    const columns = g.permute(g.reshape(v, headV * headsKv, 1, b.tokens), 2, 0, 1, 3);
    g.expand(g.setRows(g.reshape(values, 1, cache.cells, headV * headsKv), columns, cache.rows));
  } else {
    const target = g.view(values, b.tokens, headV * headsKv, 1, 1, rowBytes(typeK, cache.cells));
    g.expand(g.copy(g.permute(v, 1, 2, 0, 3), target));
  }
  return {
    k: g.view(keys, headK, headsKv, cache.cells),
    v: b.flashAttention ? g.view(values, headV, headsKv, cache.cells) : g.view(values, cache.cells, headV, headsKv),
  };
}

/** [head, heads, tokens] as rows; what does not lie in one piece is copied first. */
function flat(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const width = g.size(x, 0) * g.size(x, 1);
  return g.isContiguous(x) ? g.reshape(x, width, b.tokens) : g.contShape(x, width, b.tokens);
}

function scaledDotProduct(
  b: GraphBuilder,
  flash: boolean,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor,
  sinks: Tensor,
): Tensor {
  const g = b.graph;
  const q = g.permute(query, 0, 2, 1, 3);
  const k = g.permute(key, 0, 2, 1, 3);
  if (flash) {
    return g.flashAttention(q, k, g.permute(value, 0, 2, 1, 3), mask, sinks);
  }
  const scores = g.softMax(g.mulMat(k, q), mask, sinks);
  return g.cont(g.permute(g.mulMat(value, scores), 0, 2, 1, 3));
}
