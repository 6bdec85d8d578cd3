/**
 * GPUs that have no memory of their own: Jetson, GB10, APUs, Apple's. What stands on them and what stays on the host
 * come out of one pool, which is counted once.
 *
 * Apple's GPU may use less than the machine has: `recommendedMaxWorkingSetSize`, which Ollama and llama.cpp take as the
 * GPU's memory (ggml-metal, discover/gpu_darwin.go). Logs show two thirds of it below 36 GiB and three quarters from there.
 */

import { GIB } from '../../base/bytes.ts';
import type { EstimateServer, GpuDevice, Plan, Reason } from '../types.ts';

/** Memory of a Mac from which its GPU may use three quarters of it. */
const LARGE_MAC_BYTES = 36 * GIB;

/** What a Mac's GPU may use, bytes; an administrator can set it otherwise (iogpu.wired_limit_mb). */
export function metalWorkingSet(memoryBytes: number): number {
  return Math.floor(memoryBytes < LARGE_MAC_BYTES ? (memoryBytes * 2) / 3 : (memoryBytes * 3) / 4);
}

/** A server whose Metal GPUs offer what they may use, and what there is to say about it. */
export interface LimitedServer {
  readonly server: EstimateServer;
  readonly notes: readonly Reason[];
}

/** Cuts Metal GPUs that are told to have all of the machine's memory back to what they may use. */
export function withWorkingSet(server: EstimateServer): LimitedServer {
  const notes: Reason[] = [];
  const gpus = server.gpus.map((gpu): GpuDevice => {
    const memoryBytes = server.system?.totalBytes ?? gpu.totalBytes;
    const limitBytes = metalWorkingSet(memoryBytes);
    // Less than the machine has is a limit that was read: macOS 26 allows more than this rule does, an administrator too.
    if (gpu.library !== 'Metal' || gpu.totalBytes <= limitBytes || gpu.totalBytes < memoryBytes) {
      return gpu;
    }
    if (notes.length === 0) {
      notes.push({ code: 'metal-working-set', params: { limitBytes, memoryBytes } });
    }
    // What others use is wired memory of the same pool: it leaves less of what the GPU may use, too.
    return { ...gpu, totalBytes: limitBytes, freeBytes: Math.min(gpu.freeBytes, limitBytes) };
  });
  return notes.length === 0 ? { server, notes } : { server: { ...server, gpus }, notes };
}

/** The plan, refused where GPU and host together need more than their one memory has, and with a word where it is tight. */
export function withOneMemory(plan: Plan, server: EstimateServer): Plan {
  const shared = server.gpus.map(({ integrated, library }) => integrated === true || library === 'Metal');
  if (plan.verdict === 'refused' || !shared.includes(true)) {
    return plan;
  }
  const onGpus = plan.gpus.reduce((sum, gpu, index) => sum + (shared[index] === true ? gpu.totalBytes : 0), 0);
  const neededBytes = onGpus + plan.host.totalBytes;
  const pool = poolOf(server, shared);
  if (neededBytes > pool.totalBytes) {
    return {
      ...plan,
      verdict: 'refused',
      reason: { code: 'one-memory-short', params: { neededBytes, availableBytes: pool.totalBytes } },
    };
  }
  const notes = [...plan.notes];
  if (neededBytes > pool.freeBytes && (plan.evicts ?? []).length === 0) {
    notes.push({ code: 'one-memory-tight', params: { neededBytes, availableBytes: pool.freeBytes } });
  }
  return { ...plan, notes };
}

/** The one memory, swap included; without word of the system it is what the largest of the GPUs can see. */
function poolOf(
  { system, gpus }: EstimateServer,
  shared: readonly boolean[],
): { readonly totalBytes: number; readonly freeBytes: number } {
  if (system !== undefined) {
    return {
      totalBytes: system.totalBytes + system.swapFreeBytes,
      freeBytes: system.freeBytes + system.swapFreeBytes,
    };
  }
  const seen = gpus.filter((_, index) => shared[index] === true);
  return {
    totalBytes: Math.max(...seen.map((gpu) => gpu.totalBytes)),
    freeBytes: Math.max(...seen.map((gpu) => gpu.freeBytes)),
  };
}
