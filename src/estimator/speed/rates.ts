/**
 * How fast hardware does the parts of a token's work. The form is physics (bytes over bandwidth, products over
 * arithmetic, a pause for each product); its few numbers are fitted once, over all models and cards together, on 28 loads
 * of an H100 (llama-server b10454) and 150 public reports (truth/record/speed-public.jsonl). `npm run accuracy` tells how
 * far it is off, also for models and cards that the fit did not see.
 */

import { type CardFacts, cardOf } from '../cards.ts';
import { BLOCK_BYTES, BLOCK_ELEMENTS, IS_QUANTIZED } from '../model/tensors.ts';
import type { GpuDevice } from '../types.ts';

/** Rates of one device. */
export interface DeviceRates {
  /** What is read of weights and cache while generating, bytes per second. */
  readonly bytesPerSecond: number;
  /** Seconds to unpack and multiply one weight of a type. */
  readonly secondsPerWeight: (type: number) => number;
  /** Seconds that a product takes however small it is. */
  readonly secondsPerProduct: number;
  /** The same for any other operation. */
  readonly secondsPerOperation: number;
  /** What a batch of a prompt is multiplied at, operations per second. */
  readonly promptOperationsPerSecond: (type: number) => number;
  /** Seconds that a product of a batch takes however small it is. */
  readonly secondsPerPromptProduct: number;
}

/** Part of the sheet's bandwidth that matrix-vector products reach. */
const BANDWIDTH_REACHED = 0.86;
const BANDWIDTH_REACHED_APPLE = 0.95;
/** Operations of the scalar units for each weight: floats; simple blocks; blocks of 256 with scales of scales. */
const OPERATIONS_PER_FLOAT = 2.2;
const OPERATIONS_PER_SIMPLE = 4.4;
const OPERATIONS_PER_NESTED = 5.2;
/**
 * Below 3.5 bits a weight its value comes from two places or a table: a P40 takes 3.5 times as long for them as for
 * four bits (ggml-org/llama.cpp pull request 4766: Q2_K 33 and Q3_K_S 31 against Q4_0 57 tokens per second).
 */
const OPERATIONS_PER_PACKED = 18;
/** Without dp4a (before compute capability 6.1) four products of bytes are four instructions (ggml_cuda_dp4a). */
const WITHOUT_DP4A = 4.8;
/** Before a product runs at full speed, microseconds. */
const PRODUCT_MICROSECONDS = 4.6;
/** HBM's many slow channels take longer to fill. */
const PRODUCT_MICROSECONDS_HBM = 9.8;
/** Before Ampere llama.cpp launches kernels one by one, without CUDA graphs (ggml-cuda.cu). */
const PRODUCT_MICROSECONDS_OLD = 2.1;
const PRODUCT_MICROSECONDS_APPLE = 16.9;
const OPERATION_MICROSECONDS = 0.22;

/** Part of the arithmetic peak that prompts reach: GeForce and its like, cards with HBM, Apple. */
const PROMPT_QUANTIZED = 0.75;
const PROMPT_FLOAT = 0.95;
const PROMPT_QUANTIZED_HBM = 0.17;
const PROMPT_FLOAT_HBM = 0.34;
const PROMPT_APPLE = 0.7;
const PROMPT_PRODUCT_MICROSECONDS = 20;
const PROMPT_PRODUCT_MICROSECONDS_HBM = 110;

/** System memory as weights are read from it by the CPU's cores, bytes per second. */
export const HOST_BYTES_PER_SECOND = 64e9;
/** Weights on their way to a GPU for a prompt, bytes per second: mapped files are copied from pageable memory. */
export const HOST_TO_GPU_BYTES_PER_SECOND = 6e9;
/** An operation on the CPU, seconds, beside the reading. */
export const HOST_SECONDS_PER_OPERATION = 0.8e-6;
/** Handing a result from one device to the next, seconds. */
export const CROSSING_SECONDS = 45e-6;

type Make = 'apple' | 'hbm' | 'other';

interface KnownCard extends CardFacts {
  readonly computeCapability: number;
  readonly name: string;
}

/** NVIDIA's chips for data centres (GP100, GV100, GA100, GH100, GB100) are the x.0 of their generation, and have HBM. */
function makeOf({ name, computeCapability }: KnownCard): Make {
  if (name.startsWith('Apple ')) {
    return 'apple';
  }
  return computeCapability >= 6 && computeCapability < 12 && Number.isInteger(computeCapability) ? 'hbm' : 'other';
}

/** Multiply-adds of F32 that a multiprocessor does in a clock (CUDA C programming guide, arithmetic instructions). */
function lanesOf({ name, computeCapability }: KnownCard): number {
  if (computeCapability === 0) {
    return /^(?:Apple|Intel) /.test(name) ? 128 : 64;
  }
  return [6, 7, 7.5, 8].includes(computeCapability) ? 64 : 128;
}

/**
 * Multiply-adds of F16 with F32 sums that a multiprocessor's tensor cores do in a clock (architecture white papers);
 * where there are none, those of its lanes.
 */
function tensorLanesOf(card: KnownCard): number {
  const { computeCapability } = card;
  if (computeCapability < 7) {
    return lanesOf(card);
  }
  const dataCenter: Readonly<Record<number, number>> = { 7: 512, 7.5: 512, 8: 1024, 9: 2048, 10: 4096 };
  return dataCenter[computeCapability] ?? 256;
}

function operationsPerWeight(type: number): number {
  if (IS_QUANTIZED[type] === 0) {
    return OPERATIONS_PER_FLOAT;
  }
  const bits = (BLOCK_BYTES[type]! * 8) / BLOCK_ELEMENTS[type]!;
  if (bits < 3.5) {
    return OPERATIONS_PER_PACKED;
  }
  return BLOCK_ELEMENTS[type]! > 64 ? OPERATIONS_PER_NESTED : OPERATIONS_PER_SIMPLE;
}

const PRODUCT: Readonly<Record<Make, number>> = {
  apple: PRODUCT_MICROSECONDS + PRODUCT_MICROSECONDS_APPLE,
  hbm: PRODUCT_MICROSECONDS + PRODUCT_MICROSECONDS_HBM,
  other: PRODUCT_MICROSECONDS,
};

/** Rates of a GPU by its name; `null` for a card that the table does not know. */
export function gpuRates(gpu: GpuDevice): DeviceRates | null {
  const card = cardOf(gpu.name);
  if (card === undefined) {
    return null;
  }
  const { multiprocessors, megahertz, gigabytesPerSecond, computeCapability } = card;
  const make = makeOf(card);
  const clocks = multiprocessors * megahertz * 1e6;
  const operations = 2 * lanesOf(card) * clocks;
  const tensorOperations = 2 * tensorLanesOf(card) * clocks;
  const isCuda = computeCapability > 0;
  const emulated = isCuda && computeCapability < 6.1 ? WITHOUT_DP4A : 1;
  const old = isCuda && computeCapability < 8 ? PRODUCT_MICROSECONDS_OLD : 0;
  return {
    bytesPerSecond: gigabytesPerSecond * 1e9 * (make === 'apple' ? BANDWIDTH_REACHED_APPLE : BANDWIDTH_REACHED),
    secondsPerWeight: (type) => (operationsPerWeight(type) * (IS_QUANTIZED[type] === 1 ? emulated : 1)) / operations,
    secondsPerProduct: (PRODUCT[make] + old) * 1e-6,
    secondsPerOperation: OPERATION_MICROSECONDS * 1e-6,
    promptOperationsPerSecond: (type) => tensorOperations * promptShare(make, type),
    secondsPerPromptProduct: (make === 'hbm' ? PROMPT_PRODUCT_MICROSECONDS_HBM : PROMPT_PRODUCT_MICROSECONDS) * 1e-6,
  };
}

function promptShare(make: Make, type: number): number {
  if (make === 'apple') {
    return PROMPT_APPLE;
  }
  if (IS_QUANTIZED[type] === 1) {
    return make === 'hbm' ? PROMPT_QUANTIZED_HBM : PROMPT_QUANTIZED;
  }
  return make === 'hbm' ? PROMPT_FLOAT_HBM : PROMPT_FLOAT;
}
