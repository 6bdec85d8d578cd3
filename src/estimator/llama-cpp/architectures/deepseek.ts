/** DeepSeek 2 and 3, Kimi K2, GLM 4.7 Flash: latent attention, experts. models/deepseek2.cpp. */

import type { Hparams } from '../../model/hyper-parameters.ts';
import { F32 } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import { attentionInputs } from '../graph/attention.ts';
import { decoder, decoderContext, decoderLayer, finishDecoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { latentAttention, readLatentAttention } from '../graph/latent-attention.ts';
import { createOwnFacts } from '../own-facts.ts';

const GATING_SOFTMAX = 1;
const GATING_SIGMOID = 2;

/** Files without the key: only GLM 4.7 Flash chooses by sigmoid; told by its depth and vocabulary, as llama.cpp does. */
function defaultGating(hp: Hparams): number {
  const deep = hp.layersAll === 47 || hp.layersAll === 48;
  return deep && hp.vocabulary === 154880 ? GATING_SIGMOID : GATING_SOFTMAX;
}

/** Attention's temperature by position, 0 = none. */
const own = createOwnFacts({ temperatureScale: 0 });

export const deepseek2: Architecture = {
  names: ['deepseek2', 'mistral4'],
  hparams(hp, reader) {
    readLatentAttention(hp, reader);
    hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
    hp.expertWeightsNorm = reader.boolean('expert_weights_norm') ?? false;
    hp.expertGating = reader.numberOr('expert_gating_func', 0) || defaultGating(hp);
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    own.keep(hp, { temperatureScale: reader.numberOr('attention.temperature_scale', 0) });
  },
  cachesNextn: true,
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
  build(b) {
    const { hp } = b;
    let x = b.inputEmbedding();
    const scale = own.of(hp).temperatureScale === 0 ? NO_TENSOR : b.graph.input(F32, 1, 1, b.tokens);
    const context = { positions: b.inputPositions(), inputs: attentionInputs(b), outputIds: b.inputOutputIds() };
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) => latentAttention(b, layer, normed, context, { scale }),
        feedForward: (_, __, normed) => {
          if (layer < hp.denseLead) {
            return feedForward(b, layer, normed);
          }
          const routed = experts(b, layer, normed, {
            normalize: hp.expertWeightsNorm,
            scale: hp.expertWeightsScale,
            gating: hp.expertGating,
            scales: false,
          });
          return b.graph.add(routed, feedForward(b, layer, normed, { names: SHARED_EXPERT }));
        },
      });
    }
    finishDecoder(b, x, {});
  },
};

/** Compressed queries, keys and values, dense; scaled embeddings and residuals. models/minicpm3.cpp. */
export const miniCpm3: Architecture = {
  names: ['minicpm3'],
  hparams: readLatentAttention,
  build(b) {
    const g = b.graph;
    let x = g.scale(b.inputEmbedding());
    const context = decoderContext(b);
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) =>
          latentAttention(b, layer, normed, context, { ropeFactors: b.chosenRopeFactors(layer) }),
        scaleResidual: () => true,
      });
    }
    const normed = b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1);
    b.finishNormed(g.scale(normed), undefined, normed);
  },
};

/** Compressed keys and values, dense. models/plm.cpp. */
export const plm: Architecture = {
  names: ['plm'],
  hparams: readLatentAttention,
  build(b) {
    decoder(b, {
      attention: (_, layer, x, context) => latentAttention(b, layer, x, context, { flatValues: true }),
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'relu-sqr', biases: false }),
    });
  },
};
