import { measuredReading, type Reading } from '../source.ts';
import type { Gpu, GpuNote } from '../types.ts';
import type { IntelCard } from './xpu-smi.ts';

type At = Pick<Reading, 'source' | 'host' | 'takenAtMs' | 'hostMemory'>;

/**
 * Makes a reading of Intel's cards.
 * @param driver what the driver's own files tell of the same cards: the total where a tool does not say it
 */
export function intelReading(cards: readonly IntelCard[], driver: readonly IntelCard[], at: At): Reading {
  const gpus = cards.map((card, index) => {
    const known = driver.find(({ pci }) => pci !== null && pci === card.pci);
    return toGpu({ ...card, totalBytes: card.totalBytes ?? known?.totalBytes ?? null }, index);
  });
  const known = cards.find(({ driverVersion }) => driverVersion !== null);
  return measuredReading(at, gpus, known?.driverVersion);
}

function toGpu(card: IntelCard, position: number): Gpu {
  const { totalBytes } = card;
  const freeBytes =
    card.freeBytes ?? (totalBytes === null || card.usedBytes === null ? null : totalBytes - card.usedBytes);
  const usedBytes = card.usedBytes ?? (totalBytes === null || freeBytes === null ? null : totalBytes - freeBytes);
  const notes: GpuNote[] = [];
  // Without CAP_PERFMON the i915 driver tells all of it as free (nvtop, extract_gpuinfo_intel_i915.c); a card in use never has it all.
  const isHidden = usedBytes === 0;
  if (isHidden) {
    notes.push({ code: 'no-permission', params: {} });
  }
  const isKnown =
    totalBytes !== null &&
    totalBytes > 0 &&
    freeBytes !== null &&
    freeBytes >= 0 &&
    freeBytes <= totalBytes &&
    !isHidden;
  return {
    uuid: card.uuid === null ? `pci:${card.pci ?? card.index ?? position}` : `INTEL-${card.uuid}`,
    pci: card.pci,
    index: card.index,
    name: card.name === '' ? 'Intel GPU' : card.name,
    totalBytes,
    usedBytes: isKnown ? usedBytes : null,
    freeBytes: isKnown ? freeBytes : null,
    reservedBytes: null,
    utilPct: card.utilPct,
    tempC: card.tempC,
    powerW: card.powerW,
    powerLimitW: card.powerLimitW,
    computeCapability: null,
    vendor: 'intel',
    state: isKnown ? 'ok' : 'unreadable',
    notes,
  };
}
