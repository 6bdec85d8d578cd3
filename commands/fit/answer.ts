import { tensorBytes } from '../../src/estimator/model/ggml-types.ts';
import type { SpeedEstimate } from '../../src/estimator/speed/speed.ts';
import type { EstimateRequest, EstimateServer, GpuPlan, ModelSpec, Plan } from '../../src/estimator/types.ts';
import type { Bench } from '../../src/servers/benches.ts';
import type { Estimator } from '../../src/workers/estimates.ts';
import type { FitQuestion } from './question.ts';

/** One thing that would help, checked with the estimator: with it the model fits. */
export type Advice =
  | { readonly kind: 'shorter-context'; readonly ctx: number }
  | { readonly kind: 'quantized-cache'; readonly type: 'q8_0' | 'q4_0' }
  | { readonly kind: 'unload'; readonly models: readonly string[] }
  | { readonly kind: 'fewer-slots'; readonly from: number; readonly to: number }
  | { readonly kind: 'quantization'; readonly model: string }
  /** Worked out, whether or not anybody publishes it. */
  | { readonly kind: 'smaller-quantization'; readonly target: string; readonly ctx: number }
  | { readonly kind: 'more-gpus'; readonly gpus: number };

/** What /fit found out. */
export interface FitAnswer {
  readonly question: FitQuestion;
  readonly plan: Plan;
  readonly estimate: EstimateServer;
  /** Largest context for a verdict of `fits` on the server as it is now; `null` = none. */
  readonly largestCtx: number | null;
  /** The same with every loaded model gone, where something is loaded. */
  readonly largestCtxEmptied: number | null;
  readonly advice: readonly Advice[];
  /** Whether it would fit with nothing else on these GPUs, so that waiting for room makes sense. */
  readonly couldFit: boolean;
  /** Of the plan; `null` = it cannot be told. */
  readonly speed: SpeedEstimate | null;
  /** What was measured of the model on this server. */
  readonly measured?: Bench | null;
}

/** Largest context that fits, tokens per slot; `null` where none does. */
export async function largestContext(
  estimator: Estimator,
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
): Promise<number | null> {
  if (server.gpus.length === 0) {
    return null;
  }
  const { numCtx } = await estimator.clamp(spec, server, request);
  return numCtx !== null && numCtx > 0 ? numCtx : null;
}

/**
 * Plans the question on its server.
 * @throws EstimateError, EstimateRefusedError
 */
export async function answerQuestion(
  estimator: Estimator,
  question: FitQuestion,
  estimate: EstimateServer,
): Promise<FitAnswer> {
  const { spec } = question.found;
  const { request } = question;
  const plan = await estimator.decide(spec, estimate, request);
  const largestCtx = await largestContext(estimator, spec, estimate, request);
  const fits = plan.verdict === 'fits';
  return {
    question,
    plan,
    estimate,
    speed: await estimator.speed(spec, estimate, plan),
    largestCtx,
    couldFit: fits || (!question.gpusGiven && (await fitsAlone(estimator, question, estimate))),
    largestCtxEmptied:
      question.emptied === null ? null : await largestContext(estimator, spec, question.emptied, request),
    advice: fits || estimate.gpus.length === 0 ? [] : await findAdvice(estimator, question, estimate, largestCtx),
  };
}

/** Whether the model fits as asked on the same GPUs with nothing at all on them. */
async function fitsAlone(estimator: Estimator, { found, request }: FitQuestion, estimate: EstimateServer) {
  if (estimate.gpus.length === 0 || estimate.gpus.every((gpu) => gpu.freeBytes === gpu.totalBytes)) {
    return false;
  }
  const gpus = estimate.gpus.map((gpu) => ({ ...gpu, freeBytes: gpu.totalBytes }));
  return (await estimator.decide(found.spec, { ...estimate, gpus, loaded: [] }, request)).verdict === 'fits';
}

async function findAdvice(
  estimator: Estimator,
  question: FitQuestion,
  estimate: EstimateServer,
  largestCtx: number | null,
): Promise<Advice[]> {
  const { spec } = question.found;
  const fits = async (server: EstimateServer, asked: EstimateRequest) =>
    (await estimator.decide(spec, server, asked)).verdict === 'fits';
  const { request } = question;
  const advice: Advice[] = [];
  if (question.emptied !== null && (await fits(question.emptied, request))) {
    advice.push({ kind: 'unload', models: (question.snapshot?.models ?? []).map((model) => model.name) });
  }
  if (largestCtx !== null && largestCtx < request.numCtx) {
    advice.push({ kind: 'shorter-context', ctx: largestCtx });
  }
  const slots = request.numParallel ?? 1;
  for (let fewer = slots - 1; fewer >= 1; fewer = Math.floor(fewer / 2)) {
    if (await fits(estimate, { ...request, numParallel: fewer })) {
      advice.push({ kind: 'fewer-slots', from: slots, to: fewer });
      break;
    }
  }
  const [first] = estimate.gpus;
  const alike = estimate.gpus.every((gpu) => gpu.totalBytes === first?.totalBytes && gpu.name === first?.name);
  if (first !== undefined && alike && question.gpusGiven) {
    const enough = await estimator.smallestGpuCount(spec, first, estimate, request);
    if (enough !== undefined && enough.gpus > estimate.gpus.length) {
      advice.push({ kind: 'more-gpus', gpus: enough.gpus });
    }
  }
  if (request.kvCacheType === undefined || request.kvCacheType === 'f16') {
    const quantized = { ...request, flashAttention: true };
    const type = (await estimator.bestCacheType(spec, estimate, quantized, ['q8_0', 'q4_0']))?.kvCacheType;
    if (type === 'q8_0' || type === 'q4_0') {
      advice.push({ kind: 'quantized-cache', type });
    }
  }
  return advice;
}

/** The answer with the best smaller quantization that fits as asked, where there is one. */
export async function withSmaller(answer: FitAnswer, estimator: Estimator): Promise<FitAnswer> {
  const { question, estimate, plan } = answer;
  if (plan.verdict === 'fits' || estimate.gpus.length === 0 || question.found.spec.tensors.length === 0) {
    return answer;
  }
  const { spec } = question.found;
  const own = spec.tensors.reduce((sum, { type, shape }) => sum + tensorBytes(type, shape), 0);
  const rows = await estimator.sweep(spec, estimate, question.request);
  const smaller = rows.filter((row) => row.verdict === 'fits' && row.bytes !== undefined && row.bytes < own);
  const [best] = smaller.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  if (best === undefined) {
    return answer;
  }
  const ctx = best.largestCtx ?? question.request.numCtx;
  return { ...answer, advice: [...answer.advice, { kind: 'smaller-quantization', target: best.target, ctx }] };
}

/** Bytes of a plan on all GPUs together. */
export function totalBytes(gpus: readonly GpuPlan[]): number {
  return gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0);
}

/** Used GPUs: those that hold something of the model. */
export function usedGpus(plan: Plan): readonly GpuPlan[] {
  return plan.gpus.filter((gpu) => gpu.layers > 0 || gpu.weightsBytes > 0);
}
