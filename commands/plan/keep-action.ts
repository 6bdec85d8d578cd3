import type { Action } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';

/** Keeps a set under a name made of its models'. */
export function keepSetAction(models: string, translator: Translator): Action {
  return {
    label: translator.t('plan.action.keep'),
    style: 'secondary',
    once: true,
    call: { handler: 'plan.keep', payload: { models } },
  };
}
