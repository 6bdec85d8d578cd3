/**
 * Ollama's packer: which layers go to which GPU, given what each layer takes. Faithful to createLayout, assignLayers,
 * findBestFit, greedyFit and verifyLayout in llm/server.go, 0.11.11 to 0.24.0, single precision included.
 */

import { atLeast, type Version } from '../../versions.ts';
import { minimumMemoryBytes } from '../formula/estimate.ts';

/** A GPU of the server, in the order in which it was found. */
export interface LayoutGpu {
  readonly index: number;
  readonly library: 'CUDA' | 'ROCm' | 'Metal' | 'Vulkan';
  readonly integrated: boolean;
  readonly freeBytes: number;
}

/** What is known about the model's memory so far. */
export interface KnownMemory {
  /** Weights and cache per layer, output layer last, bytes; all 0 before the runner has answered. */
  readonly layers: readonly number[];
  /** Compute graph per GPU index, bytes; absent before the runner has answered. */
  readonly graphs?: ReadonlyMap<number, number>;
  readonly inputBytes: number;
  readonly cpuGraphBytes: number;
}

/** Layers of one GPU; a GPU may be in a layout without any. */
export interface GpuLayers {
  readonly gpu: number;
  readonly layers: readonly number[];
}

export type Layout = readonly GpuLayers[];

/** Settings of the server and wishes of the request. */
export interface PackOptions {
  readonly version: Version;
  readonly gpuOverheadBytes: number;
  readonly schedSpread: boolean;
  /** num_gpu; -1 = automatic. */
  readonly numGpu: number;
  /** Only a full fit will do (another model is loaded). */
  readonly requireFull: boolean;
  /** Share of free memory to leave alone after a failed allocation. */
  readonly backoff: number;
}

/** Number of layers on GPUs. */
export function countLayers(layout: Layout): number {
  return layout.reduce((sum, { layers }) => sum + layers.length, 0);
}

/** A layout as a key for "seen before". */
export function layoutKey(layout: Layout): string {
  return layout.map(({ gpu, layers }) => `${gpu}:${layers.join()}`).join('|');
}

/** buildLayout: the best layout for what is known, library by library; the one with most layers wins. */
export function buildLayout(gpus: readonly LayoutGpu[], known: KnownMemory, options: PackOptions): Layout {
  const sorted = [...gpus].sort((a, b) => {
    const integrated = atLeast(options.version, '0.12.9') ? Number(a.integrated) - Number(b.integrated) : 0;
    return integrated || b.freeBytes - a.freeBytes;
  });
  let best: Layout = [];
  for (const library of new Set(sorted.map((gpu) => gpu.library))) {
    const group = sorted.filter((gpu) => gpu.library === library);
    let lastUsed = 0;
    const usable = group.map((gpu, position) => {
      const graph = known.graphs?.get(gpu.index);
      if (graph !== undefined && graph !== 0) {
        lastUsed = position;
      }
      return { ...gpu, freeBytes: graph === undefined ? 0 : usableBytes(gpu, graph, options) };
    });
    const layout = assignLayers(known.layers, usable, lastUsed, options);
    if (countLayers(layout) > countLayers(best)) {
      best = layout;
    }
  }
  return best;
}

/** Free memory less the back-off, the driver's minimum, OLLAMA_GPU_OVERHEAD and the graph. */
function usableBytes(gpu: LayoutGpu, graphBytes: number, options: PackOptions): number {
  const backoff = Math.trunc(Math.fround(Math.fround(gpu.freeBytes) * Math.fround(options.backoff)));
  const reserved = backoff + minimumMemoryBytes(gpu.library) + options.gpuOverheadBytes + graphBytes;
  return Math.max(0, gpu.freeBytes - reserved);
}

/** As many layers as fit on as few GPUs as will do; if not all fit, rather others than the output layer. */
function assignLayers(
  layers: readonly number[],
  gpus: readonly LayoutGpu[],
  lastUsed: number,
  options: PackOptions,
): Layout {
  const equal = atLeast(options.version, '0.12.11') && (options.numGpu >= 0 || options.schedSpread);
  const list = equal ? gpus.map((gpu) => ({ ...gpu, integrated: false })) : gpus;
  const mayForce = !(options.requireFull && atLeast(options.version, '0.12.6'));
  let remaining = layers;
  let requested = options.numGpu;
  let layout: Layout = [];
  for (let pass = 0; pass < 2; pass++) {
    requested = Math.min(remaining.length, requested);
    if (options.schedSpread) {
      layout = findBestFit(remaining, list, requested, mayForce, options.version);
    } else {
      for (let i = lastUsed; i < list.length; i++) {
        const force = i === list.length - 1 && mayForce;
        layout = findBestFit(remaining, list.slice(0, i + 1), requested, force, options.version);
        const count = countLayers(layout);
        if (count === remaining.length || count === requested) {
          break;
        }
      }
    }
    if (countLayers(layout) === remaining.length) {
      return layout;
    }
    remaining = remaining.slice(0, -1);
  }
  return layout;
}

const FORCED_CAPACITY = 1000;
const SEARCH_END = 1e-6;

/** The smallest share of each GPU that still places the most layers: it balances them. Faster GPUs first (0.12.11). */
function findBestFit(
  layers: readonly number[],
  gpus: readonly LayoutGpu[],
  requested: number,
  force: boolean,
  version: Version,
): Layout {
  let remaining = layers;
  let wanted = requested;
  let layout: Layout = [];
  for (const group of byPerformance(gpus, version)) {
    let high = wanted >= 0 && force ? FORCED_CAPACITY : 1;
    let low = 0;
    let best = greedyFit(remaining, group, high, wanted);
    const most = countLayers(best);
    if (most === 0 && !atLeast(version, '0.12.11')) {
      return best;
    }
    while (high - low > SEARCH_END) {
      const middle = Math.fround(Math.fround(low + high) / 2);
      // Neighbouring single-precision numbers have no middle: the search would never end.
      if (middle === low || middle === high) {
        break;
      }
      const attempt = greedyFit(remaining, group, middle, wanted);
      if (countLayers(attempt) === most) {
        high = middle;
        best = attempt;
      } else {
        low = middle;
      }
    }
    remaining = remaining.slice(0, remaining.length - countLayers(best));
    wanted -= countLayers(best);
    layout = [...best, ...layout];
  }
  return layout;
}

function byPerformance(gpus: readonly LayoutGpu[], version: Version): readonly (readonly LayoutGpu[])[] {
  if (!atLeast(version, '0.12.11')) {
    return [gpus];
  }
  const kinds = [...new Set(gpus.map((gpu) => gpu.integrated))];
  return kinds.map((integrated) => gpus.filter((gpu) => gpu.integrated === integrated));
}

/** From the last GPU and the last layer downwards; a GPU once full is left for good. */
function greedyFit(layers: readonly number[], gpus: readonly LayoutGpu[], capacity: number, requested: number): Layout {
  const space = (device: number): number =>
    Math.trunc(Math.fround(Math.fround(gpus[device]!.freeBytes) * Math.fround(capacity)));
  const layout: { gpu: number; layers: number[] }[] = [];
  let device = gpus.length - 1;
  if (device < 0) {
    return layout;
  }
  layout.unshift({ gpu: gpus[device]!.index, layers: [] });
  let free = space(device);
  for (let i = layers.length - 1; i >= 0; i--) {
    if (requested >= 0 && layers.length - 1 - i >= requested) {
      break;
    }
    while (layers[i]! > free) {
      device--;
      if (device < 0) {
        return layout;
      }
      layout.unshift({ gpu: gpus[device]!.index, layers: [] });
      free = space(device);
    }
    layout[0]!.layers.unshift(i);
    free -= layers[i]!;
  }
  return layout;
}

/** What the rest of a layout needs of the host, bytes (verifyLayout). */
export function hostBytes(known: KnownMemory, layout: Layout): number {
  const placed = new Set(layout.flatMap(({ layers }) => layers));
  let bytes = known.inputBytes + known.cpuGraphBytes;
  known.layers.forEach((size, i) => {
    if (!placed.has(i)) {
      bytes += size;
    }
  });
  return bytes;
}
