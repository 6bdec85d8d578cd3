import { z } from 'zod';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import { allows } from '../src/chat/permissions.ts';
import type { Action, Block, Reply } from '../src/chat/reply.ts';
import type { Text } from '../src/chat/text.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import type { UnloadOrder, UnloadOutcome } from '../src/servers/loading/safe-unload.ts';
import { Checklist } from './load/checklist.ts';
import { holderSpan, requesterOf, shortNames } from './load/people.ts';
import { problemText } from './load/reply.ts';
import { loadsOf } from './load/run.ts';
import { completeLoadedModel, completeServer } from './parts/completion.ts';
import { modelOption, serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

/** A question that is this old should be asked anew: the server has changed, ms. */
const QUESTION_EXPIRES_MS = 15 * 60_000;

const schema = z.object({
  model: z.string().trim().min(1).max(200),
  server: z.string().trim().min(1).max(64).optional(),
});
const confirmSchema = schema.extend({ interrupt: z.boolean(), ask: z.boolean() });

type Context = CommandContext<Services>;
type Yes = Pick<UnloadOrder, 'mayInterrupt' | 'askHolder' | 'overrideHolds'>;

const NO: Yes = { mayInterrupt: false, askHolder: false, overrideHolds: false };

async function run(context: Context, options: z.output<typeof schema>, yes: Yes = NO): Promise<Reply> {
  const { services, translator, signal, person } = context;
  const loads = loadsOf(services);
  const server = pickServer(services, options.server);
  services.consents?.remember(person.id, translator.locale);
  const order: UnloadOrder = {
    model: options.model,
    by: requesterOf(context),
    isOperator: allows(person.access, 'operator'),
    ...yes,
  };
  const checklist = new Checklist(services.now);
  const params = { model: { code: options.model }, server: { code: server.name } };
  const outcome = await loads.unload(server, order, {
    signal,
    onStep: (step) => {
      checklist.add(step);
      context.progress({
        tone: 'neutral',
        title: translator.text('unload.title.running', params),
        blocks: [{ kind: 'list', items: checklist.lines(translator) }],
      });
    },
  });
  return unloadReply(context, outcome);
}

function title({ translator }: Context, outcome: UnloadOutcome): Text {
  const { result, obstacle, problem } = outcome;
  const params = {
    model: { code: outcome.model },
    server: { code: outcome.server },
    recovered: Math.max(0, outcome.recoveredBytes ?? 0),
    held: outcome.heldBytes ?? 0,
  };
  if (result === 'gone') {
    return translator.text(
      outcome.recoveredBytes === null ? 'unload.title.gone-unmeasured' : 'unload.title.gone',
      params,
    );
  }
  if (result === 'memory-stuck' || result === 'still-loaded') {
    return translator.text(`unload.title.${result}`, params);
  }
  if (result === 'needs-yes' && obstacle !== null) {
    return obstacle.hold === null
      ? translator.text('unload.title.in-use', params)
      : translator.text('unload.title.held', { ...params, holder: holderSpan(obstacle.hold) });
  }
  return problemText(translator, problem ?? { code: 'load-failed', params: {} });
}

function actions(context: Context, outcome: UnloadOutcome): Action[] {
  const { translator, person } = context;
  const { obstacle } = outcome;
  if (outcome.result !== 'needs-yes' || obstacle === null) {
    return [];
  }
  const target = { server: outcome.server, model: outcome.model };
  const button = (label: string, style: Action['style'], handler: string, ask: boolean): Action => ({
    label,
    style,
    target: 'edit',
    once: true,
    onlyFor: [person.id],
    expiresInMs: QUESTION_EXPIRES_MS,
    call: { handler, payload: { ...target, interrupt: true, ask } },
  });
  if (obstacle.hold === null) {
    return [button(translator.t('unload.action.in-use'), 'danger', 'unload.confirm', false)];
  }
  const holder = shortNames([obstacle.hold.holderName]);
  const list = [button(translator.t('unload.action.ask', { holder }), 'primary', 'unload.confirm', true)];
  if (allows(person.access, 'admin')) {
    list.push(button(translator.t('unload.action.override'), 'danger', 'unload.override', false));
  }
  return list;
}

function unloadReply(context: Context, outcome: UnloadOutcome): Reply {
  const { translator, services } = context;
  const { result, obstacle } = outcome;
  const blocks: Block[] = [];
  if (result === 'memory-stuck') {
    blocks.push({ kind: 'text', text: translator.text('unload.stuck.help') });
  }
  if (obstacle !== null && obstacle.hold !== null && obstacle.inUse) {
    blocks.push({ kind: 'text', text: translator.text('load.way-out.in-use', { model: { code: obstacle.model } }) });
  }
  for (const hold of outcome.overridden) {
    const params = { model: { code: hold.model }, holder: holderSpan(hold) };
    blocks.push({ kind: 'text', text: translator.text('load.overridden', params) });
  }
  if (services.simulated) {
    blocks.push({ kind: 'small', text: translator.text('fit.note.simulated') });
  }
  const open = result === 'needs-yes' || result === 'memory-stuck' || result === 'still-loaded';
  return {
    tone: result === 'gone' ? 'good' : open ? 'warning' : 'bad',
    title: title(context, outcome),
    blocks,
    actions: actions(context, outcome),
    ...(result === 'gone' ? {} : { failed: true }),
  };
}

/** `/unload`: operators, and whoever holds the model; the service looks who it is. */
export const unloadCommand: Command<Services> = {
  name: 'unload',
  description: 'unload.description',
  run: runnable<Services, typeof schema>({
    description: 'unload.description',
    access: 'everyone',
    acts: true,
    // It may wait for a load that runs on the same server.
    timeoutMs: null,
    options: [modelOption, serverOption],
    schema,
    run: (context, options) => run(context, options),
    complete: (context, request) =>
      request.option === 'model' ? completeLoadedModel(context, request) : completeServer(context, request),
  }),
};

function confirm(name: string, access: 'everyone' | 'admin'): ActionHandler<Services> {
  return {
    name,
    access,
    acts: true,
    payload: confirmSchema,
    timeoutMs: null,
    run: (context: Context, { interrupt, ask, ...options }: z.output<typeof confirmSchema>) =>
      run(context, options, { mayInterrupt: interrupt, askHolder: ask, overrideHolds: access === 'admin' }),
  };
}

/** What the buttons of /unload run. */
export const unloadHandlers: readonly ActionHandler<Services>[] = [
  confirm('unload.confirm', 'everyone'),
  confirm('unload.override', 'admin'),
];
