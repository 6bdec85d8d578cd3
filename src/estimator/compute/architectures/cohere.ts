/** Command R: attention and feed-forward side by side on one normed input. */

import { readWindow } from '../../metadata.ts';
import type { Architecture } from '../architecture.ts';
import { attentionInputs } from '../attention.ts';
import { attention, finishDecoder } from '../decoder.ts';
import { feedForward } from '../feed-forward.ts';

/** models/cohere2.cpp. */
export const cohere2: Architecture = {
  names: ['cohere2'],
  hparams(hp, reader) {
    readWindow(hp, reader, { period: 4 });
    hp.logitScale = reader.numberOr('logit_scale', 0);
  },
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const context = { positions: b.inputPositions(), inputs: attentionInputs(b), outputIds: b.inputOutputIds() };
    for (const layer of b.layers) {
      let normed = b.norm(x, b.weight(layer, 'attn_norm'), -1, 'layer', layer);
      let attended = attention(b, layer, normed, context, {
        rope: b.hp.isWindowed[layer] === 1,
        ropeFactors: true,
      });
      if (layer === b.lastLayer) {
        attended = g.getRows(attended, context.outputIds);
        x = g.getRows(x, context.outputIds);
        normed = g.getRows(normed, context.outputIds);
      }
      x = g.add(g.add(feedForward(b, layer, normed), x), attended);
    }
    finishDecoder(b, x, {
      norm: 'layer',
      logits: (_, logits) => (b.hp.logitScale === 0 ? logits : g.scale(logits)),
    });
  },
};
