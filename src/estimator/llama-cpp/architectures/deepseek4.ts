/**
 * DeepSeek 4: several residual streams that are mixed in front of and behind every branch; one latent that serves as
 * key and value, in a window and, compressed, beyond it.
 *
 * Source: models/deepseek4.cpp, llama-kv-cache-dsv4.cpp, llama.cpp.
 */

import type { NumberKey } from '../../model/bounds.ts';
import type { ContextShape } from '../../model/context.ts';
import { MetadataReader } from '../../model/metadata.ts';
import type { CachedTensor, Model } from '../../model/model.ts';
import { readRouting } from '../../model/shared-keys.ts';
import { F16, F32, I32, I64, IS_QUANTIZED, pad, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import { attendHeads, maskOthers, storeK, turned } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { bestCells } from '../graph/indexer.ts';
import { OP_OTHER } from '../graph/ops.ts';

/** Layers that compress four positions into one cell have an indexer, too; the others compress 128. */
const FINE_RATIO = 4;
const COARSE_RATIO = 128;
const CELL_STEP = 256;

/** What only this architecture's files say. */
interface OwnKeys {
  readonly ratios: readonly number[];
  readonly outputGroups: number;
  readonly outputRank: number;
  readonly streams: number;
  readonly hashLayers: number;
}

const known = new WeakMap<Model, OwnKeys>();

function ownKeys(model: Model): OwnKeys {
  let keys = known.get(model);
  if (keys === undefined) {
    const reader = new MetadataReader(model.spec);
    keys = {
      ratios: reader.array('attention.compress_ratios') ?? [],
      outputGroups: reader.required('attention.output_group_count'),
      outputRank: reader.required('attention.output_lora_rank'),
      streams: reader.required('hyper_connection.count'),
      hashLayers: reader.required('hash_layer_count'),
    };
    known.set(model, keys);
  }
  return keys;
}

/** Cells of a compressed cache per sequence. */
function compressedCells(shape: ContextShape, ratio: number): number {
  return pad(Math.max(1, Math.ceil(shape.numCtxSeq / ratio)), CELL_STEP);
}

/** Cells of the window per sequence: sequences never share a cache. */
function windowCells(model: Model, shape: ContextShape): number {
  return pad(Math.min(shape.numCtxSeq, model.hp.windowTokens + shape.numUbatch), CELL_STEP);
}

/** Rows of the state in which positions wait to be compressed. */
function stateRows(ratio: number): number {
  return ratio === FINE_RATIO ? 2 * ratio : ratio;
}

function stateWidth(head: number, ratio: number): number {
  return ratio === FINE_RATIO ? 2 * head : head;
}

function cachedTensors(model: Model, layer: number, shape: ContextShape, typeK: number): readonly CachedTensor[] {
  const { hp } = model;
  if (layer >= model.layers) {
    return [];
  }
  const { sequences } = shape;
  const ratio = ownKeys(model).ratios[layer] ?? 0;
  const tensors: CachedTensor[] = [{ type: typeK, sizes: [hp.headK, windowCells(model, shape), sequences] }];
  const compressed = (head: number) => {
    const state = { type: F32, sizes: [stateWidth(head, ratio), stateRows(ratio), sequences] };
    tensors.push({ type: typeK, sizes: [head, compressedCells(shape, ratio), sequences] }, state, state);
  };
  if (ratio !== 0) {
    compressed(hp.headK);
  }
  if (ratio === FINE_RATIO) {
    compressed(hp.indexerHead);
  }
  return tensors;
}

export const deepseek4: Architecture = {
  names: ['deepseek4'],
  nodesPerTensor: 32,
  buildsAllLayers: true,
  fusesIndexer: true,
  clampsGateFirst: true,
  cachedTensors,
  hparams(hp, reader, spec) {
    readRouting(hp, reader);
    const nextn = reader.numberOr('nextn_predict_layers', 0);
    const probe = `blk.${hp.layersAll - nextn}.nextn.eh_proj.weight`;
    hp.nextnLayers = spec.tensors.some(({ name }) => name === probe) ? nextn : 0;
    hp.loraQ = reader.required('attention.q_lora_rank');
    hp.slidingWindow = 'standard';
    hp.windowTokens = reader.required('attention.sliding_window');
    hp.isWindowed.fill(1);
    hp.indexerHeads = reader.required('attention.indexer.head_count');
    hp.indexerHead = reader.required('attention.indexer.key_length');
    hp.indexerTopK = reader.required('attention.indexer.top_k');
    const limits = (key: NumberKey) => reader.array(key) ?? repeated(reader.number(key), hp.layersAll);
    hp.limitsExperts = limits('swiglu_clamp_exp');
    hp.limitsShared = limits('swiglu_clamp_shexp') ?? hp.limitsExperts;
  },
  build,
};

function repeated(value: number | undefined, count: number): readonly number[] | undefined {
  return value === undefined ? undefined : new Array<number>(count).fill(value);
}

/** Inputs of one compressed cache. */
interface CompressedInputs {
  readonly ratio: number;
  readonly head: number;
  readonly cells: number;
  readonly statePositions: Tensor;
  readonly persistFrom: Tensor;
  readonly persistTo: Tensor;
  readonly read: Tensor;
  readonly write: Tensor;
  readonly writePositions: Tensor;
  readonly mask: Tensor;
  readonly rotation: Tensor;
}

interface Inputs {
  readonly positions: Tensor;
  readonly cells: number;
  readonly rows: Tensor;
  readonly mask: Tensor;
  readonly rotation: Tensor;
  readonly fine: CompressedInputs;
  readonly coarse: CompressedInputs;
  readonly indexer: CompressedInputs;
}

/** Rotations of a quantized cache are as wide as the largest power of two that divides the head; at least 64. */
function rotationFor(b: GraphBuilder, head: number): Tensor {
  let size = 64;
  while (size < head && head % (size * 2) === 0) {
    size *= 2;
  }
  return b.graph.input(F32, size, size);
}

function compressedInputs(
  b: GraphBuilder,
  ratio: number,
  head: number,
  half: boolean,
  turns: boolean,
): CompressedInputs {
  const g = b.graph;
  const { shape } = b.options;
  const sequences = b.sequences;
  const blocks = Math.max(1, sequences * Math.ceil(b.tokens / sequences / ratio));
  const persisted = Math.min(b.tokens, stateRows(ratio) * sequences);
  const cells = compressedCells(shape, ratio);
  return {
    ratio,
    head,
    cells,
    statePositions: g.input(I32, b.tokens),
    persistFrom: g.input(I32, persisted),
    persistTo: g.input(I32, persisted),
    read: g.input(I32, (ratio === FINE_RATIO ? 2 : 1) * ratio * blocks),
    write: g.input(I64, blocks),
    writePositions: g.input(I32, blocks),
    mask: g.input(half ? F16 : F32, cells, b.tokens / sequences, 1, sequences),
    rotation: turns ? rotationFor(b, head) : NO_TENSOR,
  };
}

function build(b: GraphBuilder): void {
  const g = b.graph;
  const { hp } = b;
  const { streams } = ownKeys(b.model);
  const embedded = b.inputEmbedding();
  const positions = b.inputPositions();
  const outputIds = b.inputOutputIds();
  const turns = IS_QUANTIZED[b.options.typeK] === 1 && hp.headK % 64 === 0;
  const cells = windowCells(b.model, b.options.shape);
  const inputs: Inputs = {
    positions,
    cells,
    rows: g.input(I64, b.tokens),
    mask: g.expand(g.input(b.flashAttention ? F16 : F32, cells, b.tokens / b.sequences, 1, b.sequences)),
    rotation: turns ? rotationFor(b, hp.headK) : NO_TENSOR,
    fine: compressedInputs(b, FINE_RATIO, hp.headK, b.flashAttention, turns),
    coarse: compressedInputs(b, COARSE_RATIO, hp.headK, b.flashAttention, turns),
    indexer: compressedInputs(b, FINE_RATIO, hp.indexerHead, b.options.fusedIndexer, true),
  };
  let x = g.repeat(g.reshape(embedded, hp.embedding, 1, b.tokens), hp.embedding, streams, b.tokens);
  for (const layer of b.layers) {
    const before = gather(b, layer, x, 'hc_attn');
    const attended = attention(b, layer, b.normNamed(layer, 'attn_norm', before.x), inputs);
    x = scatter(b, attended, x, before);
    const between = gather(b, layer, x, 'hc_ffn');
    g.expand(x);
    g.expand(between.post);
    g.expand(between.mix);
    x = scatter(b, network(b, layer, b.normNamed(layer, 'ffn_norm', between.x)), x, between);
  }
  const flat = g.getRows(g.reshape(x, hp.embedding * streams, b.tokens), outputIds);
  const merged = mergeStreams(b, g.reshape(flat, hp.embedding, streams, b.outputs));
  b.finishNormed(b.norm(merged, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1));
}

interface Gathered {
  /** The branch's input. */
  readonly x: Tensor;
  /** How much of the branch's result each stream takes. */
  readonly post: Tensor;
  /** How streams are mixed. */
  readonly mix: Tensor;
}

/** The streams' weighted sum for a branch, and the weights for what comes behind it (`build_hc_pre`). */
function gather(b: GraphBuilder, layer: number, x: Tensor, name: string): Gathered {
  const g = b.graph;
  const { embedding } = b.hp;
  const { streams } = ownKeys(b.model);
  const scale = b.weight(layer, `${name}_scale`);
  const base = b.weight(layer, `${name}_base`);
  const mixes = g.mulMat(b.weight(layer, `${name}_fn`), g.rmsNorm(g.reshape(x, embedding * streams, b.tokens)));
  const weights = () => {
    const part = g.view(mixes, streams, b.tokens, 1, 1, g.stride(mixes, 1));
    return g.scale(g.unary(g.add(g.mul(part, g.view(scale, 1)), g.view(base, streams))));
  };
  const pre = weights();
  const post = weights();
  const mix = g.custom(OP_OTHER, F32, [streams, streams, b.tokens, 1], [mixes, scale, base]);
  return { x: g.custom(OP_OTHER, F32, [embedding, b.tokens, 1, 1], [x, pre]), post, mix };
}

/** The branch's result given to the mixed streams (`build_hc_post`). */
function scatter(b: GraphBuilder, x: Tensor, streams: Tensor, weights: Gathered): Tensor {
  const g = b.graph;
  const sizes = [g.size(streams, 0), g.size(streams, 1), g.size(streams, 2), 1] as const;
  return g.custom(OP_OTHER, F32, sizes, [x, streams, weights.post, weights.mix]);
}

/** The streams' sum behind the last layer (`build_hc_head`). */
function mergeStreams(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const { embedding } = b.hp;
  const count = g.size(x, 1);
  const rows = g.size(x, 2);
  const mixes = g.mulMat(b.globalWeight('output_hc_fn'), g.rmsNorm(g.reshape(x, embedding * count, rows)));
  const affine = g.add(g.mul(mixes, b.globalWeight('output_hc_scale')), b.globalWeight('output_hc_base'));
  const weights = g.scale(g.unary(affine));
  let sum = NO_TENSOR;
  for (let stream = 0; stream < count; stream++) {
    const part = g.view(x, embedding, rows, 1, 1, g.stride(x, 2));
    const weighted = g.mul(part, g.view(weights, 1, rows, 1, 1, g.stride(weights, 1)));
    sum = sum === NO_TENSOR ? weighted : g.add(sum, weighted);
  }
  return sum;
}

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const { hp } = b;
  const hashes = layer < ownKeys(b.model).hashLayers;
  const routed = experts(b, layer, x, {
    normalize: hp.expertWeightsNorm,
    scale: hp.expertWeightsScale,
    gating: hp.expertGating,
    scales: false,
    ...(hashes ? { chosen: b.graph.getRows(b.weight(layer, 'ffn_gate_tid2eid'), b.inputTokens) } : {}),
  });
  return b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT, biases: false, scales: false }));
}

/** Plain and rotated part of every head: [head, heads, tokens] with the end rotated. */
function rotateEnds(b: GraphBuilder, x: Tensor, positions: Tensor): Tensor {
  const g = b.graph;
  const head = g.size(x, 0);
  const count = g.size(x, 1);
  const row = rowBytes(F32, head);
  const part = (size: number) => g.view(x, size, count, g.size(x, 2), 1, row, row * count);
  return g.concat(part(head - b.hp.rotary), g.rope(part(b.hp.rotary), positions), 0);
}

function attention(b: GraphBuilder, layer: number, x: Tensor, inputs: Inputs): Tensor {
  const g = b.graph;
  const { hp } = b;
  const { ratios, outputGroups, outputRank } = ownKeys(b.model);
  const heads = hp.heads[layer]!;
  const ratio = ratios[layer] ?? 0;
  const compressedQuery = b.normNamed(layer, 'attn_q_a_norm', b.matMul(layer, 'attn_q_a', x));
  const query = g.rmsNorm(g.reshape(b.matMul(layer, 'attn_q_b', compressedQuery), hp.headK, heads, b.tokens));
  const q = rotateEnds(b, query, inputs.positions);
  const latent = b.normNamed(layer, 'attn_kv_a_norm', b.matMul(layer, 'attn_kv', x));
  const kv = rotateEnds(b, g.reshape(latent, hp.headK, 1, b.tokens), inputs.positions);
  let beyond: Beyond | undefined;
  if (ratio === FINE_RATIO) {
    const cache = compress(b, layer, x, inputs.fine, 'attn_compressor');
    const keys = compress(b, layer, x, inputs.indexer, 'indexer_compressor');
    const chosen = chooseCells(b, layer, x, compressedQuery, keys, inputs);
    beyond = { cache, inputs: inputs.fine, chosen };
  } else if (ratio === COARSE_RATIO) {
    beyond = { cache: compress(b, layer, x, inputs.coarse, 'attn_compressor'), inputs: inputs.coarse };
  }
  const attended = attend(b, layer, q, kv, inputs, beyond);
  const output = rotateEnds(b, g.reshape(attended, hp.headK, heads, b.tokens), inputs.positions);
  const groups = g.permute(g.reshape(output, (heads / outputGroups) * hp.headK, outputGroups, b.tokens), 0, 2, 1, 3);
  const weight = b.weight(layer, 'attn_output_a');
  const inner = g.mulMat(g.reshape(weight, g.size(weight, 0), outputRank, outputGroups), groups);
  const joined = g.contShape(g.permute(inner, 0, 2, 1, 3), outputRank * outputGroups, b.tokens);
  return b.matMul(layer, 'attn_output_b', joined);
}

/** What a layer attends to beyond its window. */
interface Beyond {
  readonly cache: Tensor;
  readonly inputs: CompressedInputs;
  /** The cells each token attends to; absent = all. */
  readonly chosen?: Tensor;
}

/** A whole cache of one head. */
function viewCells(b: GraphBuilder, cache: Tensor): Tensor {
  const g = b.graph;
  const row = rowBytes(g.type[cache]!, g.size(cache, 0));
  const cells = g.size(cache, 1);
  return g.view(cache, g.size(cache, 0), 1, cells, b.sequences, row, row, row * cells);
}

/** As llama.cpp, a view of the view. */
function viewAgain(b: GraphBuilder, t: Tensor): Tensor {
  const g = b.graph;
  return g.view(
    t,
    g.size(t, 0),
    g.size(t, 1),
    g.size(t, 2),
    g.size(t, 3),
    g.stride(t, 1),
    g.stride(t, 2),
    g.stride(t, 3),
  );
}

function attend(
  b: GraphBuilder,
  layer: number,
  query: Tensor,
  latent: Tensor,
  inputs: Inputs,
  beyond: Beyond | undefined,
): Tensor {
  const g = b.graph;
  const q = g.expand(turned(b, query, inputs.rotation));
  const kv = g.expand(turned(b, latent, inputs.rotation));
  const cache = g.stored(b.options.typeK, b.hp.headK, inputs.cells, b.sequences, 1, b.deviceOf(layer), false);
  g.expand(storeK(b, cache, kv, inputs.rows));
  let keys = viewCells(b, cache);
  let { mask } = inputs;
  if (beyond !== undefined) {
    keys = g.concat(keys, viewAgain(b, viewCells(b, beyond.cache)), 2);
    const { mask: far } = beyond.inputs;
    const shown = beyond.chosen === undefined ? far : maskOthers(b, far, beyond.chosen, b.flashAttention ? F16 : F32);
    mask = g.concat(mask, shown, 0);
  }
  const sinks = b.weight(layer, 'attn_sinks');
  return turned(b, attendHeads(b, layer, q, keys, keys, mask, { sinks }), inputs.rotation);
}

/** Puts positions into the layer's state, and what is complete, compressed, into its cache; gives the cache. */
function compress(b: GraphBuilder, layer: number, x: Tensor, inputs: CompressedInputs, name: string): Tensor {
  const g = b.graph;
  const { ratio, head } = inputs;
  const device = b.deviceOf(layer);
  const width = stateWidth(head, ratio);
  const rows = stateRows(ratio) * b.sequences;
  const values = b.matMul(layer, `${name}_kv`, x);
  const places = g.getRows(b.weight(layer, `${name}_ape`), inputs.statePositions);
  const scores = g.add(b.matMul(layer, `${name}_gate`, x), places);
  const state = () => g.stored(F32, width, stateRows(ratio), b.sequences, 1, device, false);
  const stored = { values: state(), scores: state() };
  const all = (t: Tensor) => g.view(t, width, rows, 1, 1, g.stride(t, 1));
  const source = (t: Tensor, added: Tensor) => {
    const whole = all(t);
    return g.concat(g.view(whole, width, rows, 1, 1, g.stride(whole, 1)), added, 1);
  };
  const sources = [source(stored.values, values), source(stored.scores, scores)] as const;
  const [kept, weights] =
    ratio === FINE_RATIO ? overlapping(b, sources, inputs) : sources.map((t) => blocksOf(b, t, inputs));
  const summed = g.sumRows(g.mul(kept!, g.softMax(weights!)));
  const comp = g.cont(g.permute(summed, 1, 0, 2, 3));
  const normed = b.normNamed(layer, `${name}_norm`, comp);
  const cell = turned(b, rotateEnds(b, normed, inputs.writePositions), inputs.rotation);
  const cache = g.stored(b.options.typeK, head, inputs.cells, b.sequences, 1, device, false);
  g.expand(storeK(b, cache, cell, inputs.write));
  const persistedValues = g.getRows(values, inputs.persistFrom);
  const persistedScores = g.getRows(scores, inputs.persistFrom);
  g.expand(g.setRows(all(stored.values), persistedValues, inputs.persistTo));
  g.expand(g.setRows(all(stored.scores), persistedScores, inputs.persistTo));
  return cache;
}

/** Rows of the state in blocks, positions first. */
function blocksOf(b: GraphBuilder, state: Tensor, inputs: CompressedInputs): Tensor {
  const g = b.graph;
  const rows = g.getRows(state, inputs.read);
  const blocks = g.size(inputs.write, 0);
  return g.cont(g.permute(g.reshape(rows, inputs.head, inputs.ratio, blocks), 1, 0, 2, 3));
}

/** Blocks that overlap: each joins half of the block before with half of its own. */
function overlapping(
  b: GraphBuilder,
  sources: readonly [Tensor, Tensor],
  inputs: CompressedInputs,
): readonly [Tensor, Tensor] {
  const g = b.graph;
  const { head, ratio } = inputs;
  const blocks = g.size(inputs.write, 0);
  const rows = sources.map((state) => {
    const empty = g.reshape(g.scale(g.view(state, g.size(state, 0))), g.size(state, 0), 1);
    return g.getRows(g.concat(state, empty, 1), inputs.read);
  });
  const half = (t: Tensor) =>
    g.reshape(g.cont(g.view(t, head, ratio * blocks, 1, 1, g.stride(t, 1))), head, ratio, blocks);
  const before = rows.map(half);
  const own = rows.map(half);
  const joined = before.map((t, i) => g.concat(t, own[i]!, 1));
  const [values, scores] = joined.map((t) => g.cont(g.permute(t, 1, 0, 2, 3)));
  return [values!, scores!];
}

/** The indexer on the compressed keys. */
function chooseCells(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  compressedQuery: Tensor,
  keys: Tensor,
  inputs: Inputs,
): Tensor {
  const g = b.graph;
  const { indexerHead: head, indexerHeads: heads } = b.hp;
  const { sequences } = b;
  const projected = g.reshape(b.matMul(layer, 'indexer.attn_q_b', compressedQuery), head, heads, b.tokens);
  const query = turned(b, rotateEnds(b, projected, inputs.positions), inputs.indexer.rotation);
  const weights = g.scale(b.matMul(layer, 'indexer.proj', x));
  const each = b.tokens / sequences;
  const q = g.view(
    query,
    head,
    heads,
    each,
    sequences,
    g.stride(query, 1),
    g.stride(query, 2),
    g.stride(query, 3) / sequences,
  );
  const w = g.view(
    weights,
    heads,
    each,
    1,
    sequences,
    g.stride(weights, 1),
    g.stride(weights, 2) / sequences,
    g.stride(weights, 3) / sequences,
  );
  return bestCells(b, layer, q, viewAgain(b, viewCells(b, keys)), w, inputs.indexer.mask);
}
