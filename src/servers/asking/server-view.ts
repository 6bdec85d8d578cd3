import type { EstimateServer, GpuDevice, LoadedModel } from '../../estimator/types.ts';
import type { OllamaVersion } from '../../ollama/version.ts';
import type { ServerEnvironment } from '../../settings/config.ts';
import { isCountable } from '../gpu-views.ts';
import type { GpuView, LoadedModelView, ServerSnapshot } from '../types.ts';

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
  config: {
    readonly env: Pick<ServerEnvironment, 'gpuOverheadBytes' | 'schedSpread' | 'maxLoadedModels' | 'visibleDevices'> &
      Partial<Pick<ServerEnvironment, 'reservedBytes'>>;
  },
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
  const cards = placeableGpus(snapshot, options.assume);
  const leaving = models.filter((model) => gone.has(model.name));
  return {
    ollama: versionText(version),
    gpus: cards.map((gpu) => toDevice(gpu, comingBack(gpu, leaving, goneShare))),
    loaded: models
      .filter((model) => !gone.has(model.name) && model.sizeVramBytes > 0)
      .map((model) => toLoaded(model, cards, snapshot.takenAtMs)),
    gpuOverheadBytes: config.env.gpuOverheadBytes,
    schedSpread: config.env.schedSpread,
    ...visibleTo(cards, config.env.visibleDevices),
    ...reservedFor(cards, config.env.reservedBytes ?? []),
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

/**
 * The GPUs that Ollama was left, in the order of the variable. As CUDA reads it: a number as nvidia-smi counts, or the
 * beginning of a UUID; what follows an entry that is none of these is not seen.
 */
function visibleTo(cards: readonly GpuView[], devices: string | null): Pick<EstimateServer, 'visibleGpus'> {
  if (devices === null) {
    return {};
  }
  const visibleGpus: number[] = [];
  for (const entry of devices.split(',').map((part) => part.trim().toLowerCase())) {
    const position = cards.findIndex((card, place) =>
      /^\d+$/.test(entry) ? (card.index ?? place) === Number(entry) : card.uuid.toLowerCase().startsWith(entry),
    );
    if (entry === '' || position < 0 || visibleGpus.includes(position)) {
      break;
    }
    visibleGpus.push(position);
  }
  return { visibleGpus };
}

/** What is kept free for others, for these cards: a list speaks of GPUs as nvidia-smi counts them. */
function reservedFor(cards: readonly GpuView[], amounts: readonly number[]): Pick<EstimateServer, 'reservedBytes'> {
  if (amounts.every((bytes) => bytes === 0)) {
    return {};
  }
  const [first] = amounts;
  const all = amounts.length === 1 ? first : undefined;
  return { reservedBytes: cards.map((card, place) => all ?? amounts[card.index ?? place] ?? 0) };
}

function freeOf(gpu: GpuView): number {
  return gpu.freeBytes ?? gpu.freeWhenEmptyBytes ?? 0;
}

/** What models that leave give back on a GPU, bytes: where they lie, as far as that is known, else a share of all. */
function comingBack(gpu: GpuView, leaving: readonly LoadedModelView[], goneShare: number): number {
  const free = freeOf(gpu);
  const most = (gpu.freeWhenEmptyBytes ?? free) - free;
  if (leaving.some(({ placement }) => placement === undefined)) {
    return Math.round(most * goneShare);
  }
  const held = leaving.reduce((sum, { placement }) => {
    return sum + (placement?.gpus.find(({ uuid }) => uuid === gpu.uuid)?.heldBytes ?? 0);
  }, 0);
  return Math.min(most, held);
}

/** Keep-alives as people and programs set them, seconds: 5 minutes is Ollama's own. */
const KEEP_ALIVES = [300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 604_800];

/**
 * A loaded model as Ollama's scheduler sees it. Ollama goes by the keep-alive and tells only when it ends: it is taken to
 * be the next usual one above what is left.
 */
function toLoaded(model: LoadedModelView, cards: readonly GpuView[], nowMs: number): LoadedModel {
  const { name, sizeVramBytes, expiresAtMs, placement } = model;
  const left = typeof expiresAtMs === 'number' ? (expiresAtMs - nowMs) / 1000 : Number.NaN;
  const usual = KEEP_ALIVES.find((seconds) => left <= seconds);
  const keepAliveSeconds = expiresAtMs === 'pinned' ? -1 : usual;
  const places = placement?.gpus.flatMap(({ uuid, heldBytes, countedBytes }) => {
    const gpu = cards.findIndex((card) => card.uuid === uuid);
    return gpu < 0 ? [] : [{ gpu, heldBytes, countedBytes }];
  });
  return {
    name,
    sizeVramBytes,
    ...(keepAliveSeconds === undefined ? {} : { keepAliveSeconds }),
    ...(places === undefined ? {} : { places, alone: placement?.alone ?? false }),
  };
}

/** Through what Ollama uses the GPUs of each maker (docs/gpu.mdx: Intel's through Vulkan). */
const LIBRARIES: Readonly<Record<GpuView['vendor'], NonNullable<GpuDevice['library']>>> = {
  nvidia: 'CUDA',
  amd: 'ROCm',
  intel: 'Vulkan',
  apple: 'Metal',
  unknown: 'CUDA',
};

function toDevice(gpu: GpuView, backBytes: number): GpuDevice {
  // CUDA's total is without the part the driver keeps: 24124 of 24576 MiB on an RTX 3090 (field notes, 2026).
  const totalBytes = gpu.totalBytes! - (gpu.reservedBytes ?? 0);
  const free = freeOf(gpu);
  return {
    name: gpu.name,
    totalBytes,
    freeBytes: Math.min(totalBytes, free + backBytes),
    library: LIBRARIES[gpu.vendor],
    integrated: gpu.state === 'uma',
    ...(gpu.computeCapability === null ? {} : { computeCapability: gpu.computeCapability }),
  };
}
