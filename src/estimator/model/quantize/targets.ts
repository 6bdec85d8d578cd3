/**
 * The targets that quantizers take, and the type each gives a tensor that no rule singles out.
 *
 * Source: llama.cpp b10454, src/llama-quant.cpp (`llama_ftype_get_default_type`) and tools/quantize (the names); Ollama
 * fs/ggml/type.go and server/quantization.go for what its own quantizer took (0.7 to 0.24) and takes (0.30 and later).
 */

import { EstimateError } from '../../types.ts';

/**
 * Which rules hold. `new`: llama.cpp since pull request 19770. `old`: before it, as most published files were made.
 * `ollama-go`: Ollama's own quantizer, about 0.7 to 0.24.
 */
export type QuantizeEra = 'new' | 'old' | 'ollama-go';

export const QUANTIZE_ERAS: readonly QuantizeEra[] = ['new', 'old', 'ollama-go'];

/** Default tensor type by target, from the most to the fewest bits in the order people ask for them. */
const DEFAULT_TYPES: Readonly<Record<string, string>> = {
  F32: 'F32',
  BF16: 'BF16',
  F16: 'F16',
  Q8_0: 'Q8_0',
  Q6_K: 'Q6_K',
  Q5_K_M: 'Q5_K',
  Q5_K_S: 'Q5_K',
  Q5_1: 'Q5_1',
  Q5_0: 'Q5_0',
  Q4_K_M: 'Q4_K',
  Q4_K_S: 'Q4_K',
  Q4_1: 'Q4_1',
  Q4_0: 'Q4_0',
  IQ4_NL: 'IQ4_NL',
  IQ4_XS: 'IQ4_XS',
  MXFP4_MOE: 'MXFP4',
  Q3_K_L: 'Q3_K',
  Q3_K_M: 'Q3_K',
  IQ3_M: 'IQ3_S',
  IQ3_S: 'IQ3_S',
  Q3_K_S: 'Q3_K',
  IQ3_XS: 'IQ3_S',
  IQ3_XXS: 'IQ3_XXS',
  Q2_K: 'Q2_K',
  Q2_K_S: 'Q2_K',
  Q2_0: 'Q2_0',
  IQ2_M: 'IQ2_S',
  IQ2_S: 'IQ2_XS',
  IQ2_XS: 'IQ2_XS',
  IQ2_XXS: 'IQ2_XXS',
  TQ2_0: 'TQ2_0',
  TQ1_0: 'TQ1_0',
  IQ1_M: 'IQ1_M',
  IQ1_S: 'IQ1_S',
  Q1_0: 'Q1_0',
};

/** All targets of llama-quantize, from the most bits to the fewest. */
export const QUANTIZE_TARGETS: readonly string[] = Object.keys(DEFAULT_TYPES);

/** What people write for a target. */
const SYNONYMS: Readonly<Record<string, string>> = {
  FP32: 'F32',
  FP16: 'F16',
  Q8: 'Q8_0',
  Q6: 'Q6_K',
  Q5: 'Q5_K_M',
  Q4: 'Q4_K_M',
  Q3: 'Q3_K_M',
  Q2: 'Q2_K',
  Q3_K: 'Q3_K_M',
  Q4_K: 'Q4_K_M',
  Q5_K: 'Q5_K_M',
  MXFP4: 'MXFP4_MOE',
};

/** What Ollama's own quantizer takes (`ollama create --quantize`). */
const OLLAMA_TARGETS: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16', 'Q8_0', 'Q4_K_S', 'Q4_K_M']);

/** A target as it was understood. */
export interface QuantizeTarget {
  /** Name as llama-quantize takes it. */
  readonly name: string;
  /** Type of a tensor that no rule singles out. */
  readonly defaultType: string;
  /** Asked for with `ollama:`: what `ollama create --quantize` of 0.30 and later adds is added. */
  readonly ollama: boolean;
}

/**
 * Reads a target: a name of llama-quantize in any letter case (`q4_k_m`, `Q4-K-M`), or one with `ollama:` before it.
 * @throws EstimateError `quantize-target-unknown` (params.target, params.targets)
 */
export function readTarget(text: string, era: QuantizeEra = 'new'): QuantizeTarget {
  const written = text.normalize('NFKC').trim().slice(0, 64);
  const match = /^(ollama:)?(.*)$/is.exec(written);
  const ollama = match?.[1] !== undefined;
  const upper = (match?.[2] ?? '').trim().toUpperCase().replaceAll('-', '_');
  const name = Object.hasOwn(SYNONYMS, upper) ? SYNONYMS[upper]! : upper;
  const restricted = ollama || era === 'ollama-go';
  const known = Object.hasOwn(DEFAULT_TYPES, name) && (!restricted || OLLAMA_TARGETS.has(name));
  if (!known) {
    const targets = restricted ? [...OLLAMA_TARGETS] : QUANTIZE_TARGETS;
    throw new EstimateError('quantize-target-unknown', { target: written, targets: targets.join(', ') });
  }
  return { name, defaultType: DEFAULT_TYPES[name]!, ollama };
}

/** Whether a text reads as a target. */
export function isQuantizeTarget(text: string): boolean {
  try {
    readTarget(text);
    return true;
  } catch {
    return false;
  }
}
