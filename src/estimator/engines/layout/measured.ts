/** Models of Ollama's own engine: measured by the runner and packed. */

import type { GpuDevice, Reason } from '../../types.ts';
import { converge, isAgreed } from './converge.ts';
import { convergeOptions, type GpuParts, type Load, layoutGpus, type Outcome, partsTotal } from './load.ts';
import type { Layout } from './packer.ts';
import { runnerSizes } from './runner-sizes.ts';

/** Ollama's own engine: the runner tells sizes for each layout, until a layout repeats. */
export function placeMeasured(load: Load, devices: readonly GpuDevice[], requireFull: boolean): Outcome {
  const sizes = runnerSizes(
    load.spec,
    {
      version: load.version,
      numCtx: load.numCtx,
      numParallel: load.numParallel,
      numBatch: load.numBatch,
      flashAttention: load.flashAttention === true,
      kvCacheType: load.kvCacheType,
    },
    devices,
  );
  const layers = sizes.weights.map((bytes, i) => bytes + sizes.cache[i]!);
  const output = layers.length - 1;
  const usedBy = (layout: Layout, gpu: number): number =>
    (sizes.graphs(layout).gpuBytes.get(gpu) ?? 0) +
    (layout.find((one) => one.gpu === gpu)?.layers ?? []).reduce((sum, layer) => sum + layers[layer]!, 0);
  const result = converge(layoutGpus(devices), convergeOptions(load, layers.length, requireFull), (layout) => {
    const graphs = sizes.graphs(layout);
    return {
      memory: {
        layers,
        graphs: new Map(devices.map((_, gpu) => [gpu, graphs.gpuBytes.get(gpu) ?? 0])),
        inputBytes: sizes.inputBytes,
        cpuGraphBytes: graphs.cpuBytes,
      },
      success: devices.every((device, gpu) => usedBy(layout, gpu) <= device.freeBytes),
    };
  });
  const layout = isAgreed(result) ? result.layout : [];
  const graphs = sizes.graphs(layout);
  const parts = devices.map((_, gpu): GpuParts => {
    const here = layout.find((one) => one.gpu === gpu)?.layers ?? [];
    const tower = here.includes(output) ? sizes.towerBytes : 0;
    return {
      weightsBytes: here.reduce((sum, layer) => sum + sizes.weights[layer]!, 0) - tower,
      cacheBytes: here.reduce((sum, layer) => sum + sizes.cache[layer]!, 0),
      computeBytes: graphs.gpuBytes.get(gpu) ?? 0,
      projectorBytes: tower,
      layers: here.length,
    };
  });
  const cpuGraph = graphs.cpuBytes;
  const onGpu = new Set(layout.flatMap((one) => one.layers));
  const cpuLayers = layers.flatMap((_, i) => (onGpu.has(i) ? [] : [i]));
  const cpuWeights = cpuLayers.reduce((sum, i) => sum + sizes.weights[i]!, 0);
  const cpuCache = cpuLayers.reduce((sum, i) => sum + sizes.cache[i]!, 0);
  const vram = parts.reduce((sum, part) => sum + partsTotal(part), 0);
  const hostTotal = sizes.inputBytes + cpuWeights + cpuCache + cpuGraph;
  const notes: Reason[] = [];
  if (!sizes.described) {
    notes.push({ code: 'graph-estimated', params: { bytes: Math.max(0, ...graphs.gpuBytes.values()) } });
  }
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
    notes,
  };
}
