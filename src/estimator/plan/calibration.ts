/**
 * Calibration: what observed loads say about the part nobody can compute, the overhead outside llama.cpp's buffers, and
 * about the compute buffers of models whose graph is only guessed.
 *
 * Robust by construction: the median, after observations further than 3.5 scaled MADs from it are left out; of an even
 * number the middle value nearer to "no correction"; then shrunk towards "no correction" as long as observations are
 * few. One odd observation (another program that grew meanwhile) moves nothing far.
 */

import { MIB } from '../../base/bytes.ts';
import type { CalibrationFactors, Plan, Reason } from '../types.ts';

/** What one GPU did during a load. */
export interface GpuObservation {
  readonly name: string;
  /** Used memory of the whole GPU before and after the load, bytes. */
  readonly usedBeforeBytes: number;
  readonly usedAfterBytes: number;
}

/** One load: what was predicted, and what came. */
export interface LoadObservation {
  readonly model: string;
  /** The plan made before the load, without any calibration. */
  readonly predicted: Pick<Plan, 'gpus' | 'sizeVramBytes'>;
  /** `size_vram` of /api/ps, bytes, when it was read. */
  readonly sizeVramBytes?: number;
  /** The server's GPUs in the plan's order, when their memory was read. */
  readonly gpus?: readonly GpuObservation[];
}

export interface Calibration {
  /** Corrections for a server's GPUs and a model, ready for `EstimateServer.calibration`. */
  readonly factorsFor: (gpuNames: readonly string[], model: string) => CalibrationFactors;
  /** What was learned, as codes with figures: `overhead-learned`, `compute-learned`, `observations-odd`, `nothing-learned`. */
  readonly learned: readonly Reason[];
}

/** Observations that weigh as much as the belief that no correction is needed. */
const PRIOR_WEIGHT = 2;
/** Overhead corrections outside this are another program's memory, bytes. */
const MAX_OVERHEAD_DELTA_BYTES = 2048 * MIB;
const MAX_COMPUTE_LOG = Math.log(2);
/** Compute buffers below this say nothing about a factor, bytes. */
const MIN_COMPUTE_BYTES = 32 * MIB;
/** 1 / Φ⁻¹(3/4): makes the MAD comparable with a standard deviation. */
const MAD_SCALE = 1.4826;
/** Spread that every measurement has: allocation granularity and rounding. */
const OVERHEAD_NOISE_BYTES = 16 * MIB;
const COMPUTE_NOISE_LOG = 0.01;
const CAUTIOUS_NOISES = 4;

/** One quantity learned robustly. */
export interface RobustEstimate {
  readonly value: number;
  /** Observations it rests on, after odd ones were left out. */
  readonly observations: number;
  readonly odd: number;
}

/**
 * Median with outliers left out, shrunk towards `prior`.
 *
 * @param noise the spread that values have anyway, in their unit
 */
export function robustEstimate(values: readonly number[], prior: number, noise: number): RobustEstimate {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) {
    return { value: prior, observations: 0, odd: 0 };
  }
  const center = medianTowards(finite, prior);
  const spread = Math.max(
    MAD_SCALE *
      medianTowards(
        finite.map((value) => Math.abs(value - center)),
        0,
      ),
    noise,
  );
  const kept = finite.filter((value) => Math.abs(value - center) <= 3.5 * spread);
  const median = medianTowards(kept, prior);
  const weight = kept.length / (kept.length + PRIOR_WEIGHT);
  // One or two observations cannot show that they are odd: they move the value a little only.
  const most = kept.length < 3 ? CAUTIOUS_NOISES * noise : Number.POSITIVE_INFINITY;
  const shift = Math.min(Math.max((median - prior) * weight, -most), most);
  return { value: prior + shift, observations: kept.length, odd: finite.length - kept.length };
}

/** Learns from loads. Observations may be in any order; none is needed. */
export function calibrate(observations: readonly LoadObservation[]): Calibration {
  const overheadByGpu = new Map<string, number[]>();
  const computeByModel = new Map<string, number[]>();
  const allOverhead: number[] = [];
  const allCompute: number[] = [];
  for (const observation of observations) {
    for (const [gpu, delta] of overheadDeltas(observation)) {
      push(overheadByGpu, gpu, delta);
      allOverhead.push(delta);
    }
    const factor = computeLogFactor(observation);
    if (factor === undefined) {
      continue;
    }
    push(computeByModel, observation.model, factor);
    allCompute.push(factor);
  }
  const server = robustEstimate(allOverhead, 0, OVERHEAD_NOISE_BYTES);
  const serverCompute = robustEstimate(allCompute, 0, COMPUTE_NOISE_LOG);
  const perGpu = mapValues(overheadByGpu, (values) => robustEstimate(values, server.value, OVERHEAD_NOISE_BYTES));
  // A model's own loads speak for it; other models' compute buffers say little about it.
  const perModel = mapValues(computeByModel, (values) => robustEstimate(values, 0, COMPUTE_NOISE_LOG));

  return {
    factorsFor: (gpuNames, model) => {
      const compute = perModel.get(model);
      const overheadDeltaBytes = Math.round(server.value);
      return {
        overheadDeltaBytes,
        overheadDeltaPerGpuBytes: gpuNames.map((name) => Math.round(perGpu.get(name)?.value ?? server.value)),
        computeFactor: Math.exp(compute?.value ?? 0),
        observations: Math.max(server.observations, compute?.observations ?? 0),
      };
    },
    learned: describe(perGpu, perModel, server.odd + serverCompute.odd),
  };
}

/** Measured overhead minus the expected one, per GPU the model used. */
function overheadDeltas(observation: LoadObservation): readonly (readonly [gpu: string, deltaBytes: number])[] {
  const deltas: [string, number][] = [];
  for (const [index, gpu] of (observation.gpus ?? []).entries()) {
    const plan = observation.predicted.gpus[index];
    if (plan === undefined || plan.totalBytes === 0) {
      continue;
    }
    // A load is measured before anybody has asked the model anything.
    const expected = plan.totalBytes - (plan.overheadParts?.useBytes ?? 0);
    const delta = gpu.usedAfterBytes - gpu.usedBeforeBytes - expected;
    if (!Number.isFinite(delta)) {
      continue;
    }
    deltas.push([gpu.name, Math.min(Math.max(delta, -MAX_OVERHEAD_DELTA_BYTES), MAX_OVERHEAD_DELTA_BYTES)]);
  }
  return deltas;
}

/** Logarithm of real over predicted compute, from what /api/ps reported; undefined when it cannot be told. */
function computeLogFactor(observation: LoadObservation): number | undefined {
  const { predicted, sizeVramBytes } = observation;
  if (sizeVramBytes === undefined) {
    return undefined;
  }
  const compute = predicted.gpus.reduce((sum, gpu) => sum + gpu.computeBytes, 0);
  if (compute < MIN_COMPUTE_BYTES) {
    return undefined;
  }
  const real = sizeVramBytes - (predicted.sizeVramBytes - compute);
  if (!(real > 0)) {
    return undefined;
  }
  const factor = Math.log(real / compute);
  return Math.abs(factor) > MAX_COMPUTE_LOG ? undefined : factor;
}

function describe(
  perGpu: ReadonlyMap<string, RobustEstimate>,
  perModel: ReadonlyMap<string, RobustEstimate>,
  odd: number,
): readonly Reason[] {
  const learned: Reason[] = [];
  for (const [gpu, { value, observations }] of perGpu) {
    if (Math.abs(value) < MIB || observations === 0) {
      continue;
    }
    learned.push({ code: 'overhead-learned', params: { gpu, deltaBytes: Math.round(value), observations } });
  }
  for (const [model, { value, observations }] of perModel) {
    if (Math.abs(value) < 0.005 || observations === 0) {
      continue;
    }
    learned.push({ code: 'compute-learned', params: { model, factor: Math.exp(value), observations } });
  }
  if (odd > 0) {
    learned.push({ code: 'observations-odd', params: { count: odd } });
  }
  if (learned.length === 0) {
    learned.push({ code: 'nothing-learned', params: {} });
  }
  return learned;
}

/** The median; of an even number the middle value nearer to `prior`. */
function medianTowards(values: readonly number[], prior: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const high = sorted[upper]!;
  if (sorted.length % 2 === 1) {
    return high;
  }
  const low = sorted[upper - 1]!;
  return Math.abs(low - prior) <= Math.abs(high - prior) ? low : high;
}

function push(map: Map<string, number[]>, key: string, value: number): void {
  const values = map.get(key);
  if (values === undefined) {
    map.set(key, [value]);
  } else {
    values.push(value);
  }
}

function mapValues<A, B>(map: ReadonlyMap<string, A>, convert: (value: A) => B): ReadonlyMap<string, B> {
  return new Map([...map].map(([key, value]) => [key, convert(value)]));
}
