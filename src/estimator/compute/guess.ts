/** A cautious compute buffer for architectures whose graph is not described. */

import { widthK, widthV } from '../metadata.ts';
import type { Model } from '../model.ts';
import type { ComputeOptions } from './planner.ts';

/** Compute buffer per device in bytes, the host last: the formulas for dense models, with room to spare. */
export function guessCompute(model: Model, options: ComputeOptions): number[] {
  const { hp } = model;
  const { shape, copies } = options;
  const ub = Math.min(shape.numCtx, shape.numUbatch);
  let widest = 0;
  for (const tensor of model.tensors) {
    if (tensor.home >= 0 && tensor.sizes[2] === 1) {
      widest = Math.max(widest, tensor.sizes[1]);
    }
  }
  const mask = (options.flashAttention ? 2 : 4) * shape.numCtxSeq * ub;
  const expertWidth = hp.expertsUsed * (3 * hp.feedForwardExpert + 3 * hp.embedding);
  const hidden = 4 * ub * Math.max(3 * (widest + hp.embedding), expertWidth);
  const heads = Math.max(...hp.heads, 1);
  const scores = options.flashAttention ? 0 : 4 * ub * shape.numCtxSeq * (heads + 1);
  const cached = options.typeK === 1 ? 0 : 2 * shape.numCtxSeq * (widthK(hp, 0) + widthV(hp, 0));
  const logits = 4 * hp.vocabulary * Math.min(ub, options.outputs);
  const gpu = copies * mask + Math.max(hidden, scores, cached + hidden / 3, logits) + 16 * hp.embedding * ub;
  const result = new Array<number>(options.placement.host + 1).fill(Math.ceil(gpu / 128) * 128);
  result[options.placement.host] = copies * mask + 8 * hp.embedding * ub;
  return result;
}
