/** Talkie: norms without weights, the embeddings join in behind every block. models/talkie.cpp. */

import type { Architecture } from '../architecture.ts';
import { attend, qkv } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { decoderContext, finishDecoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';

function norm(b: GraphBuilder, x: Tensor): Tensor {
  return b.norm(x, NO_TENSOR, NO_TENSOR, 'rms', -1);
}

export const talkie: Architecture = {
  names: ['talkie'],
  build(b) {
    const g = b.graph;
    const context = decoderContext(b);
    const embedded = norm(b, b.inputEmbedding());
    let x = embedded;
    for (const layer of b.layers) {
      let skipped = embedded;
      const heads = qkv(b, layer, norm(b, x), b.hp.headK);
      const q = b.normNamed(layer, 'attn_q_norm', g.rope(heads.q, context.positions));
      const k = norm(b, g.rope(heads.k, context.positions));
      let current = attend(b, layer, context.inputs, { q, k, v: heads.v }, { outputBias: false });
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        x = g.getRows(x, context.outputIds);
        skipped = g.getRows(skipped, context.outputIds);
      }
      const middle = g.add(current, x);
      const sum = g.add(feedForward(b, layer, norm(b, middle)), middle);
      x = g.add(sum, g.mul(skipped, b.weight(layer, 'layer_output_scale')));
    }
    finishDecoder(b, x, { logits: (_, logits) => g.scale(logits) });
  },
};
