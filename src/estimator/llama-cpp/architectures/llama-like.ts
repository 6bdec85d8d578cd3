/** Decoders that differ from Llama's in a detail. */

import type { Architecture } from '../architecture.ts';
import { decoder, decoderContext, decoderLayer, finishDecoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { createOwnFacts } from '../own-facts.ts';

/** models/internlm2.cpp, models/xverse.cpp, models/qwen.cpp, models/pangu-embed.cpp. */
export const internlm2: Architecture = {
  names: ['internlm2', 'pangu-embedded', 'qwen', 'xverse'],
  build: (b) => decoder(b),
};

/** Queries and keys are normed behind rope. models/maincoder.cpp. */
export const mainCoder: Architecture = {
  names: ['maincoder'],
  build: (b) => decoder(b, { attention: { qkNorm: 'head-behind-rope' } }),
};

/** CogVLM on text: every token's row is an output, whatever is asked for. models/cogvlm.cpp. */
export const cogVlm: Architecture = {
  names: ['cogvlm'],
  build(b) {
    const context = decoderContext(b);
    let x = b.inputEmbedding();
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, { attention: { outputBias: false }, lateOutputs: true });
    }
    finishDecoder(b, x, {});
  },
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

interface RoundFacts {
  /** Layers of one round through the blocks. */
  readonly layers: number;
  /** Whether a norm stands between rounds. */
  readonly norms: boolean;
}

const rounds = createOwnFacts<RoundFacts>({ layers: 1, norms: false });

/** Some models run through their blocks several times, with a norm between the rounds. models/nanbeige.cpp. */
export const nanbeige: Architecture = {
  names: ['nanbeige'],
  nodesPerTensor: 32,
  buildsAllLayers: true,
  rounds: (reader) => reader.numberOr('num_loops', 1),
  hparams(hp, reader) {
    const layers = hp.layersAll / reader.numberOr('num_loops', 1);
    rounds.keep(hp, { layers, norms: reader.boolean('skip_loop_final_norm') !== true });
    for (const perLayer of [hp.heads, hp.headsKv, hp.feedForward]) {
      for (let layer = layers; layer < hp.layersAll; layer++) {
        perLayer[layer] = perLayer[layer - layers]!;
      }
    }
  },
  build: (b) =>
    decoder(b, {
      attention: { ropeFactors: true },
      afterLayer(_, layer, x) {
        const { layers, norms } = rounds.of(b.hp);
        const ends = (layer + 1) % layers === 0 && layer < b.lastLayer && norms;
        return ends ? b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', layer) : x;
      },
    }),
};
