/** Encoders built like decoders: norms in front of both branches, rope, no cache, no output matrix. */

import type { Architecture } from '../architecture.ts';
import { plainAttentionInputs } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { DecoderOptions } from '../graph/decoder.ts';
import { decoderLayer } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { denseOrMixture } from './llama.ts';

function encoder(b: GraphBuilder, outputNorm: string, options: DecoderOptions): void {
  const positions = b.inputPositions();
  let x = b.inputEmbedding();
  const context = { positions, inputs: plainAttentionInputs(b), outputIds: b.inputOutputIds() };
  for (const layer of b.layers) {
    x = decoderLayer(b, layer, x, context, options);
  }
  b.embedding = b.graph.expand(b.norm(x, b.globalWeight(outputNorm), NO_TENSOR, 'rms', -1));
}

/** models/neo-bert.cpp. */
export const neoBert: Architecture = {
  names: ['neo-bert'],
  memory: 'none',
  hasOutput: false,
  build: (b) =>
    encoder(b, 'enc.output_norm', {
      attention: { outputBias: false },
      feedForward: (_, layer, x) => feedForward(b, layer, x, { fusedGate: true, biases: false }),
    }),
};

/** models/eurobert.cpp. */
export const euroBert: Architecture = {
  names: ['eurobert'],
  memory: 'none',
  hasOutput: false,
  build: (b) =>
    encoder(b, 'output_norm', {
      attention: { outputBias: false },
      feedForward: (_, layer, x) => feedForward(b, layer, x, { biases: false }),
    }),
};

/** Llama as an encoder; llama.cpp gives it a cache and an output matrix that nothing reads. models/llama.cpp. */
export const llamaEmbed: Architecture = {
  names: ['llama-embed'],
  ignoresCache: true,
  build: (b) => encoder(b, 'output_norm', { attention: { ropeFactors: true }, feedForward: denseOrMixture }),
};
