/**
 * What Ollama's own runner reports when it is asked for a model's memory: weights and cache per layer to the byte, and
 * an approximation of its compute graph. Sources: ml/backend/ggml/ggml.go (New), kvcache/causal.go and recurrent.go
 * (Init), runner/ollamarunner (reserveWorstCaseGraph), 0.11.11 to 0.24.0.
 */

import { compileModel, type Model } from '../../llama-cpp/compile.ts';
import { planLlamaCpp } from '../../llama-cpp/dry-run.ts';
import { hasOwnCache, hasState } from '../../model/cache.ts';
import { ggmlType } from '../../model/ggml-types.ts';
import { convolutionStateWidth, recurrentStateWidth, widthK, widthV } from '../../model/hyper-parameters.ts';
import { contiguousBytes, cudaBufferBytes, F32, hostBufferBytes, typeId } from '../../model/tensors.ts';
import type { GpuDevice, KvCacheType, LlamaCppConfig, ModelSpec, TensorInfo } from '../../types.ts';
import { atLeast, type Version } from '../../versions.ts';
import { towerGraphBytes } from './tower-graph.ts';

/** A load as the runner sees it. */
export interface RunnerRequest {
  readonly version: Version;
  /** Tokens per slot. */
  readonly numCtx: number;
  readonly numParallel: number;
  readonly numBatch: number;
  readonly flashAttention: boolean;
  readonly kvCacheType: KvCacheType;
}

/** The runner's answer for one model. */
export interface RunnerSizes {
  /** Per layer, output layer last. */
  readonly weights: readonly number[];
  readonly cache: readonly number[];
  /** Part of the output layer's weights that is the tower's. */
  readonly towerBytes: number;
  /** Tensors that always stay on the CPU (token embedding). */
  readonly inputBytes: number;
  /** Compute graph of a GPU that has layers, when `gpuLayers` of all are on GPUs. */
  graphBytes(gpuLayers: number): number;
  /** Graph of the tower, reserved on the GPU of the output layer. */
  readonly towerGraphBytes: number;
  /** The host's graph when `gpuLayers` are on GPUs. */
  cpuGraphBytes(gpuLayers: number): number;
  readonly basis: 'planned' | 'guess';
}

/** Asks for a model's memory once; graphs are worked out when asked for and kept. */
export function runnerSizes(spec: ModelSpec, request: RunnerRequest): RunnerSizes {
  const model = compileModel(spec);
  const weights = layerWeightsOf(spec, model.hp.layersAll);
  const graphs = new Map<number, GraphPair>();
  const graphAt = (gpuLayers: number): GraphPair => {
    let graph = graphs.get(gpuLayers);
    if (graph === undefined) {
      graph = estimateGraph(spec, model, request, gpuLayers);
      graphs.set(gpuLayers, graph);
    }
    return graph;
  };
  const all = model.hp.layersAll + 1;
  const factor = request.flashAttention ? GRAPH_FACTOR : 1;
  // Weights of CPU layers that are staged on the GPU are as large as they are; only the graph proper is scaled.
  const gpuGraph = (gpuLayers: number): number =>
    Math.max(Math.round(graphAt(all).gpuBytes * factor), graphAt(gpuLayers).gpuBytes);
  return {
    weights: weights.layers,
    cache: [...layerCaches(model, request), 0],
    towerBytes: weights.towerBytes,
    inputBytes: weights.inputBytes,
    graphBytes: (gpuLayers) => (gpuLayers > 0 ? gpuGraph(gpuLayers) : 0),
    towerGraphBytes: towerGraphBytes(spec, request.flashAttention),
    cpuGraphBytes: (gpuLayers) => graphAt(gpuLayers).cpuBytes,
    basis: graphAt(all).basis,
  };
}

interface LayerWeights {
  readonly layers: readonly number[];
  readonly towerBytes: number;
  readonly inputBytes: number;
}

const INPUT_PARTS = ['position_embd', 'token_embd', 'token_norm_embd', 'token_types'];
const OUTPUT_PARTS = [
  'cls',
  'output',
  'output_norm',
  'altup_proj',
  'altup_unembd_proj',
  'per_layer_token_embd',
  'per_layer_model_proj',
  'per_layer_proj_norm',
];
const ROPE_PARTS = ['rope_freqs', 'rope_factors_long', 'rope_factors_short'];
const TOWER_PREFIXES = ['v.', 'mm.', 's.'];

const WEIGHTS = new WeakMap<ModelSpec, LayerWeights>();

/** The weights of a spec, worked out once: they do not depend on the request. */
function layerWeightsOf(spec: ModelSpec, blocks: number): LayerWeights {
  let weights = WEIGHTS.get(spec);
  if (weights === undefined) {
    weights = layerWeights(spec, blocks);
    WEIGHTS.set(spec, weights);
  }
  return weights;
}

/** Where ggml.go puts each tensor: by the parts of its name; towers go with the output layer. */
function layerWeights(spec: ModelSpec, blocks: number): LayerWeights {
  const layers = new Array<number>(blocks + 1).fill(0);
  const tied = !spec.tensors.some((tensor) => tensor.name.split('.')[0] === 'output');
  let inputBytes = 0;
  let towerBytes = 0;
  for (const tensor of allTensors(spec)) {
    const parts = tensor.name.split('.');
    const has = (names: readonly string[]): boolean => names.some((name) => parts.includes(name));
    const bytes = runnerTensorBytes(tensor, cudaBufferBytes);
    if (has(INPUT_PARTS)) {
      inputBytes += runnerTensorBytes(tensor, hostBufferBytes);
      if (tied && tensor.name === 'token_embd.weight') {
        layers[blocks]! += bytes;
      }
    } else if (has(OUTPUT_PARTS)) {
      layers[blocks]! += bytes;
    } else if (TOWER_PREFIXES.some((prefix) => tensor.name.startsWith(prefix))) {
      layers[blocks]! += bytes;
      towerBytes += bytes;
    } else if (has(ROPE_PARTS)) {
      for (let i = 0; i < blocks; i++) {
        layers[i]! += bytes;
      }
    } else {
      const layer = firstNumber(tensor.name);
      if (layer !== undefined && layer < blocks) {
        layers[layer]! += bytes;
      } else {
        inputBytes += runnerTensorBytes(tensor, hostBufferBytes);
      }
    }
  }
  const projector = spec.projector;
  if (towerBytes === 0 && projector?.source === 'embedded') {
    towerBytes = projector.weightsBytes;
    layers[blocks]! += towerBytes;
  }
  return { layers, towerBytes, inputBytes };
}

/** The model file's tensors, with those of an embedded tower that only the projector's spec lists. */
function allTensors(spec: ModelSpec): readonly TensorInfo[] {
  const projector = spec.projector;
  if (projector?.source !== 'embedded') {
    return spec.tensors;
  }
  const names = new Set(spec.tensors.map((tensor) => tensor.name));
  return [...spec.tensors, ...projector.tensors.filter((tensor) => !names.has(tensor.name))];
}

function firstNumber(name: string): number | undefined {
  const match = /\d+/.exec(name);
  return match === null ? undefined : Number(match[0]);
}

/** Buffer bytes, alignment included; BF16 biases of experts are widened to F32. Unknown types take nothing. */
function runnerTensorBytes(
  { name, type, shape }: TensorInfo,
  bufferBytes: (type: number, shape: readonly number[]) => number,
): number {
  const widened = type === 'BF16' && name.endsWith('_exps.bias') ? 'F32' : type;
  return ggmlType(widened) === undefined ? 0 : bufferBytes(typeId(widened), shape);
}

/** Cells of memory that a sliding layer keeps beyond its window, by architecture (NewSWAMemCache). */
const WINDOW_MEMORY: Readonly<Record<string, number>> = { gptoss: 4096, 'gpt-oss': 4096, gemma4: 4096 };

/** Checkpoints of the recurrent state that are reserved per slot. */
function checkpointCount(version: Version, architecture: string): number {
  if (atLeast(version, '0.17.1')) {
    return 24;
  }
  return architecture === 'qwen3next' && atLeast(version, '0.16.0') ? 32 : 0;
}

function layerCaches(model: Model, request: RunnerRequest): number[] {
  const { hp } = model;
  if (CACHELESS.has(hp.architecture)) {
    return new Array<number>(hp.layersAll).fill(0);
  }
  const { version, numCtx, numParallel, numBatch, flashAttention } = request;
  const padding = flashAttention || atLeast(version, '0.13.2') ? 256 : 32;
  const type = typeId(request.kvCacheType);
  const cells = (layer: number): number => {
    const full = numParallel * numCtx;
    const windowed = hp.slidingWindow !== 'none' && hp.slidingWindow !== 'chunked' && hp.isWindowed[layer] === 1;
    if (!windowed) {
      return roundUp(full, padding);
    }
    const kept = Math.max(WINDOW_MEMORY[hp.architecture] ?? 0, hp.windowTokens);
    const memory = numParallel > 1 ? Math.max(kept, hp.windowTokens + 1) : kept;
    return roundUp(memory >= numCtx ? full : numParallel * memory + numBatch, padding);
  };
  const states = numParallel * (1 + checkpointCount(version, hp.architecture));
  const result: number[] = [];
  for (let layer = 0; layer < hp.layersAll; layer++) {
    let bytes = 0;
    if (hasOwnCache(model, layer)) {
      const n = cells(layer);
      bytes += contiguousBytes(type, [widthK(hp, layer), n]);
      // Ollama's engine keeps the values of MLA models too, as wide as the latent.
      bytes += contiguousBytes(type, [hp.headKMla !== 0 ? hp.loraKv : widthV(hp, layer), n]);
    }
    if (hasState(model, layer)) {
      bytes += contiguousBytes(F32, [convolutionStateWidth(hp), states]);
      bytes += contiguousBytes(F32, [recurrentStateWidth(hp), states]);
    }
    result.push(bytes);
  }
  return result;
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}

interface GraphPair {
  readonly gpuBytes: number;
  readonly cpuBytes: number;
  readonly basis: 'planned' | 'guess';
}

/** A device with room for everything: the graph does not depend on free memory. */
const ROOMY: GpuDevice = { name: 'any', totalBytes: 2 ** 50, freeBytes: 2 ** 50 };

/**
 * Ollama's engine builds other graphs than llama.cpp, by the same allocator. llama.cpp's graph of the same batch on
 * one GPU, one row of logits per slot, is taken as the nearest known thing. With flash attention Ollama's is larger:
 * 1.28 to 1.54 times in the three public loads that show it without a vision tower (gpt-oss:120b, gemma3:1b,
 * qwen3:30b). Without it the attention scores rule in both.
 */
const GRAPH_FACTOR = 1.45;

/** Architectures that Ollama's engine runs without a cache. */
const CACHELESS: ReadonlySet<string> = new Set(['bert', 'nomic-bert']);

function estimateGraph(spec: ModelSpec, model: Model, request: RunnerRequest, gpuLayers: number): GraphPair {
  // Models that keep no cache take their whole context as one batch.
  const cached = !CACHELESS.has(spec.architecture);
  const numBatch = cached ? request.numBatch : Math.max(request.numBatch, request.numCtx * request.numParallel);
  const config: LlamaCppConfig = {
    gpus: gpuLayers > 0 ? [ROOMY] : [],
    numCtx: request.numCtx * request.numParallel,
    numBatch,
    numUbatch: numBatch,
    numParallel: request.numParallel,
    flashAttention: request.flashAttention,
    cacheTypeK: request.kvCacheType,
    cacheTypeV: request.kvCacheType,
    outputs: request.numParallel,
    numGpu: gpuLayers,
    unifiedCache: true,
    embedding: !cached,
    opOffload: atLeast(request.version, '0.12.8'),
    view: 'real',
  };
  const plan = planLlamaCpp(spec, config);
  const inputs = numBatch * model.hp.embedding * 4;
  const whole = gpuLayers > model.hp.layersAll;
  return {
    gpuBytes: plan.gpus[0]?.computeBytes ?? 0,
    // With every layer on a GPU only the embedded tokens of a batch are made on the CPU.
    cpuBytes: whole ? inputs : Math.max(inputs, plan.host.computeBytes),
    basis: plan.computeBasis,
  };
}
