/**
 * The rows of nvidia-smi's CSV (`--format=csv,noheader,nounits`), as data. Field semantics: `nvidia-smi
 * --help-query-gpu`; sizes are MiB. Column count and every number are checked: what does not fit is rejected.
 */

import { MIB } from '../../base/bytes.ts';
import { singleLine } from '../../base/text.ts';
import { nvidiaTextError } from './errors.ts';
import type { Gpu, GpuError, GpuNote, GpuProcess, GpuState, HostMemory } from '../types.ts';
import { normalizePci, readMiB, readNumber } from '../values.ts';

/** Everything we want; an old driver that does not know one of them answers exit 2 and no data. */
export const FULL_FIELDS = [
  'index',
  'uuid',
  'name',
  'memory.total',
  'memory.used',
  'memory.free',
  'memory.reserved',
  'utilization.gpu',
  'temperature.gpu',
  'power.draw',
  'power.limit',
  'driver_version',
  'compute_cap',
  'pci.bus_id',
  'mig.mode.current',
] as const;

/** What every driver knows. */
export const SHORT_FIELDS = ['index', 'uuid', 'name', 'memory.total', 'memory.used', 'memory.free'] as const;

/** The process name is unquoted and attacker-chosen: it stands last. */
export const APP_FIELDS = ['gpu_uuid', 'pid', 'used_memory', 'process_name'] as const;

/** GPUs whose memory is the system's: `memory.*` is `[N/A]` there although all is well. */
const UMA_NAME = /\bGB10\b|DGX Spark|\bOrin\b|\bThor\b|\bXavier\b/i;

/** Rounding of three MiB figures; more than that means the numbers do not belong together. */
const SUM_TOLERANCE_BYTES = 3 * MIB;

/** Whether a GPU of this name shares the machine's memory. */
export function isUnifiedMemoryName(name: string): boolean {
  return UMA_NAME.test(name) || /^Apple\b/i.test(name);
}

/** More than any machine has; what comes after is noise. */
const MAX_LINES = 1_024;
const MAX_LINE = 4_096;

export interface ParsedGpus {
  readonly gpus: readonly Gpu[];
  readonly errors: readonly GpuError[];
  /** Lines that are neither a row nor a known message. */
  readonly badRows: number;
  readonly driverVersion: string | null;
}

/**
 * Parses GPU rows.
 * @param fields the fields as asked
 * @param hostMemory used for unified memory; without it such a GPU is `unreadable`
 */
export function parseGpuRows(text: string, fields: readonly string[], hostMemory: HostMemory | null): ParsedGpus {
  const gpus: Gpu[] = [];
  const errors: GpuError[] = [];
  let badRows = 0;
  let driverVersion: string | null = null;
  const seen = new Set<string>();
  let lines = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') {
      continue;
    }
    lines += 1;
    if (lines > MAX_LINES || line.length > MAX_LINE) {
      badRows += 1;
      continue;
    }
    const cells = line.split(', ').map((cell) => cell.trim());
    const cell = (name: string): string | null => {
      const position = fields.indexOf(name);
      return position < 0 ? null : (cells[position] ?? null);
    };
    const gpu = cells.length === fields.length ? readGpu(cell, hostMemory) : null;
    if (gpu === null || seen.has(gpu.uuid)) {
      const error = nvidiaTextError(line);
      if (error !== null) {
        errors.push(error);
      } else {
        badRows += 1;
      }
      continue;
    }
    seen.add(gpu.uuid);
    gpus.push(gpu);
    const version = cell('driver_version');
    if (version !== null && /^\d[\d.]*$/.test(version)) {
      driverVersion ??= version;
    }
  }
  return { gpus, errors: errors.slice(0, 16), badRows, driverVersion };
}

function readGpu(cell: (name: string) => string | null, hostMemory: HostMemory | null): Gpu | null {
  const index = readNumber(cell('index') ?? '');
  const name = singleLine(cell('name') ?? '', 128);
  const pci = normalizePci(cell('pci.bus_id') ?? '');
  const uuid = readUuid(cell('uuid') ?? '', pci, index);
  if (uuid === null || name === '') {
    return null;
  }

  const number = (field: string): number | null => readNumber(cell(field) ?? '');
  const memoryTexts = ['memory.total', 'memory.used', 'memory.free'].map((field) => cell(field) ?? '');
  const memory = memoryTexts.map(readMiB);
  const reservedBytes = readMiB(cell('memory.reserved') ?? '');
  const notes: GpuNote[] = [];
  for (const field of [
    'memory.total',
    'memory.used',
    'memory.free',
    'utilization.gpu',
    'temperature.gpu',
    'power.draw',
  ]) {
    const text = cell(field) ?? '';
    if (/insufficient permissions/i.test(text)) {
      notes.push({ code: 'no-permission', params: { field } });
    } else if (/unknown error|ERR!/i.test(text)) {
      notes.push({ code: 'field-unreadable', params: { field } });
    }
  }

  let [totalBytes, usedBytes, freeBytes] = memory as [number | null, number | null, number | null];
  let state: GpuState = 'ok';
  const isLost = [...memoryTexts, cell('uuid') ?? '', cell('utilization.gpu') ?? ''].some((text) =>
    /GPU is lost/i.test(text),
  );
  if (isLost) {
    state = 'lost';
    [totalBytes, usedBytes, freeBytes] = [null, null, null];
  } else if (memoryTexts.every((text) => /^\[?(N\/A|Not Supported)\]?$/i.test(text))) {
    if (isUnifiedMemoryName(name) && hostMemory !== null) {
      state = 'uma';
      totalBytes = hostMemory.totalBytes;
      freeBytes = hostMemory.availableBytes;
      usedBytes = totalBytes - freeBytes;
      notes.push({ code: 'shared-with-system', params: {} });
    } else {
      state = 'unreadable';
    }
  } else if (totalBytes === null || usedBytes === null || freeBytes === null || totalBytes === 0) {
    state = 'unreadable';
  } else if (usedBytes > totalBytes + SUM_TOLERANCE_BYTES || freeBytes > totalBytes + SUM_TOLERANCE_BYTES) {
    // Numbers that contradict each other are no numbers.
    notes.push({ code: 'memory-sum-off', params: { differenceBytes: usedBytes + freeBytes - totalBytes } });
    state = 'unreadable';
    [usedBytes, freeBytes] = [null, null];
  } else if (/^enabled$/i.test(cell('mig.mode.current') ?? '')) {
    state = 'mig';
    notes.push({ code: 'mig-sum-of-slices', params: {} });
  }
  if (state === 'ok' && reservedBytes !== null) {
    const difference = totalBytes! - (usedBytes! + freeBytes! + reservedBytes);
    if (Math.abs(difference) > SUM_TOLERANCE_BYTES) {
      notes.push({ code: 'memory-sum-off', params: { differenceBytes: difference } });
    }
  }
  return {
    uuid,
    pci,
    index,
    name,
    totalBytes,
    usedBytes,
    freeBytes,
    reservedBytes: state === 'lost' ? null : reservedBytes,
    utilPct: number('utilization.gpu'),
    tempC: number('temperature.gpu'),
    powerW: number('power.draw'),
    powerLimitW: number('power.limit'),
    computeCapability: number('compute_cap'),
    vendor: 'nvidia',
    state,
    notes,
  };
}

/** A lost card may not even tell its UUID: then its PCI address or number stands in. */
function readUuid(text: string, pci: string | null, index: number | null): string | null {
  // Jetson prints its UUID without "GPU-".
  if (/^(?:GPU-)?[0-9a-f-]{8,60}$/i.test(text)) {
    return text;
  }
  if (!/^\[[^\]]+\]$|ERR!/.test(text)) {
    return null;
  }
  if (pci !== null) {
    return `pci:${pci}`;
  }
  return index === null ? null : `index:${index}`;
}

export interface ParsedProcesses {
  readonly processes: readonly GpuProcess[];
  readonly badRows: number;
}

const MAX_PROCESSES = 4096;

/** Parses compute-apps rows. An empty text is nobody, not a failure. */
export function parseAppRows(text: string, users: ReadonlyMap<number, string> = new Map()): ParsedProcesses {
  const processes: GpuProcess[] = [];
  let badRows = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === '') {
      continue;
    }
    const match = /^((?:GPU-)?[0-9a-f-]{8,60}|\[[^\]]*\]), (\d{1,10}), ([^,]{1,40}), (.*)$/i.exec(line);
    if (!match || processes.length >= MAX_PROCESSES) {
      badRows += 1;
      continue;
    }
    const pid = Number(match[2]);
    processes.push({
      gpuUuid: match[1]!,
      pid,
      usedBytes: readMiB(match[3]!),
      name: singleLine(match[4]!, 256),
      user: users.get(pid) ?? null,
    });
  }
  return { processes, badRows };
}
