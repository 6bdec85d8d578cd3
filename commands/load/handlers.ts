import { z } from 'zod';
import type { ActionHandler, CommandContext } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import type { HoldAnswer } from '../../src/servers/loading/service.ts';
import type { Consent } from '../../src/servers/loading/types.ts';
import type { Services } from '../services.ts';
import { type InsteadOptions, insteadSchema } from './options.ts';
import { requesterOf } from './people.ts';
import { problemText } from './reply.ts';
import { loadsOf, runLoad } from './run.ts';

type Context = CommandContext<Services>;

const targetSchema = z.object({ server: z.string().min(1).max(64), model: z.string().min(1).max(200) });

/** "Unload X and load with N": the requester's yes to what the button says. Holders are asked all the same. */
function instead(name: string, access: 'operator' | 'admin'): ActionHandler<Services> {
  return {
    name,
    access,
    payload: insteadSchema,
    timeoutMs: null,
    run: (context: Context, { unload, interrupt, ...options }: InsteadOptions) =>
      runLoad(context, options, {
        mayUnload: unload.split('\n').filter((model) => model !== ''),
        mayInterrupt: interrupt,
        overrideHolds: access === 'admin',
      }),
  };
}

const cancel: ActionHandler<Services> = {
  name: 'load.cancel',
  // The service looks who it is: the requester may have lost the role meanwhile, and may still take the load back.
  access: 'everyone',
  payload: z.object({ id: z.string().max(40), by: z.string().max(40) }),
  run: async (context: Context, { id }: { readonly id: string }): Promise<Reply> => {
    const result = loadsOf(context.services).cancel(id, requesterOf(context));
    if (result !== 'canceled') {
      throw new CommandError(result === 'over' ? 'load-over' : 'load-not-yours');
    }
    return { tone: 'neutral', title: context.translator.text('load.cancel.done'), blocks: [], private: true };
  },
};

function holdReply(
  context: Context,
  answer: HoldAnswer,
  done: (ok: HoldAnswer & { readonly ok: true }) => Reply,
): Reply {
  if (answer.ok) {
    return done(answer);
  }
  const title = problemText(context.translator, answer.problem);
  return { tone: 'bad', title, blocks: [], private: true, failed: true };
}

const extend: ActionHandler<Services> = {
  name: 'load.extend',
  access: 'operator',
  payload: targetSchema.extend({ keepAlive: z.string().max(40) }),
  run: async (context: Context, payload: { server: string; model: string; keepAlive: string }) => {
    const { services, translator } = context;
    const server = pickServer(services, payload.server);
    const answer = await loadsOf(services).extend(server, payload.model, payload.keepAlive, requesterOf(context));
    return holdReply(context, answer, ({ hold, untilMs }) => {
      const model = { code: hold.model };
      const title =
        untilMs === null
          ? translator.text('load.extended.open', { model })
          : translator.text('load.extended', { model, until: { time: untilMs, style: 'short' } });
      return { tone: 'good', title, blocks: [] };
    });
  },
};

const release: ActionHandler<Services> = {
  name: 'load.release',
  access: 'everyone',
  acts: true,
  payload: targetSchema,
  run: async (context: Context, payload: { server: string; model: string }) => {
    const server = pickServer(context.services, payload.server);
    const answer = await loadsOf(context.services).release(server, payload.model, requesterOf(context));
    return holdReply(context, answer, ({ hold }) => ({
      tone: 'good',
      title: context.translator.text('load.released', { model: { code: hold.model } }),
      blocks: [],
    }));
  },
};

/** A holder's answer. Only the holder's counts, whatever roles there are. */
function answer(name: string, consent: Consent): ActionHandler<Services> {
  return {
    name,
    access: 'everyone',
    acts: true,
    payload: z.object({ id: z.string().max(40) }),
    run: async (context: Context, { id }: { readonly id: string }) => {
      const reply = context.services.consents?.answer(id, context.person.id, consent, context.translator) ?? 'over';
      if (reply === 'over') {
        throw new CommandError('consent-over');
      }
      if (reply === 'not-yours') {
        throw new CommandError('button-not-yours');
      }
      return reply;
    },
  };
}

/** What the buttons of loads, holds and questions run. */
export const loadHandlers: readonly ActionHandler<Services>[] = [
  cancel,
  instead('load.instead', 'operator'),
  instead('load.override', 'admin'),
  extend,
  release,
  answer('load.agree', 'agree'),
  answer('load.keep', 'keep'),
];
