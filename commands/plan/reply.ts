import { formatGibNumber } from '../../src/base/format.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import type { Text } from '../../src/chat/text.ts';
import type { Translator } from '../../src/chat/translate.ts';
import type { SetAnswer } from '../../src/estimator/plan/sets.ts';
import { modelCell } from '../parts/model-name.ts';
import type { SetAnswerOf } from './answer.ts';
import { writeSet } from './members.ts';

/** Draws a set, where pictures are drawn. */
export type Picturing = (answer: SetAnswer, where: string) => Block | null;

/** GPUs that the table has columns for where lines are long; more are told together. */
const MOST_GPUS = 4;

/** Who of a set takes what where, and what is left. */
export function setTable(answer: SetAnswer, gpuCount: number, translator: Translator): Block {
  const { locale } = translator;
  const right = (title: string) => ({ title, align: 'right' as const });
  const shown = gpuCount <= MOST_GPUS;
  const cell = (bytes: number) => (bytes === 0 ? '–' : formatGibNumber(bytes, locale));
  return {
    kind: 'table',
    columns: [
      { title: 'GiB', align: 'left' },
      right(translator.t('plan.column.ctx')),
      ...(shown
        ? Array.from({ length: gpuCount }, (_, index) => ({ ...right(`GPU ${index}`), only: 'wide' as const }))
        : []),
      { ...right(translator.t('plan.column.gpus')), ...(shown ? { only: 'narrow' as const } : {}) },
      right(translator.t('fit.row.host')),
    ],
    rows: [
      ...answer.steps.map(({ name, plan }) => [
        modelCell(name),
        String(plan.numCtx),
        ...(shown ? plan.gpus.map((gpu) => cell(gpu.totalBytes)) : []),
        cell(plan.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0)),
        // What stays there of every model (the token embedding) is no spill.
        cell(plan.verdict === 'fits' ? 0 : plan.host.totalBytes),
      ]),
      [
        translator.t('plan.row.left'),
        '',
        ...(shown ? answer.leftBytes.map((bytes) => formatGibNumber(bytes, locale)) : []),
        formatGibNumber(
          answer.leftBytes.reduce((sum, bytes) => sum + bytes, 0),
          locale,
        ),
        '',
      ],
    ],
  };
}

/** What goes wrong as asked: who sends whom away, who is not wholly on the GPUs. */
function troubles(answer: SetAnswer, translator: Translator): Text[] {
  return answer.steps.flatMap(({ name, plan, evicted }) => {
    const model = { code: name };
    const lines: Text[] = evicted
      .filter((other) => other !== name)
      .map((other) => translator.text('plan.evicts', { model, other: { code: other } }));
    if (plan.verdict === 'refused') {
      lines.push(translator.text('plan.refused', { model }));
    } else if (plan.verdict !== 'fits') {
      lines.push(translator.text('plan.spills', { model }));
    }
    return lines;
  });
}

/** What else would make it fit as asked. */
function adviceTexts({ models, advice, written }: SetAnswerOf, translator: Translator): Text[] {
  if (advice === null) {
    return [];
  }
  const lines: Text[] = [];
  const nameOf = (index: number) => {
    const name = models[index]!.name ?? models[index]!.spec.name;
    return written.get(name) ?? name;
  };
  const setOf = (order: readonly number[], asAsked: boolean) => {
    const written = order.map((index) => {
      const { request, pinned } = models[index]!;
      return { name: nameOf(index), numCtx: asAsked ? request.numCtx : null, pinned: asAsked && pinned === true };
    });
    return { code: writeSet(written) };
  };
  if (advice.order !== null) {
    lines.push(translator.text('plan.advice.order', { models: setOf(advice.order, true) }));
  }
  if (advice.quantized !== null) {
    const { index, target, bytes, asAsked } = advice.quantized;
    const key = asAsked ? 'plan.advice.quantized' : 'plan.advice.quantized-shorter';
    lines.push(translator.text(key, { model: { code: nameOf(index) }, target, bytes }));
  }
  if (advice.without !== null) {
    const { index, order, asAsked } = advice.without;
    const key = asAsked ? 'plan.advice.without' : 'plan.advice.without-shorter';
    lines.push(translator.text(key, { model: { code: nameOf(index) }, models: setOf(order, asAsked) }));
  }
  return lines;
}

/** Whether a set of models is together, with which contexts it would be, and who is where. */
export function planReply(answer: SetAnswerOf, translator: Translator, picture: Picturing = () => null): Reply {
  const { models, estimate, server, fitted, reordered } = answer;
  const { asked, contexts, fitted: smaller } = fitted;
  const count = models.length;
  const where = server === null ? translator.t('plan.these-gpus') : server.name;
  const blocks: Block[] = reordered ? [{ kind: 'text', text: translator.text('plan.reordered') }] : [];
  const written = (ctxs: readonly number[]) =>
    models
      .map(({ name, spec, pinned }, index) => `${name ?? spec.name}@${ctxs[index]}${pinned === true ? '!' : ''}`)
      .join(' ');
  const figures = (shown: SetAnswer): Block[] => {
    const drawn = picture(shown, where);
    return [setTable(shown, estimate.gpus.length, translator), ...(drawn === null ? [] : [drawn])];
  };
  const advice = adviceTexts(answer, translator);
  const help: Block[] =
    advice.length === 0
      ? []
      : [
          { kind: 'heading', text: translator.text('plan.advice') },
          { kind: 'list', items: advice },
        ];
  if (asked.together) {
    blocks.push(...figures(asked));
    return { tone: 'good', title: translator.text('plan.together', { count, server: { code: where } }), blocks };
  }
  const lines = troubles(asked, translator);
  if (lines.length > 0) {
    blocks.push({ kind: 'list', items: lines });
  }
  if (contexts === null || smaller === null) {
    blocks.push(...figures(asked));
    blocks.push(...(help.length > 0 ? help : [{ kind: 'text' as const, text: translator.text('plan.fewer') }]));
    const key = models.some(({ pinned }) => pinned === true) ? 'plan.not-together-pinned' : 'plan.not-together';
    return { tone: 'bad', title: translator.text(key, { count, server: { code: where } }), blocks };
  }
  blocks.push(
    { kind: 'text', text: translator.text('plan.with-contexts') },
    { kind: 'code', text: written(contexts) },
    ...figures(smaller),
    ...help,
  );
  return { tone: 'warning', title: translator.text('plan.smaller', { count, server: { code: where } }), blocks };
}
