/**
 * Attention: queries, keys and values, the cache they are stored in, masks, and both ways to attend.
 *
 * Source: llama-graph.cpp (`build_qkv`, `build_attn*`), llama-kv-cache.cpp (`get_k`, `cpy_k`, `build_input_*`),
 * llama-impl.h (`llama_mul_mat_hadamard`), llama.cpp.
 */

import { cachedWidthV, hasOwnCache } from '../../model/cache.ts';
import { headKOf, headVOf, widestV, widthK } from '../../model/hyper-parameters.ts';
import { F16, F32, I64, IS_QUANTIZED, rowBytes } from '../../model/tensors.ts';
import type { GraphBuilder } from './builder.ts';
import type { Tensor } from './graph.ts';
import { NO_TENSOR } from './graph.ts';
import { OP_NONE } from './ops.ts';

/** Inputs of one cache. */
interface CacheInputs {
  readonly cells: number;
  readonly rowsK: Tensor;
  readonly rowsV: Tensor;
  readonly mask: Tensor;
  /** Rotations that make a quantized cache more exact; NO_TENSOR = none. */
  readonly rotationK: Tensor;
  readonly rotationV: Tensor;
}

/** Inputs of attention: of the full cache and, with windowed layers, of the windowed one. */
export interface AttentionInputs {
  readonly full: CacheInputs | undefined;
  readonly window: CacheInputs | undefined;
  /** Without a cache: masks over the micro-batch itself. */
  readonly plainMask: Tensor;
  readonly plainWindowMask: Tensor;
  /** K of each layer's cache, made on first use. */
  readonly cacheK: Tensor[];
  readonly cacheV: Tensor[];
}

const NO_INPUTS: Omit<AttentionInputs, 'cacheK' | 'cacheV'> = {
  full: undefined,
  window: undefined,
  plainMask: NO_TENSOR,
  plainWindowMask: NO_TENSOR,
};

/** Attention over a cache; two caches where layers are windowed (`build_attn_inp_kv`, `build_attn_inp_kv_iswa`). */
export function attentionInputs(b: GraphBuilder): AttentionInputs {
  const windowed = b.hp.slidingWindow !== 'none';
  return {
    ...NO_INPUTS,
    full: cacheInputs(b, b.options.shape.numCtxSeq, false, windowed),
    window: windowed ? cacheInputs(b, b.options.shape.windowCells, true, windowed) : undefined,
    cacheK: [],
    cacheV: [],
  };
}

/** Attention of encoders, within the micro-batch (`build_attn_inp_no_cache`). */
export function plainAttentionInputs(b: GraphBuilder): AttentionInputs {
  return {
    ...NO_INPUTS,
    plainMask: maskInput(b, b.tokens, b.tokens, 1),
    plainWindowMask: b.hp.slidingWindow === 'none' ? NO_TENSOR : maskInput(b, b.tokens, b.tokens, 1),
    cacheK: [],
    cacheV: [],
  };
}

/** A mask as attention reads it: F16 with flash attention, which the vendored llama.cpp casts from F32 in the graph. */
function maskInput(b: GraphBuilder, cells: number, tokens: number, streams: number): Tensor {
  const g = b.graph;
  if (b.options.shape.vendored) {
    const mask = g.input(F32, cells, tokens, 1, streams);
    return b.flashAttention ? g.cast(mask, F16) : mask;
  }
  return g.input(b.flashAttention ? F16 : F32, cells, tokens, 1, streams);
}

function cacheInputs(b: GraphBuilder, cells: number, window: boolean, split: boolean): CacheInputs {
  const g = b.graph;
  const streams = b.options.shape.streams;
  // A transposed V is stored element by element; MLA stores no V at all and never reads this input.
  const rowsV = b.transposedV ? b.tokens * widestV(b.hp) : b.tokens;
  return {
    cells,
    rowsK: g.input(I64, b.tokens),
    rowsV: g.input(I64, rowsV),
    mask: maskInput(b, cells, b.tokens / streams, streams),
    rotationK: rotationK(b, window, split),
    rotationV: rotationV(b, window, split),
  };
}

/** The head size that all layers of a cache share; -1 = they differ, 0 = the cache is empty. */
function commonHead(b: GraphBuilder, window: boolean, split: boolean, ofK: boolean): number {
  let common = 0;
  for (let layer = 0; layer < b.hp.layersAll; layer++) {
    if (!hasOwnCache(b.model, layer) || (split && (b.hp.isWindowed[layer] === 1) !== window)) {
      continue;
    }
    const head = ofK ? headKOf(b.hp, layer) : headVOf(b.hp, layer);
    if (common === 0) {
      common = head;
    } else if (common !== head) {
      return -1;
    }
  }
  return common;
}

function rotationK(b: GraphBuilder, window: boolean, split: boolean): Tensor {
  if (
    b.options.shape.vendored ||
    IS_QUANTIZED[b.options.typeK] === 0 ||
    b.hp.headKMla !== 0 ||
    headKOf(b.hp, 0) % 64 !== 0
  ) {
    return NO_TENSOR;
  }
  const head = commonHead(b, window, split, true);
  if (head <= 0) {
    return NO_TENSOR;
  }
  let size = 64;
  do {
    size *= 2;
  } while (head % size === 0);
  size /= 2;
  return b.graph.input(F32, size, size);
}

function rotationV(b: GraphBuilder, window: boolean, split: boolean): Tensor {
  if (
    b.options.shape.vendored ||
    IS_QUANTIZED[b.options.typeV] === 0 ||
    b.hp.headKMla !== 0 ||
    headVOf(b.hp, 0) % 64 !== 0
  ) {
    return NO_TENSOR;
  }
  return commonHead(b, window, split, false) > 0 ? b.graph.input(F32, 64, 64) : NO_TENSOR;
}

function rotate(b: GraphBuilder, x: Tensor, rotation: Tensor): Tensor {
  const g = b.graph;
  const size = g.size(rotation, 0);
  const rows = g.elements(x) / size;
  const flat = g.isContiguous(x) ? g.reshape(x, size, rows) : g.contShape(x, size, rows);
  return g.reshape(g.mulMat(rotation, flat), g.size(x, 0), g.size(x, 1), g.size(x, 2), g.size(x, 3));
}

/** Queries, keys, values as [head, heads, tokens]. */
export interface Qkv {
  q: Tensor;
  k: Tensor;
  v: Tensor;
}

/** From one fused matrix or three, with biases and clamps where the model has them (`build_qkv`). */
export function qkv(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  head: number,
  heads: number = b.hp.heads[layer]!,
  headsKv: number = b.hp.headsKv[layer]!,
  headV: number = head,
): Qkv {
  const g = b.graph;
  const clamps = b.hp.clampKqv > 0;
  if (b.has(layer, 'attn_qkv')) {
    let all = b.addBias(layer, 'attn_qkv', b.matMul(layer, 'attn_qkv', x));
    if (clamps) {
      all = g.clamp(all);
    }
    const step = rowBytes(g.type[all]!, head);
    const row = g.stride(all, 1);
    return {
      q: g.view(all, head, heads, b.tokens, 1, step, row),
      k: g.view(all, head, headsKv, b.tokens, 1, step, row),
      v: g.view(all, headV, headsKv, b.tokens, 1, rowBytes(g.type[all]!, headV), row),
    };
  }
  const one = (name: string, count: number, size = head) => {
    let t = b.addBias(layer, name, b.matMul(layer, name, x));
    if (clamps) {
      t = g.clamp(t);
    }
    return g.reshape(t, size, count, b.tokens);
  };
  return { q: one('attn_q', heads), k: one('attn_k', headsKv), v: one('attn_v', headsKv, headV) };
}

export interface AttendOptions {
  /** Bias on the scores: rules flash attention out. */
  readonly scoreBias?: Tensor;
  readonly sinks?: Tensor;
  /** MLA: the matrix that decompresses values. */
  readonly decompressV?: Tensor;
  /** Name of the output matrix; '' = none. Default `attn_output`. */
  readonly output?: string;
  /** The scores are capped by a tangent of their own (Grok). */
  readonly capsScores?: boolean;
  /** False where the output's bias is ignored. */
  readonly outputBias?: boolean;
  /** The layer whose cache is read, where the layer has none of its own. */
  readonly cacheLayer?: number;
  /** Sparse attention over latents: the numbers of the cells that each token attends to. */
  readonly chosenCells?: Tensor;
}

function layerCache(b: GraphBuilder, inputs: AttentionInputs, layer: number, cells: number): void {
  if (inputs.cacheK[layer] !== undefined) {
    return;
  }
  const g = b.graph;
  const { hp, options } = b;
  const streams = options.shape.streams;
  const device = b.deviceOf(layer);
  inputs.cacheK[layer] = g.stored(options.typeK, widthK(hp, layer), cells, streams, 1, device, false);
  if (hp.headKMla === 0) {
    const width = cachedWidthV(hp, layer, b.transposedV);
    inputs.cacheV[layer] = g.stored(options.typeV, width, cells, streams, 1, device, false);
  }
}

/** Stores rows in a cache. */
export function storeK(b: GraphBuilder, cache: Tensor, k: Tensor, rows: Tensor): Tensor {
  const g = b.graph;
  const width = g.size(k, 0) * g.size(k, 1);
  const values = g.view(k, width, g.size(k, 2), 1, 1, g.stride(k, 2));
  const streams = g.size(cache, 2);
  const target = streams > 1 ? g.reshape(cache, width, g.size(cache, 1) * streams) : cache;
  return g.setRows(target, values, rows);
}

function storeV(b: GraphBuilder, cache: Tensor, v: Tensor, rows: Tensor): Tensor {
  const g = b.graph;
  if (!b.transposedV) {
    return storeK(b, cache, v, rows);
  }
  const width = g.size(v, 0) * g.size(v, 1);
  const tokens = g.size(v, 2);
  let values =
    rowBytes(g.type[v]!, width) === g.stride(v, 2) ? g.reshape(v, width, tokens) : g.contShape(v, width, tokens);
  if (width < g.size(cache, 0)) {
    values = g.pad(values, g.size(cache, 0) - width);
  }
  const target = g.reshape(cache, 1, g.elements(cache));
  return g.setRows(target, g.reshape(values, 1, g.elements(values)), rows);
}

function viewK(b: GraphBuilder, cache: Tensor, layer: number, cells: number): Tensor {
  const g = b.graph;
  const type = g.type[cache]!;
  const width = g.size(cache, 0);
  return g.view(
    cache,
    headKOf(b.hp, layer),
    b.hp.headsKv[layer]!,
    cells,
    g.size(cache, 2),
    rowBytes(type, headKOf(b.hp, layer)),
    rowBytes(type, width),
    rowBytes(type, width * cells),
  );
}

function viewV(b: GraphBuilder, cache: Tensor, layer: number, cells: number): Tensor {
  const g = b.graph;
  const type = g.type[cache]!;
  const width = g.size(cache, 0);
  const head = headVOf(b.hp, layer);
  const heads = b.hp.headsKv[layer]!;
  const streams = g.size(cache, 2);
  if (!b.transposedV) {
    const row = rowBytes(type, width);
    return g.view(cache, head, heads, cells, streams, rowBytes(type, head), row, rowBytes(type, width * cells));
  }
  const byHead = rowBytes(type, cells * head);
  return g.view(cache, cells, heads, head, streams, byHead, rowBytes(type, cells), rowBytes(type, cells * width));
}

/** What attention reads: queries, and keys and values of the whole cache. */
export interface Cached extends Qkv {
  readonly mask: Tensor;
  /** Turns the result back; NO_TENSOR = nothing was turned. */
  readonly rotationV: Tensor;
}

/**
 * Stores K and V in the layer's cache and shows the whole of it. `order` is the one in which queries, keys and values
 * are evaluated; `k` and `v` NO_TENSOR = the layer reads the cache of `source`.
 */
export function throughCache(
  b: GraphBuilder,
  layer: number,
  inputs: AttentionInputs,
  x: Qkv,
  order: 'qvk' | 'qkv',
  source: number = layer,
): Cached {
  const g = b.graph;
  const windowed = inputs.window !== undefined && b.hp.isWindowed[layer] === 1;
  const cache = windowed ? inputs.window : inputs.full!;
  let { q, k, v } = x;
  if (cache.rotationK !== NO_TENSOR) {
    q = rotate(b, q, cache.rotationK);
    k = k === NO_TENSOR ? k : rotate(b, k, cache.rotationK);
  }
  if (cache.rotationV !== NO_TENSOR && v !== NO_TENSOR) {
    v = rotate(b, v, cache.rotationV);
  }
  g.expand(q);
  for (const t of order === 'qvk' ? [v, k] : [k, v]) {
    if (t !== NO_TENSOR) {
      g.expand(t);
    }
  }
  layerCache(b, inputs, source, cache.cells);
  if (k !== NO_TENSOR) {
    g.expand(storeK(b, inputs.cacheK[source]!, k, cache.rowsK));
  }
  if (v !== NO_TENSOR) {
    g.expand(storeV(b, inputs.cacheV[source]!, v, cache.rowsV));
  }
  return {
    q,
    k: viewK(b, inputs.cacheK[source]!, layer, cache.cells),
    v: viewV(b, inputs.cacheV[source]!, layer, cache.cells),
    mask: cache.mask,
    rotationV: cache.rotationV,
  };
}

/** `x` turned by a rotation that makes a quantized cache more exact, or as it is where there is none. */
export function turned(b: GraphBuilder, x: Tensor, rotation: Tensor): Tensor {
  return rotation === NO_TENSOR ? x : rotate(b, x, rotation);
}

/**
 * Stores K and V, attends, and multiplies with the output matrix (`build_attn`). `k` and `v` NO_TENSOR = the layer reads
 * another layer's cache.
 */
export function attend(
  b: GraphBuilder,
  layer: number,
  inputs: AttentionInputs,
  x: Qkv,
  options: AttendOptions = {},
): Tensor {
  if (inputs.full === undefined) {
    return attendPlain(b, layer, inputs, x, options);
  }
  // With two caches K is evaluated before V, with one behind it.
  const order = inputs.window === undefined ? 'qvk' : 'qkv';
  const { q, k, v, mask, rotationV } = throughCache(b, layer, inputs, x, order, options.cacheLayer);
  const attended = attendHeads(b, layer, q, k, v, mask, options);
  return projectOutput(b, layer, turned(b, attended, rotationV), options);
}

/** MLA with the compressed latent as K and, cut, as V (`build_attn` of `llm_graph_input_attn_k`). */
export function attendLatent(
  b: GraphBuilder,
  layer: number,
  inputs: AttentionInputs,
  x: Qkv,
  options: AttendOptions,
): Tensor {
  const g = b.graph;
  const cache = inputs.full!;
  g.expand(x.q);
  g.expand(x.v);
  g.expand(x.k);
  layerCache(b, inputs, layer, cache.cells);
  g.expand(storeK(b, inputs.cacheK[layer]!, x.k, cache.rowsK));
  const k = viewK(b, inputs.cacheK[layer]!, layer, cache.cells);
  const v = g.view(
    k,
    g.size(x.v, 0),
    g.size(k, 1),
    g.size(k, 2),
    g.size(k, 3),
    g.stride(k, 1),
    g.stride(k, 2),
    g.stride(k, 3),
  );
  const mask = options.chosenCells === undefined ? cache.mask : maskOthers(b, cache.mask, options.chosenCells);
  return projectOutput(b, layer, attendHeads(b, layer, x.q, k, v, mask, options), options);
}

/** The mask with all cells hidden but the chosen ones (`build_attn` of `llm_graph_input_attn_k_dsa`). */
export function maskOthers(b: GraphBuilder, mask: Tensor, chosen: Tensor, zeroType: number = F32): Tensor {
  const g = b.graph;
  const hidden = g.fill(mask);
  const cells = g.view(
    hidden,
    1,
    g.size(hidden, 0),
    g.size(hidden, 1),
    g.size(hidden, 3),
    g.stride(hidden, 0),
    g.stride(hidden, 1),
    g.stride(hidden, 2),
  );
  const streams = g.size(chosen, 3);
  const rows = g.view(
    chosen,
    g.size(chosen, 0),
    g.size(chosen, 1),
    streams,
    1,
    g.stride(chosen, 1),
    g.stride(chosen, 2),
    streams * g.stride(chosen, 3),
  );
  const zeros = g.fill(g.tensor(OP_NONE, zeroType, 1, g.size(rows, 0), g.size(rows, 1), g.size(rows, 2)));
  const shown = g.setRows(cells, zeros, rows);
  const whole = g.view(
    shown,
    g.size(shown, 1),
    g.size(shown, 2),
    1,
    g.size(shown, 3),
    g.stride(shown, 2),
    g.stride(shown, 3),
    g.stride(shown, 3),
  );
  return g.add(whole, mask);
}

function attendPlain(b: GraphBuilder, layer: number, inputs: AttentionInputs, x: Qkv, options: AttendOptions): Tensor {
  const g = b.graph;
  g.expand(x.q);
  g.expand(x.k);
  g.expand(x.v);
  const mask = b.hp.isWindowed[layer] === 1 ? inputs.plainWindowMask : inputs.plainMask;
  return projectOutput(b, layer, attendHeads(b, layer, x.q, x.k, x.v, mask, options), options);
}

/** The output matrix, its scale and bias. */
export function projectOutput(b: GraphBuilder, layer: number, x: Tensor, options: AttendOptions): Tensor {
  const name = options.output ?? 'attn_output';
  if (name === '') {
    return x;
  }
  const product = b.matMul(layer, name, x);
  return options.outputBias === false ? product : b.addBias(layer, name, product);
}

/** Attention proper, to [heads * head, tokens] (`build_attn_mha`). */
export function attendHeads(
  b: GraphBuilder,
  layer: number,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor,
  options: AttendOptions,
): Tensor {
  const g = b.graph;
  const transposed = g.stride(value, 1) > g.stride(value, 2);
  const streams = g.size(key, 3);
  const scoreBias = options.scoreBias ?? NO_TENSOR;
  const sinks = options.sinks ?? NO_TENSOR;
  const decompress = options.decompressV ?? NO_TENSOR;
  let q = g.view(
    query,
    g.size(query, 0),
    g.size(query, 1),
    g.size(query, 2) / streams,
    streams,
    g.stride(query, 1),
    g.stride(query, 2),
    g.stride(query, 3) / streams,
  );
  q = g.permute(q, 0, 2, 1, 3);
  let k = g.permute(key, 0, 2, 1, 3);
  let v = g.permute(value, 0, 2, 1, 3);
  let current: Tensor;
  if (b.flashAttention && scoreBias === NO_TENSOR) {
    if (transposed) {
      v = g.transpose(v);
    }
    if (g.type[k] === F32) {
      k = g.cast(k, F16);
    }
    if (g.type[v] === F32) {
      v = g.cast(v, F16);
    }
    current = g.flashAttention(q, k, v, mask, sinks);
    b.attentionNodes.push(current, layer);
    if (decompress !== NO_TENSOR) {
      current = g.mulMat(decompress, g.permute(current, 0, 2, 1, 3));
      current = g.cont(g.permute(current, 0, 2, 1, 3));
    }
    current = g.reshape(current, g.size(current, 0) * g.size(current, 1), g.size(current, 2) * g.size(current, 3));
  } else {
    let scores = g.mulMat(k, q);
    if (options.capsScores === true) {
      scores = g.scale(g.unary(g.scale(scores)));
    }
    if (b.hp.attentionSoftcap) {
      scores = g.scale(g.unary(g.scale(scores)));
    }
    if (scoreBias !== NO_TENSOR) {
      scores = g.add(scores, scoreBias);
    }
    scores = g.softMax(scores, mask, sinks);
    if (!transposed) {
      v = g.cont(g.transpose(v));
    }
    let weighted = g.mulMat(v, scores);
    if (decompress !== NO_TENSOR) {
      weighted = g.mulMat(decompress, weighted);
    }
    current = g.permute(weighted, 0, 2, 1, 3);
    current = g.contShape(current, g.size(current, 0) * g.size(current, 1), g.size(current, 2) * g.size(current, 3));
  }
  return g.expand(current);
}
