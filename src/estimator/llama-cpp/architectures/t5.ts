/** T5: attention biased by relative positions; the decoder also attends to the encoder's result. models/t5.cpp. */

import { F16, F32, I32 } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import type { Qkv } from '../graph/attention.ts';
import { attend, attendHeads, attentionInputs, plainAttentionInputs } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';

/** What the tensors of a block are called: of the encoder, of the decoder, or of its attention to the encoder. */
type Part = 'enc.attn' | 'dec.attn' | 'dec.cross_attn';

function project(b: GraphBuilder, layer: number, part: Part, x: Tensor, source: Tensor): Qkv {
  const g = b.graph;
  const { hp } = b;
  const heads = (name: string, of: Tensor, count: number) =>
    g.reshape(b.matMul(layer, `${part}_${name}`, of), hp.headV, count, g.size(of, 1));
  return {
    q: heads('q', x, hp.heads[layer]!),
    k: heads('k', source, hp.headsKv[layer]!),
    v: heads('v', source, hp.headsKv[layer]!),
  };
}

/** Bias of each score by how far apart the tokens are (`build_pos_bias`); mostly only the first block has the table. */
function positionBias(b: GraphBuilder, layer: number, part: Part, buckets: Tensor): Tensor {
  const g = b.graph;
  const name = `${part}_rel_b`;
  const table = b.has(layer, name) ? b.weight(layer, name) : b.weight(0, name);
  const [cells, tokens] = [g.size(buckets, 0), g.size(buckets, 1)];
  const rows = g.getRows(table, g.reshape(buckets, cells * tokens));
  return g.cont(g.permute(g.reshape(rows, g.size(rows, 0), cells, tokens), 2, 0, 1, 3));
}

function network(b: GraphBuilder, layer: number, side: 'enc' | 'dec', x: Tensor): Tensor {
  const names = { up: `${side}.ffn_up`, gate: `${side}.ffn_gate`, down: `${side}.ffn_down` };
  return feedForward(b, layer, x, { names, activation: 'gelu' });
}

/** The encoder alone. models/t5encoder.cpp. */
export const t5Encoder: Architecture = {
  names: ['t5encoder'],
  ignoresCache: true,
  hasEncoder: true,
  buildsAllLayers: true,
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const buckets = g.input(I32, b.tokens, b.tokens);
    const inputs = plainAttentionInputs(b);
    const ids = b.inputOutputIds();
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'enc.attn_norm', x);
      const heads = project(b, layer, 'enc.attn', normed, normed);
      const scoreBias = positionBias(b, layer, 'enc.attn', buckets);
      let current = attend(b, layer, inputs, heads, { scoreBias, output: 'enc.attn_o' });
      if (layer === b.lastLayer) {
        current = g.getRows(current, ids);
        x = g.getRows(x, ids);
      }
      const middle = g.add(current, x);
      x = g.add(network(b, layer, 'enc', b.normNamed(layer, 'enc.ffn_norm', middle)), middle);
    }
    b.embedding = g.expand(b.norm(x, b.globalWeight('enc.output_norm'), NO_TENSOR, 'rms', -1));
  },
};

/** The decoder: memory is reserved for its graph, with as many encoded tokens as the model was trained on. */
export const t5: Architecture = {
  names: ['t5'],
  hasEncoder: true,
  buildsAllLayers: true,
  build(b) {
    const g = b.graph;
    const { hp } = b;
    let x = b.inputEmbedding();
    const encoded = g.input(F32, hp.embedding, hp.trainingContext);
    const buckets = g.input(I32, b.options.shape.numCtxSeq, b.tokens);
    const inputs = attentionInputs(b);
    const crossMask = g.input(b.flashAttention ? F16 : F32, hp.trainingContext, b.tokens);
    const ids = b.inputOutputIds();
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'dec.attn_norm', x);
      const own = project(b, layer, 'dec.attn', normed, normed);
      const scoreBias = positionBias(b, layer, 'dec.attn', buckets);
      x = g.add(attend(b, layer, inputs, own, { scoreBias, output: 'dec.attn_o' }), x);
      const cross = project(b, layer, 'dec.cross_attn', b.normNamed(layer, 'dec.cross_attn_norm', x), encoded);
      g.expand(cross.q);
      g.expand(cross.k);
      g.expand(cross.v);
      const attended = attendHeads(b, layer, cross.q, cross.k, cross.v, crossMask, {});
      let current = b.matMul(layer, 'dec.cross_attn_o', attended);
      if (layer === b.lastLayer) {
        current = g.getRows(current, ids);
        x = g.getRows(x, ids);
      }
      const middle = g.add(current, x);
      x = g.add(network(b, layer, 'dec', b.normNamed(layer, 'dec.ffn_norm', middle)), middle);
    }
    b.finishNormed(b.norm(x, b.globalWeight('dec.output_norm'), NO_TENSOR, 'rms', -1));
  },
};
