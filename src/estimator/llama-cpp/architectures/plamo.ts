/** PLaMo 1 and 3. */

import { readWindow } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { attention, decoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import { parallelDecoder } from '../graph/parallel-decoder.ts';

/** models/plamo.cpp. */
export const plamo: Architecture = {
  names: ['plamo'],
  placesRepeatLate: true,
  build: (b) =>
    parallelDecoder(b, { sum: ({ graph: g }, { x, attended, hidden }) => g.add(g.add(hidden, attended), x) }),
};

/** models/plamo3.cpp. */
export const plamo3: Architecture = {
  names: ['plamo3'],
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 8 });
    }
  },
  build(b) {
    const { hp } = b;
    decoder(b, {
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, { qkNorm: 'head', head: hp.headK, headV: hp.headV, outputBias: false }),
      attentionPostNorm: 'post_attention_norm',
      feedForward: (_, layer, x) => feedForward(b, layer, x, { fusedGate: true }),
      feedForwardPostNorm: 'post_ffw_norm',
    });
  },
};
