/** Qwen's transformers without recurrent layers. */

import type { Hparams } from '../../model/hyper-parameters.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { decoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';

/** models/qwen2.cpp. */
export const qwen2: Architecture = {
  names: ['qwen2'],
  build: (b) => decoder(b),
};

/** models/qwen3.cpp. */
export const qwen3: Architecture = {
  names: ['qwen3'],
  softmaxRank: true,
  build: (b) => decoder(b, { attention: { qkNorm: 'head' } }),
};

/** models/qwen3moe.cpp. */
export const qwen3moe: Architecture = {
  names: ['qwen3moe'],
  build(b) {
    decoder(b, {
      attention: { qkNorm: 'head' },
      feedForward: (_, layer, x) =>
        experts(b, layer, x, { normalize: true, gating: 1, scale: b.hp.expertWeightsScale }),
    });
  },
};

/** Experts and a shared one with a gate of its own. models/qwen2moe.cpp. */
export const qwen2moe: Architecture = {
  names: ['qwen2moe'],
  build(b) {
    const g = b.graph;
    decoder(b, {
      feedForward: (_, layer, x) => {
        const routed = experts(b, layer, x, { normalize: false, gating: 1, scales: false });
        const gate = b.matMul(layer, 'ffn_gate_inp_shexp', x);
        const open = g.div(g.unary(gate), gate);
        const shared = g.mul(feedForward(b, layer, x, { names: SHARED_EXPERT }), open);
        return g.add(routed, shared);
      },
    });
  },
};

/** Positions in time, height and width (M-RoPE) come as four numbers a token. models/qwen2vl.cpp, models/paddleocr.cpp. */
export const qwen2vl: Architecture = {
  names: ['paddleocr', 'qwen2vl'],
  hparams(hp) {
    hp.positionsPerToken = 4;
  },
  build: (b) => decoder(b),
};

/** Images come with one more embedding for each of the first so many layers. */
function deepstackLayers(hp: Hparams): number {
  return hp.inputEmbedding / hp.embedding - 1;
}

function addDeepstack(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  const { hp } = b;
  if (layer >= deepstackLayers(hp)) {
    return x;
  }
  return g.add(x, g.view(b.inputRows, hp.embedding, b.tokens, 1, 1, g.stride(b.inputRows, 1)));
}

/** models/qwen3vl.cpp. */
export const qwen3vl: Architecture = {
  names: ['qwen3vl'],
  softmaxRank: true,
  hparams(hp, reader) {
    hp.positionsPerToken = 4;
    hp.inputEmbedding = hp.embedding * (1 + reader.numberOr('n_deepstack_layers', 0));
  },
  layerKind: (hp, layer) => (layer < deepstackLayers(hp) ? 1 : 0),
  build(b) {
    decoder(b, {
      attention: { qkNorm: 'head' },
      feedForward: (_, layer, x) =>
        b.has(layer, 'ffn_gate_inp')
          ? experts(b, layer, x, { normalize: true, gating: 1, scales: false })
          : feedForward(b, layer, x),
      afterLayer: addDeepstack,
    });
  },
};

/** models/qwen3vlmoe.cpp. */
export const qwen3vlmoe: Architecture = { ...qwen3vl, names: ['qwen3vlmoe'], softmaxRank: false };
