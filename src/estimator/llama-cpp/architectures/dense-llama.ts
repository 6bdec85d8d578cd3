/** Dense relatives of Llama that differ in a detail. */

import { F32 } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import { attend, attentionInputs, qkv } from '../graph/attention.ts';
import { decoder, decoderLayer, finishDecoder } from '../graph/decoder.ts';
import { experts, feedForward } from '../graph/feed-forward.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { createOwnFacts } from '../own-facts.ts';
import { granite, graniteFacts } from './granite.ts';

/** Granite's graph with defaults of its own. models/minicpm.cpp. */
export const miniCpm: Architecture = {
  names: ['minicpm'],
  hparams(hp, reader) {
    hp.embeddingScale = reader.numberOr('embedding_scale', 12);
    hp.logitScale = reader.numberOr('logit_scale', 256 / hp.embedding);
    graniteFacts.keep(hp, {
      residualScale: reader.numberOr('residual_scale', 1.4 / Math.sqrt(hp.layersAll)),
      sharedWidth: 0,
      rotates: true,
    });
  },
  build: granite.build,
};

/** models/nemotron.cpp. */
export const nemotron: Architecture = {
  names: ['nemotron'],
  build(b) {
    decoder(b, {
      norm: 'layer',
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'relu-sqr' }),
    });
  },
};

/** models/arcee.cpp. */
export const arcee: Architecture = {
  names: ['arcee'],
  build(b) {
    decoder(b, {
      attention: { ropeFactors: true },
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'relu-sqr', biases: false }),
    });
  },
};

/** models/apertus.cpp. */
export const apertus: Architecture = {
  names: ['apertus'],
  build: (b) => decoder(b, { attention: { qkNorm: 'head', ropeFactors: true } }),
};

/** Norms of queries and keys behind rope. models/hunyuan-dense.cpp, models/hunyuan-vl.cpp. */
export const hunyuan: Architecture = {
  names: ['hunyuan-dense', 'hunyuan_vl'],
  hparams(hp, reader) {
    const sections = reader.array('rope.dimension_sections');
    if (hp.architecture === 'hunyuan_vl' && sections !== undefined && sections[0]! > 0 && sections[1]! > 0) {
      hp.positionsPerToken = 4;
    }
  },
  build: (b) => decoder(b, { attention: { ropeFactors: true, qkNorm: 'head-behind-rope' } }),
};

/** Attention's temperature by position, 0 = none. */
const own = createOwnFacts({ temperatureScale: 0 });

/** Queries are scaled by their position. models/mistral3.cpp. */
export const mistral3: Architecture = {
  names: ['mistral3'],
  hparams(hp, reader) {
    own.keep(hp, { temperatureScale: reader.numberOr('attention.temperature_scale', 0) });
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
  },
  build(b) {
    const g = b.graph;
    const { hp } = b;
    let x = b.inputEmbedding();
    const positions = b.inputPositions();
    const scale = own.of(hp).temperatureScale === 0 ? NO_TENSOR : g.input(F32, 1, 1, b.tokens);
    const context = { positions, inputs: attentionInputs(b), outputIds: b.inputOutputIds() };
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) => {
          const heads = qkv(b, layer, normed, hp.headK);
          const factors = b.chosenRopeFactors(layer);
          const q = g.rope(heads.q, positions, factors);
          const k = g.rope(heads.k, positions, factors);
          return attend(b, layer, context.inputs, { q: scale === NO_TENSOR ? q : g.mul(q, scale), k, v: heads.v });
        },
        feedForward: (_, __, normed) =>
          b.has(layer, 'ffn_gate_inp')
            ? experts(b, layer, normed, { normalize: true, gating: 1, scale: hp.expertWeightsScale })
            : feedForward(b, layer, normed),
      });
    }
    finishDecoder(b, x, {});
  },
};
