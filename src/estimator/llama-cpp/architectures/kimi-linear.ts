/** Kimi Linear: delta attention with a decay per channel in most layers, latent attention without rope in some. */

import { F32, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import type { AttentionInputs } from '../graph/attention.ts';
import { attend, attendLatent, attentionInputs } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { runDeltaNet } from '../graph/delta-net.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { readLatentAttention } from '../graph/latent-attention.ts';
import type { RecurrentInputs } from '../graph/recurrent.ts';
import { convolutionStates, convolve, readStates, recurrentInputs, recurrentStates } from '../graph/recurrent.ts';

/** models/kimi-linear.cpp. */
export const kimiLinear: Architecture = {
  names: ['kimi-linear'],
  nodesPerTensor: 32,
  memory: 'hybrid',
  fusesDeltaNet: true,
  hparams(hp, reader) {
    readLatentAttention(hp, reader);
    hp.ssmConv = reader.required('ssm.conv_kernel');
    hp.kdaHeadSize = reader.required('kda.head_dim');
    hp.headsKv.forEach((heads, layer) => {
      hp.isRecurrent[layer] = heads === 0 ? 1 : 0;
    });
    hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
    hp.expertGating = reader.numberOr('expert_gating_func', 0);
  },
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
  build(b) {
    const g = b.graph;
    const { hp } = b;
    let x = b.inputEmbedding();
    const states = recurrentInputs(b);
    const inputs = attentionInputs(b);
    const outputIds = b.inputOutputIds();
    for (const layer of b.layers) {
      const normed = g.expand(b.normNamed(layer, 'attn_norm', x));
      let current =
        hp.isRecurrent[layer] === 1
          ? deltaAttention(b, layer, states, normed)
          : latentAttention(b, layer, normed, inputs);
      if (layer === b.lastLayer) {
        current = g.getRows(current, outputIds);
        x = g.getRows(x, outputIds);
      }
      const middle = g.add(current, x);
      x = g.add(network(b, layer, b.normNamed(layer, 'ffn_norm', middle)), middle);
    }
    b.finishNormed(b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1));
  },
};

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const { hp } = b;
  if (layer < hp.denseLead) {
    return feedForward(b, layer, x);
  }
  const routed = experts(b, layer, x, {
    normalize: true,
    scale: hp.expertWeightsScale,
    gating: hp.expertGating,
    scales: false,
  });
  return b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT, scales: false }));
}

/** Queries, keys or values with a convolution of their own over the sequence. */
function convolved(b: GraphBuilder, layer: number, which: 'q' | 'k' | 'v', x: Tensor, read: Tensor, stored: Tensor) {
  const g = b.graph;
  const { hp } = b;
  const history = hp.ssmConv - 1;
  const channels = hp.kdaHeadSize * hp.heads[0]!;
  const length = b.tokens / b.sequences;
  const channelRow = rowBytes(F32, history);
  const state = g.view(read, history, channels, b.sequences, 1, channelRow, 3 * channels * channelRow);
  const projected = g.reshape(b.matMul(layer, `attn_${which}`, x, false), channels, length, b.sequences);
  const all = g.concat(state, g.transpose(projected), 0);
  const last = g.view(all, history, channels, b.sequences, 1, g.stride(all, 1), g.stride(all, 2));
  g.expand(g.copy(last, g.view(stored, history, channels, b.sequences, 1, channelRow, 3 * channels * channelRow)));
  const kernel = g.reshape(b.weight(layer, `ssm_conv1d_${which}`), hp.ssmConv, channels);
  const out = g.unary(g.reshape(convolve(b, all, kernel), channels, b.tokens));
  return g.reshape(out, hp.kdaHeadSize, hp.heads[0]!, length, b.sequences);
}

/** Delta attention (KDA). */
function deltaAttention(b: GraphBuilder, layer: number, states: RecurrentInputs, x: Tensor): Tensor {
  const g = b.graph;
  const { hp } = b;
  const head = hp.kdaHeadSize;
  const heads = hp.heads[0]!;
  const length = b.tokens / b.sequences;
  const storedHistory = convolutionStates(b, layer);
  const history = readStates(b, states, storedHistory);
  const q = convolved(b, layer, 'q', x, history, storedHistory);
  const k = convolved(b, layer, 'k', x, history, storedHistory);
  const v = convolved(b, layer, 'v', x, history, storedHistory);
  const wide = b.matMul(layer, 'ssm_f_b', b.matMul(layer, 'ssm_f_a', x, false), false);
  const step = g.reshape(g.unary(g.add(wide, b.bias(layer, 'ssm_dt'))), head, heads, b.tokens);
  const product = g.mul(step, g.reshape(b.weight(layer, 'ssm_a'), 1, heads, 1));
  const decay = g.reshape(product, head, heads, length, b.sequences);
  const beta = g.unary(g.reshape(b.matMul(layer, 'ssm_beta', x, false), 1, heads, length, b.sequences));
  const bySequence = g.reshape(x, g.size(x, 0), length, b.sequences);
  const stored = recurrentStates(b, layer);
  const state = g.reshape(readStates(b, states, stored), head, head, heads, b.sequences);
  const net = runDeltaNet(b, layer, { q: g.l2Norm(q), k: g.l2Norm(k), v, decay, beta, state });
  const output = g.cont(net.output);
  g.expand(g.copy(net.newState, g.view(stored, g.size(stored, 0) * b.sequences)));
  const flat = g.reshape(bySequence, g.size(x, 0), b.tokens);
  const gate = g.reshape(
    b.matMul(layer, 'ssm_g_b', b.matMul(layer, 'ssm_g_a', flat, false), false),
    head,
    heads,
    b.tokens,
  );
  const normed = b.normNamed(layer, 'ssm_norm', g.reshape(output, head, heads, b.tokens));
  const gated = g.contShape(g.mul(normed, g.unary(gate)), head * heads, b.tokens);
  return b.matMul(layer, 'attn_output', gated, false);
}

/** Attention on the compressed latent, or on decompressed heads in older files. */
function latentAttention(b: GraphBuilder, layer: number, x: Tensor, inputs: AttentionInputs): Tensor {
  const g = b.graph;
  const { hp } = b;
  const heads = hp.heads[0]!;
  const rotated = hp.rotary;
  const headK = hp.headKMla === 0 ? hp.headK : hp.headKMla;
  const headV = hp.headVMla === 0 ? hp.headV : hp.headVMla;
  const plain = headK - rotated;
  const query = b.matMul(layer, 'attn_q', x, false);
  const compressed = b.matMul(layer, 'attn_kv_a_mqa', x, false);
  const latentRow = rowBytes(F32, hp.loraKv + rotated);
  const keyEnd = g.view(compressed, rotated, 1, b.tokens, 1, latentRow, latentRow);
  const latent = b.normNamed(layer, 'attn_kv_a_norm', g.view(compressed, hp.loraKv, b.tokens, 1, 1, latentRow));
  if (b.has(layer, 'attn_k_b')) {
    const headRow = rowBytes(F32, headK);
    const part = (size: number) => g.view(query, size, heads, b.tokens, 1, headRow, headRow * heads);
    const absorbed = g.mulMat(b.weight(layer, 'attn_k_b'), g.permute(part(plain), 0, 2, 1, 3));
    const q = g.concat(g.permute(absorbed, 0, 2, 1, 3), part(rotated), 0);
    const v = g.reshape(latent, hp.loraKv, 1, b.tokens);
    const options = { decompressV: b.weight(layer, 'attn_v_b'), outputBias: false };
    return attendLatent(b, layer, inputs, { q, k: g.concat(v, keyEnd, 0), v }, options);
  }
  const q = g.reshape(query, headK, heads, b.tokens);
  const kv = b.matMul(layer, 'attn_kv_b', latent, false);
  const kvRow = rowBytes(F32, plain + headV);
  const keyStart = g.view(kv, plain, heads, b.tokens, 1, kvRow, kvRow * heads);
  const v = g.cont(g.view(kv, headV, heads, b.tokens, 1, kvRow, kvRow * heads));
  const k = g.concat(g.repeat(keyEnd, rotated, heads, b.tokens), keyStart, 0);
  return attend(b, layer, inputs, { q, k, v }, { outputBias: false });
}
