/**
 * AMD GPUs from the amdgpu driver's files under /sys/class/drm (https://docs.kernel.org/gpu/amdgpu/driver-misc.html):
 * decimal bytes, readable by everybody, in containers too. Free is total − used: AMD keeps no reserved part.
 */

import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { singleLine } from '../../base/text.ts';
import { sharedPool } from './shared-pool.ts';
import { measuredReading, type Reading } from '../source.ts';
import type { Gpu, GpuNote, HostMemory } from '../types.ts';
import { bytesOrNull, normalizePci, readNumber } from '../values.ts';

/** One card's files: name to content, `null` where there is none. */
export interface AmdCard {
  read(file: string): string | null;
}

/** The files that matter, the same for the local machine and for contrib/gpu-report. */
const AMD_FILES = [
  'vendor',
  'device',
  'uevent',
  'unique_id',
  'product_name',
  'gpu_busy_percent',
  'mem_info_vram_total',
  'mem_info_vram_used',
  'mem_info_gtt_total',
  'mem_info_gtt_used',
] as const;

/** Reads the cards under a DRM class directory. Connectors (`card0-DP-1`) are skipped. */
export async function readAmdCards(root = '/sys/class/drm'): Promise<readonly AmdCard[]> {
  let names: string[];
  try {
    names = await readdir(root);
  } catch {
    return [];
  }
  const cards: AmdCard[] = [];
  for (const name of names.filter((entry) => /^card\d{1,3}$/.test(entry)).sort()) {
    const facts = new Map<string, string>();
    const folder = join(root, name, 'device');
    for (const file of AMD_FILES) {
      const text = await readSmall(join(folder, file));
      if (text !== null) {
        facts.set(file, text);
      }
    }
    for (const [file, text] of await readHwmon(folder)) {
      facts.set(file, text);
    }
    if (facts.get('vendor') === '0x1002') {
      cards.push({ read: (file) => facts.get(file) ?? null });
    }
  }
  return cards;
}

async function readSmall(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).slice(0, 4096).trim();
  } catch {
    return null;
  }
}

/** Temperature (millidegrees) and power (microwatts) stand one level deeper, under a number that changes. */
async function readHwmon(folder: string): Promise<readonly (readonly [string, string])[]> {
  const found: (readonly [string, string])[] = [];
  try {
    const base = await realpath(join(folder, 'hwmon'));
    for (const name of (await readdir(base)).filter((entry) => /^hwmon\d+$/.test(entry)).slice(0, 1)) {
      for (const file of ['temp1_input', 'power1_average', 'power1_cap']) {
        const text = await readSmall(join(base, name, file));
        if (text !== null) {
          found.push([file, text]);
        }
      }
    }
  } catch {
    // Sensors are extra.
  }
  return found;
}

/**
 * Makes a reading of cards. With a discrete card in the machine integrated ones are left out: Ollama does not use them
 * beside it. Alone, an integrated GPU is unified memory: carve-out and GTT together.
 */
export function amdReading(
  cards: readonly AmdCard[],
  at: Pick<Reading, 'source' | 'host' | 'takenAtMs' | 'hostMemory'>,
): Reading {
  const all = cards.map((card, index) => readCard(card, index, at.hostMemory));
  const discrete = all.filter((gpu) => gpu.state !== 'uma');
  const gpus = discrete.length > 0 ? discrete : all;
  return measuredReading(at, gpus);
}

/** A power limit of its own is a card's, but for the Steam Deck's APU, which has one of at most 29 W (vangogh_ppt.c). */
const PROCESSOR_WATTS = 30;

function readCard(card: AmdCard, index: number, hostMemory: HostMemory | null): Gpu {
  const number = (file: string): number | null => readNumber(card.read(file) ?? '');
  const bytes = (file: string): number | null => {
    const value = number(file);
    return value === null ? null : bytesOrNull(value);
  };
  const pci = normalizePci(/^PCI_SLOT_NAME=(\S+)$/m.exec(card.read('uevent') ?? '')?.[1] ?? card.read('pci') ?? '');
  const uniqueId = card.read('unique_id');
  let totalBytes = bytes('mem_info_vram_total');
  let usedBytes = bytes('mem_info_vram_used');
  const cap = number('power1_cap');
  const pool =
    cap === null || cap <= PROCESSOR_WATTS * 1e6
      ? sharedPool(
          { totalBytes, usedBytes },
          { totalBytes: bytes('mem_info_gtt_total'), usedBytes: bytes('mem_info_gtt_used') },
          hostMemory?.availableBytes ?? null,
        )
      : null;
  const notes: GpuNote[] = [];
  let state: Gpu['state'] = 'ok';
  let freeBytes: number | null = null;
  if (totalBytes === null || usedBytes === null || totalBytes === 0 || usedBytes > totalBytes) {
    state = 'unreadable';
    usedBytes = null;
  } else if (pool !== null) {
    state = 'uma';
    ({ totalBytes, usedBytes, freeBytes } = pool);
    notes.push({ code: 'shared-with-system', params: {} });
  } else {
    freeBytes = totalBytes - usedBytes;
  }
  const milli = number('temp1_input');
  const micro = number('power1_average');
  return {
    uuid:
      uniqueId !== null && /^[0-9a-f]{8,32}$/i.test(uniqueId) ? `AMD-${uniqueId.toLowerCase()}` : `pci:${pci ?? index}`,
    pci,
    index,
    name:
      singleLine(card.read('product_name') ?? '', 128) || `AMD GPU ${singleLine(card.read('device') ?? '', 16)}`.trim(),
    totalBytes,
    usedBytes,
    freeBytes,
    reservedBytes: null,
    utilPct: number('gpu_busy_percent'),
    tempC: milli === null ? null : milli / 1000,
    powerW: micro === null ? null : micro / 1e6,
    powerLimitW: cap === null ? null : cap / 1e6,
    computeCapability: null,
    vendor: 'amd',
    state,
    notes,
  };
}
