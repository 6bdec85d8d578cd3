/**
 * What is settled about a load before a layout is sought, and what comes out of it. Sources: NewLlamaServer in
 * llm/server.go and load in server/sched.go, 0.11.11 to 0.24.0.
 */

import { projectorOf } from '../../model/projector.ts';
import { trainingContext } from '../../plan/facts.ts';
import type {
  EstimateRequest,
  EstimateServer,
  GpuDevice,
  HostPlan,
  KvCacheType,
  ModelSpec,
  Reason,
} from '../../types.ts';
import { atLeast, parseVersion, usesOllamaEngine, type Version } from '../../versions.ts';
import type { RunnerPlan } from '../llama-runner.ts';
import { chooseAttention, hostLimitBytes, hostMemory, isEmbeddingOnly, slotCandidates } from '../ollama-server.ts';
import type { Agreed, ConvergeOptions, Disagreed } from './converge.ts';
import type { LayoutGpu } from './packer.ts';

const DEFAULT_BATCH = 512;
const VISION_MINIMUM_CONTEXT = 2048;

/** Everything that is settled before a layout is sought. */
export interface Load {
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
  /** What a load without a single layer on a GPU may need where nobody said how much there is; else no limit. */
  readonly assumedSystemBytes: number;
  readonly notes: readonly Reason[];
}

/** A load placed, or why it was not. Sizes are Ollama's; `gpus` are what each GPU will really hold. */
export interface Outcome {
  readonly result: Agreed | Disagreed;
  readonly totalLayers: number;
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  readonly parts: readonly GpuParts[];
  readonly host: HostPlan;
  readonly flashAttention: boolean;
  readonly basis: 'planned' | 'guess';
  /** What the llama.cpp runner takes, where that runs the model. */
  readonly runner?: RunnerPlan;
  readonly notes: readonly Reason[];
}

/** What one GPU holds, without the CUDA context. */
export interface GpuParts {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  readonly projectorBytes: number;
  readonly layers: number;
}

export const NOTHING: GpuParts = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, projectorBytes: 0, layers: 0 };

/** Bytes of all parts. */
export function partsTotal(part: GpuParts): number {
  return part.weightsBytes + part.cacheBytes + part.computeBytes + part.projectorBytes;
}

/** Settles context, slots, batch, cache type and flash attention as this version does. */
export function prepare(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Load {
  const { version } = parseVersion(server.ollama);
  const host = hostMemory(server);
  const notes: Reason[] = [...host.notes];
  const trained = trainingContext(spec);
  const wanted = Math.max(request.numCtx, projectorOf(spec) === undefined ? 4 : VISION_MINIMUM_CONTEXT);
  const numCtx = trained > 0 ? Math.min(wanted, trained) : wanted;
  if (numCtx < wanted) {
    notes.push({ code: 'context-clamped', params: { requested: wanted, trained } });
  }
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
    systemFreeBytes: host.memory.freeBytes,
    // What is only assumed is held against a layout when it is found.
    systemAvailableBytes: darwin || !host.known ? Number.POSITIVE_INFINITY : hostLimitBytes(host, 0),
    assumedSystemBytes: darwin || host.known ? Number.POSITIVE_INFINITY : hostLimitBytes(host, 0),
    notes: [...notes, ...attention.notes],
  };
  const llamaRunner = !usesOllamaEngine(version, spec);
  if (!llamaRunner || !atLeast(version, '0.13.4')) {
    return load;
  }
  // The llama.cpp runner decides by itself unless the user did; a quantized cache then needs the user's word.
  const asked = typeof request.flashAttention === 'boolean';
  if (asked) {
    return load;
  }
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

/** The server's GPUs as the packer takes them. */
export function layoutGpus(gpus: readonly GpuDevice[]): readonly LayoutGpu[] {
  return gpus.map((gpu, index) => ({
    index,
    library: gpu.library ?? 'CUDA',
    integrated: gpu.integrated ?? false,
    freeBytes: gpu.freeBytes,
  }));
}

/** The settings of the loop for this load. */
export function convergeOptions(load: Load, totalLayers: number, requireFull: boolean): ConvergeOptions {
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
