/**
 * Settings that no API shows (parallel slots, cache type, flash attention), inferred from what a load came to: the
 * planner tries each combination and the observed sizes pick one.
 */

import type { EstimateRequest, EstimateServer, KvCacheType, ModelSpec, Plan } from '../types.ts';
import { decide } from './decide.ts';

/** A load as /api/ps showed it. */
export interface SizeObservation {
  /** `context_length` of /api/ps, tokens per slot. */
  readonly numCtx: number;
  /** `size_vram`, bytes. */
  readonly sizeVramBytes: number;
  /** `size`, bytes. */
  readonly sizeBytes: number;
  /** The server as it was before this load. */
  readonly server: EstimateServer;
}

export interface Settings {
  readonly numParallel: number;
  readonly kvCacheType: KvCacheType;
  readonly flashAttention: boolean;
}

export interface SettingsMatch {
  readonly settings: Settings;
  /** Largest relative difference between predicted and observed size over the observations. */
  readonly error: number;
}

export interface InferredSettings {
  /** The best match, or undefined when nothing comes near. */
  readonly best?: SettingsMatch;
  /** `clear`: no other combination comes near; `ambiguous`: others match about as well; `none`: nothing matches. */
  readonly certainty: 'clear' | 'ambiguous' | 'none';
  /** All combinations within the tolerance, best first. */
  readonly matches: readonly SettingsMatch[];
}

const PARALLEL = [1, 2, 3, 4, 6, 8] as const;
const CACHE_TYPES: readonly KvCacheType[] = ['f16', 'q8_0', 'q4_0'];
/** Sizes further off than this are no match. */
const TOLERANCE = 0.01;
/** The second best must be this much worse for a clear answer. */
const CLEAR_FACTOR = 3;
/** Below this two predictions are the same. */
const RESOLUTION = 0.0005;

/**
 * Which settings explain the observed sizes. Several observations (other contexts, other models' runs of the same
 * server) sharpen the answer.
 *
 * @param request what was asked for besides the context (numGpu, numBatch…), when known
 */
export function inferSettings(
  spec: ModelSpec,
  observations: readonly SizeObservation[],
  request: Omit<EstimateRequest, 'numCtx' | 'numParallel' | 'kvCacheType' | 'flashAttention'> = {},
): InferredSettings {
  if (observations.length === 0) {
    return { certainty: 'none', matches: [] };
  }
  const found = new Map<string, SettingsMatch>();
  for (const numParallel of PARALLEL) {
    for (const kvCacheType of CACHE_TYPES) {
      for (const flashAttention of [true, false]) {
        if (!flashAttention && kvCacheType !== 'f16') {
          continue;
        }
        const match = compare(spec, observations, { ...request, numParallel, kvCacheType, flashAttention });
        if (match === undefined || match.error > TOLERANCE) {
          continue;
        }
        const key = JSON.stringify(match.settings);
        const known = found.get(key);
        if (known === undefined || match.error < known.error) {
          found.set(key, match);
        }
      }
    }
  }
  const matches = [...found.values()].sort((a, b) => a.error - b.error);
  const [best, second] = matches;
  if (best === undefined) {
    return { certainty: 'none', matches };
  }
  const clear = second === undefined || second.error > Math.max(best.error * CLEAR_FACTOR, best.error + RESOLUTION);
  return { best, certainty: clear ? 'clear' : 'ambiguous', matches };
}

function compare(
  spec: ModelSpec,
  observations: readonly SizeObservation[],
  request: Omit<EstimateRequest, 'numCtx'>,
): SettingsMatch | undefined {
  let error = 0;
  let settings: Settings | undefined;
  for (const observation of observations) {
    const plan = decide(spec, observation.server, { ...request, numCtx: observation.numCtx });
    if (plan.verdict === 'refused') {
      return undefined;
    }
    error = Math.max(error, differenceOf(plan, observation));
    if (error > TOLERANCE) {
      return undefined;
    }
    const { numParallel, kvCacheType, flashAttention } = plan;
    settings = { numParallel, kvCacheType, flashAttention };
  }
  return settings === undefined ? undefined : { settings, error };
}

function differenceOf(plan: Plan, observation: SizeObservation): number {
  const vram = Math.abs(plan.sizeVramBytes - observation.sizeVramBytes) / Math.max(observation.sizeBytes, 1);
  const whole = Math.abs(plan.sizeBytes - observation.sizeBytes) / Math.max(observation.sizeBytes, 1);
  return Math.max(vram, whole);
}
