/**
 * The compute buffers of a configuration: builds the graph of one prompt micro-batch, schedules it and allocates it,
 * as llama.cpp does when it reserves memory.
 *
 * Source: llama-context.cpp (`sched_reserve`, `graph_reserve`), llama-model.cpp (`build_graph`), llama.cpp.
 */

import type { Model } from '../../model/model.ts';
import { F16 } from '../../model/tensors.ts';
import type { Overrides } from '../../model/weights.ts';
import type { CompiledModel } from '../architecture.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { Graph, MAX_PARENTS, MissingTensorError, NO_TENSOR, type Tensor } from '../graph/graph.ts';
import { IS_VIEW_OP, OP_MUL_MAT, OP_MUL_MAT_ID } from '../graph/ops.ts';
import { pool } from '../graph/pooling.ts';
import { Allocator } from './allocate.ts';
import { representativeLayers } from './collapse.ts';
import type { ComputeMemo } from './memo.ts';
import type { ComputeOptions } from './options.ts';
import type { ScheduleOptions } from './schedule.ts';
import { Schedule } from './schedule.ts';

// One graph at a time: planning is synchronous, so these are reused instead of being collected as garbage.
const graph = new Graph();
const schedule = new Schedule();
const allocator = new Allocator();

/** What the last plan looked like: for tests against llama.cpp's own counts. */
export interface GraphFacts {
  readonly nodes: number;
  readonly splits: number;
}

/** Compute buffer per device in bytes, the host last. `memo` is for callers that ask for many placements. */
export function computeBytes(model: CompiledModel, options: ComputeOptions, memo?: ComputeMemo): readonly number[] {
  const gpus = options.placement.host;
  const key = memo?.key(model, options, options.allLayers === true) ?? '';
  const known = memo?.bytes(key);
  if (known !== undefined) {
    return known;
  }
  const built = buildGraph(model, options).layers.length;
  schedule.plan(graph, scheduleOptions(options));
  if (options.copies > 1 && schedule.splitCount > gpus + 1 && built < model.layers) {
    // Something in the layers runs on the host: with pipelining every layer then has copies of its own that last.
    return computeBytes(model, { ...options, allLayers: true }, memo);
  }
  const bytes = allocator.allocate(graph, schedule, gpus);
  options.inspect?.(graph, schedule);
  memo?.keepBytes(key, bytes);
  return bytes;
}

function scheduleOptions(options: ComputeOptions): ScheduleOptions {
  const { copies, opOffload, pins } = options;
  return { gpus: options.placement.host, copies, opOffload, pins };
}

/** Operations that llama.cpp turns off when a trial graph puts one of them on another device than its layer. */
export type FusedOperation = 'flash attention' | 'delta net' | 'indexer';

/**
 * Whether an operation would run on its layer's own device in every layer: what llama.cpp tries with a few tokens per
 * sequence before it leaves the operation on (`resolve_fused_ops`).
 */
export function staysWithLayers(
  model: CompiledModel,
  options: ComputeOptions,
  operation: FusedOperation,
  trialTokens: number,
  memo?: ComputeMemo,
): boolean {
  if (memo !== undefined) {
    const key = `${operation} ${trialTokens} ${memo.key(model, options, options.allLayers === true)}`;
    return memo.stays(key, () => staysWithLayers(model, options, operation, trialTokens));
  }
  return rememberedStay(model, options, `${operation} ${trialTokens}`, () => {
    const trial = { ...options, trialTokens, pins: true };
    const builder = buildGraph(model, trial);
    schedule.assign(graph, scheduleOptions(trial));
    const nodes = operation === 'flash attention' ? builder.attentionNodes : builder.fusedNodes;
    for (let i = 0; i < nodes.length; i += 2) {
      if (schedule.backendOf[nodes[i]!] !== options.placement.deviceOf[nodes[i + 1]!]) {
        return false;
      }
    }
    return true;
  });
}

const stayed = new WeakMap<Model, WeakMap<Overrides, Map<string, boolean>>>();
const MAX_STAYED = 64;

/**
 * Backends depend on where layers and tensors are, on types and on the number of sequences, not on the context's length:
 * so one trial serves for all contexts of a placement.
 */
function rememberedStay(model: Model, options: ComputeOptions, trial: string, find: () => boolean): boolean {
  let byOverrides = stayed.get(model);
  if (byOverrides === undefined) {
    byOverrides = new WeakMap();
    stayed.set(model, byOverrides);
  }
  let known = byOverrides.get(options.overrides);
  if (known === undefined || known.size >= MAX_STAYED) {
    known = new Map();
    byOverrides.set(options.overrides, known);
  }
  const { placement, shape } = options;
  const key = [
    trial,
    placement.host,
    placement.gpuLayers,
    placement.deviceOf.join(),
    shape.sequences,
    shape.streams,
    options.flashAttention,
    options.transposedV,
    options.typeK,
    options.typeV,
    options.embeddings,
    options.opOffload,
    options.fusedSteps,
    options.fusedChunks,
  ].join(' ');
  let result = known.get(key);
  if (result === undefined) {
    result = find();
    known.set(key, result);
  }
  return result;
}

/** What a graph is tried with: the smallest context, everything on the host. */
const TRIAL_TOKENS = 16;
const TRIAL_CELLS = 256;
const TRIAL = {
  shape: {
    numCtx: TRIAL_CELLS,
    numCtxSeq: TRIAL_CELLS,
    numBatch: TRIAL_TOKENS,
    numUbatch: TRIAL_TOKENS,
    sequences: 1,
    streams: 1,
    windowCells: TRIAL_CELLS,
    vendored: false,
  },
  typeK: F16,
  typeV: F16,
  outputs: 1,
  embeddings: false,
  opOffload: false,
  copies: 1,
  pins: false,
} as const;

/** Whether the model has all the tensors that the graph of its architecture needs. */
export function buildsGraph(model: CompiledModel): boolean {
  const { layersAll } = model.hp;
  try {
    buildGraph(model, {
      ...TRIAL,
      placement: { deviceOf: new Int32Array(layersAll + 1), host: 0, gpuLayers: 0 },
      overrides: new Map(),
      flashAttention: true,
      transposedV: false,
    });
    return true;
  } catch (error) {
    if (error instanceof MissingTensorError) {
      return false;
    }
    throw error;
  }
}

/** Number of nodes and splits of the whole graph, as llama.cpp logs them. */
export function graphFacts(model: CompiledModel, options: ComputeOptions): GraphFacts {
  computeBytes(model, { ...options, allLayers: true });
  return { nodes: graph.nodeCount, splits: schedule.splitCount };
}

/** Operations of the graph of one token. */
export interface KernelCounts {
  /** Products with large matrices, by device, the host last. */
  readonly products: readonly number[];
  /** All other operations; views run nowhere. */
  readonly others: readonly number[];
  /** Pieces that the graph is cut into where the device changes. */
  readonly splits: number;
}

/** Elements from which on a matrix keeps a whole GPU busy for a while. */
const LARGE_FACTOR = 2 ** 18;

/** Elements of one matrix that a product multiplies with; of experts, one. */
function factorElements(product: Tensor): number {
  const at = graph.parents[product * MAX_PARENTS]! * 4;
  return graph.ne[at]! * graph.ne[at + 1]!;
}

/** Counts what the graph of one token runs on each device, with the layers where `layout` has them. */
export function kernelCounts(
  model: CompiledModel,
  layout: Pick<ComputeOptions, 'placement' | 'overrides' | 'flashAttention'>,
): KernelCounts {
  const options: ComputeOptions = {
    ...TRIAL,
    ...layout,
    transposedV: !layout.flashAttention,
    trialTokens: 1,
    allLayers: true,
  };
  buildGraph(model, options);
  schedule.plan(graph, scheduleOptions(options));
  const products = new Array<number>(options.placement.host + 1).fill(0);
  const others = products.slice();
  for (let i = 0; i < graph.nodeCount; i++) {
    const node = graph.nodes[i]!;
    const op = graph.op[node]!;
    if (IS_VIEW_OP[op] === 0) {
      const device = schedule.backendOf[node]!;
      const isProduct = op === OP_MUL_MAT || op === OP_MUL_MAT_ID;
      const counted = isProduct && factorElements(node) >= LARGE_FACTOR ? products : others;
      counted[device] = counted[device]! + 1;
    }
  }
  return { products, others, splits: schedule.splitCount };
}

/** What llama.cpp's limit is multiplied by: leafs, and what the scheduler copies, come on top of nodes. */
const BESIDE_NODES = 4;
const LEAST_NODES = 1024;
const NODES_PER_TENSOR = 8;
const NODES_PER_TOKEN = 40;

/**
 * More tensors than a graph has that llama.cpp can hold (`graph_max_nodes`): a file that asks for more, by the number
 * of experts in use, say, aborts there.
 */
function mostTensors(model: Model, tokens: number): number {
  const { nodesPerTensor } = model.traits;
  const byTensors = model.tensors.length * (nodesPerTensor ?? NODES_PER_TENSOR);
  const byTokens = nodesPerTensor === undefined ? LEAST_NODES : NODES_PER_TOKEN * tokens;
  return BESIDE_NODES * Math.max(LEAST_NODES, byTensors, byTokens);
}

function buildGraph(model: CompiledModel, options: ComputeOptions): GraphBuilder {
  const { shape } = options;
  const { trialTokens } = options;
  const micro = trialTokens === undefined ? Math.min(shape.numCtx, shape.numUbatch) : trialTokens * shape.sequences;
  const tokens = Math.ceil(micro / shape.sequences) * shape.sequences;
  graph.reset(mostTensors(model, tokens));
  graph.picksLongBlocks = model.build.picksLongBlocks;
  graph.copiesCache = !shape.vendored;
  const builder = new GraphBuilder(graph, model, {
    shape,
    placement: options.placement,
    overrides: options.overrides,
    flashAttention: options.flashAttention,
    transposedV: options.transposedV,
    typeK: options.typeK,
    typeV: options.typeV,
    tokens,
    outputs: trialTokens === undefined ? Math.min(micro, options.outputs) : micro,
    embeddings: options.embeddings,
    fusedSteps: options.fusedSteps !== false,
    fusedChunks: options.fusedChunks !== false,
    fusedIndexer: options.fusedIndexer !== false,
    layers: representativeLayers(model, options.placement, options.overrides, options.allLayers === true),
  });
  model.traits.build(builder);
  const pooled = options.embeddings ? pool(builder) : NO_TENSOR;
  for (const output of [builder.logits, builder.embedding, builder.nextn, pooled]) {
    if (output !== NO_TENSOR) {
      graph.markOutput(output);
    }
  }
  return builder;
}
