/** StableLM: layer norms; the 12B model's network stands beside attention. models/stablelm.cpp. */

import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { parallelDecoder } from '../graph/parallel-decoder.ts';

export const stableLm: Architecture = {
  names: ['stablelm'],
  placesRepeatLate: true,
  build(b) {
    const attention = { qkNorm: 'head', qkNormKind: 'layer', outputBias: false } as const;
    if (b.has(0, 'ffn_norm')) {
      decoder(b, { norm: 'layer', attention });
      return;
    }
    parallelDecoder(b, {
      norm: 'layer',
      attention,
      sum: ({ graph: g }, { x, attended, hidden }) => g.add(hidden, g.add(attended, x)),
    });
  },
};
