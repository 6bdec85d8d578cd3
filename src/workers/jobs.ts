/**
 * What the estimating threads can be asked: the estimator's own pure functions, by name. The table runs in the thread as
 * well as in place, so both give the same answer.
 */

import { type AssignableServer, assignSet, type SetAssignment } from '../estimator/plan/assign-set.ts';
import { type ClampOptions, type ClampResult, clamp } from '../estimator/plan/clamp.ts';
import { decide, planFixed } from '../estimator/plan/decide.ts';
import { type FittedSet, fitSet, type WantedModel } from '../estimator/plan/fit-set.ts';
import {
  bestCacheType,
  bestQuantization,
  type CacheTypeAnswer,
  type GpuCountAnswer,
  smallestGpuCount,
} from '../estimator/plan/inverse.ts';
import { adviseSet, type SetAdvice } from '../estimator/plan/set-advice.ts';
import { type LaunchLine, launchLine } from '../estimator/plan/launch-line.ts';
import { type SweepRow, sweep } from '../estimator/plan/sweep.ts';
import { estimateSpeed, type SpeedEstimate, type SpeedQuestion } from '../estimator/speed/speed.ts';
import type { EstimateRequest, EstimateServer, GpuDevice, KvCacheType, ModelSpec, Plan } from '../estimator/types.ts';

/** The largest of several quantizations that fits, as its place in the list that was given. */
export interface QuantizationPlace {
  readonly index: number;
  readonly plan: Plan;
}

/** The models come first, apart from the other arguments: a thread keeps those it has seen. */
type Specs = readonly ModelSpec[];

const JOBS = {
  decide: ([spec]: Specs, server: EstimateServer, request: EstimateRequest): Plan => decide(spec!, server, request),
  planFixed: ([spec]: Specs, server: EstimateServer, request: EstimateRequest): Plan =>
    planFixed(spec!, server, request),
  clamp: ([spec]: Specs, server: EstimateServer, request: EstimateRequest, options?: ClampOptions): ClampResult =>
    clamp(spec!, server, request, options),
  bestCacheType: (
    [spec]: Specs,
    server: EstimateServer,
    request: EstimateRequest,
    types?: readonly KvCacheType[],
  ): CacheTypeAnswer | undefined => bestCacheType(spec!, server, request, types),
  smallestGpuCount: (
    [spec]: Specs,
    gpu: GpuDevice,
    server: Omit<EstimateServer, 'gpus'>,
    request: EstimateRequest,
    maxGpus?: number,
  ): GpuCountAnswer | undefined => smallestGpuCount(spec!, gpu, server, request, maxGpus),
  fitSet: (specs: Specs, wanted: readonly Omit<WantedModel, 'spec'>[], server: EstimateServer): FittedSet =>
    fitSet(
      wanted.map((model, index) => ({ ...model, spec: specs[index]! })),
      server,
    ),
  adviseSet: (
    specs: Specs,
    wanted: readonly Omit<WantedModel, 'spec'>[],
    server: EstimateServer,
    shorter: boolean,
  ): SetAdvice =>
    adviseSet(
      wanted.map((model, index) => ({ ...model, spec: specs[index]! })),
      server,
      shorter,
    ),
  assignSet: (
    specs: Specs,
    servers: readonly { readonly server: EstimateServer; readonly models: readonly Omit<WantedModel, 'spec'>[] }[],
  ): SetAssignment | null =>
    assignSet(
      servers.map(
        ({ server, models }): AssignableServer => ({
          server,
          models: models.map((model, index) => ({ ...model, spec: specs[index]! })),
        }),
      ),
    ),
  sweep: (
    [spec]: Specs,
    server: EstimateServer,
    request: EstimateRequest,
    targets?: readonly string[],
  ): readonly SweepRow[] => sweep(spec!, server, request, targets),
  speed: (
    [spec]: Specs,
    server: Pick<EstimateServer, 'gpus'>,
    plan: Plan,
    question?: SpeedQuestion,
  ): SpeedEstimate | null => estimateSpeed(spec!, server, plan, question),
  launchLine: ([spec]: Specs, server: EstimateServer, request: EstimateRequest, plan: Plan): LaunchLine | null =>
    launchLine(spec!, server, request, plan),
  bestQuantization: (specs: Specs, server: EstimateServer, request: EstimateRequest): QuantizationPlace | undefined => {
    const best = bestQuantization(specs, server, request);
    return best === undefined ? undefined : { index: specs.indexOf(best.spec), plan: best.plan };
  },
} as const;

export type JobName = keyof typeof JOBS;

/** Arguments of a job without the models. */
export type JobArguments<N extends JobName> = (typeof JOBS)[N] extends (specs: Specs, ...rest: infer R) => unknown
  ? R
  : never;

export type JobResult<N extends JobName> = ReturnType<(typeof JOBS)[N]>;

type Run<N extends JobName> = (specs: Specs, ...rest: JobArguments<N>) => JobResult<N>;

/** Runs a job in place. @throws EstimateError */
export function runJob<N extends JobName>(name: N, specs: Specs, rest: JobArguments<N>): JobResult<N> {
  // One name leads to one function, which the compiler cannot follow.
  const job = JOBS[name] as unknown as Run<N>;
  return job(specs, ...rest);
}
