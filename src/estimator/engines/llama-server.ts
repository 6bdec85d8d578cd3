/**
 * Ollama ≥ 0.30: Ollama predicts roughly, chooses GPUs and batch, and starts llama.cpp's llama-server, whose `--fit`
 * places the layers. Sources: server/sched.go and llm/llama_server.go (v0.30.0 to v0.33.0), common/fit.cpp (b10256).
 */

import { planLlamaCpp } from '../llama-cpp.ts';
import type { EstimateRequest, EstimateServer, LlamaCppPlan, ModelSpec, Plan, Reason } from '../types.ts';
import { FIT_MARGIN_BYTES, type FitDecision, fitToMemory } from './fit/fit.ts';
import { type FitSurplus, fitSurplus } from './fit/memory.ts';
import { cacheRefusal, outOfMemory, type PlanBody, placementVerdict, planBody, refusedPlan } from './fit/to-plan.ts';
import { hostShortage, reportedSizes } from './llama-server/accounting.ts';
import { type Launch, prepareLaunch } from './llama-server/launch.ts';

/**
 * What Ollama ≥ 0.30 would do with a request on a server.
 *
 * @throws EstimateError when the metadata lacks what the estimate needs
 */
export function decideLlamaServer(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const launch = prepareLaunch(spec, server, request);
  const { config, notes } = launch;
  const refusal = cacheRefusal(config, config.flashAttention);
  if (refusal !== undefined) {
    const parts = {
      engine: 'llama-server',
      spec,
      gpus: server.gpus,
      config,
      notes,
      kvCacheType: config.cacheTypeV,
    } as const;
    return refusedPlan(parts, refusal);
  }
  const decision = runFit(spec, launch);
  const first = assemble(spec, server, launch, decision);
  const missing = outOfMemory(first.body);
  if (missing === undefined || !launch.projectorOnGpu) return finish(spec, server, launch, decision, first, missing);

  // Out of memory with the projector on a GPU: one more try with it on the CPU (retryWithMMProjCPUOffload).
  const retried: Launch = {
    ...launch,
    projectorOnGpu: false,
    marginBytes: request.fitMarginBytes ?? FIT_MARGIN_BYTES,
    notes: [...launch.notes, { code: 'projector-on-cpu', params: { why: 'startup-oom-retry' } }],
  };
  const again = runFit(spec, retried);
  const second = assemble(spec, server, retried, again);
  return finish(spec, server, retried, again, second, outOfMemory(second.body));
}

/** As {@link fitSurplus}, for the configuration Ollama would start. Undefined without GPUs or with `num_gpu` set. */
export function llamaServerSurplus(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
): FitSurplus | undefined {
  const launch = prepareLaunch(spec, server, request);
  if (launch.config.gpus.length === 0 || launch.config.numGpu >= 0) return undefined;
  if (cacheRefusal(launch.config, launch.config.flashAttention) !== undefined) return undefined;
  return fitSurplus(
    spec,
    launch.config,
    launch.config.gpus.map(() => launch.marginBytes),
  );
}

function runFit(spec: ModelSpec, launch: Launch): FitDecision {
  if (launch.config.gpus.length === 0)
    return { kind: 'unchanged', config: launch.config, overrides: [], deficitBytes: 0 };
  return fitToMemory(spec, launch.config, { marginsBytes: launch.config.gpus.map(() => launch.marginBytes) });
}

interface Assembled {
  readonly body: PlanBody;
  readonly memory: LlamaCppPlan;
}

function assemble(spec: ModelSpec, server: EstimateServer, launch: Launch, decision: FitDecision): Assembled {
  const memory = planLlamaCpp(spec, { ...decision.config, view: 'real' });
  const projector = launch.projector;
  const onGpu = launch.projectorOnGpu && launch.chosen.length > 0;
  const body = planBody({
    engine: 'llama-server',
    spec,
    gpus: server.gpus,
    chosen: launch.chosen,
    config: decision.config,
    memory,
    overrides: decision.overrides,
    projectorWeightsBytes: onGpu ? (projector?.weightsBytes ?? 0) : 0,
    projectorComputeBytes: onGpu ? (projector?.computeBytes ?? 0) : 0,
    hostProjectorBytes: onGpu || projector === undefined ? 0 : projector.weightsBytes + projector.computeBytes,
    calibration: server.calibration,
    kvCacheType: launch.config.cacheTypeK,
    notes: launch.notes,
  });
  return { body, memory };
}

function finish(
  spec: ModelSpec,
  server: EstimateServer,
  launch: Launch,
  decision: FitDecision,
  { body, memory }: Assembled,
  missing: Reason | undefined,
): Plan {
  const notes = [...body.notes];
  if (decision.kind === 'aborted') notes.push({ code: 'fit-aborted', params: { numGpu: launch.config.numGpu } });
  const refusal = cacheRefusal(launch.config, memory.flashAttention) ?? missing;
  const short = hostShortage(server, body);
  if (short !== undefined) notes.push(short);
  const sizes = reportedSizes(spec, launch, decision, body, memory);
  const verdict =
    refusal !== undefined
      ? { verdict: 'refused' as const, reason: refusal }
      : launch.config.numGpu === 0
        ? { verdict: 'cpu' as const, reason: { code: 'num-gpu-zero', params: {} } }
        : placementVerdict(body, decision.overrides, [], decision.deficitBytes);
  return { ...body, ...verdict, notes, ...sizes };
}
