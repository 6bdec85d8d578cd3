import { answerQuestion } from '../../commands/fit/answer.ts';
import { explainReply } from '../../commands/fit/explain.ts';
import { type FitOptions, gatherQuestion } from '../../commands/fit/question.ts';
import { fitReply } from '../../commands/fit/reply.ts';
import { CodedError } from '../base/coded.ts';
import { readContextLength } from '../chat/context-length.ts';
import type { Translator } from '../chat/translate.ts';
import { renderReply } from '../console/render.ts';
import { KV_CACHE_TYPES } from '../estimator/plan/checks.ts';
import { explain } from '../estimator/plan/explain.ts';
import type { KvCacheType, Plan } from '../estimator/types.ts';
import type { Tool, ToolCall } from './command.ts';

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
  const answer = await answerQuestion(services.estimates.by('tool'), question, question.estimate);
  const explained = call.options.explain === true;
  if (call.options.json === true) {
    // Loaded where it is needed: the schema of the lines is a good part of the tool's start.
    const { planToJson } = await import('./estimate.ts');
    const figures = explained
      ? { explain: explain(question.found.spec, answer.plan, answer.estimate, question.request) }
      : {};
    tool.write(`${JSON.stringify({ ...planToJson(answer.plan, answer.largestCtx), ...figures })}\n`);
    return EXIT[answer.plan.verdict];
  }
  const { actions: _buttons, ...reply } = fitReply(answer, translator, services);
  const how = { locale: translator.locale, colour: tool.colour, nowMs: services.now() };
  tool.write(renderReply(reply, how));
  if (explained) {
    tool.write(`\n${renderReply(explainReply(answer, translator), how)}`);
  }
  return EXIT[answer.plan.verdict];
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
