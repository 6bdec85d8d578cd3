/**
 * The frame of decoders whose attention and feed-forward network stand side by side: both read the block's input, and
 * both are added to it.
 *
 * Source: models/phi2.cpp, falcon.cpp, command-r.cpp, gptneox.cpp and others, llama.cpp.
 */

import type { GraphBuilder } from './builder.ts';
import type { DecoderOptions } from './decoder.ts';
import { attention, decoderContext, embed, finishAllRows, finishDecoder } from './decoder.ts';
import { feedForward } from './feed-forward.ts';
import type { Tensor } from './graph.ts';

/** What a block adds up. */
export interface Branches {
  /** The block's input. */
  readonly x: Tensor;
  readonly attended: Tensor;
  readonly hidden: Tensor;
}

/** As for other decoders, where it applies; {@link sum} is what differs between architectures. */
export interface ParallelOptions
  extends Pick<DecoderOptions, 'norm' | 'attention' | 'attentionNorm' | 'feedForwardNorm' | 'feedForward' | 'logits'> {
  /** Output rows are picked behind the last norm. */
  readonly lateOutputs?: 'normed';
  /** Adds up the branches, in the architecture's order. */
  readonly sum: (b: GraphBuilder, branches: Branches) => Tensor;
}

/**
 * Builds such a decoder. Without a `feedForwardNorm` the network reads what `attentionNorm` (default `attn_norm`) gives;
 * attention does, too, unless the model has a second norm for it (`attn_norm_2`, Falcon 40B).
 */
export function parallelDecoder(b: GraphBuilder, options: ParallelOptions): void {
  const context = decoderContext(b);
  const g = b.graph;
  const kind = options.norm ?? 'rms';
  let x = embed(b, context, options);
  for (const layer of b.layers) {
    let normed = b.normNamed(layer, options.attentionNorm ?? 'attn_norm', x, kind);
    const own = b.has(layer, 'attn_norm_2') ? b.normNamed(layer, 'attn_norm_2', x, kind) : normed;
    let attended =
      typeof options.attention === 'function'
        ? options.attention(b, layer, own, context)
        : attention(b, layer, own, context, options.attention);
    if (layer === b.lastLayer && options.lateOutputs !== 'normed') {
      attended = g.getRows(attended, context.outputIds);
      x = g.getRows(x, context.outputIds);
      normed = g.getRows(normed, context.outputIds);
    }
    const input = options.feedForwardNorm === undefined ? normed : b.normNamed(layer, options.feedForwardNorm, x, kind);
    x = options.sum(b, { x, attended, hidden: (options.feedForward ?? feedForward)(b, layer, input) });
  }
  if (options.lateOutputs === 'normed') {
    finishAllRows(b, x, context, options);
  } else {
    finishDecoder(b, x, options);
  }
}
