/**
 * Sizes where only the number of parameters is known: a range that was never too low on 70 models whose exact sizes are
 * known. Average bits and errors were measured over all targets of llama-quantize that stand here; the tail is models
 * whose rows do not divide into the target's blocks, which are always larger than parameters times bits.
 */

interface Measured {
  /** Median of bits per parameter. */
  readonly bits: number;
  /** The furthest that parameters × bits was below the exact size, and above it, as shares. */
  readonly low: number;
  readonly high: number;
}

const MEASURED: Readonly<Record<string, Measured>> = {
  F32: { bits: 32, low: 0, high: 0 },
  F16: { bits: 16, low: 0.01, high: 0 },
  BF16: { bits: 16, low: 0.01, high: 0 },
  Q8_0: { bits: 8.502, low: 0.04, high: 0 },
  Q6_K: { bits: 6.566, low: 0.228, high: 0 },
  Q5_K_M: { bits: 5.711, low: 0.155, high: 0.025 },
  Q4_K_M: { bits: 4.909, low: 0.233, high: 0.062 },
  Q4_K_S: { bits: 4.669, low: 0.246, high: 0.03 },
  Q4_0: { bits: 4.605, low: 0.213, high: 0.022 },
  IQ4_XS: { bits: 4.432, low: 0.229, high: 0.034 },
  Q3_K_M: { bits: 4.01, low: 0.3, high: 0.111 },
  Q2_K: { bits: 3.172, low: 0.42, high: 0.118 },
  IQ2_XXS: { bits: 2.384, low: 0.537, high: 0.146 },
};

export interface SizeRange {
  readonly lowBytes: number;
  readonly highBytes: number;
}

/** The range for a target; undefined where no error was measured for it. */
export function sizeByParameters(parameters: number, target: string): SizeRange | undefined {
  const measured = Object.hasOwn(MEASURED, target) ? MEASURED[target] : undefined;
  if (measured === undefined) {
    return undefined;
  }
  const middle = (parameters * measured.bits) / 8;
  return {
    lowBytes: Math.floor(middle / (1 + measured.high)),
    highBytes: Math.ceil(middle / (1 - measured.low)),
  };
}
