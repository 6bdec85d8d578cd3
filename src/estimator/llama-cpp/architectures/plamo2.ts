/** PLaMo 2: state spaces in most layers, attention in some, norms around both branches. models/plamo2.cpp. */

import { readStateSpace } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { attention, decoderContext, finishDecoder } from '../graph/decoder.ts';
import { feedForward } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import type { RecurrentInputs } from '../graph/recurrent.ts';
import { convolve, recurrentInputs, scan, withHistory } from '../graph/recurrent.ts';

export const plamo2: Architecture = {
  names: ['plamo2'],
  memory: 'hybrid',
  hparams(hp, reader) {
    readStateSpace(hp, reader);
    // Not derived from the heads of the first layer, which has none.
    hp.headK = reader.numberOr('attention.key_length', hp.headK);
    hp.headV = reader.numberOr('attention.value_length', hp.headV);
    hp.headsKv.forEach((heads, layer) => {
      hp.isRecurrent[layer] = heads === 0 ? 1 : 0;
    });
  },
  build(b) {
    const g = b.graph;
    let x = b.inputEmbedding();
    const positions = b.inputPositions();
    const states = recurrentInputs(b);
    const context = { ...decoderContext(b), positions };
    for (const layer of b.layers) {
      const normed = b.normNamed(layer, 'attn_norm', x);
      const mixed =
        b.hp.isRecurrent[layer] === 1
          ? stateSpace(b, layer, states, normed)
          : attention(b, layer, normed, context, { qkNorm: 'head', outputBias: false });
      let residual = g.add(b.normNamed(layer, 'post_attention_norm', mixed), x);
      const hidden = feedForward(b, layer, b.normNamed(layer, 'ffn_norm', residual), { fusedGate: true });
      let current = b.normNamed(layer, 'post_ffw_norm', hidden);
      if (layer === b.lastLayer) {
        current = g.getRows(current, context.outputIds);
        residual = g.getRows(residual, context.outputIds);
      }
      x = g.add(current, residual);
    }
    finishDecoder(b, x, {});
  },
};

/** A state space with one decay per head, whose steps, B and C come from one normed projection. */
function stateSpace(b: GraphBuilder, layer: number, states: RecurrentInputs, x: Tensor): Tensor {
  const g = b.graph;
  const { hp } = b;
  const heads = hp.ssmRank;
  const head = hp.ssmInner / heads;
  const length = b.tokens / b.sequences;
  const stepWidth = Math.max(64, Math.floor(hp.embedding / 16));
  let both = b.matMul(layer, 'ssm_in', g.reshape(x, g.size(x, 0), length, b.sequences));
  both = g.contShape(g.permute(both, 0, 2, 1, 3), head * 2, heads, length, b.sequences);
  const half = () =>
    g.view(both, head, heads, length, b.sequences, g.stride(both, 1), g.stride(both, 2), g.stride(both, 3));
  const values = g.contShape(half(), hp.ssmInner, length, b.sequences);
  const z = half();
  const joined = withHistory(b, layer, states, values, hp.ssmConv, hp.ssmInner);
  const convolved = g.unary(convolve(b, joined, b.weight(layer, 'ssm_conv1d')));
  const projected = b.matMul(layer, 'ssm_x', convolved);
  const part = (size: number) =>
    g.view(projected, size, length, b.sequences, 1, g.stride(projected, 1), g.stride(projected, 2));
  const widened = (t: Tensor) =>
    g.view(t, hp.ssmState, 1, length, b.sequences, hp.ssmState * 4, g.stride(t, 1), g.stride(t, 2));
  const bMatrix = b.normNamed(layer, 'ssm_b_norm', part(hp.ssmState));
  const cMatrix = b.normNamed(layer, 'ssm_c_norm', part(hp.ssmState));
  const step = b.normNamed(layer, 'ssm_dt_norm', part(stepWidth));
  const dt = g.add(b.matMul(layer, 'ssm_dt', step), b.bias(layer, 'ssm_dt'));
  const row = 4 * hp.ssmInner;
  const byHead = (t: Tensor) => g.view(t, head, heads, length, b.sequences, head * 4, row, row * length);
  const shown = byHead(convolved);
  const result = scan(b, layer, states, {
    x: shown,
    dt,
    a: g.reshape(b.weight(layer, 'ssm_a'), 1, heads),
    bMatrix: widened(bMatrix),
    cMatrix: widened(cMatrix),
    headSize: head,
    heads,
  });
  let y = byHead(result);
  y = g.add(y, g.mul(shown, g.reshape(b.weight(layer, 'ssm_d'), 1, heads)));
  y = g.gluSplit(g.cont(z), y);
  const flat = g.view(y, hp.ssmInner, length, b.sequences, 1, g.stride(y, 2), g.stride(y, 3));
  const out = b.matMul(layer, 'ssm_out', flat);
  return g.reshape(out, g.size(out, 0), b.tokens);
}
