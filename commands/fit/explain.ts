import { formatBytes } from '../../src/base/format.ts';
import type { Reply } from '../../src/chat/reply.ts';
import { isMessageKey, type Translator } from '../../src/chat/translate.ts';
import { explain } from '../../src/estimator/plan/explain.ts';
import type { FitAnswer } from './answer.ts';

/** Every figure with its formula and where the formula comes from. */
export function explainReply(answer: FitAnswer, translator: Translator): Reply {
  const { question, estimate, plan } = answer;
  const lines = explain(question.found.spec, plan, estimate, question.request);
  return {
    tone: 'neutral',
    private: true,
    title: translator.text('fit.explain.title', { model: { code: question.found.spec.name }, ctx: plan.numCtx }),
    blocks: [
      {
        kind: 'list',
        items: lines.map((line) => {
          const key = `explain.${line.label}`;
          const name = isMessageKey(key) ? translator.t(key) : line.label;
          const device = typeof line.device === 'number' ? `GPU ${line.device}` : translator.t('fit.row.host');
          const label = line.device === undefined ? name : `${device} ${name}`;
          return [
            { bold: `${label}: ${formatBytes(line.valueBytes, translator.locale)}` },
            ` = ${line.formula} `,
            { code: line.source },
          ];
        }),
      },
    ],
  };
}
