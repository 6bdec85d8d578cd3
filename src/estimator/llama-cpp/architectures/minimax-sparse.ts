/** MiniMax M3: attention to the blocks of cells that an indexer chooses, experts. models/minimax-m3.cpp. */

import { readRouting } from '../../model/shared-keys.ts';
import { F16, F32, I32, I64, rowBytes } from '../../model/tensors.ts';
import type { Architecture } from '../architecture.ts';
import type { Qkv } from '../graph/attention.ts';
import { projectOutput, qkv, storeK, throughCache, turned } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import type { DecoderContext } from '../graph/decoder.ts';
import { attention, decoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { OP_OTHER, OP_TOP_K } from '../graph/ops.ts';

/** Positions in use while memory is reserved: the cache is empty, and llama.cpp counts in steps of this. */
const RESERVED_POSITIONS = 256;

export const minimaxM3: Architecture = {
  names: ['minimax-m3'],
  nodesPerTensor: 32,
  buildsAllLayers: true,
  hparams(hp, reader) {
    readRouting(hp, reader);
    hp.denseLead = reader.numberOr('leading_dense_block_count', 0);
    hp.indexerHeads = reader.required('attention.indexer.head_count');
    hp.indexerHead = reader.required('attention.indexer.key_length');
    hp.indexerTopK = reader.required('attention.indexer.top_k');
    hp.indexerBlock = reader.required('attention.indexer.block_size');
    hp.hasIndexer.fill(1, hp.denseLead);
  },
  layerKind: (hp, layer) => (layer < hp.denseLead ? 1 : 0),
  build(b) {
    const { shape } = b.options;
    const sparse = b.flashAttention && (shape.sequences === 1 || shape.streams > 1);
    let inputs: SparseInputs | undefined;
    decoder(b, {
      attention(_, layer, x, context) {
        inputs ??= sparseInputs(b, context);
        return sparse && b.hp.hasIndexer[layer] === 1
          ? sparseAttention(b, layer, x, context, inputs)
          : attention(b, layer, x, context, { qkNorm: 'head', outputBias: false });
      },
      feedForward: network,
    });
  },
};

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  const { hp } = b;
  const activation = 'swiglu-oai';
  if (layer < hp.denseLead) {
    return feedForward(b, layer, x, { activation, biases: false, scales: false });
  }
  const routed = experts(b, layer, x, {
    activation,
    normalize: hp.expertWeightsNorm,
    scale: hp.expertWeightsScale,
    gating: hp.expertGating,
    scales: false,
  });
  const shared = feedForward(b, layer, x, { names: SHARED_EXPERT, activation, biases: false, scales: false });
  return b.graph.add(routed, shared);
}

interface SparseInputs {
  /** Rows of the indexer's cache to write. */
  readonly rows: Tensor;
  /** Blocks close by are always chosen. */
  readonly bias: Tensor;
  readonly visible: Tensor;
  readonly cellOfPosition: Tensor;
  readonly blockOfCell: Tensor;
  /** The usual mask as F32. */
  readonly mask: Tensor;
  readonly positions: number;
  readonly blocks: number;
}

function sparseInputs(b: GraphBuilder, context: DecoderContext): SparseInputs {
  const g = b.graph;
  const { streams, numCtxSeq } = b.options.shape;
  const blocks = Math.ceil(RESERVED_POSITIONS / b.hp.indexerBlock);
  const positions = blocks * b.hp.indexerBlock;
  return {
    rows: g.input(I64, b.tokens),
    bias: g.input(F32, blocks, b.tokens),
    visible: g.input(F32, positions, b.tokens),
    cellOfPosition: g.input(I32, positions, streams),
    blockOfCell: g.input(I32, numCtxSeq, streams),
    mask: g.cast(context.inputs.full!.mask, F32),
    positions,
    blocks,
  };
}

function sparseAttention(
  b: GraphBuilder,
  layer: number,
  x: Tensor,
  context: DecoderContext,
  inputs: SparseInputs,
): Tensor {
  const g = b.graph;
  const { hp } = b;
  const heads = qkv(b, layer, x, hp.headK);
  heads.q = g.rope(b.normNamed(layer, 'attn_q_norm', heads.q), context.positions);
  heads.k = g.rope(b.normNamed(layer, 'attn_k_norm', heads.k), context.positions);
  const indexed = (name: string, count: number) => {
    const rows = g.reshape(b.matMul(layer, `indexer.${name}_proj`, x), hp.indexerHead, count, b.tokens);
    return g.rope(b.normNamed(layer, `indexer.${name}_norm`, rows), context.positions);
  };
  const query = indexed('q', hp.indexerHeads);
  const { streams, numCtxSeq: cells } = b.options.shape;
  const cache = g.stored(b.options.typeK, hp.indexerHead, cells, streams, 1, b.deviceOf(layer), false);
  g.expand(storeK(b, cache, indexed('k', 1), inputs.rows));
  const row = rowBytes(b.options.typeK, hp.indexerHead);
  const stored = g.view(cache, hp.indexerHead, 1, cells, streams, row, row, row * cells);
  const cached = throughCache(b, layer, context.inputs, heads, 'qkv');
  let result = NO_TENSOR;
  for (let stream = 0; stream < streams; stream++) {
    const mask = chosenMask(b, inputs, query, stored);
    const attended = attendGroups(b, cached, mask);
    result = result === NO_TENSOR ? attended : g.concat(result, attended, 1);
  }
  return projectOutput(b, layer, turned(b, result, cached.rotationV), { outputBias: false });
}

/** Which cells each token and head group attends to in one stream: those of the best blocks. */
function chosenMask(b: GraphBuilder, inputs: SparseInputs, query: Tensor, stored: Tensor): Tensor {
  const g = b.graph;
  const { indexerHead, indexerHeads: groups, indexerTopK } = b.hp;
  const { streams, numCtxSeq: cells } = b.options.shape;
  const tokens = b.tokens / streams;
  const { positions, blocks } = inputs;
  const keyRow = rowBytes(b.options.typeK, indexerHead);
  const keys = g.getRows(g.view(stored, indexerHead, cells, 1, 1, keyRow), g.view(inputs.cellOfPosition, positions));
  const q = g.view(query, indexerHead, groups, tokens, 1, g.stride(query, 1), g.stride(query, 2));
  const products = g.mulMat(keys, g.reshape(q, indexerHead, groups * tokens));
  const row = g.stride(inputs.visible, 1);
  const visible = g.view(inputs.visible, positions, 1, tokens, 1, row, row);
  const scores = g.addInplace(g.reshape(products, positions, groups, tokens), visible);
  const best = g.custom(OP_OTHER, F32, [blocks, groups, tokens, 1], [scores]);
  const biasRow = g.stride(inputs.bias, 1);
  const bias = g.view(inputs.bias, blocks, 1, tokens, 1, biasRow, biasRow);
  const count = Math.min(indexerTopK, blocks);
  const chosen = g.custom(OP_TOP_K, I32, [count, groups, tokens, 1], [g.add(best, bias)]);
  const hidden = g.repeat(g.cast(g.scale(bias), F16), blocks, groups, tokens);
  const zeros = g.scale(g.cast(chosen, F32));
  const shown = g.setRows(
    g.reshape(hidden, 1, blocks, groups * tokens),
    g.reshape(zeros, 1, count, groups * tokens),
    g.reshape(chosen, count, groups * tokens),
  );
  const byGroup = g.cont(g.permute(g.reshape(shown, blocks, groups, tokens), 0, 2, 1, 3));
  const byBlock = g.cont(g.transpose(g.reshape(byGroup, blocks, tokens * groups)));
  const byCell = g.cont(g.transpose(g.getRows(byBlock, g.view(inputs.blockOfCell, cells))));
  const causal = g.view(inputs.mask, cells, tokens, 1, 1, g.stride(inputs.mask, 1), g.stride(inputs.mask, 3));
  const both = g.addInplace(g.reshape(byCell, cells, tokens, groups), causal);
  return g.cast(g.reshape(both, cells, tokens, 1, groups), F16);
}

/** Attention of one stream with a mask for each head group (`build_attn_msa_fa`). */
function attendGroups(b: GraphBuilder, x: Qkv, mask: Tensor): Tensor {
  const g = b.graph;
  const { streams } = b.options.shape;
  const tokens = b.tokens / streams;
  const head = g.size(x.q, 0);
  const heads = g.size(x.q, 1);
  const groups = g.size(x.k, 1);
  const ofStream = (t: Tensor) =>
    g.permute(
      g.view(t, g.size(t, 0), g.size(t, 1), g.size(t, 2), 1, g.stride(t, 1), g.stride(t, 2), g.stride(t, 3)),
      0,
      3,
      1,
      2,
    );
  const q = g.view(x.q, head, heads, tokens, 1, g.stride(x.q, 1), g.stride(x.q, 2));
  const grouped = g.permute(g.reshape(q, head, heads / groups, groups, tokens), 0, 2, 3, 1);
  const output = g.permute(g.flashAttention(grouped, ofStream(x.k), ofStream(x.v), mask, NO_TENSOR), 0, 1, 3, 2);
  return g.reshape(g.isContiguous(output) ? output : g.cont(output), head * heads, tokens);
}
