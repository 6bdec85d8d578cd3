import { z } from 'zod';
import { type Command, type CommandContext, runnable } from '../../src/chat/command.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import { completeModels, completeServer } from '../parts/completion.ts';
import { serverOption } from '../parts/options.ts';
import type { Services } from '../services.ts';
import { notPulled, planActions } from './actions.ts';
import { answerSet } from './answer.ts';
import { answerEverywhere, type EverywhereAnswer } from './everywhere.ts';
import { keptCommands } from './kept.ts';
import { modelsOption } from './options.ts';
import { parseSet } from './parse.ts';
import { planPicture } from './picture.ts';
import { type Picturing, planReply } from './reply.ts';
import { scheduleCommands } from './schedule.ts';
import { spreadReply } from './spread-reply.ts';

const schema = z.object({
  models: z.string().trim().min(1).max(1_000),
  server: z.string().trim().min(1).max(64).optional(),
});

async function check(context: CommandContext<Services>, options: z.output<typeof schema>): Promise<Reply> {
  const { services, translator, person, signal } = context;
  const models = parseSet(options.models);
  const several = options.server === undefined && services.servers.servers.length > 1;
  const found: EverywhereAnswer = several
    ? await answerEverywhere(services, person.id, models, signal)
    : {
        kind: 'one',
        answer: await answerSet(services, person.id, { models, server: pickServer(services, options.server) }, signal),
      };
  const reply = await foundReply(found, context);
  return services.simulated
    ? { ...reply, blocks: [...reply.blocks, { kind: 'small', text: translator.text('fit.note.simulated') }] }
    : reply;
}

async function foundReply(found: EverywhereAnswer, context: CommandContext<Services>): Promise<Reply> {
  const { translator, services, signal } = context;
  if (found.kind === 'spread') {
    return spreadReply(found.spread, translator, services);
  }
  const { answer } = found;
  const draw: Picturing = (shown, where) => planPicture(shown, answer.estimate, where, translator, services);
  const reply = planReply(answer, translator, draw);
  const missing = await notPulled(answer, signal);
  if (missing.length > 0) {
    const note = translator.text('plan.not-pulled', { models: { code: missing.join(', ') } });
    return { ...reply, blocks: [...reply.blocks, { kind: 'small', text: note }] };
  }
  return { ...reply, actions: planActions(answer, translator, services) };
}

/** `/plan`: do several models get along on a server. */
export const planCommand: Command<Services> = {
  name: 'plan',
  description: 'plan.description',
  example: '/plan check gemma3:12b@32k qwen2.5-coder:7b nomic-embed-text',
  subcommands: {
    check: runnable<Services, typeof schema>({
      description: 'plan.check.description',
      access: 'everyone',
      options: [modelsOption, serverOption],
      schema,
      run: check,
      complete: (context, request) =>
        request.option === 'models' ? completeModels(context, request) : completeServer(context, request),
    }),
    ...keptCommands,
    ...scheduleCommands,
  },
};
