/**
 * Hyper-parameters of a model, read from GGUF metadata under llama.cpp's keys with llama.cpp's defaults.
 *
 * What every architecture shares is read here (llama-model.cpp, `load_hparams`, b10256); what only some read
 * (`load_arch_hparams` of models/*.cpp) is added by the architecture's own description.
 */

import type { MetadataValue, ModelSpec } from '../types.ts';
import { EstimateError } from '../types.ts';
import type { NumberKey } from './bounds.ts';
import { MAX_LAYERS } from './bounds.ts';

/** Kind of sliding window attention; all of them keep two caches. */
export type SlidingWindow = 'none' | 'standard' | 'chunked' | 'symmetric';

/** Reads keys of one model, `%s` standing for its architecture. */
export class MetadataReader {
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly architecture: string;

  constructor(spec: ModelSpec) {
    this.metadata = spec.metadata;
    this.architecture = spec.architecture;
  }

  /** The value of `<architecture>.<key>`. */
  value(key: string): MetadataValue | undefined {
    return this.metadata[`${this.architecture}.${key}`];
  }

  /** A number; of an array its first element is NOT taken (as `get_key`). */
  number(key: NumberKey): number | undefined {
    const value = this.value(key);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  numberOr(key: NumberKey, fallback: number): number {
    return this.number(key) ?? fallback;
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    return typeof value === 'boolean' ? value : undefined;
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    return typeof value === 'string' ? value : undefined;
  }

  /** An array of numbers or booleans (true = 1). */
  array(key: NumberKey): readonly number[] | undefined {
    const value = this.value(key);
    if (!Array.isArray(value)) {
      return undefined;
    }
    return value.map((entry) => (entry === true ? 1 : typeof entry === 'number' ? entry : 0));
  }

  /** A number for all of `count` layers, or an array with one for each (`get_key_or_arr`). */
  perLayer(key: NumberKey, count: number): Int32Array | undefined {
    const one = this.number(key);
    if (one !== undefined) {
      return new Int32Array(count).fill(one);
    }
    const several = this.array(key);
    if (several === undefined) {
      return undefined;
    }
    const result = new Int32Array(count);
    result.set(several.slice(0, count));
    return result;
  }

  /** A key every usable file has; throws `missing-key`. */
  required(key: NumberKey): number {
    const value = this.number(key);
    if (value === undefined || value < 0) {
      throw new EstimateError('missing-key', { key: `${this.architecture}.${key}` });
    }
    return value;
  }
}

/** llama.cpp's `llama_hparams` as far as memory depends on it. Counts are elements unless they say otherwise. */
export interface Hparams {
  readonly architecture: string;
  readonly layersAll: number;
  /** Trailing blocks for multi-token prediction; not loaded. */
  nextnLayers: number;
  readonly embedding: number;
  /** Width of the input embedding (deepstack models concatenate more). */
  inputEmbedding: number;
  readonly vocabulary: number;
  readonly trainingContext: number;
  readonly heads: Int32Array;
  readonly headsKv: Int32Array;
  readonly feedForward: Int32Array;
  headK: number;
  headV: number;
  headKSwa: number;
  headVSwa: number;
  rotary: number;
  rotarySwa: number;
  experts: number;
  expertsUsed: number;
  readonly expertGroups: number;
  readonly expertGroupsUsed: number;
  causal: boolean;
  readonly poolingType: number;
  slidingWindow: SlidingWindow;
  windowTokens: number;
  /** 1 = the layer attends within the window. */
  readonly isWindowed: Uint8Array;
  /** 1 = the layer keeps a recurrent state. */
  readonly isRecurrent: Uint8Array;
  /** Only the first so many layers have a cache of their own; -1 = all. */
  cacheLayers: number;
  /** MLA: sizes of the decompressed heads, 0 = no MLA. */
  headKMla: number;
  headVMla: number;
  loraKv: number;
  loraQ: number;
  /** Sparse attention: heads, their size and the cells chosen per token; size 0 = none. */
  indexerHeads: number;
  indexerHead: number;
  indexerTopK: number;
  /** Cells that are chosen together. */
  indexerBlock: number;
  /** 1 = the layer has an indexer of its own; else it takes the choice of a layer before it. */
  readonly hasIndexer: Uint8Array;
  ssmConv: number;
  ssmInner: number;
  ssmState: number;
  ssmRank: number;
  ssmGroups: number;
  shortConvCache: number;
  wkvHeadSize: number;
  tokenShift: number;
  /** RWKV 6: every so many layers the state is halved, 0 = never. */
  rescaleLayers: number;
  kdaHeadSize: number;
  denseLead: number;
  feedForwardExpert: number;
  feedForwardShared: number;
  expertWeightsScale: number;
  expertWeightsNorm: boolean;
  /** llama.cpp's numbers: 0 none, 1 softmax, 2 sigmoid, 3 softmax of the chosen, 4 sqrt softplus. */
  expertGating: number;
  /** MiMo V2: factor on attention's result, 1 = none. */
  attentionValueScale: number;
  /** Limits of the gated activation by layer, of the experts and of dense and shared networks. */
  limitsExperts: readonly number[] | undefined;
  limitsShared: readonly number[] | undefined;
  embeddingScale: number;
  residualScale: number;
  /** Mamba 1: steps and matrices are normed. */
  normsStateSpace: boolean;
  /** Attention temperature by position, 0 = none. */
  temperatureScale: number;
  /** Width of the embeddings each layer gets beside its input (Gemma 3n and 4). */
  perLayerEmbedding: number;
  /** Granite: whether layers rotate at all. */
  ropeFinetuned: boolean;
  /** Chameleon: norms stand behind the branches. */
  normsBehind: boolean;
  /** Cohere 2 with experts: norms are RMS norms. */
  normsRms: boolean;
  /** GPT-NeoX: attention and network stand side by side. */
  parallelResidual: boolean;
  /** Nanbeige: layers of one round through the blocks, and whether a norm stands between rounds. */
  roundLayers: number;
  normsRounds: boolean;
  logitScale: number;
  attentionSoftcap: boolean;
  finalSoftcap: number;
  clampKqv: number;
  maxAlibiBias: number;
  /** Positions per token: 4 for M-RoPE. */
  positionsPerToken: number;
  readonly trainedYarnContext: number;
  readonly ropeScaling: string;
}

/** Layers that compute: all but the multi-token prediction blocks. */
export function computedLayers(hp: Hparams): number {
  return hp.layersAll - hp.nextnLayers;
}

export function headKOf(hp: Hparams, layer: number): number {
  return hp.isWindowed[layer] === 1 ? hp.headKSwa : hp.headK;
}

export function headVOf(hp: Hparams, layer: number): number {
  return hp.isWindowed[layer] === 1 ? hp.headVSwa : hp.headV;
}

/** Width of a layer's K rows in the cache. */
export function widthK(hp: Hparams, layer: number): number {
  return headKOf(hp, layer) * hp.headsKv[layer]!;
}

/** Width of a layer's V rows in the cache. */
export function widthV(hp: Hparams, layer: number): number {
  return headVOf(hp, layer) * hp.headsKv[layer]!;
}

/** The widest V row of all layers: without flash attention all layers are padded to it. */
export function widestV(hp: Hparams): number {
  let widest = 0;
  for (let layer = 0; layer < hp.layersAll; layer++) {
    widest = Math.max(widest, widthV(hp, layer));
  }
  return widest;
}

/** Elements of a layer's convolution state per sequence (`n_embd_r`). */
export function convolutionStateWidth(hp: Hparams): number {
  if (hp.wkvHeadSize !== 0) {
    return hp.tokenShift * hp.embedding;
  }
  if (hp.shortConvCache !== 0) {
    return hp.embedding * (hp.shortConvCache - 1);
  }
  const kernel = hp.ssmConv > 0 ? hp.ssmConv - 1 : 0;
  if (hp.kdaHeadSize !== 0) {
    return 3 * (hp.ssmConv > 0 ? kernel : 3) * hp.heads[0]! * hp.kdaHeadSize;
  }
  return kernel * (hp.ssmInner + 2 * hp.ssmGroups * hp.ssmState);
}

/** Elements of a layer's recurrent state per sequence (`n_embd_s`). */
export function recurrentStateWidth(hp: Hparams): number {
  if (hp.wkvHeadSize !== 0) {
    return hp.embedding * hp.wkvHeadSize;
  }
  if (hp.kdaHeadSize !== 0) {
    return hp.kdaHeadSize * hp.kdaHeadSize * hp.heads[0]!;
  }
  return hp.ssmState * hp.ssmInner;
}

/** Marks windowed layers by a period: the last of each period is full, or the first with `denseFirst`. */
export function setWindowPattern(hp: Hparams, period: number, denseFirst = false): void {
  setPattern(hp, hp.isWindowed, period, denseFirst);
}

function setPattern(hp: Hparams, target: Uint8Array, period: number, denseFirst: boolean): void {
  const layers = computedLayers(hp);
  for (let layer = 0; layer < hp.layersAll; layer++) {
    const inPeriod = denseFirst ? layer % period !== 0 : layer % period < period - 1;
    target[layer] = layer < layers && (period === 0 || inPeriod) ? 1 : 0;
  }
}

function vocabularySize(spec: ModelSpec, reader: MetadataReader): number {
  const length = spec.metadata['tokenizer.ggml.tokens.length'];
  if (typeof length === 'number') {
    return length;
  }
  const tokens = spec.metadata['tokenizer.ggml.tokens'];
  if (Array.isArray(tokens)) {
    return tokens.length;
  }
  const embedding = spec.tensors.find((tensor) => tensor.name === 'token_embd.weight');
  return embedding?.shape[1] ?? reader.numberOr('vocab_size', 0);
}

/**
 * The hyper-parameters that are read alike for every architecture. Throws `missing-key` when a key is absent that
 * no model can do without. `rounds`: how often the blocks are run through, each time with a cache of its own.
 */
export function readHparams(spec: ModelSpec, rounds = 1): Hparams {
  const reader = new MetadataReader(spec);
  const layersAll = reader.required('block_count') * rounds;
  if (!(layersAll >= 1 && layersAll <= MAX_LAYERS)) {
    throw new EstimateError('metadata-invalid', { key: `${spec.architecture}.block_count`, value: layersAll });
  }
  const embedding = reader.required('embedding_length');
  if (embedding < 1) {
    throw new EstimateError('metadata-invalid', { key: `${spec.architecture}.embedding_length`, value: embedding });
  }
  const heads = reader.perLayer('attention.head_count', layersAll) ?? new Int32Array(layersAll);
  const headsKv = reader.perLayer('attention.head_count_kv', layersAll) ?? heads.slice();
  const firstHeads = heads[0]!;
  const evenHead = firstHeads > 0 ? Math.floor(embedding / firstHeads) : 0;
  const headK = firstHeads > 0 ? reader.numberOr('attention.key_length', evenHead) : 0;
  const headV = firstHeads > 0 ? reader.numberOr('attention.value_length', evenHead) : 0;
  const rotary = firstHeads > 0 ? reader.numberOr('rope.dimension_count', headK) : 0;
  const trainingContext = reader.numberOr('context_length', 0);
  return {
    architecture: spec.architecture,
    layersAll,
    nextnLayers: 0,
    embedding,
    inputEmbedding: embedding,
    vocabulary: vocabularySize(spec, reader),
    trainingContext,
    heads,
    headsKv,
    feedForward: reader.perLayer('feed_forward_length', layersAll) ?? new Int32Array(layersAll),
    headK,
    headV,
    headKSwa: reader.numberOr('attention.key_length_swa', headK),
    headVSwa: reader.numberOr('attention.value_length_swa', headV),
    rotary,
    rotarySwa: reader.numberOr('rope.dimension_count_swa', rotary),
    experts: reader.numberOr('expert_count', 0),
    expertsUsed: reader.numberOr('expert_used_count', 0),
    expertGroups: reader.numberOr('expert_group_count', 0),
    expertGroupsUsed: reader.numberOr('expert_group_used_count', 0),
    causal: reader.boolean('attention.causal') ?? true,
    poolingType: reader.numberOr('pooling_type', 0),
    slidingWindow: 'none',
    windowTokens: 0,
    isWindowed: new Uint8Array(layersAll),
    isRecurrent: new Uint8Array(layersAll),
    cacheLayers: -1,
    headKMla: 0,
    headVMla: 0,
    loraKv: 0,
    loraQ: 0,
    indexerHeads: 0,
    indexerHead: 0,
    indexerTopK: 0,
    indexerBlock: 1,
    hasIndexer: new Uint8Array(layersAll),
    ssmConv: 0,
    ssmInner: 0,
    ssmState: 0,
    ssmRank: 0,
    ssmGroups: 0,
    shortConvCache: 0,
    wkvHeadSize: 0,
    tokenShift: 2,
    rescaleLayers: 0,
    kdaHeadSize: 0,
    denseLead: 0,
    feedForwardExpert: 0,
    feedForwardShared: 0,
    expertWeightsScale: 0,
    expertWeightsNorm: false,
    expertGating: 0,
    attentionValueScale: 1,
    limitsExperts: undefined,
    limitsShared: undefined,
    embeddingScale: 0,
    residualScale: 0,
    normsStateSpace: false,
    temperatureScale: 0,
    perLayerEmbedding: 0,
    ropeFinetuned: false,
    normsBehind: false,
    normsRms: false,
    parallelResidual: false,
    roundLayers: layersAll,
    normsRounds: false,
    logitScale: 0,
    attentionSoftcap: false,
    finalSoftcap: 0,
    clampKqv: 0,
    maxAlibiBias: 0,
    positionsPerToken: 1,
    trainedYarnContext: reader.numberOr('rope.scaling.original_context_length', trainingContext),
    ropeScaling: reader.string('rope.scaling.type') ?? 'linear',
  };
}

/** Reads the sliding window keys as most windowed architectures do. */
export function readWindow(
  hp: Hparams,
  reader: MetadataReader,
  options: { readonly period: number; readonly windowTokens?: number; readonly kind?: SlidingWindow },
): void {
  hp.slidingWindow = options.kind ?? 'standard';
  hp.windowTokens = reader.numberOr('attention.sliding_window', options.windowTokens ?? 0);
  setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', options.period));
}

/** Reads how experts are chosen. `gating` is what holds where the file does not say. */
export function readRouting(hp: Hparams, reader: MetadataReader, gating = 0): void {
  hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
  hp.expertWeightsNorm = reader.boolean('expert_weights_norm') ?? false;
  hp.expertGating = reader.numberOr('expert_gating_func', 0) || gating;
}

/** Reads which layers are windowed where the file has one flag a layer; else the last of each `period` is full. */
export function readWindowedLayers(hp: Hparams, reader: MetadataReader, period: number, denseFirst = false): void {
  const flags = reader.array('attention.sliding_window_pattern');
  if (flags === undefined) {
    setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', period), denseFirst);
  } else {
    hp.isWindowed.set(flags.slice(0, computedLayers(hp)));
  }
}

/** M-RoPE where the file has sections: four numbers a token tell its position (`use_mrope`). */
export function readMrope(hp: Hparams, reader: MetadataReader): void {
  const sections = reader.array('rope.dimension_sections');
  if (sections !== undefined && sections[0]! > 0 && sections[1]! > 0) {
    hp.positionsPerToken = 4;
  }
}

/** Reads the state space keys (Mamba, gated delta net). */
export function readStateSpace(hp: Hparams, reader: MetadataReader): void {
  hp.ssmConv = reader.required('ssm.conv_kernel');
  hp.ssmInner = reader.required('ssm.inner_size');
  hp.ssmState = reader.required('ssm.state_size');
  hp.ssmRank = reader.required('ssm.time_step_rank');
  hp.ssmGroups = reader.numberOr('ssm.group_count', 0);
}
