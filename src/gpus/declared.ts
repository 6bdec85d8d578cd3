/** GPUs that somebody declares instead of measuring (estimator/gpu-list.ts reads how people write them). */

import { parseGpuList } from '../estimator/gpu-list.ts';
import { createSource } from './source.ts';
import type { Clock, Gpu, GpuSnapshot, GpuSource } from './types.ts';

/** A source of declared GPUs: all free memory as declared. {@link withOllamaUsage} takes off what Ollama reports. */
export function createDeclaredSource(text: string, clock: Clock = Date.now): GpuSource {
  const declared = parseGpuList(text);
  const gpus = declared.map(
    (device, index): Gpu => ({
      uuid: `declared-${index}`,
      pci: null,
      index,
      name: device.name,
      totalBytes: device.totalBytes,
      usedBytes: device.totalBytes - device.freeBytes,
      freeBytes: device.freeBytes,
      reservedBytes: null,
      utilPct: null,
      tempC: null,
      powerW: null,
      powerLimitW: null,
      computeCapability: device.computeCapability ?? null,
      vendor: 'unknown',
      state: 'ok',
      notes: [{ code: 'declared', params: {} }],
    }),
  );
  return createSource({
    kind: 'declared',
    snapshotKind: 'declared',
    host: 'declared',
    description: `${gpus.length} GPU`,
    clock,
    timeoutMs: 1_000,
    reader: () =>
      Promise.resolve({
        source: 'declared',
        host: 'declared',
        takenAtMs: clock(),
        status: 'ok',
        basis: 'declared',
        gpus,
        processes: null,
        errors: [],
        driverVersion: null,
        hostMemory: null,
      }),
  });
}

/**
 * Declared GPUs with what Ollama says it holds taken off. Ollama does not tell where a model sits: each model goes to
 * the emptiest GPU if it fits there, as its scheduler does, else it is shared out in proportion to free memory. The sum
 * is right, the split is a guess; the note `declared` says so. Measured snapshots come back as they are.
 * @param sizesVram `size_vram` of each loaded model, bytes; `null`: Ollama does not answer, so free memory is unknown
 */
export function withOllamaUsage(snapshot: GpuSnapshot, sizesVram: readonly number[] | null): GpuSnapshot {
  if (snapshot.basis !== 'declared') {
    return snapshot;
  }
  if (sizesVram === null) {
    return { ...snapshot, gpus: snapshot.gpus.map((gpu) => ({ ...gpu, usedBytes: null, freeBytes: null })) };
  }
  const free = snapshot.gpus.map((gpu) => gpu.freeBytes ?? 0);
  for (const size of [...sizesVram].sort((a, b) => b - a)) {
    const roomiest = free.indexOf(Math.max(...free));
    if (roomiest >= 0 && free[roomiest]! >= size) {
      free[roomiest]! -= size;
      continue;
    }
    const sum = free.reduce((total, bytes) => total + bytes, 0);
    const taken = Math.min(size, sum);
    for (let i = 0; i < free.length; i++) {
      free[i]! -= sum === 0 ? 0 : Math.min(free[i]!, Math.round((taken * free[i]!) / sum));
    }
  }
  const gpus = snapshot.gpus.map((gpu, i) => ({
    ...gpu,
    freeBytes: free[i]!,
    usedBytes: (gpu.totalBytes ?? 0) - free[i]!,
  }));
  return { ...snapshot, gpus };
}
