/** Llama and relatives: RMS norm, attention with rope, gated feed-forward network or experts. */

import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { attention, decoder } from '../graph/decoder.ts';
import { experts, feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';

/** Llama, Mistral, Mixtral, SmolLM2 and many more under this name. models/llama.cpp. */
export const llama: Architecture = {
  names: ['llama'],
  hparams(hp, reader) {
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
  },
  build(b) {
    decoder(b, { attention: { ropeFactors: true }, feedForward: denseOrMixture });
  },
};

/** The dense network, or experts where the layer has a router. */
export function denseOrMixture(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  return b.has(layer, 'ffn_gate_inp')
    ? experts(b, layer, x, { normalize: true, gating: 1, scale: b.hp.expertWeightsScale })
    : feedForward(b, layer, x);
}

/** models/seed-oss.cpp. */
export const seedOss: Architecture = {
  names: ['seed_oss'],
  build: (b) => decoder(b, { feedForwardNorm: 'post_attention_norm' }),
};

/** No rope on every fourth layer. models/smollm3.cpp. */
export const smollm3: Architecture = {
  names: ['smollm3'],
  layerKind: (_, layer) => ((layer + 1) % 4 === 0 ? 1 : 0),
  build(b) {
    decoder(b, {
      attention: (_, layer, x, context) => attention(b, layer, x, context, { rope: (layer + 1) % 4 !== 0 }),
    });
  },
};
