/**
 * What Ollama's llama.cpp runner really takes, whatever the formulas said: the llama.cpp that Ollama carried with it,
 * asked for the layers that Ollama chose. Sources: llama/llama.go (NewContextParams), runner/llamarunner/runner.go,
 * llm/server.go (which devices the runner sees), 0.5.0 to 0.24.0.
 */

import { planLlamaCpp } from '../llama-cpp/dry-run.ts';
import { blockCount } from '../plan/facts.ts';
import type { GpuDevice, KvCacheType, LlamaCppDevice, LlamaCppPlan, ModelSpec } from '../types.ts';
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

/** What llama.cpp reserves; GPUs in the order of `devices`. These builds computed logits for the whole batch. */
export function planRunner(load: RunnerLoad): LlamaCppPlan {
  const { version, spec } = load;
  const shown = visible(load);
  const layers = shown.map((i) => load.layers[i]!);
  const count = layers.reduce((sum, one) => sum + one, 0);
  // A layout of part of the model never holds the output layer, and the llama.cpp of these versions leaves it on the
  // CPU; today's would take it first.
  const partial = count > 0 && count <= blockCount(spec);
  const last = layers.findLastIndex((one) => one > 0);
  const plan = planLlamaCpp(spec, {
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
    view: 'fit',
    vendored: true,
  });
  return {
    ...plan,
    gpus: load.devices.map((_, i) => plan.gpus[shown.indexOf(i)] ?? NOTHING),
  };
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
