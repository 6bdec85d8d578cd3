/**
 * Whether flash attention is on.
 *
 * Source: llama-context.cpp (`llama_init_from_model`, `resolve_fused_ops`): auto turns off when a layer's attention
 * would land on another device than the layer, which is when CUDA has no kernel for its head sizes; a quantized V needs
 * flash attention. llama.cpp.
 */

import { hasOwnCache } from '../../model/cache.ts';
import { headKOf, headVOf } from '../../model/hyper-parameters.ts';
import type { Model } from '../../model/model.ts';
import type { Placement } from '../../model/placement.ts';
import { F16, F32, IS_QUANTIZED } from '../../model/tensors.ts';
import type { LlamaCppConfig } from '../../types.ts';
import { EstimateError } from '../../types.ts';
import { flashAttentionSupported } from './cuda.ts';

/**
 * Decides for a configuration. `probe` says whether attention would stay with its layers. Throws `kv-needs-flash-attention` for a combination that llama.cpp refuses.
 */
export function decideFlashAttention(
  model: Model,
  config: LlamaCppConfig,
  options: { readonly placement: Placement; readonly typeK: number; readonly typeV: number },
  probe: () => boolean,
): boolean {
  const { placement, typeK, typeV } = options;
  if (config.flashAttention === false) {
    if (IS_QUANTIZED[typeV] === 1) {
      throw new EstimateError('kv-needs-flash-attention', { type: config.cacheTypeV });
    }
    return false;
  }
  if (model.traits.neverFlash === true) {
    return false;
  }
  if (config.flashAttention === true || IS_QUANTIZED[typeV] === 1) {
    return true;
  }
  // An F32 cache is cast to F16 on its way into the kernel.
  const kernelType = (type: number) => (type === F32 ? F16 : type);
  // Encoders attend to their input itself.
  const sameTypes = attendsToItself(model) || kernelType(typeK) === kernelType(typeV);
  return supportedOnGpus(model, placement, sameTypes) && probe();
}

function attendsToItself({ traits }: Model): boolean {
  return traits.memory === 'none' || traits.ignoresCache === true;
}

function supportedOnGpus(model: Model, placement: Placement, sameTypes: boolean): boolean {
  const { hp } = model;
  const encoder = attendsToItself(model);
  for (let layer = 0; layer < model.layers; layer++) {
    const attends = encoder || hasOwnCache(model, layer) || (hp.cacheLayers >= 0 && layer >= hp.cacheLayers);
    // Attention to chosen blocks runs flash attention by itself, without asking (MiniMax M3).
    const chooses = hp.indexerBlock > 1 && hp.hasIndexer[layer] === 1;
    if (placement.deviceOf[layer] === placement.host || !attends || chooses) {
      continue;
    }
    const heads = hp.heads[layer]!;
    const headsKv = Math.max(1, hp.headsKv[layer]!);
    const headV = hp.headKMla !== 0 ? hp.loraKv : headVOf(hp, layer);
    if (!sameTypes || !flashAttentionSupported(headKOf(hp, layer), headV, heads / headsKv)) {
      return false;
    }
  }
  return true;
}
