/**
 * The command line Ollama ≥ 0.30 gives llama-server, as far as memory depends on it: context, slots, GPUs, batch, flash
 * attention, cache type, layers, projector and `--fit`'s margin. Sources: server/sched.go (`getRunner`, `load`) and
 * llm/llama_server.go (`startLlamaServer`, `shouldDisableMMProjOffload`, `mmprojFitTargetMiB`), v0.30.0 to v0.33.0.
 */

import { GIB, MIB } from '../../../base/bytes.ts';
import { buildOf } from '../../llama-cpp/builds.ts';
import { type ProjectorPlan, planProjector } from '../../model/projector.ts';
import { gpuOverhead } from '../../outside-buffers.ts';
import { blockCount, isEmbeddingModel, trainingContext } from '../../plan/facts.ts';
import type {
  EstimateRequest,
  EstimateServer,
  GpuDevice,
  LlamaCppConfig,
  LoadedModel,
  ModelSpec,
  Reason,
} from '../../types.ts';
import { atLeast, oneSlotOnly, parseVersion, type Version } from '../../versions.ts';
import { FIT_MARGIN_BYTES } from './fit/fit.ts';
import { noteDraftLayers } from './fit/to-plan.ts';
import { choosePlacement } from './placement.ts';
import {
  automaticBatch,
  availableMemory,
  batchSurcharge,
  percentOf,
  predictServerVram,
  usableBytes,
} from './prediction.ts';
import { believedGpus, firstToLeave, mostModels, type Runner, runnersOf, withoutRunner } from './runners.ts';

/** Kept free beside the projector: `mmprojOffloadHeadroom`. */
const PROJECTOR_HEADROOM_BYTES = GIB;

/** Architectures whose embedded tower Ollama hands to llama-server as a projector (`compatClipArches`). */
const EMBEDDED_TOWERS = new Set([
  'gemma3',
  'gemma4',
  'qwen35',
  'qwen35moe',
  'qwen25vl',
  'qwen3vl',
  'qwen3vlmoe',
  'mistral3',
  'deepseekocr',
  'glmocr',
  'llama4',
  'nemotron_h_omni',
]);

export interface Launch {
  /** The server's GPUs once those have left whom Ollama sends away first. */
  readonly gpus: readonly GpuDevice[];
  /** Who leaves first, in Ollama's order. */
  readonly evicted: readonly LoadedModel[];
  /** Index in the server's list of each GPU given to llama-server. */
  readonly chosen: readonly number[];
  /** Whether that is one picked out of several. */
  readonly alone: boolean;
  /** llama.cpp's configuration before `--fit`; the GPUs are the chosen ones, with what llama.cpp sees free on them. */
  readonly config: LlamaCppConfig;
  /** `LLAMA_ARG_FIT_TARGET`, per GPU. */
  readonly marginBytes: number;
  readonly projector?: ProjectorPlan;
  readonly projectorOnGpu: boolean;
  readonly predictedBytes: number;
  readonly availableBytes: number;
  readonly mmap: boolean;
  readonly notes: readonly Reason[];
}

/** Works out how Ollama would start llama-server for a request. */
export function prepareLaunch(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Launch {
  const notes: Reason[] = [];
  const { version } = parseVersion(server.ollama);
  const embedding = request.embedding ?? isEmbeddingModel(spec);
  const projector = servedProjector(spec);
  const numCtx = effectiveContext(spec, request, projector !== undefined, notes);
  const numParallel = effectiveParallel(request, embedding || oneSlotOnly(version, spec.architecture), notes);
  const totalCtx = numCtx * numParallel;
  const numGpu = request.numGpu ?? -1;

  const predictedBytes = predictServerVram(spec, totalCtx);
  const asked = { request, embedding, numCtx, totalCtx, predictedBytes };
  const start = scheduleStart(spec, server, asked);
  const { gpus, chosen, batch: numBatch } = start;
  if (start.evicted.length > 0) {
    const names = start.evicted.map(({ name }) => name).join(', ');
    const wanted = predictedBytes + (embedding ? 0 : batchSurcharge(numBatch));
    const params = {
      predictedBytes: wanted,
      availableBytes: start.availableAtFirst,
      models: start.evicted.length,
      names,
    };
    notes.push({ code: 'evicts-others', params });
  }

  noteDraftLayers(spec, notes);
  const offload = projectorOffload(spec, version, projector, start.believed, numGpu);
  if (projector !== undefined && offload !== 'gpu') {
    notes.push({ code: 'projector-on-cpu', params: { why: offload } });
  }
  const kvCacheType = request.kvCacheType ?? 'f16';
  return {
    gpus,
    evicted: start.evicted,
    chosen,
    alone: start.alone,
    config: {
      build: buildOf(server).facts.name,
      gpus: chosen.map((index) => seenByLlamaCpp(gpus[index]!)),
      numCtx: totalCtx,
      numBatch,
      numUbatch: request.numUbatch ?? numBatch,
      numParallel,
      flashAttention: start.flashAttention,
      cacheTypeK: kvCacheType,
      cacheTypeV: kvCacheType,
      outputs: request.outputs ?? outputRows(version, embedding, numBatch, numParallel),
      numGpu,
      unifiedCache: request.unifiedCache ?? false,
      embedding,
      opOffload: request.opOffload ?? true,
      view: 'fit',
    },
    marginBytes: request.fitMarginBytes ?? fitMargin(version, projector, offload),
    ...(projector === undefined ? {} : { projector }),
    projectorOnGpu: offload === 'gpu',
    predictedBytes,
    availableBytes: start.availableBytes,
    mmap: usesMmap(server, start.believed, numGpu, predictedBytes, start.availableBytes),
    notes,
  };
}

interface Asked {
  readonly request: EstimateRequest;
  readonly embedding: boolean;
  readonly numCtx: number;
  readonly totalCtx: number;
  readonly predictedBytes: number;
}

interface Start {
  readonly gpus: readonly GpuDevice[];
  readonly evicted: readonly LoadedModel[];
  readonly chosen: readonly number[];
  readonly alone: boolean;
  /** The chosen GPUs as Ollama believes them to be; none where it is told to use none. */
  readonly believed: readonly GpuDevice[];
  readonly availableBytes: number;
  /** The same before anybody left. */
  readonly availableAtFirst: number;
  readonly flashAttention: boolean | 'auto';
  readonly batch: number;
}

/**
 * Chooses GPUs and batch, and sends models away one at a time while there are too many of them or the prediction exceeds
 * four fifths of what is believed to be free (`processPending` and `load` in server/sched.go).
 */
function scheduleStart(spec: ModelSpec, server: EstimateServer, asked: Asked): Start {
  const evicted: LoadedModel[] = [];
  let runners = runnersOf(server);
  let { gpus } = server;
  let availableAtFirst: number | undefined;
  for (;;) {
    const start = chooseStart(server, gpus, runners, asked);
    availableAtFirst ??= start.availableBytes;
    const tooMany = runners.length >= mostModels(server);
    const leaving = tooMany || exceeds(spec, asked, start) ? firstToLeave(runners) : undefined;
    if (leaving === undefined) {
      return { ...start, gpus, evicted, availableAtFirst };
    }
    evicted.push(leaving.model);
    runners = runners.filter((runner) => runner !== leaving);
    gpus = withoutRunner(gpus, leaving);
  }
}

function chooseStart(
  server: EstimateServer,
  gpus: readonly GpuDevice[],
  runners: readonly Runner[],
  { request, embedding, numCtx, totalCtx, predictedBytes }: Asked,
): Omit<Start, 'gpus' | 'evicted' | 'availableAtFirst'> {
  // With num_gpu 0 Ollama reckons with no GPUs, and llama-server sees all of them all the same.
  const none = request.numGpu === 0;
  const all = believedGpus(gpus, runners);
  const spread = server.schedSpread === true;
  const { chosen, alone } = none
    ? { chosen: gpus.map((_, index) => index), alone: false }
    : choosePlacement(all, predictedBytes, server.system, spread, request.mainGpu);
  const believed = none ? [] : chosen.map((index) => all[index]!);
  const availableBytes = availableMemory(believed, server.system);
  const flashAttention = flashAttentionMode(request, believed);
  const batch = embedding
    ? Math.min(request.numBatch ?? Math.min(2048, numCtx), totalCtx)
    : (request.numBatch ??
      automaticBatch(totalCtx, predictedBytes, availableBytes, flashAttention === false, believed));
  return { chosen, alone, believed, availableBytes, flashAttention, batch };
}

/** The check before a start. It is left out where nobody else is loaded, and where some of the layers were asked for. */
function exceeds(spec: ModelSpec, asked: Asked, start: Omit<Start, 'gpus' | 'evicted' | 'availableAtFirst'>): boolean {
  const numGpu = asked.request.numGpu ?? -1;
  if (start.believed.length === 0 || (numGpu > 0 && numGpu < blockCount(spec) + 1)) {
    return false;
  }
  const wanted = asked.predictedBytes + (asked.embedding ? 0 : batchSurcharge(start.batch));
  return wanted > percentOf(start.availableBytes, 80);
}

/** The tower llama-server loads: a file of its own always, an embedded one for the architectures Ollama translates. */
function servedProjector(spec: ModelSpec): ProjectorPlan | undefined {
  const projector = planProjector(spec);
  if (projector === undefined || projector.source === 'file') {
    return projector;
  }
  return EMBEDDED_TOWERS.has(spec.architecture) ? projector : undefined;
}

function effectiveContext(spec: ModelSpec, request: EstimateRequest, vision: boolean, notes: Reason[]): number {
  const trained = trainingContext(spec);
  let numCtx = Math.max(request.numCtx, vision ? 2048 : 4);
  if (numCtx > request.numCtx) {
    notes.push({ code: 'ctx-raised', params: { from: request.numCtx, to: numCtx } });
  }
  if (trained > 0 && numCtx > trained) {
    notes.push({ code: 'ctx-clamped-to-training', params: { from: numCtx, to: trained } });
    numCtx = trained;
  }
  return numCtx;
}

function effectiveParallel(request: EstimateRequest, single: boolean, notes: Reason[]): number {
  const wanted = Math.max(request.numParallel ?? 1, 1);
  if (wanted === 1 || !single) {
    return wanted;
  }
  notes.push({ code: 'parallel-forced-to-one', params: { from: wanted } });
  return 1;
}

/**
 * Rows of logits that are kept. Since llama.cpp PR 23861 (merged 2026-06-01, so in b9479 of Ollama v0.30.1) llama-server
 * asks for one per slot; v0.30.0, and any for an embedding model, keeps the whole batch (0): vocabulary × batch × 4 bytes.
 */
function outputRows(version: Version, embedding: boolean, numBatch: number, numParallel: number): number {
  return embedding || !atLeast(version, '0.30.1') ? 0 : Math.min(numBatch, numParallel);
}

/** `on`, `off` or `auto`; off where a GPU cannot (CUDA below 6.0 and 7.2). Unknown capability counts as able. */
function flashAttentionMode(request: EstimateRequest, gpus: readonly GpuDevice[]): boolean | 'auto' {
  if (typeof request.flashAttention === 'boolean') {
    return request.flashAttention;
  }
  return gpus.every(supportsFlashAttention) ? 'auto' : false;
}

function supportsFlashAttention(gpu: GpuDevice): boolean {
  if ((gpu.library ?? 'CUDA') !== 'CUDA' || gpu.computeCapability === undefined) {
    return true;
  }
  return gpu.computeCapability >= 6 && gpu.computeCapability !== 7.2;
}

type Offload = 'gpu' | 'none' | 'cpu-only' | 'partial-text-offload' | 'shared-memory-gpu' | 'limited-vram';

function projectorOffload(
  spec: ModelSpec,
  version: Version,
  projector: ProjectorPlan | undefined,
  gpus: readonly GpuDevice[],
  numGpu: number,
): Offload {
  if (projector === undefined) {
    return 'none';
  }
  if (numGpu === 0 || gpus.length === 0) {
    return 'cpu-only';
  }
  if (numGpu > 0 && numGpu < blockCount(spec) + 1) {
    return 'partial-text-offload';
  }
  const byProjector = atLeast(version, '0.30.11');
  for (const gpu of gpus) {
    const shared = gpu.integrated === true && (gpu.library ?? 'CUDA') !== 'Metal';
    if (shared && !atLeast(version, '0.31.2')) {
      return 'shared-memory-gpu';
    }
    const memory = usableBytes(gpu);
    if (memory <= 0) {
      continue;
    }
    if (byProjector ? memory < projector.weightsBytes + PROJECTOR_HEADROOM_BYTES : memory <= 10 * GIB) {
      return 'limited-vram';
    }
  }
  return 'gpu';
}

/** From v0.31.2 the projector's size is added to what `--fit` keeps free, on every GPU. */
function fitMargin(version: Version, projector: ProjectorPlan | undefined, offload: Offload): number {
  if (projector === undefined || projector.weightsBytes === 0 || offload !== 'gpu') {
    return FIT_MARGIN_BYTES;
  }
  if (!atLeast(version, '0.31.2')) {
    return FIT_MARGIN_BYTES;
  }
  return Math.ceil((projector.weightsBytes + PROJECTOR_HEADROOM_BYTES) / MIB) * MIB;
}

/** Whether weights are mapped from the file (`disableMmapDefaultReason`, `disableMmapForHostPressure` left out). */
function usesMmap(
  server: EstimateServer,
  gpus: readonly GpuDevice[],
  numGpu: number,
  predictedBytes: number,
  availableBytes: number,
): boolean {
  if (numGpu === 0 || gpus.length === 0) {
    return false;
  }
  const libraries = gpus.map((gpu) => gpu.library ?? 'CUDA');
  if (server.os === 'windows' && libraries.includes('CUDA')) {
    return false;
  }
  if (server.os === 'linux' && gpus.some((gpu) => gpu.integrated === true)) {
    return false;
  }
  return !(libraries.includes('Metal') && predictedBytes > availableBytes);
}

/** llama.cpp asks for free memory when its context stands already. */
function seenByLlamaCpp(gpu: GpuDevice): GpuDevice {
  return { ...gpu, freeBytes: Math.max(0, gpu.freeBytes - gpuOverhead(gpu).contextBytes) };
}
