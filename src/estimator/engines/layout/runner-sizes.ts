/**
 * What Ollama's own runner reports when it is asked for a model's memory: weights and cache per layer, and the compute
 * graph where the model's is described. Sources: ml/backend/ggml/ggml.go (New), kvcache/causal.go and recurrent.go
 * (Init), runner/ollamarunner (reserveWorstCaseGraph), 0.11.11 to 0.24.0.
 */

import type { CompiledModel } from '../../llama-cpp/architecture.ts';
import { compileModel } from '../../llama-cpp/compile.ts';
import { hasOwnCache, hasState } from '../../model/cache.ts';
import { ggmlType } from '../../model/ggml-types.ts';
import { convolutionStateWidth, recurrentStateWidth, widthK, widthV } from '../../model/hyper-parameters.ts';
import type { Model } from '../../model/model.ts';
import { contiguousBytes, cudaBufferBytes, F32, hostBufferBytes, typeId } from '../../model/tensors.ts';
import type { GpuDevice, ModelSpec, TensorInfo } from '../../types.ts';
import { atLeast, type Version } from '../../versions.ts';
import { poolCard } from '../llama-runner.ts';
import { ownGraphBytes } from './own-engine/compute.ts';
import { findOwnModel, type OwnModel } from './own-engine/models.ts';
import { type Layout, layoutKey } from './packer.ts';
import type { RunnerRequest } from './runner-request.ts';
import { towerGraphBytes } from './tower-graph.ts';

/** The runner's answer for one model. */
export interface RunnerSizes {
  /** Per layer, output layer last. */
  readonly weights: readonly number[];
  readonly cache: readonly number[];
  /** Part of the output layer's weights that is the tower's. */
  readonly towerBytes: number;
  /** Tensors that always stay on the CPU (token embedding). */
  readonly inputBytes: number;
  /** Compute graphs with the layers of a layout where it has them. */
  graphs(layout: Layout): RunnerGraphs;
  readonly basis: 'planned' | 'guess';
  /** Whether all graphs are described as Ollama builds them; else llama.cpp's stands for it, or a count of the tower's. */
  readonly described: boolean;
}

/** Graphs of one layout, bytes: by GPU number (0 for a GPU without layers), and the CPU's. */
export interface RunnerGraphs {
  readonly gpuBytes: ReadonlyMap<number, number>;
  readonly cpuBytes: number;
}

/** Asks for a model's memory once; graphs are worked out when asked for and kept. */
export function runnerSizes(spec: ModelSpec, request: RunnerRequest, gpus: readonly GpuDevice[]): RunnerSizes {
  const model = compileModel(spec);
  const weights = layerWeightsOf(spec, model.hp.layersAll);
  const tower = weights.towerBytes > 0 ? towerGraphBytes(spec, request) : 0;
  const known = new Map<string, RunnerGraphs>();
  const own = findOwnModel(model.hp.architecture);
  return {
    weights: weights.layers,
    cache: [...layerCaches(model, request), 0],
    towerBytes: weights.towerBytes,
    inputBytes: weights.inputBytes,
    graphs: (layout) => {
      const key = layoutKey(layout);
      let graphs = known.get(key);
      if (graphs === undefined) {
        graphs = layoutGraphs(model, own, request, gpus, layout, tower);
        known.set(key, graphs);
      }
      return graphs;
    },
    basis: model.described || own !== undefined ? 'planned' : 'guess',
    described: own !== undefined && tower === 0,
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

/** Cells of a layer that sees everything, and of a windowed one (kvcache/causal.go, Init). */
function cacheCells({ hp }: Model, request: RunnerRequest): { readonly full: number; readonly window: number } {
  const { version, numCtx, numParallel, numBatch, flashAttention } = request;
  const padding = flashAttention || atLeast(version, '0.13.2') ? 256 : 32;
  const full = numParallel * numCtx;
  const kept = Math.max(WINDOW_MEMORY[hp.architecture] ?? 0, hp.windowTokens);
  const memory = numParallel > 1 ? Math.max(kept, hp.windowTokens + 1) : kept;
  const window = memory >= numCtx ? full : numParallel * memory + numBatch;
  return { full: roundUp(full, padding), window: roundUp(window, padding) };
}

function layerCaches(model: Model, request: RunnerRequest): number[] {
  const { hp } = model;
  if (CACHELESS.has(hp.architecture)) {
    return new Array<number>(hp.layersAll).fill(0);
  }
  const { version, numParallel } = request;
  const type = typeId(request.kvCacheType);
  const counts = cacheCells(model, request);
  const cells = (layer: number): number => {
    const windowed = hp.slidingWindow !== 'none' && hp.slidingWindow !== 'chunked' && hp.isWindowed[layer] === 1;
    return windowed ? counts.window : counts.full;
  };
  const states = numParallel * (1 + checkpointCount(version, hp.architecture));
  const result: number[] = [];
  for (let layer = 0; layer < hp.layersAll; layer++) {
    let bytes = 0;
    if (hasOwnCache(model, layer)) {
      // Rows are single heads, so that a quantized cache ends in the padding of a short row.
      const n = cells(layer) * Math.max(1, hp.headsKv[layer]!);
      const head = (width: number): number => width / Math.max(1, hp.headsKv[layer]!);
      bytes += cudaBufferBytes(type, [head(widthK(hp, layer)), n]);
      // Ollama's engine keeps the values of MLA models too, as wide as the latent.
      bytes += cudaBufferBytes(type, [head(hp.headKMla !== 0 ? hp.loraKv : widthV(hp, layer)), n]);
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

/** Architectures that Ollama's engine runs without a cache. */
const CACHELESS: ReadonlySet<string> = new Set(['bert', 'nomic-bert', 'nomic-bert-moe']);

function layoutGraphs(
  model: CompiledModel,
  own: OwnModel | undefined,
  request: RunnerRequest,
  gpus: readonly GpuDevice[],
  layout: Layout,
  towerBytes: number,
): RunnerGraphs {
  const { hp } = model;
  // The scheduler has the GPUs with layers in the order in which they were found.
  const used = layout.filter(({ layers }) => layers.length > 0).sort((a, b) => a.gpu - b.gpu);
  const deviceOf = new Array<number>(hp.layersAll + 1).fill(used.length);
  used.forEach(({ layers }, device) => {
    for (const layer of layers) {
      deviceOf[layer] = device;
    }
  });
  const { numBatch, numCtx, numParallel } = request;
  // Models that keep no cache take their whole context as one batch.
  const batch = CACHELESS.has(hp.architecture) ? Math.max(numBatch, numCtx * numParallel) : numBatch;
  const cells = cacheCells(model, request);
  const bytes = ownGraphBytes(model, own, {
    version: request.version,
    deviceOf,
    cards: used.map(({ gpu }) => poolCard(gpus[gpu]!)),
    numBatch: batch,
    outputs: numParallel,
    flashAttention: request.flashAttention,
    typeK: typeId(request.kvCacheType),
    cells: cells.full,
    windowCells: cells.window,
  });
  const output = hp.layersAll;
  // One scheduler runs tower and text after each other in one buffer: the larger counts.
  const gpuBytes = used.map(({ gpu, layers }, device): [number, number] => [
    gpu,
    Math.max(bytes[device]!, layers.includes(output) ? towerBytes : 0),
  ]);
  const embedded = batch * hp.embedding * 4;
  return {
    gpuBytes: new Map(gpuBytes),
    // llama.cpp's graph has the inputs in it, which Ollama keeps apart.
    cpuBytes: own !== undefined || used.length === 0 ? bytes.at(-1)! : embedded,
  };
}
