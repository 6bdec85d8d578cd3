/**
 * From llama.cpp's bytes per device to the estimator's answer: placement, verdict, parts per GPU, what is left free.
 */

import { compileModel } from '../../../llama-cpp/compile.ts';
import { BLOCK_ELEMENTS, typeId } from '../../../model/tensors.ts';
import { gpuOverhead, outsideBuffers, type Use } from '../../../outside-buffers.ts';
import { architectureNumber, blockCount } from '../../../plan/facts.ts';
import { untouchedGpu } from '../../../plan/untouched-gpu.ts';
import type {
  CalibrationFactors,
  EngineName,
  GpuDevice,
  GpuPlan,
  KvCacheType,
  LlamaCppConfig,
  LlamaCppPlan,
  ModelSpec,
  OverheadParts,
  Plan,
  Reason,
  VerdictName,
} from '../../../types.ts';
import { type FitOverride, overridePattern } from './overrides.ts';

export interface PlanParts {
  readonly engine: EngineName;
  readonly spec: ModelSpec;
  /** All GPUs of the server, in its order. */
  readonly gpus: readonly GpuDevice[];
  /** Index in `gpus` of each device of `config`. */
  readonly chosen: readonly number[];
  readonly config: LlamaCppConfig;
  readonly memory: LlamaCppPlan;
  readonly overrides: readonly FitOverride[];
  /** Weights and compute of the projector on the first chosen GPU (0 when it is on the CPU or there is none). */
  readonly projectorWeightsBytes: number;
  readonly projectorComputeBytes: number;
  /** The projector's bytes on the host. */
  readonly hostProjectorBytes: number;
  readonly calibration?: CalibrationFactors | undefined;
  readonly kvCacheType: KvCacheType;
  readonly notes: readonly Reason[];
}

/** Everything of a plan but the verdict's reason and the sizes that /api/ps reports. */
export type PlanBody = Omit<Plan, 'verdict' | 'reason' | 'sizeVramBytes' | 'sizeBytes'>;

/**
 * Layers that predict further tokens run in a context of their own, and only where `draft_num_predict` is set or llama.cpp
 * is told to speculate (`appendDraftArgs`, llm/llama_server.go, v0.33.0): they are not counted.
 */
export function noteDraftLayers(spec: ModelSpec, notes: Reason[]): void {
  const layers = architectureNumber(spec, 'nextn_predict_layers');
  if (layers > 0) {
    notes.push({ code: 'draft-layers-not-counted', params: { layers } });
  }
}

/** Lays the parts of a plan out per GPU. */
export function planBody(parts: PlanParts): PlanBody {
  const { config, memory, overrides, spec } = parts;
  const totalLayers = blockCount(spec) + 1;
  const gpuLayers =
    parts.chosen.length === 0 ? 0 : config.numGpu < 0 ? totalLayers : Math.min(config.numGpu, totalLayers);
  const perGpuLayers = parts.gpus.map(() => 0);
  const gpus = parts.gpus.map((gpu) => untouchedGpu(gpu));
  for (const [device, index] of parts.chosen.entries()) {
    const planned = memory.gpus[device];
    if (planned === undefined) {
      continue;
    }
    perGpuLayers[index] = planned.layers;
    gpus[index] = usedGpu(parts, device, index);
  }
  const { host } = memory;
  const hostWeights = host.weightsBytes + parts.hostProjectorBytes;
  return {
    engine: parts.engine,
    placement: {
      gpuLayers,
      totalLayers,
      perGpuLayers,
      overrides: overrides.length,
      overridePatterns: overrides.map(overridePattern),
      overrideTargets: overrides.map(({ target }) => (target === 'CPU' ? target : (parts.chosen[target] ?? target))),
    },
    gpus,
    host: {
      weightsBytes: hostWeights,
      cacheBytes: host.cacheBytes,
      computeBytes: host.computeBytes,
      totalBytes: hostWeights + host.cacheBytes + host.computeBytes,
    },
    numCtx: memory.numCtxSeq,
    numParallel: config.numParallel,
    numBatch: Math.min(config.numBatch, memory.numCtx),
    numUbatch: Math.min(config.numUbatch, config.numBatch, memory.numCtx),
    flashAttention: memory.flashAttention,
    kvCacheType: parts.kvCacheType,
    computeBasis: memory.computeBasis,
    notes: parts.notes,
  };
}

function usedGpu(parts: PlanParts, device: number, index: number): GpuPlan {
  const planned = parts.memory.gpus[device]!;
  const gpu = parts.gpus[index]!;
  const { lowBytes, highBytes, expectedBytes } = gpuOverhead(gpu);
  const tower = device === 0 && parts.projectorWeightsBytes > 0;
  const use = { ...parts.config, flashAttention: parts.memory.flashAttention, tower };
  const touched = planned.weightsBytes + planned.cacheBytes + planned.computeBytes > 0 || tower;
  const expected = expectedOverhead(parts.spec, gpu, use, parts.calibration, index);
  // A GPU that got nothing holds a context all the same.
  const overheadParts = touched ? expected : { ...expected, loadBytes: 0, useBytes: 0 };
  const overheadBytes = overheadParts.contextBytes + overheadParts.loadBytes + overheadParts.useBytes;
  const computeBytes = calibratedCompute(planned.computeBytes, parts.calibration);
  const projectorBytes = device === 0 ? parts.projectorWeightsBytes + parts.projectorComputeBytes : 0;
  const totalBytes = planned.weightsBytes + planned.cacheBytes + computeBytes + projectorBytes + overheadBytes;
  return {
    weightsBytes: planned.weightsBytes,
    cacheBytes: planned.cacheBytes,
    computeBytes,
    projectorBytes,
    overheadBytes,
    overheadParts,
    overheadRangeBytes: [
      Math.max(0, overheadBytes - (expectedBytes - lowBytes) - overheadParts.useBytes),
      overheadBytes + highBytes - expectedBytes,
    ],
    totalBytes,
    layers: planned.layers,
    headroomBytes: gpu.freeBytes - totalBytes,
  };
}

function overheadDelta(calibration: CalibrationFactors | undefined, index: number): number {
  return calibration?.overheadDeltaPerGpuBytes?.[index] ?? calibration?.overheadDeltaBytes ?? 0;
}

/** What is expected outside the buffers on the GPU with this index, bytes, with what was learned from loads. */
export function expectedOverhead(
  spec: ModelSpec,
  gpu: GpuDevice,
  use: Use,
  calibration: CalibrationFactors | undefined,
  index: number,
): OverheadParts {
  const { contextBytes, loadBytes, useBytes } = outsideBuffers(spec, gpu, use);
  const delta = overheadDelta(calibration, index);
  // What was learned is of loads; where it takes off more than a load takes, the context is smaller.
  const load = Math.max(0, loadBytes + delta);
  return { contextBytes: Math.max(0, contextBytes + Math.min(0, loadBytes + delta)), loadBytes: load, useBytes };
}

/** Compute buffers as loads have shown them to be, bytes. */
export function calibratedCompute(computeBytes: number, calibration: CalibrationFactors | undefined): number {
  return Math.round(computeBytes * (calibration?.computeFactor ?? 1));
}

/**
 * llama.cpp refuses a quantized V cache when flash attention is off (llama-context.cpp, `llama_init_from_model`): the
 * reason, or undefined when the combination is fine.
 */
export function cacheRefusal(config: LlamaCppConfig, flashAttention: boolean | 'auto'): Reason | undefined {
  const type = config.cacheTypeV;
  if (flashAttention !== false || type === 'f16' || type === 'f32' || type === 'bf16') {
    return undefined;
  }
  return { code: 'kv-needs-flash-attention', params: { type } };
}

/**
 * llama.cpp refuses a quantized cache whose blocks do not divide the heads, where flash attention is not off
 * (llama-context.cpp, `llama_init_from_model`): phi2 has heads of 80, blocks have 32 elements.
 */
export function headRefusal(spec: ModelSpec, config: LlamaCppConfig): Reason | undefined {
  if (config.flashAttention === false) {
    return undefined;
  }
  const { hp } = compileModel(spec);
  const heads = [
    [config.cacheTypeK, hp.headK],
    [config.cacheTypeK, hp.headKSwa],
    [config.cacheTypeV, hp.headV],
    [config.cacheTypeV, hp.headVSwa],
  ] as const;
  for (const [type, head] of heads) {
    const block = BLOCK_ELEMENTS[typeId(type.toUpperCase())]!;
    if (head % block !== 0) {
      return { code: 'kv-block-not-divides-head', params: { type, head, block } };
    }
  }
  return undefined;
}

/** A plan that never starts: nothing is placed anywhere. */
export function refusedPlan(
  parts: Pick<PlanParts, 'engine' | 'spec' | 'gpus' | 'config' | 'notes' | 'kvCacheType'>,
  reason: Reason,
): Plan {
  const { config } = parts;
  return {
    engine: parts.engine,
    verdict: 'refused',
    reason,
    placement: {
      gpuLayers: 0,
      totalLayers: blockCount(parts.spec) + 1,
      perGpuLayers: parts.gpus.map(() => 0),
      overrides: 0,
      overridePatterns: [],
    },
    gpus: parts.gpus.map(untouchedGpu),
    host: { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 },
    sizeVramBytes: 0,
    sizeBytes: 0,
    numCtx: Math.floor(config.numCtx / config.numParallel),
    numParallel: config.numParallel,
    numBatch: config.numBatch,
    numUbatch: config.numUbatch,
    flashAttention: config.flashAttention === true,
    kvCacheType: parts.kvCacheType,
    computeBasis: 'planned',
    notes: parts.notes,
  };
}

/** Verdict and reason by where the layers and experts ended up. */
export function placementVerdict(
  body: PlanBody,
  overrides: readonly FitOverride[],
  cpuTensors: readonly string[],
  deficitBytes: number,
): { readonly verdict: VerdictName; readonly reason: Reason } {
  const { gpuLayers, totalLayers } = body.placement;
  if (body.gpus.length === 0) {
    return { verdict: 'cpu', reason: { code: 'no-gpu', params: {} } };
  }
  if (gpuLayers === 0) {
    return { verdict: 'cpu', reason: { code: 'all-on-cpu', params: { totalLayers, deficitBytes } } };
  }
  const hostExperts = overrides.filter((override) => override.target === 'CPU').length;
  if (gpuLayers < totalLayers) {
    const params = { gpuLayers, totalLayers, cpuLayers: totalLayers - gpuLayers, deficitBytes };
    return { verdict: 'partial', reason: { code: 'layers-on-cpu', params } };
  }
  if (hostExperts > 0 || cpuTensors.length > 0) {
    return {
      verdict: 'partial',
      reason: { code: 'experts-on-cpu', params: { layers: hostExperts, totalLayers, deficitBytes } },
    };
  }
  return { verdict: 'fits', reason: { code: 'all-on-gpu', params: { totalLayers } } };
}

/** What a GPU has left once the model is loaded and nobody has asked it anything, bytes: negative = it cannot load. */
export function leftAfterLoad({ headroomBytes, overheadParts }: GpuPlan): number {
  return headroomBytes + (overheadParts?.useBytes ?? 0);
}

/** `--fit` leaves its caller with too little: the GPU that lacks most, as a reason, or undefined when all is well. */
export function outOfMemory(body: PlanBody): Reason | undefined {
  const left = body.gpus.map(leftAfterLoad);
  const worst = left.indexOf(Math.min(...left));
  if (worst < 0 || left[worst]! >= 0) {
    return undefined;
  }
  return { code: 'out-of-memory', params: { gpu: worst, missingBytes: -left[worst]! } };
}

/** A load that goes well and leaves the first prompts too little: the GPU that lacks most, and how much. */
export function shortOfUse(body: PlanBody): { readonly gpu: number; readonly missingBytes: number } | undefined {
  const headrooms = body.gpus.map(({ headroomBytes }) => headroomBytes);
  const worst = headrooms.indexOf(Math.min(...headrooms));
  if (worst < 0 || headrooms[worst]! >= 0) {
    return undefined;
  }
  return { gpu: worst, missingBytes: -headrooms[worst]! };
}
