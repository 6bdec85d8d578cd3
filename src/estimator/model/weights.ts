/**
 * Bytes of weights per device, exact: every tensor in the buffer where llama.cpp puts it, with its alignment.
 *
 * Source: llama-model-loader.cpp (`create_tensor`: overrides, duplicated tensors), ggml-alloc.c
 * (`ggml_backend_alloc_ctx_tensors_from_buft`), llama.cpp.
 */

import { scanSupported } from '../llama-cpp/planner/cuda.ts';
import type { LlamaCppConfig } from '../types.ts';
import { tensorBytes } from './ggml-types.ts';
import type { Model, ModelTensor } from './model.ts';
import type { Placement } from './placement.ts';
import { HOME_EVERY_LAYER, HOME_INPUT, HOME_OUTPUT } from './tensor-homes.ts';
import { BLOCK_ELEMENTS, cudaPicksRows, IS_QUANTIZED } from './tensors.ts';

/** The device (index of the GPU, or the host's) of each tensor with an override; empty = no overrides. */
export type Overrides = ReadonlyMap<ModelTensor, number>;

const NO_OVERRIDES: Overrides = new Map();

interface LayerSums {
  /** Bytes of layer i's tensors in a host buffer. */
  readonly host: Float64Array;
  /** Bytes of layer i's tensors in a CUDA buffer. */
  readonly cuda: Float64Array;
}

const layerSums = new WeakMap<Model, LayerSums>();

function sumsOf(model: Model): LayerSums {
  const known = layerSums.get(model);
  if (known !== undefined) {
    return known;
  }
  const sums = { host: new Float64Array(model.hp.layersAll), cuda: new Float64Array(model.hp.layersAll) };
  for (const tensor of model.tensors) {
    if (tensor.home >= 0) {
      sums.host[tensor.home] = sums.host[tensor.home]! + tensor.hostBytes;
      sums.cuda[tensor.home] = sums.cuda[tensor.home]! + tensor.cudaBytes;
    }
  }
  layerSums.set(model, sums);
  return sums;
}

/**
 * The tensors that patterns force to a GPU (`gpuTensors`) or to the CPU (`cpuTensors`); the first match wins. Patterns
 * are searched in the full name. Throws SyntaxError for a pattern that is none.
 */
export function matchOverrides(
  model: Model,
  config: Pick<LlamaCppConfig, 'gpus' | 'cpuTensors' | 'gpuTensors'>,
): Overrides {
  const host = config.gpus.length;
  const { gpuTensors = [], cpuTensors = [] } = config;
  if (gpuTensors.length === 0 && cpuTensors.length === 0 && unscannableTensors(model).length === 0) {
    return NO_OVERRIDES;
  }
  const key = JSON.stringify([host, gpuTensors.map(({ pattern, gpu }) => [pattern, gpu]), cpuTensors]);
  let known = matched.get(model);
  if (known === undefined || known.size >= MAX_MATCHED) {
    known = new Map();
    matched.set(model, known);
  }
  let overrides = known.get(key);
  if (overrides === undefined) {
    const rules = [
      ...gpuTensors.map(({ pattern, gpu }) => ({ expression: new RegExp(pattern), device: gpu })),
      ...cpuTensors.map((pattern) => ({ expression: new RegExp(pattern), device: host })),
    ];
    overrides = applyRules(model, host, rules);
    known.set(key, overrides);
  }
  return overrides;
}

/** What patterns matched before: callers ask for one set of patterns with many contexts. */
const matched = new WeakMap<Model, Map<string, Overrides>>();
const MAX_MATCHED = 64;

function applyRules(
  model: Model,
  host: number,
  rules: readonly { readonly expression: RegExp; readonly device: number }[],
): Overrides {
  const overrides = new Map<ModelTensor, number>();
  if (host > 0) {
    for (const tensor of unscannableTensors(model)) {
      overrides.set(tensor, host);
    }
  }
  for (const tensor of rules.length === 0 ? [] : model.tensors) {
    const rule = rules.find(({ expression }) => expression.test(tensor.name));
    if (rule !== undefined) {
      overrides.set(tensor, rule.device);
    }
  }
  return overrides;
}

const unscannables = new WeakMap<Model, readonly ModelTensor[]>();

/**
 * Decays of a state space that CUDA's scan does not take: llama.cpp leaves them in host memory, even where the
 * architecture does not scan with them (Kimi Linear, PLaMo 2).
 */
export function unscannableTensors(model: Model): readonly ModelTensor[] {
  let tensors = unscannables.get(model);
  if (tensors === undefined) {
    const { hp } = model;
    tensors = model.blocks.flatMap((parts) => {
      const decay = parts.get('ssm_a')?.weight;
      // Qwen's delta nets have a vector, which is not taken for one to scan with.
      if (decay === undefined || (decay.sizes[1] === 1 && model.traits.fusesDeltaNet === true)) {
        return [];
      }
      const [rows, heads] = decay.sizes;
      const headSize = Math.floor(hp.ssmInner / heads);
      return scanSupported(rows, rows === 1 ? hp.ssmState : rows, headSize, heads, hp.ssmGroups || 1) ? [] : [decay];
    });
    unscannables.set(model, tensors);
  }
  return tensors;
}

/** Whether CUDA can look up rows of this type: then the input embedding lies in pinned host memory, else in plain. */
function isPinnable(tensor: ModelTensor, longBlocks: boolean): boolean {
  const short = IS_QUANTIZED[tensor.type] === 0 || BLOCK_ELEMENTS[tensor.type] === 32;
  return short || cudaPicksRows(tensor.type, tensor.sizes[0], longBlocks);
}

/** Weights per device in bytes; the last entry is the host. */
export function weightBytes(model: Model, placement: Placement, overrides: Overrides): Float64Array {
  const { host, deviceOf } = placement;
  const result = new Float64Array(host + 1);
  const sums = sumsOf(model);
  for (let layer = 0; layer < model.hp.layersAll; layer++) {
    const device = deviceOf[layer]!;
    result[device] = result[device]! + (device === host ? sums.host[layer]! : sums.cuda[layer]!);
  }
  for (const [tensor, device] of overrides) {
    if (tensor.home >= 0 && deviceOf[tensor.home] !== device) {
      const from = deviceOf[tensor.home]!;
      result[from] = result[from]! - (from === host ? tensor.hostBytes : tensor.cudaBytes);
      addTo(result, device, host, tensor);
    }
  }
  addGlobals(model, placement, overrides, result);
  return result;
}

const globals = new WeakMap<Model, readonly ModelTensor[]>();

/** The tensors that belong to no layer. */
function globalTensors(model: Model): readonly ModelTensor[] {
  let tensors = globals.get(model);
  if (tensors === undefined) {
    tensors = model.tensors.filter((tensor) => tensor.home < 0);
    globals.set(model, tensors);
  }
  return tensors;
}

function addGlobals(model: Model, placement: Placement, overrides: Overrides, result: Float64Array): void {
  const { host, deviceOf } = placement;
  const outputDevice = deviceOf[model.hp.layersAll]!;
  const withFactors = new Set<number>();
  for (let layer = 0; layer < model.layers; layer++) {
    if (model.traits.usesRopeFactors?.(model.hp, layer) !== false) {
      withFactors.add(deviceOf[layer]!);
    }
  }
  for (const tensor of globalTensors(model)) {
    const forced = tensor.home === HOME_INPUT ? host : overrides.get(tensor);
    if (forced !== undefined) {
      addTo(result, forced, host, tensor);
    } else if (tensor.home === HOME_OUTPUT) {
      addTo(result, outputDevice, host, tensor);
    } else if (tensor.home === HOME_EVERY_LAYER) {
      for (const device of withFactors) {
        addTo(result, device, host, tensor);
      }
    }
  }
  if (model.tiedOutput) {
    const embedding = model.globals.get('token_embd')!.weight!;
    const onHost = (overrides.get(embedding) ?? outputDevice) === host;
    // On the host the copy is spared, unless input and output end in different kinds of host memory.
    if (!onHost || (host > 0 && !isPinnable(embedding, model.build.picksLongBlocks))) {
      addTo(result, onHost ? host : outputDevice, host, embedding);
    }
  }
}

function addTo(result: Float64Array, device: number, host: number, tensor: ModelTensor): void {
  result[device] = result[device]! + (device === host ? tensor.hostBytes : tensor.cudaBytes);
}

/** GGUF's alignment of tensors unless the file says otherwise, bytes. */
const FILE_ALIGNMENT = 32;

/** Where a loaded tensor lies in the file, bytes. */
interface FileSpan {
  readonly tensor: ModelTensor;
  readonly offset: number;
  readonly end: number;
}

const fileSpans = new WeakMap<Model, readonly FileSpan[]>();

/** The loaded tensors in the order of the file; worked out once a model, since every plan asks. */
function spansOf(model: Model): readonly FileSpan[] {
  let spans = fileSpans.get(model);
  if (spans === undefined) {
    const loaded = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
    const found: FileSpan[] = [];
    let offset = 0;
    for (const { name, type, shape } of model.spec.tensors) {
      const bytes = tensorBytes(type, shape);
      const tensor = loaded.get(name);
      if (tensor !== undefined) {
        found.push({ tensor, offset, end: offset + bytes });
      }
      offset += Math.ceil(bytes / FILE_ALIGNMENT) * FILE_ALIGNMENT;
    }
    spans = found;
    fileSpans.set(model, spans);
  }
  return spans;
}

/**
 * What is mapped of the model file: from its first tensor in system memory to its last, with everything between
 * (`get_mapping_range` in llama-model-loader.cpp). 0 where nothing stays there.
 */
export function mappedBytes(model: Model, placement: Placement, overrides: Overrides): number {
  const { host, deviceOf } = placement;
  const outputDevice = deviceOf[model.hp.layersAll]!;
  const onHost = ({ tensor }: FileSpan): boolean => {
    if (tensor.home === HOME_INPUT) {
      return true;
    }
    const device = overrides.get(tensor) ?? (tensor.home >= 0 ? deviceOf[tensor.home]! : outputDevice);
    return device === host || (tensor.home === HOME_EVERY_LAYER && deviceOf.includes(host));
  };
  const spans = spansOf(model);
  const first = spans.find(onHost);
  return first === undefined ? 0 : spans.findLast(onHost)!.end - first.offset;
}
