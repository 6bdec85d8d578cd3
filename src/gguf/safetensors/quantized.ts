/**
 * Quantized checkpoints: what the converter makes of their tensors before it looks at names.
 *
 * Source: llama.cpp conversion/base.py (`dequant_model`, `_generate_nvfp4_tensors`): fp8, GPTQ, compressed-tensors and
 * modelopt become 16 bit, MXFP4 and NVFP4 are repacked, everything else is refused.
 */

import { GgufError } from '../errors.ts';
import type { Config, Piece, SourceTensor } from './types.ts';

/** Companions of quantized weights, which vanish. */
const COMPANION =
  /(?:_scale_inv|\.weight_scale|\.weight_scale_2|\.input_scale|\.activation_scale|_activation_scale|\.qscale_weight|\.qscale_act|\.k_scale|\.v_scale|\.weight_global_scale|\.input_global_scale|\.weight_zero_point|\.weight_shape|\.weight_g_idx|\.g_idx|\.qzeros|\.scales)$/;

/** How a checkpoint is quantized; `none` where it is not. */
export function quantizationMethod(config: Config): string {
  const own = config.object('quantization_config');
  if (own === undefined) {
    return 'none';
  }
  const { quant_method: method, quant_algo: algo } = own;
  const named = typeof method === 'string' ? method : typeof algo === 'string' ? 'modelopt' : 'unknown';
  return named.toLowerCase().slice(0, 64);
}

/**
 * The tensors as if the checkpoint were not quantized.
 * @throws GgufError `safetensors-quantization-refused` for what llama.cpp's converter refuses
 */
export function dequantized(tensors: readonly SourceTensor[], config: Config): readonly (Piece & SourceTensor)[] {
  const method = quantizationMethod(config);
  switch (method) {
    case 'none':
    case 'mxfp4':
      return tensors;
    case 'gptq':
      return withoutCompanions(tensors).map((tensor) => unpackedGptq(tensor, config));
    case 'compressed-tensors':
    case 'modelopt':
      return withoutCompanions(tensors).map((tensor) => unpacked(tensor, config));
    case 'fp8':
    case 'bitnet':
      return withoutCompanions(tensors);
    default:
      throw new GgufError('safetensors-quantization-refused', { method });
  }
}

function withoutCompanions(tensors: readonly SourceTensor[]): readonly SourceTensor[] {
  return tensors.filter(({ name }) => !COMPANION.test(name));
}

/** GPTQ packs 32 bits of the input dimension into one number, and turns the matrix around. */
function unpackedGptq(tensor: SourceTensor, config: Config): SourceTensor {
  if (!tensor.name.endsWith('.qweight') || tensor.shape.length !== 2) {
    return tensor;
  }
  const bits = bitsOf(config.object('quantization_config')?.bits) ?? 4;
  const [packed, rows] = tensor.shape as [number, number];
  return {
    name: tensor.name.replace(/\.qweight$/, '.weight'),
    dtype: 'F16',
    shape: [rows, Math.floor((packed * 32) / bits)],
  };
}

/** `weight_packed` of compressed-tensors: numbers of 32 bits along the rows, or NVFP4's bytes. */
function unpacked(tensor: SourceTensor, config: Config): Piece & SourceTensor {
  const isPacked = tensor.name.endsWith('.weight_packed');
  const name = isPacked ? tensor.name.replace(/_packed$/, '') : tensor.name;
  // Two values of four bits a byte: NVFP4, which is repacked and stays four bits.
  if (tensor.dtype === 'U8' && name.endsWith('.weight') && tensor.shape.length >= 2) {
    return { ...tensor, name, shape: [...tensor.shape.slice(0, -1), tensor.shape.at(-1)! * 2], type: 'NVFP4' };
  }
  if (!isPacked) {
    return tensor;
  }
  const bits = packedBits(config) ?? 4;
  const perNumber = Math.max(1, Math.floor(32 / bits));
  return { name, dtype: 'BF16', shape: [...tensor.shape.slice(0, -1), tensor.shape.at(-1)! * perNumber] };
}

function packedBits(config: Config): number | undefined {
  const groups = config.object('quantization_config')?.config_groups;
  const [first] = typeof groups === 'object' && groups !== null ? Object.values(groups) : [];
  const weights = (first as { weights?: { num_bits?: unknown } } | undefined)?.weights;
  return bitsOf(weights?.num_bits);
}

function bitsOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 16 ? value : undefined;
}
