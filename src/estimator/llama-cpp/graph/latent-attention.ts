/**
 * Attention through a latent (MLA): queries and the latent, both with a rotated part; then on the latent itself or on
 * decompressed heads.
 *
 * Source: models/deepseek2.cpp, llama-graph.cpp (`build_attn` of `llm_graph_input_attn_k`), llama.cpp.
 */

import type { HparamsDraft } from '../../model/hyper-parameters.ts';
import type { MetadataReader } from '../../model/metadata.ts';
import { F32, rowBytes } from '../../model/tensors.ts';
import type { Qkv } from './attention.ts';
import { attend, attendLatent } from './attention.ts';
import type { GraphBuilder } from './builder.ts';
import type { DecoderContext } from './decoder.ts';
import type { Tensor } from './graph.ts';
import { NO_TENSOR } from './graph.ts';

/** The keys of latent attention; all 0 where a model has none. */
export function readLatentAttention(hp: HparamsDraft, reader: MetadataReader): void {
  hp.loraQ = reader.numberOr('attention.q_lora_rank', 0);
  hp.loraKv = reader.numberOr('attention.kv_lora_rank', 0);
  hp.headKMla = reader.numberOr('attention.key_length_mla', 0);
  hp.headVMla = reader.numberOr('attention.value_length_mla', 0);
}

export interface LatentOptions {
  /** Factor on the queries by position; NO_TENSOR = none. */
  readonly scale?: Tensor;
  readonly ropeFactors?: Tensor;
  /** Values are shown as one row a token (PLM). */
  readonly flatValues?: boolean;
  /** Sparse attention: chooses the cells to attend to, given the compressed queries. */
  readonly choose?: (compressedQuery: Tensor) => Tensor | undefined;
}

/** Queries and the latent, both with a rotated part; then attention on the latent itself or on decompressed heads. */
export function latentAttention(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  context: DecoderContext,
  options: LatentOptions = {},
): Tensor {
  const g = b.graph;
  const { hp } = b;
  const mla = hp.headKMla !== 0;
  const headK = mla ? hp.headKMla : hp.headK;
  const heads = hp.heads[layer]!;
  const rotated = hp.rotary;
  const plain = headK - rotated;
  const scale = options.scale ?? NO_TENSOR;
  const factors = options.ropeFactors ?? NO_TENSOR;
  let chosen: Tensor | undefined;
  let q: Tensor;
  if (b.has(layer, 'attn_q')) {
    q = b.matMul(layer, 'attn_q', x);
  } else {
    q = b.normNamed(layer, 'attn_q_a_norm', b.matMul(layer, 'attn_q_a', x));
    chosen = options.choose?.(q);
    q = b.matMul(layer, 'attn_q_b', q);
  }
  const headRow = rowBytes(F32, headK);
  const qPlain = g.view(q, plain, heads, b.tokens, 1, headRow, headRow * heads);
  const qRotated = g.rope(g.view(q, rotated, heads, b.tokens, 1, headRow, headRow * heads), context.positions, factors);
  const compressed = b.matMul(layer, 'attn_kv_a_mqa', x);
  const latentRow = rowBytes(F32, hp.loraKv + rotated);
  const kRotated = g.rope(
    g.view(compressed, rotated, 1, b.tokens, 1, latentRow, latentRow),
    context.positions,
    factors,
  );
  const latent = b.normNamed(layer, 'attn_kv_a_norm', g.view(compressed, hp.loraKv, b.tokens, 1, 1, latentRow));
  const scaled = (t: Tensor) => (scale === NO_TENSOR ? t : g.mul(t, scale));
  if (mla) {
    const absorbed = g.mulMat(b.weight(layer, 'attn_k_b'), g.permute(qPlain, 0, 2, 1, 3));
    const query = scaled(g.concat(g.permute(absorbed, 0, 2, 1, 3), qRotated, 0));
    const value = g.reshape(latent, hp.loraKv, 1, b.tokens);
    const parts: Qkv = { q: query, k: g.concat(value, kRotated, 0), v: value };
    return attendLatent(b, layer, context.inputs, parts, {
      decompressV: b.weight(layer, 'attn_v_b'),
      outputBias: false,
      ...(chosen === undefined ? {} : { chosenCells: chosen }),
    });
  }
  const kv = b.matMul(layer, 'attn_kv_b', latent);
  const kvRow = rowBytes(F32, plain + hp.headV);
  const kPlain = g.view(kv, plain, heads, b.tokens, 1, kvRow, kvRow * heads);
  let v = g.cont(g.view(kv, hp.headV, heads, b.tokens, 1, kvRow, kvRow * heads));
  if (options.flatValues === true) {
    v = g.view(v, hp.headV * heads, b.tokens, 1, 1, rowBytes(F32, hp.headV * heads));
  }
  const query = scaled(g.concat(qPlain, qRotated, 0));
  const k = g.concat(kPlain, g.repeat(kRotated, rotated, heads, b.tokens), 0);
  return attend(b, layer, context.inputs, { q: query, k, v }, { outputBias: false });
}
