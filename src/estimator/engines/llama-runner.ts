/**
 * What Ollama's llama.cpp runner really takes, whatever the formulas said: the llama.cpp that Ollama carried with it,
 * asked for the layers that Ollama chose. Sources: llama/llama.go (NewContextParams), runner/llamarunner/runner.go,
 * llm/server.go (which devices the runner sees), 0.5.0 to 0.24.0.
 */

import { MIB } from '../../base/bytes.ts';
import { cardOf, multiprocessors } from '../cards.ts';
import { planLlamaCpp, prepareLlamaCpp } from '../llama-cpp/dry-run.ts';
import { type PoolCard, poolBytes } from '../llama-cpp/planner/cuda-pool.ts';
import { computeBytes } from '../llama-cpp/planner/planner.ts';
import { gpuOverhead } from '../outside-buffers.ts';
import { blockCount } from '../plan/facts.ts';
import type {
  GpuDevice,
  KvCacheType,
  LlamaCppConfig,
  LlamaCppDevice,
  LlamaCppPlan,
  ModelSpec,
  Reason,
} from '../types.ts';
import { atLeast, type Version } from '../versions.ts';

/** A load as the runner gets it. */
export interface RunnerLoad {
  readonly version: Version;
  readonly spec: ModelSpec;
  /** GPUs of the library in the order of the runner, those without layers too. */
  readonly devices: readonly GpuDevice[];
  /** Layers for each of them, output layer included. */
  readonly layers: readonly number[];
  /** Tokens over all slots. */
  readonly numCtx: number;
  readonly numParallel: number;
  readonly numBatch: number;
  readonly flashAttention: boolean | 'auto';
  readonly kvCacheType: KvCacheType;
  readonly embedding: boolean;
}

/** llama.cpp's own size of a micro-batch, which Ollama left alone before 0.13.3. */
const LIBRARY_UBATCH = 512;

/** The output layer and, where it is shared, the embedding. */
const OUTPUT_TENSORS: readonly string[] = ['^output', '^token_embd'];

const NOTHING: LlamaCppDevice = {
  weightsBytes: 0,
  cacheBytes: 0,
  loggedCache: { cacheBytes: 0, stateBytes: 0 },
  computeBytes: 0,
  layers: 0,
};

/** What the runner takes. */
export interface RunnerPlan extends LlamaCppPlan {
  /** What CUDA's pool takes on each GPU: at the load from 0.12.4, with the first prompt before. */
  readonly poolBytes: readonly number[];
}

/** What llama.cpp reserves; GPUs in the order of `devices`. These builds computed logits for the whole batch. */
export function planRunner(load: RunnerLoad): RunnerPlan {
  const shown = visible(load);
  const config = runnerConfig(load, shown);
  const plan = planLlamaCpp(load.spec, config);
  const pools = config.gpus.length === 0 ? [] : runnerPools(load.spec, config);
  return {
    ...plan,
    gpus: load.devices.map((_, i) => plan.gpus[shown.indexOf(i)] ?? NOTHING),
    poolBytes: load.devices.map((_, i) => (load.layers[i]! > 0 ? (pools[shown.indexOf(i)] ?? 0) : 0)),
  };
}

function runnerConfig(load: RunnerLoad, shown: readonly number[]): LlamaCppConfig {
  const { version, spec } = load;
  const layers = shown.map((i) => load.layers[i]!);
  const count = layers.reduce((sum, one) => sum + one, 0);
  // A layout of part of the model never holds the output layer, and the llama.cpp of these versions leaves it on the
  // CPU; today's would take it first.
  const partial = count > 0 && count <= blockCount(spec);
  const last = layers.findLastIndex((one) => one > 0);
  return {
    gpus: count === 0 ? [] : shown.map((i) => load.devices[i]!),
    numCtx: load.numCtx,
    ...batches(load),
    numParallel: load.numParallel,
    flashAttention: load.flashAttention,
    cacheTypeK: load.kvCacheType,
    cacheTypeV: load.kvCacheType,
    outputs: 0,
    numGpu: partial ? count + 1 : count,
    // Separate caches for the slots came with the llama.cpp of 0.11.5.
    unifiedCache: !atLeast(version, '0.11.5'),
    ...(count === 0 ? {} : { tensorSplit: layers.map((one, i) => one + (partial && i === last ? 1 : 0)) }),
    ...(partial ? { cpuTensors: OUTPUT_TENSORS } : {}),
    embedding: load.embedding,
    opOffload: true,
    // ggml_backend_sched_reserve forgot the pins of norms from 0.11.5 to 0.13.1: it reset the scheduler first.
    // With a part of the model on GPUs norms are not pinned at all.
    view: partial || (atLeast(version, '0.11.5') && !atLeast(version, '0.13.2')) ? 'fit' : 'real',
    vendored: true,
  };
}

/** What kernels are chosen by where nobody knows the card: a mid-size card of the generation most in use. */
const UNKNOWN_CAPABILITY = 8.6;
const UNKNOWN_MULTIPROCESSORS = 64;

/** A CUDA card as kernels see it; undefined for other libraries, whose pools are not known. */
export function poolCard(gpu: GpuDevice): PoolCard | undefined {
  if ((gpu.library ?? 'CUDA') !== 'CUDA') {
    return undefined;
  }
  return {
    capability: gpu.computeCapability ?? (cardOf(gpu.name)?.computeCapability || UNKNOWN_CAPABILITY),
    multiprocessors: multiprocessors(gpu) ?? UNKNOWN_MULTIPROCESSORS,
  };
}

function runnerPools(spec: ModelSpec, config: LlamaCppConfig): readonly number[] {
  const { model, options } = prepareLlamaCpp(spec, config);
  const pools: number[] = [];
  computeBytes(model, {
    ...options,
    inspect: (graph, schedule) => {
      for (const [gpu, device] of config.gpus.entries()) {
        const card = poolCard(device);
        pools[gpu] = card === undefined ? 0 : poolBytes(graph, schedule, gpu, card);
      }
    },
  });
  return pools;
}

/** A GPU that the runner overfills. */
export interface Shortage {
  readonly gpu: number;
  readonly missingBytes: number;
}

/** The reason of a plan that cannot be allocated. */
export function outOfMemory({ gpu, missingBytes }: Shortage): Reason {
  return { code: 'out-of-memory', params: { gpu, missingBytes } };
}

/** CUDA gives memory away in pages of this size. */
const PAGE_BYTES = 2 * MIB;

/**
 * The GPU that misses most when the runner has taken all it needs (with its own CUDA context, and where
 * `pooled` all that recording the graph takes); undefined when everything fits. `devices` are as they really are, not as Ollama sees them.
 */
export function shortage(devices: readonly GpuDevice[], plan: RunnerPlan, pooled: boolean): Shortage | undefined {
  const pages = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
  let worst: Shortage | undefined;
  for (const [gpu, device] of devices.entries()) {
    const taken = plan.gpus[gpu]!;
    if (taken.layers === 0) {
      continue;
    }
    const buffers = pages(taken.weightsBytes) + pages(taken.cacheBytes) + pages(taken.computeBytes);
    const { contextBytes, expectedBytes } = gpuOverhead(device);
    // Recording a graph loads the kernels and makes cuBLAS's handle; before, the first prompt did.
    const outside = pooled ? plan.poolBytes[gpu]! + expectedBytes : contextBytes;
    const missingBytes = buffers + outside - device.freeBytes;
    if (missingBytes > (worst?.missingBytes ?? 0)) {
      worst = { gpu, missingBytes };
    }
  }
  return worst;
}

/**
 * Which devices the runner opens: those chosen, but from 0.11.5 to 0.12.10 every GPU of the library, which makes
 * llama.cpp pipeline even a model on one of them.
 */
function visible({ version, layers }: RunnerLoad): readonly number[] {
  const all = layers.map((_, i) => i);
  return atLeast(version, '0.11.5') && !atLeast(version, '0.12.11') ? all : all.filter((i) => layers[i]! > 0);
}

/** Batch and micro-batch: from 0.13.3 both are num_batch, and embedding models take a whole context at once. */
function batches(load: RunnerLoad): { readonly numBatch: number; readonly numUbatch: number } {
  const { version, numBatch, numParallel, numCtx, embedding } = load;
  if (atLeast(version, '0.13.3')) {
    const whole = embedding ? Math.max(numBatch, Math.floor(numCtx / numParallel)) : numBatch;
    return { numBatch: whole, numUbatch: whole };
  }
  return { numBatch: numBatch * numParallel, numUbatch: Math.min(numBatch * numParallel, LIBRARY_UBATCH) };
}
