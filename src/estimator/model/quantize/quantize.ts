/**
 * Quantizations that need not exist: the type that a quantizer would give each tensor of a model under a target.
 */

import { EstimateError, type ModelSpec, type TensorInfo } from '../../types.ts';
import { GGML_TYPES, tensorBytes } from '../ggml-types.ts';
import { quantizeFacts } from './facts.ts';
import { type Counters, chooseType, fittingType } from './llama-rules.ts';
import { chooseTypeByOllama, fixedByOllama, isQuantizedByOllama } from './ollama-rules.ts';
import { type QuantizeEra, readTarget } from './targets.ts';
import { inQuantizeOrder, isQuantized } from './tensors.ts';

export interface QuantizeOptions {
  /** Default `new`. */
  readonly era?: QuantizeEra;
  /** Whether an importance matrix is used: some targets then choose otherwise. Default false. */
  readonly imatrix?: boolean;
}

/** A model under a target. */
export interface Quantized {
  /** The model with the types of the target; its file's size is not known. */
  readonly spec: ModelSpec;
  /** The target's name, with `ollama:` where it was asked for so. */
  readonly target: string;
  readonly era: QuantizeEra;
  /** Bytes of all tensors, without header and padding. */
  readonly bytes: number;
}

const FULL_PRECISION: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16']);

/**
 * The types that `target` gives the tensors of `spec`. The source is taken to be the unquantized model: what the rules
 * leave alone stays as it is where it is not quantized, and counts as F16 where it is.
 *
 * @throws EstimateError `quantize-target-unknown`; `quantize-shape-refused` or `quantize-layer-refused` where the
 *   quantizer refuses these tensors;
 *   `quantize-no-tensors` where the table is empty
 */
export function quantize(spec: ModelSpec, target: string, options: QuantizeOptions = {}): Quantized {
  const era = options.era ?? 'new';
  const { name, defaultType, ollama } = readTarget(target, era);
  if (spec.tensors.length === 0) {
    throw new EstimateError('quantize-no-tensors', { model: spec.name });
  }
  const facts = quantizeFacts(spec, name, era, options.imatrix ?? false);
  const counters: Counters = { value: 0, up: 0, gate: 0, down: 0 };
  const isMixed = !FULL_PRECISION.has(defaultType);

  const typeOf = (tensor: TensorInfo): string => {
    if (era === 'ollama-go') {
      return isQuantizedByOllama(tensor) ? chooseTypeByOllama(tensor, defaultType, facts, counters) : asSource(tensor);
    }
    if (!isQuantized(tensor)) {
      return asSource(tensor);
    }
    if (!isMixed) {
      return defaultType;
    }
    const fixed = ollama ? fixedByOllama(tensor, facts) : undefined;
    return fittingType(tensor, fixed ?? chooseType(tensor, defaultType, facts, counters), facts);
  };
  // Ollama's own quantizer went through the tensors as the file has them.
  const ordered = era === 'ollama-go' ? spec.tensors : inQuantizeOrder(spec.tensors);
  const types = new Map(ordered.map((tensor) => [tensor, typeOf(tensor)]));
  let bytes = 0;
  const tensors = spec.tensors.map((tensor) => {
    const type = types.get(tensor)!;
    bytes += tensorBytes(type, tensor.shape);
    return type === tensor.type ? tensor : { ...tensor, type };
  });
  const { fileBytes: _other, ...rest } = spec;
  return { spec: { ...rest, tensors }, target: ollama ? `ollama:${name}` : name, era, bytes };
}

/** The unquantized source's type of a tensor that is left alone. */
function asSource(tensor: TensorInfo): string {
  const type = tensor.type.toUpperCase();
  return FULL_PRECISION.has(type) || GGML_TYPES[type]?.blockSize === 1 ? type : 'F16';
}
