import type { Action } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
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
