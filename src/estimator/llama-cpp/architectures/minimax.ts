/** MiniMax M2: norms over whole rows of queries and keys, experts. models/minimax-m2.cpp. */

import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { experts } from '../graph/feed-forward.ts';

export const minimaxM2: Architecture = {
  names: ['minimax-m2'],
  hparams(hp, reader) {
    hp.expertGating = reader.numberOr('expert_gating_func', 0);
  },
  build(b) {
    decoder(b, {
      attention: { qkNorm: 'row', outputBias: false },
      feedForward: (_, layer, x) => experts(b, layer, x, { normalize: true, gating: b.hp.expertGating }),
    });
  },
};
