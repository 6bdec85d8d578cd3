/** From a question to a plan: the one place that puts both together, on the page and in its worker. */

import {
  decide,
  EstimateError,
  type EstimateRequest,
  type EstimateServer,
  type ModelSpec,
  type Plan,
  quantize,
  trainingContext,
} from '../../src/estimator/index.ts';
import { devicesOf } from '../question/groups.ts';
import type { Question } from '../question/question.ts';

/** What the estimator is asked. */
export interface Asked {
  readonly server: EstimateServer;
  readonly request: EstimateRequest;
}

/** A server of the team's as the bot sees it, and its own settings. */
export interface Machine {
  readonly server: EstimateServer;
  readonly request: Omit<EstimateRequest, 'numCtx'>;
}

/**
 * The estimator's question, as `headroom fit` puts it.
 * @param machine the server that is asked; null = the question's own GPUs
 */
export function ask(question: Question, machine: Machine | null = null): Asked {
  const { ctx, kv, slots, flash } = question;
  const own = machine?.request ?? {};
  // Whoever asks for a quantized cache asks for what it needs as well.
  const needed = kv !== null && kv !== 'f16' ? true : 'auto';
  const flashAttention = flash === 'auto' ? (own.flashAttention ?? needed) : flash === 'on';
  return {
    server: machine?.server ?? { ollama: question.runner, gpus: devicesOf(question.gpus), loaded: [] },
    request: {
      ...own,
      numCtx: ctx,
      flashAttention,
      ...(kv === null ? {} : { kvCacheType: kv }),
      ...(slots === null ? {} : { numParallel: slots }),
    },
  };
}

/**
 * The plan of a question.
 * @throws EstimateError `ctx-beyond-training`, and as `decide`
 */
export function plan(spec: ModelSpec, { server, request }: Asked): Plan {
  const trained = trainingContext(spec);
  if (trained > 0 && request.numCtx > trained) {
    throw new EstimateError('ctx-beyond-training', { model: spec.name, ctx: request.numCtx, trained });
  }
  return decide(spec, server, request);
}

const underTarget = new WeakMap<ModelSpec, Map<string, ModelSpec>>();

/**
 * The model under a quantization; one object a model and target, so that it is compiled once.
 * @throws EstimateError `quantize-…`
 */
export function quantized(spec: ModelSpec, target: string | null): ModelSpec {
  if (target === null) {
    return spec;
  }
  const targets = underTarget.get(spec) ?? new Map<string, ModelSpec>();
  underTarget.set(spec, targets);
  let found = targets.get(target);
  if (found === undefined) {
    found = quantize(spec, target).spec;
    targets.set(target, found);
  }
  return found;
}
