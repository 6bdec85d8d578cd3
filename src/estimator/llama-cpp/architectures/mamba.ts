/** Mamba 1 and 2, and models that mix it with attention. */

import { readStateSpace } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import { attentionInputs } from '../graph/attention.ts';
import { attention, decoderLayer, finishAllRows, finishDecoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { mamba1, mamba2, recurrentInputs } from '../graph/recurrent.ts';
import { createOwnFacts } from '../own-facts.ts';
import { graniteFacts, graniteFeedForward, readGraniteScales } from './granite.ts';

/** Whether Mamba 1 norms its steps and matrices. */
const own = createOwnFacts({ norms: false });

/** models/mamba.cpp, models/mamba2.cpp. */
export const mamba: Architecture = {
  names: ['mamba', 'mamba2'],
  memory: 'recurrent',
  hparams(hp, reader) {
    readStateSpace(hp, reader);
    own.keep(hp, { norms: reader.boolean('ssm.dt_b_c_rms') ?? false });
    hp.isRecurrent.fill(1);
  },
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const states = recurrentInputs(b);
    const ids = b.inputOutputIds();
    const second = b.hp.architecture === 'mamba2';
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'attn_norm', x);
      let current = second ? mamba2(b, layer, states, normed) : mamba1(b, layer, states, normed, own.of(b.hp).norms);
      if (layer === b.lastLayer) {
        current = g.getRows(current, ids);
        x = g.getRows(x, ids);
      }
      x = g.add(current, x);
    }
    finishDecoder(b, x, {});
  },
};

/** Attention and Mamba 2 side by side in every layer. models/falcon-h1.cpp. */
export const falconH1: Architecture = {
  names: ['falcon-h1'],
  placesRepeatLate: true,
  memory: 'hybrid',
  hparams(hp, reader) {
    readStateSpace(hp, reader);
    hp.isRecurrent.fill(1);
  },
  attends: () => true,
  recurs: () => true,
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const context = { positions: b.inputPositions(), inputs: attentionInputs(b), outputIds: b.inputOutputIds() };
    const states = recurrentInputs(b);
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'attn_norm', x);
      const attended = attention(b, layer, normed, context, { outputBias: false });
      const mixed = mamba2(b, layer, states, b.normNamed(layer, 'attn_norm', x));
      let middle = g.add(g.add(attended, mixed), x);
      if (layer === b.lastLayer) {
        middle = g.getRows(middle, context.outputIds);
      }
      x = g.add(feedForward(b, layer, b.normNamed(layer, 'ffn_norm', middle)), middle);
    }
    finishDecoder(b, x, {});
  },
};

/** Mamba 2 in most layers, attention in some. models/granite-hybrid.cpp. */
export const graniteHybrid: Architecture = {
  names: ['granitehybrid'],
  memory: 'hybrid',
  hparams(hp, reader) {
    readGraniteScales(hp, reader);
    readStateSpace(hp, reader);
    hp.headsKv.forEach((heads, layer) => {
      hp.isRecurrent[layer] = heads === 0 ? 1 : 0;
    });
  },
  build(b) {
    let x = b.inputEmbedding();
    const states = recurrentInputs(b);
    const context = { inputs: attentionInputs(b), outputIds: b.inputOutputIds(), positions: b.inputPositions() };
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) =>
          b.hp.isRecurrent[layer] === 1
            ? mamba2(b, layer, states, normed)
            : attention(b, layer, normed, context, { rope: graniteFacts.of(b.hp).rotates, ropeFactors: true }),
        feedForward: graniteFeedForward,
        scaleResidual: () => graniteFacts.of(b.hp).residualScale !== 0,
      });
    }
    finishDecoder(b, x, { logits: (_, logits) => (b.hp.logitScale === 0 ? logits : b.graph.scale(logits)) });
  },
};

/** Layers are either Mamba 2, attention, or feed-forward. models/nemotron-h.cpp. */
export const nemotronH: Architecture = {
  names: ['nemotron_h', 'nemotron_h_moe'],
  memory: 'hybrid',
  hparams(hp, reader) {
    readStateSpace(hp, reader);
    hp.headsKv.forEach((heads, layer) => {
      hp.isRecurrent[layer] = heads === 0 && hp.feedForward[layer] === 0 ? 1 : 0;
    });
    hp.expertWeightsNorm = reader.boolean('expert_weights_norm') ?? false;
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
  },
  attends: (hp, layer) => hp.isRecurrent[layer] === 0 && hp.feedForward[layer] === 0,
  recurs: (hp, layer) => hp.isRecurrent[layer] === 1 && hp.feedForward[layer] === 0,
  build(b) {
    const g = b.graph;
    const { hp } = b;
    let x = b.inputEmbedding();
    const states = recurrentInputs(b);
    const context = { inputs: attentionInputs(b), outputIds: b.inputOutputIds(), positions: -1 };
    const network = (layer: number, normed: Tensor) => {
      if (!b.has(layer, 'ffn_gate_inp')) {
        return feedForward(b, layer, normed, { activation: 'relu-sqr' });
      }
      const latent = b.has(layer, 'ffn_latent_down') ? g.mulMat(b.weight(layer, 'ffn_latent_down'), normed) : normed;
      let routed = experts(b, layer, latent, {
        activation: 'relu-sqr',
        normalize: hp.expertWeightsNorm,
        scale: hp.expertWeightsScale,
        gating: 2,
        logits: b.matMul(layer, 'ffn_gate_inp', normed),
      });
      if (b.has(layer, 'ffn_latent_up')) {
        routed = g.mulMat(b.weight(layer, 'ffn_latent_up'), routed);
      }
      return g.add(routed, feedForward(b, layer, normed, { names: SHARED_EXPERT, activation: 'relu-sqr' }));
    };
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'attn_norm', x);
      let current: Tensor;
      if (hp.isRecurrent[layer] === 1) {
        current = mamba2(b, layer, states, normed);
      } else if (hp.feedForward[layer] === 0) {
        current = attention(b, layer, normed, context, { rope: false });
      } else {
        current = network(layer, normed);
      }
      if (layer === b.lastLayer && b.model.build.nemotronPicksInLayer) {
        current = g.getRows(current, context.outputIds);
        x = g.getRows(x, context.outputIds);
      }
      x = g.add(current, x);
    }
    if (b.model.build.nemotronPicksInLayer) {
      finishDecoder(b, x, {});
    } else {
      finishAllRows(b, x, context, {});
    }
  },
};

/** Mamba 1 in most layers, attention without rope in some; experts in every other. models/jamba.cpp. */
export const jamba: Architecture = {
  names: ['jamba'],
  memory: 'hybrid',
  hparams(hp, reader) {
    readStateSpace(hp, reader);
    hp.headsKv.forEach((heads, layer) => {
      hp.isRecurrent[layer] = heads === 0 ? 1 : 0;
    });
  },
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const states = recurrentInputs(b);
    const context = { inputs: attentionInputs(b), outputIds: b.inputOutputIds(), positions: -1 };
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'attn_norm', x);
      let current =
        b.hp.isRecurrent[layer] === 1
          ? mamba1(b, layer, states, normed, true)
          : attention(b, layer, normed, context, { rope: false, outputBias: false });
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        x = g.getRows(x, context.outputIds);
      }
      const middle = g.add(x, current);
      const ffnInput = b.normNamed(layer, 'ffn_norm', middle);
      const network = b.has(layer, 'ffn_gate_inp')
        ? experts(b, layer, ffnInput, { normalize: false, gating: 1, scales: false })
        : feedForward(b, layer, ffnInput);
      x = g.add(middle, network);
    }
    finishDecoder(b, x, {});
  },
};
