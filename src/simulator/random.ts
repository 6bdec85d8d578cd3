/** Numbers and names that look random and are the same for the same seed. */

import { createHash } from 'node:crypto';

/** 64 hex digits out of a seed and any parts. */
export function stableHex(seed: number, ...parts: readonly (string | number)[]): string {
  return createHash('sha256')
    .update(JSON.stringify([seed, ...parts]))
    .digest('hex');
}

/** A number in [0, 1) out of a seed and any parts. */
export function stableFraction(seed: number, ...parts: readonly (string | number)[]): number {
  return Number.parseInt(stableHex(seed, ...parts).slice(0, 8), 16) / 2 ** 32;
}

/** `8-4-4-4-12` hex digits. */
export function stableUuid(seed: number, ...parts: readonly (string | number)[]): string {
  const hex = stableHex(seed, ...parts);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
