/** Room to spare in the compute buffers of architectures whose graph is only guessed (undescribed.ts). */

import { hasOwnCache } from '../../model/cache.ts';
import { widthK, widthV } from '../../model/hyper-parameters.ts';
import { MetadataReader } from '../../model/metadata.ts';
import type { Model } from '../../model/model.ts';
import { F32, rowBytes } from '../../model/tensors.ts';
import type { ComputeOptions } from '../planner/options.ts';

/** What a guessed graph is increased by: its details may differ, and with them what is alive at once. */
const MARGIN = 1.05;
/** Masks that an unknown way of choosing cells may have alive at once, for every head of an indexer. */
const CHOOSING_MASKS = 4;
/** Results as wide as the model that may be alive beside the guessed ones. */
const SPARE_RESULTS = 2;

/**
 * Room for what the graph of an unknown architecture may have beyond the guessed one: compute buffers per device in
 * bytes, the host last.
 */
export function cautious(model: Model, options: ComputeOptions, bytes: readonly number[]): readonly number[] {
  const { hp } = model;
  const { shape, placement, typeK, typeV, copies } = options;
  const ub = Math.min(shape.numCtx, shape.numUbatch);
  let spare = SPARE_RESULTS * rowBytes(F32, hp.embedding) * ub;
  const cacheOf = (chooses: (layer: number) => boolean) => {
    let row = 0;
    for (let layer = 0; layer < model.layers; layer++) {
      if (chooses(layer) && hasOwnCache(model, layer)) {
        row = Math.max(row, rowBytes(typeK, widthK(hp, layer)) + rowBytes(typeV, widthV(hp, layer)));
      }
    }
    return row * shape.numCtxSeq * shape.streams;
  };
  if (placement.host > 0) {
    // Attention on the host may be moved to the GPU together with the layer's cache.
    spare += cacheOf((layer) => placement.deviceOf[layer] === placement.host);
  }
  if (placement.host > 1 && new MetadataReader(model.spec).numberOr('attention.shared_kv_layers', 0) > 0) {
    // Layers that read the cache of layers on another GPU have copies of it, of the full and of the windowed one.
    spare += 2 * copies * cacheOf(() => true);
  }
  if (hp.indexerHead > 0 && !hp.hasIndexer.includes(1)) {
    spare += CHOOSING_MASKS * rowBytes(F32, shape.numCtxSeq) * hp.indexerHeads * ub;
  }
  return bytes.map((planned, device) =>
    planned === 0 ? 0 : Math.ceil(planned * MARGIN) + (device === placement.host ? 0 : spare),
  );
}
