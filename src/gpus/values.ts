/** Small readers shared by the sources: strict numbers, clean text, bytes. */

import { MIB } from '../base/bytes.ts';
import { singleLine } from '../base/text.ts';
import type { GpuError, GpuErrorCode } from './types.ts';

const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * A number as nvidia-smi prints it, or `null` for everything else (`[N/A]`, empty, `ERR!`). `Number('')` is 0 in
 * JavaScript, so the text is tested first.
 */
export function readNumber(text: string): number | null {
  const trimmed = text.trim();
  if (!NUMBER.test(trimmed)) {
    return null;
  }
  const value = Number(trimmed);
  return Number.isFinite(value) ? value : null;
}

/** Mebibytes in a field to bytes; `null` where there is no number, or none that a memory size can be. */
export function readMiB(text: string): number | null {
  const value = readNumber(text);
  return value === null ? null : bytesOrNull(value * MIB);
}

/** A memory size in bytes, or `null` when the number cannot be one (negative, or DCGM's blank value near 2^63). */
export function bytesOrNull(bytes: number): number | null {
  return Number.isFinite(bytes) && bytes >= 0 && bytes <= 2 ** 50 ? Math.round(bytes) : null;
}

/** PCI addresses as the kernel writes them: `00000000:0C:00.0` → `0000:0c:00.0`. `null` when it is none. */
export function normalizePci(text: string): string | null {
  const match = /^(?:([0-9a-f]{1,8}):)?([0-9a-f]{2}):([0-9a-f]{2})(?:\.([0-7]))?$/i.exec(text.trim());
  if (!match) {
    return null;
  }
  const domain = Number.parseInt(match[1] ?? '0', 16)
    .toString(16)
    .padStart(4, '0');
  return `${domain}:${match[2]}:${match[3]}.${match[4] ?? '0'}`.toLowerCase();
}

export function gpuError(
  code: GpuErrorCode,
  params: Readonly<Record<string, string | number>> = {},
  text = '',
): GpuError {
  return { code, params, text: singleLine(text, 300) };
}
