/** Decoders that differ from Llama's in a detail. */

import type { Architecture } from '../architecture.ts';
import { decoder } from '../decoder.ts';
import { feedForward } from '../feed-forward.ts';

/** models/internlm2.cpp, models/xverse.cpp, models/qwen.cpp. */
export const internlm2: Architecture = {
  names: ['internlm2', 'qwen', 'xverse'],
  build: (b) => decoder(b),
};

/** Layer norms. models/orion.cpp. */
export const orion: Architecture = {
  names: ['orion'],
  build: (b) => decoder(b, { norm: 'layer' }),
};

/** Gate and up in one matrix. models/chatglm.cpp. */
export const chatglm: Architecture = {
  names: ['chatglm'],
  build: (b) => decoder(b, { feedForward: (_, layer, x) => feedForward(b, layer, x, { fusedGate: true }) }),
};

/** ALiBi instead of rope. models/refact.cpp. */
export const refact: Architecture = {
  names: ['refact'],
  hparams(hp) {
    hp.maxAlibiBias = 8;
  },
  build: (b) => decoder(b, { attention: { rope: false, outputBias: false } }),
};

/** The 7B model rotates, the 13B model (40 layers) has ALiBi. models/baichuan.cpp. */
export const baichuan: Architecture = {
  names: ['baichuan'],
  hparams(hp) {
    if (hp.layersAll === 40) {
      hp.maxAlibiBias = 8;
    }
  },
  build: (b) => decoder(b, { attention: { rope: b.model.layers === 32 } }),
};
