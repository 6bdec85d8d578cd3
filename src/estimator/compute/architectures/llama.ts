/** Llama and its relatives: RMS norm, attention with rope, gated feed-forward or experts. models/llama.cpp and others. */

import { feedForward } from '../feed-forward.ts';
import type { Architecture } from '../architecture.ts';
import { attend, attentionInputs, qkv } from '../attention.ts';
import { experts } from '../feed-forward.ts';

export const llama: Architecture = {
  names: ['llama'],
  hparams(hp, reader) {
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
    hp.feedForwardShared = reader.numberOr('expert_shared_feed_forward_length', 0);
  },
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const positions = b.inputPositions();
    const inputs = attentionInputs(b);
    const ids = b.inputOutputIds();
    for (const layer of b.layers) {
      let residual = x;
      let current = b.rmsNorm(layer, 'attn_norm', x);
      const heads = qkv(b, layer, current, b.hp.headV);
      const factors = b.chosenRopeFactors(layer);
      heads.q = g.rope(heads.q, positions, factors);
      heads.k = g.rope(heads.k, positions, factors);
      current = attend(b, layer, inputs, heads);
      if (layer === b.lastLayer) {
        current = b.selectOutputs(current, ids);
        residual = b.selectOutputs(residual, ids);
      }
      const middle = g.add(current, residual);
      current = b.rmsNorm(layer, 'ffn_norm', middle);
      current = b.has(layer, 'ffn_gate_inp')
        ? experts(b, layer, current, { normalize: true, gating: 1, scale: b.hp.expertWeightsScale })
        : feedForward(b, layer, current);
      x = g.add(current, middle);
    }
    b.finish(x);
  },
};
