/**
 * Ollama's estimate for one list of GPUs: how many layers it believes fit where, and the sizes it prints. Faithful to
 * EstimateGPULayers in llm/memory.go, 0.2.0 to 0.12.10, faults included.
 */

import { MIB } from '../../../base/bytes.ts';
import type { KvCacheType, ModelSpec } from '../../types.ts';
import { atLeast, type Version } from '../../versions.ts';
import { type CacheSize, cacheSize } from './cache-size.ts';
import { type GraphSize, graphSize } from './graph-size.ts';
import { type ModelFacts, readModelFacts } from './model-facts.ts';
import { type VisionSize, visionSize } from './vision-size.ts';

/** One GPU (or the CPU as a pseudo GPU) of the list. */
export interface EstimateGpu {
  readonly library: 'CUDA' | 'ROCm' | 'Metal' | 'Vulkan' | 'cpu';
  readonly freeBytes: number;
}

/** What one estimate is asked for. */
export interface EstimateInput {
  readonly gpus: readonly EstimateGpu[];
  /** num_ctx as the scheduler passes it: times the slots up to 0.11.4, per slot from 0.11.5. */
  readonly numCtx: number;
  readonly numBatch: number;
  readonly numParallel: number;
  /** num_gpu; -1 = automatic. */
  readonly numGpu: number;
  /** Cache type in effect (f16 unless flash attention allows another). */
  readonly kvCacheType: KvCacheType;
  readonly flashAttention: boolean;
  /** OLLAMA_GPU_OVERHEAD, bytes per GPU. */
  readonly gpuOverheadBytes: number;
}

/** The estimate; every figure that Ollama's log line "offload" prints is here, in bytes. */
export interface Estimate {
  /** Layers on GPUs, output layer included; 0 on the CPU. */
  readonly layers: number;
  /** Blocks + 1. */
  readonly totalLayers: number;
  /** Layers per GPU as counted while packing (kept even where `layers` is 0 because the list is the CPU). */
  readonly layersPerGpu: readonly number[];
  /** Block numbers (`blocks` = output) per GPU in the order in which the packing placed them. */
  readonly placed: readonly (readonly number[])[];
  /** Position in the list of the GPU that carries the tower; -1 when none does. */
  readonly projectorGpu: number;
  /** `memory.required.allocations`. */
  readonly allocations: readonly number[];
  /** `memory.required.full`: what /api/ps calls size. */
  readonly totalBytes: number;
  /** `memory.required.partial`: what /api/ps calls size_vram. */
  readonly vramBytes: number;
  /** Graph charged to each GPU with a layer. */
  readonly graphBytes: number;
  /** After the rule "several GPUs: always the partial graph". */
  readonly graph: GraphSize;
  readonly cache: CacheSize;
  /** `memory.weights.repeating` without the cache. */
  readonly repeatingBytes: number;
  /** `memory.weights.nonrepeating`. */
  readonly outputBytes: number;
  readonly vision: VisionSize;
  /** Weights and cache not on a GPU as the estimate counts them. */
  readonly overflowBytes: number;
  /** What each GPU must have free to be used at all, had it to carry the tower too, and its parts. */
  readonly entry: EntryPrice;
}

/** Price of entry of the first GPU: what it must have free before one layer goes there. */
export interface EntryPrice {
  readonly neededBytes: number;
  readonly projectorBytes: number;
  readonly graphBytes: number;
  readonly minimumBytes: number;
  readonly twoLayersBytes: number;
}

/** Memory Ollama keeps free on a GPU for the driver's own needs, bytes (discover, MinimumMemory). */
export function minimumMemoryBytes(library: EstimateGpu['library']): number {
  if (library === 'cpu') {
    return 0;
  }
  return library === 'Metal' ? 512 * MIB : 457 * MIB;
}

/** A model prepared for many estimates by the same version. */
export interface Estimator {
  readonly facts: ModelFacts;
  estimate(input: EstimateInput): Estimate;
}

/**
 * Prepares a model for estimates by one version of Ollama.
 * @throws EstimateError as readModelFacts
 */
export function createEstimator(spec: ModelSpec, version: Version): Estimator {
  const facts = readModelFacts(spec, version);
  const vision = visionSize(facts);
  return { facts, estimate: (input) => estimate(facts, vision, input) };
}

/** Tokens over all slots that the formulas take, with the minimum for vision models of some versions. */
function effectiveContext(facts: ModelFacts, vision: VisionSize, input: EstimateInput): number {
  if (atLeast(facts.version, '0.11.5')) {
    return input.numCtx * input.numParallel;
  }
  const raised = atLeast(facts.version, '0.7.1') || vision.fileWeightsBytes > 0;
  return raised ? Math.max(input.numCtx, 2048) : input.numCtx;
}

interface Sizes {
  readonly cache: CacheSize;
  readonly graph: GraphSize;
  /** Spare layer on each GPU. */
  readonly bufferBytes: number;
  /** Charged to the first GPU in use. */
  readonly firstGpuBytes: number;
  /** Output layer, from 0.7.1 with the embedded tower. */
  readonly lastBytes: number;
}

function modelSizes(facts: ModelFacts, vision: VisionSize, input: EstimateInput): Sizes {
  const context = effectiveContext(facts, vision, input);
  // From 0.11.5 the raised minimum is no longer applied here, so numCtx is what the batch is bounded by.
  const batch = Math.min(atLeast(facts.version, '0.11.5') ? input.numCtx : context, input.numBatch);
  const { numParallel, kvCacheType, flashAttention } = input;
  const cache = cacheSize(facts, { context, batch, numParallel, kvCacheType });
  const plainCacheBytes = cache.plainBytes;
  const own = graphSize(facts, { context, batch, numParallel, flashAttention, plainCacheBytes }, cache.totalBytes);
  const graph = adjustGraph(own, input.gpus);
  const towerInLastLayer = atLeast(facts.version, '0.7.1');
  const tower = vision.embeddedWeightsBytes + vision.graphBytes;
  return {
    cache,
    graph,
    bufferBytes: spareLayer(facts) + (cache.perLayer[0] ?? 0),
    firstGpuBytes: vision.fileWeightsBytes + (towerInLastLayer ? 0 : tower),
    lastBytes: facts.outputBytes + (towerInLastLayer ? tower : 0),
  };
}

/** On Metal a partly offloaded graph is no larger; over several GPUs the larger graph is charged everywhere. */
function adjustGraph(graph: GraphSize, gpus: readonly EstimateGpu[]): GraphSize {
  if (gpus[0]?.library === 'Metal') {
    return { fullBytes: graph.fullBytes, partialBytes: graph.fullBytes };
  }
  if (gpus.length > 1) {
    return { fullBytes: graph.partialBytes, partialBytes: graph.partialBytes };
  }
  return graph;
}

/** blk.0, but in 0.7.0 the largest group of tensors, whatever it was. */
function spareLayer(facts: ModelFacts): number {
  if (facts.version[0] === 0 && facts.version[1] === 7 && facts.version[2] === 0) {
    return Math.max(0, ...facts.groups.values());
  }
  return facts.hasFirstBlock ? facts.blockBytes[0]! : 0;
}

function estimate(facts: ModelFacts, vision: VisionSize, input: EstimateInput): Estimate {
  const sizes = modelSizes(facts, vision, input);
  const packing = pack(facts, sizes, input);
  const vramBytes = packing.allocations.reduce((a, b) => a + b, 0);
  const onGpus = packing.count > 0 && input.gpus.length > 0 && input.gpus[0]!.library !== 'cpu';
  const largestGraph = Math.max(sizes.graph.partialBytes, sizes.graph.fullBytes);
  const minimumBytes = minimumMemoryBytes(input.gpus[0]?.library ?? 'cpu');
  return {
    layers: onGpus ? packing.count : 0,
    totalLayers: facts.blocks + 1,
    layersPerGpu: packing.placed.map((layers) => layers.length),
    placed: packing.placed,
    projectorGpu: packing.projectorGpu,
    allocations: packing.allocations,
    totalBytes: vramBytes + packing.overflow,
    vramBytes: onGpus ? vramBytes : 0,
    graphBytes: packing.fullyLoaded ? sizes.graph.fullBytes : sizes.graph.partialBytes,
    graph: sizes.graph,
    cache: sizes.cache,
    repeatingBytes: facts.blockBytes.reduce((a, b) => a + b, 0),
    outputBytes: facts.outputBytes,
    vision,
    overflowBytes: packing.overflow,
    entry: {
      neededBytes: input.gpuOverheadBytes + sizes.firstGpuBytes + largestGraph + minimumBytes + 2 * sizes.bufferBytes,
      projectorBytes: sizes.firstGpuBytes,
      graphBytes: largestGraph,
      minimumBytes: minimumBytes + input.gpuOverheadBytes,
      twoLayersBytes: 2 * sizes.bufferBytes,
    },
  };
}

interface Packing {
  readonly placed: number[][];
  readonly allocations: number[];
  readonly count: number;
  readonly overflow: number;
  readonly fullyLoaded: boolean;
  readonly projectorGpu: number;
}

function pack(facts: ModelFacts, sizes: Sizes, input: EstimateInput): Packing {
  const { gpus, numGpu } = input;
  const backwards = atLeast(facts.version, '0.7.0');
  const lastLayerCarriesTower = atLeast(facts.version, '0.7.1');
  const graphBytes = Math.max(sizes.graph.partialBytes, sizes.graph.fullBytes);
  const allocations = gpus.map(() => 0);
  const placed: number[][] = gpus.map(() => []);
  const usable = usableGpus(facts, sizes, input, allocations);
  let overflow = 0;
  let count = 0;
  const firstGpu = usable[0] ?? -1;
  if (usable.length > 0) {
    allocations[usable[0]!]! += sizes.firstGpuBytes;
  } else if (lastLayerCarriesTower) {
    overflow += sizes.firstGpuBytes;
  }

  const hasRoom = (gpu: number, bytes: number): boolean =>
    gpuFree(facts, input, gpu) > allocations[gpu]! + graphBytes + bytes;
  const place = (gpu: number, layer: number, bytes: number): void => {
    allocations[gpu]! += bytes;
    placed[gpu]!.push(layer);
    count++;
  };

  let layerBytes = 0;
  for (let step = 0; step < facts.blocks; step++) {
    const i = backwards ? facts.blocks - 1 - step : step;
    if (facts.groups.has(`blk.${i}`)) {
      layerBytes = facts.groups.get(`blk.${i}`)! + sizes.cache.perLayer[i]!;
    } else if (step === 0) {
      layerBytes = sizes.bufferBytes;
    }
    if (numGpu >= 0 && count >= numGpu) {
      if (backwards) {
        overflow += layerBytes;
      }
      continue;
    }
    for (let j = usable.length; j > 0; j--) {
      const gpu = usable[i % j]!;
      if (hasRoom(gpu, layerBytes)) {
        place(gpu, i, layerBytes);
        break;
      }
      usable.splice(i % j, 1);
    }
    if (backwards && usable.length === 0) {
      overflow += layerBytes;
    }
  }
  let fullyLoaded = count >= facts.blocks;
  // Up to 0.6.8 every layer left over is charged at the size of the last one.
  if (!fullyLoaded && !backwards) {
    overflow += (facts.blocks - count) * layerBytes;
  }

  const wanted = numGpu < 0 || count < numGpu;
  if (sizes.lastBytes > 0 && wanted) {
    for (let j = usable.length; j > 0; j--) {
      const gpu = usable[count % j]!;
      if (hasRoom(gpu, sizes.lastBytes)) {
        place(gpu, facts.blocks, sizes.lastBytes);
        break;
      }
    }
  }
  if (sizes.lastBytes > 0 && (wanted || lastLayerCarriesTower) && count < facts.blocks + 1) {
    fullyLoaded = false;
    overflow += sizes.lastBytes;
  }
  const charged = fullyLoaded ? sizes.graph.fullBytes : sizes.graph.partialBytes;
  placed.forEach((layers, gpu) => {
    if (layers.length > 0) {
      allocations[gpu]! += charged;
    }
  });
  // A projector file goes to the first GPU in every version; an embedded tower follows the output layer from 0.7.1.
  const outputGpu = placed.findIndex((layers) => layers.includes(facts.blocks));
  const projectorGpu = sizes.firstGpuBytes > 0 || !lastLayerCarriesTower ? firstGpu : outputGpu;
  return { placed, allocations, count, overflow, fullyLoaded, projectorGpu };
}

/** Free memory less OLLAMA_GPU_OVERHEAD; up to 0.5.1 the unsigned difference wrapped around to a huge number. */
function gpuFree(facts: ModelFacts, input: EstimateInput, gpu: number): number {
  const rest = input.gpus[gpu]!.freeBytes - input.gpuOverheadBytes;
  return rest < 0 && !atLeast(facts.version, '0.5.2') ? rest + 2 ** 64 : rest;
}

/** GPUs that can hold the graph, the minimum and two layers; each is charged the minimum and a spare layer. */
function usableGpus(facts: ModelFacts, sizes: Sizes, input: EstimateInput, allocations: number[]): number[] {
  const usable: number[] = [];
  const graphBytes = Math.max(sizes.graph.partialBytes, sizes.graph.fullBytes);
  input.gpus.forEach(({ library }, gpu) => {
    const tower = usable.length === 0 ? sizes.firstGpuBytes : 0;
    const minimum = minimumMemoryBytes(library);
    if (gpuFree(facts, input, gpu) < tower + graphBytes + minimum + 2 * sizes.bufferBytes) {
      return;
    }
    usable.push(gpu);
    allocations[gpu] = minimum + sizes.bufferBytes;
  });
  return usable;
}
