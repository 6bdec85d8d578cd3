/** OLMo. */

import { readWindow } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { experts } from '../graph/feed-forward.ts';

/** Norms without weights. models/olmo.cpp. */
export const olmo: Architecture = {
  names: ['olmo'],
  hparams(hp, reader) {
    hp.clampKqv = reader.numberOr('attention.clamp_kqv', 0);
  },
  build: (b) => decoder(b, { norm: 'layer', attention: { outputBias: false } }),
};

/** OLMo 2 and 3: norms behind the branches only, row norms of queries and keys. models/olmo2.cpp. */
export const olmo2: Architecture = {
  names: ['olmo2'],
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 4 });
    }
  },
  build(b) {
    decoder(b, {
      attention: { qkNorm: 'row', outputBias: false },
      attentionNorm: '',
      attentionPostNorm: 'post_attention_norm',
      feedForwardNorm: '',
      feedForwardPostNorm: 'post_ffw_norm',
      feedForwardPostNormUnpinned: true,
    });
  },
};

/** models/olmoe.cpp. */
export const olmoe: Architecture = {
  names: ['olmoe'],
  build(b) {
    decoder(b, {
      attention: { qkNorm: 'row', outputBias: false },
      feedForward: (_, layer, x) => experts(b, layer, x, { normalize: false, gating: 1, scales: false }),
    });
  },
};
