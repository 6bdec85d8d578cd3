/** ERNIE 4.5, dense and with experts. models/ernie4-5.cpp, models/ernie4-5-moe.cpp. */

import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import { createOwnFacts } from '../own-facts.ts';

/** Width of the shared experts' network, 0 = none. */
const own = createOwnFacts({ sharedWidth: 0 });

export const ernie: Architecture = {
  names: ['ernie4_5', 'ernie4_5-moe'],
  hparams(hp, reader) {
    own.keep(hp, { sharedWidth: reader.numberOr('expert_shared_feed_forward_length', 0) });
  },
  build(b) {
    decoder(b, {
      attention: { outputBias: false },
      feedForward: (_, layer, x) => {
        if (!b.has(layer, 'ffn_gate_inp')) {
          return feedForward(b, layer, x);
        }
        const routed = experts(b, layer, x, { normalize: true, gating: 1, scales: false });
        return own.of(b.hp).sharedWidth > 0
          ? b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT }))
          : routed;
      },
    });
  },
};
