import { elementCount, GGML_TYPES, ggmlType, tensorBytes } from '../estimator/model/ggml-types.ts';
import type { TensorInfo } from '../estimator/types.ts';

/**
 * The tensor types of `/api/show`. Ollama 0.6.1 to 0.6.8 looked the tensor's type number up in the list of *file* types
 * (fs/ggml/ggml.go, Tensor.Type): what they print → what the tensor is. `unknown` is mostly Q5_0, but any type with a
 * number above the list prints it too.
 */
const PRINTED_BEFORE_0_7: Readonly<Record<string, string>> = {
  F32: 'F32',
  F16: 'F16',
  Q4_0: 'Q4_0',
  Q4_1: 'Q4_1',
  Q8_0: 'Q5_1',
  Q5_0: 'Q8_0',
  Q5_1: 'Q8_1',
  Q2_K: 'Q2_K',
  Q3_K_S: 'Q3_K',
  Q3_K_M: 'Q4_K',
  Q3_K_L: 'Q5_K',
  Q4_K_S: 'Q6_K',
  Q4_K_M: 'Q8_K',
  Q5_K_S: 'IQ2_XXS',
  Q5_K_M: 'IQ2_XS',
  Q6_K: 'IQ3_XXS',
  IQ2_XXS: 'IQ1_S',
  IQ2_XS: 'IQ4_NL',
  Q2_K_S: 'IQ3_S',
  IQ3_XS: 'IQ2_S',
  IQ3_XXS: 'IQ4_XS',
  IQ1_S: 'I8',
  IQ4_NL: 'I16',
  IQ3_S: 'I32',
  IQ3_M: 'I64',
  IQ2_S: 'F64',
  IQ2_M: 'IQ1_M',
  IQ4_XS: 'BF16',
};

/** A tensor as the server prints it. */
export interface PrintedTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

export interface ReadTypes {
  /** The table, or null when types stay unknown. */
  readonly tensors: readonly TensorInfo[] | null;
  /** Tensors whose type the server did not tell; with a table, their type is an inference. */
  readonly unknown: number;
}

/** Whether this version prints wrong names. */
function printsFileTypes(version: readonly [number, number, number] | null): boolean {
  return version !== null && version[0] === 0 && version[1] === 6 && version[2] >= 1;
}

/**
 * Turns printed types into ggml's. Types that the server calls `unknown` (before 0.30 all IQ types) are inferred from the
 * size of the model, when that is known: the one type whose bytes come nearest, within 3 % of the unknown part.
 *
 * @param modelBytes bytes of the model file without its header, when known
 */
export function readTypes(
  printed: readonly PrintedTensor[],
  version: readonly [number, number, number] | null,
  modelBytes: number | undefined,
): ReadTypes {
  const old = printsFileTypes(version);
  const types = printed.map(({ type }) => (old ? PRINTED_BEFORE_0_7[type] : ggmlType(type) && type));
  const unknown = types.filter((type) => type === undefined).length;
  let stand: string | undefined;
  if (unknown > 0) {
    stand = inferType(printed, types, modelBytes, old) ?? (old && modelBytes === undefined ? 'Q5_0' : undefined);
    if (stand === undefined) {
      return { tensors: null, unknown };
    }
  }
  const tensors = printed.map(({ name, shape }, i) => ({
    name,
    shape: shape.length === 0 ? [1] : shape,
    type: types[i] ?? stand!,
  }));
  return { tensors, unknown };
}

const MAX_DEVIATION = 0.03;
/** Types that some version prints as `unknown` (TensorType.String up to 0.24 knows none of these, but for MXFP4 from 0.11). */
const UNPRINTED = Object.keys(GGML_TYPES).filter((name) => /^(?:IQ|TQ|MX|NV|Q1_)/.test(name));

function inferType(
  printed: readonly PrintedTensor[],
  types: readonly (string | undefined)[],
  modelBytes: number | undefined,
  old: boolean,
): string | undefined {
  if (modelBytes === undefined) {
    return undefined;
  }
  let elements = 0;
  let left = modelBytes;
  printed.forEach(({ shape }, i) => {
    const type = types[i];
    if (type === undefined) {
      elements += elementCount(shape);
    } else {
      left -= tensorBytes(type, shape);
    }
  });
  let best: string | undefined;
  let bestDeviation = MAX_DEVIATION;
  for (const name of old ? ['Q5_0', ...UNPRINTED] : UNPRINTED) {
    const { blockSize, typeSize } = GGML_TYPES[name]!;
    const deviation = Math.abs((elements * typeSize) / blockSize / left - 1);
    if (left > 0 && deviation < bestDeviation) {
      best = name;
      bestDeviation = deviation;
    }
  }
  return best;
}
