/** DeepSeek 3.2 and GLM 5: latent attention to the cells that an indexer chooses, experts. */

import type { Hparams, MetadataReader } from '../../model/hyper-parameters.ts';
import { computedLayers, readRouting } from '../../model/hyper-parameters.ts';
import { F16, F32, I32, I64, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import { storeK } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { decoder } from '../graph/decoder.ts';
import type { ExpertOptions } from '../graph/feed-forward.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { OP_OTHER, OP_TOP_K } from '../graph/ops.ts';
import { latentAttention, readLatentAttention } from './deepseek.ts';

const SIGMOID = 2;
/** Loaded with multi-token prediction's blocks, too: the loader forgets to skip it. */
const CHOICE_BIAS = /^exp_probs_b\.bias$/;
/** From this training context on, GLM's files without the key share indexers between layers (GLM 5.2). */
const SHARED_FROM_CONTEXT = 1048576;

function readSparse(hp: Hparams, reader: MetadataReader): void {
  readLatentAttention(hp, reader);
  hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
  hp.nextnLayers = reader.numberOr('nextn_predict_layers', 0);
  hp.indexerHeads = reader.required('attention.indexer.head_count');
  hp.indexerHead = reader.required('attention.indexer.key_length');
  hp.indexerTopK = reader.required('attention.indexer.top_k');
}

/** models/deepseek32.cpp. */
export const deepseek32: Architecture = {
  names: ['deepseek32'],
  fusesIndexer: true,
  buildsAllLayers: true,
  loadsNextnOf: CHOICE_BIAS,
  hparams(hp, reader) {
    readSparse(hp, reader);
    readRouting(hp, reader);
    hp.hasIndexer.fill(1, 0, computedLayers(hp));
  },
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
  build: (b) => buildSparse(b, { scales: false }),
};

/** Some layers have no indexer and take the choice of the one before them. models/glm-dsa.cpp. */
export const glmDsa: Architecture = {
  names: ['glm-dsa'],
  fusesIndexer: true,
  buildsAllLayers: true,
  loadsNextnOf: CHOICE_BIAS,
  hparams(hp, reader) {
    readSparse(hp, reader);
    readRouting(hp, reader, SIGMOID);
    const given = reader.perLayer('attention.indexer.types', computedLayers(hp));
    const shared = hp.trainingContext >= SHARED_FROM_CONTEXT;
    for (let layer = 0; layer < computedLayers(hp); layer++) {
      hp.hasIndexer[layer] = given?.[layer] ?? (!shared || layer < 2 || layer % 4 === 2 ? 1 : 0);
    }
  },
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0) + 2 * hp.hasIndexer[layer]!,
  build: (b) => buildSparse(b, {}),
};

function buildSparse(b: GraphBuilder, scales: Pick<ExpertOptions, 'scales'>): void {
  const { hp } = b;
  const indexer = indexerInputs(b);
  let chosen: Tensor = NO_TENSOR;
  decoder(b, {
    attention: (_, layer, x, context) =>
      latentAttention(b, layer, x, context, {
        choose(compressedQuery) {
          if (hp.hasIndexer[layer] === 1) {
            chosen = chooseCells(b, layer, x, compressedQuery, context.positions, indexer);
          }
          return chosen;
        },
      }),
    feedForward(_, layer, x) {
      if (layer < hp.denseLead) {
        return feedForward(b, layer, x);
      }
      const routed = experts(b, layer, x, {
        normalize: hp.expertWeightsNorm,
        scale: hp.expertWeightsScale,
        gating: hp.expertGating,
        ...scales,
      });
      return b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT, ...scales }));
    },
  });
}

export interface IndexerInputs {
  readonly cells: number;
  readonly rows: Tensor;
  readonly mask: Tensor;
  readonly rotation: Tensor;
}

export function indexerInputs(b: GraphBuilder): IndexerInputs {
  const g = b.graph;
  const { streams, numCtxSeq: cells } = b.options.shape;
  const head = b.hp.indexerHead;
  return {
    cells,
    rows: g.input(I64, b.tokens),
    mask: g.input(b.options.fusedIndexer ? F16 : F32, cells, b.tokens / streams, 1, streams),
    rotation: g.input(F32, head, head),
  };
}

/** The indexer: a small attention of its own, whose scores choose the best cells for each token. */
export function chooseCells(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  compressedQuery: Tensor,
  positions: Tensor,
  inputs: IndexerInputs,
): Tensor {
  const g = b.graph;
  const { indexerHead: head, indexerHeads: heads, rotary } = b.hp;
  const { streams } = b.options.shape;
  const row = rowBytes(F32, head);
  const rotated = (t: Tensor, count: number) => {
    const part = (size: number) => g.view(t, size, count, b.tokens, 1, row, row * count);
    return g.mulMat(inputs.rotation, g.concat(g.rope(part(rotary), positions), part(head - rotary), 0));
  };
  const query = rotated(b.matMul(layer, 'indexer.attn_q_b', compressedQuery, false), heads);
  const key = b.normNamed(layer, 'indexer.k_norm', b.matMul(layer, 'indexer.attn_k', x, false), 'layer');
  const type = b.options.typeK;
  const cache = g.stored(type, head, inputs.cells, streams, 1, b.deviceOf(layer), false);
  g.expand(storeK(b, cache, rotated(key, 1), inputs.rows));
  const weights = b.matMul(layer, 'indexer.proj', x, false);
  const cachedRow = rowBytes(type, head);
  const k = g.view(cache, head, 1, inputs.cells, streams, cachedRow, cachedRow, cachedRow * inputs.cells);
  const q = g.view(
    query,
    head,
    heads,
    b.tokens / streams,
    streams,
    g.stride(query, 1),
    g.stride(query, 2),
    g.stride(query, 3) / streams,
  );
  const w = g.scale(
    g.view(
      weights,
      heads,
      b.tokens / streams,
      1,
      streams,
      g.stride(weights, 1),
      g.stride(weights, 2) / streams,
      g.stride(weights, 3) / streams,
    ),
  );
  return bestCells(b, layer, q, k, w, inputs.mask);
}

/** Numbers of the cells with the highest scores. */
export function bestCells(b: GraphBuilder, layer: number, q: Tensor, k: Tensor, weights: Tensor, mask: Tensor): Tensor {
  const g = b.graph;
  const scores = b.options.fusedIndexer
    ? fusedScores(b, layer, q, k, weights, mask)
    : spelledScores(b, q, k, weights, mask);
  const best = Math.min(g.size(scores, 0), b.hp.indexerTopK);
  return g.cont(g.custom(OP_TOP_K, I32, [best, g.size(scores, 1), g.size(scores, 2), g.size(scores, 3)], [scores]));
}

function fusedScores(b: GraphBuilder, layer: number, q: Tensor, k: Tensor, weights: Tensor, mask: Tensor): Tensor {
  const g = b.graph;
  const sizes = [g.size(k, 2), g.size(q, 2), 1, g.size(q, 3)] as const;
  const scores = g.custom(OP_OTHER, F32, sizes, [q, k, weights, mask]);
  b.fusedNodes.push(scores, layer);
  return scores;
}

function spelledScores(b: GraphBuilder, q: Tensor, k: Tensor, weights: Tensor, mask: Tensor): Tensor {
  const g = b.graph;
  const products = g.mulMat(g.permute(k, 0, 2, 1, 3), g.permute(q, 0, 2, 1, 3));
  const byHead = g.unary(g.cont(g.permute(products, 2, 1, 0, 3)));
  const sums = g.sumRows(g.mul(byHead, weights));
  return g.add(g.cont(g.permute(sums, 2, 1, 0, 3)), mask);
}
