/**
 * Dry runs of one model, as `--fit` asks for them: many placements, each with one question, "does this GPU stay under
 * its target?". Weights and cache are counted in microseconds, the compute buffers need a graph. So a graph is built
 * only where the buffers can tip the answer, and what a graph gave is kept.
 */

import type { CompiledModel } from '../../../llama-cpp/architecture.ts';
import { prepareLlamaCpp, storedBytes } from '../../../llama-cpp/dry-run.ts';
import { ComputeMemo } from '../../../llama-cpp/planner/memo.ts';
import type { ComputeOptions } from '../../../llama-cpp/planner/options.ts';
import { computeBytes } from '../../../llama-cpp/planner/planner.ts';
import { weightBytes } from '../../../model/weights.ts';
import type { LlamaCppConfig, ModelSpec } from '../../../types.ts';
import { attentionPlaces } from './attention-places.ts';
import { localGraph } from './local-graphs.ts';
import { type FitOverride, leavingBytes, overridesConfig } from './overrides.ts';

/** Graphs' results kept at most, per model, and parts of graphs per instance. */
const MAX_GRAPHS = 1024;
const MAX_PARTS = 2048;

/** What questions about one model share: exact results only, so that no answer depends on what was asked before. */
interface Shared {
  /** Results of graphs, by key and context, the oldest first. */
  readonly graphs: Map<string, readonly number[]>;
  /** Neighbourhoods in which attention stays with its layers, by what else decides about it. */
  readonly attention: Map<string, Set<string>>;
}

const sharedOf = new WeakMap<ModelSpec, Shared>();

/** The compute buffer of one GPU in one context. */
interface Point {
  readonly numCtx: number;
  readonly bytes: number;
}

/** What a graph is built of. */
interface Prepared {
  readonly model: CompiledModel;
  readonly options: ComputeOptions;
  /** What all contexts of this kind of graph share. */
  readonly key: string;
  /** As `key`, for one GPU's part of the graph. */
  readonly partKeys: (string | undefined)[];
}

/** One placement in one context. */
export interface DryRun {
  /** Made only where a graph is asked for. */
  readonly config: () => LlamaCppConfig;
  /** Weights and cache, bytes per GPU. */
  readonly storedBytes: readonly number[];
  prepared: Prepared | undefined;
}

/** A placement weighed exactly, bytes per GPU. */
export interface Weighed {
  readonly weightsBytes: readonly number[];
  readonly computeBytes: readonly number[];
  /** Weights, cache and compute buffers together: what `--fit` adds up. */
  readonly usedBytes: readonly number[];
  /** Copies of pipeline parallelism, 1 or 4. */
  readonly copies: number;
}

/** Bytes between which the compute buffer of a GPU lies. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

export class DryRuns {
  readonly #spec: ModelSpec;
  readonly #memo = new ComputeMemo();
  readonly #shared: Shared;
  readonly #acrossContexts: boolean;
  /** What a GPU's part of a graph needs in the contexts tried, the smallest first. */
  readonly #parts = new Map<string, Point[]>();
  /** Whether equal parts were found to need different buffers: then only whole graphs are compared from there on. */
  contradicted = false;

  /**
   * @param acrossContexts whether one context may tell about another. It can be wrong: buffers are packed, and a larger
   * context's now and then pack better.
   */
  constructor(spec: ModelSpec, acrossContexts = true) {
    this.#spec = spec;
    this.#acrossContexts = acrossContexts;
    const shared = sharedOf.get(spec) ?? { graphs: new Map(), attention: new Map() };
    sharedOf.set(spec, shared);
    this.#shared = shared;
  }

  /** Places everything and counts weights and cache; no graph is built. */
  place(config: LlamaCppConfig): DryRun {
    return { config: () => config, storedBytes: storedBytes(this.#spec, config), prepared: undefined };
  }

  /**
   * The same with overrides, whose patterns are not matched against all tensors to count bytes.
   *
   * @param gpuOf the GPU of each layer that has overrides
   */
  placeMoved(config: LlamaCppConfig, overrides: readonly FitOverride[], gpuOf: readonly number[]): DryRun {
    if (overrides.length === 0) {
      return this.place(config);
    }
    const moved = [...storedBytes(this.#spec, config)];
    for (const { layer, fraction, target } of overrides) {
      const bytes = leavingBytes(this.#spec, layer, fraction);
      const from = gpuOf[layer]!;
      moved[from] = moved[from]! - bytes;
      if (target !== 'CPU') {
        moved[target] = moved[target]! + bytes;
      }
    }
    return { config: () => ({ ...config, ...overridesConfig(overrides) }), storedBytes: moved, prepared: undefined };
  }

  /** The compute buffers, bytes per GPU and then the host. */
  compute(run: DryRun): readonly number[] {
    const { model, options, key } = this.#prepared(run);
    const { numCtx } = options.shape;
    const graph = `${numCtx} ${key}`;
    const { graphs } = this.#shared;
    let bytes = graphs.get(graph);
    if (bytes === undefined) {
      bytes = computeBytes(model, options);
      const [oldest] = graphs.keys();
      if (oldest !== undefined && graphs.size >= MAX_GRAPHS) {
        graphs.delete(oldest);
      }
      graphs.set(graph, bytes);
    }
    if (this.#parts.size >= MAX_PARTS) {
      this.#parts.clear();
    }
    for (let gpu = 0; gpu < options.placement.host; gpu++) {
      this.#learn(run, gpu, { numCtx, bytes: bytes[gpu]! });
    }
    return bytes;
  }

  #learn(run: DryRun, gpu: number, point: Point): void {
    const key = this.#partKey(run, gpu);
    const points = this.#parts.get(key);
    if (points === undefined) {
      this.#parts.set(key, [point]);
      return;
    }
    const behind = points.findIndex(({ numCtx }) => numCtx >= point.numCtx);
    const same = points[behind];
    if (same?.numCtx !== point.numCtx) {
      points.splice(behind < 0 ? points.length : behind, 0, point);
    } else if (same.bytes !== point.bytes) {
      this.contradicted = true;
    }
  }

  #partKey(run: DryRun, gpu: number): string {
    const { model, options, key, partKeys } = this.#prepared(run);
    partKeys[gpu] ??=
      (gpu === 0 && usesHost(options)) || this.contradicted
        ? `${gpu} ${key}`
        : `${key.slice(0, key.indexOf(' '))} ${localGraph(model, options, gpu)}`;
    return partKeys[gpu];
  }

  /** Weights, cache and compute buffers, all exact. */
  weigh(config: LlamaCppConfig): Weighed {
    const run = this.place(config);
    const compute = this.compute(run);
    const { model, options } = this.#prepared(run);
    const weights = weightBytes(model, options.placement, options.overrides);
    return {
      weightsBytes: config.gpus.map((_, gpu) => weights[gpu]!),
      computeBytes: config.gpus.map((_, gpu) => compute[gpu]!),
      usedBytes: run.storedBytes.map((bytes, gpu) => bytes + compute[gpu]!),
      copies: options.copies,
    };
  }

  /**
   * What other placements and contexts say about a compute buffer, bytes: equal parts of graphs need equal buffers, and
   * in a larger context the same operations work on tensors at least as large. No graph is built.
   */
  range(run: DryRun, gpu: number): Range {
    const { numCtx } = this.#prepared(run).options.shape;
    let low = 0;
    for (const point of this.#parts.get(this.#partKey(run, gpu)) ?? []) {
      if (point.numCtx === numCtx) {
        return { low: point.bytes, high: point.bytes };
      }
      if (!this.#acrossContexts) {
        continue;
      }
      if (point.numCtx > numCtx) {
        return { low, high: point.bytes };
      }
      low = point.bytes;
    }
    return { low, high: Number.POSITIVE_INFINITY };
  }

  /** A compute buffer, bytes, or what it is in a larger context. */
  atMost(run: DryRun, gpu: number): number {
    const { high } = this.range(run, gpu);
    return Number.isFinite(high) ? high : this.compute(run)[gpu]!;
  }

  /** Whether every GPU stays at or below its target, bytes; a graph is built where other contexts do not tell. */
  below(run: DryRun, targets: readonly number[]): boolean {
    if (targets.some((target, gpu) => run.storedBytes[gpu]! > target)) {
      return false;
    }
    const ranges = targets.map((_, gpu) => this.range(run, gpu));
    if (targets.some((target, gpu) => run.storedBytes[gpu]! + ranges[gpu]!.low > target)) {
      return false;
    }
    if (targets.every((target, gpu) => run.storedBytes[gpu]! + ranges[gpu]!.high <= target)) {
      return true;
    }
    const compute = this.compute(run);
    return targets.every((target, gpu) => run.storedBytes[gpu]! + compute[gpu]! <= target);
  }

  /**
   * A guess of a compute buffer, bytes: on the straight line through the two contexts nearest to this one, or that of
   * the only one known; 0 when none is.
   */
  guess(run: DryRun, gpu: number): number {
    const points = this.#parts.get(this.#partKey(run, gpu)) ?? [];
    const { numCtx } = this.#prepared(run).options.shape;
    const behind = points.findIndex((point) => point.numCtx >= numCtx);
    const right = Math.max(behind < 0 ? points.length - 1 : behind, Math.min(1, points.length - 1));
    const b = points[right];
    const a = points[right - 1];
    if (b === undefined) {
      return 0;
    }
    if (a === undefined) {
      return b.bytes;
    }
    const slope = (b.bytes - a.bytes) / (b.numCtx - a.numCtx);
    return Math.max(0, a.bytes + slope * (numCtx - a.numCtx));
  }

  /** Copies of pipeline parallelism, 1 or 4. */
  copies(run: DryRun): number {
    return this.#prepared(run).options.copies;
  }

  flashAttention(run: DryRun): boolean {
    return this.#prepared(run).options.flashAttention;
  }

  #prepared(run: DryRun): Prepared {
    if (run.prepared === undefined) {
      const { model, options } = this.#prepare(run.config());
      const shape = { ...options.shape, numCtx: 0, numCtxSeq: 0, windowCells: 0 };
      run.prepared = { model, options, key: this.#memo.key(model, { ...options, shape }, false), partKeys: [] };
    }
    return run.prepared;
  }

  /**
   * With `auto`, llama.cpp asks a trial graph whether attention stays with its layers. Whether it does is settled
   * between a layer and its neighbours, so a placement made of neighbourhoods that passed before passes, too.
   */
  #prepare(config: LlamaCppConfig): { readonly model: CompiledModel; readonly options: ComputeOptions } {
    const unmoved = config.numGpu < 0 && config.cpuTensors === undefined && config.gpuTensors === undefined;
    if (config.flashAttention !== 'auto' || unmoved) {
      return prepareLlamaCpp(this.#spec, config);
    }
    const facts = [
      config.build,
      config.cacheTypeK,
      config.cacheTypeV,
      config.numParallel,
      config.unifiedCache,
      config.opOffload,
    ].join();
    let passed = this.#shared.attention.get(facts);
    if (passed === undefined) {
      passed = new Set();
      this.#shared.attention.set(facts, passed);
    }
    const places = attentionPlaces(this.#spec, config);
    if (places.every((place) => passed.has(place))) {
      return prepareLlamaCpp(this.#spec, { ...config, flashAttention: true });
    }
    const prepared = prepareLlamaCpp(this.#spec, config);
    if (prepared.options.flashAttention) {
      for (const place of places) {
        passed.add(place);
      }
    }
    return prepared;
  }
}

/** Whether layers or tensors beside the input lie on the host: the first GPU then works on them, too. */
function usesHost({ placement, overrides }: ComputeOptions): boolean {
  const { deviceOf, host } = placement;
  if (deviceOf.includes(host)) {
    return true;
  }
  for (const device of overrides.values()) {
    if (device === host) {
      return true;
    }
  }
  return false;
}
