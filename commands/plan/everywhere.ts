/** A set where nobody named a server: the one that holds it, else which model goes where. */

import { shareOf } from '../../src/estimator/plan/fit-set.ts';
import type { SetAssignment } from '../../src/estimator/plan/assign-set.ts';
import type { Server } from '../../src/servers/types.ts';
import type { Services } from '../services.ts';
import { answerSet, type SetAnswerOf } from './answer.ts';
import type { WrittenModel } from './parse.ts';

/** Servers that are looked at. */
const MOST_SERVERS = 8;

/** A set spread over servers. */
export interface SpreadSet {
  readonly assignment: SetAssignment;
  /** By the assignment's places: the set as that server was asked for it. */
  readonly answers: readonly (SetAnswerOf & { readonly server: Server })[];
}

export type EverywhereAnswer =
  | { readonly kind: 'one'; readonly answer: SetAnswerOf }
  | { readonly kind: 'spread'; readonly spread: SpreadSet };

/**
 * Plans a set on every server: the default one where it fits as asked, else another where it does, else spread over
 * several where that shortens contexts less than any single one. Rejects as `answerSet` where no server can be asked.
 */
export async function answerEverywhere(
  services: Services,
  asker: string,
  models: readonly WrittenModel[],
  signal: AbortSignal,
): Promise<EverywhereAnswer> {
  const { servers, defaultServer } = services.servers;
  const others = servers.filter((server) => server !== defaultServer);
  const answers: (SetAnswerOf & { readonly server: Server })[] = [];
  let fault: unknown = null;
  for (const server of [defaultServer, ...others].slice(0, MOST_SERVERS)) {
    try {
      const answer = await answerSet(services, asker, { models, server }, signal);
      if (answer.fitted.asked.together) {
        return { kind: 'one', answer };
      }
      answers.push({ ...answer, server });
    } catch (error) {
      signal.throwIfAborted();
      // A server that cannot be asked, or that has not got a model's description, takes no part.
      fault ??= error;
    }
  }
  const best = answers.reduce<(typeof answers)[number] | null>(
    (taken, next) => (taken === null || shareOf(next.fitted) > shareOf(taken.fitted) ? next : taken),
    null,
  );
  if (best === null) {
    throw fault;
  }
  if (answers.length > 1) {
    const asWritten = answers.map((answer) => inWrittenOrder(answer, models));
    const assignment = await services.estimates
      .by(asker, signal)
      .assignSet(
        asWritten.map(({ estimate, models: wanted }) => ({ server: { ...estimate, loaded: [] }, models: wanted })),
      );
    if (assignment !== null && assignment.leastShare > shareOf(best.fitted)) {
      return { kind: 'spread', spread: { assignment, answers: asWritten } };
    }
  }
  return { kind: 'one', answer: best };
}

/** Answers may have put their models into another order. */
function inWrittenOrder<T extends SetAnswerOf>(answer: T, models: readonly WrittenModel[]): T {
  const place = (name: string) => models.findIndex((model) => model.name === (answer.written.get(name) ?? name));
  return {
    ...answer,
    models: answer.models.toSorted((a, b) => place(a.name ?? a.spec.name) - place(b.name ?? b.spec.name)),
  };
}
