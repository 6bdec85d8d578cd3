/**
 * What Ollama ≥ 0.30 predicts before it starts llama-server: a rough size that decides which GPUs and which batch,
 * and whether other models must leave. Sources: `PredictServerVRAM` (llm/llama_server.go) and `automaticGenerationBatch`
 * (server/sched.go), the same in v0.30.0 and v0.33.0.
 */

import { GIB, MIB } from '../../../base/bytes.ts';
import { architectureNumber, architectureNumbers, blockCount, modelFileBytes } from '../../plan/facts.ts';
import type { GpuDevice, ModelSpec, SystemMemory } from '../../types.ts';

/**
 * Predicted VRAM, bytes: the file plus an F16 cache of `layers × KV heads × (embedding / heads)`. It knows no head
 * sizes, sliding windows, quantized caches, projectors or compute buffers.
 *
 * @param totalCtx context over all slots, tokens
 */
export function predictServerVram(spec: ModelSpec, totalCtx: number): number {
  return modelFileBytes(spec) + predictedBytesPerToken(spec) * totalCtx;
}

/** The prediction's slope, bytes per token of context. */
export function predictedBytesPerToken(spec: ModelSpec): number {
  const kvHeads = architectureNumbers(spec, 'attention.head_count_kv');
  const heads = architectureNumbers(spec, 'attention.head_count');
  const minKvHeads = kvHeads.length > 0 ? Math.min(...kvHeads) : 1;
  const maxHeads = heads.length > 0 ? Math.max(...heads) : 1;
  const headSize = maxHeads > 0 ? Math.floor(architectureNumber(spec, 'embedding_length') / maxHeads) : 0;
  return 2 * blockCount(spec) * Math.max(minKvHeads, 1) * headSize * 2;
}

/** `n` percent of `bytes` in Go's integer arithmetic. */
export function percentOf(bytes: number, percent: number): number {
  return Math.floor((bytes * percent) / 100);
}

/** Memory of the chosen GPUs as the scheduler counts it: integrated ones cannot offer more than the system has free. */
export function availableMemory(gpus: readonly GpuDevice[], system: SystemMemory | undefined): number {
  let discrete = 0;
  let shared = 0;
  for (const gpu of gpus) {
    if (gpu.integrated === true) {
      shared += gpu.freeBytes;
    } else {
      discrete += gpu.freeBytes;
    }
  }
  const systemFree = system?.freeBytes ?? 0;
  return discrete + (systemFree > 0 && systemFree < shared ? systemFree : shared);
}

/** The batch Ollama takes when nobody set one, tokens. */
export function automaticBatch(
  totalCtx: number,
  predictedBytes: number,
  availableBytes: number,
  flashAttentionOff: boolean,
  gpus: readonly GpuDevice[],
): number {
  const cuda = gpus.filter((gpu) => (gpu.library ?? 'CUDA') === 'CUDA');
  if (flashAttentionOff && cuda.length > 0) {
    const constrained = totalCtx > 4096 && cuda.some((gpu) => usableBytes(gpu) > 0 && usableBytes(gpu) <= 8 * GIB);
    return constrained ? 256 : 512;
  }
  let batch = totalCtx > 32768 ? 2048 : totalCtx > 4096 ? 1024 : 512;
  while (batch > 512 && !batchFits(batch, predictedBytes, availableBytes)) {
    batch = batch > 1024 ? 1024 : 512;
  }
  return batch;
}

/** What the scheduler adds to the prediction for a large batch, bytes. */
export function batchSurcharge(batch: number): number {
  if (batch >= 2048) {
    return 2 * GIB;
  }
  return batch >= 1024 ? 768 * MIB : 0;
}

/** Predictions at which the batch or the choice of GPUs may change, bytes: the borders for `availableBytes`. */
export function predictionBorders(availableBytes: number): readonly number[] {
  const threshold = percentOf(availableBytes, 80);
  return [
    threshold,
    percentOf(availableBytes, 60),
    percentOf(availableBytes, 75),
    threshold - batchSurcharge(2048),
    threshold - batchSurcharge(1024),
  ];
}

/** Free memory of a GPU, or its total when nothing better is known. */
export function usableBytes(gpu: GpuDevice): number {
  if (gpu.freeBytes === 0) {
    return gpu.totalBytes;
  }
  return gpu.totalBytes > 0 && gpu.totalBytes < gpu.freeBytes ? gpu.totalBytes : gpu.freeBytes;
}

function batchFits(batch: number, predictedBytes: number, availableBytes: number): boolean {
  if (predictedBytes === 0 || availableBytes === 0) {
    return true;
  }
  const threshold = percentOf(availableBytes, 80);
  if (predictedBytes > threshold) {
    return false;
  }
  if (batch >= 2048 && predictedBytes > percentOf(availableBytes, 60)) {
    return false;
  }
  if (batch < 2048 && batch >= 1024 && predictedBytes > percentOf(availableBytes, 75)) {
    return false;
  }
  return batchSurcharge(batch) <= threshold - predictedBytes;
}
