/** Models of Ollama's own engine: measured by the runner and packed. */

import type { GpuDevice } from '../../types.ts';
import { converge, isAgreed } from './converge.ts';
import { convergeOptions, type GpuParts, type Load, layoutGpus, type Outcome, partsTotal } from './load.ts';
import { countLayers, type Layout } from './packer.ts';
import { runnerSizes } from './runner-sizes.ts';

/** Ollama's own engine: the runner tells sizes for each layout, until a layout repeats. */
export function placeMeasured(load: Load, devices: readonly GpuDevice[], requireFull: boolean): Outcome {
  const sizes = runnerSizes(load.spec, {
    version: load.version,
    numCtx: load.numCtx,
    numParallel: load.numParallel,
    numBatch: load.numBatch,
    flashAttention: load.flashAttention === true,
    kvCacheType: load.kvCacheType,
  });
  const layers = sizes.weights.map((bytes, i) => bytes + sizes.cache[i]!);
  const output = layers.length - 1;
  const graphOf = (layout: Layout, gpu: number): number => {
    const here = layout.find((one) => one.gpu === gpu)?.layers ?? [];
    if (here.length === 0) {
      return 0;
    }
    const tower = sizes.towerBytes > 0 && here.includes(output) ? sizes.towerGraphBytes : 0;
    // One scheduler runs both graphs after each other in one buffer: the larger counts.
    return Math.max(sizes.graphBytes(countLayers(layout)), tower);
  };
  const usedBy = (layout: Layout, gpu: number): number =>
    graphOf(layout, gpu) +
    (layout.find((one) => one.gpu === gpu)?.layers ?? []).reduce((sum, layer) => sum + layers[layer]!, 0);
  const result = converge(layoutGpus(devices), convergeOptions(load, layers.length, requireFull), (layout) => ({
    memory: {
      layers,
      graphs: new Map(devices.map((_, gpu) => [gpu, graphOf(layout, gpu)])),
      inputBytes: sizes.inputBytes,
      cpuGraphBytes: sizes.cpuGraphBytes(countLayers(layout)),
    },
    success: devices.every((device, gpu) => usedBy(layout, gpu) <= device.freeBytes),
  }));
  const layout = isAgreed(result) ? result.layout : [];
  const parts = devices.map((_, gpu): GpuParts => {
    const here = layout.find((one) => one.gpu === gpu)?.layers ?? [];
    const tower = here.includes(output) ? sizes.towerBytes : 0;
    return {
      weightsBytes: here.reduce((sum, layer) => sum + sizes.weights[layer]!, 0) - tower,
      cacheBytes: here.reduce((sum, layer) => sum + sizes.cache[layer]!, 0),
      computeBytes: graphOf(layout, gpu),
      projectorBytes: tower,
      layers: here.length,
    };
  });
  const count = countLayers(layout);
  const cpuGraph = sizes.cpuGraphBytes(count);
  const onGpu = new Set(layout.flatMap((one) => one.layers));
  const cpuLayers = layers.flatMap((_, i) => (onGpu.has(i) ? [] : [i]));
  const cpuWeights = cpuLayers.reduce((sum, i) => sum + sizes.weights[i]!, 0);
  const cpuCache = cpuLayers.reduce((sum, i) => sum + sizes.cache[i]!, 0);
  const vram = parts.reduce((sum, part) => sum + partsTotal(part), 0);
  const hostTotal = sizes.inputBytes + cpuWeights + cpuCache + cpuGraph;
  return {
    result,
    totalLayers: layers.length,
    sizeBytes: vram + hostTotal,
    sizeVramBytes: vram + (cpuLayers.length === 0 ? sizes.inputBytes + cpuGraph : 0),
    parts,
    host: {
      weightsBytes: sizes.inputBytes + cpuWeights,
      cacheBytes: cpuCache,
      computeBytes: cpuGraph,
      totalBytes: hostTotal,
    },
    flashAttention: load.flashAttention === true,
    basis: sizes.basis,
    notes: [{ code: 'graph-estimated', params: { bytes: sizes.graphBytes(Math.max(1, count)) } }],
  };
}
