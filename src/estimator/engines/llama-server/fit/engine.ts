/**
 * `ollama: "llama.cpp"`: llama.cpp by itself. `decide` is its `--fit`, `plan` the bytes of a placement given.
 * The options are llama.cpp's: `numCtx` is the total of `-c`, `numGpu` is `-ngl` and counts the output layer.
 */

import { buildOf } from '../../../llama-cpp/builds.ts';
import { planLlamaCpp } from '../../../llama-cpp/dry-run.ts';
import { trainingContext } from '../../../plan/facts.ts';
import type { EstimateRequest, EstimateServer, LlamaCppConfig, ModelSpec, Plan, Reason } from '../../../types.ts';
import type { DryRuns } from './dry-runs.ts';
import { FIT_MARGIN_BYTES, type FitDecision, fitToMemory } from './fit.ts';
import {
  cacheRefusal,
  headRefusal,
  noteDraftLayers,
  outOfMemory,
  type PlanBody,
  placementVerdict,
  planBody,
  refusedPlan,
} from './to-plan.ts';
import { leavesRoom, placedWholly, type WholeQuestion } from './whole.ts';

/** llama.cpp's configuration for a request in llama.cpp's own options (defaults of common/common.h). */
export function llamaCppConfig(server: EstimateServer, request: EstimateRequest): LlamaCppConfig {
  const kvCacheType = request.kvCacheType ?? 'f16';
  const numParallel = request.numParallel ?? 1;
  const numBatch = request.numBatch ?? 2048;
  return {
    build: buildOf(server).facts.name,
    gpus: server.gpus,
    numCtx: request.numCtx,
    numBatch,
    numUbatch: request.numUbatch ?? Math.min(512, numBatch),
    numParallel,
    flashAttention: request.flashAttention ?? 'auto',
    cacheTypeK: kvCacheType,
    cacheTypeV: kvCacheType,
    outputs: request.outputs ?? (request.embedding === true ? 0 : numParallel),
    numGpu: request.numGpu ?? -1,
    unifiedCache: request.unifiedCache ?? false,
    ...(request.tensorSplit === undefined ? {} : { tensorSplit: request.tensorSplit }),
    ...(request.cpuTensors === undefined ? {} : { cpuTensors: request.cpuTensors }),
    ...(request.gpuTensors === undefined ? {} : { gpuTensors: request.gpuTensors }),
    embedding: request.embedding ?? false,
    opOffload: request.opOffload ?? true,
    view: 'real',
  };
}

/** What llama.cpp with `--fit` on (its default) would do. */
export function decideLlamaCpp(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const config = llamaCppConfig(server, request);
  const refused = refusedFor(spec, server, config);
  if (refused !== undefined) {
    return refused;
  }
  if (server.gpus.length === 0) {
    return planGiven(spec, server, request);
  }
  const margin = request.fitMarginBytes ?? FIT_MARGIN_BYTES;
  const decision = fitToMemory(spec, config, { marginsBytes: server.gpus.map(() => margin) });
  const body = bodyOf(spec, server, decision.config, decision);
  const missing = decision.kind === 'aborted' ? outOfMemory(body) : undefined;
  const cpuTensors = decision.kind === 'layers' ? [] : (config.cpuTensors ?? []);
  const verdict = placementVerdict(body, decision.overrides, cpuTensors, decision.deficitBytes);
  return withSizes(body, missing === undefined ? verdict : { verdict: 'refused', reason: missing });
}

/** What {@link llamaCppFits} asks; undefined where `--fit` does not decide (no GPU, a placement given, a refusal). */
export function llamaCppQuestion(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
): WholeQuestion | undefined {
  const config = llamaCppConfig(server, request);
  const given = config.numGpu !== -1 || config.tensorSplit !== undefined || config.cpuTensors !== undefined;
  if (server.gpus.length === 0 || given || config.numCtx === 0) {
    return undefined;
  }
  if ((cacheRefusal(config, config.flashAttention) ?? headRefusal(spec, config)) !== undefined) {
    return undefined;
  }
  return {
    config,
    gpus: server.gpus,
    indices: server.gpus.map((_, index) => index),
    besideBytes: 0,
    fitMarginBytes: request.fitMarginBytes ?? FIT_MARGIN_BYTES,
    heldBytes: [],
    calibration: server.calibration,
    needsFlashAttention: false,
  };
}

/**
 * Whether the plan says `fits` and leaves `marginBytes` on every GPU, in a fraction of the time; undefined where only
 * the plan can tell.
 */
export function llamaCppFits(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  marginBytes: number,
  runs: DryRuns,
): boolean | undefined {
  const question = llamaCppQuestion(spec, server, request);
  if (question === undefined) {
    return undefined;
  }
  const run = placedWholly(spec, question, runs);
  return run !== undefined && leavesRoom(spec, run, question, marginBytes, runs);
}

/** The bytes of the placement given: a row of a dry run. Free memory only sets the split. */
export function planGiven(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const given = llamaCppConfig(server, request);
  const config = given.numCtx === 0 ? { ...given, numCtx: trainingContext(spec) } : given;
  const refused = refusedFor(spec, server, config);
  if (refused !== undefined) {
    return refused;
  }
  const body = bodyOf(spec, server, config);
  return withSizes(body, placementVerdict(body, [], config.cpuTensors ?? [], 0));
}

function refusedFor(spec: ModelSpec, server: EstimateServer, config: LlamaCppConfig): Plan | undefined {
  const reason = cacheRefusal(config, config.flashAttention) ?? headRefusal(spec, config);
  if (reason === undefined) {
    return undefined;
  }
  const { gpus } = server;
  return refusedPlan({ engine: 'llama.cpp', spec, gpus, config, notes: [], kvCacheType: config.cacheTypeV }, reason);
}

function bodyOf(spec: ModelSpec, server: EstimateServer, config: LlamaCppConfig, decision?: FitDecision): PlanBody {
  const notes: Reason[] = [];
  if (decision?.reducedFromCtx !== undefined) {
    notes.push({ code: 'ctx-reduced-by-fit', params: { from: decision.reducedFromCtx, to: decision.config.numCtx } });
  }
  noteDraftLayers(spec, notes);
  if (decision?.kind === 'aborted') {
    notes.push({ code: 'fit-aborted', params: {} });
  }
  const memory = planLlamaCpp(spec, { ...config, view: 'real' });
  const body = planBody({
    engine: 'llama.cpp',
    spec,
    gpus: server.gpus,
    chosen: server.gpus.map((_, index) => index),
    config,
    memory,
    overrides: decision?.overrides ?? [],
    projectorWeightsBytes: 0,
    projectorComputeBytes: 0,
    hostProjectorBytes: 0,
    calibration: server.calibration,
    kvCacheType: config.cacheTypeK,
    notes,
  });
  // The context of the whole server, as `-c` counts it.
  return { ...body, numCtx: memory.numCtx };
}

function withSizes(body: PlanBody, verdict: Pick<Plan, 'verdict' | 'reason'>): Plan {
  const sizeVramBytes = body.gpus.reduce((sum, gpu) => sum + gpu.weightsBytes + gpu.cacheBytes + gpu.computeBytes, 0);
  return { ...body, ...verdict, sizeVramBytes, sizeBytes: sizeVramBytes + body.host.totalBytes };
}
