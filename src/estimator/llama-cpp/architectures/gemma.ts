/** Gemma: scaled embeddings and queries; from Gemma 2 on norms in front of and behind both branches. */

import { readWindow } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { decoder, softcap } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';

/** models/gemma.cpp. */
export const gemma: Architecture = {
  names: ['gemma'],
  build(b) {
    decoder(b, {
      scaleEmbedding: true,
      attention: { scaleQ: true, outputBias: false },
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'gelu' }),
    });
  },
};

/** models/gemma2.cpp. */
export const gemma2: Architecture = {
  names: ['gemma2'],
  hparams(hp, reader) {
    readWindow(hp, reader, { period: 2, windowTokens: 4096 });
    hp.attentionSoftcap = true;
  },
  build(b) {
    decoder(b, {
      scaleEmbedding: true,
      attention: { scaleQ: true, outputBias: false },
      attentionPostNorm: 'post_attention_norm',
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'gelu' }),
      feedForwardPostNorm: 'post_ffw_norm',
      feedForwardPostNormUnpinned: true,
      logits: softcap,
    });
  },
};

/** models/gemma3.cpp. */
export const gemma3: Architecture = {
  names: ['gemma3'],
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 6 });
    }
    hp.finalSoftcap = reader.numberOr('final_logit_softcapping', 0);
  },
  build(b) {
    decoder(b, {
      scaleEmbedding: true,
      attention: { qkNorm: 'head', scaleQ: true, outputBias: false },
      attentionPostNorm: 'post_attention_norm',
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'gelu' }),
      feedForwardPostNorm: 'post_ffw_norm',
      feedForwardPostNormUnpinned: true,
      logits: (_, logits) => (b.hp.finalSoftcap === 0 ? logits : softcap(b, logits)),
    });
  },
};
