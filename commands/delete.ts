import { z } from 'zod';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import { CommandError } from '../src/chat/command-error.ts';
import type { Reply } from '../src/chat/reply.ts';
import type { Text } from '../src/chat/text.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import { sameModel } from '../src/servers/asking/same-model.ts';
import type { UnderWay } from '../src/servers/loading/jobs.ts';
import type { Server } from '../src/servers/types.ts';
import { holderSpan, personSpan } from './load/people.ts';
import { auditEntry } from './parts/audit-entry.ts';
import { completeOwnModel, completeServer } from './parts/completion.ts';
import { modelOption, serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

const schema = z.object({
  model: z.string().trim().min(1).max(200),
  server: z.string().trim().min(1).max(64).optional(),
});
/** `interrupt`: the button said that loads of it are under way. */
const confirmSchema = schema.extend({ interrupt: z.boolean() });
type Options = z.output<typeof schema>;
type Context = CommandContext<Services>;
/** A deletion must be confirmed while the answer is still in sight. */
const CONFIRM_MS = 2 * 60_000;

interface Target {
  readonly server: Server;
  /** The server's own spelling. */
  readonly model: string;
  readonly sizeBytes: number;
  readonly loaded: boolean;
  readonly hold: { readonly holderId: string; readonly holderName: string } | null;
  /** Loads of it that wait or run. */
  readonly loads: readonly UnderWay[];
  /** Other names of the same weights. */
  readonly otherNames: readonly string[];
  /** What it was made from, where this program made it. */
  readonly madeFrom: string | null;
}

/** The model on the server, read now: what was shown two minutes ago decides nothing. */
async function settle(context: Context, options: Options): Promise<Target> {
  const { services, signal } = context;
  const server = pickServer(services, options.server);
  const [models, snapshot] = await Promise.all([
    server.ollama.tags({ signal }),
    server.snapshot({ maxAgeMs: 0, timeoutMs: 3_000 }),
  ]);
  const entry = models.find((model) => sameModel(model.name, options.model));
  if (entry === undefined) {
    throw new CommandError('model-not-here', { model: options.model, server: server.name });
  }
  const { loads } = services;
  const [holds, made, otherNames] = await Promise.all([
    // Of the store, not as last seen: another process may hold it.
    loads?.holds(server.name) ?? [],
    loads?.madeAlias(server.name, entry.name) ?? null,
    services.weights.otherNames(server, models, entry),
  ]);
  return {
    server,
    model: entry.name,
    sizeBytes: entry.sizeBytes,
    loaded: snapshot.models?.some((model) => sameModel(model.name, entry.name)) ?? false,
    hold: holds.find((hold) => sameModel(hold.model, entry.name)) ?? null,
    loads: (loads?.underWay(server.name) ?? []).filter(
      ({ kind, model }) => kind === 'load' && sameModel(model, entry.name),
    ),
    otherNames,
    madeFrom: made !== null && made.digest === entry.digest ? made.base : null,
  };
}

function question(context: Context, target: Target): Reply {
  const { translator } = context;
  const { model, server, sizeBytes: bytes, loads, hold, otherNames, madeFrom } = target;
  const params = { model: { code: model }, server: { code: server.name }, bytes };
  const texts: Text[] = [];
  if (otherNames.length > 0) {
    const names = { code: otherNames.join(', ') };
    texts.push(
      madeFrom === null
        ? translator.text('delete.shared', { names })
        : translator.text('delete.alias', { ...params, base: { code: madeFrom } }),
    );
  }
  for (const load of loads) {
    texts.push(translator.text('delete.loading', { requester: personSpan(load.by) }));
  }
  if (target.loaded) {
    texts.push(translator.text('delete.loaded'));
  }
  if (hold !== null) {
    texts.push(translator.text('delete.held', { holder: holderSpan(hold) }));
  }
  return {
    tone: 'warning',
    title: translator.text(otherNames.length > 0 ? 'delete.ask.shared' : 'delete.ask', params),
    blocks: texts.map((text) => ({ kind: 'text', text })),
    actions: [
      {
        label: translator.t(loads.length > 0 ? 'delete.confirm.loading' : 'delete.confirm'),
        style: 'danger',
        target: 'edit',
        onlyFor: [context.person.id],
        once: true,
        expiresInMs: CONFIRM_MS,
        call: { handler: 'delete.confirm', payload: { model, server: server.name, interrupt: loads.length > 0 } },
      },
    ],
  };
}

async function confirm(context: Context, { interrupt, ...options }: z.output<typeof confirmSchema>): Promise<Reply> {
  const { translator, services } = context;
  const target = await settle(context, options);
  const { server, model, hold } = target;
  const act = { action: 'delete', server: server.name, target: model };
  if (hold !== null) {
    await services.audit?.record(auditEntry(context, { ...act, result: 'refused', code: 'model-held' }));
    throw new CommandError('model-held', { model, holder: hold.holderName });
  }
  if (target.loads.length > 0 && !interrupt) {
    // A load of it began since the question: that was no part of it.
    return question(context, target);
  }
  try {
    await server.ollama.delete(model, { signal: context.signal });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    await services.audit?.record(auditEntry(context, { ...act, result: 'failed', code }));
    throw error;
  }
  await services.audit?.record(auditEntry(context, { ...act, result: 'ok', code: null }));
  await services.loads?.forgetAlias(server.name, model);
  const params = { model: { code: model }, server: { code: server.name } };
  const names = { code: target.otherNames.join(', ') };
  return {
    tone: 'good',
    title: translator.text('delete.done', params),
    blocks:
      target.otherNames.length > 0 ? [{ kind: 'text', text: translator.text('delete.done.shared', { names }) }] : [],
  };
}

/** `/delete`: asks first; the confirmation is bound to the person and reads the server again. */
export const deleteCommand: Command<Services> = {
  name: 'delete',
  description: 'delete.description',
  example: '/delete qwen3:8b',
  run: runnable<Services, typeof schema>({
    description: 'delete.description',
    access: 'admin',
    // It asks; the button acts.
    acts: false,
    options: [modelOption, serverOption],
    schema,
    run: async (context, options) => question(context, await settle(context, options)),
    complete: (context, request) =>
      request.option === 'model' ? completeOwnModel(context, request) : completeServer(context, request),
  }),
};

export const deleteConfirm: ActionHandler<Services> = {
  name: 'delete.confirm',
  access: 'admin',
  payload: confirmSchema,
  run: confirm,
};
