/**
 * The decision before a load, pure: which context, and whose models would have to go. Nothing is evicted that nobody
 * agreed to, so the context is chosen that fits beside what stays, by llama.cpp's rules and without setting off
 * Ollama's own eviction.
 */

import { clamp } from '../../estimator/clamp.ts';
import { decide } from '../../estimator/estimate.ts';
import { architectureNumber } from '../../estimator/estimate-facts.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, Plan } from '../../estimator/types.ts';

const STEP = 256;
/** Below this a context is of no use to anybody. */
export const SMALLEST_CTX = 2_048;
/** Remarks of a plan that say Ollama would unload others first. */
const EVICTION_NOTES: ReadonlySet<string> = new Set(['evicts-others', 'evicts-loaded']);

export interface ChooseInput {
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
  /** What the wanted context lacked, bytes; 0 when it was taken as wanted. */
  readonly excessBytes: number;
}

/** Whether Ollama would unload others before this load. */
export function evictsOthers(plan: Plan): boolean {
  return plan.notes.some((note) => EVICTION_NOTES.has(note.code));
}

function acceptable(plan: Plan, input: ChooseInput): boolean {
  if (evictsOthers(plan)) return false;
  if (input.partial) return plan.verdict === 'fits' || plan.verdict === 'partial';
  return (
    plan.verdict === 'fits' && plan.gpus.every((gpu) => gpu.layers === 0 || gpu.headroomBytes >= input.marginBytes)
  );
}

/** What a plan lacks to lie on the GPUs, bytes, as far as its reason tells. */
function excessOf(plan: Plan): number {
  const { deficitBytes, missingBytes } = plan.reason.params;
  const told = Number(deficitBytes ?? missingBytes ?? 0);
  const short = plan.gpus.reduce((sum, gpu) => sum + Math.max(0, -gpu.headroomBytes), 0);
  return Math.max(Number.isFinite(told) ? told : 0, short);
}

/**
 * The wanted context if it fits, else the largest that does; `null` where none of use does.
 * @throws EstimateError
 */
export function chooseContext(input: ChooseInput): Choice | null {
  const { spec, server, request, wantedCtx } = input;
  const planAt = (numCtx: number) => decide(spec, server, { ...request, numCtx });
  const wanted = planAt(wantedCtx);
  if (acceptable(wanted, input)) return { numCtx: wantedCtx, plan: wanted, excessBytes: 0 };
  const excessBytes = excessOf(wanted);
  const trained = architectureNumber(spec, 'context_length') || wantedCtx;
  const most = Math.min(wantedCtx, trained);
  if (!input.partial && (server.loaded ?? []).length === 0) {
    const { numCtx, plan } = clamp(spec, server, request, { marginBytes: input.marginBytes, maxCtx: most });
    if (plan !== undefined && numCtx >= Math.min(SMALLEST_CTX, most)) return { numCtx, plan, excessBytes };
    return null;
  }
  // Beside other models the context must also stay below what sets off Ollama's eviction; both fall once on the way up.
  let low = Math.min(SMALLEST_CTX, most);
  let plan = planAt(low);
  if (!acceptable(plan, input)) return null;
  let high = most;
  for (let round = 0; round < 24 && high - low > STEP; round += 1) {
    const middle = Math.floor((low + high) / 2 / STEP) * STEP;
    if (middle <= low) break;
    const candidate = planAt(middle);
    if (acceptable(candidate, input)) {
      low = middle;
      plan = candidate;
    } else high = middle;
  }
  return { numCtx: low, plan, excessBytes };
}

/** The next context to try after a load that did not stay on the GPUs; `null` when there is none of use. */
export function smallerContext(numCtx: number, lackBytes: number, plan: Plan): number | null {
  const cache = plan.gpus.reduce((sum, gpu) => sum + gpu.cacheBytes, 0);
  const perToken = cache / Math.max(1, plan.numCtx * plan.numParallel);
  const byLack = perToken > 0 ? numCtx - (lackBytes / perToken) * 1.25 : 0;
  const next = Math.floor(Math.min(numCtx * 0.75, byLack > SMALLEST_CTX ? byLack : numCtx * 0.75) / STEP) * STEP;
  return next >= SMALLEST_CTX && next < numCtx ? next : null;
}
