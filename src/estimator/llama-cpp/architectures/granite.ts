/** Granite: scaled embeddings, residuals and logits; dense or with experts. models/granite.cpp. */

import type { HparamsDraft } from '../../model/hyper-parameters.ts';
import type { MetadataReader } from '../../model/metadata.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { attention, decoder } from '../graph/decoder.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { createOwnFacts } from '../own-facts.ts';

interface GraniteFacts {
  /** Factor on both branches, 0 = none. */
  readonly residualScale: number;
  /** Width of the shared expert's network, 0 = none. */
  readonly sharedWidth: number;
  /** Whether layers rotate at all. */
  readonly rotates: boolean;
}

/** What Granites and their relatives alone have. */
export const graniteFacts = createOwnFacts<GraniteFacts>({ residualScale: 0, sharedWidth: 0, rotates: false });

/** Keys that all Granites have. */
export function readGraniteScales(hp: HparamsDraft, reader: MetadataReader): void {
  hp.logitScale = reader.numberOr('logit_scale', 0);
  hp.embeddingScale = reader.numberOr('embedding_scale', 0);
  graniteFacts.keep(hp, {
    residualScale: reader.numberOr('residual_scale', 0),
    sharedWidth: reader.numberOr('expert_shared_feed_forward_length', 0),
    rotates: reader.boolean('rope.scaling.finetuned') ?? true,
  });
}

/** Dense, or experts and the shared one. */
export function graniteFeedForward(b: GraphBuilder, layer: number, x: Tensor): Tensor {
  if (!b.has(layer, 'ffn_gate_inp')) {
    return feedForward(b, layer, x);
  }
  const routed = experts(b, layer, x, { normalize: true, gating: 1, scales: false });
  return graniteFacts.of(b.hp).sharedWidth > 0
    ? b.graph.add(routed, feedForward(b, layer, x, { names: SHARED_EXPERT }))
    : routed;
}

export const granite: Architecture = {
  names: ['granite', 'granitemoe'],
  hparams: readGraniteScales,
  build(b) {
    decoder(b, {
      attention: (_, layer, x, context) =>
        attention(b, layer, x, context, { rope: graniteFacts.of(b.hp).rotates, ropeFactors: true }),
      feedForward: graniteFeedForward,
      scaleResidual: () => graniteFacts.of(b.hp).residualScale !== 0,
      logits: (_, logits) => b.graph.scale(logits),
    });
  },
};
