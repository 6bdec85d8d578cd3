/**
 * llama.cpp's `--fit` (common/fit.cpp): make a model fit the free memory of its devices by dry runs. Step 1:
 * does it fit as it is? Step 2: a smaller context, when the user gave none. Step 3: layers from the last device to the
 * first (of a mixture of experts only the dense parts). Step 4: experts back onto the devices, front to back, with one
 * partial layer per device. It sees memory as a dry run does (`view: 'fit'`), and that is what makes its choices.
 */

import { GIB, MIB } from '../../../../base/bytes.ts';
import { buildFacts } from '../../../llama-cpp/builds.ts';
import { compileModel } from '../../../llama-cpp/compile.ts';
import { cacheLines } from '../../../model/cache.ts';
import { shapeContext } from '../../../model/context.ts';
import { placeLayers } from '../../../model/placement.ts';
import { F32 } from '../../../model/tensors.ts';
import { blockCount, isMixtureOfExperts, trainingContext } from '../../../plan/facts.ts';
import type { LlamaCppConfig, ModelSpec } from '../../../types.ts';
import { type DryRun, DryRuns, type Weighed } from './dry-runs.ts';
import { LayerSearch, type LayerSearchInput } from './layers.ts';
import type { FitOverride } from './overrides.ts';
import { overridesConfig } from './overrides.ts';

/** llama.cpp's `--fit-ctx`: the smallest context `--fit` goes down to. */
const FIT_MIN_CTX = 4096;
/** llama.cpp's `--fit-target`: what stays free on each device. */
export const FIT_MARGIN_BYTES = GIB;

export interface FitOptions {
  /** Bytes to leave free, per GPU. */
  readonly marginsBytes: readonly number[];
  /** Bytes per GPU that its own first dry run holds while it looks at what is free: see {@link heldByDryRun}. */
  readonly heldBytes?: readonly number[];
  /** Smallest context, tokens; default 4096. */
  readonly minCtx?: number;
  /** Dry runs to share with other questions about the same model. */
  readonly runs?: DryRuns;
}

/**
 * What `--fit` decided. `unchanged`: everything fits as given. `context`: a smaller context suffices. `layers`: layers
 * were distributed. `aborted`: it may not change what the user set (the load goes on as given and may run out of memory).
 */
export interface FitDecision {
  readonly kind: 'unchanged' | 'context' | 'layers' | 'aborted';
  /** The configuration to load with: context, layers, split and overrides filled in. */
  readonly config: LlamaCppConfig;
  readonly overrides: readonly FitOverride[];
  /** Bytes by which the targets were missed at first, over all devices; 0 when they were met. */
  readonly deficitBytes: number;
  /** Context before `--fit` reduced it, tokens (only when it did). */
  readonly reducedFromCtx?: number;
}

/**
 * Runs `--fit` for a configuration. `numCtx` 0 lets it choose the context; `numGpu` other than -1, a tensor split or
 * tensor patterns make it give up when something would have to change.
 */
export function fitToMemory(spec: ModelSpec, given: LlamaCppConfig, options: FitOptions): FitDecision {
  const config: LlamaCppConfig = {
    ...given,
    view: 'fit',
    numCtx: given.numCtx === 0 ? trainingContext(spec) : given.numCtx,
  };
  const runs = options.runs ?? new DryRuns(spec);
  const first = runs.weigh(config);
  const free = config.gpus.map((gpu, index) => gpu.freeBytes - (options.heldBytes?.[index] ?? 0));
  const used = first.usedBytes;
  const margins = config.gpus.map((_, gpu) => options.marginsBytes[gpu] ?? FIT_MARGIN_BYTES);
  const deficitBytes = sum(used.map((bytes, gpu) => Math.max(0, bytes + margins[gpu]! - free[gpu]!)));
  if (deficitBytes === 0) {
    return { kind: 'unchanged', config, overrides: [], deficitBytes };
  }

  const reduced = reduceContext(spec, given, config, first, runs, margins, options.minCtx ?? FIT_MIN_CTX);
  const reducedFrom = reduced.config.numCtx < config.numCtx ? { reducedFromCtx: config.numCtx } : {};
  if (reduced.enough) {
    return { kind: 'context', config: reduced.config, overrides: [], deficitBytes, ...reducedFrom };
  }
  if (given.numGpu !== -1 || hasUserPlacement(given)) {
    return { kind: 'aborted', config: reduced.config, overrides: [], deficitBytes, ...reducedFrom };
  }

  const search = new LayerSearch({
    runs,
    config: reduced.config,
    targets: free.map((bytes, gpu) => bytes - margins[gpu]!),
    free,
    margins,
    layers: layersCounted(spec, config),
    blocks: blockCount(spec),
    experts: isMixtureOfExperts(spec),
    ...searchFacts(spec, first.computeBytes),
  });
  const { perGpuLayers, overrides } = search.run();
  return {
    kind: 'layers',
    config: {
      ...reduced.config,
      numGpu: sum(perGpuLayers),
      ...(perGpuLayers.length > 1 ? { tensorSplit: perGpuLayers } : {}),
      ...overridesConfig(overrides),
    },
    overrides,
    deficitBytes,
    ...reducedFrom,
  };
}

/** Layers that `--fit` places: those for multi-token prediction count in some builds, though they are never run. */
function layersCounted(spec: ModelSpec, config: LlamaCppConfig): number {
  const build = buildFacts(config.build);
  return build.fitCountsNextn ? blockCount(spec) : compileModel(spec, build).layers;
}

/** The driver hands out memory in pieces of this many bytes. */
const ALLOCATION_STEP = 2 * MIB;

/**
 * What `--fit`'s first dry run really takes of each GPU although it should take nothing, bytes: the recurrent state
 * (llama-memory-recurrent.cpp knows no `no_alloc`, b10454). It is still there when the free memory is read.
 */
export function heldByDryRun(spec: ModelSpec, config: LlamaCppConfig): readonly number[] {
  if (!hasRecurrentLayers(spec)) {
    return [];
  }
  const model = compileModel(spec);
  const placement = placeLayers(model.hp.layersAll, config.gpus, config.numGpu, config.tensorSplit);
  const { state } = cacheLines(model, placement, shapeContext(model.hp, config), F32, F32, false);
  return config.gpus.map((_, gpu) => Math.ceil(state[gpu]! / ALLOCATION_STEP) * ALLOCATION_STEP);
}

/**
 * Whether `--fit` would put everything on the GPUs, without asking what it does otherwise: the configuration it loads
 * with, or undefined when something stays behind. Only for configurations that it may change (`numGpu` -1, no split, no
 * patterns) and that name a context.
 */
export function placeWholly(
  spec: ModelSpec,
  given: LlamaCppConfig,
  marginsBytes: readonly number[],
  runs: DryRuns,
  heldBytes: readonly number[] = [],
): LlamaCppConfig | undefined {
  const config: LlamaCppConfig = { ...given, view: 'fit' };
  const free = config.gpus.map((gpu, index) => gpu.freeBytes - (heldBytes[index] ?? 0));
  const targets = free.map((bytes, gpu) => bytes - marginsBytes[gpu]!);
  const run = runs.place(config);
  if (runs.below(run, targets)) {
    return config;
  }
  if (targets.length === 1 || bestCaseSurplus(run, targets, runs) < 0) {
    return undefined;
  }
  const layers = layersCounted(spec, config);
  const search = new LayerSearch({
    runs,
    config,
    wholeOnly: true,
    targets,
    free,
    margins: marginsBytes,
    layers,
    blocks: blockCount(spec),
    experts: isMixtureOfExperts(spec),
    ...searchFacts(
      spec,
      free.map((_, gpu) => runs.atMost(run, gpu)),
    ),
  });
  const { perGpuLayers, overrides } = search.run();
  if (sum(perGpuLayers) < blockCount(spec) + 1 || overrides.some(({ target }) => target === 'CPU')) {
    return undefined;
  }
  return { ...config, numGpu: sum(perGpuLayers), tensorSplit: perGpuLayers, ...overridesConfig(overrides) };
}

/**
 * Free memory beyond the targets over all GPUs, bytes, were the compute buffers without the copies of pipeline
 * parallelism: when this is negative no split helps. (`--fit` fills several devices while the model is not yet wholly on
 * them, so it does not see those copies, and never looks again.)
 */
function bestCaseSurplus(run: DryRun, targets: readonly number[], runs: DryRuns): number {
  const copies = runs.copies(run);
  let surplus = 0;
  for (const [gpu, target] of targets.entries()) {
    surplus += target - run.storedBytes[gpu]! - runs.range(run, gpu).low / copies;
  }
  return surplus;
}

/**
 * Step 2. Only when all devices together lack memory and no context was asked for. On one device the interpolated
 * context is taken for enough; on several the layers are distributed afresh.
 */
function reduceContext(
  spec: ModelSpec,
  given: LlamaCppConfig,
  config: LlamaCppConfig,
  full: Weighed,
  runs: DryRuns,
  margins: readonly number[],
  minCtx: number,
): { readonly config: LlamaCppConfig; readonly enough: boolean } {
  const gpus = config.gpus;
  const sumFree = sum(gpus.map((gpu) => gpu.freeBytes));
  const sumUsed = sum(full.usedBytes);
  const trained = config.numCtx;
  if (sumFree - sumUsed - sum(margins) >= 0 || given.numCtx !== 0 || trained <= minCtx) {
    return { config, enough: false };
  }

  let target = sumFree - sum(margins);
  if (gpus.length > 1) {
    // Whole layers (or tensors) only: expect half of one wasted per device, and one more to be safe.
    const counted = layersCounted(spec, config);
    const layers = given.numGpu < 0 ? counted : Math.min(given.numGpu, counted);
    const perLayer = Math.trunc(sum(full.weightsBytes) / Math.max(layers, 1));
    target -= Math.trunc(((gpus.length + 1) * perLayer) / (isMixtureOfExperts(spec) ? 6 : 2));
  }
  const smallest = { ...config, numCtx: minCtx };
  const usedAtMinimum = sum(runs.weigh(smallest).usedBytes);
  if (target <= usedAtMinimum) {
    return { config: smallest, enough: false };
  }

  // 64-bit integer arithmetic, as in the original: the product exceeds 2^53.
  const more = Number((BigInt(trained - minCtx) * BigInt(target - usedAtMinimum)) / BigInt(sumUsed - usedAtMinimum));
  const numCtx = minCtx + more;
  return { config: { ...config, numCtx: Math.max(numCtx - (numCtx % 256), minCtx) }, enough: gpus.length === 1 };
}

function searchFacts(
  spec: ModelSpec,
  fullComputeBytes: readonly number[],
): Pick<LayerSearchInput, 'fullComputeBytes' | 'largestLayerBytes' | 'uneven'> {
  return { fullComputeBytes, largestLayerBytes: largestLayerBytes(spec), uneven: hasRecurrentLayers(spec) };
}

function hasRecurrentLayers(spec: ModelSpec): boolean {
  const { memory = 'attention' } = compileModel(spec).traits;
  return memory === 'hybrid' || memory === 'recurrent';
}

const largestLayers = new WeakMap<ModelSpec, number>();

function largestLayerBytes(spec: ModelSpec): number {
  let largest = largestLayers.get(spec);
  if (largest === undefined) {
    const model = compileModel(spec);
    const sums = new Float64Array(model.hp.layersAll);
    for (const { home, cudaBytes } of model.tensors) {
      if (home >= 0) {
        sums[home] = sums[home]! + cudaBytes;
      }
    }
    largest = Math.max(...sums);
    largestLayers.set(spec, largest);
  }
  return largest;
}

function hasUserPlacement(config: LlamaCppConfig): boolean {
  const split = config.gpus.length > 1 && (config.tensorSplit ?? []).some((share) => share !== 0);
  return split || (config.cpuTensors ?? []).length > 0 || (config.gpuTensors ?? []).length > 0;
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}
