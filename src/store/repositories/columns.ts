import { StoreError } from '../errors.ts';
import type { Json } from '../types.ts';

/** Readers of columns whose type says less than what they hold. Another content means that it is not what we wrote. */

/** A column with one of a few words. */
export function word<T extends string>(value: string, words: readonly T[], column: string): T {
  const found = words.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new StoreError('store-corrupt', { column });
  }
  return found;
}

export function json(text: string, column: string): Json {
  const value = parse(text, column);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new StoreError('store-corrupt', { column });
  }
  return value as Json;
}

export function jsonList(text: string, column: string): readonly Json[] {
  const value = parse(text, column);
  if (!Array.isArray(value)) {
    throw new StoreError('store-corrupt', { column });
  }
  return value as readonly Json[];
}

function parse(text: string, column: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new StoreError('store-corrupt', { column });
  }
}

/** Largest JSON text in one column, characters. */
const MAX_JSON = 64 * 1024;

export function toJson(value: Json | readonly Json[]): string {
  const written = JSON.stringify(value);
  if (written.length > MAX_JSON) {
    throw new StoreError('store-refused', { reason: 'too-long' });
  }
  return written;
}

/** Sizes and times are whole numbers in the tables. */
export function whole(value: number): number {
  return Math.round(value);
}

export function wholeOrNull(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}
