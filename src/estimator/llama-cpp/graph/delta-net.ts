/**
 * Gated delta net: Qwen's linear attention.
 *
 * Source: models/delta-net-base.cpp, models/qwen3next.cpp, models/qwen35.cpp, ggml.c (`ggml_gated_delta_net`), llama.cpp. llama.cpp uses one fused operation unless a trial graph puts it on another device than its layer; then the
 * same is spelt out chunk by chunk.
 */

import { F32, rowBytes } from '../../model/tensors.ts';
import type { GraphBuilder } from './builder.ts';
import type { DeltaNetParts, DeltaNetResult } from './delta-net-unfused.ts';
import { chunkedDeltaNet, singleStep } from './delta-net-unfused.ts';
import type { Tensor } from './graph.ts';
import { OP_GATED_DELTA_NET } from './ops.ts';
import type { RecurrentInputs } from './recurrent.ts';
import { convolve, readStates, recurrentStates, withHistory } from './recurrent.ts';

export interface DeltaNetOptions {
  /** Queries, keys, values from one fused matrix by head groups, as Qwen3-Next's first files have them. */
  readonly interleaved: boolean;
  /** Heads of queries and keys are repeated up to those of the values. */
  readonly repeatsHeads: boolean;
}

interface Projections {
  /** [channels, tokens, sequences]. */
  readonly mixed: Tensor;
  /** Gate of the output. */
  readonly z: Tensor;
  readonly beta: Tensor;
  readonly decay: Tensor;
}

/** One linear attention layer on normed `x`. */
export function deltaNet(
  b: GraphBuilder,
  layer: number,
  inputs: RecurrentInputs,
  x: Tensor,
  options: DeltaNetOptions,
): Tensor {
  const g = b.graph;
  const { hp } = b;
  const length = b.tokens / b.sequences;
  const headsV = hp.ssmRank;
  const headsK = hp.ssmGroups;
  const sizeK = hp.ssmState;
  const sizeV = hp.ssmInner / headsV;
  const channels = hp.ssmInner + 2 * headsK * sizeK;
  const p = options.interleaved ? interleavedProjections(b, layer, x) : plainProjections(b, layer, x);
  const kernel = b.weight(layer, 'ssm_conv1d');
  const joined = withHistory(b, layer, inputs, p.mixed, g.size(kernel, 0), channels);
  const stored = recurrentStates(b, layer);
  const state = g.reshape(readStates(b, inputs, stored), sizeV, sizeV, headsV, b.sequences);
  const convolved = g.unary(convolve(b, joined, kernel));
  const row = rowBytes(F32, 2 * sizeK * headsK + sizeV * headsV);
  const part = (size: number, heads: number) =>
    g.view(convolved, size, heads, length, b.sequences, rowBytes(F32, size), row, row * length);
  let q = g.l2Norm(part(sizeK, headsK));
  let k = g.l2Norm(part(sizeK, headsK));
  const v = part(sizeV, headsV);
  const allFused = b.options.fusedSteps && b.options.fusedChunks;
  if (options.repeatsHeads && headsK !== headsV) {
    q = repeatHeads(b, q, headsV / headsK, length);
    k = repeatHeads(b, k, headsV / headsK, length);
  } else if (!allFused && headsK !== headsV) {
    q = g.repeat(q, sizeK, headsV, length, b.sequences);
    k = g.repeat(k, sizeK, headsV, length, b.sequences);
  }
  const parts: DeltaNetParts = { q, k, v, decay: p.decay, beta: p.beta, state };
  const { output, newState } = runDeltaNet(b, layer, parts);
  g.expand(g.copy(newState, g.view(stored, g.size(stored, 0), b.sequences, 1, 1, g.stride(stored, 1))));
  const gate = g.unary(g.reshape(p.z, sizeV, headsV, length, b.sequences));
  const gated = g.mul(b.normNamed(layer, 'ssm_norm', output), gate);
  const out = b.matMul(layer, 'ssm_out', g.reshape(gated, sizeV * headsV, length, b.sequences));
  return g.reshape(out, hp.embedding, length * b.sequences);
}

/** Fused where llama.cpp fuses it, else spelt out (`build_delta_net`). */
export function runDeltaNet(b: GraphBuilder, layer: number, parts: DeltaNetParts): DeltaNetResult {
  const single = b.graph.size(parts.q, 2) === 1;
  if (single ? b.options.fusedSteps : b.options.fusedChunks) {
    return fusedDeltaNet(b, layer, parts);
  }
  return single ? singleStep(b, parts) : chunkedDeltaNet(b, parts);
}

/** One fused operation: outputs, then the new state. */
function fusedDeltaNet(b: GraphBuilder, layer: number, p: DeltaNetParts): DeltaNetResult {
  const g = b.graph;
  const size = g.size(p.v, 0);
  const heads = g.size(p.v, 1);
  const length = g.size(p.v, 2);
  const sequences = g.size(p.v, 3);
  const result = g.custom(
    OP_GATED_DELTA_NET,
    F32,
    [size * heads, length * sequences + size * sequences, 1, 1],
    [p.q, p.k, p.v, p.decay, p.beta, p.state],
  );
  b.fusedNodes.push(result, layer);
  const row = rowBytes(F32, size);
  return {
    output: g.view(result, size, heads, length, sequences, row, row * heads, row * heads * length),
    newState: g.view(result, size, size, heads, sequences, row, row * size, row * size * heads),
  };
}

function repeatHeads(b: GraphBuilder, x: Tensor, factor: number, length: number): Tensor {
  const g = b.graph;
  const size = g.size(x, 0);
  const heads = g.size(x, 1);
  const rows = length * b.sequences;
  const repeated = g.repeat(g.reshape(x, size, 1, heads, rows), size, factor, heads, rows);
  return g.reshape(repeated, size, heads * factor, length, b.sequences);
}

function decayGate(b: GraphBuilder, layer: number, alpha: Tensor, length: number): Tensor {
  const g = b.graph;
  const softplus = g.unary(g.add(alpha, b.bias(layer, 'ssm_dt')));
  return g.reshape(g.mul(softplus, b.weight(layer, 'ssm_a')), 1, b.hp.ssmRank, length, b.sequences);
}

function fusedQkvz(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  length: number,
  scales: boolean,
): { mixed: Tensor; z: Tensor } {
  const g = b.graph;
  const qkv = b.matMul(layer, 'attn_qkv', x, scales);
  return { mixed: g.reshape(qkv, g.size(qkv, 0), length, b.sequences), z: b.matMul(layer, 'attn_gate', x, scales) };
}

function plainProjections(b: GraphBuilder, layer: number, x: Tensor): Projections {
  const g = b.graph;
  const heads = b.hp.ssmRank;
  const length = b.tokens / b.sequences;
  const { mixed, z } = fusedQkvz(b, layer, x, length, true);
  const beta = g.unary(g.reshape(b.matMul(layer, 'ssm_beta', x), 1, heads, length, b.sequences));
  const alpha = g.reshape(b.matMul(layer, 'ssm_alpha', x), heads, length, b.sequences);
  return { mixed, z, beta, decay: decayGate(b, layer, alpha, length) };
}

function interleavedProjections(b: GraphBuilder, layer: number, x: Tensor): Projections {
  const g = b.graph;
  const { hp } = b;
  const length = b.tokens / b.sequences;
  const heads = hp.ssmRank;
  const groups = hp.ssmGroups;
  const perGroup = heads / groups;
  const { mixed, z } = b.has(layer, 'attn_qkv')
    ? fusedQkvz(b, layer, x, length, false)
    : interleavedQkvz(b, layer, x, length);
  const both = b.matMul(layer, 'ssm_ba', x);
  const byGroup = g.reshape(both, 2 * perGroup, groups, length, b.sequences);
  const half = () =>
    g.view(
      byGroup,
      perGroup,
      groups,
      length,
      b.sequences,
      g.stride(byGroup, 1),
      g.stride(byGroup, 2),
      g.stride(byGroup, 3),
    );
  const beta = g.reshape(g.unary(g.cont(half())), 1, heads, length, b.sequences);
  const alpha = g.contShape(half(), heads, length, b.sequences);
  return { mixed, z, beta, decay: decayGate(b, layer, alpha, length) };
}

function interleavedQkvz(b: GraphBuilder, layer: number, x: Tensor, length: number): { mixed: Tensor; z: Tensor } {
  const g = b.graph;
  const { hp } = b;
  const groups = hp.ssmGroups;
  const sizeK = hp.ssmState;
  const valuesPerGroup = hp.ssmInner / groups;
  const all = b.matMul(layer, 'ssm_in', x);
  const byGroup = g.reshape(all, 2 * sizeK + 2 * valuesPerGroup, groups, length, b.sequences);
  const part = (size: number) =>
    g.view(
      byGroup,
      size,
      groups,
      length,
      b.sequences,
      g.stride(byGroup, 1),
      g.stride(byGroup, 2),
      g.stride(byGroup, 3),
    );
  const query = g.contShape(part(sizeK), sizeK * groups, length, b.sequences);
  const key = g.contShape(part(sizeK), sizeK * groups, length, b.sequences);
  const value = g.contShape(part(valuesPerGroup), hp.ssmInner, length, b.sequences);
  return { mixed: g.concat(g.concat(query, key, 0), value, 0), z: g.cont(part(valuesPerGroup)) };
}
