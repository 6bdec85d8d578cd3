/**
 * llama-quantize's choice of a type for each tensor, in its two eras.
 *
 * Source: llama.cpp src/llama-quant.cpp: `llama_tensor_get_type_impl` and `tensor_type_fallback` of b10454 (era `new`),
 * `llama_tensor_get_type` before pull request 19770 (era `old`).
 */

import { EstimateError, type TensorInfo } from '../../types.ts';
import { GGML_TYPES } from '../ggml-types.ts';
import type { QuantizeFacts } from './facts.ts';
import { blockOf, type TensorRole, tensorRole } from './tensors.ts';

/** How many tensors of a kind came before. */
export interface Counters {
  value: number;
  up: number;
  gate: number;
  down: number;
}

const VERY_LOW: ReadonlySet<string> = new Set(['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ2_M']);

/** Targets at which attention's output of a model of exactly 8 experts gets Q5_K. */
const EIGHT_EXPERTS_OUTPUT: ReadonlySet<string> = new Set([
  'Q2_K',
  'IQ3_XS',
  'IQ3_XXS',
  'Q3_K_S',
  'Q3_K_M',
  'IQ4_NL',
  'Q4_K_S',
  'Q4_K_M',
  'IQ3_S',
  'IQ3_M',
  'IQ4_XS',
]);

const UNTIED_EMBEDDING: Readonly<Record<string, string>> = {
  IQ1_S: 'Q2_K',
  IQ1_M: 'Q2_K',
  IQ2_XXS: 'Q2_K',
  IQ2_XS: 'Q2_K',
  IQ2_S: 'IQ3_S',
  IQ2_M: 'IQ3_S',
  IQ3_XXS: 'IQ3_S',
  TQ1_0: 'Q4_K',
  TQ2_0: 'Q4_K',
  Q2_0: 'Q4_K',
};

const ATTENTION_OUTPUT: Readonly<Record<string, string>> = {
  Q2_K: 'Q3_K',
  IQ3_XXS: 'IQ3_S',
  Q3_K_M: 'Q4_K',
  Q3_K_L: 'Q5_K',
  IQ3_M: 'Q4_K',
};

const OLD_FUSED: Readonly<Record<string, string>> = {
  Q3_K_M: 'Q4_K',
  Q3_K_L: 'Q4_K',
  IQ3_M: 'Q4_K',
  Q4_K_M: 'Q5_K',
  Q5_K_M: 'Q6_K',
};

/** The first and last eighth, and every third between them. */
export function getsMoreBits(index: number, count: number): boolean {
  const eighth = Math.floor(count / 8);
  return index < eighth || index >= Math.floor((7 * count) / 8) || (index - eighth) % 3 === 2;
}

/** The type of a tensor that is quantized, before its shape is looked at. Advances the counters. */
export function chooseType(tensor: TensorInfo, defaultType: string, facts: QuantizeFacts, counters: Counters): string {
  const role = tensorRole(tensor.name);
  const { target, era } = facts;
  const tiedEmbedding =
    facts.tiedEmbeddings && (era === 'new' ? role === 'embedding' : tensor.name === 'token_embd.weight');
  if (role === 'output' || tiedEmbedding) {
    return outputType(tensor, defaultType, facts);
  }
  if (target === 'MXFP4_MOE') {
    return expertsOnly(tensor, role, facts) ? 'MXFP4' : 'Q8_0';
  }
  if (role === 'embedding') {
    return UNTIED_EMBEDDING[target] ?? defaultType;
  }
  const isValue = role === 'v' || (era === 'new' && (role === 'qkv' || role === 'kv-b'));
  if (VERY_LOW.has(target)) {
    return veryLowType(role, isValue, defaultType, facts, counters);
  }
  if (isValue) {
    return valueType(defaultType, facts, counters);
  }
  switch (role) {
    case 'k':
    case 'q':
      return keyOrQueryType(role, defaultType, facts);
    case 'down':
      return downType(tensor, defaultType, facts, counters);
    case 'attention-output':
      return attentionOutputType(defaultType, facts);
    case 'qkv':
      return OLD_FUSED[target] ?? defaultType;
    case 'gate':
    case 'up': {
      const index = layerIndex(tensor, counters[role], facts);
      counters[role]++;
      const middle = index >= Math.floor(facts.layers / 8) && index < Math.floor((7 * facts.layers) / 8);
      return target === 'IQ3_XS' && middle ? 'IQ3_XXS' : defaultType;
    }
    default:
      return defaultType;
  }
}

function outputType(tensor: TensorInfo, defaultType: string, { target, architecture }: QuantizeFacts): string {
  const divides = tensor.shape[0]! % GGML_TYPES[defaultType]!.blockSize === 0;
  if (target === 'MXFP4_MOE' || architecture === 'falcon' || !divides) {
    return 'Q8_0';
  }
  if (VERY_LOW.has(target) || target === 'IQ3_XXS') {
    return 'Q5_K';
  }
  return defaultType === 'Q8_0' ? defaultType : 'Q6_K';
}

/** MXFP4_MOE gives MXFP4 to three-dimensional tensors; BailingMoe 3 has such tensors in its attention too. */
function expertsOnly(tensor: TensorInfo, role: TensorRole, { architecture, era }: QuantizeFacts): boolean {
  const isExpert = role === 'up' || role === 'gate' || role === 'down';
  return (tensor.shape[2] ?? 1) > 1 && (era !== 'new' || architecture !== 'bailingmoe3' || isExpert);
}

function veryLowType(
  role: TensorRole,
  isValue: boolean,
  defaultType: string,
  facts: QuantizeFacts,
  counters: Counters,
): string {
  const upper = facts.target === 'IQ2_S' || facts.target === 'IQ2_M';
  if (isValue) {
    counters.value++;
    return facts.groupedQueries >= 4 || facts.experts >= 4 ? 'Q4_K' : upper ? 'IQ3_S' : 'Q2_K';
  }
  if (role === 'k' && facts.experts === 8) {
    return 'Q4_K';
  }
  if (role === 'down') {
    const first = counters.down < Math.floor(facts.layers / 8);
    counters.down++;
    return first ? (upper ? 'IQ3_S' : 'Q2_K') : defaultType;
  }
  if (role === 'attention-output') {
    if (facts.experts === 8) {
      return 'Q5_K';
    }
    if (upper) {
      return 'IQ3_S';
    }
    return facts.target.startsWith('IQ1') ? 'IQ2_XXS' : defaultType;
  }
  return defaultType;
}

function valueType(defaultType: string, facts: QuantizeFacts, counters: Counters): string {
  const index = counters.value;
  counters.value++;
  if (facts.experts === 8) {
    return 'Q8_0';
  }
  const type = valueTypeByTarget(index, defaultType, facts);
  return facts.is70b && (type === 'Q3_K' || type === 'Q4_K') ? 'Q5_K' : type;
}

function valueTypeByTarget(index: number, defaultType: string, facts: QuantizeFacts): string {
  const grouped = facts.groupedQueries >= 4;
  switch (facts.target) {
    case 'Q2_K':
      return grouped ? 'Q4_K' : 'Q3_K';
    case 'IQ3_XXS':
      return grouped ? 'Q4_K' : facts.imatrix ? 'IQ3_XXS' : 'IQ3_S';
    case 'Q2_K_S':
    case 'IQ3_XS':
    case 'IQ3_S':
      return grouped ? 'Q4_K' : defaultType;
    case 'IQ3_M':
      return 'Q4_K';
    case 'Q3_K_M':
      return index < 2 ? 'Q5_K' : 'Q4_K';
    case 'Q3_K_L':
      return 'Q5_K';
    case 'IQ4_NL':
    case 'IQ4_XS':
      return grouped ? 'Q5_K' : defaultType;
    case 'Q4_K_M':
    case 'Q5_K_M':
      return getsMoreBits(index, facts.valueTensors) ? 'Q6_K' : defaultType;
    case 'Q4_K_S':
      return index < 4 ? 'Q5_K' : defaultType;
    default:
      return defaultType;
  }
}

function keyOrQueryType(role: 'k' | 'q', defaultType: string, { target, experts }: QuantizeFacts): string {
  if (role === 'k' && experts === 8) {
    return 'Q8_0';
  }
  if (target === 'IQ3_XS') {
    return 'IQ3_XXS';
  }
  return target === 'IQ3_XXS' ? 'IQ2_S' : defaultType;
}

/**
 * With experts the number in the tensor's name, else the running count.
 * @throws EstimateError `quantize-layer-refused` where llama-quantize gives up: a number beyond the blocks
 */
function layerIndex(tensor: TensorInfo, count: number, facts: QuantizeFacts): number {
  if (facts.experts <= 1) {
    return count;
  }
  const block = blockOf(tensor.name);
  if (block < 0 || block >= facts.layers) {
    throw new EstimateError('quantize-layer-refused', { tensor: tensor.name, target: facts.target });
  }
  return block;
}

function downType(tensor: TensorInfo, defaultType: string, facts: QuantizeFacts, counters: Counters): string {
  const { target, imatrix, layers } = facts;
  const index = layerIndex(tensor, counters.down, facts);
  counters.down++;
  const falcon = facts.architecture === 'falcon';
  const firstEighth = index < Math.floor(layers / 8);
  const firstSixteenth = index < Math.floor(layers / 16);
  const more = getsMoreBits(index, layers);
  switch (target) {
    case 'Q2_K':
      return 'Q3_K';
    case 'Q2_K_S':
      return firstEighth ? 'Q4_K' : defaultType;
    case 'IQ3_XXS':
      return imatrix ? defaultType : firstEighth ? 'Q4_K' : 'Q3_K';
    case 'Q3_K_M':
      return firstSixteenth ? 'Q5_K' : !falcon || more ? 'Q4_K' : 'Q3_K';
    case 'IQ3_M':
      return firstEighth || (facts.experts === 8 && more) ? 'Q4_K' : defaultType;
    case 'Q3_K_L':
      return falcon ? 'Q4_K' : 'Q5_K';
    case 'Q4_K_M':
      if (falcon) {
        return firstSixteenth ? 'Q6_K' : more ? 'Q5_K' : 'Q4_K';
      }
      return more ? 'Q6_K' : defaultType;
    case 'IQ4_NL':
    case 'IQ4_XS':
      return firstEighth && !imatrix ? 'Q5_K' : defaultType;
    case 'Q5_K_M':
      return more ? 'Q6_K' : defaultType;
    case 'Q4_K_S':
      return firstEighth && !falcon ? 'Q5_K' : defaultType;
    case 'Q4_0':
      return firstEighth && imatrix ? 'Q4_1' : defaultType;
    case 'Q5_0':
      return firstEighth && imatrix ? 'Q5_1' : defaultType;
    default:
      return defaultType;
  }
}

function attentionOutputType(defaultType: string, { target, architecture, experts }: QuantizeFacts): string {
  if (architecture === 'falcon') {
    return target === 'Q3_K_L' ? 'Q4_K' : defaultType;
  }
  if (experts === 8) {
    return EIGHT_EXPERTS_OUTPUT.has(target) ? 'Q5_K' : defaultType;
  }
  return ATTENTION_OUTPUT[target] ?? defaultType;
}

const FALLBACK: Readonly<Record<string, string>> = {
  IQ1_S: 'IQ4_NL',
  IQ1_M: 'IQ4_NL',
  IQ2_XXS: 'IQ4_NL',
  IQ2_XS: 'IQ4_NL',
  IQ2_S: 'IQ4_NL',
  IQ3_XXS: 'IQ4_NL',
  IQ3_S: 'IQ4_NL',
  IQ4_XS: 'IQ4_NL',
  Q2_0: 'Q4_0',
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  TQ1_0: 'Q4_0',
  TQ2_0: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
};

/** What the old era put in the place of two types. */
const OLD_FALLBACK: Readonly<Record<string, string>> = { Q2_K: 'IQ4_NL', Q3_K: 'IQ4_NL' };

/**
 * The type that a tensor's rows can be cut into: where they do not divide, another with smaller blocks.
 * @throws EstimateError `quantize-shape-refused` (params.target, params.type, params.tensor) where llama-quantize has none
 */
export function fittingType(tensor: TensorInfo, type: string, facts: QuantizeFacts): string {
  const row = tensor.shape[0] ?? 1;
  if (row % GGML_TYPES[type]!.blockSize === 0) {
    return type;
  }
  const instead = (facts.era === 'old' ? OLD_FALLBACK[type] : undefined) ?? FALLBACK[type];
  if (instead === undefined) {
    throw new EstimateError('quantize-shape-refused', { tensor: tensor.name, target: facts.target, type });
  }
  return row % GGML_TYPES[instead]!.blockSize === 0 ? instead : 'F16';
}
