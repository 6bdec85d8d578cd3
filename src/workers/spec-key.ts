import { createHash } from 'node:crypto';
import type { ModelSpec } from '../estimator/types.ts';

const keys = new WeakMap<ModelSpec, string>();

/** A digest of everything that an estimate of the model rests on. Equal models have equal keys, whatever they are called. */
export function specKey(spec: ModelSpec): string {
  let key = keys.get(spec);
  if (key === undefined) {
    const { name: _name, ...content } = spec;
    key = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
    keys.set(spec, key);
  }
  return key;
}

/** Real models stay below a tenth of either: a table of 2,000 tensors, a few hundred keys. */
const MAX_TENSORS = 20_000;
const MAX_CHARACTERS = 2_000_000;

/** Whether a model's description is larger than that of any real model; handing it to a thread would take too long. */
export function isTooLarge({ metadata, tensors, projector }: ModelSpec): boolean {
  const all = [tensors, projector?.tensors ?? []];
  if (all[0]!.length + all[1]!.length > MAX_TENSORS) {
    return true;
  }
  let characters = 0;
  for (const tensor of all.flat()) {
    characters += tensor.name.length + 32;
  }
  for (const [key, value] of [...Object.entries(metadata), ...Object.entries(projector?.metadata ?? {})]) {
    characters += key.length + (typeof value === 'object' && value !== null ? lengthOf(value) : String(value).length);
  }
  return characters > MAX_CHARACTERS;
}

function lengthOf(values: readonly unknown[]): number {
  return values.reduce((sum: number, value) => sum + String(value).length + 1, 0);
}
