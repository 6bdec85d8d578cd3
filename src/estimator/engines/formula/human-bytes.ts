/** Sizes as Ollama prints them. */

import { GIB, MIB } from '../../../base/bytes.ts';

const KIB = 1024;

/**
 * Bytes in binary units with one decimal, as format.HumanBytes2 in Ollama's format/bytes.go prints them
 * (`55.2 GiB`, `795.9 MiB`, `0 B`). Go's `%.1f` rounds the exact value of the double, as toFixed does.
 */
export function humanBytes2(bytes: number): string {
  if (bytes >= GIB) {
    return `${roundHalfEven(bytes / GIB)} GiB`;
  }
  if (bytes >= MIB) {
    return `${roundHalfEven(bytes / MIB)} MiB`;
  }
  if (bytes >= KIB) {
    return `${roundHalfEven(bytes / KIB)} KiB`;
  }
  return `${bytes} B`;
}

/** One decimal; an exact tie (a quarter: 0.25, 0.75) goes to the even digit in Go, upwards in toFixed. */
function roundHalfEven(value: number): string {
  const quarter = value * 4;
  if (!Number.isInteger(quarter) || quarter % 2 === 0) {
    return value.toFixed(1);
  }
  const below = Math.floor(value * 10);
  return ((below % 2 === 0 ? below : below + 1) / 10).toFixed(1);
}
