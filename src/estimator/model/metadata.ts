/** GGUF metadata of one model under llama.cpp's keys. */

import type { MetadataValue, ModelSpec } from '../types.ts';
import { EstimateError } from '../types.ts';
import type { NumberKey } from './bounds.ts';

/** Reads keys of one model, `%s` standing for its architecture. */
export class MetadataReader {
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly architecture: string;

  constructor(spec: ModelSpec) {
    this.metadata = spec.metadata;
    this.architecture = spec.architecture;
  }

  /** The value of `<architecture>.<key>`. */
  value(key: string): MetadataValue | undefined {
    return this.metadata[`${this.architecture}.${key}`];
  }

  /** A number; of an array its first element is NOT taken (as `get_key`). */
  number(key: NumberKey): number | undefined {
    const value = this.value(key);
    return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
  }

  numberOr(key: NumberKey, fallback: number): number {
    return this.number(key) ?? fallback;
  }

  boolean(key: string): boolean | undefined {
    const value = this.value(key);
    return typeof value === 'boolean' ? value : undefined;
  }

  string(key: string): string | undefined {
    const value = this.value(key);
    return typeof value === 'string' ? value : undefined;
  }

  /** An array of numbers or booleans (true = 1). */
  array(key: NumberKey): readonly number[] | undefined {
    const value = this.value(key);
    if (!Array.isArray(value)) {
      return undefined;
    }
    return value.map((entry) => (entry === true ? 1 : typeof entry === 'number' ? entry : 0));
  }

  /** A number for all of `count` layers, or an array with one for each (`get_key_or_arr`). */
  perLayer(key: NumberKey, count: number): Int32Array | undefined {
    const one = this.number(key);
    if (one !== undefined) {
      return new Int32Array(count).fill(one);
    }
    const several = this.array(key);
    if (several === undefined) {
      return undefined;
    }
    const result = new Int32Array(count);
    result.set(several.slice(0, count));
    return result;
  }

  /** A key every usable file has; throws `missing-key`. */
  required(key: NumberKey): number {
    const value = this.number(key);
    if (value === undefined || value < 0) {
      throw new EstimateError('missing-key', { key: `${this.architecture}.${key}` });
    }
    return value;
  }
}
