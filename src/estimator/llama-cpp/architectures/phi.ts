/** Phi 3 and 4: fused QKV, queries scaled on their own, gate and up in one matrix. models/phi3.cpp. */

import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { experts, feedForward } from '../graph/feed-forward.ts';

export const phi3: Architecture = {
  names: ['phi3', 'phimoe'],
  placesRepeatLate: true,
  build(b) {
    decoder(b, {
      attention: { ropeFactors: true, scaleQ: true },
      residualFirst: true,
      feedForward: (_, layer, x) =>
        b.has(layer, 'ffn_gate_inp')
          ? experts(b, layer, x, { normalize: true, gating: 1 })
          : feedForward(b, layer, x, { fusedGate: true }),
    });
  },
};
