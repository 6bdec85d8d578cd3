/** DeepSeek 3.2 and GLM 5: latent attention to the cells that an indexer chooses, experts. */

import type { HparamsDraft } from '../../model/hyper-parameters.ts';
import { computedLayers } from '../../model/hyper-parameters.ts';
import type { MetadataReader } from '../../model/metadata.ts';
import { readRouting } from '../../model/shared-keys.ts';
import type { Architecture } from '../architecture.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { decoder } from '../graph/decoder.ts';
import type { ExpertOptions } from '../graph/feed-forward.ts';
import { experts, feedForward, SHARED_EXPERT } from '../graph/feed-forward.ts';
import type { Tensor } from '../graph/graph.ts';
import { NO_TENSOR } from '../graph/graph.ts';
import { chooseCells, indexerInputs } from '../graph/indexer.ts';
import { latentAttention, readLatentAttention } from '../graph/latent-attention.ts';

const SIGMOID = 2;
/** Loaded with multi-token prediction's blocks, too: the loader forgets to skip it. */
const CHOICE_BIAS = /^exp_probs_b\.bias$/;
/** From this training context on, GLM's files without the key share indexers between layers (GLM 5.2). */
const SHARED_FROM_CONTEXT = 1048576;

function readSparse(hp: HparamsDraft, reader: MetadataReader): void {
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
