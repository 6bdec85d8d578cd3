/** Diffusion models: a decoder's blocks over the whole text at once, without a cache. */

import type { HparamsDraft } from '../../model/hyper-parameters.ts';
import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { experts } from '../graph/feed-forward.ts';

function attendAll(hp: HparamsDraft): void {
  hp.causal = false;
}

/** models/dream.cpp, models/llada.cpp. */
export const dream: Architecture = {
  names: ['dream', 'llada'],
  memory: 'none',
  placesRepeatLate: true,
  hparams: attendAll,
  build: (b) => decoder(b),
};

/** models/llada-moe.cpp, models/rnd1.cpp. */
export const lladaMoe: Architecture = {
  names: ['llada-moe', 'rnd1'],
  memory: 'none',
  placesRepeatLate: true,
  hparams: attendAll,
  build(b) {
    const normalize = b.hp.architecture === 'rnd1';
    decoder(b, {
      attention: { qkNorm: 'head' },
      feedForward: (_, layer, x) => experts(b, layer, x, { normalize, gating: 1, scales: false }),
    });
  },
};
