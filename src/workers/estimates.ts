import { CodedError } from '../base/coded.ts';
import type { AssignableServer } from '../estimator/plan/assign-set.ts';
import type { WantedModel } from '../estimator/plan/fit-set.ts';
import type { EstimateRequest, EstimateServer, ModelSpec } from '../estimator/types.ts';
import { type JobArguments, type JobName, type JobResult, runJob } from './jobs.ts';

type OneModel<N extends JobName> = (spec: ModelSpec, ...rest: JobArguments<N>) => Promise<JobResult<N>>;

/**
 * The estimator as the program asks it: the same questions as the pure functions of the same names, answered without
 * holding up anybody else. Rejects with what they throw (EstimateError), with EstimateRefusedError, or with the signal's
 * reason.
 */
export interface Estimator {
  readonly decide: OneModel<'decide'>;
  readonly planFixed: OneModel<'planFixed'>;
  readonly clamp: OneModel<'clamp'>;
  readonly bestCacheType: OneModel<'bestCacheType'>;
  readonly smallestGpuCount: OneModel<'smallestGpuCount'>;
  readonly fitSet: (models: readonly WantedModel[], server: EstimateServer) => Promise<JobResult<'fitSet'>>;
  /** @param shorter whether the set fits with shorter contexts */
  readonly adviseSet: (
    models: readonly WantedModel[],
    server: EstimateServer,
    shorter: boolean,
  ) => Promise<JobResult<'adviseSet'>>;
  /** The models of the first server stand for those of all. */
  readonly assignSet: (servers: readonly AssignableServer[]) => Promise<JobResult<'assignSet'>>;
  readonly sweep: OneModel<'sweep'>;
  readonly speed: OneModel<'speed'>;
  readonly launchLine: OneModel<'launchLine'>;
  readonly bestQuantization: (
    specs: readonly ModelSpec[],
    server: EstimateServer,
    request: EstimateRequest,
  ) => Promise<JobResult<'bestQuantization'>>;
}

/** Runs one job somewhere. */
export type RunJob = <N extends JobName>(
  name: N,
  specs: readonly ModelSpec[],
  rest: JobArguments<N>,
) => Promise<JobResult<N>>;

export interface Estimates {
  /**
   * The estimator for one asker, whose questions are answered one at a time.
   * @param asker a person's id, or the name of a part of the program
   * @param signal a question that still waits when it fires is dropped
   */
  by(asker: string, signal?: AbortSignal): Estimator;
  /** Ends the threads; what waits is rejected. */
  close(): Promise<void>;
}

/**
 * An estimate that was not made. `code`: `estimate-timeout` (it took longer than the deadline), `estimate-crashed` (its
 * thread ended, such as for want of memory), `estimate-refused` (either happened a short while ago), `estimate-too-large`
 * (no real model has so long a description), `estimates-busy` (too many wait), `estimates-closed`. The edge finds the sentence under `error.<code>`.
 */
export class EstimateRefusedError extends CodedError {
  override readonly name = 'EstimateRefusedError';
}

/** The estimator's face on whatever runs the jobs. */
export function createEstimator(run: RunJob): Estimator {
  return {
    decide: (spec, ...rest) => run('decide', [spec], rest),
    planFixed: (spec, ...rest) => run('planFixed', [spec], rest),
    clamp: (spec, ...rest) => run('clamp', [spec], rest),
    bestCacheType: (spec, ...rest) => run('bestCacheType', [spec], rest),
    smallestGpuCount: (spec, ...rest) => run('smallestGpuCount', [spec], rest),
    fitSet: (models, server) =>
      run(
        'fitSet',
        models.map(({ spec }) => spec),
        [models.map(({ spec: _, ...wanted }) => wanted), server],
      ),
    adviseSet: (models, server, shorter) =>
      run(
        'adviseSet',
        models.map(({ spec }) => spec),
        [models.map(({ spec: _, ...wanted }) => wanted), server, shorter],
      ),
    assignSet: (servers) =>
      run(
        'assignSet',
        (servers[0]?.models ?? []).map(({ spec }) => spec),
        [servers.map(({ server, models }) => ({ server, models: models.map(({ spec: _, ...wanted }) => wanted) }))],
      ),
    sweep: (spec, ...rest) => run('sweep', [spec], rest),
    launchLine: (spec, ...rest) => run('launchLine', [spec], rest),
    speed: (spec, ...rest) => run('speed', [spec], rest),
    bestQuantization: (specs, ...rest) => run('bestQuantization', specs, rest),
  };
}

/** Estimates in place, for a program that answers one question and ends: the command-line tool. */
export function createDirectEstimates(): Estimates {
  const estimator = createEstimator(async (name, specs, rest) => runJob(name, specs, rest));
  return { by: () => estimator, close: async () => undefined };
}
