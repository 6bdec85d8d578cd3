/** Llama-like attention in front of experts, mostly with a shared one and some dense layers first. */

import type { Hparams, HparamsDraft } from '../../model/hyper-parameters.ts';
import type { MetadataReader } from '../../model/metadata.ts';
import { setWindowPattern } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { AttentionOptions } from '../graph/decoder.ts';
import { attention, decoder, decoderContext, finishDecoder, softcap } from '../graph/decoder.ts';
import type { ExpertOptions } from '../graph/feed-forward.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';

const SOFTMAX: ExpertOptions = { normalize: true, gating: 1, scales: false };

function readExperts(hp: HparamsDraft, reader: MetadataReader): void {
  hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
  hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
  hp.expertWeightsNorm = reader.boolean('expert_weights_norm') ?? false;
  hp.expertGating = reader.numberOr('expert_gating_func', 0);
}

/** Routed experts and the shared one; dense in the first layers. */
function sharedExperts(options: (hp: Hparams) => Pick<ExpertOptions, 'normalize' | 'gating'>) {
  return (b: GraphBuilder, layer: number, x: Tensor): Tensor => {
    const { hp } = b;
    if (layer < hp.denseLead) {
      return feedForward(b, layer, x);
    }
    const routed = experts(b, layer, x, { ...options(hp), scale: hp.expertWeightsScale, scales: false });
    return b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT, scales: false }));
  };
}

function withSharedExperts(
  name: string,
  attentionOptions: AttentionOptions,
  options: (hp: Hparams) => Pick<ExpertOptions, 'normalize' | 'gating'>,
): Architecture {
  return {
    names: [name],
    hparams: readExperts,
    layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
    build: (b) => decoder(b, { attention: attentionOptions, feedForward: sharedExperts(options) }),
  };
}

/** The first DeepSeek. models/deepseek.cpp. */
export const deepseek = withSharedExperts('deepseek', { ropeFactors: true }, () => ({ normalize: false, gating: 1 }));

/** models/bailingmoe.cpp: every layer has experts. */
export const bailingMoe: Architecture = {
  ...withSharedExperts('bailingmoe', { ropeFactors: true, outputBias: false }, (hp) => ({
    normalize: hp.expertWeightsNorm,
    gating: 1,
  })),
  hparams(hp, reader) {
    readExperts(hp, reader);
    hp.denseLead = 0;
  },
};

/** models/bailingmoe2.cpp. */
export const bailingMoe2: Architecture = {
  ...withSharedExperts('bailingmoe2', { qkNorm: 'head' }, (hp) => ({
    normalize: hp.expertWeightsNorm,
    gating: hp.expertGating,
  })),
  hparams(hp, reader) {
    readExperts(hp, reader);
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
  },
  cachesNextn: true,
};

/** models/dots1.cpp. */
export const dots1 = withSharedExperts('dots1', { qkNorm: 'head' }, (hp) => ({
  normalize: hp.expertWeightsNorm,
  gating: hp.expertGating,
}));

/** Every layer has experts and a shared one; norms of queries and keys behind rope. models/hunyuan-moe.cpp. */
export const hunyuanMoe: Architecture = {
  names: ['hunyuan-moe'],
  build(b) {
    decoder(b, {
      attention: { ropeFactors: true, qkNorm: 'head-behind-rope' },
      feedForward: (_, layer, x) => {
        const shared = feedForward(b, layer, x, { names: SHARED_EXPERT, scales: false });
        return b.graph.add(experts(b, layer, x, SOFTMAX), shared);
      },
    });
  },
};

/** models/dbrx.cpp. */
export const dbrx: Architecture = {
  names: ['dbrx'],
  hparams(hp, reader) {
    hp.clampKqv = reader.numberOr('attention.clamp_kqv', 0);
  },
  build(b) {
    decoder(b, {
      norm: 'layer',
      attention: { outputBias: false },
      feedForwardNorm: 'attn_output_norm',
      feedForward: (_, layer, x) => experts(b, layer, x, SOFTMAX),
    });
  },
};

/** Norms behind both branches; a dense network beside the experts in newer ones. models/grok.cpp. */
export const grok: Architecture = {
  names: ['grok'],
  neverFlash: true,
  hparams(hp, reader) {
    hp.embeddingScale = reader.numberOr('embedding_scale', 78.38367176906169);
    hp.finalSoftcap = reader.numberOr('final_logit_softcapping', 0);
  },
  build(b) {
    const g = b.graph;
    decoder(b, {
      attention: { capsScores: true },
      attentionPostNorm: 'attn_output_norm',
      feedForward: (_, layer, x) => {
        const routed = experts(b, layer, x, { ...SOFTMAX, activation: 'gelu' });
        return b.has(layer, 'ffn_up')
          ? g.scale(g.add(feedForward(b, layer, x, { activation: 'gelu' }), routed))
          : routed;
      },
      feedForwardPostNorm: b.has(0, 'layer_output_norm') ? 'layer_output_norm' : 'post_ffw_norm',
      logits: (_, logits) => (b.hp.finalSoftcap === 0 ? g.scale(logits) : softcap(b, g.scale(logits))),
    });
  },
};

/** The router sees the layer's input itself. models/smallthinker.cpp. */
export const smallThinker: Architecture = {
  names: ['smallthinker'],
  hparams(hp, reader) {
    hp.expertGating = reader.numberOr('expert_gating_func', 0);
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      hp.slidingWindow = 'standard';
      hp.windowTokens = 4096;
      setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', 4), true);
    }
  },
  layerKind: (_, layer) => (layer % 4 === 0 ? 1 : 0),
  build(b) {
    const g = b.graph;
    const { hp } = b;
    let x = b.inputEmbedding();
    const context = decoderContext(b);
    for (const layer of b.layers) {
      let logits = b.matMul(layer, 'ffn_gate_inp', x);
      const rope = hp.slidingWindow === 'none' || layer % 4 !== 0;
      let current = attention(b, layer, b.normNamed(layer, 'attn_norm', x), context, { rope });
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        x = g.getRows(x, context.outputIds);
        logits = g.getRows(logits, context.outputIds);
      }
      const middle = g.add(current, x);
      const normed = b.normNamed(layer, 'ffn_norm', middle);
      x = g.add(experts(b, layer, normed, { ...SOFTMAX, gating: hp.expertGating, logits }), middle);
    }
    finishDecoder(b, x, {});
  },
};

/** Experts on the layer's input beside a dense network. models/arctic.cpp. */
export const arctic: Architecture = {
  names: ['arctic'],
  placesRepeatLate: true,
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const context = decoderContext(b);
    for (const layer of b.layers) {
      let current = attention(b, layer, b.normNamed(layer, 'attn_norm', x), context, { outputBias: false });
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        x = g.getRows(x, context.outputIds);
      }
      const middle = g.add(current, x);
      const dense = g.add(feedForward(b, layer, b.normNamed(layer, 'ffn_norm', middle)), middle);
      x = g.add(experts(b, layer, b.normNamed(layer, 'ffn_norm_exps', x), SOFTMAX), dense);
    }
    finishDecoder(b, x, {});
  },
};
