/**
 * The tensor overrides `--fit` makes (llama.cpp, common/fit.cpp): which part of a layer leaves its GPU, and the
 * regular expressions that say so.
 */

import { compileModel } from '../../../llama-cpp/compile.ts';
import type { LlamaCppConfig, ModelSpec } from '../../../types.ts';

/** What of a layer stays on its device: attention alone, plus up, plus gate, or everything but the experts. */
export type LayerFraction = 'attention' | 'up' | 'gate' | 'dense';

const LEAVING: Readonly<Record<LayerFraction, string>> = {
  attention: '\\.ffn_(gate|up|gate_up|down).*',
  up: '\\.ffn_(gate|gate_up|down).*',
  gate: '\\.ffn_down.*',
  dense: '\\.ffn_(up|down|gate_up|gate)_(ch|)exps',
};

/** The pattern of every expert tensor of the model. */
export const ALL_EXPERTS = `blk\\.\\d+${LEAVING.dense}`;

/** One override: what leaves layer `layer`, and where it goes (`'CPU'` or the index of a GPU). */
export interface FitOverride {
  readonly layer: number;
  readonly fraction: LayerFraction;
  readonly target: 'CPU' | number;
}

/** The pattern as llama.cpp writes it, such as `blk\.28\.ffn_down.*`. */
export function overridePattern(override: FitOverride): string {
  return `blk\\.${override.layer}${LEAVING[override.fraction]}`;
}

const leavingOf = new WeakMap<ModelSpec, Map<string, number>>();

/** Bytes on its GPU of what leaves a layer. */
export function leavingBytes(spec: ModelSpec, layer: number, fraction: LayerFraction): number {
  let known = leavingOf.get(spec);
  if (known === undefined) {
    known = new Map();
    leavingOf.set(spec, known);
  }
  const key = `${layer} ${fraction}`;
  let bytes = known.get(key);
  if (bytes === undefined) {
    const pattern = new RegExp(overridePattern({ layer, fraction, target: 'CPU' }));
    bytes = 0;
    for (const { home, name, cudaBytes } of compileModel(spec).tensors) {
      if (home === layer && pattern.test(name)) {
        bytes += cudaBytes;
      }
    }
    known.set(key, bytes);
  }
  return bytes;
}

/**
 * The same overrides as few patterns: layers that lose the same part to the same target share one. No layer is named
 * twice, so the order does not matter.
 */
export function overridesConfig(
  overrides: readonly FitOverride[],
): Pick<LlamaCppConfig, 'cpuTensors'> & Pick<LlamaCppConfig, 'gpuTensors'> {
  const layersByKind = new Map<string, { layers: number[]; fraction: LayerFraction; target: 'CPU' | number }>();
  for (const { layer, fraction, target } of overrides) {
    const key = `${fraction} ${target}`;
    const kind = layersByKind.get(key) ?? { layers: [], fraction, target };
    kind.layers.push(layer);
    layersByKind.set(key, kind);
  }
  const cpuTensors: string[] = [];
  const gpuTensors: { pattern: string; gpu: number }[] = [];
  for (const { layers, fraction, target } of layersByKind.values()) {
    const pattern = `blk\\.(?:${layers.join('|')})${LEAVING[fraction]}`;
    if (target === 'CPU') {
      cpuTensors.push(pattern);
    } else {
      gpuTensors.push({ pattern, gpu: target });
    }
  }
  return { ...(cpuTensors.length > 0 ? { cpuTensors } : {}), ...(gpuTensors.length > 0 ? { gpuTensors } : {}) };
}
