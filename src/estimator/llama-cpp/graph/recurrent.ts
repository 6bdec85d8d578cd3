/**
 * Recurrent layers: states carried between batches, Mamba 1 and 2, short convolutions.
 *
 * Source: llama-graph.cpp (`build_rs*`), models/mamba-base.cpp, ggml.c (`ggml_ssm_conv`, `ggml_ssm_scan`), llama.cpp.
 */

import { convolutionStateWidth, recurrentStateWidth } from '../../model/hyper-parameters.ts';
import { F32, I32 } from '../../model/tensors.ts';
import type { GraphBuilder } from './builder.ts';
import type { Tensor } from './graph.ts';
import { OP_SSM_CONV, OP_SSM_SCAN } from './ops.ts';

/** Which states a batch reads: the sequences of the batch, and the others (none when memory is reserved). */
export interface RecurrentInputs {
  readonly main: Tensor;
  readonly extra: Tensor;
}

/** Numbers of the states to read (`build_rs_inp`). */
export function recurrentInputs(b: GraphBuilder): RecurrentInputs {
  const g = b.graph;
  const copies = g.input(I32, b.sequences);
  return { main: g.view(copies, b.sequences), extra: g.view(copies, 0) };
}

/** The layer's convolution states of all sequences. */
export function convolutionStates(b: GraphBuilder, layer: number): Tensor {
  return b.graph.stored(F32, convolutionStateWidth(b.hp), b.sequences, 1, 1, b.deviceOf(layer), false);
}

/** The layer's recurrent states of all sequences. */
export function recurrentStates(b: GraphBuilder, layer: number): Tensor {
  return b.graph.stored(F32, recurrentStateWidth(b.hp), b.sequences, 1, 1, b.deviceOf(layer), false);
}

/** Clears a state, reads those of the batch with `read`, moves the rest along (`build_rs`). */
export function readStates(
  b: GraphBuilder,
  inputs: RecurrentInputs,
  stored: Tensor,
  read: (states: Tensor, rows: Tensor) => Tensor = (states, rows) => b.graph.getRows(states, rows),
): Tensor {
  const g = b.graph;
  const width = g.size(stored, 0);
  const states = g.reshape(stored, width, g.size(stored, 1));
  g.expand(g.scaleInplace(g.view(states, width)));
  const result = g.expand(read(states, inputs.main));
  const rest = g.getRows(states, inputs.extra);
  g.expand(g.copy(rest, g.view(stored, width, 0, 1, 1, g.stride(stored, 1))));
  return result;
}

/** Convolution over a sequence: `x` holds the kernel's history in front (`ggml_ssm_conv`). */
export function convolve(b: GraphBuilder, x: Tensor, kernel: Tensor): Tensor {
  const g = b.graph;
  const length = g.size(x, 0) - g.size(kernel, 0) + 1;
  return g.custom(OP_SSM_CONV, F32, [g.size(kernel, 1), length, g.size(x, 2), 1], [x, kernel]);
}

/** Puts the history in front of `x`, and keeps the end as the next history; `x` is [channels, tokens, sequences]. */
export function withHistory(
  b: GraphBuilder,
  layer: number,
  inputs: RecurrentInputs,
  x: Tensor,
  kernelSize: number,
  channels: number,
): Tensor {
  const g = b.graph;
  const stored = convolutionStates(b, layer);
  const history = g.reshape(readStates(b, inputs, stored), kernelSize - 1, channels, b.sequences);
  const all = g.concat(history, g.transpose(x), 0);
  const last = g.view(all, kernelSize - 1, channels, b.sequences, 1, g.stride(all, 1), g.stride(all, 2));
  g.expand(g.copy(last, g.view(stored, (kernelSize - 1) * channels * b.sequences)));
  return all;
}

interface Scan {
  readonly x: Tensor;
  readonly dt: Tensor;
  readonly a: Tensor;
  readonly bMatrix: Tensor;
  readonly cMatrix: Tensor;
  readonly headSize: number;
  readonly heads: number;
}

/** Runs the state space over the batch and stores the new states; the outputs stand in front of them. */
export function scan(b: GraphBuilder, layer: number, inputs: RecurrentInputs, s: Scan): Tensor {
  const g = b.graph;
  const { hp } = b;
  const stored = recurrentStates(b, layer);
  const stateSize = hp.ssmState * hp.ssmInner * b.sequences;
  const result = readStates(b, inputs, stored, (states, rows) => {
    const shaped = g.reshape(states, hp.ssmState, s.headSize, s.heads, b.sequences);
    const size = g.elements(s.x) + hp.ssmState * s.headSize * s.heads * g.size(rows, 0);
    return g.custom(OP_SSM_SCAN, F32, [size, 1, 1, 1], [shaped, s.x, s.dt, s.a, s.bMatrix, s.cMatrix, rows]);
  });
  g.expand(g.copy(g.view(result, stateSize), g.view(stored, stateSize)));
  return result;
}

/** A Mamba 2 layer (`build_mamba2_layer`). */
export function mamba2(b: GraphBuilder, layer: number, inputs: RecurrentInputs, x: Tensor): Tensor {
  const g = b.graph;
  const { hp } = b;
  const heads = hp.ssmRank;
  const headSize = hp.ssmInner / heads;
  const groups = hp.ssmGroups;
  const channels = hp.ssmInner + 2 * groups * hp.ssmState;
  const length = b.tokens / b.sequences;
  const stored = convolutionStates(b, layer);
  const history = g.reshape(readStates(b, inputs, stored), hp.ssmConv - 1, channels, b.sequences);
  const all = b.matMul(layer, 'ssm_in', g.reshape(x, g.size(x, 0), length, b.sequences));
  const row = g.stride(all, 1);
  const sequence = g.stride(all, 2);
  const element = g.stride(all, 0);
  const z = g.view(all, headSize, heads, length, b.sequences, headSize * element, row, sequence);
  const mixed = g.view(all, channels, length, b.sequences, 1, row, sequence);
  const step = g.view(all, heads, length, b.sequences, 1, row, sequence);
  const joined = g.concat(history, g.transpose(mixed), 0);
  const last = g.view(joined, hp.ssmConv - 1, channels, b.sequences, 1, g.stride(joined, 1), g.stride(joined, 2));
  g.expand(g.copy(last, g.view(stored, (hp.ssmConv - 1) * channels * b.sequences)));
  const convolved = g.unary(g.add(convolve(b, joined, b.weight(layer, 'ssm_conv1d')), b.bias(layer, 'ssm_conv1d')));
  const part = (size: number, count: number) =>
    g.view(convolved, size, count, length, b.sequences, size * 4, g.stride(convolved, 1), g.stride(convolved, 2));
  const values = part(headSize, heads);
  const result = scan(b, layer, inputs, {
    x: values,
    dt: g.add(g.cont(step), b.bias(layer, 'ssm_dt')),
    a: b.weight(layer, 'ssm_a'),
    bMatrix: part(hp.ssmState, groups),
    cMatrix: part(hp.ssmState, groups),
    headSize,
    heads,
  });
  const valueRow = g.stride(values, 1);
  let y = g.view(result, headSize, heads, length, b.sequences, valueRow, heads * valueRow, length * heads * valueRow);
  y = g.add(y, g.mul(values, b.weight(layer, 'ssm_d')));
  y = g.gluSplit(g.cont(z), y);
  if (b.has(layer, 'ssm_norm')) {
    y = b.normNamed(layer, 'ssm_norm', g.reshape(y, hp.ssmInner / groups, groups, length, b.sequences));
  }
  const out = b.matMul(layer, 'ssm_out', g.reshape(y, hp.ssmInner, length, b.sequences));
  return g.reshape(out, g.size(out, 0), b.tokens);
}

/** A Mamba 1 layer (`build_mamba_layer`). */
export function mamba1(b: GraphBuilder, layer: number, inputs: RecurrentInputs, x: Tensor, normed: boolean): Tensor {
  const g = b.graph;
  const { hp } = b;
  const inner = hp.ssmInner;
  const length = b.tokens / b.sequences;
  const stored = convolutionStates(b, layer);
  const history = g.reshape(readStates(b, inputs, stored), hp.ssmConv - 1, inner, b.sequences);
  const both = b.matMul(layer, 'ssm_in', g.reshape(x, g.size(x, 0), length, b.sequences));
  const half = () => g.view(both, inner, length, b.sequences, 1, g.stride(both, 1), g.stride(both, 2));
  const joined = g.concat(history, g.transpose(half()), 0);
  const z = half();
  const last = g.view(joined, hp.ssmConv - 1, inner, b.sequences, 1, g.stride(joined, 1), g.stride(joined, 2));
  g.expand(g.copy(last, g.view(stored, (hp.ssmConv - 1) * inner * b.sequences)));
  const current = g.unary(g.add(convolve(b, joined, b.weight(layer, 'ssm_conv1d')), b.bias(layer, 'ssm_conv1d')));
  const projected = b.matMul(layer, 'ssm_x', current);
  const part = (size: number) =>
    g.view(projected, size, 1, length, b.sequences, size * 4, g.stride(projected, 1), g.stride(projected, 2));
  let dt = g.view(projected, hp.ssmRank, length, b.sequences, 1, g.stride(projected, 1), g.stride(projected, 2));
  let bMatrix = part(hp.ssmState);
  let cMatrix = part(hp.ssmState);
  if (normed || b.has(layer, 'ssm_dt_norm')) {
    dt = b.normNamed(layer, 'ssm_dt_norm', dt);
    bMatrix = b.normNamed(layer, 'ssm_b_norm', bMatrix);
    cMatrix = b.normNamed(layer, 'ssm_c_norm', cMatrix);
  }
  dt = g.add(b.matMul(layer, 'ssm_dt', dt), b.bias(layer, 'ssm_dt'));
  const values = g.reshape(current, 1, inner, length, b.sequences);
  const result = scan(b, layer, inputs, {
    x: values,
    dt,
    a: b.weight(layer, 'ssm_a'),
    bMatrix,
    cMatrix,
    headSize: 1,
    heads: inner,
  });
  let y = g.view(result, inner, length, b.sequences, 1, g.stride(values, 2), g.stride(values, 3));
  y = g.add(y, g.mul(current, b.weight(layer, 'ssm_d')));
  y = g.gluSplit(g.cont(z), y);
  const out = b.matMul(layer, 'ssm_out', y);
  return g.reshape(out, g.size(out, 0), b.tokens);
}
