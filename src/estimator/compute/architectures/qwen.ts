/** Qwen's transformers without recurrent layers. */

import type { Architecture } from '../architecture.ts';
import { decoder } from '../decoder.ts';
import { experts } from '../feed-forward.ts';

/** models/qwen2.cpp. */
export const qwen2: Architecture = {
  names: ['qwen2'],
  build: (b) => decoder(b),
};

/** models/qwen3.cpp. */
export const qwen3: Architecture = {
  names: ['qwen3'],
  build: (b) => decoder(b, { attention: { qkNorm: 'head' } }),
};

/** models/qwen3moe.cpp. */
export const qwen3moe: Architecture = {
  names: ['qwen3moe'],
  build(b) {
    decoder(b, {
      attention: { qkNorm: 'head' },
      feedForward: (_, layer, x) =>
        experts(b, layer, x, { normalize: true, gating: 1, scale: b.hp.expertWeightsScale }),
    });
  },
};
