import { type Coded, CodedError } from '../../src/base/coded.ts';
import type { ModelSpec, Plan } from '../../src/estimator/index.ts';
import type { Question } from '../question/question.ts';
import { type Asked, plan, quantized } from './ask.ts';

export type PlanAnswer =
  | { readonly state: 'none' }
  | { readonly state: 'planned'; readonly spec: ModelSpec; readonly plan: Plan }
  | { readonly state: 'failed'; readonly failure: Coded };

/** The plan of a question about a model, or why there is none. */
export function answerOf(source: ModelSpec | null, question: Question, asked: Asked): PlanAnswer {
  if (source === null) {
    return { state: 'none' };
  }
  try {
    const spec = quantized(source, question.quant);
    return { state: 'planned', spec, plan: plan(spec, asked) };
  } catch (error) {
    if (error instanceof CodedError) {
      return { state: 'failed', failure: { code: error.code, params: error.params } };
    }
    throw error;
  }
}
