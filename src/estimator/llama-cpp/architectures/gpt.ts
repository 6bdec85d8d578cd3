/** Decoders after GPT-2 and GPT-NeoX: layer norms with biases, a feed-forward network without gate. */

import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { decoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { parallelDecoder } from '../graph/parallel-decoder.ts';

/** The steepest slope of ALiBi where the file does not say. */
const ALIBI_BIAS = 8;

function gelu(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  return feedForward(b, layer, x, { activation: 'gelu' });
}

/** Positions are learned, not rotated. models/gpt2.cpp, models/starcoder.cpp. */
export const gpt2: Architecture = {
  names: ['gpt2', 'starcoder'],
  build: (b) => decoder(b, { norm: 'layer', positionEmbedding: true, attention: { rope: false }, feedForward: gelu }),
};

/** models/starcoder2.cpp, models/codeshell.cpp. */
export const starcoder2: Architecture = {
  names: ['starcoder2', 'codeshell'],
  build: (b) => decoder(b, { norm: 'layer', feedForward: gelu }),
};

/** ALiBi; embeddings are normed. models/bloom.cpp. */
export const bloom: Architecture = {
  names: ['bloom'],
  hparams(hp) {
    hp.maxAlibiBias = ALIBI_BIAS;
  },
  build: (b) => decoder(b, { norm: 'layer', embeddingNorm: true, attention: { rope: false }, feedForward: gelu }),
};

/** ALiBi and a gated network. models/jais.cpp. */
export const jais: Architecture = {
  names: ['jais'],
  hparams(hp, reader) {
    hp.maxAlibiBias = reader.numberOr('attention.max_alibi_bias', 0);
  },
  build: (b) => decoder(b, { norm: 'layer', attention: { rope: false } }),
};

/** models/jais2.cpp. */
export const jais2: Architecture = {
  names: ['jais2'],
  build: (b) =>
    decoder(b, {
      norm: 'layer',
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'relu-sqr' }),
    }),
};

/**
 * ALiBi or learned positions. models/mpt.cpp, without its norms of queries and keys: with the fused matrix that these
 * models have, llama.cpp cannot build them.
 */
export const mpt: Architecture = {
  names: ['mpt'],
  hparams(hp, reader) {
    hp.clampKqv = reader.numberOr('attention.clamp_kqv', 0);
    hp.maxAlibiBias = reader.numberOr('attention.max_alibi_bias', 0);
  },
  build: (b) => decoder(b, { norm: 'layer', positionEmbedding: true, attention: { rope: false }, feedForward: gelu }),
};

/** Branches side by side or one behind the other, as the file says. models/gptneox.cpp. */
export const gptNeox: Architecture = {
  names: ['gptneox'],
  placesRepeatLate: true,
  hparams(hp, reader) {
    hp.parallelResidual = reader.boolean('use_parallel_residual') ?? true;
  },
  build(b) {
    if (!b.hp.parallelResidual) {
      decoder(b, { norm: 'layer', feedForward: gelu });
      return;
    }
    parallelDecoder(b, {
      norm: 'layer',
      feedForwardNorm: 'ffn_norm',
      feedForward: gelu,
      sum: ({ graph: g }, { x, attended, hidden }) => g.add(g.add(hidden, x), attended),
    });
  },
};

/** models/falcon.cpp. */
export const falcon: Architecture = {
  names: ['falcon'],
  placesRepeatLate: true,
  build: (b) =>
    parallelDecoder(b, {
      norm: 'layer',
      feedForward: gelu,
      sum: ({ graph: g }, { x, attended, hidden }) => g.add(g.add(hidden, attended), x),
    }),
};

/** models/phi2.cpp. */
export const phi2: Architecture = {
  names: ['phi2'],
  placesRepeatLate: true,
  build: (b) =>
    parallelDecoder(b, {
      norm: 'layer',
      attention: { scaleQ: true },
      feedForward: gelu,
      sum: ({ graph: g }, { x, attended, hidden }) => g.add(g.add(attended, hidden), x),
    }),
};
