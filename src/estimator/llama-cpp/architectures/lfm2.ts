/** LFM 2: short convolutions in most layers, attention in some. models/lfm2.cpp, models/lfm2moe.cpp. */

import type { Architecture } from '../architecture.ts';
import { attentionInputs } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { attention } from '../graph/decoder.ts';
import { experts, feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import type { RecurrentInputs } from '../graph/recurrent.ts';
import { convolve, recurrentInputs, withHistory } from '../graph/recurrent.ts';

/** Three projections: two are multiplied and convolved, the third gates the result. */
function shortConvolution(b: GraphBuilder, layer: number, inputs: RecurrentInputs, x: Tensor): Tensor {
  const g = b.graph;
  const { hp } = b;
  const length = b.tokens / b.sequences;
  const all = b.matMul(layer, 'shortconv.in_proj', g.reshape(x, g.size(x, 0), length, b.sequences));
  const third = () => g.view(all, hp.embedding, length, b.sequences, 1, g.stride(all, 1), g.stride(all, 2));
  const joined = withHistory(b, layer, inputs, g.mul(third(), third()), hp.shortConvCache, hp.embedding);
  const gated = g.mul(third(), convolve(b, joined, b.weight(layer, 'shortconv.conv')));
  const out = b.matMul(layer, 'shortconv.out_proj', gated);
  return g.reshape(out, g.size(out, 0), b.tokens);
}

export const lfm2: Architecture = {
  names: ['lfm2', 'lfm2moe'],
  memory: 'hybrid',
  embeddingNormIsOutput: true,
  hparams(hp, reader) {
    hp.shortConvCache = reader.numberOr('shortconv.l_cache', 0);
    hp.expertGating = reader.numberOr('expert_gating_func', 0);
    hp.windowTokens = reader.numberOr('attention.sliding_window', 0);
    hp.headsKv.forEach((heads, layer) => {
      hp.isRecurrent[layer] = heads === 0 ? 1 : 0;
      hp.isWindowed[layer] = hp.windowTokens > 0 && heads !== 0 ? 1 : 0;
    });
    hp.slidingWindow = hp.windowTokens > 0 ? 'standard' : 'none';
  },
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const states = recurrentInputs(b);
    const context = { inputs: attentionInputs(b), positions: b.inputPositions(), outputIds: b.inputOutputIds() };
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'attn_norm', x);
      let current =
        b.hp.isRecurrent[layer] === 1
          ? shortConvolution(b, layer, states, normed)
          : attention(b, layer, normed, context, { qkNorm: 'head', outputBias: false });
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        x = g.getRows(x, context.outputIds);
      }
      const middle = g.add(x, current);
      const between = b.normNamed(layer, 'ffn_norm', middle);
      const network = b.has(layer, 'ffn_gate_inp')
        ? experts(b, layer, between, {
            normalize: true,
            scale: b.hp.expertWeightsScale,
            gating: b.hp.expertGating,
            scales: false,
          })
        : feedForward(b, layer, between);
      x = g.add(middle, network);
    }
    const normed = b.norm(x, b.globalWeight('token_embd_norm'), NO_TENSOR, 'rms', -1);
    if (b.options.embeddings) {
      b.embedding = g.expand(normed);
      return;
    }
    b.finishNormed(normed);
  },
};
