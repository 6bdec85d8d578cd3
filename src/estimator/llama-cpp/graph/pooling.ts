/**
 * What turns token embeddings into one embedding per sequence.
 *
 * Source: llama-graph.cpp (`build_pooling`, `build_dense_out`), llama.cpp.
 */

import { F32, I32 } from '../../model/tensors.ts';
import type { GraphBuilder } from './builder.ts';
import type { Tensor } from './graph.ts';
import { NO_TENSOR } from './graph.ts';

const POOLING_MEAN = 1;
const POOLING_CLS = 2;
const POOLING_LAST = 3;
const POOLING_RANK = 4;

/** Appends pooling and dense layers; the pooled tensor. */
export function pool(b: GraphBuilder): Tensor {
  const g = b.graph;
  let current = b.embedding;
  switch (b.hp.poolingType) {
    case POOLING_MEAN: {
      const mean = g.input(F32, b.tokens, b.sequences);
      current = g.mulMat(g.cont(g.transpose(current)), mean);
      break;
    }
    case POOLING_CLS:
    case POOLING_LAST:
      current = g.getRows(current, g.input(I32, b.sequences));
      break;
    case POOLING_RANK:
      current = rank(b, g.getRows(current, g.input(I32, b.sequences)));
      break;
    default:
      break;
  }
  g.expand(current);
  return dense(b, current);
}

function rank(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  let current = x;
  const head = b.globalWeight('cls');
  if (head !== NO_TENSOR) {
    current = g.mulMat(head, current);
    const bias = b.globalBias('cls');
    current = g.unary(bias === NO_TENSOR ? current : g.add(current, bias));
  }
  const output = b.globalWeight('cls.output');
  if (output !== NO_TENSOR) {
    current = g.mulMat(output, current);
    const bias = b.globalBias('cls.output');
    current = bias === NO_TENSOR ? current : g.add(current, bias);
  }
  return b.model.traits.softmaxRank === true ? g.softMax(current) : current;
}

function dense(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const second = b.globalWeight('dense_2');
  const third = b.globalWeight('dense_3');
  if (second === NO_TENSOR && third === NO_TENSOR) {
    return x;
  }
  let current = second === NO_TENSOR ? x : g.mulMat(second, x);
  current = third === NO_TENSOR ? current : g.mulMat(third, current);
  return g.expand(current);
}
