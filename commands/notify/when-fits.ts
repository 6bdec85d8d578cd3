import type { CommandContext } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { loadAction } from '../../src/schedule/watches/tell.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import { largestContext } from '../fit/answer.ts';
import { type FitQuestion, gatherQuestion } from '../fit/question.ts';
import type { Services } from '../services.ts';
import { askedServers, keeperOf, madeReply, serverText, watchBase } from './made.ts';

export interface WhenFitsOptions {
  readonly model: string;
  readonly ctx?: number | undefined;
  readonly server?: string | undefined;
  readonly lifeMs: number;
}

/** The largest context on the machine with nothing on its GPUs at all; `null` where no GPU is known. */
async function largestEver(estimator: Estimator, question: FitQuestion): Promise<number | null> {
  const { estimate, found, request } = question;
  if (estimate === null) {
    return null;
  }
  const gpus = estimate.gpus.map((gpu) => ({ ...gpu, freeBytes: gpu.totalBytes }));
  return (await largestContext(estimator, found.spec, { ...estimate, gpus, loaded: [] }, request)) ?? 0;
}

/** `/notify when-fits`: at once when it fits already, else a watch. */
export async function whenFits(context: CommandContext<Services>, options: WhenFitsOptions): Promise<Reply> {
  const { services, translator, person, signal } = context;
  const keeper = keeperOf(services);
  const { model, ctx } = options;
  const servers = askedServers(services, options.server);
  const asked = await Promise.allSettled(
    servers.map((server) => gatherQuestion(services, { model, ctx, server: server.name }, signal)),
  );
  const questions = asked.filter((one) => one.status === 'fulfilled').map((one) => one.value);
  const failed = asked.find((one) => one.status === 'rejected');
  const [first] = questions;
  if (first === undefined) {
    throw failed?.reason;
  }
  const { numCtx } = first.request;
  const looks = await Promise.all(
    questions.map(async (question) => {
      const { server, snapshot, found } = question;
      const wanted = { kind: 'when-fits', spec: found.spec, numCtx } as const;
      const look = server === null || snapshot === null ? null : await keeper.look(server, snapshot, wanted, person.id);
      return { question, look };
    }),
  );
  const params = { model: { code: model }, ctx: numCtx };
  const now = looks.find(({ look }) => look?.fits === true)?.question.server;
  if (now !== undefined && now !== null) {
    return {
      tone: 'good',
      title: translator.text('notify.now.fits', { ...params, server: { code: now.name } }),
      blocks: [{ kind: 'small', text: translator.text('notify.now.no-watch') }],
      actions: [loadAction(translator, model, numCtx, now.name)],
    };
  }
  const estimator = services.estimates.by(person.id, signal);
  const ever = await Promise.all(questions.map((question) => largestEver(estimator, question)));
  if (ever.every((largest) => largest !== null && largest < numCtx)) {
    const largest = Math.max(...ever.map((one) => one ?? 0));
    const server = servers.length === 1 ? (servers[0]?.name ?? '') : translator.t('notify.made.any');
    throw largest === 0
      ? new CommandError('watch-never-fits-at-all', { model, server })
      : new CommandError('watch-never-fits', { model, ctx: numCtx, server, largest });
  }
  const watch = await keeper.add({
    ...watchBase(context, options.lifeMs, servers),
    kind: 'when-fits',
    model,
    numCtx,
    freeBytes: null,
  });
  const title = translator.text('notify.made.fits', { ...params, server: serverText(context, watch.server) });
  return madeReply(context, title, watch, {
    promised: looks.some(({ look }) => look?.promised === true),
    unknown: looks.every(({ look }) => look === null),
  });
}
