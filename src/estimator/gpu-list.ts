/**
 * GPUs as people write them: sizes (`4x8GiB`, `24GiB,8GiB`), with what is free behind a colon (`24GiB:22.1GiB`), with a
 * name (`RTX 3090=24GiB`, `2 x RTX 3090 = 24GiB:23GiB`), or a known card alone in any spelling (`4090`, `2x4090`,
 * `RTX 3090 x2`, `2x3090,1xA100`, `7900 XTX`).
 */

import { GIB, MIB } from '../base/bytes.ts';
import { CodedError } from '../base/coded.ts';
import { singleLine } from '../base/text.ts';
import { findTypedCard, nearestCard, type TypedCard } from './typed-card.ts';
import type { GpuDevice } from './types.ts';

export type GpuListErrorCode =
  /** Nothing is there. */
  | 'gpus-empty'
  /** One entry cannot be read. Params: `entry`. */
  | 'gpus-entry'
  /** A number that is no card's and too large for GiB. Params: `entry`, `number`. */
  | 'gpus-bare-number'
  /** No such card; one that is called much like it. Params: `entry`, `near`. */
  | 'gpus-unknown-card'
  /** A card that is sold with different memory. Params: `entry`, `card`. */
  | 'gpus-which-size'
  /** A size outside 256 MiB to 1 TiB. Params: `entry`. */
  | 'gpus-size'
  /** More free than total. Params: `entry`. */
  | 'gpus-free-above-total'
  /** Params: `max`. */
  | 'gpus-too-many';

/** A declaration that cannot be read. `params.entry` is the text as typed, cut: UNTRUSTED. */
export class GpuListError extends CodedError<GpuListErrorCode> {
  override readonly name = 'GpuListError';
}

const MAX_GPUS = 64;
const MAX_TEXT = 2_000;
const MIN_BYTES = 256 * MIB;
/** More than any GPU has; unified memory goes up to half of it. */
const MAX_BYTES = 1024 * GIB;
/** A number without a unit is GiB up to here; beyond it nobody means GiB. */
const MAX_BARE_GIB = 512;
const SIZE = /^(\d{1,9}(?:\.\d{1,6})?)\s*(TiB|TB|T|GiB|GB|G|MiB|MB|M)?$/i;
const TIMES = '(?:[x×*✕✖]|张|块|个|卡)';
const COUNT_BEFORE = new RegExp(String.raw`^(\d{1,4})\s*${TIMES}\s*(.+)$`, 'i');
const COUNT_APART = /^(\d{1,2})\s+(.+)$/;
const COUNT_BEHIND = new RegExp(String.raw`^(.+?)\s*\(?\s*${TIMES}\s*(\d{1,4})\)?$`, 'i');

interface Entry {
  readonly count: number;
  readonly device: GpuDevice;
}

/**
 * Reads a declaration. A unit may be left out (GiB, up to 512); `GB` means GiB as on a card's box. A known card needs no
 * size: it counts as empty.
 * @returns the GPUs in the order written; `freeBytes` is `totalBytes` where no free size is given
 * @throws GpuListError
 */
export function parseGpuList(text: string): readonly GpuDevice[] {
  if (text.trim() === '') {
    throw new GpuListError('gpus-empty');
  }
  if (text.length > MAX_TEXT) {
    throw new GpuListError('gpus-too-many', { max: MAX_GPUS });
  }
  const gpus: GpuDevice[] = [];
  for (const part of text.normalize('NFKC').split(/[,;+、]|\s(?:and|和|及)\s/)) {
    const { count, device } = readEntry(part.trim());
    if (count === 0) {
      throw new GpuListError('gpus-entry', { entry: singleLine(part.trim(), 60) });
    }
    if (gpus.length + count > MAX_GPUS) {
      throw new GpuListError('gpus-too-many', { max: MAX_GPUS });
    }
    for (let i = 0; i < count; i++) {
      gpus.push(device);
    }
  }
  return gpus;
}

function readEntry(text: string): Entry {
  const entry = singleLine(text, 60);
  const equals = text.indexOf('=');
  if (equals >= 0) {
    return readNamed(text.slice(0, equals).trim(), text.slice(equals + 1).trim(), entry);
  }
  const read = readSizes(text, entry) ?? readCard(text, entry);
  if (read !== null) {
    return { count: 1, device: read };
  }
  for (const { count, rest } of countings(text)) {
    const device = readSizes(rest, entry) ?? readCard(rest, entry);
    if (device !== null) {
      return { count, device };
    }
  }
  throw notRead(text, entry);
}

/** `RTX 3090=24GiB`, `2 x RTX 3090 = 24GiB:23GiB`, `RTX 4090 = 2x24GiB`: any name, with its size. */
function readNamed(name: string, sizes: string, entry: string): Entry {
  // A card whose name begins like a count (`7900 XTX`) is that card.
  const [before] = findTypedCard(name) === null ? countings(name).filter(({ count }) => count <= MAX_GPUS) : [];
  const [behind] = readSizes(sizes, entry) === null ? countings(sizes) : [];
  const device = readSizes(behind?.rest ?? sizes, entry);
  const typed = singleLine(before?.rest ?? name, 100);
  if (device === null || typed === '' || (before !== undefined && behind !== undefined)) {
    throw new GpuListError('gpus-entry', { entry });
  }
  const card = findTypedCard(typed);
  return {
    count: before?.count ?? behind?.count ?? 1,
    device: { ...device, name: typed, ...kindOf(card) },
  };
}

/** Ways to take a number of cards off a text. */
function countings(text: string): readonly { readonly count: number; readonly rest: string }[] {
  const found: { count: number; rest: string }[] = [];
  const before = COUNT_BEFORE.exec(text) ?? COUNT_APART.exec(text);
  if (before !== null) {
    found.push({ count: Number(before[1]), rest: before[2]!.trim() });
  }
  const behind = COUNT_BEHIND.exec(text);
  if (behind !== null) {
    found.push({ count: Number(behind[2]), rest: behind[1]!.trim() });
  }
  // `4091x2` is no four thousand GPUs; `65x8GiB` is too many of them.
  return found.filter(({ count, rest }) => count <= MAX_GPUS || /[a-z]/i.test(rest));
}

/** `24GiB`, `24GiB:22.1GiB`; null where it is no size at all. */
function readSizes(text: string, entry: string): GpuDevice | null {
  const [total = '', free, ...more] = text.split(':').map((part) => part.trim());
  const totalBytes = toBytes(total);
  if (totalBytes === null || more.length > 0) {
    return null;
  }
  const freeBytes = free === undefined ? totalBytes : toBytes(free);
  if (freeBytes === null) {
    return null;
  }
  return sized('GPU', totalBytes, freeBytes, entry);
}

function sized(name: string, totalBytes: number, freeBytes: number, entry: string): GpuDevice {
  if (totalBytes < MIN_BYTES || totalBytes > MAX_BYTES) {
    throw new GpuListError('gpus-size', { entry });
  }
  if (freeBytes > totalBytes) {
    throw new GpuListError('gpus-free-above-total', { entry });
  }
  return { name, totalBytes, freeBytes };
}

/** A known card, with what is free of it behind a colon where somebody says so. */
function readCard(text: string, entry: string): GpuDevice | null {
  const colon = text.lastIndexOf(':');
  const freeBytes = colon < 0 ? null : toBytes(text.slice(colon + 1).trim());
  const card = findTypedCard(freeBytes === null ? text : text.slice(0, colon));
  if (card === null) {
    return null;
  }
  if (card.totalBytes === null) {
    throw new GpuListError('gpus-which-size', { entry, card: card.name });
  }
  return { ...sized(card.name, card.totalBytes, freeBytes ?? card.totalBytes, entry), ...kindOf(card) };
}

function kindOf(card: TypedCard | null): Pick<GpuDevice, 'computeCapability' | 'library'> {
  return {
    ...(card?.computeCapability === undefined ? {} : { computeCapability: card.computeCapability }),
    ...(card?.library === undefined ? {} : { library: card.library }),
  };
}

/** Why an entry is none: a number too large for GiB, a card that is called otherwise, or nothing that is known. */
function notRead(text: string, entry: string): GpuListError {
  const names = [text, ...countings(text).map(({ rest }) => rest)].filter((name) => name !== '');
  const bare = names.find((name) => /^\d{3,9}(?:\.\d+)?$/.test(name));
  if (bare !== undefined) {
    return new GpuListError('gpus-bare-number', { entry, number: bare });
  }
  for (const name of names) {
    const near = nearestCard(name);
    if (near !== null) {
      return new GpuListError('gpus-unknown-card', { entry, near });
    }
  }
  return new GpuListError('gpus-entry', { entry });
}

/** Bytes of a size; null where it is none, or a bare number beyond what anybody means by GiB. */
function toBytes(text: string): number | null {
  const match = SIZE.exec(text);
  if (match === null || (match[2] === undefined && Number(match[1]) > MAX_BARE_GIB)) {
    return null;
  }
  const letter = (match[2] ?? 'G').charAt(0).toUpperCase();
  return Math.round(Number(match[1]) * (letter === 'T' ? 1024 * GIB : letter === 'M' ? MIB : GIB));
}
