/**
 * RWKV's time mixing and channel mixing.
 *
 * Source: models/rwkv6-base.cpp, models/rwkv7-base.cpp, llama-graph.cpp (`build_rwkv_token_shift_*`), ggml.c
 * (`ggml_rwkv_wkv6`, `ggml_rwkv_wkv7`, `ggml_gated_linear_attn`), llama.cpp.
 */

import { F32 } from '../../model/tensors.ts';
import type { GraphBuilder } from './builder.ts';
import type { Tensor } from './graph.ts';
import { NO_TENSOR } from './graph.ts';
import { OP_RWKV } from './ops.ts';
import type { RecurrentInputs } from './recurrent.ts';
import { convolutionStates, readStates, recurrentStates } from './recurrent.ts';

/** The last tokens of the batch before, as [width, number of shifts, sequences]. */
export function loadShift(b: GraphBuilder, layer: number, inputs: RecurrentInputs): Tensor {
  const shift = readStates(b, inputs, convolutionStates(b, layer));
  return b.graph.reshape(shift, b.hp.embedding, b.hp.tokenShift, b.sequences);
}

/** Keeps the last tokens for the next batch. */
export function storeShift(b: GraphBuilder, layer: number, shift: Tensor): void {
  const g = b.graph;
  const size = b.hp.embedding * b.hp.tokenShift * b.sequences;
  g.expand(g.copy(g.view(shift, size), g.view(convolutionStates(b, layer), size)));
}

/** `x` one token later: the kept one first. */
export function shifted(b: GraphBuilder, kept: Tensor, x: Tensor): Tensor {
  const g = b.graph;
  const length = g.size(x, 1);
  const rest = g.view(x, b.hp.embedding, length - 1, b.sequences, 1, g.stride(x, 1), g.stride(x, 2));
  return g.concat(kept, rest, 1);
}

/** One token of each sequence. */
export function oneToken(b: GraphBuilder, x: Tensor): Tensor {
  const g = b.graph;
  return g.view(x, b.hp.embedding, 1, b.sequences, 1, g.stride(x, 1), g.stride(x, 2));
}

/** Runs the recurrence over state and batch; stores the new state and returns the outputs. */
function recur(
  b: GraphBuilder,
  layer: number,
  inputs: RecurrentInputs,
  parents: (state: Tensor) => readonly Tensor[],
): Tensor {
  const g = b.graph;
  const { embedding, wkvHeadSize } = b.hp;
  const stored = recurrentStates(b, layer);
  const state = readStates(b, inputs, stored);
  const sizes = [embedding, b.tokens + wkvHeadSize * b.sequences, 1, 1] as const;
  const result = g.custom(OP_RWKV, F32, sizes, parents(state));
  const size = embedding * wkvHeadSize * b.sequences;
  const outputs = g.view(result, embedding * b.tokens);
  g.expand(g.copy(g.view(result, size), g.view(stored, size)));
  return outputs;
}

/** Norm over each head, with weight and bias over all of them; 2-D in any case. */
function normOutputs(b: GraphBuilder, layer: number, x: Tensor, heads: number): Tensor {
  const g = b.graph;
  const { embedding } = b.hp;
  if (!b.has(layer, 'time_mix_ln')) {
    return g.reshape(x, embedding, b.tokens);
  }
  const normed = g.layerNorm(g.reshape(x, embedding / heads, heads, b.tokens));
  const rows = g.reshape(normed, embedding, b.tokens);
  return g.add(g.mul(rows, b.weight(layer, 'time_mix_ln')), b.bias(layer, 'time_mix_ln'));
}

/** The mixtures of a token and the one before that the projections read (RWKV 6). */
function mixtures6(b: GraphBuilder, layer: number, x: Tensor, difference: Tensor): readonly Tensor[] {
  const g = b.graph;
  const { embedding } = b.hp;
  const { tokens } = b;
  const w1 = b.weight(layer, 'time_mix_w1');
  const w2 = b.weight(layer, 'time_mix_w2');
  const mixed = g.add(g.mul(difference, b.weight(layer, 'time_mix_lerp_x')), x);
  let all = g.reshape(g.unary(g.mulMat(w1, mixed)), g.size(w1, 1) / 5, 1, 5, tokens);
  all = g.cont(g.permute(all, 0, 1, 3, 2));
  all = g.mulMat(g.reshape(w2, g.size(w2, 0), g.size(w2, 1), 1, 5), all);
  const part = (of: Tensor) => g.view(of, embedding, tokens, 1, 1, g.stride(of, 1));
  if (b.has(layer, 'time_mix_lerp_fused')) {
    const sum = g.add(all, b.weight(layer, 'time_mix_lerp_fused'));
    const joined = g.add(g.mul(sum, g.reshape(difference, embedding, 1, tokens)), g.reshape(x, embedding, 1, tokens));
    return ['w', 'k', 'v', 'r', 'g'].map(() => part(joined));
  }
  return ['w', 'k', 'v', 'r', 'g'].map((name) =>
    g.add(g.mul(g.add(part(all), b.weight(layer, `time_mix_lerp_${name}`)), difference), x),
  );
}

/** RWKV 6, and gated linear attention where the layer has no `time_mix_first` (`build_rwkv6_time_mix`). */
export function timeMix6(
  b: GraphBuilder,
  layer: number,
  inputs: RecurrentInputs,
  normed: Tensor,
  previous: Tensor,
): Tensor {
  const g = b.graph;
  const { embedding, wkvHeadSize } = b.hp;
  const { tokens } = b;
  const heads = embedding / wkvHeadSize;
  const headsKv = b.hp.headsKv[layer]!;
  const linear = !b.has(layer, 'time_mix_first');
  const difference = g.reshape(g.sub(previous, normed), embedding, tokens);
  const x = g.reshape(normed, embedding, tokens);
  const [xw, xk, xv, xr, xg] = mixtures6(b, layer, x, difference);
  const project = (name: string, of: Tensor) => b.addBias(layer, name, b.matMul(layer, name, of));
  const byHead = (t: Tensor) => g.reshape(t, wkvHeadSize, heads, tokens);
  const repeated = (t: Tensor) =>
    headsKv === 0 || headsKv === heads
      ? t
      : g.repeat(g.reshape(t, wkvHeadSize, 1, headsKv, tokens), wkvHeadSize, heads / headsKv, headsKv, tokens);
  const r = byHead(project('time_mix_receptance', xr!));
  let k = byHead(repeated(project('time_mix_key', xk!)));
  const v = byHead(repeated(project('time_mix_value', xv!)));
  const gate = g.unary(b.matMul(layer, 'time_mix_gate', xg!));
  const low = g.unary(g.mulMat(b.weight(layer, 'time_mix_decay_w1'), xw!));
  let w = g.add(g.mulMat(b.weight(layer, 'time_mix_decay_w2'), low), b.weight(layer, 'time_mix_decay'));
  // exp(-exp(w))
  w = byHead(g.unary(g.unary(g.unary(w))));
  if (linear) {
    k = g.sub(k, g.mul(k, w));
  }
  const outputs = recur(b, layer, inputs, (state) =>
    linear ? [k, v, r, w, state] : [k, v, r, b.weight(layer, 'time_mix_first'), w, state],
  );
  const rows = linear ? g.reshape(outputs, embedding, tokens) : normOutputs(b, layer, outputs, heads);
  const out = b.matMul(layer, 'time_mix_output', g.mul(rows, gate));
  return g.reshape(out, embedding, tokens / b.sequences, b.sequences);
}

/** RWKV 7; values of the first layer flow into all others (`build_rwkv7_time_mix`). */
export function timeMix7(
  b: GraphBuilder,
  layer: number,
  inputs: RecurrentInputs,
  normed: Tensor,
  previous: Tensor,
  firstValues: Tensor,
): { readonly mixed: Tensor; readonly firstValues: Tensor } {
  const g = b.graph;
  const { embedding, wkvHeadSize } = b.hp;
  const { tokens } = b;
  const heads = embedding / wkvHeadSize;
  const gated = b.has(layer, 'time_mix_g1') && b.has(layer, 'time_mix_g2');
  const weight = (name: string) => b.weight(layer, `time_mix_${name}`);
  const byHead = (t: Tensor) => g.reshape(t, wkvHeadSize, heads, tokens);
  const difference = g.repeat(g.sub(previous, normed), embedding, tokens / b.sequences, b.sequences, gated ? 6 : 5);
  const all = g.add(g.mul(difference, weight('lerp_fused')), normed);
  const part = () => g.view(all, embedding, tokens, 1, 1, g.stride(all, 1));
  const low = (one: string, two: string, x: Tensor) => g.mulMat(weight(two), g.mulMat(weight(one), x));

  let r = b.matMul(layer, 'time_mix_receptance', part());
  let w = g.add(g.mulMat(weight('w2'), g.unary(g.mulMat(weight('w1'), part()))), weight('w0'));
  w = g.unary(g.scale(g.unary(w)));
  let k = b.matMul(layer, 'time_mix_key', part());
  const xv = part();
  let v = b.matMul(layer, 'time_mix_value', xv);
  const first = firstValues === NO_TENSOR ? v : firstValues;
  if (firstValues !== NO_TENSOR) {
    v = g.add(v, g.mul(g.sub(first, v), g.unary(g.add(low('v1', 'v2', xv), weight('v0')))));
  }
  const gate = gated ? g.mulMat(weight('g2'), g.unary(g.mulMat(weight('g1'), part()))) : NO_TENSOR;
  let a = g.unary(g.add(low('a1', 'a2', part()), weight('a0')));
  const kk = g.l2Norm(byHead(g.mul(k, weight('k_k'))));
  const ka = g.mul(k, weight('k_a'));
  k = g.add(k, g.sub(g.mul(a, ka), ka));
  r = byHead(r);
  w = byHead(w);
  k = byHead(k);
  v = byHead(v);
  a = byHead(a);
  const outputs = recur(b, layer, inputs, (state) => [r, w, k, v, g.unary(kk), g.mul(kk, a), state]);
  let rows = normOutputs(b, layer, outputs, heads);
  const rk = g.sumRows(g.mul(g.mul(k, r), g.reshape(weight('r_k'), wkvHeadSize, heads)));
  rows = g.add(rows, g.reshape(g.mul(v, rk), embedding, tokens));
  if (gate !== NO_TENSOR) {
    rows = g.mul(rows, gate);
  }
  const out = b.matMul(layer, 'time_mix_output', rows);
  return { mixed: g.reshape(out, embedding, tokens / b.sequences, b.sequences), firstValues: first };
}

/** The network of RWKV 6 and 7, in between a token and the one before (`build_rwkv*_channel_mix`). */
export function channelMix(b: GraphBuilder, layer: number, x: Tensor, previous: Tensor): Tensor {
  const g = b.graph;
  const difference = g.sub(previous, x);
  const mixed = (name: string) => g.add(g.mul(difference, b.weight(layer, name)), x);
  const k = g.sqr(g.unary(b.matMul(layer, 'channel_mix_key', mixed('channel_mix_lerp_k'))));
  if (!b.has(layer, 'channel_mix_receptance')) {
    return b.matMul(layer, 'channel_mix_value', k);
  }
  const r = g.unary(b.matMul(layer, 'channel_mix_receptance', mixed('channel_mix_lerp_r')));
  return g.mul(r, b.matMul(layer, 'channel_mix_value', k));
}
