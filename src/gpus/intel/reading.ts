import type { Reading } from '../source.ts';
import type { Gpu, GpuError, GpuNote, HostMemory } from '../types.ts';
import { gpuError } from '../values.ts';
import type { IntelCard } from './xpu-smi.ts';

interface At {
  readonly source: Reading['source'];
  readonly host: string;
  readonly takenAtMs: number;
  readonly hostMemory: HostMemory | null;
}

/**
 * Makes a reading of Intel's cards.
 * @param driver what the driver's own files tell of the same cards: the total where a tool does not say it
 */
export function intelReading(cards: readonly IntelCard[], driver: readonly IntelCard[], at: At): Reading {
  const gpus = cards.map((card, index) => {
    const known = driver.find(({ pci }) => pci !== null && pci === card.pci);
    return toGpu({ ...card, totalBytes: card.totalBytes ?? known?.totalBytes ?? null }, index);
  });
  const errors: GpuError[] = gpus
    .filter((gpu) => gpu.state === 'unreadable')
    .map((gpu) => gpuError('gpu-unreadable', { gpu: gpu.name, pci: gpu.pci ?? '?' }));
  if (gpus.length === 0) {
    errors.push(gpuError('no-devices'));
  }
  return {
    source: at.source,
    host: at.host,
    takenAtMs: at.takenAtMs,
    status: gpus.length === 0 ? 'failed' : errors.length > 0 ? 'partial' : 'ok',
    basis: 'measured',
    gpus,
    processes: null,
    errors,
    driverVersion: cards.find(({ driverVersion }) => driverVersion !== null)?.driverVersion ?? null,
    hostMemory: at.hostMemory,
  };
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
