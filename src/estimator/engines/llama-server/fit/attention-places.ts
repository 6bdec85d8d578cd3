import { buildFacts } from '../../../llama-cpp/builds.ts';
import { compileModel } from '../../../llama-cpp/compile.ts';
import { placeLayers } from '../../../model/placement.ts';
import { matchOverrides } from '../../../model/weights.ts';
import type { LlamaCppConfig, ModelSpec } from '../../../types.ts';

/**
 * Where each layer and its neighbours are, every neighbourhood once. GPUs are numbered by their order in it, so that
 * neighbourhoods on other GPUs compare equal; the first GPU of all keeps its number, since operations on host weights
 * move there.
 */
export function attentionPlaces(spec: ModelSpec, config: LlamaCppConfig): readonly string[] {
  const model = compileModel(spec, buildFacts(config.build));
  const { layers, layerShape, hp } = model;
  const { deviceOf, host, gpuLayers } = placeLayers(hp.layersAll, config.gpus, config.numGpu, config.tensorSplit);
  const moved = movedParts(matchOverrides(model, config), deviceOf, host);
  const sameAsBefore = (layer: number): boolean =>
    deviceOf[layer] === deviceOf[layer - 1] &&
    layerShape[layer] === layerShape[layer - 1] &&
    moved.get(layer) === moved.get(layer - 1);
  const found = new Set<string>();
  const all = gpuLayers > hp.layersAll;
  for (let layer = 0; layer < layers; layer++) {
    if (layer > 2 && layer < layers - 1 && sameAsBefore(layer + 1) && sameAsBefore(layer) && sameAsBefore(layer - 1)) {
      continue;
    }
    const last = layer === layers - 1;
    const before = layer === 0 ? host : deviceOf[layer - 1]!;
    const here = deviceOf[layer]!;
    const behind = deviceOf[last ? hp.layersAll : layer + 1]!;
    const rank = (device: number): string => {
      if (device === host) {
        return 'h';
      }
      if (device === 0) {
        return '0';
      }
      const lower = new Set([before, here, behind].filter((other) => other !== host && other > 0 && other < device));
      return `g${lower.size}`;
    };
    const kind = (index: number): string => `${layerShape[index]}${moved.get(index) ?? ''}`;
    found.add(
      [
        all,
        rank(before),
        layer === 0 ? 'first' : kind(layer - 1),
        rank(here),
        kind(layer),
        rank(behind),
        last ? 'last' : kind(layer + 1),
      ].join(' '),
    );
  }
  return [...found];
}

/** The tensors of each layer that are elsewhere than it, as text; -1 stands for those of no layer. */
function movedParts(
  overrides: ReturnType<typeof matchOverrides>,
  deviceOf: Int32Array,
  host: number,
): ReadonlyMap<number, string> {
  const moved = new Map<number, string>();
  for (const [tensor, device] of overrides) {
    const layer = Math.max(tensor.home, -1);
    const from = deviceOf[layer] ?? host;
    const to = device === host ? 'h' : device === 0 ? '0' : device === from ? '=' : device < from ? '<' : '>';
    const name = layer >= 0 ? tensor.name.slice(tensor.name.indexOf('.', 4)) : tensor.name;
    moved.set(layer, `${moved.get(layer) ?? ''}${name}${to}`);
  }
  return moved;
}
