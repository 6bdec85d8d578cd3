import { z } from 'zod';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import { CommandError } from '../src/chat/command-error.ts';
import type { Block, Reply } from '../src/chat/reply.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import { sameModel } from '../src/servers/asking/same-model.ts';
import type { Server } from '../src/servers/types.ts';
import { auditEntry } from './parts/audit-entry.ts';
import { completeOwnModel, completeServer } from './parts/completion.ts';
import { modelOption, serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

const schema = z.object({
  model: z.string().trim().min(1).max(200),
  server: z.string().trim().min(1).max(64).optional(),
});
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
  readonly holder: string | null;
}

/** The model on the server, read now: what was shown two minutes ago decides nothing. */
async function settle(context: Context, options: Options): Promise<Target> {
  const server = pickServer(context.services, options.server);
  const [models, snapshot] = await Promise.all([
    server.ollama.tags({ signal: context.signal }),
    server.snapshot({ maxAgeMs: 0, timeoutMs: 3_000 }),
  ]);
  const entry = models.find((model) => sameModel(model.name, options.model));
  if (entry === undefined) {
    throw new CommandError('model-not-here', { model: options.model, server: server.name });
  }
  const loaded = snapshot.models?.some((model) => sameModel(model.name, entry.name)) ?? false;
  const holder = (await context.services.holders?.(server.name))?.get(entry.name) ?? null;
  return { server, model: entry.name, sizeBytes: entry.sizeBytes, loaded, holder };
}

async function ask(context: Context, options: Options): Promise<Reply> {
  const { translator } = context;
  const target = await settle(context, options);
  const blocks: Block[] = [];
  if (target.loaded) {
    blocks.push({ kind: 'text', text: translator.text('delete.loaded') });
  }
  if (target.holder !== null) {
    blocks.push({ kind: 'text', text: translator.text('delete.held', { holder: { code: target.holder } }) });
  }
  return {
    tone: 'warning',
    title: translator.text('delete.ask', {
      model: { code: target.model },
      server: { code: target.server.name },
      bytes: target.sizeBytes,
    }),
    blocks,
    actions: [
      {
        label: translator.t('delete.confirm'),
        style: 'danger',
        target: 'edit',
        onlyFor: [context.person.id],
        once: true,
        expiresInMs: CONFIRM_MS,
        call: { handler: 'delete.confirm', payload: { model: target.model, server: target.server.name } },
      },
    ],
  };
}

async function confirm(context: Context, options: Options): Promise<Reply> {
  const { translator, services } = context;
  const target = await settle(context, options);
  const act = { action: 'delete', server: target.server.name, target: target.model };
  if (target.holder !== null) {
    await services.audit?.record(auditEntry(context, { ...act, result: 'refused', code: 'model-held' }));
    throw new CommandError('model-held', { model: target.model, holder: target.holder });
  }
  try {
    await target.server.ollama.delete(target.model, { signal: context.signal });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
    await services.audit?.record(auditEntry(context, { ...act, result: 'failed', code }));
    throw error;
  }
  await services.audit?.record(auditEntry(context, { ...act, result: 'ok', code: null }));
  return {
    tone: 'good',
    title: translator.text('delete.done', { model: { code: target.model }, server: { code: target.server.name } }),
    blocks: [],
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
    options: [modelOption, serverOption],
    schema,
    run: ask,
    complete: (context, request) =>
      request.option === 'model' ? completeOwnModel(context, request) : completeServer(context, request),
  }),
};

export const deleteConfirm: ActionHandler<Services> = {
  name: 'delete.confirm',
  access: 'admin',
  payload: schema,
  run: confirm,
};
