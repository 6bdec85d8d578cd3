/**
 * The frame that most decoders share: embedding, blocks of attention and feed-forward with residuals, output.
 *
 * An architecture says where it differs. Names of tensors and the order of operations follow models/*.cpp of llama.cpp.
 */

import type { AttendOptions, AttentionInputs, Qkv } from './attention.ts';
import { attend, attentionInputs, plainAttentionInputs, projectOutput, qkv } from './attention.ts';
import type { GraphBuilder, NormKind } from './builder.ts';
import { feedForward } from './feed-forward.ts';
import type { Tensor } from './graph.ts';
import { NO_TENSOR } from './graph.ts';

/** Inputs that the layers of a decoder share. */
export interface DecoderContext {
  readonly positions: Tensor;
  readonly inputs: AttentionInputs;
  /** Numbers of the output rows. */
  readonly outputIds: Tensor;
}

export interface AttentionOptions extends AttendOptions {
  /** Norm of queries and keys: per head, over whole rows before they are cut into heads, or per head behind rope. */
  readonly qkNorm?: 'head' | 'row' | 'head-behind-rope';
  readonly qkNormKind?: NormKind;
  /** Whether this layer rotates; default: all do. */
  readonly rope?: boolean;
  /** Rope factors come from the model's file (`get_rope_factors`). */
  readonly ropeFactors?: boolean;
  /** Queries are scaled on a node of their own. */
  readonly scaleQ?: boolean;
  /** Head size; default: the layer's K head. */
  readonly head?: number;
  /** Size of a V head where it is another. */
  readonly headV?: number;
  /** A gate made of the input (`attn_gate`, one number a head or an element) stands in front of the output matrix. */
  readonly outputGate?: boolean;
}

/** Attention with optional norms and rope around {@link attend}; `x` is normed. */
export function attention(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  context: DecoderContext,
  options: AttentionOptions = {},
): Tensor {
  const heads = project(b, layer, x, options);
  const g = b.graph;
  if (options.rope !== false) {
    const factors = options.ropeFactors === true ? b.chosenRopeFactors(layer) : NO_TENSOR;
    heads.q = g.rope(heads.q, context.positions, factors);
    heads.k = g.rope(heads.k, context.positions, factors);
  }
  if (options.qkNorm === 'head-behind-rope') {
    normHeads(b, layer, heads, options.qkNormKind ?? 'rms');
  }
  if (options.scaleQ === true) {
    heads.q = g.scale(heads.q);
  }
  if (options.outputGate !== true) {
    return attend(b, layer, context.inputs, heads, options);
  }
  const attended = attend(b, layer, context.inputs, heads, { ...options, output: '' });
  return projectOutput(b, layer, gated(b, layer, attended, x), options);
}

function gated(b: GraphBuilder, layer: number, attended: Tensor, x: Tensor): Tensor {
  const g = b.graph;
  const gate = g.unary(b.matMul(layer, 'attn_gate', x, false));
  const count = b.hp.heads[layer]!;
  if (g.size(gate, 0) !== count) {
    return g.mul(attended, gate);
  }
  const width = g.size(attended, 0);
  const heads = g.reshape(attended, width / count, count, b.tokens);
  return g.reshape(g.mul(heads, g.reshape(gate, 1, count, b.tokens)), width, b.tokens);
}

function project(b: GraphBuilder, layer: number, x: Tensor, options: AttentionOptions): Qkv {
  const g = b.graph;
  const { hp } = b;
  const head = options.head ?? (hp.isWindowed[layer] === 1 ? hp.headKSwa : hp.headK);
  if (options.qkNorm !== 'row') {
    const heads = qkv(b, layer, x, head, hp.heads[layer], hp.headsKv[layer], options.headV);
    if (options.qkNorm === 'head') {
      normHeads(b, layer, heads, options.qkNormKind ?? 'rms');
    }
    return heads;
  }
  const kind = options.qkNormKind ?? 'rms';
  const rows = (name: string) => b.addBias(layer, name, b.matMul(layer, name, x));
  const q = b.normNamed(layer, 'attn_q_norm', rows('attn_q'), kind);
  const k = b.normNamed(layer, 'attn_k_norm', rows('attn_k'), kind);
  return {
    q: g.reshape(q, head, hp.heads[layer]!, b.tokens),
    k: g.reshape(k, head, hp.headsKv[layer]!, b.tokens),
    v: g.reshape(rows('attn_v'), head, hp.headsKv[layer]!, b.tokens),
  };
}

function normHeads(b: GraphBuilder, layer: number, heads: Qkv, kind: NormKind): void {
  if (b.has(layer, 'attn_q_norm')) {
    heads.q = b.normNamed(layer, 'attn_q_norm', heads.q, kind);
  }
  if (b.has(layer, 'attn_k_norm')) {
    heads.k = b.normNamed(layer, 'attn_k_norm', heads.k, kind);
  }
}

export interface DecoderOptions {
  /** Kind of all norms; default RMS. */
  readonly norm?: NormKind;
  /** The embeddings are scaled on a node of their own. */
  readonly scaleEmbedding?: boolean;
  /** The embeddings of the positions are added, where the model has them. */
  readonly positionEmbedding?: boolean;
  /** The embeddings are normed. */
  readonly embeddingNorm?: boolean;
  /** Attention of a layer: options, or all of it. `x` is normed. */
  readonly attention?:
    | AttentionOptions
    | ((b: GraphBuilder, layer: number, x: Tensor, context: DecoderContext) => Tensor);
  /** Norm in front of attention; '' = none. Default `attn_norm`. */
  readonly attentionNorm?: string;
  /** Norm behind attention; default none. */
  readonly attentionPostNorm?: string;
  /** Norm in front of the feed-forward network; '' = none. Default `ffn_norm`. */
  readonly feedForwardNorm?: string;
  /** Norm behind the feed-forward network; default none. */
  readonly feedForwardPostNorm?: string;
  /** True where llama.cpp gives that norm no layer number, so that it is not pinned to the layer's device. */
  readonly feedForwardPostNormUnpinned?: boolean;
  /** The feed-forward network; default: gated and dense. */
  readonly feedForward?: (b: GraphBuilder, layer: number, x: Tensor) => Tensor;
  /** Both branches are scaled before they are added to the residual. */
  readonly scaleResidual?: (b: GraphBuilder) => boolean;
  /** What happens to the logits. */
  readonly logits?: (b: GraphBuilder, logits: Tensor) => Tensor;
  /** The last addition names the residual first: the sum takes its place instead of the branch's. */
  readonly residualFirst?: boolean;
  /** So does the addition behind attention. */
  readonly attentionResidualFirst?: boolean;
  /**
   * Output rows are picked behind the last layer, not within it, or behind the last norm; the whole last state stays an
   * output.
   */
  readonly lateOutputs?: boolean | 'normed';
  /** What happens behind a block. */
  readonly afterLayer?: (b: GraphBuilder, layer: number, x: Tensor) => Tensor;
}

/** Builds a decoder. */
export function decoder(b: GraphBuilder, options: DecoderOptions = {}): void {
  const g = b.graph;
  const context = decoderContext(b);
  let x = embed(b, context, options);
  for (const layer of b.layers) {
    x = decoderLayer(b, layer, x, context, options);
    x = options.afterLayer?.(b, layer, x) ?? x;
  }
  if (options.lateOutputs === 'normed') {
    finishAllRows(b, x, context, options);
    return;
  }
  if (options.lateOutputs === true) {
    b.nextn = x;
    x = g.getRows(x, context.outputIds);
  }
  finishDecoder(b, x, options);
}

/** Inputs as nearly all decoders have them. */
export function decoderContext(b: GraphBuilder): DecoderContext {
  const cached = b.model.traits.memory !== 'none';
  return {
    positions: b.inputPositions(),
    inputs: cached ? attentionInputs(b) : plainAttentionInputs(b),
    outputIds: b.inputOutputIds(),
  };
}

/** Embeddings of the tokens and what happens to them in front of the first block. */
export function embed(b: GraphBuilder, context: DecoderContext, options: DecoderOptions): Tensor {
  const g = b.graph;
  let x = b.inputEmbedding();
  if (options.scaleEmbedding === true) {
    x = g.scale(x);
  }
  if (options.positionEmbedding === true) {
    const table = b.globalWeight('position_embd');
    x = table === NO_TENSOR ? x : g.add(x, g.getRows(table, context.positions));
  }
  if (options.embeddingNorm === true) {
    const kind = options.norm ?? 'rms';
    x = b.norm(x, b.globalWeight('token_embd_norm'), b.globalBias('token_embd_norm'), kind, 0);
  }
  return x;
}

/** Last norm, output matrix, logits. */
export function finishDecoder(b: GraphBuilder, x: Tensor, options: DecoderOptions): void {
  const { logits } = options;
  const normed = b.norm(x, b.globalWeight('output_norm'), b.globalBias('output_norm'), options.norm ?? 'rms', -1);
  b.finishNormed(normed, logits === undefined ? undefined : (t) => logits(b, t));
}

/** As {@link finishDecoder}, with output rows picked behind the norm; multi-token prediction reads the normed state. */
export function finishAllRows(b: GraphBuilder, x: Tensor, context: DecoderContext, options: DecoderOptions): void {
  const { logits } = options;
  b.nextn = b.norm(x, b.globalWeight('output_norm'), b.globalBias('output_norm'), options.norm ?? 'rms', -1);
  const chosen = b.graph.getRows(b.nextn, context.outputIds);
  b.finishNormed(chosen, logits === undefined ? undefined : (t) => logits(b, t));
}

/** One block with its two residuals. */
export function decoderLayer(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  context: DecoderContext,
  options: DecoderOptions,
): Tensor {
  const g = b.graph;
  const kind = options.norm ?? 'rms';
  const scales = options.scaleResidual?.(b) === true;
  let residual = x;
  const before = options.attentionNorm ?? 'attn_norm';
  let current = before === '' ? x : b.normNamed(layer, before, x, kind);
  current =
    typeof options.attention === 'function'
      ? options.attention(b, layer, current, context)
      : attention(b, layer, current, context, options.attention);
  if (layer === b.lastLayer && (options.lateOutputs ?? false) === false) {
    current = g.getRows(current, context.outputIds);
    residual = g.getRows(residual, context.outputIds);
  }
  if (options.attentionPostNorm !== undefined) {
    current = b.normNamed(layer, options.attentionPostNorm, current, kind);
  }
  if (scales) {
    current = g.scale(current);
  }
  const middle = options.attentionResidualFirst === true ? g.add(residual, current) : g.add(current, residual);
  const between = options.feedForwardNorm ?? 'ffn_norm';
  current = between === '' ? middle : b.normNamed(layer, between, middle, kind);
  current = (options.feedForward ?? feedForward)(b, layer, current);
  if (options.feedForwardPostNorm !== undefined) {
    const weight = b.weight(layer, options.feedForwardPostNorm);
    const bias = b.bias(layer, options.feedForwardPostNorm);
    current = b.norm(current, weight, bias, kind, options.feedForwardPostNormUnpinned === true ? -1 : layer);
  }
  if (scales) {
    current = g.scale(current);
  }
  return options.residualFirst === true ? g.add(middle, current) : g.add(current, middle);
}

/** scale, tanh, scale: what caps logits. */
export function softcap(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  return g.scale(g.unary(g.scale(x)));
}
