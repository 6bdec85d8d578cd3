import { isIntegratedRadeon, sharedPool } from '../amd/shared-pool.ts';
import { isUnifiedMemoryName } from '../nvidia/csv.ts';
import type { Gpu, GpuNote, HostMemory } from '../types.ts';
import type { RawGpu } from './page.ts';

/** A GPU as an exporter told it, with what follows: its state, and figures that the others give. */
export function checkGpu(raw: RawGpu, hostMemory: HostMemory | null): Gpu {
  const notes: GpuNote[] = [];
  let { totalBytes, usedBytes, freeBytes } = raw;
  let state: Gpu['state'] = 'ok';
  const pool = sharedPool(
    raw,
    { totalBytes: raw.gttTotalBytes, usedBytes: raw.gttUsedBytes },
    hostMemory?.availableBytes ?? null,
  );
  if (pool !== null) {
    ({ totalBytes, usedBytes, freeBytes } = pool);
  }
  const isUnified = pool !== null || isUnifiedMemoryName(raw.name);
  if (totalBytes === null && usedBytes !== null && freeBytes !== null) {
    totalBytes = usedBytes + freeBytes + (raw.reservedBytes ?? 0);
    if (raw.reservedBytes === null) {
      notes.push({ code: 'total-computed', params: {} });
    }
  }
  if (isUnified && usedBytes === null && freeBytes === null && hostMemory !== null) {
    totalBytes = hostMemory.totalBytes;
    freeBytes = hostMemory.availableBytes;
    usedBytes = totalBytes - freeBytes;
  }
  if (usedBytes === null && totalBytes !== null && freeBytes !== null) {
    usedBytes = Math.max(0, totalBytes - freeBytes);
  }
  if (freeBytes === null && totalBytes !== null && usedBytes !== null && usedBytes <= totalBytes) {
    freeBytes = Math.max(0, totalBytes - usedBytes - (raw.reservedBytes ?? 0));
    if (raw.reservedBytes === null && !isUnified) {
      notes.push({ code: 'free-computed', params: {} });
    }
  }
  if (totalBytes === null || freeBytes === null || usedBytes === null || totalBytes === 0 || freeBytes > totalBytes) {
    state = 'unreadable';
    usedBytes = null;
    freeBytes = null;
  } else if (pool === null && raw.vendor === 'amd' && isIntegratedRadeon(raw.name)) {
    // The carve-out alone says nothing of what Ollama can use.
    state = 'unreadable';
    usedBytes = null;
    freeBytes = null;
    notes.push({ code: 'share-unknown', params: {} });
  } else if (raw.isMig) {
    state = 'mig';
    notes.push({ code: 'mig-sum-of-slices', params: {} });
  } else if (isUnified) {
    state = 'uma';
    notes.push({ code: 'shared-with-system', params: {} });
  }
  const { isMig: _mig, gttTotalBytes: _total, gttUsedBytes: _used, ...rest } = raw;
  return { ...rest, totalBytes, usedBytes, freeBytes, state, notes };
}
