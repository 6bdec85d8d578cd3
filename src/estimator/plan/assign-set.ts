/**
 * Which model of a set goes to which server, where no server holds all of them: every model whole on GPUs, beside those
 * that share its server, with contexts as near to what was asked as possible.
 */

import { type EstimateServer, EstimateError } from '../types.ts';
import { modelFileBytes } from './facts.ts';
import { type FittedSet, fitSet, shareOf, type WantedModel } from './fit-set.ts';
import { planSet } from './sets.ts';

/** A server that models may go to; its requests carry its own settings. */
export interface AssignableServer {
  readonly server: EstimateServer;
  /** The set as this server is asked for it, every server's in the same order. */
  readonly models: readonly WantedModel[];
}

/** Where each model of a set goes. */
export interface SetAssignment {
  /** By model, in the order of the set: the place of its server in the list. */
  readonly serverOf: readonly number[];
  /** By server: its models with their contexts; `null` = none goes there. */
  readonly fitted: readonly (FittedSet | null)[];
  /** Smallest share of a context to what was asked. */
  readonly leastShare: number;
  /** Every way was looked at; else the search ended at its bound. */
  readonly exact: boolean;
}

/** Loads planned at most: a few seconds of work. */
const MOST_PLANNED = 600;
/** Halvings of the common share. */
const SHARE_HALVINGS = 5;

/**
 * Finds the assignment whose smallest share of context to asked is the largest, on as few servers as that takes.
 *
 * @returns `null` where no assignment was found
 * @throws EstimateError as `planSet`; `set-empty` without a model
 */
export function assignSet(servers: readonly AssignableServer[]): SetAssignment | null {
  const count = servers[0]?.models.length ?? 0;
  if (count === 0) {
    throw new EstimateError('set-empty');
  }
  const search = createSearch(servers, count);
  let best = search.at(1);
  let share = 1;
  if (best === null) {
    best = search.at(0);
    let low = 0;
    let high = 1;
    for (let halving = 0; best !== null && halving < SHARE_HALVINGS && !search.spent(); halving += 1) {
      const middle = (low + high) / 2;
      const found = search.at(middle);
      if (found === null) {
        high = middle;
      } else {
        low = middle;
        best = found;
      }
    }
    share = low;
  }
  if (best === null) {
    return null;
  }
  const serverOf = best;
  const fitted = servers.map(({ server, models }, index) => {
    const own = models.filter((_, model) => serverOf[model] === index);
    return own.length === 0 ? null : fitSet(own, server);
  });
  const shares = fitted.flatMap((one) => (one === null ? [] : [one.contexts === null ? share : shareOf(one)]));
  return { serverOf, fitted, leastShare: Math.min(...shares), exact: !search.spent() };
}

function createSearch(servers: readonly AssignableServer[], count: number) {
  const known = new Map<string, boolean>();
  let planned = 0;
  // What is hardest to place goes first: a dead end shows early.
  const order = Array.from({ length: count }, (_, model) => model).sort(
    (a, b) => modelFileBytes(servers[0]!.models[b]!.spec) - modelFileBytes(servers[0]!.models[a]!.spec),
  );

  /** Whether these models are together on a server with this share of their contexts. */
  const together = (at: number, chosen: readonly number[], share: number): boolean => {
    const key = `${at} ${share} ${chosen.join(' ')}`;
    const before = known.get(key);
    if (before !== undefined) {
      return before;
    }
    planned += chosen.length;
    const { server, models } = servers[at]!;
    const own = chosen.map((model) => withShare(models[model]!, share));
    const answer = planSet(own, server).together;
    known.set(key, answer);
    return answer;
  };

  /** An assignment with this share, the fewest servers first; `null` = none, or none was found within the bound. */
  const at = (share: number): readonly number[] | null => {
    for (let most = 1; most <= servers.length; most += 1) {
      const found = place(
        0,
        servers.map(() => []),
        share,
        most,
      );
      if (found !== null) {
        return found;
      }
    }
    return null;
  };

  const place = (
    depth: number,
    chosen: readonly (readonly number[])[],
    share: number,
    most: number,
  ): readonly number[] | null => {
    if (depth === order.length) {
      return Array.from({ length: count }, (_, model) => chosen.findIndex((own) => own.includes(model)));
    }
    const model = order[depth]!;
    const used = chosen.filter((own) => own.length > 0).length;
    for (const [at, own] of chosen.entries()) {
      if (planned >= MOST_PLANNED) {
        return null;
      }
      // In the order of the set: that is how they will be loaded.
      const next = [...own, model].sort((a, b) => a - b);
      if ((own.length === 0 && used >= most) || !together(at, next, share)) {
        continue;
      }
      const found = place(depth + 1, chosen.with(at, next), share, most);
      if (found !== null) {
        return found;
      }
    }
    return null;
  };

  return { at, spent: () => planned >= MOST_PLANNED };
}

function withShare(model: WantedModel, share: number): WantedModel {
  const { request, pinned } = model;
  const numCtx =
    pinned === true || share === 1 ? request.numCtx : Math.max(256, Math.floor((request.numCtx * share) / 256) * 256);
  return { ...model, request: { ...request, numCtx: Math.min(request.numCtx, numCtx) } };
}
