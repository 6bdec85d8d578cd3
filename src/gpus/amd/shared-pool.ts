/**
 * Integrated AMD GPUs (APUs): a small carve-out of their own, and the system's memory through the GTT. Alone in a machine
 * such a GPU is unified memory, of carve-out and GTT together (https://docs.kernel.org/gpu/amdgpu/driver-misc.html).
 */

import { GIB } from '../../base/bytes.ts';

/** A carve-out is hardly larger; cards of their own are. */
const CARVE_OUT_BYTES = 4 * GIB;
/** Names of Radeon graphics inside a processor: `Radeon 8060S`, `Radeon 780M`, `Radeon Graphics`. */
const INTEGRATED_NAME = /\bRadeon(?:\(TM\))? (?:\d{3,4}[MS]\b|Graphics\b)|\bRyzen\b/i;

export interface Pool {
  readonly totalBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
}

/** Whether a card of this name has no memory of its own to speak of. */
export function isIntegratedRadeon(name: string): boolean {
  return INTEGRATED_NAME.test(name);
}

/**
 * The pool of an integrated GPU; `null` where the figures are those of a card with memory of its own.
 * @param availableBytes what the system has left, when known: the pool is taken from it
 */
export function sharedPool(
  vram: { readonly totalBytes: number | null; readonly usedBytes: number | null },
  gtt: { readonly totalBytes: number | null; readonly usedBytes: number | null },
  availableBytes: number | null,
): Pool | null {
  const { totalBytes: own, usedBytes: ownUsed } = vram;
  const { totalBytes: shared, usedBytes: sharedUsed } = gtt;
  if (own === null || ownUsed === null || shared === null || sharedUsed === null) {
    return null;
  }
  if (own > CARVE_OUT_BYTES || shared <= own) {
    return null;
  }
  const totalBytes = own + shared;
  const usedBytes = Math.min(ownUsed + sharedUsed, totalBytes);
  return { totalBytes, usedBytes, freeBytes: Math.min(totalBytes - usedBytes, availableBytes ?? totalBytes) };
}
