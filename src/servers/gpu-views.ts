import { GIB } from '../base/bytes.ts';
import type { Gpu, GpuProcess, GpuSnapshot } from '../gpus/types.ts';
import { processOwner } from './gpu-processes.ts';
import { heldBytes } from './placements.ts';
import type { GpuView, LoadedModelView } from './types.ts';

/** Below this part of what Ollama reports, the processes seen cannot be all of its runners. */
const SEEN_SHARE = 0.8;
/** A runner's CUDA context and pools on one GPU are below this: more belongs to somebody else. */
const CONTEXT_BYTES = 1.5 * GIB;

/** Whether a GPU's memory can be counted for loading a model. */
export function isCountable(gpu: Gpu): boolean {
  return (gpu.state === 'ok' || gpu.state === 'uma') && gpu.freeBytes !== null && gpu.totalBytes !== null;
}

/**
 * Splits each GPU's used memory by owner. Ollama reports VRAM per model, not per GPU: the runners' processes tell where
 * it is; without them a single GPU holds everything, and several are given shares in proportion to what is used.
 * @param models `null`: not known, then nothing is split
 */
export function viewGpus(snapshot: GpuSnapshot | null, models: readonly LoadedModelView[] | null): readonly GpuView[] {
  if (snapshot === null) {
    return [];
  }
  const vramBytes = models === null ? null : models.reduce((sum, model) => sum + heldBytes(model), 0);
  const countable = snapshot.gpus.filter(isCountable);
  const byProcess = vramBytes === null ? null : ollamaByProcess(snapshot, vramBytes);
  const usedSum = countable.reduce((sum, gpu) => sum + (gpu.usedBytes ?? 0), 0);

  return snapshot.gpus.map((gpu): GpuView => {
    let ollamaBytes: number | null = null;
    let ollamaBasis: GpuView['ollamaBasis'] = null;
    const used = gpu.usedBytes;
    if (vramBytes !== null && used !== null && isCountable(gpu)) {
      if (byProcess !== null) {
        ollamaBytes = byProcess.get(gpu.uuid) ?? 0;
        ollamaBasis = 'processes';
      } else if (countable.length === 1) {
        ollamaBytes = vramBytes;
        ollamaBasis = 'only-gpu';
      } else {
        ollamaBytes = usedSum === 0 ? 0 : Math.round((vramBytes * used) / usedSum);
        ollamaBasis = 'shared-out';
      }
      ollamaBytes = Math.min(ollamaBytes, used);
    }
    const knowsOthers = ollamaBytes !== null && used !== null && snapshot.basis === 'measured';
    const ceiling = (gpu.totalBytes ?? 0) - (gpu.reservedBytes ?? 0);
    return {
      ...gpu,
      ollamaBytes,
      ollamaBasis,
      othersBytes: knowsOthers ? used! - ollamaBytes! : null,
      freeWhenEmptyBytes:
        ollamaBytes === null || gpu.freeBytes === null
          ? null
          : Math.max(gpu.freeBytes, Math.min(gpu.freeBytes + ollamaBytes, ceiling)),
    };
  });
}

/** Ollama's bytes per GPU by its processes; `null` when they cannot be told for sure. */
function ollamaByProcess(snapshot: GpuSnapshot, vramBytes: number): ReadonlyMap<string, number> | null {
  if (snapshot.processes === null) {
    return null;
  }
  const ours = snapshot.processes.filter((process) => processOwner(process) === 'ours');
  const sure = sumByGpu(ours);
  if (sure !== null && sure.sum >= vramBytes * SEEN_SHARE) {
    return sure.bytes;
  }
  const all = snapshot.processes.filter((process) => processOwner(process) !== 'other');
  const possible = sumByGpu(all);
  const isPlausible =
    possible !== null &&
    possible.sum >= vramBytes * SEEN_SHARE &&
    possible.sum <= vramBytes + CONTEXT_BYTES * all.length;
  return isPlausible ? possible.bytes : null;
}

/** `null` when the size of one is not told (Windows with a display driver). */
function sumByGpu(
  processes: readonly GpuProcess[],
): { readonly bytes: Map<string, number>; readonly sum: number } | null {
  const bytes = new Map<string, number>();
  let sum = 0;
  for (const process of processes) {
    if (process.usedBytes === null) {
      return null;
    }
    bytes.set(process.gpuUuid, (bytes.get(process.gpuUuid) ?? 0) + process.usedBytes);
    sum += process.usedBytes;
  }
  return { bytes, sum };
}
