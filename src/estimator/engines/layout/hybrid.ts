/**
 * Models of the llama.cpp runner in 0.12.11 to 0.24.0: the sizes come from the formulas, the layout from the packer.
 * Faithful to llamaServer.Load in llm/server.go; that it leaves projector files out of the reckoning is Ollama's own
 * slip (it walks the list of adapters in their place).
 */

import type { KvCacheType } from '../../types.ts';
import { atLeast } from '../../versions.ts';
import { cacheSize } from '../formula/cache-size.ts';
import { type GraphSize, graphSize } from '../formula/graph-size.ts';
import type { ModelFacts } from '../formula/model-facts.ts';
import { type Agreed, type ConvergeOptions, createLayout, type Disagreed, isAgreed } from './converge.ts';
import { countLayers, type KnownMemory, type Layout, type LayoutGpu } from './packer.ts';

/** A load as the formulas take it. */
export interface HybridRequest {
  /** Tokens per slot. */
  readonly numCtx: number;
  readonly numParallel: number;
  readonly numBatch: number;
  readonly embedding: boolean;
  readonly kvCacheType: KvCacheType;
  /** Set by the user to on: only then do the formulas know of it. */
  readonly flashAttention: boolean;
}

/** Sizes per layer by the formulas, output layer last, and the layout. */
export interface HybridSizes {
  readonly weights: readonly number[];
  readonly cache: readonly number[];
  readonly graph: GraphSize;
}

/** What the formulas say about the model. */
export function hybridSizes(facts: ModelFacts, request: HybridRequest, gpus: readonly LayoutGpu[]): HybridSizes {
  const context = request.numCtx * request.numParallel;
  // Embedding models take their whole input as one batch from 0.13.3.
  const whole = request.embedding && atLeast(facts.version, '0.13.3');
  const batch = whole ? Math.max(request.numBatch, request.numCtx) : request.numBatch;
  const { numParallel, kvCacheType, flashAttention } = request;
  const cache = cacheSize(facts, { context, batch, numParallel, kvCacheType });
  const plainCacheBytes = cache.plainBytes;
  const own = graphSize(facts, { context, batch, numParallel, flashAttention, plainCacheBytes }, cache.totalBytes);
  const metal = gpus[0]?.library === 'Metal';
  const weights = facts.blockBytes.map((bytes, i) => (facts.groups.has(`blk.${i}`) ? bytes : 0));
  return {
    weights: [...weights, facts.outputBytes],
    cache: [...cache.perLayer.map((bytes, i) => (facts.groups.has(`blk.${i}`) ? bytes : 0)), 0],
    graph: { fullBytes: own.fullBytes, partialBytes: metal ? own.fullBytes : own.partialBytes },
  };
}

/** The layout: the graph is charged to every GPU in use, and the loop ends when no further GPU is needed. */
export function hybridLayout(
  sizes: HybridSizes,
  gpus: readonly LayoutGpu[],
  options: ConvergeOptions,
): Agreed | Disagreed {
  const buffer = sizes.weights[0]! + sizes.cache[0]!;
  const reduced = gpus.map((gpu) => ({ ...gpu, freeBytes: Math.max(0, gpu.freeBytes - buffer) }));
  const layers = sizes.weights.map((bytes, i) => bytes + sizes.cache[i]!);
  const graphs = new Map(gpus.map((gpu) => [gpu.index, 0]));
  const charged = Math.max(sizes.graph.fullBytes, sizes.graph.partialBytes);
  const memory: KnownMemory = { layers, graphs, inputBytes: 0, cpuGraphBytes: 0 };
  let layout: Layout = [];
  for (;;) {
    const next = createLayout(reduced, memory, options, 0);
    if (!isAgreed(next)) {
      return next;
    }
    const grown = next.layout.length > layout.length;
    layout = next.layout;
    if (!grown) {
      return { layout, memory };
    }
    for (const { gpu } of layout) {
      graphs.set(gpu, charged);
    }
  }
}

/** Graph that Ollama reports for each GPU of the layout. */
export function reportedGraph(sizes: HybridSizes, layout: Layout): number {
  return countLayers(layout) < sizes.weights.length ? sizes.graph.partialBytes : sizes.graph.fullBytes;
}
