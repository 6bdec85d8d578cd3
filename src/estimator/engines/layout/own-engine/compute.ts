/**
 * The compute graph of Ollama's own engine as its runner reserves it: built as the model's Forward function does,
 * scheduled and allocated by ggml, plus what CUDA's pool takes while the graph is recorded.
 *
 * Sources: runner/ollamarunner/runner.go (reserveWorstCaseGraph), ml/backend/ggml/ggml.go (New, Reserve), Ollama
 * 0.11.11 to 0.24.0.
 */

import type { CompiledModel } from '../../../llama-cpp/architecture.ts';
import { type PoolCard, poolBytes } from '../../../llama-cpp/planner/cuda-pool.ts';
import { computeBytes } from '../../../llama-cpp/planner/planner.ts';
import type { ContextShape } from '../../../model/context.ts';
import type { Overrides } from '../../../model/weights.ts';
import { atLeast, type Version } from '../../../versions.ts';
import type { OwnTraits } from './attention.ts';
import type { OwnModel } from './models.ts';

/** A batch and where the layers are. */
export interface OwnGraphRequest {
  readonly version: Version;
  /** GPU (0 to `gpus` - 1) of every layer and, last, of the output; `gpus` = the CPU. Only GPUs with layers count. */
  readonly deviceOf: readonly number[];
  /** The GPUs with layers, as kernels see them; undefined = no CUDA, whose pool is not known. */
  readonly cards: readonly (PoolCard | undefined)[];
  /** Tokens of the batch. */
  readonly numBatch: number;
  /** Rows of logits: one a slot. */
  readonly outputs: number;
  readonly flashAttention: boolean;
  readonly typeK: number;
  /** Cells of a layer that sees everything, and of a windowed one. */
  readonly cells: number;
  readonly windowCells: number;
  /** Tokens of an image in the batch; 0 = text alone. */
  readonly imageTokens: number;
}

/** What a graph takes, bytes: buffers per GPU, the CPU last, and CUDA's pools per GPU. */
export interface OwnGraph {
  readonly buffers: readonly number[];
  readonly pools: readonly number[];
}

/** The graph of a model; one that nobody described gets llama.cpp's of its time, by the same allocator. */
export function ownGraph(model: CompiledModel, own: OwnModel | undefined, request: OwnGraphRequest): OwnGraph {
  const { version, numBatch } = request;
  const traits: OwnTraits = {
    castsMask: atLeast(version, '0.12.7'),
    writesRows: atLeast(version, '0.13.1'),
    flashWithoutCache: atLeast(version, '0.13.2'),
    imageTokens: request.imageTokens,
  };
  const asBuilt: CompiledModel =
    own === undefined ? model : { ...model, traits: { ...model.traits, build: (b) => own(b, traits) } };
  const shape: ContextShape = {
    numCtx: request.cells,
    numCtxSeq: request.cells,
    numBatch,
    numUbatch: numBatch,
    sequences: 1,
    streams: 1,
    windowCells: request.windowCells,
    vendored: true,
  };
  // Graphs are recorded since 0.12.4, which is when the pool began to count.
  const records = atLeast(version, '0.12.4');
  const pools: number[] = [];
  const buffers = computeBytes(asBuilt, {
    shape,
    placement: {
      deviceOf: Int32Array.from(request.deviceOf),
      host: request.cards.length,
      gpuLayers: request.deviceOf.filter((device) => device < request.cards.length).length,
    },
    overrides: cpuTensors(model, request.cards.length),
    flashAttention: request.flashAttention,
    transposedV: !request.flashAttention,
    typeK: request.typeK,
    typeV: request.typeK,
    outputs: request.outputs,
    embeddings: false,
    opOffload: atLeast(version, '0.12.8'),
    copies: 1,
    pins: false,
    inspect: (graph, schedule) => {
      for (const [gpu, card] of request.cards.entries()) {
        pools.push(records && card !== undefined ? poolBytes(graph, schedule, gpu, card) : 0);
      }
    },
  });
  return { buffers, pools };
}

/** The norm behind the token embedding stays on the CPU: its name is none that Ollama looks for. */
function cpuTensors(model: CompiledModel, cpu: number): Overrides {
  const overrides = new Map<CompiledModel['tensors'][number], number>();
  for (const tensor of model.tensors) {
    if (tensor.name.startsWith('token_embd_norm.')) {
      overrides.set(tensor, cpu);
    }
  }
  return overrides;
}
