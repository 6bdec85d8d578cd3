import { answerQuestion, withSmaller } from '../../commands/fit/answer.ts';
import { explainReply } from '../../commands/fit/explain.ts';
import { type Launch, launchOf, launchReply } from '../../commands/fit/launch.ts';
import { type FitOptions, type FitQuestion, gatherQuestion } from '../../commands/fit/question.ts';
import { fitReply } from '../../commands/fit/reply.ts';
import { sweepReply } from '../../commands/fit/sweep.ts';
import type { Services } from '../../commands/services.ts';
import { CodedError } from '../base/coded.ts';
import { readContextLength } from '../base/context-length.ts';
import type { Translator } from '../chat/translate.ts';
import { KV_CACHE_TYPES } from '../estimator/plan/checks.ts';
import { explain } from '../estimator/plan/explain.ts';
import type { EstimateServer, KvCacheType, Plan } from '../estimator/types.ts';
import type { Tool, ToolCall } from './command.ts';
import { showReply } from './show.ts';

const EXIT: Readonly<Record<Plan['verdict'], number>> = { fits: 0, partial: 2, cpu: 3, refused: 3 };
const TIME_LIMIT_MS = 60_000;

/** `headroom fit`: one question. @returns 0 fits, 2 partial, 3 cpu or refused */
export async function runFit(tool: Tool, call: ToolCall): Promise<number> {
  const { translator } = tool;
  const options = readFitOptions(call, translator);
  const services = await tool.services({ servers: options.offline !== true });
  const question = await gatherQuestion(services, options, AbortSignal.timeout(TIME_LIMIT_MS));
  if (question.estimate === null) {
    throw new CodedError('no-gpus-known');
  }
  if (question.snapshot?.gpuStale === true && !question.gpusGiven) {
    throw new CodedError('gpus-stale');
  }
  if (call.options.sweep === true) {
    return writeSweep(tool, call, { services, question, estimate: question.estimate });
  }
  const answer = await answerQuestion(services.estimates.by('tool'), question, question.estimate);
  const explained = call.options.explain === true;
  const launch = call.options.launch === true ? await launchOf(services.estimates.by('tool'), answer) : null;
  if (call.options.json === true) {
    // Loaded where it is needed: the schema of the lines is a good part of the tool's start.
    const { planToJson, speedToJson } = await import('./estimate.ts');
    const figures = explained
      ? { explain: explain(question.found.spec, answer.plan, answer.estimate, question.request) }
      : {};
    const lines = launch === null ? {} : { launch: launchToJson(launch) };
    const said = { ...planToJson(answer.plan, answer.largestCtx), ...speedToJson(answer.speed), ...figures, ...lines };
    tool.write(`${JSON.stringify(said)}\n`);
    return EXIT[answer.plan.verdict];
  }
  const { actions: _buttons, ...reply } = fitReply(
    await withSmaller(answer, services.estimates.by('tool')),
    translator,
    services,
  );
  tool.write(await showReply(tool, reply, services.now()));
  if (launch !== null) {
    const lines = launchReply(answer, launch, translator, services);
    tool.write(`\n${await showReply(tool, lines, services.now())}`);
  }
  if (explained) {
    tool.write(`\n${await showReply(tool, explainReply(answer, translator), services.now())}`);
  }
  return EXIT[answer.plan.verdict];
}

function launchToJson({ options, modelfile, environment, command, verified, plan }: Launch): Record<string, unknown> {
  return { numCtx: plan.numCtx, options, modelfile, environment, command, verified };
}

interface SweepParts {
  readonly services: Services;
  readonly question: FitQuestion;
  readonly estimate: EstimateServer;
}

/** The model under every usual quantization. @returns 0 where one of them fits, else 3 */
async function writeSweep(tool: Tool, call: ToolCall, { services, question, estimate }: SweepParts): Promise<number> {
  const { translator } = tool;
  const rows = await services.estimates.by('tool').sweep(question.found.spec, estimate, question.request);
  if (call.options.json === true) {
    const { numCtx } = question.request;
    tool.write(`${JSON.stringify({ model: question.found.spec.name, ctx: numCtx, quantizations: rows })}\n`);
  } else {
    const reply = sweepReply({ question, estimate, rows }, translator, services);
    tool.write(await showReply(tool, reply, services.now()));
  }
  return rows.some(({ verdict }) => verdict === 'fits') ? 0 : 3;
}

function readFitOptions({ args, options }: ToolCall, translator: Translator): FitOptions {
  const text = (name: string) => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  };
  const gpus = text('gpus');
  const server = text('server');
  return {
    model: args[0]!,
    ctx: readContext(text('ctx'), translator),
    parallel: readSlots(text('parallel'), translator),
    kv: readCacheType(text('kv')),
    gpus,
    ollama: text('ollama'),
    server,
    quant: text('quant'),
    on: text('on'),
    offline: gpus !== undefined && server === undefined,
  };
}

function readContext(text: string | undefined, { t }: Translator): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const ctx = readContextLength(text);
  if (ctx === null) {
    throw new CodedError('bad-option', { option: '--ctx', value: text.slice(0, 40), why: t('why.context') });
  }
  return ctx;
}

function readCacheType(text: string | undefined): KvCacheType | undefined {
  const type = text?.trim().toLowerCase() as KvCacheType | undefined;
  if (type !== undefined && !KV_CACHE_TYPES.has(type)) {
    throw new CodedError('unknown-kv-type', { type: type.slice(0, 40) });
  }
  return type;
}

function readSlots(text: string | undefined, { t }: Translator): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!/^-?\d{1,6}$/.test(text)) {
    throw new CodedError('bad-option', { option: '--parallel', value: text.slice(0, 40), why: t('why.integer') });
  }
  const parallel = Number(text);
  if (parallel < 1 || parallel > 256) {
    throw new CodedError('parallel-range', { parallel });
  }
  return parallel;
}
