/** OpenELM: layers differ in heads and width. models/openelm.cpp. */

import type { Architecture } from '../architecture.ts';
import { attend } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { DecoderContext } from '../graph/decoder.ts';
import { decoder } from '../graph/decoder.ts';
import type { Tensor } from '../graph/graph.ts';

export const openElm: Architecture = {
  names: ['openelm'],
  build: (b) => decoder(b, { attention: openElmAttention, attentionResidualFirst: true }),
};

function openElmAttention(b: GraphBuilder, layer: number, x: Tensor, context: DecoderContext): Tensor {
  const g = b.graph;
  const { hp } = b;
  const heads = hp.heads[layer]!;
  const headsKv = hp.headsKv[layer]!;
  const all = g.reshape(b.matMul(layer, 'attn_qkv', x), hp.headK, heads + 2 * headsKv, b.tokens);
  const part = (count: number) => g.view(all, hp.headV, count, b.tokens, 1, g.stride(all, 1), g.stride(all, 2));
  const q = b.normNamed(layer, 'attn_q_norm', part(heads));
  const k = b.normNamed(layer, 'attn_k_norm', part(headsKv));
  const rotated = { q: g.rope(q, context.positions), k: g.rope(k, context.positions), v: part(headsKv) };
  return attend(b, layer, context.inputs, rotated, { outputBias: false });
}
