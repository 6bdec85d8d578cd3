/** The options that belong to a runner, as Ollama takes them from a request (api/types.go, server/routes.go). */

import { defaultContext } from '../estimator/plan/default-context.ts';
import { isEmbeddingModel, trainingContext } from '../estimator/plan/facts.ts';
import { atLeast, oneSlotOnly, parseVersion } from '../estimator/versions.ts';
import type { StoredModel } from './models.ts';
import { ServerFailure, type SimulatedSettings } from './types.ts';

export interface RunnerOptions {
  readonly numCtx: number;
  readonly numCtxAuto: boolean;
  /** `null`: nobody set one. */
  readonly numBatch: number | null;
  /** −1: automatic. */
  readonly numGpu: number;
  readonly mainGpu: number | null;
  readonly useMmap: boolean | null;
  readonly numThread: number;
}

export type RequestOptions = Readonly<Record<string, unknown>>;

/**
 * Request over model over server.
 * @param totalBytes memory of all GPUs, for the default context of 0.15.5 and later
 * @throws ServerFailure 500 for an option of the wrong type, with Ollama's text
 */
export function runnerOptions(
  request: RequestOptions,
  model: StoredModel,
  version: string,
  settings: SimulatedSettings,
  totalBytes: number,
): RunnerOptions {
  const chosen: RequestOptions = { ...model.parameters, ...request };
  const given = integer(chosen, 'num_ctx');
  const trained = trainingContext(model.spec);
  // OLLAMA_CONTEXT_LENGTH counts as somebody's choice
  const numCtxAuto = given === null && settings.contextLength === undefined;
  const server = { ollama: version, gpus: [{ name: 'all', totalBytes, freeBytes: totalBytes }] };
  let numCtx = given ?? defaultContext(null, server, settings.contextLength ?? null);
  numCtx = Math.max(4, numCtx);
  const { version: numbers } = parseVersion(version);
  if (model.capabilities.includes('vision')) {
    numCtx = Math.max(numCtx, 2048);
  }
  if (trained > 0 && atLeast(numbers, '0.9.3')) {
    numCtx = Math.min(numCtx, trained);
  }
  return {
    numCtx,
    numCtxAuto,
    numBatch: integer(chosen, 'num_batch'),
    numGpu: integer(chosen, 'num_gpu') ?? -1,
    mainGpu: integer(chosen, 'main_gpu'),
    useMmap: boolean(chosen, 'use_mmap'),
    numThread: integer(chosen, 'num_thread') ?? 0,
  };
}

/** Whether a loaded runner cannot serve a request with these options (server/sched.go, needsReload). */
export function needsReload(loaded: RunnerOptions, wanted: RunnerOptions): boolean {
  const sameCtx = (loaded.numCtxAuto && wanted.numCtxAuto) || loaded.numCtx === wanted.numCtx;
  const sameGpu = wanted.numGpu < 0 || loaded.numGpu === wanted.numGpu;
  return !(
    sameCtx &&
    sameGpu &&
    loaded.numBatch === wanted.numBatch &&
    loaded.mainGpu === wanted.mainGpu &&
    loaded.useMmap === wanted.useMmap &&
    loaded.numThread === wanted.numThread
  );
}

/** Slots: one for embedding models and for architectures that cannot share. */
export function parallelSlots(model: StoredModel, version: string, settings: SimulatedSettings): number {
  const { version: numbers } = parseVersion(version);
  if (isEmbeddingModel(model.spec) || oneSlotOnly(numbers, model.spec.architecture)) {
    return 1;
  }
  return Math.max(1, settings.numParallel ?? 1);
}

function integer(options: RequestOptions, name: string): number | null {
  const value = options[name];
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === 'number' && Number.isInteger(value)) {
    return value;
  }
  throw new ServerFailure(500, `option "${name}" must be of type integer`);
}

function boolean(options: RequestOptions, name: string): boolean | null {
  const value = options[name];
  if (value === undefined || value === null) {
    return null;
  }
  if (typeof value === 'boolean') {
    return value;
  }
  throw new ServerFailure(500, `option "${name}" must be of type boolean`);
}
