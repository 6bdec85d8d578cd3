/** Gemma 4: heads that differ by layer, shared caches, per-layer embeddings, experts beside a dense network. */

import { headKOf } from '../../model/hyper-parameters.ts';
import { I32, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import type { AttentionInputs } from '../graph/attention.ts';
import { attend, attentionInputs } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { softcap } from '../graph/decoder.ts';
import { experts, feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { createOwnFacts } from '../own-facts.ts';

/** Width of the embeddings that each layer gets beside its input. */
export const perLayerFacts = createOwnFacts({ perLayerEmbedding: 0 });

/** The layer whose cache a layer without its own reads: the last of its kind that has one. */
export function sharedCacheLayer(b: GraphBuilder, layer: number): number {
  const { hp } = b;
  return hp.cacheLayers >= 0 && layer >= hp.cacheLayers ? hp.cacheLayers - (hp.isWindowed[layer] === 1 ? 2 : 1) : layer;
}

/** Embeddings that each layer gets of its own: [width, tokens, layers] (`build_inp_per_layer`, `project_…`). */
export function perLayerInputs(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  const width = perLayerFacts.of(b.hp).perLayerEmbedding;
  const layers = b.model.layers;
  const rows = g.getRows(b.globalWeight('per_layer_token_embd'), g.input(I32, b.tokens));
  const looked = g.expand(g.scale(g.reshape(rows, width, layers, b.tokens)));
  let projected = g.scale(g.mulMat(b.globalWeight('per_layer_model_proj'), x));
  projected = g.reshape(projected, width, layers, b.tokens);
  projected = b.norm(projected, b.globalWeight('per_layer_proj_norm'), NO_TENSOR, 'rms', -1);
  return g.cont(g.permute(g.scale(g.add(projected, looked)), 0, 2, 1, 3));
}

/** One layer of a three-dimensional tensor. */
export function slice(b: GraphBuilder, t: Tensor): Tensor {
  const g = b.graph;
  return g.view(t, g.size(t, 0), g.size(t, 1), 1, 1, rowBytes(g.type[t]!, g.size(t, 0)));
}

/** models/gemma4.cpp. */
export const gemma4: Architecture = {
  names: ['gemma4'],
  slicesPerLayer: true,
  hparams(hp, reader) {
    hp.slidingWindow = 'standard';
    const pattern = reader.perLayer('attention.sliding_window_pattern', hp.layersAll);
    pattern?.forEach((windowed, layer) => {
      hp.isWindowed[layer] = windowed !== 0 ? 1 : 0;
    });
    hp.windowTokens = reader.numberOr('attention.sliding_window', 0);
    hp.cacheLayers = hp.layersAll - reader.numberOr('attention.shared_kv_layers', 0);
    perLayerFacts.keep(hp, { perLayerEmbedding: reader.numberOr('embedding_length_per_layer_input', 0) });
    hp.finalSoftcap = reader.numberOr('final_logit_softcapping', 30);
  },
  usesRopeFactors: (hp, layer) => hp.isWindowed[layer] === 0,
  build(b) {
    const g = b.graph;
    let x = g.scale(b.inputEmbedding());
    const positions = b.inputPositions();
    const inputs = attentionInputs(b);
    const ids = b.inputOutputIds();
    const perLayer = b.globalWeight('per_layer_token_embd') === NO_TENSOR ? NO_TENSOR : perLayerInputs(b, x);
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'attn_norm', x);
      const attended = b.normNamed(layer, 'post_attention_norm', attention(b, layer, normed, positions, inputs));
      const middle = g.add(attended, x);
      const ffn = b.norm(network(b, layer, middle), b.weight(layer, 'post_ffw_norm'), NO_TENSOR, 'rms', -1);
      x = g.add(ffn, middle);
      if (perLayer !== NO_TENSOR) {
        const gate = g.unary(b.matMul(layer, 'inp_gate', x));
        const own = b.matMul(layer, 'proj', g.mul(gate, slice(b, perLayer)));
        x = g.add(x, b.normNamed(layer, 'post_norm', own));
      }
      if (b.has(layer, 'layer_output_scale')) {
        x = g.mul(x, b.weight(layer, 'layer_output_scale'));
      }
    }
    const normed = b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1);
    b.nextn = normed;
    b.finishNormed(g.getRows(normed, ids), (logits) => (b.hp.finalSoftcap === 0 ? logits : softcap(b, logits)));
  },
};

function attention(b: GraphBuilder, layer: number, x: Tensor, positions: Tensor, inputs: AttentionInputs): Tensor {
  const g = b.graph;
  const { hp } = b;
  const head = headKOf(hp, layer);
  const factors = hp.isWindowed[layer] === 1 ? NO_TENSOR : b.ropeFactors(layer, 'rope_freqs');
  const query = g.reshape(b.matMul(layer, 'attn_q', x), head, hp.heads[layer]!, b.tokens);
  const q = g.rope(b.normNamed(layer, 'attn_q_norm', query), positions, factors);
  const cacheLayer = sharedCacheLayer(b, layer);
  if (cacheLayer !== layer) {
    return attend(b, layer, inputs, { q, k: NO_TENSOR, v: NO_TENSOR }, { cacheLayer, outputBias: false });
  }
  const headsKv = hp.headsKv[layer]!;
  const key = b.matMul(layer, 'attn_k', x);
  const value = b.has(layer, 'attn_v') ? b.matMul(layer, 'attn_v', x) : key;
  const k = b.normNamed(layer, 'attn_k_norm', g.reshape(key, head, headsKv, b.tokens));
  const v = g.rmsNorm(g.reshape(value, head, headsKv, b.tokens));
  return attend(b, layer, inputs, { q, k: g.rope(k, positions, factors), v }, { outputBias: false });
}

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  const dense = feedForward(b, layer, b.normNamed(layer, 'ffn_norm', x), { activation: 'gelu' });
  if (!b.has(layer, 'ffn_gate_inp')) {
    return dense;
  }
  const first = b.normNamed(layer, 'post_ffw_norm_1', dense);
  const routerInput = g.mul(g.scale(g.rmsNorm(x)), b.expertScale(layer, 'ffn_gate_inp'));
  const logits = g.mulMat(b.weight(layer, 'ffn_gate_inp'), routerInput);
  const routed = experts(b, layer, b.normNamed(layer, 'pre_ffw_norm_2', x), {
    activation: 'gelu',
    normalize: true,
    gating: 1,
    logits,
  });
  return g.add(first, b.normNamed(layer, 'post_ffw_norm_2', routed));
}
