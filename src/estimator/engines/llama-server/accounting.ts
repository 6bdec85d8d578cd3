/**
 * What Ollama ≥ 0.30 reports after a load: it adds up the buffer sizes that llama-server logs with two decimals of a
 * MiB (llm/llama_server.go, `memoryParsingWriter` and `MemorySize`, v0.30.0 to v0.33.0). A projector's weights are not
 * logged that way, its compute buffer is.
 */

import { MIB } from '../../../base/bytes.ts';
import { modelFileBytes } from '../../plan/facts.ts';
import type { EstimateServer, LlamaCppPlan, ModelSpec, Plan, Reason } from '../../types.ts';
import type { FitDecision } from './fit/fit.ts';
import type { PlanBody } from './fit/to-plan.ts';
import type { Launch } from './launch.ts';

/** `/api/ps`: `size_vram` and `size`. Equal when every layer is on a GPU and no expert overflowed. */
export function reportedSizes(
  spec: ModelSpec,
  launch: Launch,
  decision: FitDecision,
  body: PlanBody,
  memory: LlamaCppPlan,
): Pick<Plan, 'sizeVramBytes' | 'sizeBytes'> {
  const projectorCompute = launch.projector?.computeBytes ?? 0;
  let gpuWeights = 0;
  let sizeVramBytes = launch.projectorOnGpu ? logged(projectorCompute) : 0;
  for (const gpu of body.gpus) {
    gpuWeights += logged(gpu.weightsBytes);
    sizeVramBytes += logged(gpu.weightsBytes) + logged(gpu.cacheBytes) + logged(gpu.computeBytes);
  }
  const { gpuLayers, totalLayers } = body.placement;
  if (gpuLayers >= totalLayers && decision.overrides.length === 0) {
    return { sizeVramBytes, sizeBytes: sizeVramBytes };
  }
  // A mapped file counts as the span of its tensors on the CPU, cut back to what the GPUs do not hold.
  const mapped = launch.mmap && gpuWeights > 0;
  const hostWeights = mapped
    ? Math.max(modelFileBytes(spec) - gpuWeights, memory.host.weightsBytes)
    : memory.host.weightsBytes;
  const host = logged(hostWeights) + logged(memory.host.cacheBytes) + logged(memory.host.computeBytes);
  const projectorHost = launch.projector !== undefined && !launch.projectorOnGpu ? logged(projectorCompute) : 0;
  return { sizeVramBytes, sizeBytes: sizeVramBytes + host + projectorHost };
}

/** Host memory that the plan needs and the machine does not have; Ollama does not check it. */
export function hostShortage(server: EstimateServer, body: PlanBody): Reason | undefined {
  if (server.system === undefined) {
    return undefined;
  }
  const availableBytes = server.system.freeBytes + server.system.swapFreeBytes;
  if (body.host.totalBytes <= availableBytes) {
    return undefined;
  }
  return { code: 'host-memory-short', params: { neededBytes: body.host.totalBytes, availableBytes } };
}

/** Bytes after a round trip through "%.2f MiB". */
function logged(bytes: number): number {
  return Math.floor(Number((bytes / MIB).toFixed(2)) * MIB);
}
