/**
 * Which device each layer goes to.
 *
 * Source: llama-model.cpp (`load_tensors`: the output layer goes first, then the last repeating layers; devices take
 * shares by split or free memory in 32-bit floats), llama.cpp.
 */

import type { GpuDevice } from '../types.ts';

export interface Placement {
  /** Device of each repeating layer and, last, of the output: GPU number, or the number of GPUs for the host. */
  readonly deviceOf: Int32Array;
  /** The number that stands for the host. */
  readonly host: number;
  /** Layers to offload as llama.cpp counts them: all = repeating layers + 1. */
  readonly gpuLayers: number;
}

/**
 * Places `layersAll` repeating layers and the output. `numGpu` is `-ngl`: -1 = all, the output counts first.
 */
export function placeLayers(
  layersAll: number,
  gpus: readonly GpuDevice[],
  numGpu: number,
  tensorSplit: readonly number[] | undefined,
): Placement {
  const host = gpus.length;
  const gpuLayers = numGpu < 0 ? layersAll + 1 : numGpu;
  const deviceOf = new Int32Array(layersAll + 1).fill(host);
  if (host === 0) {
    return { deviceOf, host, gpuLayers };
  }
  const shares = splitPoints(gpus, tensorSplit);
  const start = Math.max(layersAll + 1 - gpuLayers, 0);
  const placed = Math.min(gpuLayers, layersAll + 1);
  for (let layer = start; layer <= layersAll; layer++) {
    if (layer - start >= placed) {
      continue;
    }
    const position = Math.fround((layer - start) / placed);
    let gpu = 0;
    while (gpu < host - 1 && !(position < shares[gpu]!)) {
      gpu++;
    }
    deviceOf[layer] = gpu;
  }
  return { deviceOf, host, gpuLayers };
}

/** Cumulated shares of the devices in 32-bit floats, the last one 1. */
function splitPoints(gpus: readonly GpuDevice[], tensorSplit: readonly number[] | undefined): Float32Array {
  const given = tensorSplit?.some((share) => share !== 0) === true;
  const points = new Float32Array(gpus.length);
  let sum = Math.fround(0);
  for (let i = 0; i < gpus.length; i++) {
    const share = given ? (tensorSplit[i] ?? 0) : gpus[i]!.freeBytes;
    sum = Math.fround(sum + Math.fround(share));
    points[i] = sum;
  }
  for (let i = 0; i < gpus.length; i++) {
    points[i] = Math.fround(points[i]! / sum);
  }
  return points;
}
