/**
 * Intel cards from the drivers' files. Intel's own i915 packages tell total and free local memory (`lmem_total_bytes`,
 * `lmem_avail_bytes` beside the card), the kernel's xe tells each tile's size alone (`tile0/physical_vram_size_bytes`,
 * drivers/gpu/drm/xe/xe_vram.c); integrated graphics have neither file.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesOrNull, normalizePci, readNumber } from '../values.ts';
import type { IntelCard } from './xpu-smi.ts';

/** The files that matter, relative to the card's folder. */
const CARD_FILES = ['lmem_total_bytes', 'lmem_avail_bytes', 'device/vendor', 'device/device', 'device/uevent'] as const;
const MAX_TILES = 8;

/** The cards with memory of their own under a DRM class folder. Connectors (`card0-DP-1`) are skipped. */
export async function readIntelCards(root = '/sys/class/drm'): Promise<readonly IntelCard[]> {
  let names: string[];
  try {
    names = await readdir(root);
  } catch {
    return [];
  }
  const cards: IntelCard[] = [];
  for (const name of names.filter((entry) => /^card\d{1,3}$/.test(entry)).sort()) {
    const facts = new Map<string, string>();
    for (const file of CARD_FILES) {
      await keep(facts, file.replace('device/', ''), join(root, name, file));
    }
    for (let tile = 0; tile < MAX_TILES; tile++) {
      await keep(facts, `tile${tile}`, join(root, name, 'device', `tile${tile}`, 'physical_vram_size_bytes'));
    }
    const card = intelCardOf(facts, cards.length);
    if (card !== null) {
      cards.push(card);
    }
  }
  return cards;
}

/** A card of its facts, file name to content; `null` where it is not Intel's or has no memory of its own. */
export function intelCardOf(facts: ReadonlyMap<string, string>, index: number): IntelCard | null {
  if (facts.get('vendor') !== '0x8086') {
    return null;
  }
  const bytes = (name: string): number | null => {
    const value = readNumber(facts.get(name) ?? '');
    return value === null ? null : bytesOrNull(value);
  };
  const tiles = Array.from({ length: MAX_TILES }, (_, tile) => bytes(`tile${tile}`) ?? 0);
  const totalBytes = bytes('lmem_total_bytes') ?? tiles.reduce((sum, size) => sum + size, 0);
  if (totalBytes === 0) {
    return null;
  }
  const device = facts.get('device') ?? '';
  return {
    index,
    uuid: null,
    pci: normalizePci(/^PCI_SLOT_NAME=(\S+)$/m.exec(facts.get('uevent') ?? '')?.[1] ?? facts.get('pci') ?? ''),
    name: /^0x[0-9a-f]{4}$/.test(device) ? `Intel GPU ${device}` : 'Intel GPU',
    totalBytes,
    usedBytes: null,
    freeBytes: bytes('lmem_avail_bytes'),
    utilPct: null,
    tempC: null,
    powerW: null,
    powerLimitW: null,
    driverVersion: null,
  };
}

async function keep(facts: Map<string, string>, name: string, path: string): Promise<void> {
  try {
    facts.set(name, (await readFile(path, 'utf8')).slice(0, 4_096).trim());
  } catch {
    // The driver does not have this file.
  }
}
