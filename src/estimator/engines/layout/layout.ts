/**
 * The `layout` engine: Ollama 0.11.11 to 0.24.0. Models of Ollama's own engine are measured by the runner and packed;
 * models of the llama.cpp runner (from 0.12.11) are packed with the formulas' sizes. Weights, cache and the packing
 * are exact; graphs of Ollama's own engine are an approximation, marked by the note `graph-estimated`.
 */

import { gpuOverhead } from '../../outside-buffers.ts';
import type {
  EstimateRequest,
  EstimateServer,
  GpuDevice,
  GpuPlan,
  HostPlan,
  ModelSpec,
  Plan,
  Reason,
  VerdictName,
} from '../../types.ts';
import { usesOllamaEngine } from '../../versions.ts';
import { systemMemoryError } from '../formula/formula.ts';
import { outOfMemory, shortage } from '../llama-runner.ts';
import { withoutLoadedModels } from '../ollama-server.ts';
import { placeByFormulas } from './by-formulas.ts';
import { type Disagreed, isAgreed } from './converge.ts';
import { type GpuParts, type Load, type Outcome, prepare } from './load.ts';
import { placeMeasured } from './measured.ts';
import { countLayers } from './packer.ts';

const NO_HOST: HostPlan = { weightsBytes: 0, cacheBytes: 0, computeBytes: 0, totalBytes: 0 };

/**
 * The plan of the layout engine. `server` has the GPUs as Ollama sees them, `real` as they are: whether what was planned
 * can be allocated shows on those.
 * @throws EstimateError `missing-key`, `bad-ollama-version`
 */
export function decideLayout(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  real: readonly GpuDevice[] = server.gpus,
): Plan {
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
  // Loaded models that had to go have given back what they took.
  const devices = real.map((gpu, i) => ({ ...gpu, freeBytes: Math.max(gpu.freeBytes, gpus[i]!.freeBytes) }));
  return assemble(load, devices, withinAssumed(load, outcome), [...notes, ...outcome.notes]);
}

/** Without a layer on a GPU, a host that nobody described must be assumed to suffice or not. */
function withinAssumed(load: Load, outcome: Outcome): Outcome {
  const { result, sizeBytes } = outcome;
  if (!isAgreed(result) || countLayers(result.layout) > 0 || sizeBytes <= load.assumedSystemBytes) {
    return outcome;
  }
  return { ...outcome, result: { failure: 'system-memory', neededBytes: sizeBytes, layout: [] } };
}

function assemble(load: Load, devices: readonly GpuDevice[], outcome: Outcome, notes: readonly Reason[]): Plan {
  const { result } = outcome;
  const ollamaError = isAgreed(result) ? undefined : errorText(result, load);
  const layers = isAgreed(result) ? countLayers(result.layout) : 0;
  const missing =
    isAgreed(result) && outcome.runner !== undefined ? shortage(devices, outcome.runner, true) : undefined;
  const verdict = missing === undefined ? verdictOf(ollamaError, layers, outcome.totalLayers) : 'refused';
  const gpus = devices.map((device, i) => gpuPlan(device, outcome.parts[i]!, load));
  return {
    engine: 'layout',
    verdict,
    reason: missing === undefined ? reasonFor(load, devices, outcome, verdict, layers, gpus) : outOfMemory(missing),
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
  if (failure.failure === 'system-memory') {
    return systemMemoryError(failure.neededBytes, Math.min(load.systemAvailableBytes, load.assumedSystemBytes));
  }
  return failure.failure === 'cannot-allocate' ? failure.error : 'memory layout cannot be allocated';
}

function verdictOf(ollamaError: string | undefined, layers: number, totalLayers: number): VerdictName {
  if (ollamaError !== undefined) {
    return 'refused';
  }
  if (layers === 0) {
    return 'cpu';
  }
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
            systemAvailableBytes: Math.min(load.systemAvailableBytes, load.assumedSystemBytes),
            gpuLayers: countLayers(result.layout),
            totalLayers,
          },
        };
      }
      return { code: 'refused-allocation', params: { numGpu: load.numGpu, freeBytes } };
  }
}
