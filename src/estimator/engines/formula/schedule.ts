/**
 * Which GPUs and how many slots the scheduler of the formula versions takes. Source: server/sched.go
 * (pickBestFullFitByLibrary, pickBestPartialFitByLibrary) to 0.11.4, llm/memory.go from 0.11.5, and NewLlamaServer in
 * llm/server.go.
 */

import type { GpuDevice } from '../../types.ts';
import { atLeast } from '../../versions.ts';
import type { Estimate, EstimateGpu, EstimateInput, Estimator } from './estimate.ts';

/** A load as the scheduler sees it. */
export interface LoadOrder {
  readonly gpus: readonly GpuDevice[];
  /** num_ctx per slot. */
  readonly numCtx: number;
  readonly trainingContext: number;
  readonly numBatch: number;
  readonly slots: readonly number[];
  readonly numGpu: number;
  readonly kvCacheType: EstimateInput['kvCacheType'];
  readonly flashAttention: boolean;
  readonly gpuOverheadBytes: number;
  readonly schedSpread: boolean;
  /** Free host memory: the CPU counts as a GPU of this size. */
  readonly systemFreeBytes: number;
  /** Only a full fit is of use (another model is loaded). */
  readonly fullOnly: boolean;
}

/** What the scheduler decided. */
export interface Choice {
  readonly input: EstimateInput;
  readonly estimate: Estimate;
  /** Index in the server's list for each GPU of the estimate; empty = CPU. */
  readonly gpuIndexes: readonly number[];
  readonly numParallel: number;
  /** num_ctx per slot as passed on to the runner. */
  readonly numCtx: number;
  readonly fits: boolean;
}

/** Finds the GPUs; undefined when only a full fit would do and there is none. */
export function chooseGpus(estimator: Estimator, order: LoadOrder): Choice | undefined {
  if (order.gpus.length === 0 || order.numGpu === 0) {
    return chooseCpu(estimator, order);
  }
  const groups = byLibrary(order.gpus);
  for (const group of groups) {
    const choice = fullFit(estimator, order, group);
    if (choice !== undefined) {
      return choice;
    }
  }
  return order.fullOnly ? undefined : partialFit(estimator, order, groups);
}

function chooseCpu(estimator: Estimator, order: LoadOrder): Choice {
  const { version } = estimator.facts;
  const gpus: EstimateGpu[] = atLeast(version, '0.12.9') ? [] : [{ library: 'cpu', freeBytes: order.systemFreeBytes }];
  return settle(estimator, order, gpus, [], order.slots[0]!, false);
}

/** Indexes of the GPUs by library, in order of appearance. */
function byLibrary(gpus: readonly GpuDevice[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  gpus.forEach(({ library = 'CUDA' }, index) => {
    const group = groups.get(library);
    if (group === undefined) {
      groups.set(library, [index]);
    } else {
      group.push(index);
    }
  });
  return [...groups.values()];
}

function fullFit(estimator: Estimator, order: LoadOrder, group: readonly number[]): Choice | undefined {
  const sorted = [...group].sort((a, b) => order.gpus[b]!.freeBytes - order.gpus[a]!.freeBytes);
  for (const { indexes, slots } of candidates(estimator, order, sorted)) {
    const estimate = estimator.estimate(inputFor(estimator, order, listOf(order, indexes), slots, order.numCtx));
    if (fits(estimate, order.numGpu)) {
      return settle(estimator, order, listOf(order, indexes), indexes, slots, true);
    }
  }
  return undefined;
}

interface Candidate {
  readonly indexes: readonly number[];
  readonly slots: number;
}

/** To 0.11.4 every single GPU, then all of them; from 0.11.5 the n with most free memory, n growing. */
function candidates(estimator: Estimator, order: LoadOrder, sorted: readonly number[]): Candidate[] {
  const result: Candidate[] = [];
  if (atLeast(estimator.facts.version, '0.11.5')) {
    const slots = order.slots[0]!;
    if (order.schedSpread) {
      return [{ indexes: sorted, slots }];
    }
    for (let n = 1; n <= sorted.length; n++) {
      result.push({ indexes: sorted.slice(0, n), slots });
    }
    return result;
  }
  if (!order.schedSpread) {
    for (const slots of order.slots) {
      for (const index of sorted) {
        result.push({ indexes: [index], slots });
      }
    }
  }
  for (const slots of order.slots) {
    result.push({ indexes: sorted, slots });
  }
  return result;
}

/** PredictServerFit: all layers, or as many as were asked for. */
function fits(estimate: Estimate, numGpu: number): boolean {
  return estimate.layers > 0 && estimate.layers >= (numGpu < 0 ? estimate.totalLayers : numGpu);
}

/** The first model may be loaded in part: on the GPUs in the order they were found, with one slot. */
function partialFit(estimator: Estimator, order: LoadOrder, groups: readonly (readonly number[])[]): Choice {
  const slots = order.slots.at(-1)!;
  let best = groups[0]!;
  let bestBytes = 0;
  if (groups.length > 1) {
    for (const group of groups) {
      const bytes = estimator.estimate(inputFor(estimator, order, listOf(order, group), slots, order.numCtx)).vramBytes;
      if (bytes > bestBytes) {
        best = group;
        bestBytes = bytes;
      }
    }
  }
  return settle(estimator, order, listOf(order, best), best, slots, false);
}

/** The final estimate. From 0.9.3 the context is cut to the training context here, after the GPUs were chosen. */
function settle(
  estimator: Estimator,
  order: LoadOrder,
  gpus: readonly EstimateGpu[],
  gpuIndexes: readonly number[],
  numParallel: number,
  fitsFully: boolean,
): Choice {
  const clamp = order.trainingContext > 0 && atLeast(estimator.facts.version, '0.9.3');
  const numCtx = clamp ? Math.min(order.numCtx, order.trainingContext) : order.numCtx;
  const input = inputFor(estimator, order, gpus, numParallel, numCtx);
  return { input, estimate: estimator.estimate(input), gpuIndexes, numParallel, numCtx, fits: fitsFully };
}

function listOf(order: LoadOrder, indexes: readonly number[]): EstimateGpu[] {
  return indexes.map((index) => {
    const gpu = order.gpus[index]!;
    return { library: gpu.library ?? 'CUDA', freeBytes: gpu.freeBytes };
  });
}

function inputFor(
  estimator: Estimator,
  order: LoadOrder,
  gpus: readonly EstimateGpu[],
  numParallel: number,
  numCtx: number,
): EstimateInput {
  const clampsFirst = order.trainingContext > 0 && atLeast(estimator.facts.version, '0.11.5');
  const perSlot = clampsFirst ? Math.min(numCtx, order.trainingContext) : numCtx;
  return {
    gpus,
    numCtx: atLeast(estimator.facts.version, '0.11.5') ? perSlot : perSlot * numParallel,
    numBatch: order.numBatch,
    numParallel,
    numGpu: order.numGpu,
    kvCacheType: order.kvCacheType,
    flashAttention: order.flashAttention,
    gpuOverheadBytes: order.gpuOverheadBytes,
  };
}
