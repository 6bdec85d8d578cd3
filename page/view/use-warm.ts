import { useEffect } from 'preact/hooks';
import type { ModelSpec } from '../../src/estimator/index.ts';
import { answerOf } from '../estimate/answer.ts';
import type { Asked } from '../estimate/ask.ts';
import { octaves } from '../question/contexts.ts';
import type { Question } from '../question/question.ts';

/**
 * Plans a few contexts while the page has nothing else to do, so that the slider's first steps find the estimator's code
 * compiled and the model's parts at hand.
 */
export function useWarm(source: ModelSpec | null, question: Question, asked: Asked, most: number): void {
  const key = source === null ? '' : JSON.stringify([question.quant, asked.server, { ...asked.request, numCtx: 0 }]);
  useEffect(() => {
    if (source === null || typeof requestIdleCallback === 'undefined') {
      return undefined;
    }
    const left = [...octaves(most), most];
    let idle = 0;
    const next = () => {
      const numCtx = left.pop();
      if (numCtx !== undefined) {
        answerOf(source, question, { ...asked, request: { ...asked.request, numCtx } });
        idle = requestIdleCallback(next);
      }
    };
    idle = requestIdleCallback(next);
    return () => cancelIdleCallback(idle);
  }, [source, key]);
}
