import { setImmediate as nextTurn } from 'node:timers/promises';
import { within } from '../../src/base/wait.ts';
import type { CommandContext } from '../../src/chat/command.ts';
import { CommandError } from '../../src/chat/command-error.ts';
import type { Action, Block, Reply } from '../../src/chat/reply.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import type { Services } from '../services.ts';
import { answerQuestion, type FitAnswer } from './answer.ts';
import { type FitOptions, gatherAtOnce, gatherQuestion } from './question.ts';

/** One server's answer to "where does it fit?". */
interface Row {
  readonly server: string;
  readonly answer: FitAnswer | null;
}

/** Servers to which requests are sent in one go. */
const ASKED_AT_ONCE = 8;
/** A server that has not answered by then is told from what is known of it, ms. */
const PATIENCE_MS = 700;

/**
 * Every server's answer; null where its GPUs are not known. The servers are asked side by side, their answers computed
 * one after the other, with a turn for everybody else in between. A model that exists nowhere is told by the caller.
 */
async function askServers(
  context: CommandContext<Services>,
  options: FitOptions,
): Promise<(Row & { readonly error?: unknown })[]> {
  const { services, signal, person } = context;
  const estimator = services.estimates.by(person.id, signal);
  const names = services.servers.servers.map((server) => server.name);
  const questions = await Promise.allSettled(
    names.map(async (server, index) => {
      // Even the start of a hundred requests takes a while: a few, then others have a turn.
      for (let turn = ASKED_AT_ONCE; turn <= index; turn += ASKED_AT_ONCE) {
        await nextTurn();
      }
      const asked = { ...options, server };
      // A server that hangs must not hold up the answer about the others: what is known of it will do.
      return within(PATIENCE_MS, gatherQuestion(services, asked, signal), () => gatherAtOnce(services, asked));
    }),
  );
  const rows: (Row & { readonly error?: unknown })[] = [];
  for (const [index, gathered] of questions.entries()) {
    const server = names[index]!;
    await nextTurn();
    try {
      if (gathered.status === 'rejected') {
        throw gathered.reason;
      }
      if (gathered.value === null) {
        rows.push({ server, answer: null });
        continue;
      }
      const { estimate, snapshot } = gathered.value;
      const known = estimate !== null && snapshot?.gpuStale !== true;
      rows.push({ server, answer: known ? await answerQuestion(estimator, gathered.value, estimate) : null });
    } catch (error) {
      rows.push({ server, answer: null, error });
    }
  }
  return rows;
}

function ollamaState(row: Row) {
  return row.answer?.question.snapshot?.ollama.state ?? null;
}

function spare(answer: FitAnswer): number {
  return answer.plan.gpus
    .filter((gpu) => gpu.layers > 0)
    .reduce((least, gpu) => Math.min(least, gpu.headroomBytes), Number.POSITIVE_INFINITY);
}

/** The answer where several servers are known and none was named: the one with the most room first. */
export async function somewhereReply(context: CommandContext<Services>, options: FitOptions): Promise<Reply> {
  const { translator, services } = context;
  const rows = await askServers(context, options);
  const failed = rows.find((row) => row.error !== undefined);
  if (failed !== undefined && rows.every((row) => row.answer === null)) {
    throw failed.error;
  }
  const order = { fits: 0, partial: 1, cpu: 2, refused: 3 } as const;
  const answered = rows
    .filter((row): row is Row & { answer: FitAnswer } => row.answer !== null)
    .sort((a, b) => order[a.answer.plan.verdict] - order[b.answer.plan.verdict] || spare(b.answer) - spare(a.answer));
  const up = answered.filter((row) => ollamaState(row) === 'up');
  // Room where Ollama does not answer is no advice, unless there is no other.
  const sorted = up.length > 0 ? up : answered;
  const best = sorted[0];
  if (best === undefined) {
    throw new CommandError('no-server-known', {});
  }
  const fitting = sorted.filter((row) => row.answer.plan.verdict === 'fits');
  const { spec }: { spec: ModelSpec } = best.answer.question.found;
  const params = {
    model: { code: spec.name },
    ctx: best.answer.question.request.numCtx,
    count: fitting.length,
    total: rows.length,
    server: { code: best.server },
  };
  const table: Block = {
    kind: 'table',
    columns: [
      { title: translator.t('fit.column.server'), align: 'left' },
      { title: translator.t('fit.column.verdict'), align: 'left' },
      { title: translator.t('fit.column.largest'), align: 'right' },
    ],
    rows: [
      ...sorted.map((row) => [
        row.server,
        translator.t(`fit.verdict.${row.answer.plan.verdict}`),
        row.answer.largestCtx?.toString() ?? '–',
      ]),
      ...rows
        .filter((row) => !sorted.some((one) => one.server === row.server))
        .map((row) => [row.server, translator.t(`fit.verdict.${row.answer === null ? 'unknown' : 'silent'}`), '–']),
    ],
  };
  const silent = answered.flatMap((row): Block[] => {
    const state = ollamaState(row);
    if (state === 'up' || state === null) {
      return [];
    }
    return [{ kind: 'text', text: translator.text(`ollama.${state}`, { server: { code: row.server } }) }];
  });
  const actions: Action[] = sorted.slice(0, 4).map((row) => ({
    label: row.server,
    style: 'secondary',
    call: { command: 'fit', options: { model: spec.name, ctx: params.ctx, server: row.server } },
  }));
  return {
    tone: fitting.length > 0 ? 'good' : 'warning',
    title: translator.text(fitting.length > 0 ? 'fit.title.somewhere' : 'fit.title.nowhere', params),
    blocks: [table, ...silent],
    actions: [
      ...actions,
      ...(fitting.length === 0 && services.watches !== undefined && sorted.some((row) => row.answer.couldFit)
        ? [
            {
              label: translator.t('fit.action.notify'),
              style: 'secondary' as const,
              call: { command: 'notify', subcommand: 'when-fits', options: { model: spec.name, ctx: params.ctx } },
            },
          ]
        : []),
    ],
  };
}
