/** GroveMoE: small experts shared by groups of the routed ones, fed by their result. models/grovemoe.cpp. */

import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { experts } from '../graph/feed-forward.ts';

const NAMES = { up: 'ffn_up_chexps', gate: 'ffn_gate_chexps', down: 'ffn_down_chexps' };

export const groveMoe: Architecture = {
  names: ['grovemoe'],
  build(b) {
    const g = b.graph;
    decoder(b, {
      attention: { qkNorm: 'head' },
      feedForward: (_, layer, x) => {
        const logits = b.matMul(layer, 'ffn_gate_inp', x);
        const routing = { normalize: true, gating: 1, logits, chooseBySigmoid: true, scales: false } as const;
        const routed = experts(b, layer, x, routing);
        const adjugate = experts(b, layer, routed, { ...routing, names: NAMES, mapsChoice: true });
        return g.add(routed, g.scale(adjugate));
      },
    });
  },
};
