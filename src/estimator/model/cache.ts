/**
 * The KV cache and recurrent state per device, exact.
 *
 * Source: llama-kv-cache.cpp, llama-kv-cache-iswa.cpp,
 * llama-kv-cache-dsa.cpp, llama-memory-recurrent.cpp, llama-model.cpp (`create_memory`), llama.cpp.
 */

import type { ContextShape } from './context.ts';
import type { Hparams } from './hyper-parameters.ts';
import { convolutionStateWidth, recurrentStateWidth, widestV, widthK, widthV } from './hyper-parameters.ts';
import type { Model } from './model.ts';
import type { Placement } from './placement.ts';
import { cudaBufferBytes, F32, hostBufferBytes } from './tensors.ts';

/** Whether the layer has K and V of its own. */
export function hasOwnCache(model: Model, layer: number): boolean {
  const { hp, traits } = model;
  const memory = traits.memory ?? 'attention';
  if (memory === 'none' || memory === 'recurrent' || layer >= (traits.cachesNextn ? hp.layersAll : model.layers)) {
    return false;
  }
  if (hp.cacheLayers >= 0 && layer >= hp.cacheLayers) {
    return false;
  }
  return memory === 'attention' || (traits.attends?.(hp, layer) ?? hp.isRecurrent[layer] === 0);
}

/** Whether the layer has a recurrent state. */
export function hasState(model: Model, layer: number): boolean {
  const { hp, traits } = model;
  const memory = traits.memory ?? 'attention';
  if (memory === 'recurrent') {
    return layer < model.layers;
  }
  return memory === 'hybrid' && layer < model.layers && (traits.recurs?.(hp, layer) ?? hp.isRecurrent[layer] === 1);
}

/** Elements of a layer's V row in the cache: transposed, all are as wide as the widest. */
export function cachedWidthV(hp: Hparams, layer: number, transposedV: boolean): number {
  return transposedV ? widestV(hp) : widthV(hp, layer);
}

/** What llama.cpp's caches take per device, bytes; the last entry of each is the host's. One line of its log each. */
export interface CacheLines {
  /** The cache of a model that has one; of models with windows that of the layers without. */
  readonly first: Float64Array;
  /** The second cache: of the layers with windows, or of indexer keys. Its line comes last. */
  readonly second: Float64Array;
  /** Recurrent state. */
  readonly state: Float64Array;
}

/** Cache and state per device in bytes; the last entry is the host. */
export function cacheBytes(...question: Parameters<typeof cacheLines>): Float64Array {
  const { first, second, state } = cacheLines(...question);
  return first.map((bytes, device) => bytes + second[device]! + state[device]!);
}

/** The same, line by line. */
export function cacheLines(
  model: Model,
  placement: Placement,
  shape: ContextShape,
  typeK: number,
  typeV: number,
  transposedV: boolean,
): CacheLines {
  const { hp } = model;
  const none = (): Float64Array => new Float64Array(placement.host + 1);
  const lines: CacheLines = { first: none(), second: none(), state: none() };
  const mla = hp.headKMla !== 0;
  for (let layer = 0; layer < hp.layersAll; layer++) {
    const device = placement.deviceOf[layer]!;
    const bytes = device === placement.host ? hostBufferBytes : cudaBufferBytes;
    const add = (line: Float64Array, amount: number): void => {
      line[device] = line[device]! + amount;
    };
    const special = model.traits.cachedTensors?.(model, layer, shape, typeK);
    for (const tensor of special ?? []) {
      add(lines.first, bytes(tensor.type, tensor.sizes));
    }
    if (special === undefined && hasOwnCache(model, layer)) {
      const windowed = hp.slidingWindow !== 'none' && hp.isWindowed[layer] === 1;
      const cells = windowed ? shape.windowCells : shape.numCtxSeq;
      const line = windowed ? lines.second : lines.first;
      add(line, bytes(typeK, [widthK(hp, layer), cells, shape.streams]));
      // The vendored llama.cpp kept values of latent attention too, as wide as the latent.
      if (!mla || shape.vendored) {
        add(line, bytes(typeV, [cachedWidthV(hp, layer, transposedV), cells, shape.streams]));
      }
      if (hp.hasIndexer[layer] === 1) {
        add(lines.second, bytes(typeK, [hp.indexerHead, cells, shape.streams]));
        // The cache of indexer keys is one of K and V all the same, but for latent attention.
        add(lines.second, mla ? 0 : bytes(typeV, [hp.headV, cells, shape.streams]));
      }
    }
    if (hasState(model, layer)) {
      add(lines.state, bytes(F32, [convolutionStateWidth(hp), shape.sequences]));
      add(lines.state, bytes(F32, [recurrentStateWidth(hp), shape.sequences]));
    }
  }
  return lines;
}
