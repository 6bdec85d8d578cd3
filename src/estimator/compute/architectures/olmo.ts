/** OLMo 2 and 3: norms behind the branches only, row norms of queries and keys. models/olmo2.cpp. */

import { readWindow } from '../../metadata.ts';
import type { Architecture } from '../architecture.ts';
import { decoder } from '../decoder.ts';

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
