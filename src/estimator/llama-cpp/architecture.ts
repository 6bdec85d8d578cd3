/** What a description of an architecture says. One small file under architectures/ for each or for a family. */

import type { ContextShape } from '../model/cache.ts';
import type { Hparams, MetadataReader } from '../model/hyper-parameters.ts';
import type { ModelSpec } from '../types.ts';
import type { Model } from './compile.ts';
import type { GraphBuilder } from './graph/builder.ts';

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

export interface Architecture {
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
   * True where only the plain matrices of blocks for multi-token prediction are skipped, but a fused QKV and the biases
   * of Q, K and V are loaded (`create_tensor_qkv` hands the flag on to the three matrices alone).
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
  /** True where layers have gated delta nets, which llama.cpp fuses if it can. */
  readonly fusesDeltaNet?: boolean;
  /** True where layers choose the cells they attend to by an indexer, which llama.cpp fuses if it can. */
  readonly fusesIndexer?: boolean;
  /** How many nodes llama.cpp lets a graph have per tensor of the model, where it is not the usual 8 (`graph_max_nodes`). */
  readonly nodesPerTensor?: number;
  /** How often the blocks are run through, each time as layers of their own; default once. */
  rounds?(reader: MetadataReader): number;
  /** Reads the keys that this architecture has beyond the common ones (`load_arch_hparams`). */
  hparams?(hp: Hparams, reader: MetadataReader, spec: ModelSpec): void;
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
  /** Builds the graph of one micro-batch (`build_arch_graph`). */
  build(b: GraphBuilder): void;
}
