/**
 * Cards that people name instead of giving a size (`4x GTX 1070 Ti`): memory as nvidia-smi shows it and CUDA compute
 * capability (https://developer.nvidia.com/cuda-gpus). For what-if questions; a measured GPU never uses this table.
 */

import { MIB } from '../base/bytes.ts';

export interface KnownCard {
  /** As the driver spells it. */
  readonly name: string;
  /** What a CUDA program sees of it: without the part that the driver keeps. */
  readonly totalBytes: number;
  readonly computeCapability: number;
}

/** Family prefix, compute capability, and names with their MiB. */
const FAMILIES: readonly (readonly [prefix: string, capability: number, cards: Readonly<Record<string, number>>])[] = [
  [
    'NVIDIA GeForce ',
    6.1,
    {
      'GTX 1050 Ti': 4096,
      'GTX 1060': 6144,
      'GTX 1070': 8192,
      'GTX 1070 Ti': 8192,
      'GTX 1080': 8192,
      'GTX 1080 Ti': 11264,
    },
  ],
  [
    'NVIDIA GeForce ',
    7.5,
    {
      'GTX 1650': 4096,
      'GTX 1660': 6144,
      'GTX 1660 Ti': 6144,
      'GTX 1660 SUPER': 6144,
      'RTX 2060': 6144,
      'RTX 2060 SUPER': 8192,
      'RTX 2070': 8192,
      'RTX 2070 SUPER': 8192,
      'RTX 2080': 8192,
      'RTX 2080 SUPER': 8192,
      'RTX 2080 Ti': 11264,
    },
  ],
  [
    'NVIDIA GeForce ',
    8.6,
    {
      'RTX 3050': 8192,
      'RTX 3060': 12288,
      'RTX 3060 Ti': 8192,
      'RTX 3070': 8192,
      'RTX 3070 Ti': 8192,
      'RTX 3080': 10240,
      'RTX 3080 12GB': 12288,
      'RTX 3080 Ti': 12288,
      'RTX 3090': 24576,
      'RTX 3090 Ti': 24564,
    },
  ],
  [
    'NVIDIA GeForce ',
    8.9,
    {
      'RTX 4060': 8188,
      'RTX 4060 Ti': 8188,
      'RTX 4060 Ti 16GB': 16380,
      'RTX 4070': 12282,
      'RTX 4070 SUPER': 12282,
      'RTX 4070 Ti': 12282,
      'RTX 4070 Ti SUPER': 16376,
      'RTX 4080': 16376,
      'RTX 4080 SUPER': 16376,
      'RTX 4090': 24564,
    },
  ],
  [
    'NVIDIA GeForce ',
    12,
    {
      'RTX 5060': 8151,
      'RTX 5060 Ti': 8151,
      'RTX 5060 Ti 16GB': 16311,
      'RTX 5070': 12227,
      'RTX 5070 Ti': 16303,
      'RTX 5080': 16303,
      'RTX 5090': 32607,
    },
  ],
  ['NVIDIA ', 12, { 'RTX PRO 6000': 97887 }],
  [
    'NVIDIA ',
    8.6,
    { 'RTX A4000': 16376, 'RTX A4500': 20470, 'RTX A5000': 24564, 'RTX A6000': 49140, A10: 23028, A40: 46068 },
  ],
  [
    'NVIDIA ',
    8.9,
    { 'RTX 4000 Ada': 20475, 'RTX 5000 Ada': 32760, 'RTX 6000 Ada': 49140, L4: 23034, L40: 46068, L40S: 46068 },
  ],
  ['NVIDIA ', 8, { A30: 24576, A100: 40960, 'A100 40GB': 40960, 'A100 80GB': 81920 }],
  ['NVIDIA ', 9, { H100: 81559, H200: 143771 }],
  ['Tesla ', 7.5, { T4: 15360 }],
  ['Tesla ', 7, { V100: 16384, 'V100 16GB': 16384, 'V100 32GB': 32768 }],
  ['Tesla ', 6.1, { P40: 24576 }],
  ['Tesla ', 6, { P100: 16384 }],
];

/**
 * What the driver keeps, MiB: 85 on Pascal; on later cards 383 of 12,288, 452 of 24,576, 501 of 32,607, 638 of 97,887 were
 * seen (nvidia-smi's total less CUDA's, field reports of 2025 and 2026).
 */
function reservedMiB(totalMiB: number, capability: number): number {
  return capability < 7 ? 85 : Math.round(Math.min(640, 350 + totalMiB * 0.0045));
}

function key(name: string): string {
  return name.toLowerCase().replace(/nvidia|geforce|quadro|tesla|[\s_-]/g, '');
}

const CARDS: ReadonlyMap<string, KnownCard> = new Map(
  FAMILIES.flatMap(([prefix, computeCapability, cards]) =>
    Object.entries(cards).map(([name, totalMiB]): [string, KnownCard] => [
      key(name),
      {
        name: prefix + name,
        totalBytes: (totalMiB - reservedMiB(totalMiB, computeCapability)) * MIB,
        computeCapability,
      },
    ]),
  ),
);

/** The card of a name as people write it: `rtx3090`, `GTX 1070 Ti`, `NVIDIA GeForce RTX 4090`. `null`: not known. */
export function findCard(name: string): KnownCard | null {
  return CARDS.get(key(name)) ?? null;
}

/** Names in the driver's spelling, for completion. */
export function cardNames(): readonly string[] {
  return [...CARDS.values()].map((card) => card.name);
}
