import { z } from 'zod';
import { type ActionHandler, type Command, type CommandContext, runnable } from '../src/chat/command.ts';
import { CommandError } from '../src/chat/command-error.ts';
import { explainError } from '../src/chat/dispatch/errors.ts';
import { errorKey } from '../src/chat/error-key.ts';
import type { Block, Reply } from '../src/chat/reply.ts';
import type { Text } from '../src/chat/text.ts';
import type { Translator } from '../src/chat/translate.ts';
import { pickServer } from '../src/servers/asking/pick-server.ts';
import { sameModel } from '../src/servers/asking/same-model.ts';
import { checkPull, mayBePlain, type PullOutcome, type PullState, type RunningPull } from '../src/servers/pulling.ts';
import type { Remark, Server } from '../src/servers/types.ts';
import { largestContext } from './fit/answer.ts';
import { auditEntry } from './parts/audit-entry.ts';
import { completeModel, completeServer } from './parts/completion.ts';
import { withAnnouncement } from './parts/long-work.ts';
import { modelOption, serverOption } from './parts/options.ts';
import type { Services } from './services.ts';

/** A message is edited at most this often while a download runs, ms. */
const EDIT_EVERY_MS = 2_000;
/** Reading a header from a registry may take this long before the question is asked without it, ms. */
const LOOK_MS = 12_000;

const schema = z.object({
  model: z.string().trim().min(1).max(200),
  server: z.string().trim().min(1).max(64).optional(),
});
const cancelSchema = z.object({ id: z.uuid() });
type Options = z.output<typeof schema>;
type Context = CommandContext<Services>;

function problemText(problem: Remark, translator: Translator): string {
  const key = errorKey(problem.code, problem.params);
  return key === null ? problem.code : translator.t(key, problem.params);
}

/** Name and server, checked against the list of hosts; refusals are recorded. */
async function settle(context: Context, options: Options): Promise<{ readonly server: Server; readonly name: string }> {
  const server = pickServer(context.services, options.server);
  const checked = checkPull(options.model, context.services.pullHosts.hosts);
  if ('name' in checked) {
    return { server, name: checked.name };
  }
  await context.services.audit?.record(
    auditEntry(context, {
      action: 'pull',
      server: server.name,
      target: options.model.slice(0, 200),
      result: 'refused',
      code: checked.problem.code,
    }),
  );
  throw new CommandError(checked.problem.code, checked.problem.params);
}

/** Whether the model would fit, in words, before anything is downloaded. */
async function fitWarning(
  context: Context,
  server: Server,
  model: string,
): Promise<{ readonly lines: Text[]; readonly good: boolean }> {
  const { translator, services } = context;
  try {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LOOK_MS)]);
    const freshness = { maxAgeMs: 5_000, timeoutMs: 3_000 };
    const question = await services.asking.gather(server, model, {}, signal, freshness);
    const { spec, request, snapshot, estimate } = question;
    const bytes = question.found.downloadBytes;
    const lines: Text[] = [
      bytes === undefined ? translator.text('pull.size-unknown') : translator.text('pull.size', { bytes }),
    ];
    if (snapshot?.gpuStale !== false || estimate === null) {
      return { lines, good: true };
    }
    const estimator = services.estimates.by(context.person.id, signal);
    const ctx = await largestContext(estimator, spec, estimate, request);
    const emptied = question.emptied === null ? null : await largestContext(estimator, spec, question.emptied, request);
    lines.push(
      ctx === null
        ? translator.text('pull.fits-not', { server: { code: server.name } })
        : translator.text('pull.fits', { ctx }),
    );
    if (emptied !== null && emptied > (ctx ?? 0)) {
      lines.push(translator.text('pull.fits-empty', { ctx: emptied }));
    }
    return { lines, good: ctx !== null };
  } catch (error) {
    context.signal.throwIfAborted();
    const words = explainError(error);
    const why = words === null ? translator.t('common.unknown') : translator.t(words.key, words.params);
    return { lines: [translator.text('pull.fits-unknown', { why })], good: true };
  }
}

/** The question before the download, bound to whoever asked. */
async function ask(context: Context, options: Options): Promise<Reply> {
  const { translator } = context;
  const { server, name } = await settle(context, options);
  const [warning, models] = await Promise.all([
    fitWarning(context, server, name),
    server.ollama.tags({ signal: context.signal }),
  ]);
  const blocks: Block[] = warning.lines.map((text) => ({ kind: 'text', text }));
  if (models.some((model) => sameModel(model.name, name))) {
    blocks.push({
      kind: 'text',
      text: translator.text('pull.exists', { model: { code: name }, server: { code: server.name } }),
    });
  }
  return {
    tone: warning.good ? 'neutral' : 'warning',
    title: translator.text('pull.ask', { model: { code: name }, server: { code: server.name } }),
    blocks,
    actions: [
      {
        label: translator.t('pull.start'),
        style: warning.good ? 'primary' : 'danger',
        target: 'edit',
        onlyFor: [context.person.id],
        once: true,
        expiresInMs: 10 * 60_000,
        call: { handler: 'pull.start', payload: { model: name, server: server.name } },
      },
    ],
  };
}

function progressReply(translator: Translator, pull: RunningPull, state: PullState, personId: string): Reply {
  const share = state.totalBytes > 0 ? state.completedBytes / state.totalBytes : 0;
  const params = { done: state.completedBytes, total: state.totalBytes };
  const rated = state.bytesPerSecond !== null && state.bytesPerSecond > 0 && state.remainingMs !== null;
  return {
    tone: 'neutral',
    title: translator.text('pull.running', { model: { code: pull.model }, server: { code: pull.server }, share }),
    blocks: [
      {
        kind: 'text',
        text: rated
          ? translator.text('pull.progress', {
              ...params,
              rate: state.bytesPerSecond ?? 0,
              left: state.remainingMs ?? 0,
            })
          : translator.text('pull.progress-unrated', params),
      },
      { kind: 'small', text: translator.text('pull.status', { status: { code: state.status.slice(0, 80) } }) },
    ],
    actions: [
      {
        label: translator.t('pull.cancel'),
        style: 'danger',
        onlyFor: [personId],
        call: { handler: 'pull.cancel', payload: { id: pull.id } },
      },
    ],
  };
}

/** Ollama's own words for a failure. */
function saidBlocks({ params }: Remark, translator: Translator): Block[] {
  const { said } = params;
  return said === undefined
    ? []
    : [{ kind: 'text', text: translator.text('load.said', { text: { code: String(said) } }) }];
}

function outcomeReply(translator: Translator, outcome: PullOutcome, server: string): Reply {
  const model = { code: outcome.model };
  switch (outcome.result) {
    case 'pulled':
      return {
        tone: 'good',
        title: translator.text('pull.done', { model, server: { code: server } }),
        blocks: [],
        actions: [
          { label: '/fit', style: 'secondary', call: { command: 'fit', options: { model: outcome.model, server } } },
        ],
      };
    case 'canceled':
      return { tone: 'neutral', title: translator.text('pull.canceled', { model }), blocks: [], failed: true };
    case 'failed':
      return {
        tone: 'bad',
        title: translator.text('pull.failed', { model, why: problemText(outcome.problem, translator) }),
        blocks: saidBlocks(outcome.problem, translator),
        failed: true,
      };
  }
}

/** Downloads, showing how far it is. */
async function download(context: Context, options: Options): Promise<Reply> {
  const { translator, services } = context;
  const { server, name } = await settle(context, options);
  const begunMs = services.now();
  let lastShownMs = Number.NEGATIVE_INFINITY;
  const onState = (pull: RunningPull, state: PullState) => {
    if (services.now() - lastShownMs < EDIT_EVERY_MS) {
      return;
    }
    lastShownMs = services.now();
    context.progress(progressReply(translator, pull, state, context.person.id));
  };
  const outcome = await services.pulls.start(
    server,
    name,
    onState,
    context.signal,
    mayBePlain(name, services.pullHosts),
  );
  const result = outcome.result === 'pulled' ? 'ok' : outcome.result;
  const code = outcome.result === 'pulled' ? null : outcome.problem.code;
  await services.audit?.record(
    auditEntry(context, { action: 'pull', server: server.name, target: name, result, code }),
  );
  const reply = outcomeReply(translator, outcome, server.name);
  const waitedMs = services.now() - begunMs;
  return outcome.result === 'canceled' ? reply : withAnnouncement(reply, context.person, waitedMs);
}

/** `/pull`: asks first, with the size and whether it fits. */
export const pullCommand: Command<Services> = {
  name: 'pull',
  description: 'pull.description',
  example: '/pull qwen3:8b',
  run: runnable<Services, typeof schema>({
    description: 'pull.description',
    access: 'admin',
    // It asks; the button acts.
    acts: false,
    options: [modelOption, serverOption],
    schema,
    run: ask,
    complete: (context, request) =>
      request.option === 'model' ? completeModel(context, request) : completeServer(context, request),
  }),
};

export const pullStart: ActionHandler<Services> = {
  name: 'pull.start',
  access: 'admin',
  payload: schema,
  timeoutMs: null,
  run: download,
};

export const pullCancel: ActionHandler<Services> = {
  name: 'pull.cancel',
  access: 'admin',
  acts: false,
  payload: cancelSchema,
  run: async ({ translator, services }: Context, { id }: z.output<typeof cancelSchema>): Promise<Reply> => {
    const pull = services.pulls.cancel(id);
    if (pull === null) {
      throw new CommandError('pull-over', {});
    }
    return {
      tone: 'neutral',
      private: true,
      title: translator.text('pull.canceling', { model: { code: pull.model } }),
      blocks: [],
    };
  },
};
