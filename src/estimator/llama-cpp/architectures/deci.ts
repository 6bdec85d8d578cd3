/** Nemotron (DeciLM): layers without attention, with a matrix instead of it, or without a network. models/deci.cpp. */

import type { Architecture } from '../architecture.ts';
import { attention, decoderContext, finishDecoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';

export const deci: Architecture = {
  names: ['deci'],
  buildsAllLayers: true,
  build(b) {
    const g = b.graph;
    const { hp } = b;
    const context = decoderContext(b);
    let x = b.inputEmbedding();
    for (const layer of b.layers) {
      let residual = x;
      let current = x;
      if (hp.heads[layer] !== 0) {
        const normed = b.normNamed(layer, 'attn_norm', x);
        current =
          hp.headsKv[layer] === 0
            ? b.matMul(layer, 'attn_output', normed, false)
            : attention(b, layer, normed, context, { ropeFactors: true });
      }
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        residual = g.getRows(residual, context.outputIds);
      }
      if (hp.feedForward[layer] === 0) {
        // llama.cpp drops attention's result here.
        continue;
      }
      const middle = hp.heads[layer] === 0 ? current : g.add(current, residual);
      x = g.add(feedForward(b, layer, b.normNamed(layer, 'ffn_norm', middle)), middle);
    }
    finishDecoder(b, x, {});
  },
};
