import { formatBytes } from '../../src/base/format.ts';
import type { Block, Reply } from '../../src/chat/reply.ts';
import { isMessageKey, type MessageParams, type Translator } from '../../src/chat/translate.ts';
import { type ExplainedFigure, explain } from '../../src/estimator/plan/explain.ts';
import { type FitAnswer, usedGpus } from './answer.ts';

/** Figures of more GPUs than this are told together. */
const MAX_DEVICES = 8;

/** Sums and differences of the others: their words are proof enough. */
const PLAIN: ReadonlySet<string> = new Set(['total', 'headroom']);

/** One figure's values: a sum, or each device's own. */
function values(figures: readonly ExplainedFigure[], translator: Translator): string {
  const size = (bytes: number) => formatBytes(bytes, translator.locale);
  if (figures.length > MAX_DEVICES) {
    return size(figures.reduce((sum, { valueBytes }) => sum + valueBytes, 0));
  }
  return figures
    .map(({ device, valueBytes }) => {
      if (device === undefined) {
        return size(valueBytes);
      }
      const name = device === 'host' ? translator.t('fit.row.host') : `GPU ${device}`;
      return translator.t('explain.figure', { name, size: size(valueBytes) });
    })
    .join(translator.locale === 'en' ? ', ' : '、');
}

/** Figures that the words for a part name. */
function paramsOf({ plan }: FitAnswer): MessageParams {
  const [low, high] = usedGpus(plan)[0]?.overheadRangeBytes ?? [0, 0];
  return {
    layers: plan.placement.gpuLayers,
    total: plan.placement.totalLayers,
    tokens: plan.numCtx,
    slots: plan.numParallel,
    kv: plan.kvCacheType,
    batch: plan.numUbatch,
    low,
    high,
  };
}

/** Every figure: how much, of what, and where the formula comes from. */
export function explainReply(answer: FitAnswer, translator: Translator): Reply {
  const { question, estimate, plan } = answer;
  const byLabel = Map.groupBy(explain(question.found.spec, plan, estimate, question.request), ({ label }) => label);
  const params = paramsOf(answer);
  const blocks: Block[] = [
    {
      kind: 'text',
      text: translator.text('fit.settings', {
        slots: plan.numParallel,
        kv: plan.kvCacheType,
        flash: translator.t(plan.flashAttention ? 'fit.on' : 'fit.off'),
        batch: plan.numUbatch,
      }),
    },
  ];
  for (const [label, figures] of byLabel) {
    const [name, how] = [`explain.${label}`, `explain-how.${label}`];
    if (!isMessageKey(name) || !isMessageKey(how)) {
      continue;
    }
    blocks.push({
      kind: 'text',
      text: [{ bold: translator.t(name) }, ' ', values(figures, translator)],
    });
    const words = translator.text(how, params);
    const { formula, source } = figures[0]!;
    const proof = PLAIN.has(label) ? [] : [' ', { code: formula }, ' ', { code: source }];
    blocks.push({
      kind: 'small',
      text: [...(typeof words === 'string' ? [words] : words), ...proof],
    });
  }
  return {
    tone: 'neutral',
    private: true,
    title: translator.text('fit.explain.title', { model: { code: question.found.spec.name }, ctx: plan.numCtx }),
    blocks,
  };
}
