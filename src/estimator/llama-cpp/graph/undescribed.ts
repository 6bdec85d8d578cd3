/**
 * A description for architectures that have none: the graph that the model's tensors suggest. Nearly all architectures
 * are the same few parts under the same names, so this comes close; what it does not know it assumes to be dear.
 */

import type { Hparams, HparamsDraft } from '../../model/hyper-parameters.ts';
import type { MetadataReader } from '../../model/metadata.ts';
import type { MemoryKind } from '../../model/model.ts';
import { readMrope, readRouting, readWindowedLayers } from '../../model/shared-keys.ts';
import { HOME_INPUT } from '../../model/tensor-homes.ts';
import { F32, I32, rowBytes } from '../../model/tensors.ts';
import type { ModelSpec } from '../../types.ts';
import type { Architecture } from '../architecture.ts';
import type { AttentionInputs } from './attention.ts';
import { attend, attentionInputs, plainAttentionInputs } from './attention.ts';
import type { GraphBuilder, NormKind } from './builder.ts';
import type { DecoderContext } from './decoder.ts';
import { attention } from './decoder.ts';
import { deltaNet } from './delta-net.ts';
import { experts, feedForward, SHARED_EXPERT } from './feed-forward.ts';
import type { Tensor } from './graph.ts';
import { MAX_PARENTS, NO_TENSOR } from './graph.ts';
import type { IndexerInputs } from './indexer.ts';
import { chooseCells, indexerInputs } from './indexer.ts';
import { latentAttention, readLatentAttention } from './latent-attention.ts';
import { OP_OTHER } from './ops.ts';
import type { RecurrentInputs } from './recurrent.ts';
import { convolutionStates, mamba1, mamba2, readStates, recurrentInputs, recurrentStates } from './recurrent.ts';

const SOFTMAX = 1;
const STATE = /^blk\.(\d+)\.(?:ssm_|time_mix_|shortconv\.)/;
const ATTENTION = /^blk\.(\d+)\.attn_(?!(?:output_|post_)?norm)/;
const ATTENTION_OUTPUT = /^blk\.(\d+)\.attn_output(?!_norm)/;
const INDEXER = /^blk\.(\d+)\.indexer\.attn_q_b\.weight$/;
/** Stands for a window that no context exceeds. */
const ENDLESS_TOKENS = 2 ** 31;

/** Describes a model by its tensors and the keys that many architectures share. */
export function describeByTensors(spec: ModelSpec): Architecture {
  const stateful = layersWith(spec, STATE);
  const withOutput = layersWith(spec, ATTENTION_OUTPUT);
  // Delta nets have matrices by the names of attention's, but an output of their own.
  const attending = new Set(
    [...layersWith(spec, ATTENTION)].filter((layer) => withOutput.has(layer) || !stateful.has(layer)),
  );
  const manner = mannerOf(spec);
  return {
    names: [],
    nodesPerTensor: 32,
    memory: memoryOf(spec, stateful.size > 0, attending.size > 0),
    hasOutput: !isEncoder(spec) || spec.tensors.some(({ name }) => name.endsWith('output_norm.weight')),
    cachesNextn: true,
    buildsAllLayers: true,
    fusesDeltaNet: stateful.size > 0,
    fusesIndexer: layersWith(spec, INDEXER).size > 0,
    attends: (hp, layer) => (attending.has(layer) || stateful.size === 0) && hp.headsKv[layer]! > 0,
    hparams(hp, reader) {
      readGuessed(hp, reader);
      for (const layer of stateful) {
        hp.isRecurrent[layer] = 1;
      }
      for (const layer of layersWith(spec, INDEXER)) {
        hp.hasIndexer[layer] = hp.indexerHead > 0 ? 1 : 0;
      }
    },
    layerKind: (hp, layer) => (layer < deepstackLayers(hp) ? 1 : 0),
    build: (b) => build(b, manner),
  };
}

function layersWith(spec: ModelSpec, pattern: RegExp): ReadonlySet<number> {
  const layers = new Set<number>();
  for (const { name } of spec.tensors) {
    const match = pattern.exec(name);
    if (match !== null) {
      layers.add(Number(match[1]));
    }
  }
  return layers;
}

/** Models that read in both directions and are asked for embeddings have neither cache nor output matrix. */
function isEncoder(spec: ModelSpec): boolean {
  const key = (name: string) => spec.metadata[`${spec.architecture}.${name}`];
  const pools = key('pooling_type') !== undefined || key('attention.causal') === false;
  return pools && !spec.tensors.some(({ name }) => name === 'output.weight');
}

function memoryOf(spec: ModelSpec, keepsStates: boolean, attends: boolean): MemoryKind {
  if (keepsStates) {
    return attends ? 'hybrid' : 'recurrent';
  }
  return isEncoder(spec) ? 'none' : 'attention';
}

function readGuessed(hp: HparamsDraft, reader: MetadataReader): void {
  readLatentAttention(hp, reader);
  readRouting(hp, reader, SOFTMAX);
  readMrope(hp, reader);
  if (hp.heads[0] === 0) {
    hp.headK = reader.numberOr('attention.key_length', hp.headK);
    hp.headV = reader.numberOr('attention.value_length', hp.headV);
  }
  hp.nextnLayers = Math.min(reader.numberOr('nextn_predict_layers', 0), hp.layersAll - 1);
  hp.embeddingScale = reader.numberOr('embedding_scale', 0);
  hp.finalSoftcap = reader.numberOr('final_logit_softcapping', 0);
  hp.attentionSoftcap = reader.numberOr('attn_logit_softcapping', 0) > 0;
  hp.clampKqv = reader.numberOr('attention.clamp_kqv', 0);
  hp.ssmConv = reader.numberOr('ssm.conv_kernel', 0);
  hp.ssmInner = reader.numberOr('ssm.inner_size', 0);
  hp.ssmState = reader.numberOr('ssm.state_size', 0);
  hp.ssmRank = reader.numberOr('ssm.time_step_rank', 0);
  hp.ssmGroups = reader.numberOr('ssm.group_count', 0);
  hp.shortConvCache = reader.numberOr('shortconv.l_cache', 0);
  hp.kdaHeadSize = reader.numberOr('kda.head_dim', 0);
  hp.wkvHeadSize = reader.numberOr('wkv.head_size', 0);
  hp.tokenShift = reader.numberOr('token_shift_count', hp.tokenShift);
  hp.inputEmbedding = hp.embedding * (1 + reader.numberOr('n_deepstack_layers', 0));
  hp.parallelResidual = reader.boolean('use_parallel_residual') ?? false;
  hp.indexerHeads = reader.numberOr('attention.indexer.head_count', 0);
  hp.indexerHead = reader.numberOr('attention.indexer.key_length', 0);
  hp.indexerTopK = reader.numberOr('attention.indexer.top_k', 0);
  const window = reader.numberOr('attention.sliding_window', reader.numberOr('attention.chunk_size', 0));
  if (window > 0) {
    // Only a list tells for sure which layers are windowed; without one all of them keep the whole context.
    const listed = reader.array('attention.sliding_window_pattern') !== undefined;
    hp.slidingWindow = 'standard';
    hp.windowTokens = listed ? window : ENDLESS_TOKENS;
    readWindowedLayers(hp, reader, 2);
  }
}

/** What the layers share. */
interface Inputs {
  readonly context: DecoderContext;
  readonly states: RecurrentInputs;
  readonly kind: NormKind;
  readonly rotates: boolean;
  /** Results of matrices outside the layers: assumed to live as long as the layers. */
  readonly lasting: readonly Tensor[];
  readonly indexer: IndexerInputs | undefined;
  /** The cells that an indexer chose last. */
  chosen: Tensor | undefined;
}

/** How a model is built that its hyper-parameters do not say. */
interface Manner {
  readonly kind: NormKind;
  readonly rotates: boolean;
}

function mannerOf(spec: ModelSpec): Manner {
  const has = (name: string) => spec.metadata[`${spec.architecture}.${name}`] !== undefined;
  return {
    kind: has('attention.layer_norm_rms_epsilon') ? 'rms' : 'layer',
    rotates: has('rope.freq_base') || has('rope.dimension_count') || has('rope.dimension_sections'),
  };
}

function deepstackLayers(hp: Hparams): number {
  return hp.inputEmbedding / hp.embedding - 1;
}

function build(b: GraphBuilder, { kind, rotates }: Manner): void {
  const g = b.graph;
  const { memory } = b.model.traits;
  const positions = b.inputPositions();
  const outputIds = b.inputOutputIds();
  const none: AttentionInputs = plainAttentionInputs(b);
  const caches = memory === 'attention' || memory === 'hybrid';
  const context = { positions, outputIds, inputs: caches ? attentionInputs(b) : none };
  const embeds = b.globalWeight('token_embd') !== NO_TENSOR;
  let x = embeds ? b.inputEmbedding() : g.input(F32, b.hp.embedding, b.tokens);
  const table = b.globalWeight('position_embd');
  if (table !== NO_TENSOR) {
    x = g.add(x, g.getRows(table, positions));
  }
  const embeddingNorm = b.globalWeight('token_embd_norm');
  if (embeddingNorm !== NO_TENSOR) {
    x = b.norm(x, embeddingNorm, b.globalBias('token_embd_norm'), kind, 0);
  }
  const inputs: Inputs = {
    context,
    states: recurrentInputs(b),
    kind,
    rotates,
    lasting: lastingResults(b, x),
    indexer: b.hp.indexerHead > 0 ? indexerInputs(b) : undefined,
    chosen: undefined,
  };
  for (const layer of b.layers) {
    x = buildLayer(b, layer, x, inputs);
    if (embeds && layer < deepstackLayers(b.hp)) {
      x = g.add(x, g.view(b.inputRows, b.hp.embedding, b.tokens, 1, 1, g.stride(b.inputRows, 1)));
    }
  }
  const normed = b.norm(x, b.globalWeight('output_norm'), b.globalBias('output_norm'), kind, -1);
  if (memory === 'none' || b.globalWeight('output') === NO_TENSOR) {
    b.embedding = g.expand(normed);
    return;
  }
  b.nextn = normed;
  b.finishNormed(g.getRows(normed, outputIds), (logits) =>
    b.hp.finalSoftcap === 0 ? logits : g.scale(g.unary(g.scale(logits))),
  );
}

const KNOWN_OUTSIDE: ReadonlySet<string> = new Set(['token_embd', 'position_embd', 'token_types', 'token_embd_norm']);

/** Rows of tables and results of matrices that stand outside the layers, as Gemma 3n's inputs of each layer. */
function lastingResults(b: GraphBuilder, x: Tensor): readonly Tensor[] {
  const g = b.graph;
  const results: Tensor[] = [];
  for (const [name, { weight }] of b.model.globals) {
    if (weight === undefined || KNOWN_OUTSIDE.has(name) || weight.sizes[1] === 1 || results.length === MAX_LASTING) {
      continue;
    }
    if (weight.home === HOME_INPUT) {
      results.push(g.getRows(b.globalWeight(name), g.input(I32, b.tokens)));
    } else if (weight.home >= 0 && weight.sizes[0] === b.hp.embedding && weight.sizes[2] === 1) {
      results.push(g.mulMat(b.globalWeight(name), x));
    }
  }
  return results;
}

/** Norm in front of the feed-forward network, by the names it goes by. */
const NETWORK_NORMS = ['ffn_norm', 'post_attention_norm', 'attn_output_norm', 'attn_norm_2'];

function buildLayer(b: GraphBuilder, layer: number, x: Tensor, inputs: Inputs): Tensor {
  const g = b.graph;
  const { kind } = inputs;
  const normed = b.normNamed(layer, 'attn_norm', x, kind);
  let current = NO_TENSOR;
  for (const branch of [attentionBranch(b, layer, normed, inputs), stateBranch(b, layer, normed, inputs)]) {
    if (branch !== NO_TENSOR) {
      current = current === NO_TENSOR ? branch : g.add(current, branch);
    }
  }
  current = withUnknown(b, layer, normed, current, inputs.lasting);
  const networkNorm = NETWORK_NORMS.find((name) => b.has(layer, name));
  if (networkNorm === 'ffn_norm' && b.has(layer, 'post_attention_norm') && current !== NO_TENSOR) {
    current = b.normNamed(layer, 'post_attention_norm', current, kind);
  }
  const middle = current === NO_TENSOR ? x : g.add(current, x);
  // Without a norm of its own the network stands beside attention.
  const beside = b.hp.parallelResidual || networkNorm === 'attn_norm_2' ? x : middle;
  const input = networkNorm === undefined ? normed : b.normNamed(layer, networkNorm, beside, kind);
  let hidden = network(b, layer, input);
  if (hidden === NO_TENSOR) {
    return middle;
  }
  if (b.has(layer, 'post_ffw_norm')) {
    hidden = b.normNamed(layer, 'post_ffw_norm', hidden, kind);
  }
  return g.add(hidden, middle);
}

function attentionBranch(b: GraphBuilder, layer: number, x: Tensor, inputs: Inputs): Tensor {
  const { context } = inputs;
  const has = (name: string) => b.has(layer, name);
  if (b.hp.headsKv[layer] === 0 || b.model.traits.attends?.(b.hp, layer) !== true) {
    return NO_TENSOR;
  }
  const queries = has('attn_q') || (has('attn_q_a') && has('attn_q_b'));
  if (has('attn_kv_a_mqa') && has('attn_kv_a_norm') && queries && has('attn_output')) {
    const complete = b.hp.headKMla === 0 ? has('attn_kv_b') : has('attn_k_b') && has('attn_v_b');
    return complete ? sparseOrLatent(b, layer, x, inputs) : incompleteAttention(b, layer, x, inputs);
  }
  if (!has('attn_output') || !(has('attn_qkv') || (has('attn_q') && has('attn_k') && has('attn_v')))) {
    return incompleteAttention(b, layer, x, inputs);
  }
  const head = b.hp.isWindowed[layer] === 1 ? b.hp.headKSwa : b.hp.headK;
  const heads = b.hp.heads[layer]!;
  if (has('attn_q') && b.graph.size(b.weight(layer, 'attn_q'), 1) === 2 * head * heads) {
    return gatedByQuery(b, layer, x, inputs);
  }
  const qkNorm = has('attn_q_norm')
    ? b.graph.size(b.weight(layer, 'attn_q_norm'), 0) === head
      ? 'head'
      : 'row'
    : undefined;
  return attention(b, layer, x, context, {
    ...(qkNorm === undefined || (qkNorm === 'row' && !has('attn_q')) ? {} : { qkNorm }),
    qkNormKind: inputs.kind,
    rope: inputs.rotates,
    ropeFactors: true,
    outputGate: has('attn_gate'),
    sinks: b.weight(layer, 'attn_sinks'),
  });
}

/** Attention some of whose matrices are missing or go by unknown names; V may be made by K's matrix (Gemma 4). */
function incompleteAttention(b: GraphBuilder, layer: number, x: Tensor, inputs: Inputs): Tensor {
  const g = b.graph;
  const { hp } = b;
  const windowed = hp.isWindowed[layer] === 1;
  const heads = (name: string, size: number, count: number) => {
    const known = b.has(layer, name) && g.size(b.weight(layer, name), 1) === size * count;
    const made = known ? b.matMul(layer, name, x) : g.custom(OP_OTHER, F32, [size * count, b.tokens, 1, 1], [x]);
    return g.rope(g.reshape(made, size, count, b.tokens), inputs.context.positions);
  };
  const q = heads('attn_q', windowed ? hp.headKSwa : hp.headK, hp.heads[layer]!);
  const k = heads('attn_k', windowed ? hp.headKSwa : hp.headK, hp.headsKv[layer]!);
  const v = heads('attn_v', windowed ? hp.headVSwa : hp.headV, hp.headsKv[layer]!);
  const attended = attend(b, layer, inputs.context.inputs, { q, k, v }, { output: '' });
  return g.custom(OP_OTHER, F32, [hp.embedding, b.tokens, 1, 1], [attended]);
}

function sparseOrLatent(b: GraphBuilder, layer: number, x: Tensor, inputs: Inputs): Tensor {
  const { context, indexer } = inputs;
  const indexes = ['indexer.attn_q_b', 'indexer.attn_k', 'indexer.proj'].every((name) => b.has(layer, name));
  if (indexer === undefined || (b.hp.hasIndexer[layer] === 1 && !indexes)) {
    return latentAttention(b, layer, x, context);
  }
  return latentAttention(b, layer, x, context, {
    choose(compressedQuery) {
      if (b.hp.hasIndexer[layer] === 1) {
        inputs.chosen = chooseCells(b, layer, x, compressedQuery, context.positions, indexer);
      }
      return inputs.chosen;
    },
  });
}

/** The query matrix carries a gate for the output (Qwen3-Next). */
function gatedByQuery(b: GraphBuilder, layer: number, x: Tensor, inputs: Inputs): Tensor {
  const g = b.graph;
  const head = b.hp.headK;
  const heads = b.hp.heads[layer]!;
  const headsKv = b.hp.headsKv[layer]!;
  const { positions } = inputs.context;
  const both = b.matMul(layer, 'attn_q', x);
  const step = rowBytes(F32, head * 2);
  const half = () => g.view(both, head, heads, b.tokens, 1, step, step * heads);
  const q = g.rope(b.norm(half(), b.weight(layer, 'attn_q_norm'), NO_TENSOR, inputs.kind, layer), positions);
  const key = g.reshape(b.matMul(layer, 'attn_k', x), head, headsKv, b.tokens);
  const k = g.rope(b.norm(key, b.weight(layer, 'attn_k_norm'), NO_TENSOR, inputs.kind, layer), positions);
  const v = g.reshape(b.matMul(layer, 'attn_v', x), head, headsKv, b.tokens);
  const gate = g.contShape(half(), head * heads, b.tokens);
  const attended = attend(b, layer, inputs.context.inputs, { q, k, v }, { output: '' });
  return b.matMul(layer, 'attn_output', g.mul(attended, g.unary(gate)));
}

/** Results that an unknown recurrent part may need at once. */
const SCAN_RESULTS = 16;

/** A recurrent part: Mamba's where the tensors are Mamba's, else all matrices and the states at once. */
function stateBranch(b: GraphBuilder, layer: number, x: Tensor, inputs: Inputs): Tensor {
  const { hp } = b;
  if (hp.isRecurrent[layer] !== 1) {
    return NO_TENSOR;
  }
  const has = (name: string) => b.has(layer, name);
  const sized = hp.ssmInner > 0 && hp.ssmState > 0 && hp.ssmRank > 0 && hp.ssmConv > 1;
  if (sized && has('ssm_in') && has('ssm_conv1d') && has('ssm_a') && has('ssm_d') && has('ssm_out')) {
    return has('ssm_x') && has('ssm_dt')
      ? mamba1(b, layer, inputs.states, x, has('ssm_dt_norm'))
      : mamba2(b, layer, inputs.states, x);
  }
  if (sized && has('ssm_conv1d') && has('ssm_a') && has('ssm_out') && has('ssm_norm')) {
    const interleaved = has('ssm_ba') && has('ssm_in');
    const plain = has('attn_qkv') && has('attn_gate') && has('ssm_beta') && has('ssm_alpha');
    if (plain || interleaved) {
      return deltaNet(b, layer, inputs.states, x, { interleaved, repeatsHeads: interleaved });
    }
  }
  const g = b.graph;
  const parts = [convolutionStates(b, layer), recurrentStates(b, layer)]
    .filter((stored) => g.size(stored, 0) > 0)
    .map((stored) => readStates(b, inputs.states, stored));
  const widest = Math.max(hp.ssmInner, hp.embedding);
  const states = parts.reduce((sum, part) => sum + g.elements(part), 0);
  const scanned = g.custom(OP_OTHER, F32, [SCAN_RESULTS * widest * b.tokens + states, 1, 1, 1], [x, ...parts]);
  return g.custom(OP_OTHER, F32, [hp.embedding, b.tokens, 1, 1], [scanned]);
}

/** Results outside the layers that are counted at most. */
const MAX_LASTING = 3;

/** Names that the parts above use. */
const KNOWN = /^(?:attn_(?:q|k|v|qkv|output|gate|q_a|q_b|kv_a_mqa|kv_b|k_b|v_b)|ffn_.*|nextn\..*|indexer\..*)$/;
const MAMBA = /^ssm_/;

/** Results of matrices nobody knows, all of them alive at once, joined to `current`. */
function withUnknown(b: GraphBuilder, layer: number, x: Tensor, current: Tensor, lasting: readonly Tensor[]): Tensor {
  const g = b.graph;
  const knowsStates = b.has(layer, 'ssm_conv1d');
  const used = current !== NO_TENSOR;
  const parents: Tensor[] = [used ? current : x, ...lasting];
  for (const [name, part] of b.model.blocks[layer]!) {
    const weight = part.weight;
    const known = (KNOWN.test(name) && (used || name.startsWith('ffn_'))) || (knowsStates && MAMBA.test(name));
    if (weight === undefined || known || weight.sizes[1] === 1 || weight.sizes[0] !== b.hp.embedding) {
      continue;
    }
    if (weight.sizes[2] === 1 && parents.length < MAX_PARENTS) {
      parents.push(b.matMul(layer, name, x, false));
    }
  }
  if (parents.length === 1) {
    return current;
  }
  return g.custom(OP_OTHER, F32, [b.hp.embedding, b.tokens, 1, 1], parents);
}

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  const { hp } = b;
  const has = (name: string) => b.has(layer, name);
  let sum = NO_TENSOR;
  const plus = (part: Tensor) => {
    sum = sum === NO_TENSOR ? part : g.add(sum, part);
  };
  const routed = has('ffn_gate_inp') && has('ffn_down_exps') && hp.expertsUsed > 0;
  if (routed && (has('ffn_up_exps') || has('ffn_gate_up_exps'))) {
    plus(
      experts(b, layer, x, {
        normalize: true,
        scale: hp.expertWeightsScale,
        gating: hp.expertGating,
        biases: true,
      }),
    );
  }
  if (has('ffn_up_shexp') && has('ffn_down_shexp')) {
    plus(feedForward(b, layer, x, { names: SHARED_EXPERT }));
  }
  if (has('ffn_up') && has('ffn_down')) {
    const fusedGate = b.graph.size(b.weight(layer, 'ffn_up'), 1) === 2 * b.graph.size(b.weight(layer, 'ffn_down'), 0);
    plus(feedForward(b, layer, x, { fusedGate, activation: has('ffn_gate') || fusedGate ? 'silu' : 'relu-sqr' }));
  }
  return sum;
}
