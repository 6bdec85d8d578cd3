import { parseModelName, sameName } from '../../catalogue/names.ts';

/** The same model under two spellings (`gemma3`, `Library/gemma3:latest`); names that cannot be read are compared as text. */
export function sameModel(a: string, b: string): boolean {
  const [left, right] = [parseModelName(a), parseModelName(b)];
  return left.ok && right.ok ? sameName(left.name, right.name) : a === b;
}
