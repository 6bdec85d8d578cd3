/**
 * The GPU of a Mac with Apple's own chip, of what macOS tells without root. For Ollama its memory is Metal's
 * `recommendedMaxWorkingSetSize` (ggml-metal; an administrator sets it by `iogpu.wired_limit_mb`), and what the system
 * has left is counted as `getFreeMemory` of discover/gpu_info_darwin.m counts it (Ollama v0.33.0).
 */

import { MIB } from '../../base/bytes.ts';
import { singleLine } from '../../base/text.ts';
import { failedReading, measuredReading, type Reading } from '../source.ts';
import type { Gpu, HostMemory } from '../types.ts';
import { bytesOrNull, gpuError, readNumber } from '../values.ts';

/** What the tools of macOS print, as they print it; empty where one failed. */
export interface AppleTexts {
  /** Of {@link SYSCTL_ARGS}. */
  readonly sysctl: string;
  /** Of `vm_stat`. */
  readonly vmStat: string;
  /** Of {@link ACCELERATOR_ARGS}. */
  readonly accelerator: string;
  /** Of {@link WORKING_SET_ARGS}: bytes. */
  readonly workingSet: string;
}

export const SYSCTL_ARGS = ['hw.memsize', 'machdep.cpu.brand_string', 'iogpu.wired_limit_mb'] as const;
/** `PerformanceStatistics` of the accelerator: how much GPU memory is in use, and how busy it is. */
export const ACCELERATOR_ARGS = ['-r', '-d', '1', '-w', '0', '-c', 'IOAccelerator'] as const;
/** For `osascript`, which every Mac has: Metal itself is asked what Ollama asks it. */
export const WORKING_SET_ARGS = [
  '-l',
  'JavaScript',
  '-e',
  'ObjC.import("Metal"); ObjC.bindFunction("MTLCreateSystemDefaultDevice", ["id", []]); String(Number($.MTLCreateSystemDefaultDevice().recommendedMaxWorkingSetSize))',
] as const;

/**
 * Makes a reading. Where neither Metal nor the administrator tells the limit, the GPU has all of the machine's memory
 * here: the estimator then cuts it back by its rule, and says so.
 */
export function appleReading(
  texts: AppleTexts,
  at: { readonly source: Reading['source']; readonly host: string; readonly takenAtMs: number },
): Reading {
  const setting = (name: string): string | null =>
    new RegExp(`^${name.replaceAll('.', String.raw`\.`)}: (.{1,200})$`, 'm').exec(texts.sysctl)?.[1]?.trim() ?? null;
  const memoryBytes = bytes(setting('hw.memsize'));
  const chip = singleLine(setting('machdep.cpu.brand_string') ?? '', 128);
  if (memoryBytes === null || memoryBytes === 0 || !/^Apple\b/.test(chip)) {
    return failedReading(at, [gpuError('no-devices', {}, chip)]);
  }
  const hostMemory = readVmStat(texts.vmStat, memoryBytes);
  const wiredMib = readNumber(setting('iogpu.wired_limit_mb') ?? '') ?? 0;
  const limitBytes = bytes(texts.workingSet) ?? (wiredMib > 0 ? bytesOrNull(wiredMib * MIB) : null);
  const totalBytes = limitBytes !== null && limitBytes > 0 ? Math.min(limitBytes, memoryBytes) : memoryBytes;
  const statistic = (name: string): number | null =>
    readNumber(new RegExp(`"${name}"=(\\d{1,18})(?=[,}])`).exec(texts.accelerator)?.[1] ?? '');
  const inUse = bytesOrNull(statistic('In use system memory') ?? -1);
  const freeBytes =
    hostMemory === null ? null : Math.max(0, Math.min(totalBytes - (inUse ?? 0), hostMemory.availableBytes));
  const gpu: Gpu = {
    // One to a machine, and nothing of it says which.
    uuid: 'apple-0',
    pci: null,
    index: 0,
    name: chip,
    totalBytes,
    usedBytes: freeBytes === null ? null : totalBytes - freeBytes,
    freeBytes,
    reservedBytes: null,
    utilPct: statistic('Device Utilization %'),
    tempC: null,
    powerW: null,
    powerLimitW: null,
    computeCapability: null,
    vendor: 'apple',
    state: freeBytes === null ? 'unreadable' : 'uma',
    notes: [{ code: 'shared-with-system', params: {} }],
  };
  return measuredReading({ ...at, hostMemory }, [gpu]);
}

/** Pages that count as used, and those of them that can be had back. */
const USED_PAGES = [
  'Pages active',
  'Pages inactive',
  'Pages speculative',
  'Pages wired down',
  'Pages occupied by compressor',
];
const GIVEN_BACK_PAGES = ['Pages purgeable', 'File-backed pages'];

/** The machine's memory of `vm_stat`; `null` where a figure is missing. macOS makes swap as it needs it. */
function readVmStat(text: string, totalBytes: number): HostMemory | null {
  const pageBytes = readNumber(/page size of (\d{3,6}) bytes/.exec(text)?.[1] ?? '');
  const sum = (names: readonly string[]): number | null =>
    names.reduce<number | null>((total, name) => {
      const pages = readNumber(new RegExp(`^${name}: +(\\d{1,15})\\.$`, 'm').exec(text)?.[1] ?? '');
      return total === null || pages === null ? null : total + pages;
    }, 0);
  const used = sum(USED_PAGES);
  const back = sum(GIVEN_BACK_PAGES);
  if (pageBytes === null || used === null || back === null) {
    return null;
  }
  const availableBytes = totalBytes - (used - back) * pageBytes;
  return { totalBytes, availableBytes: Math.min(totalBytes, Math.max(0, availableBytes)), swapFreeBytes: null };
}

function bytes(text: string | null): number | null {
  const value = readNumber(text ?? '');
  return value === null ? null : bytesOrNull(value);
}
