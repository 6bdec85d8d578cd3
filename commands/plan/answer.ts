/** Whether several models are on a server at the same time, and with which contexts they would be. */

import { CodedError } from '../../src/base/coded.ts';
import { modelFileBytes } from '../../src/estimator/plan/facts.ts';
import type { FittedSet, WantedModel } from '../../src/estimator/plan/fit-set.ts';
import type { SetAdvice } from '../../src/estimator/plan/set-advice.ts';
import type { EstimateServer, GpuDevice } from '../../src/estimator/types.ts';
import { sameModel } from '../../src/servers/asking/same-model.ts';
import type { Server } from '../../src/servers/types.ts';
import type { Services } from '../services.ts';
import type { WrittenModel } from './parse.ts';

/** What a set is asked of. */
export interface SetOptions {
  readonly models: readonly WrittenModel[];
  readonly server: Server | null;
  readonly gpus?: readonly GpuDevice[] | undefined;
  readonly ollama?: string | undefined;
}

export interface SetAnswerOf {
  readonly models: readonly WantedModel[];
  readonly estimate: EstimateServer;
  readonly server: Server | null;
  readonly fitted: FittedSet;
  /** In the order given they would not be together with any contexts; in this one they are. */
  readonly reordered: boolean;
  /** What else would make it fit as asked; `null` where it fits. Places are those of `models`. */
  readonly advice: SetAdvice | null;
  /** How each model was written, by its own name. */
  readonly written: ReadonlyMap<string, string>;
}

/**
 * Plans a set on an empty server, one model after the other in the order given. Rejects with typed errors: those of a
 * question, `no-gpus-known`, `set-twice`.
 */
export async function answerSet(
  services: Services,
  asker: string,
  options: SetOptions,
  signal: AbortSignal,
): Promise<SetAnswerOf> {
  const { server, gpus, ollama } = options;
  const models: WantedModel[] = [];
  const written = new Map<string, string>();
  let estimate: EstimateServer | null = null;
  // One after the other: a server that hangs is asked once, then its snapshot is at hand.
  for (const { name, numCtx, pinned } of options.models) {
    const question = await services.asking.gather(server, name, { numCtx, gpus, ollama }, signal);
    if (models.some((model) => sameModel(model.spec.name, question.spec.name))) {
      throw new CodedError('set-twice', { model: question.spec.name });
    }
    written.set(question.spec.name, name);
    models.push({ spec: question.spec, name: question.spec.name, request: question.request, pinned });
    estimate ??= question.emptied ?? question.estimate;
  }
  if (estimate === null) {
    throw new CodedError('no-gpus-known');
  }
  const estimator = services.estimates.by(asker, signal);
  const empty = { ...estimate, loaded: [] };
  const fitted = await estimator.fitSet(models, empty);
  const answer = { estimate, server, written };
  if (fitted.asked.together) {
    return { ...answer, models, fitted, reordered: false, advice: null };
  }
  const advice = await estimator.adviseSet(models, empty, fitted.contexts !== null);
  if (fitted.contexts !== null) {
    return { ...answer, models, fitted, reordered: false, advice };
  }
  // A small model that comes first takes the room that only a large one needs whole.
  const ordered =
    advice.order?.map((index) => models[index]!) ??
    models.toSorted((a, b) => modelFileBytes(b.spec) - modelFileBytes(a.spec));
  const again = await estimator.fitSet(ordered, empty);
  return again.contexts === null
    ? { ...answer, models, fitted, reordered: false, advice }
    : { ...answer, models: ordered, fitted: again, reordered: true, advice: null };
}
