/**
 * The models of Ollama's own engine whose graphs are described: what their Forward functions build, in order.
 * Sources: model/models/{qwen3,gemma3,gptoss,mistral3,nomicbert,bert}, ml/nn, ml/nn/pooling, Ollama 0.12.4 to 0.24.0.
 */

import type { GraphBuilder } from '../../../llama-cpp/graph/builder.ts';
import { NO_TENSOR, type Tensor } from '../../../llama-cpp/graph/graph.ts';
import { OP_OTHER } from '../../../llama-cpp/graph/ops.ts';
import { F32 } from '../../../model/tensors.ts';
import { embedTokens, inputTensor, type OwnInputs, type OwnTraits, ownAttention, ownInputs } from './attention.ts';

/** Builds the graph of a full batch. */
export type OwnModel = (b: GraphBuilder, traits: OwnTraits) => void;

function rms(b: GraphBuilder, x: Tensor, weight: Tensor): Tensor {
  const normed = b.graph.rmsNorm(x);
  return weight === NO_TENSOR ? normed : b.graph.mul(normed, weight);
}

function linear(b: GraphBuilder, layer: number, name: string, x: Tensor): Tensor {
  return b.addBias(layer, name, b.graph.mulMat(b.weight(layer, name), x));
}

interface BlockOptions {
  /** Queries and keys are normed head by head. */
  readonly headNorms?: boolean;
  readonly scalesQueries?: boolean;
  /** Norms behind both branches. */
  readonly postNorms?: boolean;
  readonly sinks?: boolean;
  readonly feedForwardNorm?: string;
  readonly scalesEmbedding?: boolean;
  /** gpt-oss adds the residual within attention, in front of picking the output rows. */
  readonly residualInside?: boolean;
  readonly feedForward: (b: GraphBuilder, layer: number, x: Tensor) => Tensor;
}

/** Embedding, blocks, last norm, logits of the rows that are wanted. */
function decoder(b: GraphBuilder, traits: OwnTraits, options: BlockOptions): void {
  const g = b.graph;
  const inputs = ownInputs(b, traits, true);
  let x = embedTokens(b);
  if (options.scalesEmbedding === true) {
    x = g.scale(x);
  }
  if (traits.imageTokens > 0) {
    // What the tower made is copied over the first tokens.
    const image = inputTensor(b, F32, b.hp.embedding, traits.imageTokens);
    g.expand(g.copy(image, g.view(x, b.hp.embedding * traits.imageTokens)));
  }
  for (const layer of b.layers) {
    x = block(inputs, layer, x, options);
  }
  const normed = rms(b, x, b.globalWeight('output_norm'));
  b.logits = g.mulMat(b.globalWeight('output'), normed);
  g.expand(b.logits);
}

function block(inputs: OwnInputs, layer: number, x: Tensor, options: BlockOptions): Tensor {
  const { b } = inputs;
  const g = b.graph;
  let current = attention(inputs, layer, rms(b, x, b.weight(layer, 'attn_norm')), options);
  let residual = x;
  if (options.postNorms === true) {
    current = rms(b, current, b.weight(layer, 'post_attention_norm'));
  }
  if (options.residualInside === true) {
    current = g.add(current, residual);
  }
  if (layer === b.lastLayer) {
    current = g.getRows(current, inputs.outputIds);
    residual = options.residualInside === true ? current : g.getRows(residual, inputs.outputIds);
  }
  if (options.residualInside !== true) {
    current = g.add(current, residual);
  }
  residual = current;
  const normed = rms(b, current, b.weight(layer, options.feedForwardNorm ?? 'ffn_norm'));
  current = options.feedForward(b, layer, normed);
  if (options.postNorms === true) {
    current = rms(b, current, b.weight(layer, 'post_ffw_norm'));
  }
  return g.add(current, residual);
}

function attention(inputs: OwnInputs, layer: number, x: Tensor, options: BlockOptions): Tensor {
  const { b } = inputs;
  const g = b.graph;
  const { hp } = b;
  const head = hp.isWindowed[layer] === 1 ? hp.headKSwa : hp.headK;
  const turn = (name: string, t: Tensor): Tensor => {
    const normed = options.headNorms === true ? rms(b, t, b.weight(layer, name)) : t;
    return g.rope(normed, inputs.positions);
  };
  let q = g.reshape(linear(b, layer, 'attn_q', x), head, hp.heads[layer]!, b.tokens);
  let k = g.reshape(linear(b, layer, 'attn_k', x), head, hp.headsKv[layer]!, b.tokens);
  const v = g.reshape(linear(b, layer, 'attn_v', x), hp.headV, hp.headsKv[layer]!, b.tokens);
  q = turn('attn_q_norm', q);
  k = turn('attn_k_norm', k);
  if (options.scalesQueries === true) {
    q = g.scale(q);
  }
  const sinks = options.sinks === true ? b.weight(layer, 'attn_sinks') : NO_TENSOR;
  const attended = ownAttention(inputs, layer, q, k, v, sinks);
  const flat = g.reshape(attended, g.size(attended, 0) * g.size(attended, 1), b.tokens);
  return linear(b, layer, 'attn_output', flat);
}

/** Gate and up side by side, then down. */
function gated(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  const gate = linear(b, layer, 'ffn_gate', x);
  return linear(b, layer, 'ffn_down', g.gluSplit(gate, linear(b, layer, 'ffn_up', x)));
}

/** Router, the chosen experts' networks, and their sum. */
function sparse(b: GraphBuilder, layer: number, x: Tensor, gptOss: boolean): Tensor {
  const g = b.graph;
  const { experts, expertsUsed } = b.hp;
  const width = g.size(x, 0);
  const tokens = g.size(x, 1);
  const logits = linear(b, layer, 'ffn_gate_inp', x);
  const weights = gptOss ? logits : g.softMax(logits);
  const chosen = g.argsortTopK(weights, expertsUsed);
  let routing = g.getRows(g.reshape(weights, 1, experts, tokens), chosen);
  if (gptOss) {
    routing = g.softMax(g.reshape(routing, expertsUsed, tokens));
  } else {
    routing = g.reshape(routing, expertsUsed, tokens);
    routing = g.div(routing, g.sumRows(routing));
  }
  routing = g.reshape(routing, 1, expertsUsed, tokens);
  const rows = g.reshape(x, width, 1, tokens);
  const batch = (name: string, t: Tensor): Tensor => {
    const product = g.mulMatId(b.weight(layer, name), t, chosen);
    const bias = b.bias(layer, name);
    return bias === NO_TENSOR ? product : g.addId(product, bias, chosen);
  };
  const gate = batch('ffn_gate_exps', rows);
  const hidden = g.gluSplit(gate, batch('ffn_up_exps', rows));
  const results = g.mul(batch('ffn_down_exps', hidden), routing);
  const view = (): Tensor => g.view(results, width, tokens, 1, 1, g.stride(results, 2));
  let sum = view();
  for (let i = 1; i < expertsUsed; i++) {
    sum = g.add(sum, view());
  }
  return sum;
}

const denseOrSparse = (b: GraphBuilder, layer: number, x: Tensor): Tensor =>
  b.has(layer, 'ffn_gate_inp') ? sparse(b, layer, x, false) : gated(b, layer, x);

/** Encoders that embed: no cache, norms behind the branches, one pooled row. */
function encoder(b: GraphBuilder, traits: OwnTraits): void {
  const g = b.graph;
  const { hp } = b;
  const inputs = ownInputs(b, traits, false);
  const normed = (x: Tensor, weight: Tensor, bias: Tensor): Tensor => {
    const scaled = g.mul(g.layerNorm(x), weight);
    return bias === NO_TENSOR ? scaled : g.add(scaled, bias);
  };
  let x = embedTokens(b);
  const types = b.globalWeight('token_types');
  if (types !== NO_TENSOR) {
    x = g.add(x, g.view(types, hp.embedding));
  }
  const positions = b.globalWeight('position_embd');
  if (positions !== NO_TENSOR) {
    x = g.add(x, g.getRows(positions, inputs.positions));
  }
  x = normed(x, b.globalWeight('token_embd_norm'), b.globalBias('token_embd_norm'));
  for (const layer of b.layers) {
    const attended = encoderAttention(inputs, layer, x, positions === NO_TENSOR);
    x = g.add(attended, x);
    x = normed(x, b.weight(layer, 'attn_output_norm'), b.bias(layer, 'attn_output_norm'));
    const network = b.has(layer, 'ffn_gate')
      ? gated(b, layer, x)
      : linear(b, layer, 'ffn_down', geluInPlace(b, linear(b, layer, 'ffn_up', x)));
    x = g.add(network, x);
    x = normed(x, b.weight(layer, 'layer_output_norm'), b.bias(layer, 'layer_output_norm'));
  }
  b.logits = g.l2Norm(pooled(b, x));
  g.expand(b.logits);
}

function geluInPlace(b: GraphBuilder, x: Tensor): Tensor {
  return b.graph.scaleInplace(x);
}

function encoderAttention(inputs: OwnInputs, layer: number, x: Tensor, rotates: boolean): Tensor {
  const { b } = inputs;
  const g = b.graph;
  const heads = b.hp.heads[layer]!;
  const head = b.hp.embedding / heads;
  let q: Tensor;
  let k: Tensor;
  let v: Tensor;
  if (b.has(layer, 'attn_qkv')) {
    const all = g.reshape(linear(b, layer, 'attn_qkv', x), head, heads * 3, b.tokens);
    const part = (): Tensor => g.view(all, head, heads, b.tokens, 1, g.stride(all, 1), g.stride(all, 2));
    [q, k, v] = [part(), part(), part()];
  } else {
    const part = (name: string): Tensor => g.reshape(linear(b, layer, name, x), head, heads, b.tokens);
    [q, k, v] = [part('attn_q'), part('attn_k'), part('attn_v')];
  }
  if (rotates) {
    q = g.rope(q, inputs.positions);
    k = g.rope(k, inputs.positions);
  }
  const attended = ownAttention(inputs, layer, q, k, v);
  return linear(b, layer, 'attn_output', g.reshape(attended, b.hp.embedding, b.tokens));
}

/** llama.cpp's numbers of pooling: 1 mean, 2 the first token, 3 the last. */
function pooled(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  if (b.hp.poolingType === 1) {
    const columns = g.cont(g.permute(x, 1, 0, 2, 3));
    const mean = g.custom(OP_OTHER, F32, [1, g.size(columns, 1), 1, 1], [columns]);
    return g.cont(g.permute(mean, 1, 0, 2, 3));
  }
  return g.view(x, g.size(x, 0));
}

/** Described models by the architecture as llama.cpp calls it. */
const MODELS: ReadonlyMap<string, OwnModel> = new Map<string, OwnModel>([
  ['qwen3', (b, traits) => decoder(b, traits, { headNorms: true, feedForward: denseOrSparse })],
  ['qwen3moe', (b, traits) => decoder(b, traits, { headNorms: true, feedForward: denseOrSparse })],
  ['qwen3vl', (b, traits) => decoder(b, traits, { headNorms: true, feedForward: denseOrSparse })],
  ['qwen3vlmoe', (b, traits) => decoder(b, traits, { headNorms: true, feedForward: denseOrSparse })],
  ['mistral3', (b, traits) => decoder(b, traits, { feedForward: gated })],
  [
    'gemma3',
    (b, traits) =>
      decoder(b, traits, {
        headNorms: true,
        scalesQueries: true,
        scalesEmbedding: true,
        postNorms: true,
        feedForward: gated,
      }),
  ],
  [
    'gpt-oss',
    (b, traits) =>
      decoder(b, traits, {
        sinks: true,
        residualInside: true,
        feedForwardNorm: 'post_attention_norm',
        feedForward: (builder, layer, x) => sparse(builder, layer, x, true),
      }),
  ],
  ['nomic-bert', encoder],
  ['bert', encoder],
]);

/** The description of a model's graph, where there is one. */
export function findOwnModel(architecture: string): OwnModel | undefined {
  return MODELS.get(architecture);
}
