/** Chance that can be repeated: the same seed gives the same numbers. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  pick<T>(list: readonly T[]): T;
  chance(share: number): boolean;
}

/** mulberry32, a generator of 32 bits of state that is good enough to choose inputs (Tommy Ettinger, public domain). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (most: number) => Math.floor(next() * most);
  return { next, below, pick: (list) => list[below(list.length)]!, chance: (share) => next() < share };
}

/** What breaks parsers: ends of ranges, other scripts, controls, words of other languages, pieces of markup. */
const PIECES = [
  '',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\0',
  '\u2028',
  '\u202e',
  '\u00ad',
  '\ud800',
  '😀',
  '١٢',
  '１２',
  'NaN',
  'Infinity',
  '-0',
  '-1',
  '0',
  '1',
  '1e308',
  '1e-400',
  '9007199254740993',
  '2147483647',
  '2147483648',
  '4294967296',
  '18446744073709551615',
  '0x10',
  '1,024',
  '1_000',
  'null',
  'true',
  '[]',
  '{}',
  '[[[[',
  '{"a":',
  '"',
  "'",
  '\\',
  '%00',
  '%ff',
  '../',
  '://',
  '@',
  ':',
  ',',
  ';',
  '=',
  '*',
  '/',
  '#',
  '<@1>',
  '__proto__',
  'constructor',
  'toString',
  '(a+)+$',
  'x'.repeat(300),
  '-'.repeat(80),
  '[N/A]',
  '[Insufficient Permissions]',
  'GiB',
  'MiB',
  'MiB/s',
] as const;

/** A text made from others: pieces cut out, doubled, swapped, and things put in between. */
export function mutate(random: Random, text: string, other: string): string {
  let result = text;
  for (let turn = random.below(6); turn >= 0; turn--) {
    const at = random.below(result.length + 1);
    const end = Math.min(result.length, at + random.below(20));
    switch (random.below(8)) {
      case 0:
        result = result.slice(0, at) + random.pick(PIECES) + result.slice(at);
        break;
      case 1:
        result = result.slice(0, at) + result.slice(end);
        break;
      case 2:
        result = result.slice(0, end) + result.slice(at);
        break;
      case 3:
        result = result.slice(0, at) + random.pick(PIECES) + result.slice(end);
        break;
      case 4:
        result =
          result.slice(0, at) + String.fromCharCode(random.below(random.chance(0.8) ? 128 : 65_536)) + result.slice(at);
        break;
      case 5:
        result = result.slice(0, at) + other.slice(random.below(other.length + 1));
        break;
      case 6:
        result = result.replace(/\d+/, () => random.pick(PIECES));
        break;
      default:
        result = result.slice(0, at);
    }
  }
  return result.slice(0, 20_000);
}

/** A value of JSON in the place of another. */
export function mutateJson(random: Random, value: unknown, depth = 0): unknown {
  if (random.chance(0.06)) {
    return random.pick<unknown>([
      null,
      true,
      -1,
      0,
      0.5,
      -0,
      1e308,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 53,
      2 ** 63,
      Number.NaN,
      '',
      'x',
      random.pick(PIECES),
      [],
      {},
      [null],
      { a: [] },
    ]);
  }
  if (Array.isArray(value)) {
    const list = value.map((item) => mutateJson(random, item, depth + 1));
    if (random.chance(0.05)) {
      list.splice(random.below(list.length + 1), random.below(3));
    }
    return random.chance(0.02) ? [...list, ...list] : list;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value)
      .filter(() => !random.chance(0.02))
      .map(([key, item]) => [random.chance(0.01) ? random.pick(PIECES) : key, mutateJson(random, item, depth + 1)]);
    return Object.fromEntries(entries);
  }
  return typeof value === 'number' && random.chance(0.05) ? value * random.pick([0, -1, 2, 0.1, 1e6, 1e12]) : value;
}
