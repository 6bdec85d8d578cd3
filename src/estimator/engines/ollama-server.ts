/**
 * What the formula and layout engines share about a server: its memory, its settings, what stands on its GPUs.
 */

import { GIB } from '../../base/bytes.ts';
import { cardOf } from '../cards.ts';
import { ollamaArchitecture } from '../model/ollama-architecture.ts';
import { gpuOverhead } from '../outside-buffers.ts';
import { architectureValue, isEmbeddingModel } from '../plan/facts.ts';
import type {
  EstimateRequest,
  EstimateServer,
  GpuDevice,
  KvCacheType,
  ModelSpec,
  Reason,
  SystemMemory,
} from '../types.ts';
import { atLeast, flashAttentionByDefault, oneSlotOnly, type Version } from '../versions.ts';
import { readModelFacts } from './formula/model-facts.ts';

/** Host memory to count with when nobody said how much there is. */
const ASSUMED_SYSTEM_BYTES = 32 * GIB;

/** Host memory, and a remark when it had to be assumed. */
export interface HostMemory {
  readonly memory: SystemMemory;
  /** False = nobody said; `memory` is what a machine like this usually has. */
  readonly known: boolean;
  readonly notes: readonly Reason[];
}

/** The server's memory as told; else 32 GiB, or as much as its GPUs have together, with the note `system-memory-assumed`. */
export function hostMemory(server: EstimateServer): HostMemory {
  if (server.system !== undefined) {
    return { memory: server.system, known: true, notes: [] };
  }
  const onGpus = server.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
  const bytes = Math.max(ASSUMED_SYSTEM_BYTES, onGpus);
  return {
    memory: { totalBytes: bytes, freeBytes: bytes, swapFreeBytes: 0 },
    known: false,
    notes: [{ code: 'system-memory-assumed', params: { bytes } }],
  };
}

/**
 * Host memory, swap included, that a load may need at most. What is only assumed rules nothing out that has a place on a
 * GPU; where no layer has, the answer hangs on it alone.
 */
export function hostLimitBytes({ memory, known }: HostMemory, gpuLayers: number): number {
  return known || gpuLayers === 0 ? memory.freeBytes + memory.swapFreeBytes : Number.POSITIVE_INFINITY;
}

/** Whether the model can only embed; Ollama then uses one slot. */
export function isEmbeddingOnly(spec: ModelSpec, request: EstimateRequest): boolean {
  return request.embedding ?? isEmbeddingModel(spec);
}

/** Slots that Ollama tries in this order. Up to 0.9.6 it tried 4 (2 from 0.6.7) before 1 when nobody set a number. */
export function slotCandidates(version: Version, spec: ModelSpec, request: EstimateRequest): readonly number[] {
  if (isEmbeddingOnly(spec, request) || oneSlotOnly(version, ollamaArchitecture(spec))) {
    return [1];
  }
  if (request.numParallel !== undefined && request.numParallel > 0) {
    return [request.numParallel];
  }
  if (atLeast(version, '0.10.0') || !atLeast(version, '0.2.0')) {
    return [1];
  }
  return atLeast(version, '0.6.7') ? [2, 1] : [4, 1];
}

/** Flash attention and the cache type as they really take effect. */
export interface AttentionChoice {
  readonly flashAttention: boolean;
  readonly kvCacheType: KvCacheType;
  readonly notes: readonly Reason[];
}

/**
 * Flash attention: asked for (or the default of the architecture), possible on every GPU, and supported by the model;
 * a quantized cache needs it. Source: memory.go (kvct), ggml.go (SupportsFlashAttention, SupportsKVCacheType),
 * types.go and device.go (FlashAttentionSupported).
 */
export function chooseAttention(
  version: Version,
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
): AttentionChoice {
  const wanted = flashAttentionWanted(version, spec, request);
  const flashAttention =
    wanted && flashAttentionOnGpus(version, server.gpus) && flashAttentionInModel(version, spec, server.gpus);
  const requested = request.kvCacheType ?? 'f16';
  const kvCacheType = flashAttention && cacheTypeSupported(version, spec, requested) ? requested : 'f16';
  const notes: Reason[] = [];
  if (request.flashAttention === true && !flashAttention) {
    notes.push({ code: 'flash-attention-unsupported', params: {} });
  }
  if (kvCacheType !== requested) {
    notes.push({ code: 'kv-type-ignored', params: { requested, used: kvCacheType } });
  }
  return { flashAttention, kvCacheType, notes };
}

function flashAttentionWanted(version: Version, spec: ModelSpec, request: EstimateRequest): boolean {
  if (request.flashAttention === true) {
    return true;
  }
  const byDefault = flashAttentionByDefault(version, ollamaArchitecture(spec));
  // Before 0.12.4 the environment could only switch it on.
  if (request.flashAttention === false && atLeast(version, '0.12.4')) {
    return false;
  }
  return byDefault;
}

function flashAttentionOnGpus(version: Version, gpus: readonly GpuDevice[]): boolean {
  if (gpus.length === 0) {
    return atLeast(version, '0.11.5');
  }
  return gpus.every(({ library = 'CUDA', computeCapability }) => {
    if (library === 'Vulkan') {
      return atLeast(version, '0.12.7');
    }
    // Ollama asks for the driver's major version to be 7 or more, which every driver of these years has.
    return library !== 'CUDA' || computeCapability !== 7.2 || !atLeast(version, '0.12.4');
  });
}

function flashAttentionInModel(version: Version, spec: ModelSpec, gpus: readonly GpuDevice[]): boolean {
  const { architecture } = spec;
  if (architectureValue(spec, 'pooling_type') !== undefined) {
    return false;
  }
  const gptOss = architecture === 'gptoss' || architecture === 'gpt-oss';
  if (gptOss && atLeast(version, '0.11.2') && !atLeast(version, '0.11.5')) {
    return false;
  }
  if (architecture === 'gemma2' && atLeast(version, '0.11.11')) {
    return false;
  }
  if (architecture === 'grok' && atLeast(version, '0.19.0')) {
    return false;
  }
  if (architecture === 'gemma4' && gpus.some((gpu) => (gpu.computeCapability ?? 7.5) < 7.5)) {
    return false;
  }
  const { keyLength, valueLength } = readModelFacts(spec, version);
  return keyLength !== 0 && keyLength === valueLength;
}

function cacheTypeSupported(version: Version, spec: ModelSpec, type: KvCacheType): boolean {
  if (type === 'f16') {
    return true;
  }
  const gptOss = spec.architecture === 'gptoss' || spec.architecture === 'gpt-oss';
  if (gptOss && atLeast(version, '0.11.5') && !atLeast(version, '0.12.4')) {
    return false;
  }
  return atLeast(version, '0.5.0') && (type === 'q8_0' || type === 'q4_0');
}

/**
 * The GPUs as Ollama sees them. It asks how much is free from a process that has a CUDA context itself: up to 0.12.3 on
 * every GPU (discover/gpu_info_nvcuda.c; later readings keep the difference to NVML's, gpu.go), from 0.12.4 on every GPU
 * but the first, which is asked before the others' contexts are made (discover/runner.go), and only while no runner is
 * loaded that could be asked in its place.
 */
export function seenGpus(version: Version, { gpus, loaded = [] }: EstimateServer): readonly GpuDevice[] {
  const late = atLeast(version, '0.12.4');
  if (late && loaded.length > 0) {
    return gpus;
  }
  const first = gpus.findIndex(isCuda);
  return gpus.map((gpu, index) => {
    // What nobody named has no context that is known; its free memory is taken as Ollama's own figure.
    if (!isCuda(gpu) || (late && index === first) || cardOf(gpu.name) === undefined) {
      return gpu;
    }
    return { ...gpu, freeBytes: Math.max(0, gpu.freeBytes - gpuOverhead(gpu).contextBytes) };
  });
}

function isCuda({ library = 'CUDA' }: GpuDevice): boolean {
  return library === 'CUDA';
}

/** GPUs once the loaded models are gone, as far as it is known what each gives back. */
export function withoutLoadedModels(server: EstimateServer): readonly GpuDevice[] {
  let back = (server.loaded ?? []).reduce((sum, model) => sum + model.sizeVramBytes, 0);
  const used = server.gpus.reduce((sum, gpu) => sum + (gpu.totalBytes - gpu.freeBytes), 0);
  back = Math.min(back, used);
  if (back <= 0) {
    return server.gpus;
  }
  return server.gpus.map((gpu) => ({
    ...gpu,
    freeBytes: gpu.freeBytes + Math.floor((back * (gpu.totalBytes - gpu.freeBytes)) / used),
  }));
}
