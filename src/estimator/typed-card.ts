import { GIB, MIB } from '../base/bytes.ts';
import { nearestWord } from '../base/nearest.ts';
import { cardNames, findCard } from './cards.ts';
import type { GpuDevice } from './types.ts';

/** A card that somebody named. `totalBytes` is null where it is sold with different memory and no size was named. */
export interface TypedCard {
  readonly name: string;
  readonly totalBytes: number | null;
  readonly computeCapability?: number;
  readonly library?: NonNullable<GpuDevice['library']>;
}

/**
 * Cards without CUDA, and CUDA cards of notebooks and workstations that differ from those of the same name, MiB as the
 * driver shows it; null = sold with different memory. From the makers' data sheets.
 */
const OTHERS: readonly (readonly [
  prefix: string,
  facts: Pick<TypedCard, 'computeCapability' | 'library'>,
  cards: Readonly<Record<string, number | null>>,
])[] = [
  ['NVIDIA ', { computeCapability: 6.1 }, { 'TITAN X': 12_288, 'TITAN Xp': 12_288 }],
  ['NVIDIA ', { computeCapability: 7 }, { 'TITAN V': 12_288 }],
  ['NVIDIA ', { computeCapability: 7.5 }, { 'TITAN RTX': 24_576, 'Quadro RTX 8000': 49_152 }],
  ['NVIDIA GeForce ', { computeCapability: 8.9 }, { 'RTX 4090 D': 24_564 }],
  ['NVIDIA GeForce ', { computeCapability: 12 }, { 'RTX 5090 D': 32_607 }],
  // Their memory is the board's, of different sizes.
  [
    'NVIDIA ',
    { computeCapability: 8.7 },
    { Orin: null, 'Jetson AGX Orin': null, 'Jetson Orin NX': null, 'Jetson Orin Nano': null },
  ],
  ['NVIDIA ', { computeCapability: 11 }, { Thor: null, 'Jetson AGX Thor': null, 'Jetson Thor': null }],
  [
    'NVIDIA GeForce ',
    { computeCapability: 8.6 },
    { 'RTX 3060 Laptop': 6_144, 'RTX 3070 Laptop': 8_192, 'RTX 3080 Laptop': null, 'RTX 3080 Ti Laptop': 16_384 },
  ],
  [
    'NVIDIA GeForce ',
    { computeCapability: 8.9 },
    {
      'RTX 4050 Laptop': 6_141,
      'RTX 4060 Laptop': 8_188,
      'RTX 4070 Laptop': 8_188,
      'RTX 4080 Laptop': 12_282,
      'RTX 4090 Laptop': 16_376,
    },
  ],
  [
    'NVIDIA GeForce ',
    { computeCapability: 12 },
    { 'RTX 5070 Laptop': 8_151, 'RTX 5070 Ti Laptop': 12_227, 'RTX 5080 Laptop': 16_303, 'RTX 5090 Laptop': 24_463 },
  ],
  ['NVIDIA ', { computeCapability: 10 }, { GB200: 189_471, GB300: 284_208 }],
  ['NVIDIA ', { computeCapability: 9 }, { 'H100 NVL': 95_830, 'H200 NVL': 143_771 }],
  ['NVIDIA ', { computeCapability: 12.1 }, { 'DGX Spark': 122_570 }],
  [
    'AMD Radeon ',
    { library: 'ROCm' },
    {
      'RX 6600': 8_176,
      'RX 6600 XT': 8_176,
      'RX 6700 XT': 12_272,
      'RX 6750 XT': 12_272,
      'RX 6800': 16_368,
      'RX 6800 XT': 16_368,
      'RX 6900 XT': 16_368,
      'RX 6950 XT': 16_368,
      'RX 7600': 8_176,
      'RX 7600 XT': 16_368,
      'RX 7700 XT': 12_272,
      'RX 7800 XT': 16_368,
      'RX 7900 GRE': 16_368,
      'RX 7900 XT': 20_464,
      'RX 7900 XTX': 24_560,
      'RX 9060 XT': null,
      'RX 9070': 16_304,
      'RX 9070 XT': 16_304,
      'PRO W6800': 30_704,
      'PRO W7800': 32_752,
      'PRO W7900': 49_136,
      // Inside a processor: as large as the machine's owner lets them be.
      '680M': null,
      '760M': null,
      '780M': null,
      '880M': null,
      '890M': null,
      '8050S': null,
      '8060S': null,
    },
  ],
  [
    'AMD Instinct ',
    { library: 'ROCm' },
    {
      MI50: null,
      MI60: 32_752,
      MI100: 32_752,
      MI210: 65_520,
      // Each half of the card is a GPU of its own.
      MI250: 65_520,
      MI250X: 65_520,
      MI300A: 131_056,
      MI300X: 196_592,
      MI325X: 262_128,
      MI355X: 294_896,
    },
  ],
  [
    'Intel ',
    { library: 'Vulkan' },
    {
      'Arc A750': 8_128,
      'Arc A770': null,
      'Arc B570': 10_200,
      'Arc B580': 12_216,
      'Arc Pro B60': 24_480,
      'Arc Pro B70': 32_656,
      'Data Center GPU Max 1100': 49_136,
    },
  ],
  [
    'Apple ',
    { library: 'Metal' },
    Object.fromEntries(
      ['M1', 'M2', 'M3', 'M4', 'M5'].flatMap((chip) =>
        ['', ' Pro', ' Max', ' Ultra'].map((kind): [string, null] => [chip + kind, null]),
      ),
    ),
  ],
];

function key(name: string): string {
  return name
    .toLowerCase()
    .replace(/\b(?:laptop|mobile|notebook|max-q)(?: gpu)?\b/g, 'laptop')
    .replace(/nvidia|geforce|quadro|tesla|amd|radeon|instinct|intel|apple|\bpro (?=w\d)|[\s_()-]/g, '');
}

const BY_KEY: ReadonlyMap<string, TypedCard> = new Map(
  OTHERS.flatMap(([prefix, facts, cards]) =>
    Object.entries(cards).map(([name, mib]): [string, TypedCard] => [
      key(prefix + name),
      { name: prefix + name, totalBytes: mib === null ? null : mib * MIB, ...facts },
    ]),
  ),
);

/** What people leave out: `4090`, `1080 Ti`, `7900 XTX`, `A6000`, `B580`. */
const LEFT_OUT = ['', 'RTX ', 'GTX ', 'RX ', 'Arc ', 'RTX PRO '] as const;
/** A size behind the name that only says again what the card has, or which of two it is: `RTX 3090 24GB`. */
const SIZE_BEHIND = /^(.*?)[\s(-]*(\d{1,4})\s*(?:GiB|GB|G)\)?$/i;

/**
 * The card that a person named, in any spelling: `4090`, `rtx4090`, `NVIDIA GeForce RTX 4090`, `H100 80GB`, `7900 XTX`.
 * @returns null where no card is called so
 */
export function findTypedCard(text: string): TypedCard | null {
  const name = text.trim();
  if (name === '' || name.length > 80) {
    return null;
  }
  return findPlain(name) ?? findPlain(withoutMarks(name));
}

/**
 * A driver's name without what tells nothing of the memory: `Intel(R) Arc(TM) B580 Graphics`, `NVIDIA H100 80GB HBM3`,
 * `Tesla V100-SXM2-32GB`, `NVIDIA RTX PRO 6000 Blackwell Server Edition`, `Orin (nvgpu)`. The 480 GB of a GH200 are its
 * processor's.
 */
function withoutMarks(name: string): string {
  return name
    .replace(/\((?:R|TM|C|nvgpu)\)/gi, ' ')
    .replace(/\b(?:HBM\d\w?|PCIe|SXM\d?|Generation|Blackwell|Max-Q|(?:Workstation|Server) Edition)\b/gi, ' ')
    .replace(/\b(GH200)\s+\d+\s?GB\b/i, '$1')
    .replace(/\bGraphics\s*(?=$|\d)/i, '')
    .replace(/\s*-\s*(?=\s|$)|\s+/g, ' ')
    .trim();
}

function findPlain(name: string): TypedCard | null {
  const whole = named(name);
  if (whole !== null) {
    return whole;
  }
  const match = SIZE_BEHIND.exec(name);
  const card = match === null ? null : named(match[1]!);
  if (match === null || card === null) {
    return null;
  }
  const bytes = Number(match[2]) * GIB;
  if (card.totalBytes === null) {
    return { ...card, totalBytes: bytes };
  }
  // A card that never had this size is another card, or a slip: better asked than guessed.
  return Math.abs(card.totalBytes - bytes) / bytes < 0.12 ? card : null;
}

function named(text: string): TypedCard | null {
  for (const left of LEFT_OUT) {
    const card = findCard(left + text) ?? BY_KEY.get(key(left + text)) ?? null;
    if (card !== null) {
      return card;
    }
  }
  return null;
}

/** The card that was probably meant by a name that is none. */
export function nearestCard(text: string): string | null {
  const shorter = (name: string) =>
    name.replace(/^(?:NVIDIA GeForce|NVIDIA|Tesla|AMD Radeon|AMD Instinct|AMD|Intel|Apple) /, '');
  const names = [...cardNames(), ...[...BY_KEY.values()].map((card) => card.name)].map(shorter);
  return nearestWord(text, names) ?? nearestWord(`RTX ${text}`, names) ?? nearestWord(`RX ${text}`, names);
}
