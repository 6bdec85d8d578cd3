/**
 * The contexts with which a set of models is on the GPUs at the same time: as near to what was asked as possible, alike
 * for all of them, and then as much more for each as there is room.
 */

import type { EstimateServer } from '../types.ts';
import { EstimateError } from '../types.ts';
import { CLAMP_STEP } from './clamp.ts';
import { planSet, type SetAnswer, type SetModel } from './sets.ts';

/** A model of a set, with what is wanted of its context. */
export interface WantedModel extends SetModel {
  /** The context asked for is kept as it is. */
  readonly pinned?: boolean;
}

export interface FittedSet {
  /** The set as asked. */
  readonly asked: SetAnswer;
  /** Contexts per slot with which all are together, in the models' order; `null` = no contexts make it so. */
  readonly contexts: readonly number[] | null;
  /** The set with those contexts; `asked` itself where they are the same. */
  readonly fitted: SetAnswer | null;
}

/** Halvings of the common share: finer than a step of any context that models have. */
const SHARE_HALVINGS = 12;
/** Halvings for one model's own context. */
const OWN_HALVINGS = 9;

function whole(ctx: number): number {
  return Math.max(CLAMP_STEP, Math.floor(ctx / CLAMP_STEP) * CLAMP_STEP);
}

/**
 * Plans a set and, where it does not fit together as asked, finds the contexts that make it fit: the smallest share of
 * context to asked is as large as can be, then their sum (what costs least memory for its share is raised first). Order
 * and models stay as they are.
 *
 * @throws EstimateError as `planSet`; `set-empty` without a model
 */
export function fitSet(models: readonly WantedModel[], server: EstimateServer): FittedSet {
  if (models.length === 0) {
    throw new EstimateError('set-empty');
  }
  const wanted = models.map(({ request }) => request.numCtx);
  const at = (contexts: readonly number[]): SetAnswer =>
    planSet(
      models.map((model, index) => ({ ...model, request: { ...model.request, numCtx: contexts[index]! } })),
      server,
    );
  const asked = planSet(models, server);
  if (asked.together) {
    return { asked, contexts: wanted, fitted: asked };
  }
  const shared = (share: number) =>
    models.map(({ pinned }, index) =>
      pinned === true ? wanted[index]! : Math.min(wanted[index]!, whole(wanted[index]! * share)),
    );
  let best: readonly number[] = shared(0);
  let fitted = at(best);
  if (!fitted.together) {
    return { asked, contexts: null, fitted: null };
  }
  let low = 0;
  let high = 1;
  for (let halving = 0; halving < SHARE_HALVINGS; halving++) {
    const middle = (low + high) / 2;
    const contexts = shared(middle);
    const answer = contexts.every((ctx, index) => ctx === best[index]) ? fitted : at(contexts);
    if (answer.together) {
      low = middle;
      best = contexts;
      fitted = answer;
    } else {
      high = middle;
    }
  }
  for (const index of cheapestFirst(models, wanted, best, asked, fitted)) {
    const raised = raise(best, index, wanted[index]!, at);
    if (raised !== null) {
      best = raised.contexts;
      fitted = raised.answer;
    }
  }
  return { asked, contexts: best, fitted };
}

/** Models whose context can grow, by the bytes that a share of it costs. */
function cheapestFirst(
  models: readonly WantedModel[],
  wanted: readonly number[],
  contexts: readonly number[],
  asked: SetAnswer,
  fitted: SetAnswer,
): readonly number[] {
  const cost = (index: number): number => {
    const bytes = (answer: SetAnswer) => answer.steps[index]?.plan.sizeBytes ?? 0;
    return ((bytes(asked) - bytes(fitted)) / Math.max(1, wanted[index]! - contexts[index]!)) * wanted[index]!;
  };
  return models
    .map((_, index) => index)
    .filter((index) => models[index]!.pinned !== true && contexts[index]! < wanted[index]!)
    .sort((a, b) => cost(a) - cost(b) || a - b);
}

/** One model's context as large as the others leave room for; `null` where it cannot grow. */
function raise(
  contexts: readonly number[],
  index: number,
  most: number,
  at: (contexts: readonly number[]) => SetAnswer,
): { readonly contexts: readonly number[]; readonly answer: SetAnswer } | null {
  const withContext = (ctx: number) => contexts.with(index, ctx);
  let found: { contexts: readonly number[]; answer: SetAnswer } | null = null;
  let low = contexts[index]!;
  let high = most + CLAMP_STEP;
  for (let halving = 0; halving < OWN_HALVINGS && high - low > CLAMP_STEP; halving++) {
    const middle = halving === 0 ? most : whole((low + high) / 2);
    if (middle <= low || middle >= high) {
      break;
    }
    const tried = withContext(middle);
    const answer = at(tried);
    if (answer.together) {
      low = middle;
      found = { contexts: tried, answer };
    } else {
      high = middle;
    }
  }
  return found;
}

/** The smallest share of a context to what was asked; 0 where no contexts fit. */
export function shareOf({ asked, contexts }: FittedSet): number {
  return contexts === null
    ? 0
    : Math.min(...contexts.map((ctx, index) => Math.min(1, ctx / (asked.steps[index]?.plan.numCtx || ctx))));
}
