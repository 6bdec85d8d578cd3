/** Llama 4: chunked windows, no rope on every fourth layer, experts beside a shared one. models/llama4.cpp. */

import { readWindow } from '../../model/shared-keys.ts';
import { F32 } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import { attend, attentionInputs, qkv } from '../graph/attention.ts';
import { decoderLayer, finishDecoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';

/** Every so many layers one does without rope. */
const NO_ROPE_STEP = 4;
/** The 128-expert model does not norm queries and keys. */
const EXPERTS_WITHOUT_NORM = 128;

export const llama4: Architecture = {
  names: ['llama4'],
  hparams(hp, reader) {
    if (reader.number('attention.sliding_window') !== 0) {
      readWindow(hp, reader, { period: NO_ROPE_STEP, kind: 'chunked' });
      hp.windowTokens = 8192;
    }
  },
  layerKind: (_, layer) => ((layer + 1) % NO_ROPE_STEP === 0 ? 1 : 0),
  build(b) {
    const g = b.graph;
    const { hp } = b;
    const step = hp.slidingWindow === 'none' ? b.model.layers : NO_ROPE_STEP;
    let x = b.inputEmbedding();
    const context = { positions: b.inputPositions(), inputs: attentionInputs(b), outputIds: b.inputOutputIds() };
    const scale = g.input(F32, 1, 1, b.tokens);
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) => {
          const heads = qkv(b, layer, normed, hp.headV);
          if ((layer + 1) % step !== 0) {
            const factors = b.chosenRopeFactors(layer);
            heads.q = g.rope(heads.q, context.positions, factors);
            heads.k = g.rope(heads.k, context.positions, factors);
            if (hp.experts !== EXPERTS_WITHOUT_NORM) {
              heads.q = g.rmsNorm(heads.q);
              heads.k = g.rmsNorm(heads.k);
            }
          } else {
            heads.q = g.mul(heads.q, scale);
          }
          return attend(b, layer, context.inputs, heads);
        },
        feedForward: (_, __, normed) => {
          if (!b.has(layer, 'ffn_gate_inp')) {
            return feedForward(b, layer, normed);
          }
          const routed = experts(b, layer, normed, {
            normalize: false,
            gating: 2,
            weightFirst: true,
            chooseByLogits: true,
          });
          return g.add(routed, feedForward(b, layer, normed, { names: SHARED_EXPERT }));
        },
      });
    }
    finishDecoder(b, x, {});
  },
};
