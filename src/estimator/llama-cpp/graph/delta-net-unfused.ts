/**
 * Gated delta net spelt out, for where the fused operation is off: chunk by chunk, or a single step.
 *
 * Source: models/delta-net-base.cpp (`build_delta_net_chunking`, `build_delta_net_autoregressive`), llama.cpp.
 */

import { F32, rowBytes } from '../../model/tensors.ts';
import type { GraphBuilder } from './builder.ts';
import type { Graph, Tensor } from './graph.ts';
import { OP_CUMSUM, OP_DIAG, OP_SOLVE_TRI, OP_TRI } from './ops.ts';

/** What a step needs; heads of q and k may be fewer than those of v. */
export interface DeltaNetParts {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly decay: Tensor;
  readonly beta: Tensor;
  readonly state: Tensor;
}

export interface DeltaNetResult {
  readonly output: Tensor;
  readonly newState: Tensor;
}

/** Tokens per chunk. */
const CHUNK = 64;
/** Tokens per chunk where the decay differs by channel (Kimi). */
const CHUNK_BY_CHANNEL = 16;

function slice(g: Graph, t: Tensor): Tensor {
  return g.view(t, g.size(t, 0), g.size(t, 1), 1, g.size(t, 3), g.stride(t, 1), g.stride(t, 2), g.stride(t, 3));
}

function transposed(g: Graph, t: Tensor): Tensor {
  return g.cont(g.transpose(t));
}

/** The micro-batch in chunks, each solved as a triangular system. */
export function chunkedDeltaNet(b: GraphBuilder, p: DeltaNetParts): DeltaNetResult {
  const g = b.graph;
  const sizeK = g.size(p.q, 0);
  const headsK = g.size(p.q, 1);
  const tokens = g.size(p.q, 2);
  const sequences = g.size(p.q, 3);
  const sizeV = g.size(p.v, 0);
  const headsV = g.size(p.v, 1);
  const byChannel = g.size(p.decay, 0) === sizeK && g.size(p.decay, 1) === headsK;
  const chunk = byChannel ? CHUNK_BY_CHANNEL : CHUNK;
  const padding = (chunk - (tokens % chunk)) % chunk;
  const chunks = (tokens + padding) / chunk;
  const byHead = (t: Tensor) => g.permute(t, 0, 2, 1, 3);
  const padded = (t: Tensor) => g.pad(t, 0, padding);
  let q = padded(byHead(g.scale(p.q)));
  let k = padded(byHead(p.k));
  let v = padded(byHead(p.v));
  const decay = padded(byHead(p.decay));
  const beta = padded(byHead(p.beta));
  let vBeta = g.mul(v, beta);
  let kBeta = g.mul(k, beta);
  q = g.reshape(q, sizeK, chunk, chunks, headsK * sequences);
  k = g.reshape(k, sizeK, chunk, chunks, headsK * sequences);
  kBeta = g.reshape(kBeta, sizeK, chunk, chunks, headsV * sequences);
  v = g.reshape(v, sizeV, chunk, chunks, headsV * sequences);
  vBeta = g.reshape(vBeta, sizeV, chunk, chunks, headsV * sequences);
  const chunkedDecay = g.reshape(decay, g.size(decay, 0), chunk, chunks, headsV * sequences);
  const sums = g.elementwise(OP_CUMSUM, transposed(g, chunkedDecay));
  const scores = byChannel
    ? channelScores(
        g,
        { q, k, kBeta, sums },
        { sizeK, chunk, chunks, batches: headsK * sequences, out: headsV * sequences },
      )
    : headScores(g, { q, k, kBeta, sums }, { chunk, chunks, batches: headsV * sequences });
  const kq = g.elementwise(OP_TRI, scores.kq);
  const lower = g.elementwise(OP_TRI, scores.kb);
  const ones = g.fill(g.view(lower, chunk));
  const identity = g.custom(OP_DIAG, F32, [chunk, chunk, 1, 1], [ones]);
  const left = g.add(lower, identity);
  const negative = g.unary(lower);
  const shape = [0, 1, 2, 3].map((i) => g.size(negative, i)) as [number, number, number, number];
  const solved = g.custom(OP_SOLVE_TRI, F32, shape, [left, negative]);
  const attention = g.add(solved, identity);
  v = g.mulMat(transposed(g, vBeta), attention);
  const grown = g.unary(sums);
  const keysGrown = g.mul(transposed(g, kBeta), grown);
  const keysCarried = g.mulMat(keysGrown, attention);
  const queriesGrown = g.mul(q, transposed(g, grown));
  const last = g.cont(
    g.view(
      sums,
      1,
      g.size(sums, 1),
      g.size(sums, 2),
      g.size(sums, 3),
      g.stride(sums, 1),
      g.stride(sums, 2),
      g.stride(sums, 3),
    ),
  );
  const lastGrown = g.transpose(g.unary(last));
  const rest = g.unary(g.sub(sums, last));
  const keysRest = transposed(g, g.mul(k, transposed(g, g.unary(rest))));
  let state = g.reshape(p.state, sizeV, sizeV, 1, headsV * sequences);
  const values = transposed(g, v);
  for (let i = 0; i < chunks; i++) {
    const carried = g.mulMat(slice(g, keysCarried), state);
    const fresh = g.sub(slice(g, values), carried);
    const within = g.mulMat(fresh, slice(g, kq));
    const between = g.mulMat(state, slice(g, queriesGrown));
    const output = g.add(between, within);
    v = g.setInto(v, output);
    const learned = g.mulMat(slice(g, keysRest), fresh);
    state = g.add(g.mul(state, slice(g, lastGrown)), learned);
  }
  const row = rowBytes(F32, sizeV);
  const perHead = row * chunk * chunks;
  const output = g.view(v, sizeV, tokens, headsV, sequences, row, perHead, perHead * headsV);
  return {
    output: byHead(output),
    newState: g.reshape(state, sizeV, sizeV, headsV, sequences),
  };
}

interface ScoreParts {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly kBeta: Tensor;
  readonly sums: Tensor;
}

/** One decay per head. */
function headScores(
  g: Graph,
  p: ScoreParts,
  sizes: { readonly chunk: number; readonly chunks: number; readonly batches: number },
): { readonly kb: Tensor; readonly kq: Tensor } {
  const { chunk, chunks, batches } = sizes;
  const columns = g.repeat(g.reshape(p.sums, 1, chunk, chunks, batches), chunk, chunk, chunks, batches);
  const mask = g.unary(g.elementwise(OP_TRI, g.sub(columns, p.sums)));
  return { kb: g.mul(g.mulMat(p.k, p.kBeta), mask), kq: g.mul(g.mulMat(p.k, p.q), mask) };
}

/** One decay per channel (Kimi). */
function channelScores(
  g: Graph,
  p: ScoreParts,
  sizes: {
    readonly sizeK: number;
    readonly chunk: number;
    readonly chunks: number;
    readonly batches: number;
    readonly out: number;
  },
): { readonly kb: Tensor; readonly kq: Tensor } {
  const { sizeK, chunk, chunks } = sizes;
  const batches = chunks * sizes.batches;
  const rows = g.reshape(p.sums, chunk, 1, sizeK, batches);
  const columns = g.repeat(g.reshape(p.sums, 1, chunk, sizeK, batches), chunk, chunk, sizeK, batches);
  const grown = g.unary(g.elementwise(OP_TRI, g.sub(columns, rows)));
  const mask = g.contShape(g.permute(grown, 2, 1, 0, 3), sizeK, chunk, chunk, batches);
  const keys = g.reshape(p.k, sizeK, 1, chunk, batches);
  const keysDecayed = g.mul(mask, g.reshape(p.kBeta, sizeK, chunk, 1, batches));
  const queriesDecayed = g.mul(mask, g.reshape(p.q, sizeK, chunk, 1, batches));
  const shaped = (t: Tensor) => transposed(g, g.reshape(t, chunk, chunk, chunks, sizes.out));
  return { kb: shaped(g.mulMat(keysDecayed, keys)), kq: shaped(g.mulMat(queriesDecayed, keys)) };
}

/** One token per sequence. */
export function singleStep(b: GraphBuilder, p: DeltaNetParts): DeltaNetResult {
  const g = b.graph;
  const headsV = g.size(p.v, 1);
  const sequences = g.size(p.v, 3);
  const byHead = (t: Tensor) => g.permute(t, 0, 2, 1, 3);
  const q = byHead(g.scale(p.q));
  const k = byHead(p.k);
  const v = byHead(p.v);
  const decay = g.unary(g.reshape(p.decay, 1, g.size(p.decay, 0), headsV, sequences));
  const beta = g.reshape(p.beta, 1, 1, headsV, sequences);
  let state = g.mul(p.state, decay);
  const known = g.sumRows(g.mul(state, k));
  const difference = g.mul(g.sub(v, g.transpose(known)), beta);
  const spread = g.repeat(k, g.size(state, 0), g.size(state, 1), g.size(state, 2), g.size(state, 3));
  state = g.add(state, g.mul(spread, g.transpose(difference)));
  const output = g.sumRows(g.mul(state, q));
  return { output: g.permute(output, 2, 0, 1, 3), newState: state };
}
