import { formatGibNumber } from '../../src/base/format.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { SweepRow } from '../../src/estimator/plan/sweep.ts';
import type { EstimateServer } from '../../src/estimator/types.ts';
import type { Services } from '../services.ts';
import { engineText } from './engine.ts';
import type { FitQuestion } from './question.ts';

/** What a sweep found out. */
export interface SweepAnswer {
  readonly question: FitQuestion;
  readonly estimate: EstimateServer;
  readonly rows: readonly SweepRow[];
}

function verdictWord(row: SweepRow, translator: Translator): string {
  return translator.t(`sweep.verdict.${row.verdict}`);
}

function contextText(row: SweepRow): string {
  return row.largestCtx === null ? '–' : String(row.largestCtx);
}

function table({ rows }: SweepAnswer, translator: Translator): Block {
  return {
    kind: 'table',
    columns: [
      { title: translator.t('sweep.column.quantization'), align: 'left' },
      { title: translator.t('sweep.column.size'), align: 'right' },
      { title: translator.t('sweep.column.verdict'), align: 'left' },
      { title: translator.t('sweep.column.largest'), align: 'right' },
    ],
    rows: rows.map((row) => [
      row.target,
      row.bytes === undefined ? '–' : formatGibNumber(row.bytes, translator.locale),
      verdictWord(row, translator),
      contextText(row),
    ]),
  };
}

function picture({ question, estimate, rows }: SweepAnswer, translator: Translator, services: Services): Block {
  const capacityBytes = estimate.gpus.reduce((sum, gpu) => sum + gpu.freeBytes, 0);
  const drawn = rows.filter((row) => row.bytes !== undefined);
  const title = translator.t('sweep.picture.title', { model: question.found.spec.name });
  const spec = {
    charts: [
      {
        kind: 'bars' as const,
        title,
        series: [
          { label: translator.t('fit.column.weights'), colour: 'blue' as const },
          { label: translator.t('fit.picture.free'), colour: 'empty' as const },
        ],
        bars: drawn.map((row) => ({
          label: row.target,
          capacityBytes,
          note:
            row.largestCtx === null
              ? verdictWord(row, translator)
              : translator.t('sweep.picture.ctx', { ctx: row.largestCtx }),
          segments: [row.bytes ?? 0, Math.max(0, capacityBytes - (row.bytes ?? 0))].map((bytes, series) => ({
            series,
            bytes,
          })),
        })),
      },
    ],
  };
  const summary = drawn
    .map((row) => `${row.target} ${contextText(row)}`)
    .join(translator.locale === 'en' ? ', ' : '、');
  return {
    kind: 'picture',
    picture: {
      name: 'sweep.png',
      alt: `${title}: ${summary}`.slice(0, 1024),
      spec,
      png: () => services.painter.draw(spec),
    },
  };
}

/** Quantization × largest context. */
export function sweepReply(answer: SweepAnswer, translator: Translator, services: Services): Reply {
  const { question, estimate, rows } = answer;
  const best = rows.find((row) => row.verdict === 'fits');
  const params = { model: { code: question.found.spec.name }, ctx: question.request.numCtx };
  const server =
    question.gpusGiven || question.snapshot === null ? translator.t('fit.given-gpus') : question.snapshot.name;
  return {
    tone: best === undefined ? 'bad' : 'good',
    title:
      best === undefined
        ? translator.text('sweep.title.none', params)
        : translator.text('sweep.title', { ...params, target: best.target }),
    blocks: [
      table(answer, translator),
      picture(answer, translator, services),
      { kind: 'small', text: translator.text('sweep.note', { server, engine: engineText(estimate.ollama) }) },
    ],
  };
}
