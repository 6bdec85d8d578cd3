/** Command R: attention and feed-forward network side by side on one normed input. */

import { readRouting, readWindow, readWindowedLayers } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { attention } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import type { Branches } from '../graph/parallel-decoder.ts';
import { parallelDecoder } from '../graph/parallel-decoder.ts';
import { createOwnFacts } from '../own-facts.ts';

function sum({ graph: g }: GraphBuilder, { x, attended, hidden }: Branches): Tensor {
  return g.add(g.add(hidden, x), attended);
}

function scaleLogits(b: GraphBuilder, logits: Tensor): Tensor {
  return b.hp.logitScale === 0 ? logits : b.graph.scale(logits);
}

/** models/command-r.cpp. */
export const commandR: Architecture = {
  names: ['command-r'],
  placesRepeatLate: true,
  hparams(hp, reader) {
    hp.logitScale = reader.numberOr('logit_scale', 0);
  },
  build(b) {
    parallelDecoder(b, {
      norm: 'layer',
      attention: { qkNorm: 'head', qkNormKind: 'layer' },
      sum,
      logits: scaleLogits,
    });
  },
};

/** Only windowed layers rotate. models/cohere2.cpp. */
export const cohere2: Architecture = {
  names: ['cohere2'],
  placesRepeatLate: true,
  hparams(hp, reader) {
    readWindow(hp, reader, { period: 4 });
    hp.logitScale = reader.numberOr('logit_scale', 0);
  },
  build(b) {
    parallelDecoder(b, {
      norm: 'layer',
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, { rope: b.hp.isWindowed[layer] === 1, ropeFactors: true }),
      sum,
      logits: scaleLogits,
    });
  },
};

/** Whether Cohere's mixtures have RMS norms. */
const own = createOwnFacts({ normsRms: false });

/** models/cohere2moe.cpp. */
export const cohere2moe: Architecture = {
  names: ['cohere2moe'],
  placesRepeatLate: true,
  hparams(hp, reader) {
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    hp.slidingWindow = 'standard';
    hp.windowTokens = reader.numberOr('attention.sliding_window', 0);
    readWindowedLayers(hp, reader, 4, true);
    hp.logitScale = reader.numberOr('logit_scale', 0);
    hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
    readRouting(hp, reader, 2);
    own.keep(hp, { normsRms: reader.numberOr('attention.layer_norm_rms_epsilon', 0) !== 0 });
  },
  loadsNextnQkv: true,
  loadsNextnOf: /^nextn\.(?:embed_tokens|shared_head_)/,
  cachesNextn: true,
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
  build(b) {
    const { hp } = b;
    parallelDecoder(b, {
      norm: own.of(hp).normsRms ? 'rms' : 'layer',
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, {
          rope: hp.isWindowed[layer] === 1 || layer < hp.denseLead,
          ropeFactors: true,
        }),
      feedForward: cohereExperts,
      sum,
      lateOutputs: 'normed',
      logits: scaleLogits,
    });
  },
};

/** Dense, or the mean of the experts and the shared one. */
function cohereExperts(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  if (!b.has(layer, 'ffn_gate_inp')) {
    return feedForward(b, layer, x);
  }
  const { hp } = b;
  const routed = experts(b, layer, x, {
    normalize: hp.expertWeightsNorm,
    scale: hp.expertWeightsScale,
    gating: hp.expertGating,
  });
  if (!b.has(layer, 'ffn_up_shexp')) {
    return routed;
  }
  return b.graph.scale(b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT })));
}
