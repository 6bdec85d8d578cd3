import type { Action, Block, Reply } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { Services } from '../services.ts';
import type { SpreadSet } from './everywhere.ts';
import { keepSetAction } from './keep-action.ts';
import { membersOf, writeSet } from './members.ts';
import { planPicture } from './picture.ts';
import { setTable } from './reply.ts';

/** Which model of a set goes to which server, with a button per server. */
export function spreadReply({ assignment, answers }: SpreadSet, translator: Translator, services: Services): Reply {
  const blocks: Block[] = [];
  const actions: Action[] = [];
  const used = assignment.fitted.filter((fitted) => fitted !== null).length;
  const kept: { name: string; numCtx: number; pinned: boolean }[] = [];
  for (const [at, fitted] of assignment.fitted.entries()) {
    const answer = answers[at]!;
    const models = answer.models.filter((_, model) => assignment.serverOf[model] === at);
    const members = fitted === null ? null : membersOf({ ...answer, models, fitted });
    if (fitted === null || members === null) {
      continue;
    }
    const written = members.map(({ model, numCtx }, index) => ({
      name: model,
      numCtx,
      pinned: models[index]?.pinned === true,
    }));
    kept.push(...written);
    const plan = fitted.fitted ?? fitted.asked;
    const server = answer.server.name;
    blocks.push(
      { kind: 'heading', text: [{ code: server }] },
      { kind: 'code', text: writeSet(written) },
      setTable(plan, answer.estimate.gpus.length, translator),
    );
    const picture = planPicture(plan, answer.estimate, server, translator, services);
    if (picture !== null) {
      blocks.push(picture);
    }
    if (services.loads !== undefined) {
      actions.push({
        label: translator.t('plan.action.load-on', { server }),
        style: 'primary',
        call: { handler: 'plan.load', payload: { models: writeSet(written), server } },
      });
    }
  }
  if (services.sets !== undefined) {
    actions.push(keepSetAction(writeSet(kept), translator));
  }
  if (!assignment.exact) {
    blocks.push({ kind: 'small', text: translator.text('plan.spread.bounded') });
  }
  const key = assignment.leastShare < 1 ? 'plan.spread.smaller' : 'plan.spread';
  return {
    tone: assignment.leastShare < 1 ? 'warning' : 'good',
    title: translator.text(key, { count: assignment.serverOf.length, servers: used }),
    blocks,
    actions,
  };
}
