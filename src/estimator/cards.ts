/**
 * What a GPU spends outside llama.cpp's own buffers: the CUDA context, cuBLAS and the driver's pools. No program
 * reports it before a load, so it is a range. Source: public reports of llama.cpp's memory breakdown at exit
 * ("unaccounted") and before loading ("total - free") on clean machines, 2025 and 2026. It grows with the number of
 * multiprocessors, because the context reserves local memory for each of them; between the cards measured it is
 * interpolated by that number, and without a known card by memory size.
 */

import { GIB, MIB } from '../base/bytes.ts';
import type { GpuDevice } from './types.ts';

/** Bytes outside llama.cpp's buffers on one GPU. */
export interface Overhead {
  /** The context alone, before anything is computed. */
  readonly contextBytes: number;
  readonly lowBytes: number;
  readonly expectedBytes: number;
  readonly highBytes: number;
  /** `measured` on this card, `interpolated` from its multiprocessors, or `guessed` from its memory. */
  readonly basis: 'measured' | 'interpolated' | 'guessed';
}

/** Cards with measurements, MiB: context alone; low, expected and high once a model has run. Pascal's stand together. */
const MEASURED: readonly (readonly [name: RegExp, context: number, low: number, expected: number, high: number])[] = [
  [/\bGTX 10[678]0\b/i, 120, 110, 174, 250],
  [/\bGTX 1650\b/i, 123, 123, 165, 240],
  [/\bRTX 3060(?! ?Ti)\b/i, 116, 116, 160, 260],
  [/\bRTX 4060 Ti\b/i, 134, 134, 185, 290],
  [/\bRTX 4070(?! ?(?:Ti|SUPER))\b/i, 169, 169, 215, 330],
  [/\bRTX 5060 Ti\b/i, 174, 137, 220, 340],
  [/\bRTX 3090\b/i, 279, 264, 309, 420],
  [/\bRTX 4090\b/i, 470, 450, 456, 580],
  [/\bRTX 5090\b/i, 532, 519, 620, 760],
  [/\bRTX PRO 6000\b/i, 600, 560, 712, 820],
  [/\b(?:MI50|MI60)\b/i, 200, 200, 254, 340],
  [/\bRX 9070 XT\b/i, 164, 164, 240, 400],
];

/** Multiprocessors of cards whose context is measured (the makers' data sheets). */
const MEASURED_MULTIPROCESSORS: readonly (readonly [name: RegExp, count: number])[] = [
  [/\bGTX 1060\b/i, 10],
  [/\bGTX 1070 Ti\b/i, 19],
  [/\bGTX 1070\b/i, 15],
  [/\bGTX 1080 Ti\b/i, 28],
  [/\bGTX 1080\b/i, 20],
  [/\bGTX 1650\b/i, 14],
  [/\bRTX 3060(?! ?Ti)\b/i, 28],
  [/\bRTX 3090 Ti\b/i, 84],
  [/\bRTX 3090\b/i, 82],
  [/\bRTX 4060 Ti\b/i, 34],
  [/\bRTX 4090\b/i, 128],
  [/\bRTX 5060 Ti\b/i, 36],
  [/\bRTX 5090\b/i, 170],
  [/\bRTX PRO 6000\b/i, 188],
];

/** Multiprocessors of cards without measurements (the makers' data sheets). */
const MULTIPROCESSORS: readonly (readonly [name: RegExp, count: number])[] = [
  [/\bB(?:100|200|300)\b/i, 148],
  [/\bGB10\b/i, 48],
  [/\b(?:H200|H800|GH200)\b/i, 132],
  [/\bH100\b.*\bPCIe\b/i, 114],
  [/\bH100\b/i, 132],
  [/\bA(?:100|800)\b/i, 108],
  [/\bL40S?\b|\bRTX 6000 Ada\b/i, 142],
  [/\bL4\b/i, 58],
  [/\bA40\b|\bRTX A6000\b/i, 84],
  [/\bA10G?\b/i, 72],
  [/\bA30\b/i, 56],
  [/\bV100\b/i, 80],
  [/\bT4\b/i, 40],
  [/\bP100\b/i, 56],
  [/\bP40\b/i, 30],
  [/\bRTX 2060\b/i, 30],
  [/\bRTX 2070\b/i, 38],
  [/\bRTX 2080 Ti\b/i, 68],
  [/\bRTX 2080\b/i, 46],
  [/\bRTX 3060 Ti\b/i, 38],
  [/\bRTX 3070\b/i, 47],
  [/\bRTX 3080\b/i, 69],
  [/\bRTX 4060\b/i, 24],
  [/\bRTX 4070 Ti\b/i, 63],
  [/\bRTX 4070\b/i, 56],
  [/\bRTX 4080\b/i, 78],
  [/\bRTX 5060\b/i, 30],
  [/\bRTX 5070 Ti\b/i, 70],
  [/\bRTX 5070\b/i, 48],
  [/\bRTX 5080\b/i, 84],
];

/** Straight line through the measured cards: 10 to 188 multiprocessors, within 15 % (GTX 1080: 40 % more). */
const CONTEXT_BASE_MIB = 55;
const CONTEXT_PER_MULTIPROCESSOR_MIB = 2.9;

/**
 * Overhead of one GPU, by its name and memory.
 *
 * @param gpu the device; only name, total memory and library are read
 * @returns bytes; a Vulkan or Metal device has next to none
 */
export function gpuOverhead(gpu: GpuDevice): Overhead {
  let overhead = known.get(gpu);
  if (overhead === undefined) {
    overhead = findOverhead(gpu);
    known.set(gpu, overhead);
  }
  return overhead;
}

/** A search for a context asks many times about the same GPUs. */
const known = new WeakMap<GpuDevice, Overhead>();

function findOverhead(gpu: GpuDevice): Overhead {
  if (gpu.library === 'Vulkan' || gpu.library === 'Metal') {
    return inMiB(0, 0, 20, 100, 'measured');
  }
  for (const [name, context, low, expected, high] of MEASURED) {
    if (name.test(gpu.name)) {
      return inMiB(context, low, expected, high, 'measured');
    }
  }
  for (const [name, count] of MULTIPROCESSORS) {
    if (!name.test(gpu.name)) {
      continue;
    }
    const context = CONTEXT_BASE_MIB + CONTEXT_PER_MULTIPROCESSOR_MIB * count;
    return inMiB(context, context * 0.85, context * 1.15, context * 1.6, 'interpolated');
  }
  if (gpu.totalBytes <= 9 * GIB) {
    return inMiB(130, 90, 180, 320, 'guessed');
  }
  if (gpu.totalBytes <= 17 * GIB) {
    return inMiB(160, 110, 230, 400, 'guessed');
  }
  if (gpu.totalBytes <= 25 * GIB) {
    return inMiB(280, 150, 330, 600, 'guessed');
  }
  return inMiB(440, 200, 500, 850, 'guessed');
}

/** Multiprocessors of an NVIDIA card by its name; undefined for one that is not in the tables. */
export function multiprocessors(gpu: GpuDevice): number | undefined {
  const tables = [MEASURED_MULTIPROCESSORS, MULTIPROCESSORS];
  return tables.flatMap((table) => table.filter(([name]) => name.test(gpu.name)))[0]?.[1];
}

/** nvidia-smi's total minus what CUDA can use on Linux, MiB, from reports that showed both or the card's usual value. */
const RESERVED: readonly (readonly [name: RegExp, mib: number])[] = [
  [/\bGTX 10\d0\b/i, 85],
  [/\bGTX 16\d0\b/i, 200],
  [/\bRTX 2060\b/i, 406],
  [/\bRTX 3060\b/i, 383],
  [/\bRTX 3090\b/i, 452],
  [/\bRTX 4070\b/i, 409],
  [/\bRTX 4090\b/i, 484],
  [/\bRTX 5090\b/i, 501],
  [/\bRTX PRO 6000\b/i, 620],
];

/**
 * Memory that the driver keeps for itself, bytes: a free card offers its total minus this. Only for cards whose free
 * memory nobody has read; a telemetry source that reports free memory has taken it off already.
 */
export function driverReservedBytes(gpu: GpuDevice): number {
  if (gpu.library !== undefined && gpu.library !== 'CUDA') {
    return 0;
  }
  for (const [name, mib] of RESERVED) {
    if (name.test(gpu.name)) {
      return mib * MIB;
    }
  }
  return 0;
}

function inMiB(context: number, low: number, expected: number, high: number, basis: Overhead['basis']): Overhead {
  const bytes = (mib: number): number => Math.round(mib) * MIB;
  return {
    contextBytes: bytes(context),
    lowBytes: bytes(low),
    expectedBytes: bytes(expected),
    highBytes: bytes(high),
    basis,
  };
}
