/** Mixtures of experts on a plain decoder, most with a shared expert and dense first layers. */

import { readRouting, readWindow, readWindowedLayers, setWindowPattern } from '../../metadata.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../builder.ts';
import { attention, decoder, decoderContext, finishDecoder } from '../decoder.ts';
import { denseOrExperts, experts, feedForward, isLimited, SHARED_EXPERT } from '../feed-forward.ts';
import type { Tensor } from '../graph.ts';

const SOFTMAX = 1;
const SIGMOID = 2;

function routed(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  return denseOrExperts(b, layer, x, { scales: false });
}

/** models/deepseek.cpp, models/bailingmoe.cpp. */
export const deepseek: Architecture = {
  names: ['bailingmoe', 'deepseek'],
  hparams(hp, reader) {
    readRouting(hp, reader);
    hp.expertGating = SOFTMAX;
  },
  build: (b) => decoder(b, { attention: { ropeFactors: true }, feedForward: routed }),
};

/** Queries and keys are normed. models/dots1.cpp, models/bailingmoe2.cpp. */
export const dots1: Architecture = {
  names: ['bailingmoe2', 'dots1'],
  hparams(hp, reader) {
    readRouting(hp, reader);
    hp.nextnLayers = hp.architecture === 'dots1' ? 0 : reader.numberOr('nextn_predict_layers', 0);
  },
  cachesNextn: true,
  build: (b) => decoder(b, { attention: { qkNorm: 'head' }, feedForward: routed }),
};

/** models/hunyuan-moe.cpp. */
export const hunyuanMoe: Architecture = {
  names: ['hunyuan-moe'],
  build: (b) =>
    decoder(b, {
      attention: { ropeFactors: true, qkNorm: 'head-behind-rope' },
      feedForward: (_, layer, x) => denseOrExperts(b, layer, x, { normalize: true, gating: SOFTMAX, scales: false }),
    }),
};

/** models/dbrx.cpp. */
export const dbrx: Architecture = {
  names: ['dbrx'],
  hparams(hp, reader) {
    hp.clampKqv = reader.numberOr('attention.clamp_kqv', 0);
  },
  build: (b) =>
    decoder(b, {
      norm: 'layer',
      attention: { outputBias: false },
      feedForwardNorm: 'attn_output_norm',
      feedForward: (_, layer, x) => experts(b, layer, x, { normalize: true, gating: SOFTMAX, scales: false }),
    }),
};

/** models/mellum.cpp. */
export const mellum: Architecture = {
  names: ['mellum'],
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 4 });
      readWindowedLayers(hp, reader, 4);
    }
  },
  build: (b) =>
    decoder(b, {
      attention: { qkNorm: 'head' },
      feedForward: (_, layer, x) => experts(b, layer, x, { normalize: true, gating: SOFTMAX }),
    }),
};

/** Attention's result passes a gate, one number a head; heads vary by layer. models/laguna.cpp. */
export const laguna: Architecture = {
  names: ['laguna'],
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 4 });
      setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', 4), true);
    }
    readRouting(hp, reader, SIGMOID);
  },
  build: (b) =>
    decoder(b, { attention: { qkNorm: 'head', outputGate: true, outputBias: false }, feedForward: routed }),
};

/** As Laguna, without rope on full layers, with norms behind the branches. models/afmoe.cpp. */
export const afmoe: Architecture = {
  names: ['afmoe'],
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 4 });
    }
    readRouting(hp, reader, SIGMOID);
  },
  layerKind: (_, layer) => ((layer + 1) % 4 === 0 ? 1 : 0),
  build(b) {
    decoder(b, {
      scaleEmbedding: true,
      attention: (_, layer, x, context) => {
        const attended = attention(b, layer, x, context, {
          qkNorm: 'head',
          rope: (layer + 1) % 4 !== 0,
          outputGate: true,
          outputBias: false,
        });
        // In front of the choice of output rows.
        return b.normNamed(layer, 'post_attention_norm', attended);
      },
      feedForward: routed,
      feedForwardPostNorm: 'post_ffw_norm',
    });
  },
};

/** Step 3.5: gated attention, heads vary by layer, clamped activations. models/step35.cpp. */
export const step35: Architecture = {
  names: ['step35'],
  hparams(hp, reader) {
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    readWindow(hp, reader, { period: 4 });
    readWindowedLayers(hp, reader, 4);
    readRouting(hp, reader, SIGMOID);
    hp.limitsExperts = reader.array('swiglu_clamp_exp');
    hp.limitsShared = reader.array('swiglu_clamp_shexp');
  },
  layerKind: (hp, layer) => (isLimited(hp.limitsExperts, layer) ? 1 : 0) + (isLimited(hp.limitsShared, layer) ? 2 : 0),
  build(b) {
    decoder(b, {
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, {
          qkNorm: 'head',
          ropeFactors: b.hp.isWindowed[layer] !== 1,
          outputGate: b.has(layer, 'attn_gate'),
          outputBias: false,
        }),
      feedForward: routed,
      lateOutputs: true,
    });
  },
};

/** MiMo V2: V heads smaller than K heads, sinks, no shared expert. models/mimo2.cpp. */
export const mimo2: Architecture = {
  names: ['mimo2'],
  hparams(hp, reader) {
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    readWindow(hp, reader, { period: 4 });
    readWindowedLayers(hp, reader, 4);
    readRouting(hp, reader);
    hp.attentionValueScale = reader.numberOr('attention.value_scale', 1);
  },
  build(b) {
    const { hp } = b;
    const scales = hp.attentionValueScale !== 0 && hp.attentionValueScale !== 1;
    decoder(b, {
      attention: (_, layer, x, context) => {
        const attended = attention(b, layer, x, context, {
          headV: hp.isWindowed[layer] === 1 ? hp.headVSwa : hp.headV,
          sinks: b.weight(layer, 'attn_sinks'),
          outputBias: false,
        });
        return scales ? b.graph.scale(attended) : attended;
      },
      feedForward: (_, layer, x) => denseOrExperts(b, layer, x, { normalize: true, gating: SIGMOID, scales: false }),
    });
  },
};

/** The router reads the block's input, before any norm. models/smallthinker.cpp. */
export const smallThinker: Architecture = {
  names: ['smallthinker'],
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 4 });
      hp.windowTokens = 4096;
      setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', 4), true);
    }
    readRouting(hp, reader);
  },
  layerKind: (_, layer) => (layer % 4 === 0 ? 1 : 0),
  build(b) {
    const g = b.graph;
    const { hp } = b;
    const context = decoderContext(b);
    let x = b.inputEmbedding();
    for (const layer of b.layers) {
      let logits = b.matMul(layer, 'ffn_gate_inp', x);
      const normed = b.normNamed(layer, 'attn_norm', x);
      const rope = hp.slidingWindow === 'none' || layer % 4 !== 0;
      let attended = attention(b, layer, normed, context, { rope });
      if (layer === b.lastLayer) {
        attended = g.getRows(attended, context.outputIds);
        x = g.getRows(x, context.outputIds);
        logits = g.getRows(logits, context.outputIds);
      }
      const middle = g.add(attended, x);
      const input = b.normNamed(layer, 'ffn_norm', middle);
      const gating = hp.expertGating;
      x = g.add(experts(b, layer, input, { activation: 'relu', normalize: true, gating, logits, scales: false }), middle);
    }
    finishDecoder(b, x, {});
  },
};

/** Arctic: a dense network as usual, and experts beside the whole block. models/arctic.cpp. */
export const arctic: Architecture = {
  names: ['arctic'],
  build(b) {
    const g = b.graph;
    const context = decoderContext(b);
    let x = b.inputEmbedding();
    for (const layer of b.layers) {
      let attended = attention(b, layer, b.normNamed(layer, 'attn_norm', x), context, { outputBias: false });
      if (layer === b.lastLayer) {
        attended = g.getRows(attended, context.outputIds);
        x = g.getRows(x, context.outputIds);
      }
      const middle = g.add(attended, x);
      const dense = g.add(feedForward(b, layer, b.normNamed(layer, 'ffn_norm', middle)), middle);
      const input = b.normNamed(layer, 'ffn_norm_exps', x);
      x = g.add(experts(b, layer, input, { normalize: true, gating: SOFTMAX, scales: false }), dense);
    }
    finishDecoder(b, x, {});
  },
};

/** Grok: capped scores, a dense network beside the experts. models/grok.cpp. */
export const grok: Architecture = {
  names: ['grok'],
  hparams(hp, reader) {
    hp.embeddingScale = reader.numberOr('embedding_scale', 78.38);
    hp.finalSoftcap = reader.numberOr('final_logit_softcapping', 0);
  },
  build(b) {
    const g = b.graph;
    decoder(b, {
      attentionPostNorm: 'attn_output_norm',
      feedForward: (_, layer, x) => {
        const chosen = experts(b, layer, x, { activation: 'gelu', normalize: true, gating: SOFTMAX, scales: false });
        return b.has(layer, 'ffn_up')
          ? g.scale(g.add(feedForward(b, layer, x, { activation: 'gelu' }), chosen))
          : chosen;
      },
      feedForwardPostNorm: b.has(0, 'layer_output_norm') ? 'layer_output_norm' : 'post_ffw_norm',
      logits: (_, logits) => {
        const scaled = g.scale(logits);
        return b.hp.finalSoftcap === 0 ? scaled : g.scale(g.unary(g.scale(scaled)));
      },
    });
  },
};

/** Hunyuan 3: experts and a shared one; output rows are picked behind the last norm. models/hy-v3.cpp. */
export const hyV3: Architecture = {
  names: ['hy-v3'],
  hparams(hp, reader) {
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    readRouting(hp, reader, SIGMOID);
  },
  build: (b) =>
    decoder(b, {
      attention: { qkNorm: 'head', ropeFactors: true },
      feedForward: denseOrExperts,
      lateOutputs: 'normed',
    }),
};
