import { MIB } from '../base/bytes.ts';
import { isCountable } from './gpu-views.ts';
import type { GpuView, LoadedModelView, ServerFigures, SumAndMax } from './types.ts';

/** What Ollama leaves alone on each GPU: 457 MiB, Metal 512 MiB (discover/gpu.go MinimumMemory, v0.33.0). */
const MINIMUM_BYTES = 457 * MIB;
const MINIMUM_METAL_BYTES = 512 * MIB;

/**
 * The figures of a server. GPUs cut by MIG, lost or unreadable are not counted.
 * @param models `null`: Ollama's part is not known
 * @param gpuOverheadBytes OLLAMA_GPU_OVERHEAD, per GPU
 */
export function serverFigures(
  views: readonly GpuView[],
  models: readonly LoadedModelView[] | null,
  gpuOverheadBytes: number,
): ServerFigures {
  const counted = views.filter(isCountable);
  const usedByOllamaBytes = models === null ? null : models.reduce((sum, model) => sum + model.sizeVramBytes, 0);
  const reclaimableBytes =
    models === null
      ? null
      : models
          .filter((model) => model.expiresAtMs !== 'pinned' && !model.stopping)
          .reduce((sum, model) => sum + model.sizeVramBytes, 0);
  if (counted.length === 0) {
    return {
      totalBytes: null,
      freeNow: null,
      usable: null,
      usedByOllamaBytes,
      usedByOthersBytes: null,
      reclaimableBytes,
      freeIfIdleLeft: null,
    };
  }
  const minimum = (view: GpuView): number => (view.vendor === 'apple' ? MINIMUM_METAL_BYTES : MINIMUM_BYTES);
  const idleShare =
    reclaimableBytes === null || usedByOllamaBytes === null || usedByOllamaBytes === 0
      ? 0
      : reclaimableBytes / usedByOllamaBytes;
  const emptied = counted.every((view) => view.freeWhenEmptyBytes !== null);
  const others = counted.map((view) => view.othersBytes);
  return {
    totalBytes: counted.reduce((sum, view) => sum + view.totalBytes!, 0),
    freeNow: sumAndMax(counted.map((view) => view.freeBytes!)),
    usable: sumAndMax(counted.map((view) => Math.max(0, view.freeBytes! - gpuOverheadBytes - minimum(view)))),
    usedByOllamaBytes,
    usedByOthersBytes: others.includes(null) ? null : others.reduce<number>((sum, bytes) => sum + bytes!, 0),
    reclaimableBytes,
    freeIfIdleLeft:
      models === null || !emptied
        ? null
        : sumAndMax(
            counted.map(
              (view) => view.freeBytes! + Math.round((view.freeWhenEmptyBytes! - view.freeBytes!) * idleShare),
            ),
          ),
  };
}

function sumAndMax(values: readonly number[]): SumAndMax {
  return { sum: values.reduce((sum, value) => sum + value, 0), max: Math.max(...values) };
}
