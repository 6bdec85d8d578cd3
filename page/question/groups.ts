/** GPUs as groups of equal ones, and as the text that people write and links carry. */

import { GIB } from '../../src/base/bytes.ts';
import { findCard, type GpuDevice, parseGpuList } from '../../src/estimator/index.ts';
import type { GpuGroup } from './question.ts';

/**
 * Reads a list of GPUs as people write it (`2x4090, 24GiB:22GiB`).
 * @throws GpuListError
 */
export function readGroups(text: string): readonly GpuGroup[] {
  return groupsOf(parseGpuList(text));
}

/** Neighbours that are alike become one group. */
export function groupsOf(devices: readonly GpuDevice[]): readonly GpuGroup[] {
  const groups: GpuGroup[] = [];
  for (const device of devices) {
    const last = groups.at(-1);
    if (last !== undefined && isAlike(last.device, device)) {
      groups[groups.length - 1] = { ...last, count: last.count + 1 };
    } else {
      groups.push({ count: 1, device });
    }
  }
  return groups;
}

function isAlike(a: GpuDevice, b: GpuDevice): boolean {
  return a.name === b.name && a.totalBytes === b.totalBytes && a.freeBytes === b.freeBytes;
}

/** One device for each GPU, in the groups' order. */
export function devicesOf(groups: readonly GpuGroup[]): readonly GpuDevice[] {
  return groups.flatMap(({ count, device }) => Array.from({ length: count }, () => device));
}

/** A list that reads back as the same GPUs. */
export function textOf(groups: readonly GpuGroup[]): string {
  return groups.map(({ count, device }) => `${count === 1 ? '' : `${count}x `}${entryOf(device)}`).join(', ');
}

function entryOf(device: GpuDevice): string {
  const free = device.freeBytes === device.totalBytes ? '' : `:${sizeText(device.freeBytes)}`;
  const short = shortName(device.name);
  if (device.name === 'GPU') {
    return `${sizeText(device.totalBytes)}${free}`;
  }
  return readsBack(short, device) ? `${short}${free}` : `${device.name}=${sizeText(device.totalBytes)}${free}`;
}

/** Whether a name alone means the same card with the same memory. */
function readsBack(name: string, device: GpuDevice): boolean {
  try {
    const read = parseGpuList(name);
    return read.length === 1 && read[0]!.name === device.name && read[0]!.totalBytes === device.totalBytes;
  } catch {
    return false;
  }
}

/** GiB where they are round, else bytes as MiB with what they need of decimals. */
function sizeText(bytes: number): string {
  return bytes % (GIB / 64) === 0 ? `${bytes / GIB}GiB` : `${Number((bytes / 2 ** 20).toFixed(6))}MiB`;
}

/** A card's name as people say it. */
export function shortName(name: string): string {
  return name.replace(/^(?:NVIDIA GeForce|NVIDIA|Tesla|AMD Radeon|AMD Instinct|AMD|Intel|Apple) /, '');
}

/** What a card looks like, for its small picture. */
export type CardShape = 'fans' | 'blower' | 'module' | 'chip' | 'plain';

/** Which shape a card of this name has: gaming cards have fans, cards for servers none, modules sit on the board. */
export function shapeOf(name: string): CardShape {
  if (/GeForce|Radeon RX|TITAN|Arc /i.test(name) && !/Laptop/i.test(name)) {
    return 'fans';
  }
  if (/\b(?:H100|H200|H800|GH200|B100|B200|B300|GB200|GB300|MI2\d\d|MI3\d\d|A100|A800|V100|P100)\b/i.test(name)) {
    return /PCIe/i.test(name) ? 'blower' : 'module';
  }
  if (/Apple|GB10|DGX Spark|Laptop/i.test(name)) {
    return 'chip';
  }
  return name === 'GPU'
    ? 'plain'
    : findCard(name) === null && !/^(?:NVIDIA|AMD|Tesla|Intel)/.test(name)
      ? 'plain'
      : 'blower';
}
