/**
 * Hyper-parameters of a model, read from GGUF metadata under llama.cpp's keys with llama.cpp's defaults.
 *
 * What every architecture shares is read here (llama-model.cpp, `load_hparams`); what only some read
 * (`load_arch_hparams` of models/*.cpp) is added by the architecture's own description.
 */

import type { ModelSpec } from '../types.ts';
import { EstimateError } from '../types.ts';
import { MAX_LAYERS } from './bounds.ts';
import { MetadataReader } from './metadata.ts';

/** Kind of sliding window attention; all of them keep two caches. */
export type SlidingWindow = 'none' | 'standard' | 'chunked' | 'symmetric';

/**
 * llama.cpp's `llama_hparams` as far as memory depends on it and several architectures have it, while a model is
 * compiled. Counts are elements unless they say otherwise. What one architecture alone has, it keeps itself (own-facts.ts).
 */
export interface HparamsDraft {
  architecture: string;
  layersAll: number;
  /** Trailing blocks for multi-token prediction; not loaded. */
  nextnLayers: number;
  embedding: number;
  /** Width of the input embedding (deepstack models concatenate more). */
  inputEmbedding: number;
  vocabulary: number;
  trainingContext: number;
  heads: Int32Array;
  headsKv: Int32Array;
  feedForward: Int32Array;
  headK: number;
  headV: number;
  headKSwa: number;
  headVSwa: number;
  rotary: number;
  experts: number;
  expertsUsed: number;
  expertGroups: number;
  expertGroupsUsed: number;
  causal: boolean;
  poolingType: number;
  slidingWindow: SlidingWindow;
  windowTokens: number;
  /** 1 = the layer attends within the window. */
  isWindowed: Uint8Array;
  /** 1 = the layer keeps a recurrent state. */
  isRecurrent: Uint8Array;
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
  hasIndexer: Uint8Array;
  ssmConv: number;
  ssmInner: number;
  ssmState: number;
  ssmRank: number;
  ssmGroups: number;
  shortConvCache: number;
  wkvHeadSize: number;
  tokenShift: number;
  kdaHeadSize: number;
  denseLead: number;
  expertWeightsScale: number;
  expertWeightsNorm: boolean;
  /** llama.cpp's numbers: 0 none, 1 softmax, 2 sigmoid, 3 softmax of the chosen, 4 sqrt softplus. */
  expertGating: number;
  /** Limits of the gated activation by layer, of the experts and of dense and shared networks. */
  limitsExperts: readonly number[] | undefined;
  limitsShared: readonly number[] | undefined;
  embeddingScale: number;
  /** GPT-NeoX: attention and network stand side by side. */
  parallelResidual: boolean;
  logitScale: number;
  attentionSoftcap: boolean;
  finalSoftcap: number;
  clampKqv: number;
  maxAlibiBias: number;
  /** Positions per token: 4 for M-RoPE. */
  positionsPerToken: number;
  trainedYarnContext: number;
}

/** The same when it is read: nobody changes it any more. */
export type Hparams = {
  readonly [Key in keyof HparamsDraft]: HparamsDraft[Key] extends Int32Array | Uint8Array
    ? Readonly<HparamsDraft[Key]>
    : HparamsDraft[Key];
};

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
export function readHparams(spec: ModelSpec, rounds = 1): HparamsDraft {
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
    kdaHeadSize: 0,
    denseLead: 0,
    expertWeightsScale: 0,
    expertWeightsNorm: false,
    expertGating: 0,
    limitsExperts: undefined,
    limitsShared: undefined,
    embeddingScale: 0,
    parallelResidual: false,
    logitScale: 0,
    attentionSoftcap: false,
    finalSoftcap: 0,
    clampKqv: 0,
    maxAlibiBias: 0,
    positionsPerToken: 1,
    trainedYarnContext: reader.numberOr('rope.scaling.original_context_length', trainingContext),
  };
}
