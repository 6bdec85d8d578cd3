import type { SQLInputValue } from 'node:sqlite';
import type { Row } from './database.ts';
import { type Json, StoreError } from './types.ts';

/** Readers of columns. A column of the wrong kind means that the file is not what we wrote. */

export function text(row: Row, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') {
    throw new StoreError('store-corrupt', { column: name });
  }
  return value;
}

export function textOrNull(row: Row, name: string): string | null {
  return row[name] === null ? null : text(row, name);
}

export function number(row: Row, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') {
    throw new StoreError('store-corrupt', { column: name });
  }
  return value;
}

export function numberOrNull(row: Row, name: string): number | null {
  return row[name] === null ? null : number(row, name);
}

/** A column with one of a few words. */
export function word<T extends string>(row: Row, name: string, words: readonly T[]): T {
  const value = text(row, name);
  const found = words.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new StoreError('store-corrupt', { column: name });
  }
  return found;
}

export function json(row: Row, name: string): Json {
  const value = parse(row, name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new StoreError('store-corrupt', { column: name });
  }
  return value as Json;
}

export function jsonList(row: Row, name: string): readonly Json[] {
  const value = parse(row, name);
  if (!Array.isArray(value)) {
    throw new StoreError('store-corrupt', { column: name });
  }
  return value as readonly Json[];
}

function parse(row: Row, name: string): unknown {
  try {
    return JSON.parse(text(row, name)) as unknown;
  } catch (error) {
    throw error instanceof StoreError ? error : new StoreError('store-corrupt', { column: name });
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
export function whole(value: number): SQLInputValue {
  return Math.round(value);
}

export function wholeOrNull(value: number | null): SQLInputValue {
  return value === null ? null : Math.round(value);
}
