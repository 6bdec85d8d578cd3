/**
 * GPUs that somebody declares instead of measuring: `4x8GiB`, `24GiB,8GiB`, `24GiB:22.1GiB` (total:free), each with a
 * name if wanted (`RTX 3090=24GiB`, `2 x RTX 3090 = 24GiB:23GiB`), or by a known name alone (`4x GTX 1070 Ti`).
 */

import { GIB, MIB } from '../base/bytes.ts';
import type { GpuDevice } from '../estimator/types.ts';
import { findCard } from './cards.ts';
import { createSource } from './source.ts';
import type { Clock, Gpu, GpuSnapshot, GpuSource } from './types.ts';
import { cleanText } from './values.ts';

export type GpuListErrorCode =
  /** Nothing is there. */
  | 'gpus-empty'
  /** One entry cannot be read. Params: `entry`. */
  | 'gpus-entry'
  /** A size outside 256 MiB to 4 TiB. Params: `entry`. */
  | 'gpus-size'
  /** More free than total. Params: `entry`. */
  | 'gpus-free-above-total'
  /** Params: `max`. */
  | 'gpus-too-many';

/** A declaration that cannot be read. `params.entry` is the text as typed, cut: UNTRUSTED. */
export class GpuListError extends Error {
  readonly code: GpuListErrorCode;
  readonly params: Readonly<Record<string, string | number>>;

  constructor(code: GpuListErrorCode, params: Readonly<Record<string, string | number>> = {}) {
    super(`${code} ${JSON.stringify(params)}`);
    this.name = 'GpuListError';
    this.code = code;
    this.params = params;
  }
}

const MAX_GPUS = 64;
const MAX_TEXT = 2_000;
const MIN_BYTES = 256 * MIB;
const MAX_BYTES = 4096 * GIB;
const SIZE = String.raw`(\d{1,9}(?:\.\d{1,6})?)\s*(TiB|TB|T|GiB|GB|G|MiB|MB|M)?`;
const ENTRY = new RegExp(
  String.raw`^(?:(\d{1,4})\s*[x×*]\s*)?(?:([^=]{1,100}?)\s*=\s*)?(?:(\d{1,4})\s*[x×*]\s*)?${SIZE}(?:\s*:\s*${SIZE})?$`,
  'i',
);

/** Just a name, with a number before it: `4x GTX 1070 Ti`, `RTX 3090`. */
const NAMED = /^(?:(\d{1,4})\s*[x×*]\s*)?([a-z][a-z0-9 _-]{1,60})$/i;

/**
 * Reads a declaration. A unit may be left out (GiB); `GB` means GiB as on a card's box. A known card needs no size: it
 * counts as empty.
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
  for (const part of text.split(/[,;+，；]/)) {
    const { count, device } = readEntry(part.trim());
    if (count === 0) {
      throw new GpuListError('gpus-entry', { entry: cleanText(part.trim(), 60) });
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

function readEntry(text: string): { readonly count: number; readonly device: GpuDevice } {
  const entry = cleanText(text, 60);
  const named = NAMED.exec(text);
  const known = named === null ? null : findCard(named[2]!);
  if (known !== null) {
    const { name, totalBytes, computeCapability } = known;
    return { count: Number(named?.[1] ?? 1), device: { name, totalBytes, freeBytes: totalBytes, computeCapability } };
  }
  const match = ENTRY.exec(text);
  if (!match || (match[1] !== undefined && match[3] !== undefined)) {
    throw new GpuListError('gpus-entry', { entry });
  }
  const totalBytes = toBytes(match[4]!, match[5]);
  const freeBytes = match[6] === undefined ? totalBytes : toBytes(match[6], match[7]);
  if (totalBytes < MIN_BYTES || totalBytes > MAX_BYTES) {
    throw new GpuListError('gpus-size', { entry });
  }
  if (freeBytes > totalBytes) {
    throw new GpuListError('gpus-free-above-total', { entry });
  }
  const name = cleanText(match[2] ?? '', 100) || 'GPU';
  const card = findCard(name);
  return {
    count: Number(match[1] ?? match[3] ?? 1),
    device: { name, totalBytes, freeBytes, ...(card === null ? {} : { computeCapability: card.computeCapability }) },
  };
}

function toBytes(number: string, unit: string | undefined): number {
  const letter = (unit ?? 'G').charAt(0).toUpperCase();
  return Math.round(Number(number) * (letter === 'T' ? 1024 * GIB : letter === 'M' ? MIB : GIB));
}

/** A source of declared GPUs: all free memory as declared. {@link withOllamaUsage} takes off what Ollama reports. */
export function createDeclaredSource(text: string, clock: Clock = Date.now): GpuSource {
  const declared = parseGpuList(text);
  const gpus = declared.map(
    (device, index): Gpu => ({
      uuid: `declared-${index}`,
      pci: null,
      index,
      name: device.name,
      totalBytes: device.totalBytes,
      usedBytes: device.totalBytes - device.freeBytes,
      freeBytes: device.freeBytes,
      reservedBytes: null,
      utilPct: null,
      tempC: null,
      powerW: null,
      powerLimitW: null,
      computeCapability: device.computeCapability ?? null,
      vendor: 'unknown',
      state: 'ok',
      notes: [{ code: 'declared', params: {} }],
    }),
  );
  return createSource({
    kind: 'declared',
    snapshotKind: 'declared',
    host: 'declared',
    description: `${gpus.length} GPU`,
    clock,
    timeoutMs: 1_000,
    reader: () =>
      Promise.resolve({
        source: 'declared',
        host: 'declared',
        takenAtMs: clock(),
        status: 'ok',
        basis: 'declared',
        gpus,
        processes: null,
        errors: [],
        driverVersion: null,
        hostMemory: null,
      }),
  });
}

/**
 * Declared GPUs with what Ollama says it holds taken off. Ollama does not tell where a model sits: each model goes to
 * the emptiest GPU if it fits there, as its scheduler does, else it is shared out in proportion to free memory. The sum
 * is right, the split is a guess; the note `declared` says so. Measured snapshots come back as they are.
 * @param sizesVram `size_vram` of each loaded model, bytes; `null`: Ollama does not answer, so free memory is unknown
 */
export function withOllamaUsage(snapshot: GpuSnapshot, sizesVram: readonly number[] | null): GpuSnapshot {
  if (snapshot.basis !== 'declared') {
    return snapshot;
  }
  if (sizesVram === null) {
    return { ...snapshot, gpus: snapshot.gpus.map((gpu) => ({ ...gpu, usedBytes: null, freeBytes: null })) };
  }
  const free = snapshot.gpus.map((gpu) => gpu.freeBytes ?? 0);
  for (const size of [...sizesVram].sort((a, b) => b - a)) {
    const roomiest = free.indexOf(Math.max(...free));
    if (roomiest >= 0 && free[roomiest]! >= size) {
      free[roomiest]! -= size;
      continue;
    }
    const sum = free.reduce((total, bytes) => total + bytes, 0);
    const taken = Math.min(size, sum);
    for (let i = 0; i < free.length; i++) {
      free[i]! -= sum === 0 ? 0 : Math.min(free[i]!, Math.round((taken * free[i]!) / sum));
    }
  }
  const gpus = snapshot.gpus.map((gpu, i) => ({
    ...gpu,
    freeBytes: free[i]!,
    usedBytes: (gpu.totalBytes ?? 0) - free[i]!,
  }));
  return { ...snapshot, gpus };
}
