/**
 * What Intel's xpu-smi prints (intel/xpumanager). From 2.0 on one query as nvidia-smi's (`--query-gpu`, docs/sphinx/xpu-smi/
 * overview.rst; MiB by ial/cmn/metrics/memory.cpp). Before that two questions: `discovery` lists the cards, and for each
 * `discovery -d N -j` tells its memory in bytes, as text (issue 127 has one of an Arc Pro B60).
 */

import { singleLine } from '../../base/text.ts';
import { bytesOrNull, normalizePci, readMiB, readNumber } from '../values.ts';

/** One card as a tool or the driver tells it; `null` is what it does not tell. */
export interface IntelCard {
  readonly index: number | null;
  readonly uuid: string | null;
  readonly pci: string | null;
  readonly name: string;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
  readonly freeBytes: number | null;
  readonly utilPct: number | null;
  readonly tempC: number | null;
  readonly powerW: number | null;
  readonly powerLimitW: number | null;
  readonly driverVersion: string | null;
}

/** The name stands last: it alone may hold a comma. */
const FIELDS = [
  'index',
  'uuid',
  'pci.bus_id',
  'driver_version',
  'memory.total',
  'memory.used',
  'memory.free',
  'utilization.gpu',
  'temperature.gpu',
  'power.draw',
  'power.limit',
  'name',
] as const;

/** xpu-smi 2.0 and later. */
export const QUERY_ARGS = [`--query-gpu=${FIELDS.join(',')}`, '--format=csv,noheader,nounits'] as const;
/** Earlier ones. */
export const LIST_ARGS = ['discovery', '-j'] as const;
export const cardArgs = (index: number): readonly string[] => ['discovery', '-d', String(index), '-j'];

const MAX_CARDS = 64;

/** Reads the rows of {@link QUERY_ARGS}; `null` where the text has none, as from a version that does not know them. */
export function parseQueryRows(text: string): readonly IntelCard[] | null {
  const cards: IntelCard[] = [];
  for (const line of text.split(/\r?\n/).slice(0, 1_024)) {
    const cells = line.slice(0, 4_096).split(/,\s*/);
    if (cells.length < FIELDS.length || readNumber(cells[0]!) === null || cards.length >= MAX_CARDS) {
      continue;
    }
    const [index, uuid, pci, driver, total, used, free, util, temp, power, limit] = cells as string[];
    cards.push({
      index: readNumber(index!),
      uuid: readUuid(uuid!),
      pci: normalizePci(pci!),
      name: singleLine(cells.slice(FIELDS.length - 1).join(', '), 128),
      totalBytes: readMiB(total!),
      usedBytes: readMiB(used!),
      freeBytes: readMiB(free!),
      utilPct: readNumber(util!),
      tempC: readNumber(temp!),
      powerW: readNumber(power!),
      powerLimitW: readNumber(limit!),
      driverVersion: readWord(driver!),
    });
  }
  return cards.length === 0 ? null : cards;
}

/** The numbers of the cards that {@link LIST_ARGS} lists; `null` where the text is no such list. */
export function parseList(text: string): readonly number[] | null {
  const list = recordOf(text)?.device_list;
  if (!Array.isArray(list)) {
    return null;
  }
  return list
    .slice(0, MAX_CARDS)
    .flatMap((entry: unknown) =>
      isRecord(entry) && Number.isInteger(entry.device_id) ? [Number(entry.device_id)] : [],
    )
    .filter((index) => index >= 0 && index < 1_000);
}

/** Reads the answer of {@link cardArgs}; `null` where it is none. */
export function parseCard(text: string): IntelCard | null {
  const card = recordOf(text);
  if (card === null || typeof card.device_name !== 'string') {
    return null;
  }
  const word = (name: string): string => (typeof card[name] === 'string' ? card[name] : '');
  const bytes = (name: string): number | null => {
    const value = readNumber(word(name));
    return value === null ? null : bytesOrNull(value);
  };
  return {
    index: typeof card.device_id === 'number' && Number.isInteger(card.device_id) ? card.device_id : null,
    uuid: readUuid(word('uuid')),
    pci: normalizePci(word('pci_bdf_address')),
    name: singleLine(card.device_name, 128),
    totalBytes: bytes('memory_physical_size_byte'),
    usedBytes: null,
    freeBytes: bytes('memory_free_size_byte'),
    utilPct: null,
    tempC: null,
    powerW: null,
    powerLimitW: null,
    driverVersion: readWord(word('driver_version')),
  };
}

function readUuid(text: string): string | null {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text.trim()) ? text.trim().toLowerCase() : null;
}

function readWord(text: string): string | null {
  return /^[\w.+-]{1,64}$/.test(text.trim()) ? text.trim() : null;
}

function recordOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
