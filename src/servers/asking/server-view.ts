import type { EstimateServer, GpuDevice } from '../../estimator/types.ts';
import type { OllamaVersion } from '../../ollama/version.ts';
import type { ServerEnvironment } from '../../settings/config.ts';
import { isCountable } from '../gpu-views.ts';
import type { GpuView, ServerSnapshot } from '../types.ts';

/** Version assumed when a server never told its own: the newest that the engines know. */
export const ASSUMED_OLLAMA_VERSION = '0.33.0';

export interface EstimateServerOptions {
  /**
   * `now` (default): what is free. `idle-left`: models that are neither pinned nor in `keep` are gone. `empty`: every
   * model is gone. A GPU whose Ollama part is unknown keeps what is free now.
   */
  readonly assume?: 'now' | 'idle-left' | 'empty';
  /** Models (the server's spelling) that stay under `idle-left`: held by somebody. */
  readonly keep?: readonly string[];
  /** Models that are gone under any assumption: loading one again replaces it. */
  readonly without?: readonly string[];
}

/**
 * The GPUs that a model can be placed on, in the order in which Ollama's runner counts them: CUDA puts the fastest card
 * first, which is not known here; equal cards go by PCI address, different ones by free memory (the order of Ollama's own
 * list, discover/gpu.go, v0.33.0). Cards cut by MIG, lost or unreadable are left out.
 */
export function placeableGpus(
  snapshot: ServerSnapshot,
  assume: 'now' | 'idle-left' | 'empty' = 'now',
): readonly GpuView[] {
  const gpus = snapshot.gpuViews.filter(
    (gpu) => isCountable(gpu) || (assume === 'empty' && gpu.state === 'ok' && gpu.freeWhenEmptyBytes !== null),
  );
  const alike = new Set(gpus.map((gpu) => `${gpu.name} ${gpu.totalBytes}`)).size <= 1;
  const byPlace = (a: GpuView, b: GpuView): number =>
    a.pci !== null && b.pci !== null ? (a.pci < b.pci ? -1 : a.pci > b.pci ? 1 : 0) : (a.index ?? 0) - (b.index ?? 0);
  return [...gpus].sort((a, b) => {
    if (alike) {
      return byPlace(a, b);
    }
    if ((a.state === 'uma') !== (b.state === 'uma')) {
      return a.state === 'uma' ? 1 : -1;
    }
    return freeOf(b) - freeOf(a) || byPlace(a, b);
  });
}

/** How the estimator writes "no release that is known": the newest rules hold, as for a build from source. */
const SOURCE_BUILD = '0.0.0';

/** The version that the estimator is told: what the server says, where that is a version at all. */
export function versionText(version: OllamaVersion | null): string {
  if (version === null) {
    return ASSUMED_OLLAMA_VERSION;
  }
  return version.numbers === null ? SOURCE_BUILD : version.text;
}

/**
 * A server as the estimator sees it. `gpus` is in the order of {@link placeableGpus} and empty when no GPU is known.
 * Check `snapshot.gpuStale` and `snapshot.gpus.status` before a verdict is told.
 */
export function estimateServer(
  snapshot: ServerSnapshot,
  config: { readonly env: Pick<ServerEnvironment, 'gpuOverheadBytes' | 'schedSpread' | 'maxLoadedModels'> },
  options: EstimateServerOptions = {},
): EstimateServer {
  const version = snapshot.ollama.state === 'up' ? snapshot.ollama.version : snapshot.ollama.lastVersion;
  const models = snapshot.models ?? [];
  const gone = new Set(
    models
      .filter((model) => {
        if (options.without?.includes(model.name) === true || options.assume === 'empty') {
          return true;
        }
        return (
          options.assume === 'idle-left' &&
          model.expiresAtMs !== 'pinned' &&
          options.keep?.includes(model.name) !== true
        );
      })
      .map((model) => model.name),
  );
  const vram = (chosen: readonly (typeof models)[number][]): number =>
    chosen.reduce((sum, model) => sum + model.sizeVramBytes, 0);
  const all = vram(models);
  const goneShare = all === 0 ? 0 : vram(models.filter((model) => gone.has(model.name))) / all;
  const memory = snapshot.gpus?.hostMemory ?? null;
  return {
    ollama: versionText(version),
    gpus: placeableGpus(snapshot, options.assume).map((gpu) => toDevice(gpu, goneShare)),
    loaded: models
      .filter((model) => !gone.has(model.name) && model.sizeVramBytes > 0)
      .map((model) => ({ name: model.name, sizeVramBytes: model.sizeVramBytes })),
    gpuOverheadBytes: config.env.gpuOverheadBytes,
    schedSpread: config.env.schedSpread,
    ...(config.env.maxLoadedModels === null ? {} : { maxLoadedModels: config.env.maxLoadedModels }),
    ...(memory === null
      ? {}
      : {
          system: {
            totalBytes: memory.totalBytes,
            freeBytes: memory.availableBytes,
            swapFreeBytes: memory.swapFreeBytes ?? 0,
          },
        }),
  };
}

function freeOf(gpu: GpuView): number {
  return gpu.freeBytes ?? gpu.freeWhenEmptyBytes ?? 0;
}

function toDevice(gpu: GpuView, goneShare: number): GpuDevice {
  // CUDA's total is without the part the driver keeps: 24124 of 24576 MiB on an RTX 3090 (field notes, 2026).
  const totalBytes = gpu.totalBytes! - (gpu.reservedBytes ?? 0);
  const free = freeOf(gpu);
  const comingBack = Math.round(((gpu.freeWhenEmptyBytes ?? free) - free) * goneShare);
  return {
    name: gpu.name,
    totalBytes,
    freeBytes: Math.min(totalBytes, free + comingBack),
    library: gpu.vendor === 'amd' ? 'ROCm' : gpu.vendor === 'apple' ? 'Metal' : 'CUDA',
    integrated: gpu.state === 'uma',
    ...(gpu.computeCapability === null ? {} : { computeCapability: gpu.computeCapability }),
  };
}
