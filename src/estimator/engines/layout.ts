/**
 * The `layout` engine: Ollama 0.11.11 to 0.24.0. Models of Ollama's own engine are measured by the runner and packed;
 * models of the llama.cpp runner (from 0.12.11) are packed with the formulas' sizes. Weights, cache and the packing
 * are exact; graphs of Ollama's own engine are an approximation, marked by the note `graph-estimated`.
 */

import { blockCount, trainingContext } from '../estimate-facts.ts';
import { planLlamaCpp } from '../llama-cpp.ts';
import { gpuOverhead } from '../overhead.ts';
import { planProjector } from '../projector.ts';
import type {
  EstimateRequest,
  EstimateServer,
  GpuDevice,
  GpuPlan,
  HostPlan,
  KvCacheType,
  LlamaCppPlan,
  ModelSpec,
  Plan,
  Reason,
  VerdictName,
} from '../types.ts';
import { atLeast, parseVersion, usesOllamaEngine, type Version } from '../versions.ts';
import { readModelFacts } from './formula/model-facts.ts';
import { systemMemoryError } from './formula.ts';
import { type Agreed, type ConvergeOptions, converge, type Disagreed, isAgreed } from './layout/converge.ts';
import { hybridLayout, hybridSizes, reportedGraph } from './layout/hybrid.ts';
import { countLayers, type Layout, type LayoutGpu } from './layout/packer.ts';
import { runnerSizes } from './layout/runner-sizes.ts';
import { chooseAttention, hostMemory, isEmbeddingOnly, slotCandidates, withoutLoadedModels } from './ollama-server.ts';

const DEFAULT_BATCH = 512;
const VISION_MINIMUM_CONTEXT = 2048;

/** Everything that is settled before a layout is sought. */
interface Load {
  readonly version: Version;
  readonly spec: ModelSpec;
  readonly server: EstimateServer;
  readonly numCtx: number;
  readonly numParallel: number;
  readonly numBatch: number;
  readonly numGpu: number;
  readonly flashAttention: boolean | 'auto';
  readonly kvCacheType: KvCacheType;
  readonly embedding: boolean;
  readonly systemFreeBytes: number;
  readonly systemAvailableBytes: number;
  readonly notes: readonly Reason[];
}

/** A load placed, or why it was not. Sizes are Ollama's; `gpus` are what each GPU will really hold. */
interface Outcome {
  readonly result: Agreed | Disagreed;
  readonly totalLayers: number;
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  readonly parts: readonly GpuParts[];
  readonly host: HostPlan;
  readonly flashAttention: boolean;
  readonly basis: 'planned' | 'guess';
  readonly notes: readonly Reason[];
}

/** What one GPU holds, without the CUDA context. */
interface GpuParts {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  readonly projectorBytes: number;
  readonly layers: number;
}

const NOTHING: GpuParts = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, projectorBytes: 0, layers: 0 };
const NO_HOST: HostPlan = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 };

/**
 * The plan of the layout engine.
 * @throws EstimateError `missing-key`, `bad-ollama-version`
 */
export function decideLayout(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const load = prepare(spec, server, request);
  const place = usesOllamaEngine(load.version, spec) ? placeMeasured : placeByFormulas;
  const loaded = server.loaded ?? [];
  let { gpus } = server;
  let outcome = place(load, gpus, loaded.length > 0);
  const notes = [...load.notes];
  if ('failure' in outcome.result && outcome.result.failure === 'needs-eviction') {
    gpus = withoutLoadedModels(server);
    notes.push({ code: 'evicts-loaded', params: { models: loaded.length } });
    outcome = place(load, gpus, false);
  }
  return assemble(load, gpus, outcome, [...notes, ...outcome.notes]);
}

function prepare(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Load {
  const { version } = parseVersion(server.ollama);
  const { memory, notes: memoryNotes } = hostMemory(server);
  const notes: Reason[] = [...memoryNotes];
  const trained = trainingContext(spec);
  const wanted = Math.max(request.numCtx, spec.projector === undefined ? 4 : VISION_MINIMUM_CONTEXT);
  const numCtx = trained > 0 ? Math.min(wanted, trained) : wanted;
  if (numCtx < wanted) notes.push({ code: 'context-clamped', params: { requested: wanted, trained } });
  const attention = chooseAttention(version, spec, server, request);
  const darwin = server.os === 'darwin';
  const load: Load = {
    version,
    spec,
    server,
    numCtx,
    numParallel: slotCandidates(version, spec, request)[0]!,
    numBatch: Math.min(request.numBatch ?? DEFAULT_BATCH, numCtx),
    numGpu: request.numGpu ?? -1,
    flashAttention: attention.flashAttention,
    kvCacheType: attention.kvCacheType,
    embedding: isEmbeddingOnly(spec, request),
    systemFreeBytes: memory.freeBytes,
    systemAvailableBytes: darwin ? Number.POSITIVE_INFINITY : memory.freeBytes + memory.swapFreeBytes,
    notes: [...notes, ...attention.notes],
  };
  const llamaRunner = !usesOllamaEngine(version, spec);
  if (!llamaRunner || !atLeast(version, '0.13.4')) return load;
  // The llama.cpp runner decides by itself unless the user did; a quantized cache then needs the user's word.
  const asked = typeof request.flashAttention === 'boolean';
  if (asked) return load;
  const ignored = attention.kvCacheType !== 'f16';
  return {
    ...load,
    flashAttention: 'auto',
    kvCacheType: 'f16',
    notes: ignored
      ? [...load.notes, { code: 'kv-type-ignored', params: { requested: attention.kvCacheType, used: 'f16' } }]
      : load.notes,
  };
}

function layoutGpus(gpus: readonly GpuDevice[]): readonly LayoutGpu[] {
  return gpus.map((gpu, index) => ({
    index,
    library: gpu.library ?? 'CUDA',
    integrated: gpu.integrated ?? false,
    freeBytes: gpu.freeBytes,
  }));
}

function convergeOptions(load: Load, totalLayers: number, requireFull: boolean): ConvergeOptions {
  return {
    version: load.version,
    totalLayers,
    gpuOverheadBytes: load.server.gpuOverheadBytes ?? 0,
    schedSpread: load.server.schedSpread ?? false,
    numGpu: load.numGpu,
    requireFull,
    systemFreeBytes: load.systemFreeBytes,
    systemAvailableBytes: load.systemAvailableBytes,
  };
}

/** Ollama's own engine: the runner tells sizes for each layout, until a layout repeats. */
function placeMeasured(load: Load, devices: readonly GpuDevice[], requireFull: boolean): Outcome {
  const sizes = runnerSizes(load.spec, {
    version: load.version,
    numCtx: load.numCtx,
    numParallel: load.numParallel,
    numBatch: load.numBatch,
    flashAttention: load.flashAttention === true,
    kvCacheType: load.kvCacheType,
  });
  const layers = sizes.weights.map((bytes, i) => bytes + sizes.cache[i]!);
  const output = layers.length - 1;
  const graphOf = (layout: Layout, gpu: number): number => {
    const here = layout.find((one) => one.gpu === gpu)?.layers ?? [];
    if (here.length === 0) return 0;
    const tower = sizes.towerBytes > 0 && here.includes(output) ? sizes.towerGraphBytes : 0;
    // One scheduler runs both graphs after each other in one buffer: the larger counts.
    return Math.max(sizes.graphBytes(countLayers(layout)), tower);
  };
  const usedBy = (layout: Layout, gpu: number): number =>
    graphOf(layout, gpu) +
    (layout.find((one) => one.gpu === gpu)?.layers ?? []).reduce((sum, layer) => sum + layers[layer]!, 0);
  const result = converge(layoutGpus(devices), convergeOptions(load, layers.length, requireFull), (layout) => ({
    memory: {
      layers,
      graphs: new Map(devices.map((_, gpu) => [gpu, graphOf(layout, gpu)])),
      inputBytes: sizes.inputBytes,
      cpuGraphBytes: sizes.cpuGraphBytes(countLayers(layout)),
    },
    success: devices.every((device, gpu) => usedBy(layout, gpu) <= device.freeBytes),
  }));
  const layout = isAgreed(result) ? result.layout : [];
  const parts = devices.map((_, gpu): GpuParts => {
    const here = layout.find((one) => one.gpu === gpu)?.layers ?? [];
    const tower = here.includes(output) ? sizes.towerBytes : 0;
    return {
      weightsBytes: here.reduce((sum, layer) => sum + sizes.weights[layer]!, 0) - tower,
      cacheBytes: here.reduce((sum, layer) => sum + sizes.cache[layer]!, 0),
      computeBytes: graphOf(layout, gpu),
      projectorBytes: tower,
      layers: here.length,
    };
  });
  const count = countLayers(layout);
  const cpuGraph = sizes.cpuGraphBytes(count);
  const onGpu = new Set(layout.flatMap((one) => one.layers));
  const cpuLayers = layers.flatMap((_, i) => (onGpu.has(i) ? [] : [i]));
  const cpuWeights = cpuLayers.reduce((sum, i) => sum + sizes.weights[i]!, 0);
  const cpuCache = cpuLayers.reduce((sum, i) => sum + sizes.cache[i]!, 0);
  const vram = parts.reduce((sum, part) => sum + partsTotal(part), 0);
  const hostTotal = sizes.inputBytes + cpuWeights + cpuCache + cpuGraph;
  return {
    result,
    totalLayers: layers.length,
    sizeBytes: vram + hostTotal,
    sizeVramBytes: vram + (cpuLayers.length === 0 ? sizes.inputBytes + cpuGraph : 0),
    parts,
    host: {
      weightsBytes: sizes.inputBytes + cpuWeights,
      cacheBytes: cpuCache,
      computeBytes: cpuGraph,
      totalBytes: hostTotal,
    },
    flashAttention: load.flashAttention === true,
    basis: sizes.basis,
    notes: [{ code: 'graph-estimated', params: { bytes: sizes.graphBytes(Math.max(1, count)) } }],
  };
}

/** llama.cpp's runner: sizes and layout by the formulas; what the GPUs really hold by llama.cpp's own planner. */
function placeByFormulas(load: Load, devices: readonly GpuDevice[], requireFull: boolean): Outcome {
  const facts = readModelFacts(load.spec, load.version);
  const gpus = layoutGpus(devices);
  const sizes = hybridSizes(
    facts,
    {
      numCtx: load.numCtx,
      numParallel: load.numParallel,
      numBatch: load.numBatch,
      embedding: load.embedding,
      kvCacheType: load.kvCacheType,
      flashAttention: load.flashAttention === true,
    },
    gpus,
  );
  const result = hybridLayout(sizes, gpus, convergeOptions(load, sizes.weights.length, requireFull));
  const layout = isAgreed(result) ? result.layout : [];
  const used = layout.filter((one) => one.layers.length > 0);
  const count = countLayers(layout);
  const graph = reportedGraph(sizes, layout);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const all = sum(sizes.weights) + sum(sizes.cache);
  const vramLayers = sum(layout.flatMap((one) => one.layers.map((i) => sizes.weights[i]! + sizes.cache[i]!)));
  const sizeVramBytes = layout.length === 0 || count === 0 ? 0 : vramLayers + graph * layout.length;
  const real = realMemory(load, devices, used);
  const tower = planProjector(load.spec);
  const parts = devices.map((_, gpu): GpuParts => {
    const position = used.findIndex((one) => one.gpu === gpu);
    if (position < 0) return NOTHING;
    const { weightsBytes, cacheBytes, computeBytes } = real.gpus[position]!;
    const projectorBytes = position === 0 && tower?.source === 'file' ? tower.weightsBytes + tower.computeBytes : 0;
    return { weightsBytes, cacheBytes, computeBytes, projectorBytes, layers: used[position]!.layers.length };
  });
  const realCompute = parts.reduce((bytes, part) => Math.max(bytes, part.computeBytes), 0);
  const notes: Reason[] = [];
  if (used.length > 0) notes.push({ code: 'graph-by-formula', params: { ollamaBytes: graph, bytes: realCompute } });
  if (tower?.source === 'file') notes.push({ code: 'projector-not-counted', params: { bytes: tower.weightsBytes } });
  const { host } = real;
  return {
    result,
    totalLayers: sizes.weights.length,
    sizeBytes: all - vramLayers + sizeVramBytes,
    sizeVramBytes,
    parts,
    host: { ...host, totalBytes: host.weightsBytes + host.cacheBytes + host.computeBytes },
    flashAttention: real.flashAttention,
    basis: real.computeBasis,
    notes,
  };
}

/** What llama.cpp reserves with this placement. These builds computed logits for the whole batch. */
function realMemory(load: Load, devices: readonly GpuDevice[], used: Layout): LlamaCppPlan {
  const batch = load.embedding ? Math.max(load.numBatch, load.numCtx) : load.numBatch;
  const layers = countLayers(used);
  const blocks = blockCount(load.spec);
  // A layout of part of the model never holds the output layer, and the llama.cpp of these versions leaves it on the
  // CPU; today's would take it first.
  const partial = layers > 0 && layers <= blocks;
  return planLlamaCpp(load.spec, {
    gpus: used.map((one) => devices[one.gpu]!),
    numCtx: load.numCtx * load.numParallel,
    numBatch: batch,
    numUbatch: batch,
    numParallel: load.numParallel,
    flashAttention: load.flashAttention,
    cacheTypeK: load.kvCacheType,
    cacheTypeV: load.kvCacheType,
    outputs: 0,
    numGpu: partial ? layers + 1 : layers,
    unifiedCache: true,
    ...(used.length > 0 ? { tensorSplit: splitOf(used, partial) } : {}),
    ...(partial ? { cpuTensors: OUTPUT_TENSORS } : {}),
    embedding: load.embedding,
    opOffload: true,
    view: 'real',
  });
}

/** The output layer and, where it is shared, the embedding. */
const OUTPUT_TENSORS: readonly string[] = ['^output', '^token_embd'];

/** Layers per GPU; the output layer that llama.cpp would add stands on the last. */
function splitOf(used: Layout, partial: boolean): readonly number[] {
  return used.map((one, i) => one.layers.length + (partial && i === used.length - 1 ? 1 : 0));
}

function partsTotal(part: GpuParts): number {
  return part.weightsBytes + part.cacheBytes + part.computeBytes + part.projectorBytes;
}

function assemble(load: Load, devices: readonly GpuDevice[], outcome: Outcome, notes: readonly Reason[]): Plan {
  const { result } = outcome;
  const ollamaError = isAgreed(result) ? undefined : errorText(result, load);
  const layers = isAgreed(result) ? countLayers(result.layout) : 0;
  const verdict = verdictOf(ollamaError, layers, outcome.totalLayers);
  const gpus = devices.map((device, i) => gpuPlan(device, outcome.parts[i]!, load));
  return {
    engine: 'layout',
    verdict,
    reason: reasonFor(load, devices, outcome, verdict, layers, gpus),
    ...(ollamaError === undefined ? {} : { ollamaError }),
    placement: {
      gpuLayers: layers,
      totalLayers: outcome.totalLayers,
      perGpuLayers: gpus.map((gpu) => gpu.layers),
      overrides: 0,
      overridePatterns: [],
    },
    gpus,
    host: verdict === 'refused' ? NO_HOST : outcome.host,
    sizeVramBytes: verdict === 'refused' ? 0 : outcome.sizeVramBytes,
    sizeBytes: outcome.sizeBytes,
    numCtx: load.numCtx,
    numParallel: load.numParallel,
    numBatch: load.numBatch,
    numUbatch: load.numBatch,
    flashAttention: outcome.flashAttention,
    kvCacheType: load.kvCacheType,
    computeBasis: outcome.basis,
    notes,
  };
}

function errorText(failure: Disagreed, load: Load): string {
  if (failure.failure === 'system-memory') return systemMemoryError(failure.neededBytes, load.systemAvailableBytes);
  return failure.failure === 'cannot-allocate' ? failure.error : 'memory layout cannot be allocated';
}

function verdictOf(ollamaError: string | undefined, layers: number, totalLayers: number): VerdictName {
  if (ollamaError !== undefined) return 'refused';
  if (layers === 0) return 'cpu';
  return layers >= totalLayers ? 'fits' : 'partial';
}

function gpuPlan(device: GpuDevice, parts: GpuParts, load: Load): GpuPlan {
  const overhead = gpuOverhead(device);
  const delta = load.server.calibration?.overheadDeltaBytes ?? 0;
  const overheadBytes = parts.layers === 0 ? 0 : Math.max(0, overhead.expectedBytes + delta);
  const factor = load.server.calibration?.computeFactor ?? 1;
  const computeBytes = Math.round(parts.computeBytes * factor);
  const totalBytes = parts.weightsBytes + parts.cacheBytes + computeBytes + parts.projectorBytes + overheadBytes;
  return {
    weightsBytes: parts.weightsBytes,
    cacheBytes: parts.cacheBytes,
    computeBytes,
    projectorBytes: parts.projectorBytes,
    overheadBytes,
    overheadRangeBytes: parts.layers === 0 ? [0, 0] : [overhead.lowBytes, overhead.highBytes],
    totalBytes,
    layers: parts.layers,
    headroomBytes: device.freeBytes - totalBytes,
  };
}

function reasonFor(
  load: Load,
  devices: readonly GpuDevice[],
  outcome: Outcome,
  verdict: VerdictName,
  layers: number,
  gpus: readonly GpuPlan[],
): Reason {
  const { result, totalLayers } = outcome;
  const freeBytes = devices.reduce((sum, gpu) => sum + gpu.freeBytes, 0);
  switch (verdict) {
    case 'fits':
      return {
        code: 'fits',
        params: { gpus: gpus.filter((gpu) => gpu.layers > 0).length, sizeBytes: outcome.sizeVramBytes },
      };
    case 'partial':
      return {
        code: 'partial-layers',
        params: {
          gpuLayers: layers,
          totalLayers,
          systemNeededBytes: outcome.host.totalBytes,
          neededBytes: outcome.sizeBytes,
          freeBytes,
        },
      };
    case 'cpu': {
      const code = devices.length === 0 ? 'cpu-no-gpu' : load.numGpu === 0 ? 'cpu-requested' : 'cpu-no-layers';
      return { code, params: { systemNeededBytes: outcome.host.totalBytes, freeBytes } };
    }
    case 'refused':
      if (!isAgreed(result) && result.failure === 'system-memory') {
        return {
          code: 'refused-system-memory',
          params: {
            systemNeededBytes: result.neededBytes,
            systemAvailableBytes: load.systemAvailableBytes,
            gpuLayers: countLayers(result.layout),
            totalLayers,
          },
        };
      }
      return { code: 'refused-allocation', params: { numGpu: load.numGpu, freeBytes } };
  }
}
