/**
 * Ollama ≥ 0.30: Ollama predicts roughly, chooses GPUs and batch, and starts llama.cpp's llama-server, whose `--fit`
 * places the layers. Sources: server/sched.go and llm/llama_server.go (v0.30.0 to v0.33.0), common/fit.cpp.
 */

import { planLlamaCpp } from '../../llama-cpp/dry-run.ts';
import type { EstimateRequest, EstimateServer, LlamaCppPlan, ModelSpec, Plan, Reason } from '../../types.ts';
import { accountsOf, hostShortage } from './accounting.ts';
import type { DryRuns } from './fit/dry-runs.ts';
import { FIT_MARGIN_BYTES, type FitDecision, fitToMemory, heldByDryRun } from './fit/fit.ts';
import {
  cacheRefusal,
  headRefusal,
  outOfMemory,
  type PlanBody,
  placementVerdict,
  planBody,
  refusedPlan,
  shortOfUse,
} from './fit/to-plan.ts';
import { leavesRoom, placedWholly, type WholeQuestion } from './fit/whole.ts';
import { type Launch, prepareLaunch } from './launch.ts';
import { withoutAll } from './runners.ts';

/**
 * What Ollama ≥ 0.30 would do with a request on a server. A load that runs out of memory beside others makes all of them
 * leave, and is tried once more (`load` and `evictAllAndWait` in server/sched.go).
 *
 * @throws EstimateError when the metadata lacks what the estimate needs
 */
export function decideLlamaServer(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const plan = decideOnce(spec, server, request);
  const staying = (server.loaded ?? []).length - (plan.evicts?.length ?? 0);
  if (plan.verdict !== 'refused' || plan.reason.code !== 'out-of-memory' || staying === 0) {
    return plan;
  }
  const { gpus, order } = withoutAll(server);
  const again = decideOnce(spec, { ...server, gpus, loaded: [] }, request);
  const names = order.join(', ');
  const notes = again.notes.slice();
  notes.push({ code: 'evicts-after-oom', params: { models: order.length, names } });
  return { ...again, notes, evicts: order };
}

function decideOnce(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const launch = prepareLaunch(spec, server, request);
  const { config, notes } = launch;
  const refusal = cacheRefusal(config, config.flashAttention) ?? headRefusal(spec, config);
  if (refusal !== undefined) {
    const parts = {
      engine: 'llama-server',
      spec,
      gpus: launch.gpus,
      config,
      notes,
      kvCacheType: config.cacheTypeV,
    } as const;
    return refusedPlan(parts, refusal);
  }
  const decision = runFit(spec, launch);
  const first = assemble(spec, server, launch, decision);
  const missing = outOfMemory(first.body);
  if (missing === undefined || !launch.projectorOnGpu) {
    return finish(spec, server, launch, decision, first, missing);
  }

  // Out of memory with the projector on a GPU: one more try with it on the CPU (retryWithMMProjCPUOffload).
  const retried = retriedLaunch(launch, request);
  const again = runFit(spec, retried);
  const second = assemble(spec, server, retried, again);
  return finish(spec, server, retried, again, second, outOfMemory(second.body));
}

/** What {@link llamaServerFits} asks; undefined where `--fit` does not decide (no GPU, `num_gpu` set, a refusal). */
export function llamaServerQuestion(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
): WholeQuestion | undefined {
  const launch = prepareLaunch(spec, server, request);
  if (headRefusal(spec, launch.config) !== undefined) {
    return undefined;
  }
  return wholeQuestion(spec, server, launch);
}

function wholeQuestion(spec: ModelSpec, server: EstimateServer, launch: Launch): WholeQuestion | undefined {
  const { config, chosen, projector, projectorOnGpu } = launch;
  if (config.gpus.length === 0 || config.numGpu !== -1) {
    return undefined;
  }
  if (cacheRefusal(config, config.flashAttention) !== undefined) {
    return undefined;
  }
  return {
    config,
    gpus: chosen.map((index) => launch.gpus[index]!),
    indices: chosen,
    besideBytes: projectorOnGpu && projector !== undefined ? projector.weightsBytes + projector.computeBytes : 0,
    fitMarginBytes: launch.marginBytes,
    heldBytes: heldByDryRun(spec, config),
    calibration: server.calibration,
    needsFlashAttention: cacheRefusal(config, false) !== undefined,
  };
}

/**
 * Whether the plan says `fits` and leaves `marginBytes` on every GPU it uses, without anybody sent away, in a fraction of
 * the time; undefined where only the plan can tell.
 */
export function llamaServerFits(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  marginBytes: number,
  runs: DryRuns,
): boolean | undefined {
  const launch = prepareLaunch(spec, server, request);
  if (launch.evicted.length > 0) {
    return false;
  }
  const question = wholeQuestion(spec, server, launch);
  if (question === undefined) {
    return undefined;
  }
  const run = placedWholly(spec, question, runs);
  if (!launch.projectorOnGpu) {
    return run !== undefined && leavesRoom(spec, run, question, marginBytes, runs);
  }
  if (run !== undefined && leavesRoom(spec, run, question, 0, runs)) {
    return leavesRoom(spec, run, question, marginBytes, runs);
  }
  const retried = wholeQuestion(spec, server, retriedLaunch(launch, request))!;
  const again = placedWholly(spec, retried, runs);
  if (again === undefined || !leavesRoom(spec, again, retried, marginBytes, runs)) {
    return false;
  }
  // Without the projector it fits, but is there a second try? Only when the first ran out of memory.
  return run === undefined ? undefined : true;
}

function retriedLaunch(launch: Launch, request: EstimateRequest): Launch {
  return {
    ...launch,
    projectorOnGpu: false,
    marginBytes: request.fitMarginBytes ?? FIT_MARGIN_BYTES,
    notes: [...launch.notes, { code: 'projector-on-cpu', params: { why: 'startup-oom-retry' } }],
  };
}

function runFit(spec: ModelSpec, launch: Launch): FitDecision {
  if (launch.config.gpus.length === 0) {
    return { kind: 'unchanged', config: launch.config, overrides: [], deficitBytes: 0 };
  }
  const { config, marginBytes } = launch;
  const marginsBytes = config.gpus.map(() => marginBytes);
  return fitToMemory(spec, config, { marginsBytes, heldBytes: heldByDryRun(spec, config) });
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
    gpus: launch.gpus,
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
  if (decision.kind === 'aborted') {
    notes.push({ code: 'fit-aborted', params: { numGpu: launch.config.numGpu } });
  }
  const refusal = cacheRefusal(launch.config, memory.flashAttention) ?? missing;
  const short = hostShortage(server, body);
  if (short !== undefined) {
    notes.push(short);
  }
  const tight = shortOfUse(body);
  if (refusal === undefined && tight !== undefined) {
    notes.push({ code: 'first-use-short', params: tight });
  }
  const accounts = accountsOf(spec, launch, decision, body, memory);
  const verdict =
    refusal !== undefined
      ? { verdict: 'refused' as const, reason: refusal }
      : launch.config.numGpu === 0
        ? { verdict: 'cpu' as const, reason: { code: 'num-gpu-zero', params: {} } }
        : placementVerdict(body, decision.overrides, [], decision.deficitBytes);
  return {
    ...body,
    ...verdict,
    notes,
    ...accounts,
    evicts: launch.evicted.map(({ name }) => name),
    alone: launch.alone,
  };
}
