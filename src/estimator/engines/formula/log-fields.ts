/**
 * The fields of Ollama's log line "offload" in Ollama's own words and digits. Source: MemoryEstimate.LogValue in
 * llm/memory.go, 0.2.0 to 0.12.10.
 */

import { atLeast, type Version } from '../../versions.ts';
import type { Estimate, EstimateInput } from './estimate.ts';
import { humanBytes2 } from './human-bytes.ts';

/** Printed fields under the names of the log line, for example `memory.required.full` = `21.9 GiB`. */
export type LogFields = Readonly<Record<string, string>>;

/** All fields that this version prints for an estimate. */
export function logFields(version: Version, input: EstimateInput, estimate: Estimate): LogFields {
  const weights = printedWeights(version, estimate);
  const projectorBytes = estimate.vision.fileWeightsBytes + estimate.vision.embeddedWeightsBytes;
  return {
    'layers.requested': String(input.numGpu),
    'layers.model': String(estimate.totalLayers),
    'layers.offload': String(estimate.layers),
    'layers.split': printedSplit(version, input, estimate),
    'memory.available': list(input.gpus.map((gpu) => humanBytes2(gpu.freeBytes))),
    ...(atLeast(version, '0.3.7') ? { 'memory.gpu_overhead': humanBytes2(input.gpuOverheadBytes) } : {}),
    'memory.required.full': humanBytes2(estimate.totalBytes),
    'memory.required.partial': humanBytes2(estimate.vramBytes),
    'memory.required.kv': humanBytes2(estimate.cache.totalBytes),
    'memory.required.allocations': list(estimate.allocations.map(humanBytes2)),
    'memory.weights.total': humanBytes2(weights.total),
    'memory.weights.repeating': humanBytes2(weights.repeating),
    'memory.weights.nonrepeating': humanBytes2(estimate.outputBytes),
    'memory.graph.full': humanBytes2(estimate.graph.fullBytes),
    'memory.graph.partial': humanBytes2(estimate.graph.partialBytes),
    ...(projectorBytes > 0
      ? {
          'projector.weights': humanBytes2(projectorBytes),
          'projector.graph': humanBytes2(estimate.vision.graphBytes),
        }
      : {}),
  };
}

/** Three meanings over time: with the cache and less the output (to 0.6.0), twice the blocks, then as one would think. */
function printedWeights(version: Version, estimate: Estimate): { readonly total: number; readonly repeating: number } {
  const blocks = estimate.repeatingBytes;
  if (atLeast(version, '0.6.3')) {
    return { total: blocks + estimate.outputBytes, repeating: blocks };
  }
  if (atLeast(version, '0.6.1')) {
    return { total: blocks, repeating: blocks };
  }
  const perLayer = estimate.cache.perLayer.reduce((a, b) => a + b, 0);
  return { total: blocks + perLayer, repeating: blocks + perLayer - estimate.outputBytes };
}

function printedSplit(version: Version, input: EstimateInput, estimate: Estimate): string {
  // Without layers on a GPU the estimate returns before the split is filled in.
  if (atLeast(version, '0.11.5')) {
    return estimate.layers === 0 ? '[]' : `[${estimate.layersPerGpu.join(' ')}]`;
  }
  return estimate.layers === 0 || input.gpus.length <= 1 ? '' : estimate.layersPerGpu.join(',');
}

function list(values: readonly string[]): string {
  return `[${values.join(' ')}]`;
}
