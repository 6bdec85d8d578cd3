import { readContextLength } from '../../src/base/context-length.ts';
import type { Choice, CommandContext, CompletionRequest } from '../../src/chat/command.ts';
import { matchNames } from '../../src/chat/matching.ts';
import { SWEEP_TARGETS } from '../../src/estimator/plan/sweep.ts';
import { largestContext } from '../fit/answer.ts';
import { gatherQuestion } from '../fit/question.ts';
import type { Services } from '../services.ts';

const COMMON_CONTEXTS = [
  2_048, 4_096, 8_192, 16_384, 32_768, 65_536, 98_304, 131_072, 196_608, 262_144, 524_288, 1_048_576,
];
/** Model lists are kept this long for completion: every key pressed asks again. */
const TAGS_AGE_MS = 30_000;

type Context = Omit<CommandContext<Services>, 'progress'>;

interface CachedTags {
  readonly atMs: number;
  readonly names: Promise<readonly string[]>;
}

const tagsByServer = new WeakMap<object, CachedTags>();

/** Names of the models that a server has, from a short-lived cache; empty when it does not answer. */
function serverModels(context: Context, serverName: unknown): Promise<readonly string[]> {
  const { servers } = context.services;
  const server = (typeof serverName === 'string' ? servers.get(serverName) : null) ?? servers.defaultServer;
  const now = context.services.now();
  const cached = tagsByServer.get(server);
  if (cached !== undefined && now - cached.atMs < TAGS_AGE_MS) {
    return cached.names;
  }
  const names = server.ollama.tags({ signal: AbortSignal.timeout(1_500) }).then(
    (models) => models.filter((model) => !model.isCloud).map((model) => model.name),
    () => [],
  );
  tagsByServer.set(server, { atMs: now, names });
  return names;
}

function asChoices(names: readonly string[]): readonly Choice[] {
  return names.map((name) => ({ value: name, label: name }));
}

/** Models: what the server has first, then the built-in list. */
export async function completeModel(context: Context, request: CompletionRequest): Promise<readonly Choice[]> {
  const own = await serverModels(context, request.options.server);
  return asChoices(matchNames(request.typed, [...new Set([...own, ...context.services.models.builtinNames()])]));
}

/** Several models, one after the other: the last is completed, those before it stay. */
export async function completeModels(context: Context, request: CompletionRequest): Promise<readonly Choice[]> {
  const [, before = '', last = ''] = /^(.*[\s,，、;])?(\S*)$/su.exec(request.typed) ?? [];
  const found = await completeModel(context, { ...request, typed: last });
  return found.map(({ value }) => ({ value: `${before}${value}`, label: `${before}${value}` }));
}

/** Quantizations that people keep. */
export async function completeQuantization({ typed }: CompletionRequest): Promise<readonly Choice[]> {
  return asChoices(matchNames(typed, SWEEP_TARGETS));
}

/** Models that the server has on disk, for commands that work on those alone. */
export async function completeOwnModel(context: Context, request: CompletionRequest): Promise<readonly Choice[]> {
  return asChoices(matchNames(request.typed, await serverModels(context, request.options.server)));
}

/** Models that are in memory, as the last look showed them. */
export async function completeLoadedModel(context: Context, request: CompletionRequest): Promise<readonly Choice[]> {
  const { servers } = context.services;
  const { server: named } = request.options;
  const server = (typeof named === 'string' ? servers.get(named) : null) ?? servers.defaultServer;
  const snapshot = await server.snapshot({ maxAgeMs: 5_000, timeoutMs: 1_500 });
  const loaded = (snapshot.models ?? []).map(({ name }) => name);
  return asChoices(matchNames(request.typed, loaded));
}

export async function completeServer(context: Context, request: CompletionRequest): Promise<readonly Choice[]> {
  const names = context.services.servers.servers.map(({ name }) => name);
  return asChoices(matchNames(request.typed, names));
}

function plain(ctx: number): Choice {
  return { value: ctx, label: String(ctx) };
}

/** Whether a context is one that the text may grow to, as a number or in thousands: `32`, `32,7`, `128k`. */
function beginsLike(ctx: number, typed: string): boolean {
  const text = typed
    .normalize('NFKC')
    .toLowerCase()
    .replace(/^(?:num_)?ctx\s*[:=]?|[\s,_]/g, '');
  return String(ctx).startsWith(text) || (ctx % 1024 === 0 && `${ctx / 1024}k`.startsWith(text));
}

/** Common contexts, marked with what fits; plain numbers where nothing can be said yet. */
export async function completeContext(context: Context, request: CompletionRequest): Promise<readonly Choice[]> {
  const { typed } = request;
  const wanted = readContextLength(typed);
  const common = COMMON_CONTEXTS.filter((ctx) => beginsLike(ctx, typed));
  const sizes = [...new Set([...(wanted === null ? [] : [wanted]), ...common])];
  const { model, server, gpus } = request.options;
  if (typeof model !== 'string' || model.trim() === '') {
    return sizes.map(plain);
  }
  const options = {
    model: model.trim(),
    ...(typeof server === 'string' ? { server } : {}),
    ...(typeof gpus === 'string' ? { gpus } : {}),
  };
  try {
    const question = await gatherQuestion(
      context.services,
      options,
      AbortSignal.any([context.signal, AbortSignal.timeout(1_800)]),
    );
    const { estimate, trained } = question;
    if (estimate === null || question.snapshot?.gpuStale === true) {
      return sizes.map(plain);
    }
    const { t } = context.translator;
    const estimator = context.services.estimates.by(context.person.id, context.signal);
    const { spec } = question.found;
    const largestCtx = await largestContext(estimator, spec, estimate, question.request);
    const offered = sizes.filter((ctx) => trained === 0 || ctx <= trained);
    const plans = await Promise.all(
      offered.map((ctx) => estimator.decide(spec, estimate, { ...question.request, numCtx: ctx })),
    );
    const choices: Choice[] = offered.map((ctx, i) => ({
      value: ctx,
      label: t(plans[i]!.verdict === 'fits' ? 'complete.ctx.fits' : 'complete.ctx.not', { ctx }),
    }));
    if (largestCtx !== null && beginsLike(largestCtx, typed) && !offered.includes(largestCtx)) {
      choices.unshift({ value: largestCtx, label: t('complete.ctx.largest', { ctx: largestCtx }) });
    }
    return choices;
  } catch {
    // Half-typed names are normal here; the command itself tells what is wrong.
    return sizes.map(plain);
  }
}
