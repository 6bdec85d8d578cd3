/** Encoders for embeddings. */

import { readWindow, setWindowPattern } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import type { AttentionInputs } from '../graph/attention.ts';
import { attend, plainAttentionInputs, qkv } from '../graph/attention.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { decoderLayer } from '../graph/decoder.ts';
import { experts, feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';

/** BERT, Nomic, Jina. models/bert.cpp. */
export const bert: Architecture = {
  names: ['bert', 'nomic-bert', 'nomic-bert-moe', 'jina-bert-v2', 'jina-bert-v3'],
  memory: 'none',
  hasOutput: false,
  build(b) {
    const g = b.graph;
    const { architecture } = b.hp;
    const positions = b.inputPositions();
    let x = b.inputEmbedding();
    const types = b.globalWeight('token_types');
    if (types !== NO_TENSOR) {
      x = g.add(x, g.view(types, b.hp.embedding));
    }
    if (architecture === 'bert') {
      x = g.add(g.getRows(b.globalWeight('position_embd'), positions), x);
    }
    x = b.norm(x, b.globalWeight('token_embd_norm'), b.globalBias('token_embd_norm'), 'layer', 0);
    const inputs = plainAttentionInputs(b);
    const ids = b.inputOutputIds();
    const rotates = architecture.startsWith('nomic-bert') || architecture === 'jina-bert-v3';
    for (const layer of b.layers) {
      let current = selfAttention(b, layer, x, inputs, rotates ? positions : NO_TENSOR);
      if (layer === b.lastLayer) {
        current = g.getRows(current, ids);
        x = g.getRows(x, ids);
      }
      current = b.normNamed(layer, 'attn_output_norm', g.add(current, x), 'layer');
      if (b.has(layer, 'attn_norm_2')) {
        current = b.normNamed(layer, 'attn_norm_2', g.add(current, x), 'layer');
      }
      current = g.add(network(b, layer, current), current);
      x = b.normNamed(layer, 'layer_output_norm', current, 'layer');
    }
    b.embedding = g.expand(x);
  },
};

function selfAttention(b: GraphBuilder, layer: number, x: Tensor, inputs: AttentionInputs, positions: Tensor): Tensor {
  const g = b.graph;
  const head = b.hp.headV;
  const heads = qkv(b, layer, x, head);
  const normRows = (t: Tensor, name: string) => {
    if (!b.has(layer, name)) {
      return t;
    }
    const count = g.size(t, 1);
    const rows = b.normNamed(layer, name, g.reshape(t, head * count, b.tokens), 'layer');
    return g.reshape(rows, head, count, b.tokens);
  };
  heads.q = normRows(heads.q, 'attn_q_norm');
  heads.k = normRows(heads.k, 'attn_k_norm');
  if (positions !== NO_TENSOR) {
    heads.q = g.rope(heads.q, positions);
    heads.k = g.rope(heads.k, positions);
  }
  return attend(b, layer, inputs, heads);
}

function network(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  if (b.has(layer, 'ffn_up_exps')) {
    return experts(b, layer, x, { normalize: false, gating: 1, scales: false });
  }
  const { architecture } = b.hp;
  const upWidth = b.graph.size(b.weight(layer, 'ffn_up'), 1);
  const fusedGate = architecture === 'jina-bert-v2' && upWidth !== b.hp.feedForward[layer];
  return feedForward(b, layer, x, { fusedGate, biases: architecture !== 'nomic-bert' });
}

/** models/gemma-embedding.cpp. */
export const gemmaEmbedding: Architecture = {
  names: ['gemma-embedding'],
  memory: 'none',
  hparams(hp, reader) {
    readWindow(hp, reader, { period: 6, kind: 'symmetric' });
    hp.causal = false;
  },
  build(b) {
    const g = b.graph;
    let x = g.scale(b.inputEmbedding());
    const positions = b.inputPositions();
    const inputs = plainAttentionInputs(b);
    const context = { positions, inputs, outputIds: b.inputOutputIds() };
    for (const layer of b.layers) {
      x = decoderLayer(b, layer, x, context, {
        attention: { qkNorm: 'head', scaleQ: true, outputBias: false },
        attentionPostNorm: 'post_attention_norm',
        feedForwardPostNorm: 'post_ffw_norm',
        feedForwardPostNormUnpinned: true,
      });
    }
    b.embedding = g.expand(b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'rms', -1));
  },
};

/** models/modern-bert.cpp. */
export const modernBert: Architecture = {
  names: ['modern-bert'],
  memory: 'none',
  hasOutput: false,
  hparams(hp, reader) {
    if (reader.numberOr('attention.sliding_window', 0) > 0) {
      readWindow(hp, reader, { period: 3, kind: 'symmetric' });
      setWindowPattern(hp, reader.numberOr('attention.sliding_window_pattern', 3), true);
    }
  },
  build(b) {
    const g = b.graph;
    const positions = b.inputPositions();
    let x = b.norm(b.inputEmbedding(), b.globalWeight('token_embd_norm'), NO_TENSOR, 'layer', 0);
    const inputs = plainAttentionInputs(b);
    const ids = b.inputOutputIds();
    for (const layer of b.layers) {
      const normed = b.has(layer, 'attn_norm') ? b.normNamed(layer, 'attn_norm', x, 'layer') : x;
      let current = selfAttention(b, layer, normed, inputs, positions);
      if (layer === b.lastLayer) {
        current = g.getRows(current, ids);
        x = g.getRows(x, ids);
      }
      const middle = g.add(current, x);
      const hidden = feedForward(b, layer, b.normNamed(layer, 'ffn_norm', middle, 'layer'), { fusedGate: true });
      x = g.add(hidden, middle);
    }
    b.embedding = g.expand(b.norm(x, b.globalWeight('output_norm'), NO_TENSOR, 'layer', -1));
  },
};
