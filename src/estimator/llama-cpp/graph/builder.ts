/**
 * Builds llama.cpp's graph of one micro-batch: the parts that architectures share.
 *
 * Source: llama-graph.cpp (`llm_graph_context`), llama-context.cpp (`graph_reserve`, `graph_get_cb`), llama.cpp. Only what decides about memory is kept: shapes, types, parents, the order of evaluation.
 */

import type { ContextShape } from '../../model/context.ts';
import type { Hparams } from '../../model/hyper-parameters.ts';
import type { Model, ModelTensor, Part } from '../../model/model.ts';
import type { Placement } from '../../model/placement.ts';
import { HOME_INPUT, HOME_OUTPUT } from '../../model/tensor-homes.ts';
import { F32, I32 } from '../../model/tensors.ts';
import type { Overrides } from '../../model/weights.ts';
import type { Graph, Tensor } from './graph.ts';
import { MissingTensorError, NO_TENSOR } from './graph.ts';

/** What the graph is built for. */
export interface BuildOptions {
  readonly shape: ContextShape;
  readonly placement: Placement;
  readonly overrides: Overrides;
  readonly flashAttention: boolean;
  /** Whether V is cached transposed, as it is where flash attention was ruled out before the cache was made. */
  readonly transposedV: boolean;
  readonly typeK: number;
  readonly typeV: number;
  /** Tokens of the micro-batch, a multiple of the sequences. */
  readonly tokens: number;
  /** Rows of logits. */
  readonly outputs: number;
  /** Pooled embeddings are wanted. */
  readonly embeddings: boolean;
  /** Whether the fused delta net is on, for single steps and for longer batches. */
  readonly fusedSteps: boolean;
  readonly fusedChunks: boolean;
  /** Whether the fused indexer of sparse attention is on. */
  readonly fusedIndexer: boolean;
  /** Layers to build; a run of equal layers may be shortened. */
  readonly layers: Int32Array;
}

export type NormKind = 'rms' | 'layer';
export type Activation = 'silu' | 'gelu' | 'relu' | 'relu-sqr' | 'swiglu-oai';

export class GraphBuilder {
  readonly graph: Graph;
  readonly model: Model;
  readonly hp: Hparams;
  readonly options: BuildOptions;
  readonly tokens: number;
  readonly sequences: number;
  readonly outputs: number;
  readonly flashAttention: boolean;
  readonly transposedV: boolean;
  /** Layers to build, in order. */
  readonly layers: Int32Array;
  /** Number of the last computed layer. */
  readonly lastLayer: number;
  /** Graph tensors of the model's tensors; NO_TENSOR = not used yet. */
  readonly #weightIds: Int32Array;
  readonly #perDevice = new Map<string, Tensor>();
  readonly #pinsNorms: boolean;
  /** Flash attention's nodes and the layers they belong to, alternating. */
  readonly attentionNodes: number[] = [];
  /** Fused delta nets' or indexers' nodes and their layers, alternating. */
  readonly fusedNodes: number[] = [];
  /** Embeddings of the tokens before they are scaled, as wide as the model (`t_inp_embd`). */
  inputRows: Tensor = NO_TENSOR;
  /** Numbers of the tokens (`t_inp_tokens`). */
  inputTokens: Tensor = NO_TENSOR;
  /** The tensor embeddings are read from. */
  embedding: Tensor = NO_TENSOR;
  logits: Tensor = NO_TENSOR;
  /** The last state as multi-token prediction reads it, where the architecture offers it: an output, too. */
  nextn: Tensor = NO_TENSOR;

  constructor(graph: Graph, model: Model, options: BuildOptions) {
    this.graph = graph;
    this.model = model;
    this.hp = model.hp;
    this.options = options;
    this.tokens = options.tokens;
    this.sequences = options.shape.sequences;
    this.outputs = options.outputs;
    this.flashAttention = options.flashAttention;
    this.transposedV = options.transposedV;
    this.layers = options.layers;
    this.lastLayer = model.layers - 1;
    this.#weightIds = new Int32Array(model.tensors.length).fill(NO_TENSOR);
    this.#pinsNorms = options.tokens < 32 || options.placement.gpuLayers > model.hp.layersAll;
  }

  /** Backend of a layer's device. */
  deviceOf(layer: number): number {
    return this.options.placement.deviceOf[layer]!;
  }

  // Weights.

  part(layer: number, name: string): Part | undefined {
    return this.model.blocks[layer]!.get(name);
  }

  has(layer: number, name: string): boolean {
    return this.model.blocks[layer]!.get(name)?.weight !== undefined;
  }

  /** The weight `blk.<layer>.<name>.weight`, NO_TENSOR if the model has none. */
  weight(layer: number, name: string): Tensor {
    const tensor = this.model.blocks[layer]!.get(name)?.weight;
    return tensor === undefined ? NO_TENSOR : this.#stored(tensor);
  }

  bias(layer: number, name: string): Tensor {
    const tensor = this.model.blocks[layer]!.get(name)?.bias;
    return tensor === undefined ? NO_TENSOR : this.#stored(tensor);
  }

  /** A weight outside the blocks; `output` is the token embedding where that serves as output. */
  globalWeight(name: string): Tensor {
    const tensor = this.model.globals.get(name)?.weight;
    if (tensor !== undefined) {
      return this.#stored(tensor);
    }
    if (name === 'output' && this.model.tiedOutput) {
      return this.#tiedOutput();
    }
    return NO_TENSOR;
  }

  globalBias(name: string): Tensor {
    const tensor = this.model.globals.get(name)?.bias;
    return tensor === undefined ? NO_TENSOR : this.#stored(tensor);
  }

  #stored(tensor: ModelTensor): Tensor {
    const known = this.#weightIds[tensor.index]!;
    if (known !== NO_TENSOR) {
      return known;
    }
    const s = tensor.sizes;
    const t = this.graph.stored(tensor.type, s[0], s[1], s[2], s[3], this.#backendOf(tensor), true);
    this.#weightIds[tensor.index] = t;
    return t;
  }

  #backendOf(tensor: ModelTensor): number {
    const { placement, overrides } = this.options;
    if (tensor.home === HOME_INPUT) {
      return placement.host;
    }
    return overrides.get(tensor) ?? placement.deviceOf[tensor.home === HOME_OUTPUT ? this.hp.layersAll : tensor.home]!;
  }

  #tiedOutput(): Tensor {
    const { placement, overrides } = this.options;
    const embedding = this.model.globals.get('token_embd')!.weight!;
    const backend = overrides.get(embedding) ?? placement.deviceOf[this.hp.layersAll]!;
    return this.#copyOn(embedding, backend);
  }

  /** A tensor that llama.cpp loads once per device, such as rope factors; NO_TENSOR if the model has none. */
  ropeFactors(layer: number, name: string): Tensor {
    const tensor = this.model.globals.get(name)?.weight ?? this.model.blocks[layer]!.get(name)?.weight;
    if (tensor === undefined) {
      return NO_TENSOR;
    }
    if (tensor.home >= 0) {
      return this.#stored(tensor);
    }
    return this.#copyOn(tensor, this.options.overrides.get(tensor) ?? this.deviceOf(layer));
  }

  #copyOn(tensor: ModelTensor, backend: number): Tensor {
    const key = `${tensor.index}@${backend}`;
    let t = this.#perDevice.get(key);
    if (t === undefined) {
      const s = tensor.sizes;
      t = this.graph.stored(tensor.type, s[0], s[1], s[2], s[3], backend, true);
      this.#perDevice.set(key, t);
    }
    return t;
  }

  /** The frequency factors of a layer as `get_rope_factors` picks them. */
  chosenRopeFactors(layer: number): Tensor {
    const frequencies = this.ropeFactors(layer, 'rope_freqs');
    if (frequencies !== NO_TENSOR) {
      return frequencies;
    }
    const long = this.options.shape.numCtxSeq > this.hp.trainedYarnContext;
    return this.ropeFactors(layer, long ? 'rope_factors_long' : 'rope_factors_short');
  }

  /** Matrix times `x`, and its scale where the model has one and llama.cpp applies it (`build_lora_mm`). */
  matMul(layer: number, name: string, x: Tensor, scales = true): Tensor {
    const part = this.model.blocks[layer]!.get(name);
    if (part?.weight === undefined) {
      throw new MissingTensorError(`blk.${layer}.${name}`);
    }
    const product = this.graph.mulMat(this.#stored(part.weight), x);
    return part.scale === undefined || !scales ? product : this.graph.mul(product, this.#stored(part.scale));
  }

  /** The scales of expert matrices, NO_TENSOR if there are none. */
  expertScale(layer: number, name: string): Tensor {
    const tensor = this.model.blocks[layer]!.get(name)?.scale;
    return tensor === undefined ? NO_TENSOR : this.#stored(tensor);
  }

  /** Adds the bias of `name` where the model has one. */
  addBias(layer: number, name: string, x: Tensor): Tensor {
    const bias = this.bias(layer, name);
    return bias === NO_TENSOR ? x : this.graph.add(x, bias);
  }

  // Inputs.

  /** Embeddings of the tokens (`build_inp_embd`). */
  inputEmbedding(): Tensor {
    const g = this.graph;
    const { hp } = this;
    const tokens = g.input(I32, this.tokens);
    this.inputTokens = tokens;
    const direct = this.options.shape.vendored ? NO_TENSOR : g.input(F32, hp.inputEmbedding, this.tokens);
    let rows = g.getRows(this.globalWeight('token_embd'), tokens);
    if (hp.inputEmbedding !== hp.embedding) {
      rows = g.pad(rows, hp.inputEmbedding - hp.embedding);
    }
    if (direct !== NO_TENSOR) {
      g.expand(rows);
      g.expand(direct);
    }
    let current = rows;
    if (hp.inputEmbedding !== hp.embedding) {
      current = g.view(current, hp.embedding, this.tokens, 1, 1, g.stride(current, 1));
    }
    this.inputRows = current;
    if (hp.embeddingScale !== 0) {
      if (!g.isContiguous(current)) {
        current = g.cont(current);
      }
      current = g.scale(current);
    }
    return g.expand(current);
  }

  inputPositions(): Tensor {
    return this.graph.input(I32, this.tokens * this.hp.positionsPerToken);
  }

  /** Which rows become outputs. */
  inputOutputIds(): Tensor {
    return this.graph.input(I32, this.outputs);
  }

  // Shared operations.

  /** Normalizes over rows, then weight and bias (`build_norm`). `layer` -1 = behind the last layer. */
  norm(x: Tensor, weight: Tensor, bias: Tensor, kind: NormKind, layer: number): Tensor {
    const g = this.graph;
    let current = kind === 'rms' ? g.rmsNorm(x) : g.layerNorm(x);
    if (this.#pinsNorms && layer >= 0 && (weight !== NO_TENSOR || bias !== NO_TENSOR)) {
      g.pinned[current] = this.deviceOf(layer);
    }
    if (weight !== NO_TENSOR) {
      current = g.mul(current, weight);
    }
    return bias === NO_TENSOR ? current : g.add(current, bias);
  }

  /** Norm with the weight and bias `name` of the layer. */
  normNamed(layer: number, name: string, x: Tensor, kind: NormKind = 'rms'): Tensor {
    return this.norm(x, this.weight(layer, name), this.bias(layer, name), kind, layer);
  }

  /** The output matrix, its bias and whatever `then` does to the logits. */
  finishNormed(x: Tensor, then?: (logits: Tensor) => Tensor, embedding: Tensor = x): void {
    this.embedding = embedding;
    let logits = this.graph.mulMat(this.globalWeight('output'), x);
    const scale = this.model.globals.get('output')?.scale;
    if (scale !== undefined) {
      logits = this.graph.mul(logits, this.#stored(scale));
    }
    const bias = this.globalBias('output');
    if (bias !== NO_TENSOR) {
      logits = this.graph.add(logits, bias);
    }
    this.logits = then === undefined ? logits : then(logits);
    this.graph.expand(this.logits);
  }
}
