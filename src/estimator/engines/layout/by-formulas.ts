/** Models of the llama.cpp runner: packed with the formulas' sizes, held as llama.cpp really reserves. */

import { planProjector } from '../../model/projector.ts';
import type { GpuDevice, Reason } from '../../types.ts';
import { readModelFacts } from '../formula/model-facts.ts';
import { planRunner } from '../llama-runner.ts';
import { isAgreed } from './converge.ts';
import { hybridLayout, hybridSizes, reportedGraph } from './hybrid.ts';
import { convergeOptions, type GpuParts, type Load, layoutGpus, NOTHING, type Outcome } from './load.ts';
import { countLayers } from './packer.ts';

/** llama.cpp's runner: sizes and layout by the formulas; what the GPUs really hold by llama.cpp's own planner. */
export function placeByFormulas(load: Load, devices: readonly GpuDevice[], requireFull: boolean): Outcome {
  const facts = readModelFacts(load.spec, load.version);
  const gpus = layoutGpus(devices);
  const sizes = hybridSizes(
    facts,
    {
      numCtx: load.numCtx,
      numParallel: load.numParallel,
      numBatch: load.numBatch,
      embedding: load.embedding,
      kvCacheType: load.kvCacheType,
      flashAttention: load.flashAttention === true,
    },
    gpus,
  );
  const result = hybridLayout(sizes, gpus, convergeOptions(load, sizes.weights.length, requireFull));
  const layout = isAgreed(result) ? result.layout : [];
  const used = layout.filter((one) => one.layers.length > 0);
  const count = countLayers(layout);
  const graph = reportedGraph(sizes, layout);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const all = sum(sizes.weights) + sum(sizes.cache);
  const vramLayers = sum(layout.flatMap((one) => one.layers.map((i) => sizes.weights[i]! + sizes.cache[i]!)));
  const sizeVramBytes = layout.length === 0 || count === 0 ? 0 : vramLayers + graph * layout.length;
  const real = planRunner({
    version: load.version,
    spec: load.spec,
    devices,
    layers: devices.map((_, gpu) => used.find((one) => one.gpu === gpu)?.layers.length ?? 0),
    numCtx: load.numCtx * load.numParallel,
    numParallel: load.numParallel,
    numBatch: load.numBatch,
    flashAttention: load.flashAttention,
    kvCacheType: load.kvCacheType,
    embedding: load.embedding,
  });
  const tower = planProjector(load.spec);
  const parts = devices.map((_, gpu): GpuParts => {
    const position = used.findIndex((one) => one.gpu === gpu);
    if (position < 0) {
      return NOTHING;
    }
    const { weightsBytes, cacheBytes, computeBytes } = real.gpus[gpu]!;
    const projectorBytes = position === 0 && tower?.source === 'file' ? tower.weightsBytes + tower.computeBytes : 0;
    return { weightsBytes, cacheBytes, computeBytes, projectorBytes, layers: used[position]!.layers.length };
  });
  const realCompute = parts.reduce((bytes, part) => Math.max(bytes, part.computeBytes), 0);
  const notes: Reason[] = [];
  if (used.length > 0) {
    notes.push({ code: 'graph-by-formula', params: { ollamaBytes: graph, bytes: realCompute } });
  }
  if (tower?.source === 'file') {
    notes.push({ code: 'projector-not-counted', params: { bytes: tower.weightsBytes } });
  }
  const { host } = real;
  return {
    result,
    totalLayers: sizes.weights.length,
    sizeBytes: all - vramLayers + sizeVramBytes,
    sizeVramBytes,
    parts,
    host: { ...host, totalBytes: host.weightsBytes + host.cacheBytes + host.computeBytes },
    flashAttention: real.flashAttention,
    basis: real.computeBasis,
    runner: real,
    notes,
  };
}
