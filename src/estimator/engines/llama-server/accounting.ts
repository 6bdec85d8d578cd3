/**
 * What Ollama ≥ 0.30 reports after a load: it adds up the buffer sizes that llama-server logs with two decimals of a
 * MiB (llm/llama_server.go, `memoryParsingWriter` and `MemorySize`, v0.30.0 to v0.33.0). A projector's weights are not
 * logged that way, its compute buffer is.
 */

import { MIB } from '../../../base/bytes.ts';
import { modelFileBytes } from '../../plan/facts.ts';
import type { EstimateServer, LlamaCppPlan, LoggedCache, ModelSpec, Reason } from '../../types.ts';
import type { FitDecision } from './fit/fit.ts';
import type { PlanBody } from './fit/to-plan.ts';
import type { Launch } from './launch.ts';

/** What Ollama makes of the log: `/api/ps`, and what it counts on each of the server's GPUs. */
export interface Accounts {
  readonly sizeVramBytes: number;
  readonly sizeBytes: number;
  /** Per GPU of the server, bytes. */
  readonly countedBytes: readonly number[];
}

/**
 * The books. One line of a kind counts per device: of two caches only the one logged last, that of the layers with
 * windows (`memoryBufferKey`). When every layer is on a GPU and no expert overflowed, to system memory or to another
 * GPU, `size` is `size_vram`; else everything is added up.
 */
export function accountsOf(
  spec: ModelSpec,
  launch: Launch,
  decision: FitDecision,
  body: PlanBody,
  memory: LlamaCppPlan,
): Accounts {
  const projectorCompute = logged(launch.projector?.computeBytes ?? 0);
  const countedBytes = body.gpus.map(() => 0);
  let gpuWeights = 0;
  for (const [device, gpu] of memory.gpus.entries()) {
    const index = launch.chosen[device];
    if (index === undefined) {
      continue;
    }
    gpuWeights += logged(gpu.weightsBytes);
    const projector = device === 0 && launch.projectorOnGpu ? projectorCompute : 0;
    countedBytes[index] = logged(gpu.weightsBytes) + cacheLines(gpu.loggedCache) + logged(gpu.computeBytes) + projector;
  }
  const sizeVramBytes = countedBytes.reduce((sum, bytes) => sum + bytes, 0);
  const { gpuLayers, totalLayers } = body.placement;
  if (gpuLayers >= totalLayers && decision.overrides.length === 0) {
    return { sizeVramBytes, sizeBytes: sizeVramBytes, countedBytes };
  }
  const { host } = memory;
  const hostBytes = cacheLines(host.loggedCache) + logged(host.computeBytes) + logged(host.outputBytes);
  const projectorHost = launch.projectorOnGpu ? 0 : projectorCompute;
  const sizeBytes = sizeVramBytes + hostWeights(spec, launch, gpuWeights, host) + hostBytes + projectorHost;
  return { sizeVramBytes, sizeBytes, countedBytes };
}

/**
 * What the CPU's weights count. A mapped file counts as the span from its first to its last tensor there, cut back to
 * what the GPUs do not hold of the file, but never below nothing (`MemorySize`: with tied embeddings the GPUs can hold
 * more than the file).
 */
function hostWeights(spec: ModelSpec, launch: Launch, gpuWeights: number, host: LlamaCppPlan['host']): number {
  if (!launch.mmap) {
    return logged(host.weightsBytes);
  }
  const mapped = logged(host.mappedBytes);
  return mapped - Math.min(mapped, Math.max(0, gpuWeights + mapped - modelFileBytes(spec)));
}

function cacheLines({ cacheBytes, stateBytes }: LoggedCache): number {
  return logged(cacheBytes) + logged(stateBytes);
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
