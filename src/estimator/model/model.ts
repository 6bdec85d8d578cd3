/** A model as the planner sees it: hyper-parameters, tensors in their places, and the traits of its architecture. */

import type { ModelSpec } from '../types.ts';
import type { BuildFacts } from './build-facts.ts';
import type { ContextShape } from './context.ts';
import type { Hparams, HparamsDraft } from './hyper-parameters.ts';
import type { MetadataReader } from './metadata.ts';
import type { TensorHome } from './tensor-homes.ts';

export interface ModelTensor {
  /** Position in {@link Model.tensors}. */
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly sizes: readonly [number, number, number, number];
  readonly home: TensorHome;
  readonly hostBytes: number;
  readonly cudaBytes: number;
}

/** The tensors that share a name up to the last dot: a matrix, its bias, its scales. */
export interface Part {
  weight: ModelTensor | undefined;
  bias: ModelTensor | undefined;
  scale: ModelTensor | undefined;
}

/** Parts by name: `attn_q`, `ffn_down_exps`, `ssm_a`. */
export type Parts = ReadonlyMap<string, Part>;

/** A model spec made ready for planning (llama-cpp/compile.ts). */
export interface Model {
  readonly spec: ModelSpec;
  readonly hp: Hparams;
  readonly traits: Traits;
  /** What the build of llama.cpp does that others do not. */
  readonly build: BuildFacts;
  /** False = llama.cpp's graph of this architecture is not described here, but guessed from the tensors. */
  readonly described: boolean;
  readonly layers: number;
  readonly tensors: readonly ModelTensor[];
  /** Tensors outside the blocks: `output`, `token_embd`, `rope_freqs`. */
  readonly globals: Parts;
  /** Tensors of each block, named by what stands behind `blk.N.`. */
  readonly blocks: readonly Parts[];
  /** The token embedding serves as output, too, and is loaded a second time. */
  readonly tiedOutput: boolean;
  /** Number that is equal for layers of equal shape (tensors' names and shapes, kind of attention). */
  readonly layerShape: Int32Array;
  /** As {@link layerShape}, and the tensors' types are equal, too. */
  readonly layerTypes: Int32Array;
}

/**
 * What a model keeps between batches: K and V of every layer, a recurrent state, some layers this and some that, or
 * nothing (encoders).
 */
export type MemoryKind = 'attention' | 'recurrent' | 'hybrid' | 'none';

/** A tensor of a cache. */
export interface CachedTensor {
  readonly type: number;
  readonly sizes: readonly number[];
}

/**
 * What the declaration of an architecture says besides its graph: how its file is loaded, what it keeps, and what the
 * planner has to know of its layers.
 */
export interface Traits {
  /** Values of `general.architecture`. */
  readonly names: readonly string[];
  /** Default `attention`. */
  readonly memory?: MemoryKind;
  /** True where a cache is made all the same, but attention stays within the batch (encoders on a decoder's frame). */
  readonly ignoresCache?: boolean;
  /** False for models without an output layer (embedding models); else the token embedding serves when it is missing. */
  readonly hasOutput?: boolean;
  /** True where the norm behind the token embedding is loaded with the output (LFM2). */
  readonly embeddingNormIsOutput?: boolean;
  /** True where blocks for multi-token prediction are loaded all the same. */
  readonly loadsNextn?: boolean;
  /**
   * True where blocks for multi-token prediction have their QKV by `create_tensor_qkv`, which some builds do not wholly
   * skip (`BuildFacts.loadsNextnQkv`).
   */
  readonly loadsNextnQkv?: boolean;
  /** Which other tensors of such blocks are loaded, by what stands behind `blk.N.`. */
  readonly loadsNextnOf?: RegExp;
  /** True where blocks for multi-token prediction have a cache all the same. */
  readonly cachesNextn?: boolean;
  /** True for T5 and its kind: as many output rows as the batch has tokens, whatever is asked for. */
  readonly hasEncoder?: boolean;
  /**
   * True where every layer reads a slice of its own of one tensor: then each slice crosses to the layer's device, and no
   * layer may be left out of the graph when there are several devices.
   */
  readonly slicesPerLayer?: boolean;
  /** True where what outlives a layer never comes back to the same places, so that no layer may be left out. */
  readonly buildsAllLayers?: boolean;
  /**
   * True where what outlives a layer may be back in its place only after three layers, not two: attention and network
   * side by side, norms behind them only, states that are carried along.
   */
  readonly placesRepeatLate?: boolean;
  /** True where flash attention is never on, whatever is asked for. */
  readonly neverFlash?: boolean;
  /** True where a gated activation with limits is clamped in front of the activation, not behind. */
  readonly clampsGateFirst?: boolean;
  /** True where the scores of a ranking model become shares. */
  readonly softmaxRank?: boolean;
  /** True where layers have gated delta nets, which llama.cpp fuses if it can. */
  readonly fusesDeltaNet?: boolean;
  /** True where layers choose the cells they attend to by an indexer, which llama.cpp fuses if it can. */
  readonly fusesIndexer?: boolean;
  /** How many nodes llama.cpp lets a graph have per tensor of the model, where it is not the usual 8 (`graph_max_nodes`). */
  readonly nodesPerTensor?: number;
  /** How often the blocks are run through, each time as layers of their own; default once. */
  rounds?(reader: MetadataReader): number;
  /** Reads the keys that this architecture has beyond the common ones (`load_arch_hparams`). */
  hparams?(hp: HparamsDraft, reader: MetadataReader, spec: ModelSpec): void;
  /** Whether the layer loads the rope factors of the file; default: all layers do. */
  usesRopeFactors?(hp: Hparams, layer: number): boolean;
  /** Hybrid models: whether the layer has K and V; default: where it is not recurrent. */
  attends?(hp: Hparams, layer: number): boolean;
  /** Hybrid models: whether the layer has a state; default: where it is recurrent. */
  recurs?(hp: Hparams, layer: number): boolean;
  /**
   * A number that tells layers apart which have equal tensors but different operations (no rope on every fourth, say).
   */
  layerKind?(hp: Hparams, layer: number): number;
  /** What a layer keeps between batches, where it is not the usual K and V. */
  cachedTensors?(model: Model, layer: number, shape: ContextShape, typeK: number): readonly CachedTensor[];
}
