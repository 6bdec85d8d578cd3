/**
 * How many tokens a second a plan gives: for one stream, one token after the other. Layers of one model run one GPU after
 * the other (llama.cpp's layer split), so times add up; what lies in system memory is read by the CPU.
 */

import type { CompiledModel } from '../llama-cpp/architecture.ts';
import { buildFacts } from '../llama-cpp/builds.ts';
import { compileModel } from '../llama-cpp/compile.ts';
import { MissingTensorError } from '../llama-cpp/graph/graph.ts';
import { matchOverrides } from '../model/weights.ts';
import { isEmbeddingModel } from '../plan/facts.ts';
import type { EstimateServer, ModelSpec, Plan } from '../types.ts';
import {
  CROSSING_SECONDS,
  type DeviceRates,
  gpuRates,
  HOST_BYTES_PER_SECOND,
  HOST_SECONDS_PER_OPERATION,
  HOST_TO_GPU_BYTES_PER_SECOND,
} from './rates.ts';
import { cacheRead, type DeviceWork, type SpeedLayout, type TokenWork, tokenWork } from './work.ts';

/** Tokens per second of one stream; all figures are estimates. */
export interface SpeedEstimate {
  readonly generatedTokensPerSecond: number;
  /** The same when the context is full. */
  readonly generatedAtFullContext: number;
  /** Of a prompt of `promptTokens`. */
  readonly promptTokensPerSecond: number;
}

export interface SpeedQuestion {
  /** Tokens in the context while it generates; default 512. */
  readonly contextTokens?: number;
  /** Default 512. */
  readonly promptTokens?: number;
  /** Patterns of tensors forced to the CPU that the request itself named (the plan names those of `--fit`). */
  readonly cpuTensors?: readonly string[];
}

const USUAL_TOKENS = 512;

/**
 * The speed of a plan; `null` where it cannot be told: a GPU that holds layers is in no table, the model does not
 * generate, or the plan is refused.
 *
 * @param server whose GPUs the plan speaks of, in the same order
 */
export function estimateSpeed(
  spec: ModelSpec,
  server: Pick<EstimateServer, 'gpus'>,
  plan: Plan,
  question: SpeedQuestion = {},
): SpeedEstimate | null {
  if (plan.verdict === 'refused' || isEmbeddingModel(spec)) {
    return null;
  }
  const { perGpuLayers } = plan.placement;
  const rates = server.gpus.map((gpu, index) => ((perGpuLayers[index] ?? 0) > 0 ? gpuRates(gpu) : null));
  if (rates.some((rate, index) => rate === null && (perGpuLayers[index] ?? 0) > 0)) {
    return null;
  }
  const model = compileModel(spec, buildFacts(undefined));
  const layout = layoutOf(model, server, plan, question.cpuTensors ?? []);
  const work = workOf(model, layout);
  if (work === null) {
    return null;
  }
  const { contextTokens = USUAL_TOKENS, promptTokens = USUAL_TOKENS } = question;
  const speed = (tokens: number): number =>
    1 / secondsPerToken(work, rates, cacheRead(model, layout, Math.min(tokens, plan.numCtx)));
  return {
    generatedTokensPerSecond: speed(contextTokens),
    generatedAtFullContext: speed(plan.numCtx),
    promptTokensPerSecond: promptTokens / promptSeconds(work, rates, promptTokens, plan.numUbatch),
  };
}

/** The layout of a plan: layers on the host come first, then those of the GPUs in their order, the output last. */
function layoutOf(
  model: CompiledModel,
  { gpus }: Pick<EstimateServer, 'gpus'>,
  plan: Plan,
  named: readonly string[],
): SpeedLayout {
  const { perGpuLayers, overridePatterns, overrideTargets = [] } = plan.placement;
  const host = gpus.length;
  const layers = model.hp.layersAll + 1;
  const deviceOf = new Int32Array(layers).fill(host);
  const onGpus = Math.min(
    layers,
    perGpuLayers.reduce((sum, count) => sum + count, 0),
  );
  let layer = layers - onGpus;
  for (const [gpu, count] of perGpuLayers.entries()) {
    for (let i = 0; i < count && layer < layers; i++) {
      deviceOf[layer++] = gpu;
    }
  }
  const cpuTensors = [...named];
  const gpuTensors: { pattern: string; gpu: number }[] = [];
  for (const [index, pattern] of overridePatterns.entries()) {
    const target = overrideTargets[index] ?? 'CPU';
    if (target === 'CPU') {
      cpuTensors.push(pattern);
    } else {
      gpuTensors.push({ pattern, gpu: target });
    }
  }
  return {
    placement: { deviceOf, host, gpuLayers: onGpus },
    overrides: matchOverrides(model, { gpus, cpuTensors, gpuTensors }),
    flashAttention: plan.flashAttention,
    kvCacheType: plan.kvCacheType,
  };
}

const works = new WeakMap<CompiledModel, Map<string, TokenWork | null>>();
const MAX_WORKS = 32;

/** Kept per model: a list of models or a clamp asks often for the same placement. `null`: the file lacks tensors. */
function workOf(model: CompiledModel, layout: SpeedLayout): TokenWork | null {
  let known = works.get(model);
  if (known === undefined || known.size >= MAX_WORKS) {
    known = new Map();
    works.set(model, known);
  }
  const moved = [...layout.overrides].map(([{ index }, device]) => `${index}:${device}`);
  const key = `${layout.placement.deviceOf.join()} ${layout.placement.host} ${layout.flashAttention} ${moved.join()}`;
  let work = known.get(key);
  if (work === undefined) {
    work = worked(model, layout);
    known.set(key, work);
  }
  return work;
}

function worked(model: CompiledModel, layout: SpeedLayout): TokenWork | null {
  try {
    return tokenWork(model, layout);
  } catch (error) {
    if (error instanceof MissingTensorError) {
      return null;
    }
    throw error;
  }
}

function secondsPerToken(
  { devices, crossings }: TokenWork,
  rates: readonly (DeviceRates | null)[],
  cache: readonly number[],
): number {
  let seconds = crossings * CROSSING_SECONDS;
  for (const [index, work] of devices.entries()) {
    const read = work.weightBytes + (cache[index] ?? 0);
    const rate = rates[index];
    seconds +=
      rate === null || rate === undefined
        ? read / HOST_BYTES_PER_SECOND + (work.products + work.others) * HOST_SECONDS_PER_OPERATION
        : read / rate.bytesPerSecond + gpuSeconds(work, rate);
  }
  return seconds;
}

function gpuSeconds({ weightsByType, products, others }: DeviceWork, rate: DeviceRates): number {
  let seconds = products * rate.secondsPerProduct + others * rate.secondsPerOperation;
  for (const [type, weights] of weightsByType) {
    seconds += weights * rate.secondsPerWeight(type);
  }
  return seconds;
}

/**
 * A prompt goes through in batches. What lies in system memory is copied to the first GPU for each of them
 * (`op_offload`); without a GPU the CPU multiplies.
 */
function promptSeconds(
  { devices }: TokenWork,
  rates: readonly (DeviceRates | null)[],
  tokens: number,
  numUbatch: number,
): number {
  const batches = Math.ceil(tokens / Math.max(1, numUbatch));
  const helper = rates.find((rate) => rate !== null) ?? null;
  let seconds = 0;
  for (const [index, work] of devices.entries()) {
    const rate = rates[index] ?? null;
    const runner = rate ?? helper;
    if (runner === null) {
      seconds += (tokens * HOST_OPERATIONS_PER_WEIGHT * sum(work.weightsByType)) / HOST_OPERATIONS_PER_SECOND;
      continue;
    }
    for (const [type, weights] of work.weightsByType) {
      seconds += (tokens * 2 * weights) / runner.promptOperationsPerSecond(type);
    }
    // A batch uses nearly all experts.
    const touched = Math.min(work.storedBytes, work.weightBytes * tokens);
    const copied = rate === null ? touched / HOST_TO_GPU_BYTES_PER_SECOND : 0;
    const read = touched / runner.bytesPerSecond + work.products * runner.secondsPerPromptProduct;
    seconds += batches * (copied + read);
  }
  return seconds;
}

/** A multiply and an add. */
const HOST_OPERATIONS_PER_WEIGHT = 2;
/** What a CPU's vector units reach with a prompt (13900K, 7B: 55 tokens a second; ggml-org/llama.cpp issue 34). */
const HOST_OPERATIONS_PER_SECOND = 0.75e12;

function sum(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
