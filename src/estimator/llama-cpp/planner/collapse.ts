/**
 * Which layers a graph needs so that its buffers come out as those of the whole model.
 *
 * Layers that are alike in shape and place need the same memory, and the allocator reaches the same state behind each
 * of them. So of every run that repeats a short pattern only the first few rounds and the end are built. Tests hold
 * this against the graph with all layers.
 */

import type { Model } from '../../model/model.ts';
import type { Placement } from '../../model/placement.ts';
import type { Overrides } from '../../model/weights.ts';
import { unscannableTensors } from '../../model/weights.ts';

/** Longest pattern looked for (a full layer behind five windowed ones is 6). */
const MAX_PERIOD = 12;
/** Rounds of a pattern that are kept at least: fewer where a round has many layers. */
const KEPT_ROUNDS = 4;
const KEPT_LONG_ROUNDS = 2;
/** Layers from which a pattern is long. */
const LONG_PERIOD = 4;

function keptRounds(period: number): number {
  return period < LONG_PERIOD ? KEPT_ROUNDS : KEPT_LONG_ROUNDS;
}

/**
 * Tensors that outlive a round change places from one to the next; after two rounds they are back, or after three in some
 * architectures and where weights are staged from the host. So as many more rounds are kept as make the number equal to
 * the whole's modulo these.
 */
const PLACES_REPEAT = 2;
const PLACES_REPEAT_LATE = 6;

/** What was asked for last: an estimate asks again for its trial graphs. */
let last: { model: Model; placement: Placement; overrides: Overrides; all: boolean; layers: Int32Array } | undefined;

/** The layers to build, in order; the first and the last computed layer are always among them. */
export function representativeLayers(
  model: Model,
  placement: Placement,
  overrides: Overrides,
  all: boolean,
): Int32Array {
  const same =
    last?.model === model && last.placement === placement && last.overrides === overrides && last.all === all;
  if (last === undefined || !same) {
    last = { model, placement, overrides, all, layers: chooseLayers(model, placement, overrides, all) };
  }
  return last.layers;
}

function chooseLayers(model: Model, placement: Placement, overrides: Overrides, all: boolean): Int32Array {
  const count = model.layers;
  const sliced = model.traits.slicesPerLayer === true && !onOneDevice(placement);
  // Each decay that stays on the host is an input of its own on the layer's device.
  const crosses = overrides.size > 0 && unscannableTensors(model).length > 0;
  const everyLayer = all || sliced || crosses || model.traits.buildsAllLayers === true;
  if (everyLayer || count <= KEPT_ROUNDS + 1) {
    return Int32Array.from({ length: count }, (_, layer) => layer);
  }
  const staged = overrides.size > 0 || placement.deviceOf.includes(placement.host);
  const late = staged || model.traits.placesRepeatLate === true;
  const single = onOneDevice(placement);
  const keys = layerKeys(model, placement, overrides);
  const kept: number[] = [];
  let at = 0;
  while (at < count) {
    let period = 0;
    let rounds = 0;
    for (let candidate = 1; candidate <= MAX_PERIOD; candidate++) {
      const least = keptRounds(candidate);
      if (at + candidate * (least + 1) >= count) {
        continue;
      }
      let end = at + candidate;
      while (end < count - 1 && keys[end] === keys[end - candidate]) {
        end++;
      }
      const repeated = Math.floor((end - at) / candidate);
      if (repeated > least && repeated * candidate > rounds * period) {
        period = candidate;
        rounds = repeated;
      }
    }
    if (period === 0) {
      kept.push(at++);
      continue;
    }
    const least = keptRounds(period);
    // On one device more rounds cost little, unless they are long.
    const repeat = late || (single && period < LONG_PERIOD) ? PLACES_REPEAT_LATE : PLACES_REPEAT;
    const rest = least + ((rounds - least) % repeat);
    for (let layer = at; layer < at + period * rest; layer++) {
      kept.push(layer);
    }
    at += period * rounds;
  }
  return Int32Array.from(kept);
}

function onOneDevice(placement: Placement): boolean {
  return placement.deviceOf.every((device) => device === placement.deviceOf[0]);
}

/**
 * Text that is equal for configurations whose graphs are equal: the kind and place of each layer that is built, and
 * where the output and overridden tensors outside the layers are.
 */
export function graphSignature(model: Model, placement: Placement, overrides: Overrides, all: boolean): string {
  const { deviceOf, host } = placement;
  const moved = movedParts(overrides);
  const layers = representativeLayers(model, placement, overrides, all);
  const tags = Array.from(layers, (layer) => {
    const device = deviceOf[layer]!;
    const parts = moved.get(layer);
    const kind = device === host ? model.layerTypes[layer]! : model.layerShape[layer]!;
    return `${device}:${kind}${parts ?? ''}`;
  });
  const behind = Array.from(deviceOf.subarray(model.layers));
  return `${tags.join(' ')} / ${behind.join()} ${moved.get(OUTSIDE) ?? ''}`;
}

/** Stands for the tensors that belong to no layer. */
const OUTSIDE = -1;

const movedOf = new WeakMap<Overrides, ReadonlyMap<number, string>>();

/** The overridden tensors of each layer, their types and where they are, as text. */
function movedParts(overrides: Overrides): ReadonlyMap<number, string> {
  const known = movedOf.get(overrides);
  if (known !== undefined) {
    return known;
  }
  const moved = new Map<number, string>();
  for (const [tensor, device] of overrides) {
    const layer = tensor.home >= 0 ? tensor.home : OUTSIDE;
    const part = layer === OUTSIDE ? tensor.name : tensor.name.slice(tensor.name.indexOf('.', 4));
    moved.set(layer, `${moved.get(layer) ?? ''}${part}:${tensor.type}@${device},`);
  }
  movedOf.set(overrides, moved);
  return moved;
}

/** Numbers that are equal for layers that need equal memory in equal places. */
function layerKeys(model: Model, placement: Placement, overrides: Overrides): Int32Array {
  const keys = new Int32Array(model.layers);
  const { deviceOf, host } = placement;
  const overridden = movedParts(overrides);
  const numbers = new Map<string, number>();
  for (let layer = 0; layer < model.layers; layer++) {
    const device = deviceOf[layer]!;
    const moved = overridden.get(layer);
    const kind = device === host ? model.layerTypes[layer]! : model.layerShape[layer]!;
    let number = device * 4096 + kind;
    if (moved !== undefined) {
      const key = `${number}${moved}`;
      number = numbers.get(key) ?? 1_000_000 + numbers.size;
      numbers.set(key, number);
    }
    keys[layer] = number;
  }
  return keys;
}
