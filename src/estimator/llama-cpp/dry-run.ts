/**
 * llama.cpp's memory for one configuration: weights, cache and compute buffers per device.
 *
 * Source: llama-context.cpp, llama-model.cpp, llama-kv-cache.cpp, ggml-backend.cpp, ggml-alloc.c, llama.cpp.
 */

import { cacheBytes, cacheLines } from '../model/cache.ts';
import { shapeContext } from '../model/context.ts';
import type { Model } from '../model/model.ts';
import { placeLayers } from '../model/placement.ts';
import { typeId } from '../model/tensors.ts';
import { mappedBytes, matchOverrides, weightBytes } from '../model/weights.ts';
import type { LlamaCppConfig, LlamaCppPlan, LoggedCache, ModelSpec } from '../types.ts';
import { EstimateError } from '../types.ts';
import type { CompiledModel } from './architecture.ts';
import { buildFacts } from './builds.ts';
import { compileModel } from './compile.ts';
import { cautious } from './graph/undescribed-margin.ts';
import { decideFlashAttention } from './planner/flash-attention.ts';
import type { ComputeMemo } from './planner/memo.ts';
import type { ComputeOptions } from './planner/options.ts';
import type { FusedOperation } from './planner/planner.ts';
import { computeBytes, staysWithLayers } from './planner/planner.ts';

/** Copies of inputs with pipeline parallelism (GGML_SCHED_MAX_COPIES). */
const PIPELINE_COPIES = 4;

/** Tokens per sequence with which the fused delta net is tried. */
const TRIAL_CHUNK_TOKENS = 16;

/** Everything a plan rests on, for callers that look inside. */
export interface PreparedPlan {
  readonly model: CompiledModel;
  readonly options: ComputeOptions;
}

/** Resolves a configuration as llama.cpp's loader and context do. */
export function prepareLlamaCpp(spec: ModelSpec, config: LlamaCppConfig, memo?: ComputeMemo): PreparedPlan {
  const model = compileModel(spec, buildFacts(config.build));
  const { hp } = model;
  checkConfig(config);
  checkExperts(model);
  const shape = shapeContext(hp, config);
  const placement = placeLayers(hp.layersAll, config.gpus, config.numGpu, config.tensorSplit);
  const overrides = matchOverrides(model, config);
  const typeK = typeId(config.cacheTypeK);
  const typeV = typeId(config.cacheTypeV);
  const fullOffload = placement.gpuLayers > hp.layersAll;
  const patterns = (config.cpuTensors?.length ?? 0) + (config.gpuTensors?.length ?? 0);
  const pipeline = config.gpus.length > 1 && fullOffload && patterns === 0;
  const wantsAll = config.outputs === 0 || model.traits.hasEncoder === true;
  const options: ComputeOptions = {
    shape,
    placement,
    overrides,
    flashAttention: true,
    // Where `auto` finds out that a device cannot, the cache is made already and stays as it is.
    transposedV: config.flashAttention === false || model.traits.neverFlash === true,
    typeK,
    typeV,
    outputs: wantsAll ? shape.numBatch : config.outputs,
    embeddings: config.embedding,
    opOffload: config.opOffload,
    copies: pipeline ? PIPELINE_COPIES : 1,
    pins: config.view === 'real',
  };
  const { traits } = model;
  // Layers and tensors on the host may draw operations of neighbours away from their layers.
  const mixed = placement.host > 0 && (overrides.size > 0 || placement.deviceOf.includes(placement.host));
  const stays = (trial: ComputeOptions, operation: FusedOperation, tokens: number) =>
    !mixed || staysWithLayers(model, trial, operation, tokens, memo);
  const flashAttention = decideFlashAttention(model, config, { placement, typeK, typeV }, () =>
    stays(options, 'flash attention', 1),
  );
  const decided = { ...options, flashAttention };
  if (traits.fusesIndexer === true && mixed) {
    return { model, options: { ...decided, fusedIndexer: stays(decided, 'indexer', 1) } };
  }
  if (traits.fusesDeltaNet !== true || !mixed) {
    return { model, options: decided };
  }
  const fusedSteps = stays(decided, 'delta net', 1);
  const fusedChunks = stays({ ...decided, fusedSteps }, 'delta net', TRIAL_CHUNK_TOKENS);
  return { model, options: { ...decided, fusedSteps, fusedChunks } };
}

/**
 * Weights and cache of each GPU, bytes: what `planLlamaCpp` gives without the compute buffers, in a fraction of the
 * time. A placement that exceeds a device by this alone needs no graph to be ruled out.
 */
export function storedBytes(spec: ModelSpec, config: LlamaCppConfig): readonly number[] {
  const model = compileModel(spec, buildFacts(config.build));
  const { hp } = model;
  const placement = placeLayers(hp.layersAll, config.gpus, config.numGpu, config.tensorSplit);
  const weights = weightBytes(model, placement, matchOverrides(model, config));
  const transposedV = config.flashAttention === false || model.traits.neverFlash === true;
  const types = [typeId(config.cacheTypeK), typeId(config.cacheTypeV)] as const;
  const cache = cacheBytes(model, placement, shapeContext(hp, config), ...types, transposedV);
  return config.gpus.map((_, i) => weights[i]! + cache[i]!);
}

/**
 * What llama.cpp reserves for a model in one configuration. Pure. `memo` saves work to callers that ask for many
 * placements of one model. Throws {@link EstimateError} for specs that
 * cannot be read and for figures that make no sense.
 */
export function planLlamaCpp(spec: ModelSpec, config: LlamaCppConfig, memo?: ComputeMemo): LlamaCppPlan {
  const { model, options } = prepareLlamaCpp(spec, config, memo);
  const { placement, shape } = options;
  const weights = weightBytes(model, placement, options.overrides);
  const lines = cacheLines(model, placement, shape, options.typeK, options.typeV, options.transposedV);
  const cacheOf = (device: number): number => lines.first[device]! + lines.second[device]! + lines.state[device]!;
  const loggedOf = (device: number): LoggedCache => ({
    cacheBytes: lines.second[device] === 0 ? lines.first[device]! : lines.second[device]!,
    stateBytes: lines.state[device]!,
  });
  const planned = computeBytes(model, options, memo);
  const compute = model.described ? planned : cautious(model, options, planned);
  const layers = new Array<number>(placement.host + 1).fill(0);
  for (const device of placement.deviceOf) {
    layers[device] = layers[device]! + 1;
  }
  const outputOnHost = placement.deviceOf[model.hp.layersAll] === placement.host;
  return {
    gpus: config.gpus.map((_, i) => ({
      weightsBytes: weights[i]!,
      cacheBytes: cacheOf(i),
      loggedCache: loggedOf(i),
      computeBytes: compute[i]!,
      layers: layers[i]!,
    })),
    host: {
      weightsBytes: weights[placement.host]!,
      cacheBytes: cacheOf(placement.host),
      loggedCache: loggedOf(placement.host),
      computeBytes: compute[placement.host]!,
      mappedBytes: mappedBytes(model, placement, options.overrides),
      // Reserved for one row of each sequence (llama-context.cpp, `output_reserve`).
      outputBytes: shape.sequences * model.hp.vocabulary * 4,
    },
    numCtx: shape.numCtx,
    numCtxSeq: shape.numCtxSeq,
    flashAttention: options.flashAttention,
    pipelineCopies: options.copies,
    cpuLayers: layers[placement.host]! - (outputOnHost ? 1 : 0),
    totalLayers: model.hp.layersAll + 1,
    computeBasis: model.described ? 'planned' : 'guess',
  };
}

/** A build of llama.cpp loads only so many experts. */
function checkExperts({ hp, build }: Model): void {
  if (hp.experts > build.maxExperts) {
    const key = `${hp.architecture}.expert_count`;
    throw new EstimateError('metadata-too-large', { key, value: hp.experts, max: build.maxExperts });
  }
}

function checkConfig(config: LlamaCppConfig): void {
  const counts: readonly [string, number, number][] = [
    ['numCtx', config.numCtx, 0],
    ['numBatch', config.numBatch, 1],
    ['numUbatch', config.numUbatch, 0],
    ['numParallel', config.numParallel, 1],
    ['outputs', config.outputs, 0],
    ['numGpu', config.numGpu, -1],
  ];
  for (const [name, value, least] of counts) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new EstimateError('option-invalid', { option: name, value });
    }
  }
}
