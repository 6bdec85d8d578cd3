/** BitNet: norms in front of the last matrix of both branches; the token embedding itself is the output. */

import type { Architecture } from '../architecture.ts';
import { projectOutput } from '../graph/attention.ts';
import { attention, decoderContext, decoderLayer } from '../graph/decoder.ts';
import { NO_TENSOR } from '../graph/graph.ts';

/** models/bitnet.cpp. */
export const bitnet: Architecture = {
  names: ['bitnet'],
  hasOutput: false,
  build(b) {
    const g = b.graph;
    const context = decoderContext(b);
    let x = b.inputEmbedding();
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) => {
          const attended = attention(b, layer, normed, context, { output: '' });
          return projectOutput(b, layer, b.normNamed(layer, 'attn_sub_norm', attended), {});
        },
        feedForward: (_, __, normed) => {
          const up = b.matMul(layer, 'ffn_up', normed);
          const hidden = g.gluSplit(b.matMul(layer, 'ffn_gate', normed), up);
          return b.matMul(layer, 'ffn_down', b.normNamed(layer, 'ffn_sub_norm', hidden));
        },
      });
    }
    b.embedding = b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1);
    // Not a copy beside the last layer: the table stays where the input is.
    b.logits = g.expand(g.mulMat(b.globalWeight('token_embd'), b.embedding));
  },
};
