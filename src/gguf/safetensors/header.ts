import { z } from 'zod';
import { MIB } from '../../base/bytes.ts';
import { GgufError } from '../errors.ts';
import type { SourceTensor } from './types.ts';

/** Longest header that is read, bytes; the largest real ones have a few MB. */
export const MAX_SAFETENSORS_HEADER = 32 * MIB;
const MAX_TENSORS = 400_000;
const LENGTH_BYTES = 8;

const entry = z.object({
  dtype: z.string().min(1).max(16),
  shape: z
    .array(
      z
        .number()
        .int()
        .min(0)
        .max(2 ** 40),
    )
    .max(8),
});
const header = z.record(z.string().min(1).max(1024), z.unknown());

/**
 * Length of a safetensors header from the file's first 8 bytes.
 * @throws GgufError `safetensors-invalid`; `gguf-limit-exceeded`
 */
export function headerLength(first: Uint8Array): number {
  if (first.length < LENGTH_BYTES) {
    throw new GgufError('safetensors-invalid', { what: 'header' });
  }
  const length = Number(new DataView(first.buffer, first.byteOffset, LENGTH_BYTES).getBigUint64(0, true));
  if (length > MAX_SAFETENSORS_HEADER) {
    throw new GgufError('gguf-limit-exceeded', { what: 'safetensors header', limit: MAX_SAFETENSORS_HEADER });
  }
  return length;
}

/**
 * The tensors of a safetensors file from its beginning (the length, then JSON).
 * @throws GgufError `safetensors-invalid`; `gguf-limit-exceeded`
 */
export function readSafetensorsHeader(bytes: Uint8Array): SourceTensor[] {
  const length = headerLength(bytes);
  if (bytes.length < LENGTH_BYTES + length) {
    throw new GgufError('safetensors-invalid', { what: 'header' });
  }
  let json: unknown;
  try {
    json = JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length)),
    );
  } catch {
    throw new GgufError('safetensors-invalid', { what: 'header' });
  }
  const parsed = header.safeParse(json);
  if (!parsed.success) {
    throw new GgufError('safetensors-invalid', { what: 'header' });
  }
  const entries = Object.entries(parsed.data).filter(([name]) => name !== '__metadata__');
  if (entries.length > MAX_TENSORS) {
    throw new GgufError('gguf-limit-exceeded', { what: 'tensors', limit: MAX_TENSORS });
  }
  return entries.map(([name, value]) => {
    const tensor = entry.safeParse(value);
    if (!tensor.success) {
      throw new GgufError('safetensors-invalid', { what: name.slice(0, 200) });
    }
    return { name, dtype: tensor.data.dtype, shape: tensor.data.shape };
  });
}

/** Bits of one element of a safetensors type; undefined when it is not known. */
export function elementBits(dtype: string): number | undefined {
  const match = /^(?:BF|F|I|U)(\d{1,2})(?:_|$)/.exec(dtype.toUpperCase());
  if (match === null) {
    return dtype.toUpperCase() === 'BOOL' ? 8 : undefined;
  }
  return Number(match[1]);
}
