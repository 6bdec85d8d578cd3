import { representativeLayers } from '../../../llama-cpp/planner/collapse.ts';
import type { ComputeOptions } from '../../../llama-cpp/planner/options.ts';
import type { Model } from '../../../model/model.ts';
import type { Overrides } from '../../../model/weights.ts';

/**
 * Text that is equal for placements in which this GPU needs equal compute buffers: its own layers, what lies before and
 * behind them, and what of other layers was moved to it. Not for the first GPU, which also works on the host's weights.
 */
export function localGraph(model: Model, options: ComputeOptions, gpu: number): string {
  const { placement, overrides } = options;
  const { deviceOf, host } = placement;
  const layers = representativeLayers(model, placement, overrides, false);
  const moved = overrides.size === 0 ? undefined : movedTensors(overrides);
  const place = (device: number): string =>
    device === gpu ? 'here' : device === host ? 'host' : device === 0 ? 'first' : device < gpu ? 'before' : 'behind';
  const kind = (layer: number): string => {
    const parts = moved?.get(layer);
    if (parts === undefined) {
      return `${model.layerShape[layer]}`;
    }
    return `${model.layerShape[layer]}(${parts.map(({ name, device }) => `${name}@${place(device)}`).join()})`;
  };
  const neighbour = (layer: number): string =>
    layer < 0
      ? 'input'
      : layer >= model.layers
        ? `output@${place(deviceOf[model.hp.layersAll]!)}`
        : `${kind(layer)}@${place(deviceOf[layer]!)}`;
  const tags: string[] = [place(deviceOf[model.hp.layersAll]!)];
  for (const [index, layer] of layers.entries()) {
    const here = deviceOf[layer] === gpu;
    if (here && deviceOf[layers[index - 1] ?? -1] !== gpu) {
      tags.push(`from ${neighbour(layer - 1)}`);
    }
    if (here || moved?.get(layer)?.some(({ device }) => device === gpu) === true) {
      tags.push(`${kind(layer)}@${place(deviceOf[layer]!)}`);
    }
    if (here && deviceOf[layers[index + 1] ?? -1] !== gpu) {
      tags.push(`to ${neighbour(layer + 1)}`);
    }
  }
  return tags.join(' ');
}

interface MovedTensor {
  readonly name: string;
  readonly device: number;
}

const movedOf = new WeakMap<Overrides, ReadonlyMap<number, readonly MovedTensor[]>>();

/** The overridden tensors of each layer; -1 stands for those of no layer. */
function movedTensors(overrides: Overrides): ReadonlyMap<number, readonly MovedTensor[]> {
  const known = movedOf.get(overrides);
  if (known !== undefined) {
    return known;
  }
  const moved = new Map<number, MovedTensor[]>();
  for (const [tensor, device] of overrides) {
    const layer = Math.max(tensor.home, -1);
    const name = layer >= 0 ? tensor.name.slice(tensor.name.indexOf('.', 4)) : tensor.name;
    const parts = moved.get(layer);
    if (parts === undefined) {
      moved.set(layer, [{ name, device }]);
    } else {
      parts.push({ name, device });
    }
  }
  movedOf.set(overrides, moved);
  return moved;
}
