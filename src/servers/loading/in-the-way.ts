import type { ServerSnapshot } from '../types.ts';
import type { Choice } from './choose.ts';
import { sameModel } from './proof.ts';
import type { LoadOutcome } from './types.ts';

/** Sets of models tried at most: a server holds a handful. */
const MAX_TRIED = 12;

/**
 * Models whose unloading would let a longer context fit, as few as possible: those that leave soonest go first, and one
 * alone before several together. Empty where unloading does not help.
 */
export function findUnloadable(
  before: ServerSnapshot,
  model: string,
  agreed: readonly string[],
  ctxWithoutUnloading: number,
  choose: (gone: readonly string[]) => Choice | null,
): LoadOutcome['inTheWay'] {
  const leaves = (expiry: number | 'pinned' | null) => (typeof expiry === 'number' ? expiry : Number.POSITIVE_INFINITY);
  const others = (before.models ?? [])
    .filter((other) => other.sizeVramBytes > 0 && !sameModel(other.name, model) && !agreed.includes(other.name))
    .sort((a, b) => leaves(a.expiresAtMs) - leaves(b.expiresAtMs));
  const helps = (gone: readonly string[]): boolean => {
    const choice = choose(gone);
    return choice !== null && choice.numCtx > ctxWithoutUnloading && choice.excessBytes === 0;
  };
  const names = others.map((other) => other.name).slice(0, MAX_TRIED);
  const sets = [...names.map((name) => [name]), ...names.map((_name, index) => names.slice(0, index + 1)).slice(1)];
  const enough = sets.find(helps);
  if (enough !== undefined) return enough.map((name) => ({ model: name, hold: null }));
  // Not the whole context even then; but more than now, or at all.
  const all = names.length > 0 ? choose(names) : null;
  return all !== null && all.numCtx > ctxWithoutUnloading ? names.map((name) => ({ model: name, hold: null })) : [];
}
