/**
 * The JSON of `amd-smi metric --mem-usage --json` and of `rocm-smi --showmeminfo all --json`, both in their old and
 * new shapes (amdsmi amd_smi_commands.py; rocm_smi.py). Warnings may stand before the JSON.
 */

import { MIB } from '../../base/bytes.ts';
import { singleLine } from '../../base/text.ts';
import { sharedPool } from './shared-pool.ts';
import { measuredReading, type Reading } from '../source.ts';
import type { Gpu, HostMemory } from '../types.ts';
import { bytesOrNull, gpuError, normalizePci, readNumber } from '../values.ts';

type Json = Readonly<Record<string, unknown>>;

interface At {
  readonly host: string;
  readonly takenAtMs: number;
  readonly hostMemory: HostMemory | null;
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first JSON document in a text that may begin with warnings; `undefined` when there is none. */
export function jsonAfterBanner(text: string): unknown {
  let start = text.search(/[[{]/);
  // A warning may hold a bracket itself: a few more beginnings are tried, at line starts.
  for (let attempt = 0; attempt < 20 && start >= 0; attempt++) {
    try {
      return JSON.parse(text.slice(start));
    } catch {
      const next = text.slice(start + 1).search(/^\s*[[{]/m);
      start = next < 0 ? -1 : start + 1 + next;
    }
  }
  return undefined;
}

/** `{"value": 42, "unit": "MB"}`, `42`, `"42"`; `"N/A"` is nothing. */
function amount(value: unknown): { readonly number: number; readonly unit: string } | null {
  if (isRecord(value)) {
    const inner = amount(value.value);
    const unit = value.unit;
    return inner === null ? null : { number: inner.number, unit: typeof unit === 'string' ? unit : '' };
  }
  const number = typeof value === 'number' ? value : typeof value === 'string' ? readNumber(value) : null;
  return number === null || !Number.isFinite(number) ? null : { number, unit: '' };
}

/** amd-smi says MB and divides by 1024²: MiB. */
function amdBytes(value: unknown): number | null {
  const read = amount(value);
  if (read === null) {
    return null;
  }
  const factor = read.unit === 'B' ? 1 : read.unit === 'KB' ? 1024 : read.unit === 'GB' ? 1024 * MIB : MIB;
  return bytesOrNull(read.number * factor);
}

function amdGpu(
  index: number,
  facts: {
    readonly uuid: string;
    readonly pci: string | null;
    readonly name: string;
    readonly totalBytes: number | null;
    readonly usedBytes: number | null;
    readonly freeBytes: number | null;
    /** System memory that the GPU may use. */
    readonly gtt: { readonly totalBytes: number | null; readonly usedBytes: number | null };
    readonly utilPct: number | null;
    readonly tempC: number | null;
    readonly powerW: number | null;
  },
  hostMemory: HostMemory | null,
): Gpu {
  const { gtt, ...told } = facts;
  const pool = sharedPool(facts, gtt, hostMemory?.availableBytes ?? null);
  const { totalBytes, usedBytes, freeBytes } = pool ?? facts;
  const isReadable = totalBytes !== null && usedBytes !== null && totalBytes > 0 && usedBytes <= totalBytes;
  return {
    ...told,
    index,
    totalBytes,
    usedBytes: isReadable ? usedBytes : null,
    freeBytes: isReadable ? (freeBytes ?? totalBytes - usedBytes) : null,
    reservedBytes: null,
    powerLimitW: null,
    computeCapability: null,
    vendor: 'amd',
    state: !isReadable ? 'unreadable' : pool === null ? 'ok' : 'uma',
    notes: pool === null ? [] : [{ code: 'shared-with-system', params: {} }],
  };
}

function toReading(source: 'amd-smi' | 'rocm-smi', gpus: readonly Gpu[], { host, takenAtMs, hostMemory }: At): Reading {
  return measuredReading({ source, host, takenAtMs, hostMemory }, gpus);
}

function notJson(source: 'amd-smi' | 'rocm-smi', text: string, at: At): Reading {
  return { ...toReading(source, [], at), errors: [gpuError('not-json', {}, text.slice(0, 300))] };
}

/**
 * @param metricText `amd-smi metric --mem-usage --usage --temperature --power --json`
 * @param listText `amd-smi list --json`, for UUIDs and PCI addresses; `null` when it failed
 */
export function amdSmiReading(metricText: string, listText: string | null, at: At): Reading {
  const json = jsonAfterBanner(metricText);
  const rows = Array.isArray(json) ? json : isRecord(json) && Array.isArray(json.gpu_data) ? json.gpu_data : null;
  if (rows === null) {
    return notJson('amd-smi', metricText, at);
  }
  const list = listText === null ? undefined : jsonAfterBanner(listText);
  const listRows = Array.isArray(list) ? list : isRecord(list) && Array.isArray(list.gpu_data) ? list.gpu_data : [];
  const gpus: Gpu[] = [];
  for (const row of rows.slice(0, 64) as unknown[]) {
    const memory = isRecord(row) ? row.mem_usage : undefined;
    if (!isRecord(row) || !isRecord(memory)) {
      continue;
    }
    const index = typeof row.gpu === 'number' ? row.gpu : gpus.length;
    const listed = (listRows as unknown[]).find((entry): entry is Json => isRecord(entry) && entry.gpu === index);
    const pci = normalizePci(typeof listed?.bdf === 'string' ? listed.bdf : '');
    const uuid = listed?.uuid;
    const usage = isRecord(row.usage) ? row.usage : {};
    const temperature = isRecord(row.temperature) ? row.temperature : {};
    const power = isRecord(row.power) ? row.power : {};
    gpus.push(
      amdGpu(
        index,
        {
          uuid: typeof uuid === 'string' && /^[0-9a-f-]{8,60}$/i.test(uuid) ? `AMD-${uuid}` : `pci:${pci ?? index}`,
          pci,
          name: `AMD GPU ${index}`,
          totalBytes: amdBytes(memory.total_vram),
          usedBytes: amdBytes(memory.used_vram),
          freeBytes: amdBytes(memory.free_vram),
          gtt: { totalBytes: amdBytes(memory.total_gtt), usedBytes: amdBytes(memory.used_gtt) },
          utilPct: amount(usage.gfx_activity)?.number ?? null,
          tempC: amount(temperature.hotspot)?.number ?? amount(temperature.edge)?.number ?? null,
          powerW: amount(power.socket_power)?.number ?? null,
        },
        at.hostMemory,
      ),
    );
  }
  return toReading('amd-smi', gpus, at);
}

/** @param text `rocm-smi --showmeminfo all --showuse --showtemp --showproductname --showbus --showuniqueid --json` */
export function rocmSmiReading(text: string, at: At): Reading {
  const json = jsonAfterBanner(text);
  if (!isRecord(json)) {
    return notJson('rocm-smi', text, at);
  }
  const gpus: Gpu[] = [];
  // Beside the cards there may be a key `system`.
  for (const [key, card] of Object.entries(json)) {
    const number = /^card(\d{1,3})$/.exec(key)?.[1];
    if (number === undefined || !isRecord(card) || gpus.length >= 64) {
      continue;
    }
    const fact = (...names: readonly string[]): string => {
      for (const name of names) {
        if (typeof card[name] === 'string') {
          return card[name];
        }
      }
      return '';
    };
    const bytes = (name: string): number | null => {
      const value = readNumber(fact(name));
      return value === null ? null : bytesOrNull(value);
    };
    const pci = normalizePci(fact('PCI Bus'));
    const unique = fact('Unique ID').replace(/^0x/i, '');
    gpus.push(
      amdGpu(
        Number(number),
        {
          uuid: /^[0-9a-f]{8,32}$/i.test(unique) ? `AMD-${unique.toLowerCase()}` : `pci:${pci ?? number}`,
          pci,
          name: singleLine(fact('Card Series', 'Card series', 'Card Model', 'Card model'), 128) || `AMD GPU ${number}`,
          totalBytes: bytes('VRAM Total Memory (B)'),
          usedBytes: bytes('VRAM Total Used Memory (B)'),
          freeBytes: null,
          gtt: { totalBytes: bytes('GTT Total Memory (B)'), usedBytes: bytes('GTT Total Used Memory (B)') },
          utilPct: readNumber(fact('GPU use (%)')),
          tempC: readNumber(fact('Temperature (Sensor junction) (C)', 'Temperature (Sensor edge) (C)')),
          powerW: null,
        },
        at.hostMemory,
      ),
    );
  }
  return toReading('rocm-smi', gpus, at);
}
