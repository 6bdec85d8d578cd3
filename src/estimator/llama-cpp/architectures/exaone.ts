/** EXAONE. */

import { readRouting, readWindow } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { attention, decoder } from '../graph/decoder.ts';
import { denseOrExperts } from '../graph/feed-forward.ts';

/** models/exaone.cpp. */
export const exaone: Architecture = {
  names: ['exaone'],
  build: (b) => decoder(b, { attention: { ropeFactors: true } }),
};

/** Only the model with so many layers is windowed. */
const WINDOWED_LAYERS = 64;

/** Norms behind the branches only; no rope on full layers between windowed ones. models/exaone4.cpp. */
export const exaone4: Architecture = {
  names: ['exaone4'],
  placesRepeatLate: true,
  hparams(hp, reader) {
    if (hp.layersAll === WINDOWED_LAYERS) {
      readWindow(hp, reader, { period: 4, windowTokens: 4096 });
    }
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
  },
  loadsNextnQkv: true,
  cachesNextn: true,
  build(b) {
    decoder(b, {
      attentionNorm: '',
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, {
          qkNorm: 'head',
          rope: b.hp.isWindowed[layer] === 1 || b.hp.slidingWindow === 'none',
          ropeFactors: true,
          outputBias: false,
        }),
      attentionPostNorm: 'post_attention_norm',
      feedForwardNorm: '',
      feedForwardPostNorm: 'post_ffw_norm',
      feedForwardPostNormUnpinned: true,
    });
  },
};

/** models/exaone-moe.cpp. */
export const exaoneMoe: Architecture = {
  names: ['exaone-moe'],
  hparams(hp, reader) {
    readWindow(hp, reader, { period: 4, windowTokens: 128 });
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    readRouting(hp, reader);
  },
  loadsNextnQkv: true,
  cachesNextn: true,
  build(b) {
    const { hp } = b;
    decoder(b, {
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, {
          qkNorm: 'head',
          rope: hp.isWindowed[layer] === 1,
          ropeFactors: true,
          outputBias: false,
        }),
      feedForward: (_, layer, x) => denseOrExperts(b, layer, x, { scales: false }),
    });
  },
};
