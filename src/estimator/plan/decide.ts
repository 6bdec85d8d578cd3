/**
 * The estimator's one entry: a model spec, a server and a request in, a plan out. Which generation of Ollama answers
 * follows from the server's version.
 */

import { decideFormula } from '../engines/formula/formula.ts';
import { decideLayout } from '../engines/layout/layout.ts';
import { decideLlamaCpp, planGiven } from '../engines/llama-server/fit/engine.ts';
import { prepareLaunch } from '../engines/llama-server/launch.ts';
import { decideLlamaServer } from '../engines/llama-server/llama-server.ts';
import { seenGpus } from '../engines/ollama-server.ts';
import { buildOf } from '../llama-cpp/builds.ts';
import { tooOld } from '../loadable.ts';
import type { EngineName, EstimateRequest, EstimateServer, ModelSpec, Plan, Reason } from '../types.ts';
import { engineFor, parseVersion } from '../versions.ts';
import { checkModel, checkRequest, checkServer, inBounds, inWholeBytes } from './checks.ts';
import { contextFloor } from './default-context.ts';
import { blockCount } from './facts.ts';
import { refusedPlan } from './refused.ts';
import { keepReserve } from './reserve.ts';
import { withOneMemory, withWorkingSet } from './shared-memory.ts';
import { planForAll, usableServer } from './usable-gpus.ts';

const DECISIONS: Readonly<
  Record<EngineName, (spec: ModelSpec, server: EstimateServer, request: EstimateRequest) => Plan>
> = {
  'llama.cpp': decideLlamaCpp,
  'llama-server': decideLlamaServer,
  layout: (spec, server, request) => decideLayout(spec, asSeen(server), request, server.gpus),
  formula: (spec, server, request) => decideFormula(spec, asSeen(server), request, server.gpus),
};

/** The server with its GPUs as an Ollama before 0.30 sees them. */
function asSeen(server: EstimateServer): EstimateServer {
  return { ...server, gpus: seenGpus(parseVersion(server.ollama).version, server) };
}

/**
 * What the server's version of Ollama (or llama.cpp's `--fit`) would do with the request: where layers go, bytes per
 * GPU, and whether it fits.
 *
 * @throws EstimateError when the question makes no sense or the model cannot be estimated; the `code` says which
 */
export function decide(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const engine = engineFor(server.ollama, spec);
  checkRequest(request, engine === 'llama.cpp');
  checkServer(server);
  checkModel(spec);
  const told = inWholeBytes(server);
  const { server: whole, notes } = withWorkingSet(told);
  const unknown = engine === 'llama.cpp' ? undefined : tooOld(parseVersion(server.ollama).version, spec);
  if (unknown !== undefined) {
    const reason: Reason = { code: 'refused-version-too-old', params: { ...unknown } };
    return refusedPlan(whole, request, { engine, reason, blocks: blockCount(spec) });
  }
  const usable = usableServer(whole);
  const raised = { ...request, numCtx: Math.max(request.numCtx, contextFloor(spec, usable.server)) };
  const plan = planForAll(withRaise(DECISIONS[engine](spec, usable.server, raised), request, raised), whole, usable);
  // The pool is the machine's, not what a GPU may use of it.
  const counted = keepReserve(withOneMemory(plan, told), told);
  return withBuild(inBounds({ ...counted, notes: [...notes, ...counted.notes] }), server);
}

/** Says so where Ollama takes a larger context than it was asked for, whatever was asked. */
function withRaise(plan: Plan, { numCtx: from }: EstimateRequest, { numCtx: to }: EstimateRequest): Plan {
  if (from === to) {
    return plan;
  }
  const notes = [...plan.notes];
  notes.unshift({ code: 'ctx-raised', params: { from, to } });
  return { ...plan, notes };
}

/**
 * The bytes of a placement given, by llama.cpp's planner: layers by `numGpu`, split by `tensorSplit` or free memory.
 * With `ollama: "llama.cpp"` the options are llama.cpp's own (a row of a dry run); with a version of Ollama, context,
 * slots and batch are taken as that Ollama would hand them over.
 *
 * @throws EstimateError as {@link decide}
 */
export function planFixed(spec: ModelSpec, server: EstimateServer, request: EstimateRequest): Plan {
  const llamaCpp = server.ollama === 'llama.cpp';
  checkRequest(request, llamaCpp);
  checkServer(server);
  checkModel(spec);
  const whole = inWholeBytes(server);
  if (llamaCpp) {
    return withBuild(inBounds(planGiven(spec, whole, request)), server);
  }
  const engine = engineFor(server.ollama, spec);
  // Before llama-server the batch was 512 unless somebody set it.
  const asked = engine === 'llama-server' ? request : { ...request, numBatch: request.numBatch ?? 512 };
  const { config } = prepareLaunch(spec, whole, asked);
  const given: EstimateRequest = {
    ...request,
    numCtx: config.numCtx,
    numParallel: config.numParallel,
    numBatch: config.numBatch,
    numUbatch: config.numUbatch,
    flashAttention: config.flashAttention,
    outputs: config.outputs,
    embedding: config.embedding,
  };
  const plan = inBounds(planGiven(spec, whole, given));
  return withBuild({ ...plan, engine, numCtx: Math.floor(plan.numCtx / config.numParallel) }, server);
}

/** The plan, with the build of llama.cpp that it is for, and a remark where nobody has looked at that build yet. */
function withBuild(plan: Plan, server: EstimateServer): Plan {
  if (plan.engine !== 'llama.cpp' && plan.engine !== 'llama-server') {
    return plan;
  }
  const { name, facts, assumed } = buildOf(server);
  const notes = assumed
    ? [...plan.notes, { code: 'build-assumed', params: { build: server.build ?? server.ollama, as: facts.name } }]
    : plan.notes;
  return { ...plan, build: name, notes };
}
