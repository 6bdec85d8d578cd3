/**
 * One model under many quantizations: what each takes, whether it fits as asked, and the largest context that it allows.
 * Every cell is planned, none is interpolated.
 */

import { type Quantized, quantize } from '../model/quantize/quantize.ts';
import { EstimateError, type EstimateRequest, type EstimateServer, type ModelSpec, type Plan } from '../types.ts';
import { clamp } from './clamp.ts';
import { decide } from './decide.ts';

/** Targets of a sweep, from the most bits to the fewest: those that people keep. */
export const SWEEP_TARGETS: readonly string[] = [
  'BF16',
  'Q8_0',
  'Q6_K',
  'Q5_K_M',
  'Q5_K_S',
  'Q5_0',
  'Q4_K_M',
  'Q4_K_S',
  'Q4_1',
  'Q4_0',
  'IQ4_NL',
  'IQ4_XS',
  'MXFP4_MOE',
  'Q3_K_L',
  'Q3_K_M',
  'IQ3_M',
  'Q3_K_S',
  'IQ3_XXS',
  'Q2_K',
  'IQ2_M',
];

/** One quantization of a sweep. */
export interface SweepRow {
  readonly target: string;
  /** Bytes of all tensors; absent where the quantizer refuses the model's shapes. */
  readonly bytes?: number;
  readonly verdict: Plan['verdict'] | 'refused-by-quantizer';
  /** The largest context that lies wholly on the GPUs, tokens per slot; null = none. */
  readonly largestCtx: number | null;
}

/**
 * A model under each target. The model itself is taken as the source, as `quantize` takes it.
 * @throws EstimateError as `decide`; `quantize-no-tensors`
 */
export function sweep(
  spec: ModelSpec,
  server: EstimateServer,
  request: EstimateRequest,
  targets: readonly string[] = SWEEP_TARGETS,
): readonly SweepRow[] {
  return targets.map((target) => {
    const quantized = quantizedOrRefused(spec, target);
    if (quantized === undefined) {
      return { target, verdict: 'refused-by-quantizer', largestCtx: null };
    }
    const { verdict } = decide(quantized.spec, server, request);
    const { numCtx } = clamp(quantized.spec, server, request);
    return { target, bytes: quantized.bytes, verdict, largestCtx: numCtx > 0 ? numCtx : null };
  });
}

function quantizedOrRefused(spec: ModelSpec, target: string): Quantized | undefined {
  try {
    return quantize(spec, target);
  } catch (error) {
    if (error instanceof EstimateError && error.code !== 'quantize-no-tensors') {
      return undefined;
    }
    throw error;
  }
}
