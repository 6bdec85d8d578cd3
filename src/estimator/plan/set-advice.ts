/** What else would make a set fit as asked: another order, one model less, one model in a smaller quantization. */

import { quantize } from '../model/quantize/quantize.ts';
import { EstimateError, type EstimateServer, type ModelSpec } from '../types.ts';
import { modelFileBytes } from './facts.ts';
import type { WantedModel } from './fit-set.ts';
import { planSet } from './sets.ts';

/** Each is `null` where it does not help, or where nothing was found within the bound. */
export interface SetAdvice {
  /** Places in the set as given, in the order in which all of them fit as asked. */
  readonly order: readonly number[] | null;
  /** The smallest one without which the others fit, and the order in which they do. */
  readonly without: { readonly index: number; readonly order: readonly number[]; readonly asAsked: boolean } | null;
  /** The one that makes room in a smaller quantization, the mildest that does it. */
  readonly quantized: {
    readonly index: number;
    readonly target: string;
    readonly bytes: number;
    readonly asAsked: boolean;
  } | null;
}

/** Loads planned at most: a second or two of work. */
const MOST_PLANNED = 500;
/** Sets up to this size are tried in every order. */
const EVERY_ORDER = 4;
/** A context that is short for anybody, tokens. */
const SHORT_CTX = 2_048;
/** Quantizations that people keep, from the mildest. */
const TARGETS = ['Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q4_K_S', 'IQ4_XS', 'Q3_K_M'] as const;

/**
 * What would make a set fit that does not as asked; where no contexts make it fit, also what would with short ones.
 *
 * @param shorter whether the set fits with shorter contexts
 * @throws EstimateError as `planSet`
 */
export function adviseSet(models: readonly WantedModel[], server: EstimateServer, shorter: boolean): SetAdvice {
  let planned = 0;
  const together: Together = (set) => {
    if (planned >= MOST_PLANNED || set.length === 0) {
      return false;
    }
    planned += set.length;
    return planSet(set, server).together;
  };
  const places = models.map((_, index) => index);
  const bySize = places.toSorted((a, b) => modelFileBytes(models[b]!.spec) - modelFileBytes(models[a]!.spec));
  const order = ordersOf(bySize, places).find((tried) => together(tried.map((index) => models[index]!))) ?? null;
  const short = shorter ? null : models.map(shortened);
  const without = withoutOne(models, bySize, together, true);
  const quantized = order === null ? quantizedOf(models, bySize, together, true) : null;
  return {
    order,
    without: without ?? (short === null ? null : withoutOne(short, bySize, together, false)),
    quantized: quantized ?? (short === null || order !== null ? null : quantizedOf(short, bySize, together, false)),
  };
}

type Together = (set: readonly WantedModel[]) => boolean;

function shortened(model: WantedModel): WantedModel {
  const { request, pinned } = model;
  return pinned === true ? model : { ...model, request: { ...request, numCtx: Math.min(request.numCtx, SHORT_CTX) } };
}

/** Who gives up least comes first; the others as given, or the largest first. */
function withoutOne(
  models: readonly WantedModel[],
  bySize: readonly number[],
  together: Together,
  asAsked: boolean,
): SetAdvice['without'] {
  for (const index of models.length < 2 ? [] : bySize.toReversed()) {
    for (const all of [models.map((_, place) => place), bySize]) {
      const order = all.filter((other) => other !== index);
      if (together(order.map((other) => models[other]!))) {
        return { index, order, asAsked };
      }
    }
  }
  return null;
}

function ordersOf(bySize: readonly number[], asGiven: readonly number[]): readonly (readonly number[])[] {
  const all = bySize.length <= EVERY_ORDER ? permutations(bySize) : [bySize, bySize.toReversed()];
  return all.filter((order) => order.some((index, at) => index !== asGiven[at]));
}

/** All orders, the given one first. */
function permutations(items: readonly number[]): readonly (readonly number[])[] {
  return items.length < 2
    ? [items]
    : items.flatMap((first) => permutations(items.filter((item) => item !== first)).map((rest) => [first, ...rest]));
}

function quantizedOf(
  models: readonly WantedModel[],
  bySize: readonly number[],
  together: Together,
  asAsked: boolean,
): SetAdvice['quantized'] {
  for (const target of TARGETS) {
    for (const index of bySize.slice(0, 3)) {
      const model = models[index]!;
      const smaller = inTarget(model.spec, target);
      if (smaller !== null && together(models.with(index, { ...model, spec: smaller.spec }))) {
        return { index, target, bytes: smaller.bytes, asAsked };
      }
    }
  }
  return null;
}

/** A model in a quantization, where it is smaller by it; the name stays. */
function inTarget(spec: ModelSpec, target: string): { readonly spec: ModelSpec; readonly bytes: number } | null {
  try {
    const quantized = quantize(spec, target);
    return modelFileBytes(quantized.spec) < modelFileBytes(spec) * 0.98
      ? { spec: { ...quantized.spec, name: spec.name }, bytes: quantized.bytes }
      : null;
  } catch (error) {
    if (error instanceof EstimateError) {
      return null;
    }
    throw error;
  }
}
