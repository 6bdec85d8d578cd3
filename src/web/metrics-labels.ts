import { singleLine } from '../base/text.ts';

/** GPUs of a server and models of a server that have series of their own. */
export const MAX_GPUS = 32;
export const MAX_MODELS = 50;
const MAX_LABEL = 128;

/** A label's value: names come from outside, so they are bounded and have no control characters. */
export function labelText(text: string): string {
  return singleLine(text, MAX_LABEL);
}

/**
 * Values by model, the largest first, a bounded number of them.
 * @param rest `other`: the others are summed under that name; `drop`: they are left out
 */
export function boundedModels(
  values: readonly (readonly [model: string, bytes: number])[],
  rest: 'other' | 'drop' = 'other',
): ReadonlyMap<string, number> {
  const sorted = [...values].sort((a, b) => b[1] - a[1]);
  const bounded = new Map<string, number>();
  const add = (model: string, bytes: number) => bounded.set(model, (bounded.get(model) ?? 0) + bytes);
  for (const [model, bytes] of sorted.slice(0, MAX_MODELS)) {
    add(labelText(model), bytes);
  }
  if (rest === 'other') {
    for (const [, bytes] of sorted.slice(MAX_MODELS)) {
      add('other', bytes);
    }
  }
  return bounded;
}
