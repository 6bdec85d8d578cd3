/**
 * The `formula` engine: Ollama up to 0.12.10 (from 0.11.11 only for models of the llama.cpp runner), where Ollama's
 * own formulas decide about layers and GPUs. Everything is reckoned as Ollama does, so `sizeBytes` and
 * `sizeVramBytes` are what /api/ps shows: with 457 MiB and one spare layer per GPU in them.
 */

import { projectorOf } from '../../model/projector.ts';
import { blockCount, trainingContext } from '../../plan/facts.ts';
import { refusedPlan } from '../../plan/refused.ts';
import {
  EstimateError,
  type EstimateRequest,
  type EstimateServer,
  type GpuDevice,
  type GpuPlan,
  type HostPlan,
  type ModelSpec,
  type Plan,
  type Reason,
  type VerdictName,
} from '../../types.ts';
import { atLeast, parseVersion, usesOllamaEngine, type Version } from '../../versions.ts';
import { outOfMemory, planRunner, type Shortage, shortage } from '../llama-runner.ts';
import {
  chooseAttention,
  hostLimitBytes,
  hostMemory,
  isEmbeddingOnly,
  slotCandidates,
  withoutLoadedModels,
} from '../ollama-server.ts';
import { createEstimator, type Estimator } from './estimate.ts';
import { humanBytes2 } from './human-bytes.ts';
import { type LogFields, logFields } from './log-fields.ts';
import { type Choice, chooseGpus, type LoadOrder } from './schedule.ts';

/** The decision with everything Ollama would log about it. */
export interface FormulaDecision {
  readonly version: Version;
  readonly estimator: Estimator;
  readonly choice: Choice;
  /** Fields of the log line "offload" as this version prints them. */
  readonly fields: LogFields;
  /** Error text as Ollama prints it, when it refuses to load. */
  readonly ollamaError?: string;
  /** GPUs as they are when the model is loaded (loaded models gone if they had to go). */
  readonly gpus: readonly GpuDevice[];
  readonly notes: readonly Reason[];
}

/** Ollama's default num_batch. */
const DEFAULT_BATCH = 512;
const VISION_MINIMUM_CONTEXT = 2048;

/**
 * What Ollama would decide and print, with the GPUs as it sees them.
 * @throws EstimateError `missing-key`, `bad-ollama-version`, `array-heads-unsupported`
 */
export function traceFormula(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): FormulaDecision {
  const { version, assumedNewest } = parseVersion(server.ollama);
  const estimator = createEstimator(spec, version);
  const host = hostMemory(server);
  const attention = chooseAttention(version, spec, server, request);
  const notes: Reason[] = [...host.notes, ...attention.notes];
  if (assumedNewest) {
    notes.push({ code: 'version-assumed-newest', params: {} });
  }
  if (!atLeast(version, '0.2.0')) {
    notes.push({ code: 'version-older-than-known', params: { known: '0.2.0' } });
  }

  const loaded = server.loaded ?? [];
  const order: LoadOrder = {
    gpus: server.gpus,
    numCtx: requestedContext(version, spec, request),
    trainingContext: trainingContext(spec),
    numBatch: request.numBatch ?? DEFAULT_BATCH,
    slots: slotCandidates(version, spec, request),
    numGpu: request.numGpu ?? -1,
    kvCacheType: attention.kvCacheType,
    flashAttention: attention.flashAttention,
    gpuOverheadBytes: server.gpuOverheadBytes ?? 0,
    schedSpread: server.schedSpread ?? false,
    systemFreeBytes: host.memory.freeBytes,
    fullOnly: loaded.length > 0,
  };
  let gpus = server.gpus;
  let choice = chooseGpus(estimator, order);
  if (choice === undefined) {
    gpus = withoutLoadedModels(server);
    notes.push({ code: 'evicts-loaded', params: { models: loaded.length } });
    choice = chooseGpus(estimator, { ...order, gpus, fullOnly: false })!;
  }
  if (choice.numCtx < order.numCtx) {
    notes.push({ code: 'context-clamped', params: { requested: order.numCtx, trained: choice.numCtx } });
  }
  const fields = logFields(version, choice.input, choice.estimate);
  const needed = choice.estimate.totalBytes - choice.estimate.vramBytes;
  const available = hostLimitBytes(host, choice.estimate.layers);
  const decision = { version, estimator, choice, fields, gpus, notes };
  if ((server.os ?? 'linux') === 'darwin' || needed <= available) {
    return decision;
  }
  return { ...decision, ollamaError: systemMemoryError(needed, available) };
}

/** Ollama's words when a model would need more host memory than there is (llm/server.go). */
export function systemMemoryError(neededBytes: number, availableBytes: number): string {
  const [needed, available] = [humanBytes2(neededBytes), humanBytes2(availableBytes)];
  return `model requires more system memory (${needed}) than is available (${available})`;
}

/** num_ctx of a request as the scheduler takes it: at least 4, for models with vision at least 2048 from 0.11.5. */
function requestedContext(version: Version, spec: ModelSpec, request: EstimateRequest): number {
  const minimum = projectorOf(spec) !== undefined && atLeast(version, '0.11.5') ? VISION_MINIMUM_CONTEXT : 4;
  return Math.max(request.numCtx, minimum);
}

/**
 * The plan of the formula engine. `server` has the GPUs as Ollama sees them, `real` as they are: whether what was planned
 * can be allocated shows on those.
 * @throws EstimateError `missing-key`, `bad-ollama-version`
 */
export function decideFormula(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  real: readonly GpuDevice[] = server.gpus,
): Plan {
  let decision: FormulaDecision;
  try {
    decision = traceFormula(spec, server, request);
  } catch (error) {
    if (error instanceof EstimateError && error.code === 'array-heads-unsupported') {
      return crashPlan(spec, server, request, error);
    }
    throw error;
  }
  const { choice, gpus } = decision;
  const { estimate } = choice;
  const planned = verdictOf(decision, server);
  const missing = planned === 'fits' || planned === 'partial' ? missingOnGpu(decision, spec, request, real) : undefined;
  const verdict = missing === undefined ? planned : 'refused';
  const onGpus = planned === 'fits' || planned === 'partial';
  const gpuPlans = gpus.map((gpu, index) => gpuPlan(decision, gpu, onGpus ? choice.gpuIndexes.indexOf(index) : -1));
  return {
    engine: 'formula',
    verdict,
    reason: missing === undefined ? reasonFor(decision, server, verdict) : outOfMemory(missing),
    ...(decision.ollamaError === undefined ? {} : { ollamaError: decision.ollamaError }),
    placement: {
      gpuLayers: onGpus ? estimate.layers : 0,
      totalLayers: estimate.totalLayers,
      perGpuLayers: gpuPlans.map((plan) => plan.layers),
      overrides: 0,
      overridePatterns: [],
    },
    gpus: gpuPlans,
    host: hostPlan(decision, gpuPlans, planned),
    sizeVramBytes: planned === 'refused' ? 0 : estimate.vramBytes,
    sizeBytes: estimate.totalBytes,
    numCtx: choice.numCtx,
    numParallel: choice.numParallel,
    numBatch: Math.min(request.numBatch ?? DEFAULT_BATCH, choice.numCtx),
    numUbatch: Math.min(request.numBatch ?? DEFAULT_BATCH, choice.numCtx),
    flashAttention: choice.input.flashAttention,
    kvCacheType: choice.input.kvCacheType,
    computeBasis: 'planned',
    notes: decision.notes,
  };
}

/**
 * What the runner misses on a GPU once it allocates what it really needs: the formulas know nothing of copies of inputs
 * on several GPUs, nor of what cuBLAS takes.
 */
function missingOnGpu(
  { version, choice, gpus }: FormulaDecision,
  spec: ModelSpec,
  request: EstimateRequest,
  real: readonly GpuDevice[],
): Shortage | undefined {
  if (usesOllamaEngine(version, spec) || (gpus[choice.gpuIndexes[0] ?? -1]?.library ?? 'CUDA') === 'Metal') {
    return undefined;
  }
  const perGpu = gpus.map((_, index) => choice.estimate.layersPerGpu[choice.gpuIndexes.indexOf(index)] ?? 0);
  // Loaded models that had to go have given back what they took.
  const devices = real.map((gpu, index) => {
    const back = gpus[index]!.freeBytes - gpu.freeBytes;
    return back > 0 ? { ...gpu, freeBytes: gpu.freeBytes + back } : gpu;
  });
  const plan = planRunner({
    version,
    spec,
    devices,
    layers: perGpu,
    numCtx: choice.numCtx * choice.numParallel,
    numParallel: choice.numParallel,
    numBatch: Math.min(request.numBatch ?? DEFAULT_BATCH, choice.numCtx),
    flashAttention: choice.input.flashAttention,
    kvCacheType: choice.input.kvCacheType,
    embedding: isEmbeddingOnly(spec, request),
  });
  return shortage(devices, plan, atLeast(version, '0.12.4'));
}

function verdictOf({ ollamaError, choice, gpus }: FormulaDecision, server: EstimateServer): VerdictName {
  if (ollamaError !== undefined) {
    return 'refused';
  }
  const { layers, totalLayers, vramBytes } = choice.estimate;
  const metal = (gpus[choice.gpuIndexes[0] ?? -1]?.library ?? 'CUDA') === 'Metal';
  // A Mac whose memory is smaller than the plan is not loaded to the GPU at all: it would lock up.
  if (metal && vramBytes > (server.system?.totalBytes ?? Number.POSITIVE_INFINITY)) {
    return 'cpu';
  }
  if (layers === 0) {
    return 'cpu';
  }
  return layers >= totalLayers ? 'fits' : 'partial';
}

/** One GPU's share as Ollama reckons it; `position` = its place in the estimate's list, -1 = not used. */
function gpuPlan({ choice, estimator }: FormulaDecision, gpu: GpuDevice, position: number): GpuPlan {
  const { estimate } = choice;
  const layers = estimate.placed[position] ?? [];
  const allocated = position < 0 ? 0 : (estimate.allocations[position] ?? 0);
  let weightsBytes = 0;
  let cacheBytes = 0;
  for (const layer of layers) {
    weightsBytes += estimator.facts.blockBytes[layer] ?? estimate.outputBytes;
    cacheBytes += estimate.cache.perLayer[layer] ?? 0;
  }
  const computeBytes = layers.length > 0 ? estimate.graphBytes : 0;
  const { fileWeightsBytes, embeddedWeightsBytes, graphBytes } = estimate.vision;
  const carriesTower = position >= 0 && position === estimate.projectorGpu;
  const projectorBytes = carriesTower ? fileWeightsBytes + embeddedWeightsBytes + graphBytes : 0;
  const overheadBytes = allocated - weightsBytes - cacheBytes - computeBytes - projectorBytes;
  return {
    weightsBytes,
    cacheBytes,
    computeBytes,
    projectorBytes,
    overheadBytes,
    overheadRangeBytes: [Math.min(overheadBytes, estimate.entry.minimumBytes), overheadBytes],
    totalBytes: allocated,
    layers: layers.length,
    headroomBytes: gpu.freeBytes - allocated,
  };
}

/** What stays on the host. The formulas give the host no compute buffer. */
function hostPlan({ choice, estimator }: FormulaDecision, gpus: readonly GpuPlan[], verdict: VerdictName): HostPlan {
  if (verdict === 'refused') {
    return { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 };
  }
  const { estimate } = choice;
  const all = estimate.repeatingBytes + estimate.outputBytes;
  const weightsBytes = all - gpus.reduce((sum, gpu) => sum + gpu.weightsBytes, 0);
  const everyLayer = estimate.cache.perLayer.reduce((a, b) => a + b, 0);
  const cacheBytes = everyLayer - gpus.reduce((sum, gpu) => sum + gpu.cacheBytes, 0);
  const embedding = estimator.facts.groups.has('output') ? (estimator.facts.groups.get('token_embd') ?? 0) : 0;
  const towerOnHost = gpus.every((gpu) => gpu.projectorBytes === 0);
  const { fileWeightsBytes, embeddedWeightsBytes } = estimate.vision;
  const onHost = weightsBytes + embedding + (towerOnHost ? fileWeightsBytes + embeddedWeightsBytes : 0);
  return { weightsBytes: onHost, cacheBytes, computeBytes: 0, totalBytes: onHost + cacheBytes };
}

function reasonFor(decision: FormulaDecision, server: EstimateServer, verdict: VerdictName): Reason {
  const { choice, gpus } = decision;
  const { estimate } = choice;
  const needed = estimate.totalBytes - estimate.vramBytes;
  switch (verdict) {
    case 'fits':
      return {
        code: 'fits',
        params: { gpus: estimate.placed.filter((layers) => layers.length > 0).length, sizeBytes: estimate.vramBytes },
      };
    case 'partial':
      return {
        code: 'partial-layers',
        params: {
          gpuLayers: estimate.layers,
          totalLayers: estimate.totalLayers,
          systemNeededBytes: needed,
          neededBytes: fullSize(decision),
          freeBytes: gpus.reduce((sum, gpu) => sum + gpu.freeBytes, 0),
        },
      };
    case 'cpu':
      if (choice.gpuIndexes.length === 0) {
        return { code: gpus.length === 0 ? 'cpu-no-gpu' : 'cpu-requested', params: { systemNeededBytes: needed } };
      }
      return { code: 'cpu-no-layers', params: { systemNeededBytes: needed, ...entryPrice(decision) } };
    case 'refused':
      return {
        code: 'refused-system-memory',
        params: {
          systemNeededBytes: needed,
          systemAvailableBytes: hostLimitBytes(hostMemory(server), estimate.layers),
          gpuLayers: estimate.layers,
          totalLayers: estimate.totalLayers,
          ...(estimate.layers === 0 && choice.gpuIndexes.length > 0 ? entryPrice(decision) : {}),
        },
      };
  }
}

/** Size of the model if these GPUs had room without end, bytes. */
function fullSize({ estimator, choice }: FormulaDecision): number {
  const gpus = choice.input.gpus.map((gpu) => ({ ...gpu, freeBytes: 2 ** 52 }));
  return estimator.estimate({ ...choice.input, gpus, numGpu: -1 }).vramBytes;
}

/** Why not one layer goes to the GPU with most room: what it must have free for the first one, by part. */
function entryPrice({ choice, gpus }: FormulaDecision): Record<string, number | string> {
  const { entry } = choice.estimate;
  const gpu = choice.gpuIndexes.reduce((best, i) => (gpus[i]!.freeBytes > gpus[best]!.freeBytes ? i : best));
  const parts: readonly (readonly [string, number])[] = [
    ['graph', entry.graphBytes],
    ['projector', entry.projectorBytes],
    ['layers', entry.twoLayersBytes],
    ['minimum', entry.minimumBytes],
  ];
  const limitingPart = parts.reduce((a, b) => (b[1] > a[1] ? b : a))[0];
  return {
    gpu,
    gpuFreeBytes: gpus[gpu]!.freeBytes,
    gpuNeededBytes: entry.neededBytes,
    graphBytes: entry.graphBytes,
    projectorBytes: entry.projectorBytes,
    minimumBytes: entry.minimumBytes,
    twoLayersBytes: entry.twoLayersBytes,
    limitingPart,
  };
}

/** Before 0.9.3 a number of heads per layer ends the request in a Go panic: nothing is loaded. */
function crashPlan(spec: ModelSpec, server: EstimateServer, request: EstimateRequest, error: EstimateError): Plan {
  const reason = { code: 'refused-version-too-old', params: { ...error.params, needs: '0.9.3' } };
  return refusedPlan(server, request, { engine: 'formula', reason, blocks: blockCount(spec) });
}
