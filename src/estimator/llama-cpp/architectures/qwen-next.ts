/** Qwen3-Next and Qwen3.5: three layers of gated delta net, then one of gated attention. */

import type { HparamsDraft } from '../../model/hyper-parameters.ts';
import { computedLayers } from '../../model/hyper-parameters.ts';
import type { MetadataReader } from '../../model/metadata.ts';
import { readStateSpace } from '../../model/shared-keys.ts';
import { F32, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import { attend, attentionInputs } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { DecoderContext } from '../graph/decoder.ts';
import { deltaNet } from '../graph/delta-net.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { recurrentInputs } from '../graph/recurrent.ts';

function readHybrid(hp: HparamsDraft, reader: MetadataReader): void {
  readStateSpace(hp, reader);
  hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
  const listed = reader.perLayer('attention.recurrent_layers', hp.layersAll);
  const interval = reader.numberOr('full_attention_interval', 4);
  for (let layer = 0; layer < hp.layersAll; layer++) {
    const inPattern = layer < computedLayers(hp) && (layer + 1) % interval !== 0;
    hp.isRecurrent[layer] = (listed === undefined ? inPattern : listed[layer] !== 0) ? 1 : 0;
  }
}

/** Attention whose query matrix carries a gate for the output. */
function gatedAttention(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  context: DecoderContext,
  reshapesQuery: boolean,
): Tensor {
  const g = b.graph;
  const { hp } = b;
  const head = hp.headV;
  const heads = hp.heads[layer]!;
  const headsKv = hp.headsKv[layer]!;
  let both = b.matMul(layer, 'attn_q', x);
  if (reshapesQuery) {
    both = g.reshape(both, head * 2, heads, b.tokens);
  }
  const step = rowBytes(F32, head * 2);
  const half = () => g.view(both, head, heads, b.tokens, 1, step, step * heads);
  const q = g.rope(b.normNamed(layer, 'attn_q_norm', half()), context.positions);
  const key = g.reshape(b.matMul(layer, 'attn_k', x), head, headsKv, b.tokens);
  const k = g.rope(b.normNamed(layer, 'attn_k_norm', key), context.positions);
  const v = g.reshape(b.matMul(layer, 'attn_v', x), head, headsKv, b.tokens);
  const gate = g.contShape(half(), head * heads, b.tokens);
  const attended = attend(b, layer, context.inputs, { q, k, v }, { output: '' });
  return b.matMul(layer, 'attn_output', g.mul(attended, g.unary(gate)));
}

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const g = b.graph;
  if (!b.has(layer, 'ffn_gate_inp')) {
    return feedForward(b, layer, x);
  }
  const routed = experts(b, layer, x, { normalize: true, gating: 1, scale: b.hp.expertWeightsScale });
  if (!b.has(layer, 'ffn_up_shexp')) {
    return routed;
  }
  const shared = feedForward(b, layer, x, { names: SHARED_EXPERT });
  const gate = g.unary(b.matMul(layer, 'ffn_gate_inp_shexp', x));
  return g.add(routed, g.mul(shared, gate));
}

function build(b: GraphBuilder, next: boolean): void {
  const g = b.graph;
  let x = b.inputEmbedding();
  const states = recurrentInputs(b);
  const context = { inputs: attentionInputs(b), positions: b.inputPositions(), outputIds: b.inputOutputIds() };
  for (const layer of b.layers) {
    const normed = g.expand(b.normNamed(layer, 'attn_norm', x));
    const mixed =
      b.hp.isRecurrent[layer] === 1
        ? deltaNet(b, layer, states, normed, { interleaved: next, repeatsHeads: next })
        : gatedAttention(b, layer, normed, context, next);
    const middle = g.add(mixed, x);
    x = g.add(network(b, layer, b.normNamed(layer, 'post_attention_norm', middle)), middle);
  }
  const normed = b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1);
  b.nextn = normed;
  b.finishNormed(g.getRows(normed, context.outputIds));
}

/** models/qwen3next.cpp. */
export const qwen3next: Architecture = {
  names: ['qwen3next'],
  nodesPerTensor: 32,
  memory: 'hybrid',
  fusesDeltaNet: true,
  hparams: readHybrid,
  build: (b) => build(b, true),
};

/** models/qwen35.cpp, models/qwen35moe.cpp. */
export const qwen35: Architecture = {
  names: ['qwen35', 'qwen35moe'],
  nodesPerTensor: 32,
  memory: 'hybrid',
  fusesDeltaNet: true,
  hparams(hp, reader) {
    readHybrid(hp, reader);
    hp.positionsPerToken = 4;
  },
  build: (b) => build(b, false),
};
