/** GLM 4 and 4.5. */

import { readMrope } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { decoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';

/** models/glm4.cpp. */
export const glm4: Architecture = {
  names: ['glm4'],
  hparams(hp, reader) {
    readMrope(hp, reader);
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
  },
  loadsNextnQkv: true,
  cachesNextn: true,
  build(b) {
    decoder(b, {
      attention: { outputBias: false },
      attentionPostNorm: 'post_attention_norm',
      feedForward: (_, layer, x) => feedForward(b, layer, x, { fusedGate: true }),
      feedForwardPostNorm: 'post_ffw_norm',
    });
  },
};

/** models/glm4-moe.cpp. */
export const glm4moe: Architecture = {
  names: ['glm4moe'],
  placesRepeatLate: true,
  hparams(hp, reader) {
    readMrope(hp, reader);
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
    hp.expertWeightsNorm = reader.boolean('expert_weights_norm') ?? false;
    hp.expertGating = reader.numberOr('expert_gating_func', 0) || 2;
  },
  loadsNextnQkv: true,
  cachesNextn: true,
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
  build(b) {
    const { hp } = b;
    decoder(b, {
      attention: { qkNorm: 'head', outputBias: false },
      feedForwardNorm: 'post_attention_norm',
      feedForward: (_, layer, x) => {
        if (layer < hp.denseLead) {
          return feedForward(b, layer, x);
        }
        const routed = experts(b, layer, x, {
          normalize: hp.expertWeightsNorm,
          scale: hp.expertWeightsScale,
          gating: hp.expertGating,
        });
        return b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT }));
      },
    });
  },
};
