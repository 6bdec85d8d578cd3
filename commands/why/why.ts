import { z } from 'zod';
import { type Command, type CommandContext, runnable } from '../../src/chat/command.ts';
import { allows } from '../../src/chat/permissions.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { pickServer } from '../../src/servers/asking/pick-server.ts';
import type { Question } from '../../src/servers/asking/question.ts';
import { sameModel } from '../../src/servers/asking/same-model.ts';
import { findLoaded } from '../../src/servers/loading/proof.ts';
import type { LoadedModelView, Server, ServerSnapshot } from '../../src/servers/types.ts';
import { completeLoadedModel, completeServer } from '../parts/completion.ts';
import { modelOption, serverOption } from '../parts/options.ts';
import { problemBlocks } from '../parts/server-state.ts';
import { loadedSpeed } from '../parts/speed.ts';
import type { Services } from '../services.ts';
import { findCauses, findChanges } from './causes.ts';
import { isWhole, type Loader, notLoadedReply, whyReply } from './reply.ts';

const schema = z.object({
  model: z.string().trim().min(1).max(200),
  server: z.string().trim().min(1).max(64).optional(),
});

type Context = CommandContext<Services>;

/** Rows of the audit trail that are looked through for who loaded it. */
const AUDIT_ROWS = 100;

async function run(context: Context, options: z.output<typeof schema>): Promise<Reply> {
  const { services, translator } = context;
  const server = pickServer(services, options.server);
  const snapshot = await server.snapshot({ maxAgeMs: 2_000, timeoutMs: 2_000 });
  if (snapshot.models === null) {
    return {
      tone: 'bad',
      title: translator.text('ps.title.unknown', { server: { code: snapshot.name } }),
      blocks: problemBlocks(snapshot, translator),
      failed: true,
    };
  }
  const model = findLoaded(snapshot, options.model);
  const past = (await services.pastLoads?.lastFitted(server.name, model?.name ?? options.model)) ?? null;
  if (model === null) {
    return notLoadedReply(context, snapshot, options.model, past);
  }
  const [loader, question, speed] = await Promise.all([
    loaderOf(context, server.name, model),
    questionOf(context, server, snapshot, model),
    loadedSpeed(context, server, snapshot, model),
  ]);
  const estimator = services.estimates.by(context.person.id, context.signal);
  const explained = !isWhole(model) && question !== null && !snapshot.gpuStale;
  return whyReply(context, {
    snapshot,
    model,
    loader,
    past,
    ...speed,
    causes: explained ? await findCauses(estimator, question, snapshot, model) : [],
    changes: past === null ? [] : findChanges(past, snapshot, model),
  });
}

/** The question that its load was, with its own context; `null` where the model cannot be read. */
async function questionOf(
  { services, signal }: Context,
  server: Server,
  snapshot: ServerSnapshot,
  model: LoadedModelView,
): Promise<Question | null> {
  if (model.isCloud || model.isMlx) {
    return null;
  }
  try {
    const { spec } = await services.models.find(model.name, server, signal);
    const known = { name: model.name, digest: model.digest, parentModel: model.details.parentModel };
    const asked = model.contextLength === null ? {} : { numCtx: model.contextLength };
    return await services.asking.about(server, snapshot, spec, asked, known);
  } catch {
    // What is known of the load itself is worth an answer without it.
    signal.throwIfAborted();
    return null;
  }
}

/** Whoever holds it, which everybody sees in /ps; administrators are told by the audit trail, too. */
async function loaderOf({ services, person }: Context, server: string, model: LoadedModelView): Promise<Loader | null> {
  const holds = await services.loads?.holds(server).catch(() => []);
  const hold = holds?.find((one) => sameModel(one.model, model.name));
  if (hold !== undefined) {
    return { id: hold.holderId, name: hold.holderName, sinceMs: hold.sinceMs };
  }
  if (!allows(person.access, 'admin') || services.audit === undefined) {
    return null;
  }
  const rows = await services.audit.list({ server, action: 'load', limit: AUDIT_ROWS }).catch(() => []);
  const row = rows.find(({ target, result }) => result === 'ok' && target !== null && sameModel(target, model.name));
  return row === undefined ? null : { id: row.personId, name: row.personName, sinceMs: row.atMs };
}

/** `/why`: what a loaded model takes, and why part of it is not on the GPUs. */
export const whyCommand: Command<Services> = {
  name: 'why',
  description: 'why-loaded.description',
  example: '/why gemma3:12b',
  run: runnable<Services, typeof schema>({
    description: 'why-loaded.description',
    access: 'everyone',
    options: [modelOption, serverOption],
    schema,
    run,
    complete: (context, request) =>
      request.option === 'model' ? completeLoadedModel(context, request) : completeServer(context, request),
  }),
};
