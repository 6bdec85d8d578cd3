/**
 * The decision before a load: which context. Nothing is evicted that nobody agreed to, so the context is chosen that
 * fits beside what stays, by llama.cpp's rules and without setting off Ollama's own eviction.
 */

import { architectureNumber } from '../../estimator/plan/facts.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, Plan } from '../../estimator/types.ts';
import type { Estimator } from '../../workers/estimates.ts';
import type { Clamp } from './types.ts';

const STEP = 256;
/** Below this a context is of no use to anybody. */
export const SMALLEST_CTX = 2_048;
/** A search halves at least what is left; more than this is never needed. */
const MAX_ROUNDS = 24;
/** Remarks of a plan that say Ollama would unload others first. */
const EVICTION_NOTES: ReadonlySet<string> = new Set(['evicts-others', 'evicts-loaded', 'evicts-after-oom']);

export interface ChooseInput {
  readonly estimator: Estimator;
  readonly spec: ModelSpec;
  /** The server as it is, or with the models gone that may go. */
  readonly server: EstimateServer;
  /** Everything but the context. */
  readonly request: EstimateRequest;
  readonly wantedCtx: number;
  /** Partly in system memory will do. */
  readonly partial: boolean;
  /** Bytes to stay free on every GPU beyond the plan. */
  readonly marginBytes: number;
}

export interface Choice {
  readonly numCtx: number;
  readonly plan: Plan;
  /** Why it is less than wanted; `null` when it was taken as wanted. */
  readonly clamp: Clamp | null;
}

/** Whether Ollama would unload others before this load. */
export function evictsOthers(plan: Plan): boolean {
  return plan.notes.some((note) => EVICTION_NOTES.has(note.code));
}

function fits(plan: Plan, input: ChooseInput): boolean {
  if (input.partial) {
    // Without a GPU that is known nothing can lie on one.
    const onCpu = plan.verdict === 'cpu' && input.server.gpus.length === 0;
    return plan.verdict === 'fits' || plan.verdict === 'partial' || onCpu;
  }
  return (
    plan.verdict === 'fits' && plan.gpus.every((gpu) => gpu.layers === 0 || gpu.headroomBytes >= input.marginBytes)
  );
}

function acceptable(plan: Plan, input: ChooseInput): boolean {
  return fits(plan, input) && !evictsOthers(plan);
}

/** Cache of one token of context in all slots, bytes; 0 where a plan has none. */
function cachePerToken(plan: Plan): number {
  const cache = plan.gpus.reduce((sum, gpu) => sum + gpu.cacheBytes, 0) + plan.host.cacheBytes;
  return cache / Math.max(1, plan.numCtx);
}

/** What the wanted context lacks to lie on the GPUs, bytes: as its plan says it, or what went to system memory. */
function excessOf(wanted: Plan, chosen: Plan, marginBytes: number): number {
  const { deficitBytes, missingBytes } = wanted.reason.params;
  const told = Number(deficitBytes ?? missingBytes ?? 0);
  if (Number.isFinite(told) && told > 0) {
    return told;
  }
  const short = wanted.gpus.reduce((sum, gpu) => sum + Math.max(0, marginBytes - gpu.headroomBytes), 0);
  if (wanted.verdict === 'fits') {
    return short;
  }
  const spilled = wanted.host.totalBytes - chosen.host.totalBytes;
  const byCache = cachePerToken(chosen) * (wanted.numCtx - chosen.numCtx);
  return Math.max(0, wanted.verdict === 'partial' ? spilled : 0, byCache);
}

/**
 * The wanted context if it fits, else the largest that does; `null` where none of use does.
 * @throws EstimateError, EstimateRefusedError
 */
export async function chooseContext(input: ChooseInput): Promise<Choice | null> {
  const { estimator, spec, server, request, wantedCtx } = input;
  const planAt = (numCtx: number) => estimator.decide(spec, server, { ...request, numCtx });
  const wanted = await planAt(wantedCtx);
  if (acceptable(wanted, input)) {
    return { numCtx: wantedCtx, plan: wanted, clamp: null };
  }
  const clamped = (numCtx: number, plan: Plan): Choice => ({
    numCtx,
    plan,
    clamp: fits(wanted, input)
      ? { why: 'others' }
      : { why: 'memory', excessBytes: excessOf(wanted, plan, input.marginBytes) },
  });
  const trained = architectureNumber(spec, 'context_length') || wantedCtx;
  const most = Math.min(wantedCtx, trained);
  if (!input.partial && (server.loaded ?? []).length === 0) {
    const options = { marginBytes: input.marginBytes, maxCtx: most };
    const { numCtx, plan } = await estimator.clamp(spec, server, request, options);
    return plan !== undefined && numCtx >= Math.min(SMALLEST_CTX, most) ? clamped(numCtx, plan) : null;
  }
  // Beside other models the context must also stay below what sets off Ollama's eviction; both fall once on the way up.
  let low = Math.min(SMALLEST_CTX, most);
  let plan = await planAt(low);
  if (!acceptable(plan, input)) {
    return null;
  }
  let high = most;
  for (let round = 0; round < MAX_ROUNDS && high - low > STEP; round += 1) {
    const middle = Math.floor((low + high) / 2 / STEP) * STEP;
    if (middle <= low) {
      break;
    }
    const candidate = await planAt(middle);
    if (acceptable(candidate, input)) {
      low = middle;
      plan = candidate;
    } else {
      high = middle;
    }
  }
  return clamped(low, plan);
}

/** The next context to try after a load that did not stay on the GPUs; `null` when there is none of use. */
export function smallerContext(numCtx: number, lackBytes: number, plan: Plan): number | null {
  const perToken = cachePerToken(plan);
  const byLack = perToken > 0 ? numCtx - (lackBytes / perToken) * 1.25 : 0;
  const next = Math.floor(Math.min(numCtx * 0.75, byLack > SMALLEST_CTX ? byLack : numCtx * 0.75) / STEP) * STEP;
  return next >= SMALLEST_CTX && next < numCtx ? next : null;
}
