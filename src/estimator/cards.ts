/**
 * The one table of cards: memory, compute capability, multiprocessors, what the driver keeps, and what a program takes
 * beside llama.cpp's own buffers. Memory as nvidia-smi shows it, capability and multiprocessors by the makers' sheets
 * (https://developer.nvidia.com/cuda-gpus).
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
  /** Memory as nvidia-smi shows it, MiB. */
  readonly mib: number;
  readonly multiprocessors: number;
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
        'GTX 970': { mib: 4096, multiprocessors: 13 },
        'GTX 980': { mib: 4096, multiprocessors: 16 },
        'GTX 980 Ti': { mib: 6144, multiprocessors: 22 },
      },
    ],
    [
      'NVIDIA GeForce ',
      6.1,
      {
        'GTX 1050 Ti': { mib: 4096, multiprocessors: 6 },
        'GTX 1060': { mib: 6144, multiprocessors: 10, reserved: 85, measured: PASCAL_GEFORCE },
        'GTX 1070': { mib: 8192, multiprocessors: 15, reserved: 85, measured: PASCAL_GEFORCE },
        'GTX 1070 Ti': { mib: 8192, multiprocessors: 19, reserved: 85, measured: PASCAL_GEFORCE },
        'GTX 1080': { mib: 8192, multiprocessors: 20, reserved: 85, measured: PASCAL_GEFORCE },
        'GTX 1080 Ti': { mib: 11264, multiprocessors: 28, reserved: 85, measured: PASCAL_GEFORCE },
      },
    ],
    [
      'NVIDIA GeForce ',
      7.5,
      {
        'GTX 1650': { mib: 4096, multiprocessors: 14, reserved: 200, measured: [123, 123, 165, 240, 'exit'] },
        'GTX 1660': { mib: 6144, multiprocessors: 22, reserved: 200 },
        'GTX 1660 Ti': { mib: 6144, multiprocessors: 24, reserved: 200 },
        'GTX 1660 SUPER': { mib: 6144, multiprocessors: 22, reserved: 200 },
        'RTX 2060': { mib: 6144, multiprocessors: 30, reserved: 406 },
        'RTX 2060 SUPER': { mib: 8192, multiprocessors: 34, reserved: 406 },
        'RTX 2070': { mib: 8192, multiprocessors: 36 },
        'RTX 2070 SUPER': { mib: 8192, multiprocessors: 40 },
        'RTX 2080': { mib: 8192, multiprocessors: 46 },
        'RTX 2080 SUPER': { mib: 8192, multiprocessors: 48 },
        'RTX 2080 Ti': { mib: 11264, multiprocessors: 68 },
      },
    ],
    [
      'NVIDIA GeForce ',
      8.6,
      {
        'RTX 3050': { mib: 8192, multiprocessors: 20 },
        'RTX 3060': { mib: 12288, multiprocessors: 28, reserved: 383, measured: [116, 116, 160, 260, 'exit'] },
        'RTX 3060 Ti': { mib: 8192, multiprocessors: 38 },
        'RTX 3070': { mib: 8192, multiprocessors: 46 },
        'RTX 3070 Ti': { mib: 8192, multiprocessors: 48 },
        'RTX 3080': { mib: 10240, multiprocessors: 68 },
        'RTX 3080 12GB': { mib: 12288, multiprocessors: 70 },
        'RTX 3080 Ti': { mib: 12288, multiprocessors: 80 },
        'RTX 3090': { mib: 24576, multiprocessors: 82, reserved: 452, measured: [279, 264, 309, 420, 'exit'] },
        'RTX 3090 Ti': { mib: 24564, multiprocessors: 84, reserved: 452, measured: [279, 264, 309, 420, 'exit'] },
      },
    ],
    [
      'NVIDIA GeForce ',
      8.9,
      {
        'RTX 4060': { mib: 8188, multiprocessors: 24 },
        'RTX 4060 Ti': { mib: 8188, multiprocessors: 34, measured: [134, 134, 185, 290, 'exit'] },
        'RTX 4060 Ti 16GB': { mib: 16380, multiprocessors: 34, measured: [134, 134, 185, 290, 'exit'] },
        'RTX 4070': { mib: 12282, multiprocessors: 46, reserved: 409, measured: [169, 169, 215, 330, 'exit'] },
        'RTX 4070 SUPER': { mib: 12282, multiprocessors: 56 },
        'RTX 4070 Ti': { mib: 12282, multiprocessors: 60 },
        'RTX 4070 Ti SUPER': { mib: 16376, multiprocessors: 66 },
        'RTX 4080': { mib: 16376, multiprocessors: 76 },
        'RTX 4080 SUPER': { mib: 16376, multiprocessors: 80 },
        'RTX 4090': { mib: 24564, multiprocessors: 128, reserved: 484, measured: [450, 448, 470, 580, 'exit'] },
      },
    ],
    [
      'NVIDIA GeForce ',
      12,
      {
        'RTX 5060': { mib: 8151, multiprocessors: 30 },
        'RTX 5060 Ti': { mib: 8151, multiprocessors: 36, measured: [174, 137, 220, 340, 'exit'] },
        'RTX 5060 Ti 16GB': { mib: 16311, multiprocessors: 36, measured: [174, 137, 220, 340, 'exit'] },
        'RTX 5070': { mib: 12227, multiprocessors: 48 },
        'RTX 5070 Ti': { mib: 16303, multiprocessors: 70 },
        'RTX 5080': { mib: 16303, multiprocessors: 84 },
        'RTX 5090': { mib: 32607, multiprocessors: 170, reserved: 501, measured: [532, 519, 620, 760, 'exit'] },
      },
    ],
    [
      'NVIDIA ',
      12,
      {
        'RTX PRO 6000': { mib: 97887, multiprocessors: 188, reserved: 620, measured: [566, 560, 700, 820, 'exit'] },
      },
    ],
    ['NVIDIA ', 12.1, { GB10: { mib: 122_570, multiprocessors: 48 } }],
    [
      'NVIDIA ',
      10,
      {
        B100: { mib: 183_359, multiprocessors: 148 },
        B200: { mib: 183_359, multiprocessors: 148 },
        B300: { mib: 275_040, multiprocessors: 148 },
      },
    ],
    [
      'NVIDIA ',
      8.6,
      {
        'RTX A4000': { mib: 16376, multiprocessors: 48 },
        'RTX A4500': { mib: 20470, multiprocessors: 56 },
        'RTX A5000': { mib: 24564, multiprocessors: 64 },
        'RTX A6000': { mib: 49140, multiprocessors: 84, measured: [245, 235, 281, 380, 'alike'] },
        A10: { mib: 23028, multiprocessors: 72 },
        A10G: { mib: 23028, multiprocessors: 80 },
        // A server's process was 297 MiB over its buffers, first use included.
        A40: { mib: 46068, multiprocessors: 84, measured: [245, 235, 281, 380, 'single'] },
      },
    ],
    [
      'NVIDIA ',
      8.9,
      {
        'RTX 4000 Ada': { mib: 20475, multiprocessors: 48 },
        'RTX 5000 Ada': { mib: 32760, multiprocessors: 100 },
        'RTX 6000 Ada': { mib: 49140, multiprocessors: 142 },
        L4: { mib: 23034, multiprocessors: 58 },
        L40: { mib: 46068, multiprocessors: 142 },
        L40S: { mib: 46068, multiprocessors: 142 },
      },
    ],
    [
      'NVIDIA ',
      8,
      {
        A30: { mib: 24576, multiprocessors: 56 },
        A100: { mib: 40960, multiprocessors: 108 },
        'A100 40GB': { mib: 40960, multiprocessors: 108 },
        'A100 80GB': { mib: 81920, multiprocessors: 108 },
        A800: { mib: 81920, multiprocessors: 108 },
      },
    ],
    [
      'NVIDIA ',
      9,
      {
        H100: { mib: 81559, multiprocessors: 132, reserved: 480, measured: HOPPER },
        'H100 PCIe': { mib: 81559, multiprocessors: 114, reserved: 480 },
        H200: { mib: 143771, multiprocessors: 132, measured: HOPPER },
        H800: { mib: 81559, multiprocessors: 132, measured: HOPPER },
        GH200: { mib: 97871, multiprocessors: 132, measured: HOPPER },
      },
    ],
    ['Tesla ', 7.5, { T4: { mib: 15360, multiprocessors: 40 } }],
    [
      'Tesla ',
      7,
      {
        V100: { mib: 16384, multiprocessors: 80 },
        'V100 16GB': { mib: 16384, multiprocessors: 80 },
        'V100 32GB': { mib: 32768, multiprocessors: 80 },
      },
    ],
    ['Tesla ', 6.1, { P40: { mib: 24576, multiprocessors: 30 } }],
    ['Tesla ', 6, { P100: { mib: 16384, multiprocessors: 56 } }],
    [
      'AMD ',
      0,
      {
        MI50: { mib: 16384, multiprocessors: 60, measured: [200, 200, 254, 340, 'exit'] },
        MI60: { mib: 32768, multiprocessors: 64, measured: [200, 200, 254, 340, 'exit'] },
        'RX 9070 XT': { mib: 16304, multiprocessors: 64, measured: [164, 164, 240, 1300, 'exit'] },
        W7900: { mib: 49_136, multiprocessors: 96, measured: [300, 600, 2320, 2600, 'single'] },
        MI300X: { mib: 196_592, multiprocessors: 304, measured: [400, 700, 1350, 2600, 'single'] },
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
