/**
 * Dry runs of one model, as `--fit` asks for them: many placements, each with one question, "does this GPU stay under
 * its target?". Weights and cache are counted in microseconds, the compute buffers need a graph. So a graph is built
 * only where the buffers can tip the answer, and what a graph gave is kept.
 */

import { ComputeMemo } from '../../compute/memo.ts';
import { type ComputeOptions, computeBytes } from '../../compute/planner.ts';
import { prepareLlamaCpp, storedBytes } from '../../llama-cpp.ts';
import type { Model } from '../../model.ts';
import type { LlamaCppConfig, ModelSpec } from '../../types.ts';
import { weightBytes } from '../../weights.ts';
import { attentionPlaces } from './attention-places.ts';

/** Graphs' results kept at most, per instance. */
const MAX_POINTS = 1024;

/** Compute buffers of one kind of graph in one context. */
interface Point {
  readonly numCtx: number;
  readonly computeBytes: readonly number[];
}

/** What a graph is built of. */
interface Prepared {
  readonly model: Model;
  readonly options: ComputeOptions;
  /** What all contexts of this kind of graph share. */
  readonly key: string;
}

/** One placement in one context. */
export interface DryRun {
  readonly config: LlamaCppConfig;
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
  /** Points of each kind of graph, the smallest context first. */
  readonly #points = new Map<string, Point[]>();
  readonly #attention = new Map<string, Set<string>>();
  #count = 0;

  constructor(spec: ModelSpec) {
    this.#spec = spec;
  }

  /** Places everything and counts weights and cache; no graph is built. */
  place(config: LlamaCppConfig): DryRun {
    return { config, storedBytes: storedBytes(this.#spec, config), prepared: undefined };
  }

  /** The compute buffers, bytes per GPU and then the host. */
  compute(run: DryRun): readonly number[] {
    const { model, options, key } = this.#prepared(run);
    const { numCtx } = options.shape;
    const known = this.#points.get(key)?.find((point) => point.numCtx === numCtx);
    if (known !== undefined) return known.computeBytes;
    const bytes = computeBytes(model, model.architecture, options);
    if (this.#count >= MAX_POINTS) {
      this.#points.clear();
      this.#count = 0;
    }
    this.#count++;
    const points = this.#points.get(key) ?? [];
    const behind = points.findIndex((point) => point.numCtx > numCtx);
    points.splice(behind < 0 ? points.length : behind, 0, { numCtx, computeBytes: bytes });
    this.#points.set(key, points);
    return bytes;
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
   * What other contexts say about a compute buffer, bytes: the graph of a larger context has the same operations on
   * tensors at least as large, so its buffers are no smaller. No graph is built.
   */
  range(run: DryRun, gpu: number): Range {
    const { options, key } = this.#prepared(run);
    let low = 0;
    for (const { numCtx, computeBytes } of this.#points.get(key) ?? []) {
      const bytes = computeBytes[gpu]!;
      if (numCtx === options.shape.numCtx) return { low: bytes, high: bytes };
      if (numCtx > options.shape.numCtx) return { low, high: bytes };
      low = bytes;
    }
    return { low, high: Number.POSITIVE_INFINITY };
  }

  #prepared(run: DryRun): Prepared {
    if (run.prepared === undefined) {
      const { model, options } = this.#prepare(run.config);
      const shape = { ...options.shape, numCtx: 0, numCtxSeq: 0, windowCells: 0 };
      run.prepared = { model, options, key: this.#memo.key(model, { ...options, shape }, false) };
    }
    return run.prepared;
  }

  /**
   * With `auto`, llama.cpp asks a trial graph whether attention stays with its layers. Whether it does is settled
   * between a layer and its neighbours, so a placement made of neighbourhoods that passed before passes, too.
   */
  #prepare(config: LlamaCppConfig): { readonly model: Model; readonly options: ComputeOptions } {
    if (config.flashAttention !== 'auto') return prepareLlamaCpp(this.#spec, config);
    const facts = [
      config.cacheTypeK,
      config.cacheTypeV,
      config.numParallel,
      config.unifiedCache,
      config.opOffload,
    ].join();
    let passed = this.#attention.get(facts);
    if (passed === undefined) {
      passed = new Set();
      this.#attention.set(facts, passed);
    }
    const places = attentionPlaces(this.#spec, config);
    if (places.every((place) => passed.has(place))) {
      return prepareLlamaCpp(this.#spec, { ...config, flashAttention: true });
    }
    const prepared = prepareLlamaCpp(this.#spec, config);
    if (prepared.options.flashAttention) for (const place of places) passed.add(place);
    return prepared;
  }
}
