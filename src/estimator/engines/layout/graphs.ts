/**
 * The compute graphs that Ollama's own runner reserves for a layout: the text's with a full batch, and the tower's with
 * one image. One scheduler runs them after each other, in buffers and pools that only grow.
 *
 * Source: runner/ollamarunner/runner.go (reserveWorstCaseGraph) and multimodal.go, 0.11.11 to 0.24.0.
 */

import type { CompiledModel } from '../../llama-cpp/architecture.ts';
import { typeId } from '../../model/tensors.ts';
import type { GpuDevice, ModelSpec } from '../../types.ts';
import { poolCard } from '../llama-runner.ts';
import { CACHELESS, cacheCells } from './cells.ts';
import { type OwnGraph, type OwnGraphRequest, ownGraph } from './own-engine/compute.ts';
import { buildGemma3Tower } from './own-engine/gemma3-tower.ts';
import { findOwnModel, type OwnModel } from './own-engine/models.ts';
import { type Layout, layoutKey } from './packer.ts';
import type { RunnerRequest } from './runner-request.ts';
import { siglipTower, towerGraphBytes } from './tower-graph.ts';

/** Graphs of one layout, bytes: by GPU number (absent for a GPU without layers), and the CPU's. */
export interface RunnerGraphs {
  readonly gpuBytes: ReadonlyMap<number, number>;
  readonly cpuBytes: number;
}

/** The graphs of a model, worked out when they are asked for and kept. */
export interface GraphsOfModel {
  graphs(layout: Layout): RunnerGraphs;
  readonly basis: 'planned' | 'guess';
  /** Whether all graphs are described as Ollama builds them. */
  readonly described: boolean;
}

/** Tokens around an image that have to be in its batch (PostTokenize in model/models/gemma3/model.go). */
const AROUND_IMAGE = 4;

/** Asks for the graphs of a model; `hasTower`: its file has a vision tower in it. */
export function runnerGraphs(
  spec: ModelSpec,
  model: CompiledModel,
  request: RunnerRequest,
  gpus: readonly GpuDevice[],
  hasTower: boolean,
): GraphsOfModel {
  const own = findOwnModel(model.hp.architecture);
  const siglip = hasTower ? siglipTower(spec) : undefined;
  const countedTower = hasTower && siglip === undefined ? towerGraphBytes(spec, request) : 0;
  const imageTokens = siglip?.tokens ?? 0;
  const known = new Map<string, RunnerGraphs>();
  const forLayout = (layout: Layout): RunnerGraphs => {
    const asked = graphRequest(model, request, gpus, layout, imageTokens);
    const text = ownGraph(model, own, asked.request);
    const tower =
      siglip === undefined ? undefined : ownGraph(model, (b, t) => buildGemma3Tower(b, t, siglip), asked.request);
    return together(model, own, asked, text, tower, countedTower);
  };
  return {
    graphs: (layout) => {
      const key = layoutKey(layout);
      const graphs = known.get(key) ?? forLayout(layout);
      known.set(key, graphs);
      return graphs;
    },
    basis: model.described || own !== undefined ? 'planned' : 'guess',
    described: own !== undefined && countedTower === 0,
  };
}

interface AskedGraphs {
  readonly request: OwnGraphRequest;
  /** GPU number of each device of the request. */
  readonly gpus: readonly number[];
}

function graphRequest(
  model: CompiledModel,
  request: RunnerRequest,
  gpus: readonly GpuDevice[],
  layout: Layout,
  imageTokens: number,
): AskedGraphs {
  const { hp } = model;
  // The scheduler has the GPUs with layers in the order in which they were found.
  const used = layout.filter(({ layers }) => layers.length > 0).sort((a, b) => a.gpu - b.gpu);
  const deviceOf = new Array<number>(hp.layersAll + 1).fill(used.length);
  used.forEach(({ layers }, device) => {
    for (const layer of layers) {
      deviceOf[layer] = device;
    }
  });
  const { numBatch, numCtx, numParallel } = request;
  // Models that keep no cache take their whole context as one batch; an image must be whole in its batch.
  const least = imageTokens > 0 ? imageTokens + AROUND_IMAGE : 0;
  const batch = CACHELESS.has(hp.architecture) ? Math.max(numBatch, numCtx * numParallel) : Math.max(numBatch, least);
  const cells = cacheCells(model, request);
  return {
    gpus: used.map(({ gpu }) => gpu),
    request: {
      version: request.version,
      deviceOf,
      cards: used.map(({ gpu }) => poolCard(gpus[gpu]!)),
      numBatch: batch,
      outputs: numParallel,
      flashAttention: request.flashAttention,
      typeK: typeId(request.kvCacheType),
      cells: cells.full,
      windowCells: cells.window,
      imageTokens,
    },
  };
}

function together(
  { hp }: CompiledModel,
  own: OwnModel | undefined,
  { request, gpus }: AskedGraphs,
  text: OwnGraph,
  tower: OwnGraph | undefined,
  countedTower: number,
): RunnerGraphs {
  const outputDevice = request.deviceOf[hp.layersAll];
  const larger = (a: number, b: number | undefined): number => Math.max(a, b ?? 0);
  const gpuBytes = gpus.map((gpu, device): [number, number] => {
    const counted = device === outputDevice ? countedTower : 0;
    const buffer = Math.max(larger(text.buffers[device]!, tower?.buffers[device]), counted);
    return [gpu, buffer + larger(text.pools[device]!, tower?.pools[device])];
  });
  const cpu = larger(text.buffers.at(-1)!, tower?.buffers.at(-1));
  return {
    gpuBytes: new Map(gpuBytes),
    // llama.cpp's graph has the inputs in it, which Ollama keeps apart.
    cpuBytes: own !== undefined || gpus.length === 0 ? cpu : request.numBatch * hp.embedding * 4,
  };
}
