/**
 * What Ollama's own runner reports when it is asked for a model's memory: weights and cache per layer, and the compute
 * graph where the model's is described. Sources: ml/backend/ggml/ggml.go (New), kvcache/causal.go and recurrent.go
 * (Init), runner/ollamarunner (reserveWorstCaseGraph), 0.11.11 to 0.24.0.
 */

import { compileModel } from '../../llama-cpp/compile.ts';
import { hasOwnCache, hasState } from '../../model/cache.ts';
import { ggmlType } from '../../model/ggml-types.ts';
import { convolutionStateWidth, recurrentStateWidth, widthK, widthV } from '../../model/hyper-parameters.ts';
import type { Model } from '../../model/model.ts';
import { contiguousBytes, cudaBufferBytes, F32, hostBufferBytes, typeId } from '../../model/tensors.ts';
import type { GpuDevice, ModelSpec, TensorInfo } from '../../types.ts';
import { atLeast, type Version } from '../../versions.ts';
import { CACHELESS, cacheCells } from './cells.ts';
import { type RunnerGraphs, runnerGraphs } from './graphs.ts';
import type { Layout } from './packer.ts';
import type { RunnerRequest } from './runner-request.ts';

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

/** Asks for a model's memory once; graphs are worked out when asked for and kept. */
export function runnerSizes(spec: ModelSpec, request: RunnerRequest, gpus: readonly GpuDevice[]): RunnerSizes {
  const model = compileModel(spec);
  const weights = layerWeightsOf(spec, model.hp.layersAll);
  const { graphs, basis, described } = runnerGraphs(spec, model, request, gpus, weights.towerBytes > 0);
  return {
    weights: weights.layers,
    cache: [...layerCaches(model, request), 0],
    towerBytes: weights.towerBytes,
    inputBytes: weights.inputBytes,
    graphs,
    basis,
    described,
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
