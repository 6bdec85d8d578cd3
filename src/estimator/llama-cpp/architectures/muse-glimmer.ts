/** Muse Glimmer: norms in front of and behind both branches, gated attention, rope on windowed layers alone. */

import { readWindowedLayers } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { attention, decoder, softcap } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import { NO_TENSOR } from '../graph/graph.ts';

/** models/muse-glimmer.cpp (b10454). */
export const museGlimmer: Architecture = {
  names: ['muse-glimmer'],
  hparams(hp, reader) {
    hp.slidingWindow = 'standard';
    hp.windowTokens = reader.required('attention.sliding_window');
    readWindowedLayers(hp, reader, 4);
    hp.finalSoftcap = reader.numberOr('final_logit_softcapping', 0);
  },
  build(b) {
    decoder(b, {
      embeddingNorm: true,
      attention: (_, layer, x, context) => {
        const attended = attention(b, layer, x, context, {
          qkNorm: 'head',
          rope: b.hp.isWindowed[layer] === 1,
          outputGate: true,
          outputBias: false,
        });
        // In front of the choice of output rows, and by another epsilon than llama.cpp's norms that are pinned.
        return b.norm(attended, b.weight(layer, 'post_attention_norm'), NO_TENSOR, 'rms', -1);
      },
      feedForward: (_, layer, x) => feedForward(b, layer, x, { biases: false, scales: false }),
      feedForwardPostNorm: 'post_ffw_norm',
      feedForwardPostNormUnpinned: true,
      logits: (_, logits) => {
        const scaled = b.graph.scale(logits);
        return b.hp.finalSoftcap === 0 ? scaled : softcap(b, scaled);
      },
    });
  },
};
