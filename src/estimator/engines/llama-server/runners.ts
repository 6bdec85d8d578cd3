/**
 * What Ollama ≥ 0.30 believes of its GPUs while models are loaded, and who leaves first. It measures with a process of
 * its own only while some GPU holds no model; else it reckons from the logs of its runners. Sources: `GPUDevices`
 * (discover/runner.go), `GetDeviceInfos` and `VRAMByGPU` (llm/llama_server.go), `updateFreeSpace` and
 * `findRunnerToUnload` (server/sched.go), v0.33.0-rc2.
 */

import { MIB } from '../../../base/bytes.ts';
import { gpuOverhead } from '../../outside-buffers.ts';
import type { EstimateServer, GpuDevice, LoadedModel, LoadedPlace } from '../../types.ts';

/** Models that Ollama keeps for each GPU where OLLAMA_MAX_LOADED_MODELS says nothing (`defaultModelsPerGPU`). */
const MODELS_PER_GPU = 3;
/** OLLAMA_KEEP_ALIVE's default, seconds. */
const DEFAULT_KEEP_ALIVE_SECONDS = 300;

/** A loaded model, and where it lies. */
export interface Runner {
  readonly model: LoadedModel;
  readonly places: readonly LoadedPlace[];
  /** Whether Ollama gave it one GPU alone. */
  readonly alone: boolean;
}

/**
 * The server's loaded models. Of those whose places nobody knows, what they hold is shared out by what is used on each
 * GPU.
 */
export function runnersOf(server: EstimateServer): readonly Runner[] {
  const used = server.gpus.map((gpu) => gpu.totalBytes - gpu.freeBytes);
  const all = used.reduce((sum, bytes) => sum + bytes, 0);
  return (server.loaded ?? []).map((model) => {
    const places = model.places ?? guessedPlaces(model, used, all);
    return { model, places, alone: model.alone ?? (places.length === 1 && server.gpus.length > 1) };
  });
}

function guessedPlaces(model: LoadedModel, used: readonly number[], all: number): readonly LoadedPlace[] {
  if (all <= 0) {
    return [];
  }
  return used.flatMap((bytes, gpu) => {
    const share = Math.round((model.sizeVramBytes * bytes) / all);
    return share > 0 ? [{ gpu, heldBytes: Math.min(share, bytes), countedBytes: share }] : [];
  });
}

/** How many models Ollama keeps at the most. */
export function mostModels(server: EstimateServer): number {
  const set = server.maxLoadedModels ?? 0;
  return set > 0 ? set : MODELS_PER_GPU * Math.max(server.gpus.length, 1);
}

/** The GPUs with what Ollama believes to be free on them. */
export function believedGpus(gpus: readonly GpuDevice[], runners: readonly Runner[]): readonly GpuDevice[] {
  const totals = gpus.map((gpu) => wholeMiB(gpu.totalBytes));
  const free = readFromRunners(gpus, totals, runners) ?? gpus.map(measuredFree);
  return gpus.map((gpu, index) => {
    const counted = runners.reduce((sum, runner) => sum + countedOn(runner, index, gpus), 0);
    const total = totals[index]!;
    const believed = counted > total ? 0 : Math.min(free[index]!, total - counted);
    return { ...gpu, totalBytes: total, freeBytes: believed };
  });
}

/** Ollama's own process looks at a GPU with a context of its own on it, and prints whole MiB. */
function measuredFree(gpu: GpuDevice): number {
  return wholeMiB(Math.max(0, gpu.freeBytes - gpuOverhead(gpu).contextBytes));
}

/**
 * What the runners say of all GPUs; undefined where a GPU has none, and is measured. Which runner is asked first is left
 * to chance in Ollama (the order of a Go map): here the one that was loaded last, whose log knows the others.
 */
function readFromRunners(
  gpus: readonly GpuDevice[],
  totals: readonly number[],
  runners: readonly Runner[],
): readonly number[] | undefined {
  const free = new Map<number, number>();
  for (const [age, runner] of [...runners.entries()].reverse()) {
    if (runner.places.every(({ gpu }) => free.has(gpu))) {
      continue;
    }
    for (const place of runner.places) {
      const counted = countedOn(runner, place.gpu, gpus);
      const total = totals[place.gpu]!;
      const byLog = Math.max(0, freeAtLoad(runner, place, age, gpus, runners) - counted);
      free.set(place.gpu, Math.min(total - Math.min(counted, total), byLog));
    }
  }
  return free.size === gpus.length && gpus.length > 0 ? gpus.map((_, index) => free.get(index)!) : undefined;
}

/**
 * What a runner's log is found to say of a GPU. A runner with one GPU alone calls it its first, so nothing is found
 * under the name of any but the first GPU of its kind.
 */
function countedOn(runner: Runner, gpu: number, gpus: readonly GpuDevice[]): number {
  const place = runner.places.find((candidate) => candidate.gpu === gpu);
  return place === undefined || misnamed(runner, gpu, gpus) ? 0 : place.countedBytes;
}

/** As {@link countedOn}, of what was free when it was loaded; where nothing is found the whole GPU counts. */
function freeAtLoad(
  runner: Runner,
  place: LoadedPlace,
  age: number,
  gpus: readonly GpuDevice[],
  runners: readonly Runner[],
): number {
  const gpu = gpus[place.gpu]!;
  if (misnamed(runner, place.gpu, gpus)) {
    return wholeMiB(gpu.totalBytes);
  }
  if (place.freeAtLoadBytes !== undefined) {
    return wholeMiB(place.freeAtLoadBytes);
  }
  const since = runners.slice(age).reduce((sum, { places }) => sum + heldOn(places, place.gpu), 0);
  return wholeMiB(Math.max(0, gpu.freeBytes + since - gpuOverhead(gpu).contextBytes));
}

function misnamed(runner: Runner, gpu: number, gpus: readonly GpuDevice[]): boolean {
  const library = libraryOf(gpus[gpu]!);
  return runner.alone && gpus.findIndex((other) => libraryOf(other) === library) !== gpu;
}

/** The runner that Ollama unloads first: the shortest keep-alive, then the file's name. */
export function firstToLeave(runners: readonly Runner[]): Runner | undefined {
  const seconds = ({ model }: Runner): number => {
    const kept = model.keepAliveSeconds ?? DEFAULT_KEEP_ALIVE_SECONDS;
    return kept < 0 ? Number.POSITIVE_INFINITY : kept;
  };
  const key = ({ model }: Runner): string => model.digest ?? model.name;
  let first: Runner | undefined;
  for (const runner of runners) {
    if (
      first === undefined ||
      seconds(runner) < seconds(first) ||
      (seconds(runner) === seconds(first) && key(runner) < key(first))
    ) {
      first = runner;
    }
  }
  return first;
}

/** What a runner holds is known to within this, bytes: less than that in use on a GPU is nobody's. */
const NOBODYS_BYTES = 64 * MIB;

/** The GPUs once a runner has left. */
export function withoutRunner(gpus: readonly GpuDevice[], runner: Runner): readonly GpuDevice[] {
  return gpus.map((gpu, index) => {
    const back = heldOn(runner.places, index);
    const freeBytes = gpu.freeBytes + back;
    const { totalBytes } = gpu;
    return back === 0 ? gpu : { ...gpu, freeBytes: totalBytes - freeBytes < NOBODYS_BYTES ? totalBytes : freeBytes };
  });
}

/** The GPUs once everybody has left, and who leaves in which order. */
export function withoutAll(server: EstimateServer): {
  readonly gpus: readonly GpuDevice[];
  readonly order: readonly string[];
} {
  let { gpus } = server;
  let runners = runnersOf(server);
  const order: string[] = [];
  for (let first = firstToLeave(runners); first !== undefined; first = firstToLeave(runners)) {
    const leaving = first;
    order.push(leaving.model.name);
    gpus = withoutRunner(gpus, leaving);
    runners = runners.filter((runner) => runner !== leaving);
  }
  return { gpus, order };
}

function heldOn(places: readonly LoadedPlace[], gpu: number): number {
  return places.find((place) => place.gpu === gpu)?.heldBytes ?? 0;
}

function libraryOf(gpu: GpuDevice): string {
  return gpu.library ?? 'CUDA';
}

function wholeMiB(bytes: number): number {
  return Math.floor(bytes / MIB) * MIB;
}
