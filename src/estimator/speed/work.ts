/**
 * What one token makes each device do: bytes of weights that are read, weights that are unpacked, cache that is read,
 * kernels that are launched.
 *
 * Source: llama.cpp's graphs (src/models, llama-graph.cpp): a row of the token embedding is looked up, experts that were
 * not chosen are not read, a tied embedding is read whole as the output; nodes of the graph of one token are kernels.
 */

import type { CompiledModel } from '../llama-cpp/architecture.ts';
import { kernelCounts } from '../llama-cpp/planner/planner.ts';
import { cacheBytes } from '../model/cache.ts';
import { shapeContext } from '../model/context.ts';
import type { ModelTensor } from '../model/model.ts';
import type { Placement } from '../model/placement.ts';
import { HOME_EVERY_LAYER, HOME_INPUT, HOME_OUTPUT } from '../model/tensor-homes.ts';
import { BLOCK_BYTES, BLOCK_ELEMENTS, typeId } from '../model/tensors.ts';
import type { Overrides } from '../model/weights.ts';
import type { KvCacheType } from '../types.ts';

/** Where a model's parts lie, and how it attends. */
export interface SpeedLayout {
  readonly placement: Placement;
  readonly overrides: Overrides;
  readonly flashAttention: boolean;
  readonly kvCacheType: KvCacheType;
}

/** What one device does for one token. */
export interface DeviceWork {
  /** Weights read, bytes. */
  readonly weightBytes: number;
  /** All the weights that lie here, experts that are not used included, bytes. */
  readonly storedBytes: number;
  /** Weights worked with, by ggml type number. */
  readonly weightsByType: ReadonlyMap<number, number>;
  /** Products of matrices. */
  readonly products: number;
  /** Other operations. */
  readonly others: number;
}

/** One token's work: devices in the order of the GPUs, the host last. */
export interface TokenWork {
  readonly devices: readonly DeviceWork[];
  /** How often work passes from one device to another. */
  readonly crossings: number;
}

/** The share of a tensor that a token reads: of experts those that are used. */
function shareRead(model: CompiledModel, { name, sizes }: ModelTensor): number {
  const { experts, expertsUsed } = model.hp;
  const isStack = experts > 0 && expertsUsed > 0 && /_(?:ch)?exps\b/.test(name) && sizes[2] > 1;
  return isStack ? Math.min(1, expertsUsed / sizes[2]) : 1;
}

/** Tensors of which a token reads one row. */
const LOOKED_UP = /^(?:token_embd|per_layer_token_embd|position_embd|token_types)\b/;

/** What one token makes the devices do, whatever the context. */
export function tokenWork(model: CompiledModel, layout: SpeedLayout): TokenWork {
  const { placement, overrides } = layout;
  const { host, deviceOf } = placement;
  const bytes = new Float64Array(host + 1);
  const weights = Array.from({ length: host + 1 }, () => new Map<number, number>());
  const outputDevice = deviceOf[model.hp.layersAll]!;
  const stored = new Float64Array(host + 1);
  const add = (tensor: ModelTensor, device: number): void => {
    const elements = tensor.sizes.reduce((product, size) => product * size, 1);
    const read = elements * shareRead(model, tensor);
    const bytesPerElement = BLOCK_BYTES[tensor.type]! / BLOCK_ELEMENTS[tensor.type]!;
    bytes[device] = bytes[device]! + read * bytesPerElement;
    stored[device] = stored[device]! + elements * bytesPerElement;
    weights[device]!.set(tensor.type, (weights[device]!.get(tensor.type) ?? 0) + read);
  };
  for (const tensor of model.tensors) {
    const { home, name } = tensor;
    const lookedUp = home === HOME_INPUT || home === HOME_EVERY_LAYER || LOOKED_UP.test(name);
    if (!lookedUp && (home === HOME_OUTPUT || home < model.layers)) {
      add(tensor, overrides.get(tensor) ?? (home === HOME_OUTPUT ? outputDevice : deviceOf[home]!));
    }
  }
  if (model.tiedOutput) {
    const embedding = model.globals.get('token_embd')!.weight!;
    add(embedding, overrides.get(embedding) ?? outputDevice);
  }
  const { products, others, splits } = kernelCounts(model, layout);
  return {
    devices: Array.from(bytes, (weightBytes, device) => ({
      weightBytes,
      storedBytes: stored[device]!,
      weightsByType: weights[device]!,
      products: products[device]!,
      others: others[device]!,
    })),
    crossings: Math.max(0, splits - 1),
  };
}

/** Bytes of cache and state that a token reads on each device, the host last, when `tokens` stand in the context. */
export function cacheRead(model: CompiledModel, layout: SpeedLayout, tokens: number): readonly number[] {
  const shape = shapeContext(model.hp, {
    numCtx: Math.max(1, Math.round(tokens)),
    numBatch: 1,
    numUbatch: 1,
    numParallel: 1,
    unifiedCache: false,
  });
  const type = typeId(layout.kvCacheType);
  const transposed = !layout.flashAttention;
  return [...cacheBytes(model, layout.placement, shape, type, type, transposed)];
}
