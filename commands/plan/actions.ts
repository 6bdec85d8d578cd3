import type { Action } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import { sameModel } from '../../src/servers/asking/same-model.ts';
import type { Services } from '../services.ts';
import type { SetAnswerOf } from './answer.ts';
import { keepSetAction } from './keep-action.ts';
import { membersOf, writeSet } from './members.ts';

/** The buttons under the plan of a set that is together: load it, keep it. Rights are looked at when they are pressed. */
export function planActions(answer: SetAnswerOf, translator: Translator, services: Services): Action[] {
  const { server, models } = answer;
  const members = membersOf(answer);
  if (server === null || members === null || services.loads === undefined) {
    return [];
  }
  const written = writeSet(
    members.map(({ model, numCtx }, index) => ({ name: model, numCtx, pinned: models[index]?.pinned === true })),
  );
  return [
    {
      label: translator.t('plan.action.load'),
      style: 'primary',
      call: { handler: 'plan.load', payload: { models: written, server: server.name } },
    },
    ...(services.sets === undefined ? [] : [keepSetAction(written, translator)]),
  ];
}

/** Models of a set that its server has not got, as they were written; empty where that cannot be told. */
export async function notPulled(
  { server, models, written }: SetAnswerOf,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (server === null) {
    return [];
  }
  try {
    const there = await server.ollama.tags({ signal });
    return models
      .map(({ spec, name = spec.name }) => written.get(name) ?? name)
      .filter((name) => !there.some((model) => sameModel(model.name, name)));
  } catch {
    signal.throwIfAborted();
    return [];
  }
}
