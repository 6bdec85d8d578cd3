/** Sizes and counts as logs print them, bounded: a paste is nobody's word. */

import { GIB, MIB } from '../base/bytes.ts';

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: MIB,
  mib: MIB,
  mb: 1e6,
  g: GIB,
  gib: GIB,
  gb: 1e9,
  t: 2 ** 40,
  tib: 2 ** 40,
  tb: 1e12,
};
/** No machine that runs one model has more, bytes. */
const MOST_BYTES = 2 ** 50;

/** `23.6 GiB`, `457.0 MiB`, `0 B` in bytes; `null` for anything else. */
export function sizeBytes(text: string): number | null {
  const match = /^\s*(\d{1,12}(?:\.\d{1,6})?) ?([KMGT]i?B?|B)\s*$/i.exec(text.slice(0, 40));
  const unit = match === null ? undefined : UNITS[match[2]!.toLowerCase()];
  return match === null || unit === undefined ? null : boundedBytes(Number(match[1]) * unit);
}

/** The sizes in `[15.6 GiB 15.5 GiB]`. */
export function sizeList(text: string): readonly number[] {
  return [...text.slice(0, 2_000).matchAll(/(\d{1,9}(?:\.\d{1,6})?) ([KMGT]i?B|B)\b/g)].flatMap((match) => {
    const bytes = sizeBytes(`${match[1]} ${match[2]}`);
    return bytes === null ? [] : [bytes];
  });
}

/** Bytes that a machine can have, whole; else `null`. */
export function boundedBytes(bytes: number): number | null {
  return Number.isFinite(bytes) && bytes >= 0 && bytes <= MOST_BYTES ? Math.round(bytes) : null;
}

/** A count from 0 to `most`; else `null`. */
export function count(text: string | undefined, most: number): number | null {
  if (text === undefined || !/^\d{1,10}$/.test(text)) {
    return null;
  }
  const value = Number(text);
  return value <= most ? value : null;
}

/** The most tokens of context that any model has. */
export const MOST_CTX = 2 ** 27;
/** LLAMA_MAX_LAYERS and the output layer. */
export const MOST_LAYERS = 513;
export const MOST_PARALLEL = 1_024;
