/** gpt-oss: attention sinks, every other layer windowed, experts with biases. models/openai-moe.cpp. */

import { readWindow } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { attention, decoder } from '../graph/decoder.ts';
import { experts } from '../graph/feed-forward.ts';

export const gptOss: Architecture = {
  names: ['gpt-oss'],
  hparams: (hp, reader) => readWindow(hp, reader, { period: 2 }),
  build(b) {
    decoder(b, {
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, { head: b.hp.rotary, sinks: b.weight(layer, 'attn_sinks') }),
      feedForwardNorm: 'post_attention_norm',
      feedForward: (_, layer, x) => experts(b, layer, x, { normalize: false, gating: 3, biases: true }),
      lateOutputs: true,
    });
  },
};
