import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { answerQuestion } from '../../commands/fit/answer.ts';
import { explainReply } from '../../commands/fit/explain.ts';
import { type FitOptions, gatherQuestion } from '../../commands/fit/question.ts';
import { fitReply } from '../../commands/fit/reply.ts';
import { CommandError } from '../../commands/services.ts';
import { explainError } from '../chat/dispatch/errors.ts';
import { createTranslator, type Translator } from '../chat/translate.ts';
import { renderReply } from '../console/render.ts';
import { explain } from '../estimator/plan/explain.ts';
import type { KvCacheType, Plan } from '../estimator/types.ts';
import type { CliOptions } from './cli-options.ts';
import { BatchEstimator, planToJson } from './estimate.ts';
import { runQuantize } from './quantize.ts';

/** Exit codes of `headroom fit`. */
const EXIT: Readonly<Record<Plan['verdict'], number>> = { fits: 0, partial: 2, cpu: 3, refused: 3 };
const EXIT_ERROR = 1;
const KV_TYPES: readonly string[] = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_1', 'q5_0', 'q5_1', 'iq4_nl'];

/** The error as one sentence; an error without words is still no stack trace. */
export function errorSentence(error: unknown, translator: Translator): string {
  const words = explainError(error);
  if (words !== null) {
    return translator.t(words.key, words.params);
  }
  return error instanceof Error ? error.message.split('\n')[0]!.slice(0, 300) : String(error);
}

function integer(text: string | undefined, option: string, translator: Translator): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!/^-?\d{1,12}$/.test(text)) {
    const why = translator.t('why.integer');
    throw new CommandError('bad-option', { option: `--${option}`, value: text.slice(0, 40), why });
  }
  return Number(text);
}

interface FitArguments {
  readonly options: FitOptions;
  readonly json: boolean;
  /** Every figure with its formula and source as well. */
  readonly explain: boolean;
}

function readFitArguments(args: readonly string[], translator: Translator): FitArguments {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    throw new CommandError('cli-arguments', { why: error instanceof Error ? error.message.split('\n')[0]! : '' });
  }
  const { values, positionals } = parsed;
  const [model, ...rest] = positionals;
  if (model === undefined || rest.length > 0) {
    throw new CommandError('cli-fit-usage', {});
  }
  const ctx = integer(values.ctx, 'ctx', translator);
  if (ctx !== undefined && ctx < 1) {
    throw new CommandError('ctx-not-positive', { numCtx: ctx });
  }
  const parallel = integer(values.parallel, 'parallel', translator);
  if (parallel !== undefined && (parallel < 1 || parallel > 256)) {
    throw new CommandError('parallel-range', { parallel });
  }
  const kv = values.kv?.toLowerCase();
  if (kv !== undefined && !KV_TYPES.includes(kv)) {
    throw new CommandError('unknown-kv-type', { type: kv.slice(0, 40) });
  }
  return {
    json: values.json ?? false,
    explain: values.explain ?? false,
    options: {
      model,
      ctx,
      parallel,
      kv: kv as KvCacheType | undefined,
      gpus: values.gpus,
      ollama: values.ollama,
      server: values.server,
      offline: values.gpus !== undefined && values.server === undefined,
    },
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      ctx: { type: 'string' },
      gpus: { type: 'string' },
      ollama: { type: 'string' },
      kv: { type: 'string' },
      parallel: { type: 'string' },
      server: { type: 'string' },
      json: { type: 'boolean' },
      explain: { type: 'boolean' },
    },
  });
}

/** `headroom fit`: one question. Exit code 0 fits, 2 partial, 3 cpu or refused, 1 error. */
export async function runFit(args: readonly string[], cli: CliOptions): Promise<number> {
  const translator = createTranslator(cli.locale);
  try {
    const { options, json, explain: explained } = readFitArguments(args, translator);
    const services = await cli.services();
    const question = await gatherQuestion(services, options, AbortSignal.timeout(60_000));
    if (question.estimate === null) {
      throw new CommandError('no-gpus-known', {});
    }
    if (question.snapshot?.gpuStale === true && !question.gpusGiven) {
      throw new CommandError('gpus-stale', {});
    }
    const answer = await answerQuestion(services.estimates.by('tool'), question, question.estimate);
    if (json) {
      const figures = explained
        ? { explain: explain(question.found.spec, answer.plan, answer.estimate, question.request) }
        : {};
      cli.write(`${JSON.stringify({ ...planToJson(answer.plan, answer.largestCtx), ...figures })}\n`);
    } else {
      const { actions: _buttons, ...reply } = fitReply(answer, translator, services);
      const how = { locale: cli.locale, colour: cli.colour, nowMs: services.now() };
      cli.write(renderReply(reply, how));
      if (explained) {
        cli.write(`\n${renderReply(explainReply(answer, translator), how)}`);
      }
    }
    return EXIT[answer.plan.verdict];
  } catch (error) {
    cli.writeError(`headroom: ${errorSentence(error, translator)}\n`);
    return EXIT_ERROR;
  }
}

/** `headroom estimate`: JSON lines in, JSON lines out, in order. */
async function runEstimate(cli: CliOptions): Promise<number> {
  const translator = createTranslator('en');
  const services = await cli.services();
  const batch = new BatchEstimator(
    async (name) => (await services.models.find(name, null, AbortSignal.timeout(60_000))).spec,
    cli.readModelJson,
    (error) => errorSentence(error, translator),
  );
  const lines = createInterface({ input: cli.input, terminal: false, crlfDelay: Number.POSITIVE_INFINITY });
  let pending = '';
  for await (const line of lines) {
    if (line.trim() === '') {
      continue;
    }
    pending += `${await batch.answer(line)}\n`;
    // Written in pieces: one call per line would be most of the time spent.
    if (pending.length > 65_536) {
      cli.write(pending);
      pending = '';
    }
  }
  cli.write(pending);
  return 0;
}

/** The command-line tool. Returns the exit code. */
export async function runCli(argv: readonly string[], cli: CliOptions): Promise<number> {
  const [command, ...rest] = argv;
  switch (command) {
    case 'fit':
      return runFit(rest, cli);
    case 'estimate':
      return runEstimate(cli);
    case 'quantize':
      try {
        return await runQuantize(rest, cli);
      } catch (error) {
        cli.writeError(`headroom: ${errorSentence(error, createTranslator(cli.locale))}\n`);
        return EXIT_ERROR;
      }
    case 'doctor':
      return cli.doctor();
    default:
      cli.writeError(`${createTranslator(cli.locale).t('cli.usage')}\n`);
      return command === undefined || command === 'help' || command === '--help' ? 0 : EXIT_ERROR;
  }
}
