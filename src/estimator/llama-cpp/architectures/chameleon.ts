/** Chameleon: layer norms over queries and keys, logits of image tokens ruled out. models/chameleon.cpp. */

import { F32 } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import { attention, decoderContext, finishDecoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import { OP_NONE, OP_OTHER } from '../graph/ops.ts';
import { createOwnFacts } from '../own-facts.ts';

/** Tokens that stand for parts of an image. */
const IMAGE_TOKENS = 8192;

/** Whether norms stand behind the branches. */
const own = createOwnFacts({ normsBehind: false });

export const chameleon: Architecture = {
  names: ['chameleon'],
  placesRepeatLate: true,
  hparams(hp, reader) {
    own.keep(hp, { normsBehind: reader.boolean('swin_norm') ?? false });
  },
  build(b) {
    const g = b.graph;
    const { normsBehind } = own.of(b.hp);
    const context = decoderContext(b);
    let x = b.inputEmbedding();
    for (const layer of b.layers) {
      const input = normsBehind ? x : b.normNamed(layer, 'attn_norm', x);
      let current = attention(b, layer, input, context, { qkNorm: 'head', qkNormKind: 'layer', outputBias: false });
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        x = g.getRows(x, context.outputIds);
      }
      if (normsBehind) {
        current = b.normNamed(layer, 'attn_norm', current);
      }
      const middle = g.add(current, x);
      // With norms behind, llama.cpp hands the attention's result on, not the sum.
      const hidden = feedForward(b, layer, normsBehind ? current : b.normNamed(layer, 'ffn_norm', middle));
      x = g.add(normsBehind ? b.normNamed(layer, 'ffn_norm', hidden) : hidden, middle);
    }
    finishDecoder(b, x, {
      logits: (_, logits) => {
        const least = g.clamp(g.tensor(OP_NONE, F32, IMAGE_TOKENS, 1, 1, 1));
        return g.custom(OP_OTHER, F32, [g.size(logits, 0), g.size(logits, 1), 1, 1], [logits, least]);
      },
    });
  },
};
