/** DeepSeek 2 and 3, Kimi K2, GLM 4.7 Flash: latent attention, experts. models/deepseek2.cpp. */

import type { Hparams, MetadataReader } from '../../model/hyper-parameters.ts';
import { F32, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import type { Qkv } from '../graph/attention.ts';
import { attend, attendLatent, attentionInputs } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { DecoderContext } from '../graph/decoder.ts';
import { decoder, decoderContext, decoderLayer, finishDecoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';

const GATING_SOFTMAX = 1;
const GATING_SIGMOID = 2;

/** Files without the key: only GLM 4.7 Flash chooses by sigmoid; told by its depth and vocabulary, as llama.cpp does. */
function defaultGating(hp: Hparams): number {
  const deep = hp.layersAll === 47 || hp.layersAll === 48;
  return deep && hp.vocabulary === 154880 ? GATING_SIGMOID : GATING_SOFTMAX;
}

export function readLatentAttention(hp: Hparams, reader: MetadataReader): void {
  hp.loraQ = reader.numberOr('attention.q_lora_rank', 0);
  hp.loraKv = reader.numberOr('attention.kv_lora_rank', 0);
  hp.headKMla = reader.numberOr('attention.key_length_mla', 0);
  hp.headVMla = reader.numberOr('attention.value_length_mla', 0);
}

export const deepseek2: Architecture = {
  names: ['deepseek2', 'mistral4'],
  hparams(hp, reader) {
    readLatentAttention(hp, reader);
    hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
    hp.expertWeightsScale = reader.numberOr('expert_weights_scale', 0);
    hp.expertWeightsNorm = reader.boolean('expert_weights_norm') ?? false;
    hp.expertGating = reader.numberOr('expert_gating_func', 0) || defaultGating(hp);
    hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
    hp.temperatureScale = reader.numberOr('attention.temperature_scale', 0);
  },
  cachesNextn: true,
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
  build(b) {
    const { hp } = b;
    let x = b.inputEmbedding();
    const scale = hp.temperatureScale === 0 ? NO_TENSOR : b.graph.input(F32, 1, 1, b.tokens);
    const context = { positions: b.inputPositions(), inputs: attentionInputs(b), outputIds: b.inputOutputIds() };
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) => latentAttention(b, layer, normed, context, { scale }),
        feedForward: (_, __, normed) => {
          if (layer < hp.denseLead) {
            return feedForward(b, layer, normed);
          }
          const routed = experts(b, layer, normed, {
            normalize: hp.expertWeightsNorm,
            scale: hp.expertWeightsScale,
            gating: hp.expertGating,
            scales: false,
          });
          return b.graph.add(routed, feedForward(b, layer, normed, { names: SHARED_EXPERT }));
        },
      });
    }
    finishDecoder(b, x, {});
  },
};

export interface LatentOptions {
  /** Factor on the queries by position; NO_TENSOR = none. */
  readonly scale?: Tensor;
  readonly ropeFactors?: Tensor;
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
  if (hp.architecture === 'plm') {
    v = g.view(v, hp.headV * heads, b.tokens, 1, 1, rowBytes(F32, hp.headV * heads));
  }
  const query = scaled(g.concat(qPlain, qRotated, 0));
  const k = g.concat(kPlain, g.repeat(kRotated, rotated, heads, b.tokens), 0);
  return attend(b, layer, context.inputs, { q: query, k, v }, { outputBias: false });
}

/** Compressed queries, keys and values, dense; scaled embeddings and residuals. models/minicpm3.cpp. */
export const miniCpm3: Architecture = {
  names: ['minicpm3'],
  hparams: readLatentAttention,
  build(b) {
    const g = b.graph;
    let x = g.scale(b.inputEmbedding());
    const context = decoderContext(b);
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: (_, __, normed) =>
          latentAttention(b, layer, normed, context, { ropeFactors: b.chosenRopeFactors(layer) }),
        scaleResidual: () => true,
      });
    }
    const normed = b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1);
    b.finishNormed(g.scale(normed), undefined, normed);
  },
};

/** Compressed keys and values, dense. models/plm.cpp. */
export const plm: Architecture = {
  names: ['plm'],
  hparams: readLatentAttention,
  build(b) {
    decoder(b, {
      attention: (_, layer, x, context) => latentAttention(b, layer, x, context),
      feedForward: (_, layer, x) => feedForward(b, layer, x, { activation: 'relu-sqr', biases: false }),
    });
  },
};
