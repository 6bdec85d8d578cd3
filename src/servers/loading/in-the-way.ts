import { type Choice, SMALLEST_CTX } from './choose.ts';
import type { Obstacle, WayOut } from './types.ts';

/** Sets of models tried at most: a server holds a handful. */
const MAX_TRIED = 12;

/** A model that could be unloaded, with when it leaves by itself; `Infinity` = never. */
export interface Candidate extends Obstacle {
  readonly leavesAtMs: number;
}

/**
 * Models whose unloading would let a longer context fit, as few as possible. Whom Ollama itself would unload comes first,
 * in its order; then nobody's, then those in use, then those that somebody holds; among equals those that leave soonest.
 * One alone is tried before several together.
 * @param ctxWithout what fits without unloading anything; 0 = nothing
 * @param ollamasOrder names of those that Ollama would unload, in its order
 * @returns `null` where unloading does not help
 */
export async function findWayOut(
  candidates: readonly Candidate[],
  ctxWithout: number,
  choose: (gone: readonly string[]) => Promise<Choice | null>,
  ollamasOrder: readonly string[] = [],
): Promise<WayOut | null> {
  const cost = (candidate: Candidate) => (candidate.hold !== null ? 2 : candidate.inUse ? 1 : 0);
  const rank = ({ model }: Candidate) => {
    const index = ollamasOrder.indexOf(model);
    return index < 0 ? ollamasOrder.length : index;
  };
  const sorted = [...candidates]
    .sort(
      (a, b) => rank(a) - rank(b) || cost(a) - cost(b) || a.leavesAtMs - b.leavesAtMs || (a.model < b.model ? -1 : 1),
    )
    .slice(0, MAX_TRIED);
  const sets = [...sorted.map((one) => [one]), ...sorted.map((_one, index) => sorted.slice(0, index + 1)).slice(1)];
  let best: WayOut | null = null;
  for (const set of sets) {
    const choice = await choose(set.map(({ model }) => model));
    if (choice === null || choice.numCtx <= ctxWithout) {
      continue;
    }
    const wayOut = { numCtx: choice.numCtx, obstacles: set.map(({ model, hold, inUse }) => ({ model, hold, inUse })) };
    if (choice.clamp === null) {
      return wayOut;
    }
    // Not the whole context even then; worth telling when it is clearly more than now.
    if (choice.numCtx >= Math.max(SMALLEST_CTX, ctxWithout * 1.1) && choice.numCtx > (best?.numCtx ?? 0)) {
      best = wayOut;
    }
  }
  return best;
}
