/** RWKV 6 and 7, and Qwen 2 with their time mixing in place of attention. */

import type { Hparams, HparamsDraft } from '../../model/hyper-parameters.ts';
import type { MetadataReader } from '../../model/metadata.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { finishDecoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import type { RecurrentInputs } from '../graph/recurrent.ts';
import { recurrentInputs } from '../graph/recurrent.ts';
import { channelMix, loadShift, oneToken, shifted, storeShift, timeMix6, timeMix7 } from '../graph/rwkv.ts';
import { createOwnFacts } from '../own-facts.ts';

function readRwkv(hp: HparamsDraft, reader: MetadataReader): void {
  hp.wkvHeadSize = reader.required('wkv.head_size');
  hp.tokenShift = reader.numberOr('token_shift_count', 2);
  hp.isRecurrent.fill(1);
}

/** Time mixing of one layer after the other. */
function timeMixer(b: GraphBuilder): (layer: number, inputs: RecurrentInputs, x: Tensor, previous: Tensor) => Tensor {
  const sixth = b.hp.architecture.startsWith('rwkv6');
  let firstValues = NO_TENSOR;
  return (layer, inputs, x, previous) => {
    if (sixth) {
      return timeMix6(b, layer, inputs, x, previous);
    }
    const result = timeMix7(b, layer, inputs, x, previous, firstValues);
    firstValues = result.firstValues;
    return result.mixed;
  };
}

/** Every so many layers the state is halved, 0 = never. */
const own = createOwnFacts({ rescales: 0 });

function isRescaled(hp: Hparams, layer: number): boolean {
  const { rescales } = own.of(hp);
  return rescales !== 0 && (layer + 1) % rescales === 0;
}

/** models/rwkv6.cpp, models/rwkv7.cpp. */
export const rwkv: Architecture = {
  names: ['rwkv6', 'rwkv7'],
  memory: 'recurrent',
  buildsAllLayers: true,
  hparams(hp, reader) {
    readRwkv(hp, reader);
    own.keep(hp, { rescales: hp.architecture === 'rwkv6' ? reader.numberOr('rescale_every_n_layers', 0) : 0 });
  },
  layerKind: (hp, layer) => (isRescaled(hp, layer) ? 1 : 0),
  build(b) {
    const g = b.graph;
    const { hp } = b;
    const mix = timeMixer(b);
    let x = b.norm(b.inputEmbedding(), b.globalWeight('token_embd_norm'), b.globalBias('token_embd_norm'), 'layer', 0);
    const inputs = recurrentInputs(b);
    const ids = b.inputOutputIds();
    const rows = (t: Tensor) => g.reshape(t, hp.embedding, b.tokens);
    for (const layer of b.layers) {
      x = g.reshape(x, hp.embedding, b.tokens / b.sequences, b.sequences);
      const kept = loadShift(b, layer, inputs);
      const keptHere = oneToken(b, kept);
      const keptThere = oneToken(b, kept);
      const normed = b.normNamed(layer, 'attn_norm', x, 'layer');
      const middle = g.add(mix(layer, inputs, normed, shifted(b, keptHere, normed)), x);
      const input = b.normNamed(layer, 'attn_norm_2', middle, 'layer');
      let previous = rows(shifted(b, keptThere, input));
      storeShift(b, layer, g.concat(oneToken(b, normed), oneToken(b, input), 1));
      let residual = rows(middle);
      let current = rows(input);
      if (layer === b.lastLayer) {
        residual = g.getRows(residual, ids);
        current = g.getRows(current, ids);
        previous = g.getRows(previous, ids);
      }
      x = g.add(channelMix(b, layer, current, previous), residual);
      if (isRescaled(hp, layer)) {
        x = g.scale(x);
      }
    }
    finishDecoder(b, x, { norm: 'layer' });
  },
};

/** models/rwkv6qwen2.cpp, models/arwkv7.cpp. */
export const rwkvQwen2: Architecture = {
  names: ['arwkv7', 'rwkv6qwen2'],
  memory: 'recurrent',
  buildsAllLayers: true,
  hparams: readRwkv,
  build(b) {
    const g = b.graph;
    const { hp } = b;
    const mix = timeMixer(b);
    let x = b.inputEmbedding();
    const inputs = recurrentInputs(b);
    const ids = b.inputOutputIds();
    for (const layer of b.layers) {
      x = g.reshape(x, hp.embedding, b.tokens / b.sequences, b.sequences);
      const kept = loadShift(b, layer, inputs);
      const normed = b.normNamed(layer, 'attn_norm', x);
      const mixed = mix(layer, inputs, normed, shifted(b, kept, normed));
      storeShift(b, layer, oneToken(b, normed));
      let middle = g.reshape(g.add(mixed, x), hp.embedding, b.tokens);
      if (layer === b.lastLayer) {
        middle = g.getRows(middle, ids);
      }
      x = g.add(feedForward(b, layer, b.normNamed(layer, 'ffn_norm', middle)), middle);
    }
    finishDecoder(b, x, {});
  },
};
