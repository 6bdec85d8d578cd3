/** Gemma 3n: four parallel streams (AltUp), a low-rank side path (Laurel), per-layer embeddings. models/gemma3n.cpp. */

import { setWindowPattern } from '../../model/shared-keys.ts';
import { F32, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import type { AttentionInputs } from '../graph/attention.ts';
import { attend, attentionInputs, qkv } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { softcap } from '../graph/decoder.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { OP_OTHER, OP_SQRT } from '../graph/ops.ts';
import { perLayerFacts, perLayerInputs, sharedCacheLayer, slice } from './gemma4.ts';

/** Parallel streams. */
const STREAMS = 4;
/** The first layers keep only the largest gate values. */
const SPARSE_LAYERS = 10;

export const gemma3n: Architecture = {
  names: ['gemma3n'],
  slicesPerLayer: true,
  hparams(hp, reader) {
    perLayerFacts.keep(hp, { perLayerEmbedding: reader.numberOr('embedding_length_per_layer_input', 256) });
    hp.slidingWindow = 'standard';
    hp.windowTokens = reader.numberOr('attention.sliding_window', 0);
    setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', 5));
    hp.cacheLayers = 20;
  },
  layerKind: (_, layer) => (layer < SPARSE_LAYERS ? 1 : 0),
  build(b) {
    const g = b.graph;
    const embedded = g.scale(b.inputEmbedding());
    const positions = b.inputPositions();
    const inputs = attentionInputs(b);
    const perLayer = perLayerInputs(b, embedded);
    let x = widen(b, embedded);
    for (const layer of b.layers) {
      const predictions = predict(b, layer, x);
      const active = slice(b, predictions);
      const normed = b.normNamed(layer, 'attn_norm', active);
      const side = laurel(b, layer, normed);
      const attended = b.normNamed(layer, 'post_attention_norm', attention(b, layer, normed, positions, inputs));
      const middle = g.scale(g.add(g.add(attended, active), side));
      const hidden = network(b, layer, b.normNamed(layer, 'ffn_norm', middle));
      const ffn = b.norm(hidden, b.weight(layer, 'post_ffw_norm'), NO_TENSOR, 'rms', -1);
      const corrected = correct(b, layer, predictions, g.add(ffn, middle));
      let first = g.mul(slice(b, corrected), b.weight(layer, 'altup_correct_scale'));
      first = g.mul(g.unary(b.matMul(layer, 'inp_gate', first)), slice(b, perLayer));
      first = b.normNamed(layer, 'post_norm', b.matMul(layer, 'proj', first));
      x = g.concat(slice(b, corrected), g.add(otherStreams(b, corrected), first), 2);
    }
    const ids = b.inputOutputIds();
    const merged = g.getRows(merge(b, x), ids);
    const normed = b.norm(merged, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1);
    b.finishNormed(normed, (logits) => softcap(b, logits));
  },
};

function magnitude(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  return g.elementwise(OP_SQRT, g.sumRows(g.sqr(x)));
}

/** All streams but the first. */
function otherStreams(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const row = rowBytes(F32, b.hp.embedding);
  return g.view(x, b.hp.embedding, b.tokens, STREAMS - 1, 1, row, row * b.tokens);
}

function widen(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const target = magnitude(b, x);
  const repeated = g.repeat(x, b.hp.embedding, b.tokens, STREAMS - 1);
  const projected = g.mulMat(b.globalWeight('altup_proj'), repeated);
  const size = magnitude(b, projected);
  return g.concat(x, g.div(g.mul(projected, target), size), 2);
}

function merge(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const target = magnitude(b, slice(b, x));
  const projected = g.mulMat(b.globalWeight('altup_unembd_proj'), otherStreams(b, x));
  const size = magnitude(b, projected);
  const others = g.div(g.mul(projected, target), size);
  let sum = slice(b, x);
  for (let i = 0; i < STREAMS - 1; i++) {
    sum = g.add(sum, slice(b, others));
  }
  return g.scale(sum);
}

function modalities(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  const inputs = g.scale(b.normNamed(layer, 'altup_router_norm', x));
  return g.unary(g.mulMat(b.weight(layer, 'altup_router'), inputs));
}

function predict(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  const routed = modalities(b, layer, slice(b, x));
  const factors = g.reshape(b.matMul(layer, 'altup_predict_coef', routed), STREAMS, STREAMS, b.tokens);
  const mixed = g.mulMat(g.cont(g.permute(x, 1, 2, 0, 3)), factors);
  return g.add(g.cont(g.permute(mixed, 0, 2, 1, 3)), x);
}

function correct(b: GraphBuilder, layer: number, predictions: Tensor, activated: Tensor): Tensor {
  const g = b.graph;
  const routed = modalities(b, layer, activated);
  const innovation = g.sub(activated, slice(b, predictions));
  const factors = g.transpose(g.scale(b.matMul(layer, 'altup_correct_coef', routed)));
  const byToken = g.contShape(factors, 1, b.tokens, STREAMS);
  const repeated = g.repeat(innovation, b.hp.embedding, b.tokens, STREAMS);
  return g.add(g.mul(repeated, byToken), predictions);
}

function laurel(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const low = b.matMul(layer, 'laurel_r', b.matMul(layer, 'laurel_l', x));
  return b.graph.add(b.normNamed(layer, 'laurel_post_norm', low), x);
}

function attention(b: GraphBuilder, layer: number, x: Tensor, positions: Tensor, inputs: AttentionInputs): Tensor {
  const g = b.graph;
  const head = b.hp.headK;
  const cacheLayer = sharedCacheLayer(b, layer);
  if (cacheLayer !== layer) {
    const query = g.reshape(b.matMul(layer, 'attn_q', x), head, b.hp.heads[layer]!, b.tokens);
    const q = g.rope(b.normNamed(layer, 'attn_q_norm', query), positions);
    return attend(b, layer, inputs, { q, k: NO_TENSOR, v: NO_TENSOR }, { cacheLayer, outputBias: false });
  }
  const heads = qkv(b, layer, x, head);
  const q = g.rope(b.normNamed(layer, 'attn_q_norm', heads.q), positions);
  const k = g.rope(b.normNamed(layer, 'attn_k_norm', heads.k), positions);
  return attend(b, layer, inputs, { q, k, v: g.rmsNorm(heads.v) }, { outputBias: false });
}

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  const up = b.matMul(layer, 'ffn_up', x);
  let gate = b.matMul(layer, 'ffn_gate', x);
  if (layer < SPARSE_LAYERS) {
    gate = largestOnly(b, gate);
  }
  return b.matMul(layer, 'ffn_down', g.mul(up, g.unary(gate)));
}

/** Cuts values below a quantile of a normal distribution (`gaussian_topk`). */
function largestOnly(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const mean = g.custom(OP_OTHER, F32, [1, g.size(x, 1), g.size(x, 2), g.size(x, 3)], [x]);
  const deviation = g.elementwise(OP_SQRT, g.scale(g.sumRows(g.sqr(g.sub(x, mean)))));
  const cutoff = g.add(mean, g.scale(deviation));
  return g.unary(g.sub(x, cutoff));
}
