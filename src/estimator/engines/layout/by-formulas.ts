/** Models of the llama.cpp runner: packed with the formulas' sizes, held as llama.cpp really reserves. */

import { planLlamaCpp } from '../../llama-cpp/dry-run.ts';
import { planProjector } from '../../model/projector.ts';
import { blockCount } from '../../plan/facts.ts';
import type { GpuDevice, LlamaCppPlan, Reason } from '../../types.ts';
import { readModelFacts } from '../formula/model-facts.ts';
import { isAgreed } from './converge.ts';
import { hybridLayout, hybridSizes, reportedGraph } from './hybrid.ts';
import { convergeOptions, type GpuParts, type Load, layoutGpus, NOTHING, type Outcome } from './load.ts';
import { countLayers, type Layout } from './packer.ts';

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
  const real = realMemory(load, devices, used);
  const tower = planProjector(load.spec);
  const parts = devices.map((_, gpu): GpuParts => {
    const position = used.findIndex((one) => one.gpu === gpu);
    if (position < 0) {
      return NOTHING;
    }
    const { weightsBytes, cacheBytes, computeBytes } = real.gpus[position]!;
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
    notes,
  };
}

/** What llama.cpp reserves with this placement. These builds computed logits for the whole batch. */
function realMemory(load: Load, devices: readonly GpuDevice[], used: Layout): LlamaCppPlan {
  const batch = load.embedding ? Math.max(load.numBatch, load.numCtx) : load.numBatch;
  const layers = countLayers(used);
  const blocks = blockCount(load.spec);
  // A layout of part of the model never holds the output layer, and the llama.cpp of these versions leaves it on the
  // CPU; today's would take it first.
  const partial = layers > 0 && layers <= blocks;
  return planLlamaCpp(load.spec, {
    gpus: used.map((one) => devices[one.gpu]!),
    numCtx: load.numCtx * load.numParallel,
    numBatch: batch,
    numUbatch: batch,
    numParallel: load.numParallel,
    flashAttention: load.flashAttention,
    cacheTypeK: load.kvCacheType,
    cacheTypeV: load.kvCacheType,
    outputs: 0,
    numGpu: partial ? layers + 1 : layers,
    unifiedCache: true,
    ...(used.length > 0 ? { tensorSplit: splitOf(used, partial) } : {}),
    ...(partial ? { cpuTensors: OUTPUT_TENSORS } : {}),
    embedding: load.embedding,
    opOffload: true,
    view: 'real',
  });
}

/** The output layer and, where it is shared, the embedding. */
const OUTPUT_TENSORS: readonly string[] = ['^output', '^token_embd'];

/** Layers per GPU; the output layer that llama.cpp would add stands on the last. */
function splitOf(used: Layout, partial: boolean): readonly number[] {
  return used.map((one, i) => one.layers.length + (partial && i === used.length - 1 ? 1 : 0));
}
