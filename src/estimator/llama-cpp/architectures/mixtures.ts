/** Mixtures of experts behind windowed, gated or otherwise peculiar attention. */

import { readRouting, readWindow, readWindowedLayers, setWindowPattern } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { attention, decoder } from '../graph/decoder.ts';
import { denseOrExperts, experts, isLimited } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { createOwnFacts } from '../own-facts.ts';

const SOFTMAX = 1;
const SIGMOID = 2;

function routed(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  return denseOrExperts(b, layer, x, { scales: false });
}

/** DeepSeek OCR's language model: DeepSeek 2 with ordinary attention. models/deepseek2.cpp, models/deepseek2ocr.cpp. */
export const deepseek2Ocr: Architecture = {
  names: ['deepseek2-ocr'],
  hparams: (hp, reader) => readRouting(hp, reader, SOFTMAX),
  build: (b) => decoder(b, { attention: { outputBias: false }, feedForward: denseOrExperts }),
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
  build: (b) => decoder(b, { attention: { qkNorm: 'head', outputGate: true, outputBias: false }, feedForward: routed }),
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
  loadsNextnQkv: true,
  loadsNextnOf: /^(?:attn_[qk]_norm|attn_gate|ffn_(?!norm)|exp_probs_b|nextn\.(?:embed_tokens|shared_head_))/,
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

/** Factor on attention's result, 1 = none. */
const own = createOwnFacts({ valueScale: 1 });

/** MiMo V2: V heads smaller than K heads, sinks, no shared expert. models/mimo2.cpp. */
export const mimo2: Architecture = {
  names: ['mimo2'],
  hparams(hp, reader) {
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    readWindow(hp, reader, { period: 4 });
    readWindowedLayers(hp, reader, 4);
    readRouting(hp, reader);
    own.keep(hp, { valueScale: reader.numberOr('attention.value_scale', 1) });
  },
  loadsNextnQkv: true,
  build(b) {
    const { hp } = b;
    const { valueScale } = own.of(hp);
    const scales = valueScale !== 0 && valueScale !== 1;
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

/** Hunyuan 3: experts and a shared one; output rows are picked behind the last norm. models/hy-v3.cpp. */
export const hyV3: Architecture = {
  names: ['hy_v3'],
  hparams(hp, reader) {
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    readRouting(hp, reader, SIGMOID);
  },
  loadsNextnQkv: true,
  loadsNextnOf: /^(?:ffn_(?!norm)|exp_probs_b|nextn\.(?:embed_tokens|shared_head_))/,
  build: (b) =>
    decoder(b, {
      attention: { qkNorm: 'head', ropeFactors: true },
      feedForward: denseOrExperts,
      lateOutputs: 'normed',
    }),
};
