import type { Reading } from '../source.ts';
import type { Gpu, GpuError, GpuProcess, GpuSourceKind, HostMemory } from '../types.ts';
import { gpuError } from '../values.ts';
import { allSmiExporter } from './all-smi.ts';
import { amdExporter } from './amd.ts';
import { dcgmExporter } from './dcgm.ts';
import type { Exposition } from './exposition.ts';
import { checkGpu } from './gpu.ts';
import { hamiExporter } from './hami.ts';
import { readHostMemory } from './host-memory.ts';
import { chooseNode } from './node.ts';
import { nodeDrmExporter } from './node-drm.ts';
import { nvidiaExporter } from './nvidia.ts';
import type { Exporter, Page, PageReading } from './page.ts';

/** Every exporter that is known by its metric names, the most telling first. */
export const EXPORTERS: readonly Exporter[] = [
  nvidiaExporter,
  dcgmExporter,
  allSmiExporter,
  amdExporter,
  hamiExporter,
  nodeDrmExporter,
];

const GPU_METRIC = new RegExp(`^(?:${EXPORTERS.map(({ prefix }) => prefix).join('|')})`);
const MAX_GPUS = 256;

/** Turns a page into a reading; a page without any known metric is a failure, not a machine without GPUs. */
export function exporterReading(
  page: Exposition,
  at: {
    readonly host: string;
    readonly nowMs: number;
    /** The machine whose GPUs are meant, where a page has those of several. */
    readonly node?: string | undefined;
  },
): Reading {
  const chosen = chooseNode(page.samples, at.node, (metric) => GPU_METRIC.test(metric));
  if ('error' in chosen) {
    return reading('prometheus', at, [], [chosen.error], { hostMemory: null, failed: true });
  }
  const byName = Map.groupBy(chosen.samples, (sample) => sample.name);
  const found = firstReading(byName, at.nowMs);
  const hostMemory = readHostMemory(byName);
  if (found === null) {
    const code = page.samples.length === 0 && page.badLines > 0 ? 'not-metrics' : 'no-known-metrics';
    return reading('prometheus', at, [], [gpuError(code)], { hostMemory, failed: true });
  }
  const gpus = found.gpus
    .toSorted((a, b) => (a.index ?? MAX_GPUS) - (b.index ?? MAX_GPUS) || a.uuid.localeCompare(b.uuid))
    .slice(0, MAX_GPUS)
    .map((gpu) => checkGpu(gpu, hostMemory));
  const errors = [...(found.errors ?? [])];
  if (page.badLines > 0) {
    errors.push(gpuError('bad-rows', { rows: page.badLines }));
  }
  for (const gpu of gpus) {
    if (gpu.state === 'unreadable') {
      const code = gpu.notes.some((note) => note.code === 'share-unknown') ? 'pool-unknown' : 'gpu-unreadable';
      errors.push(gpuError(code, { gpu: gpu.name, pci: gpu.pci ?? '?' }));
    }
    if (gpu.state === 'mig') {
      errors.push(gpuError('gpu-mig', { gpu: gpu.name, pci: gpu.pci ?? '?' }));
    }
  }
  if (gpus.length === 0 && errors.length === 0) {
    errors.push(gpuError('no-devices'));
  }
  return reading(found.kind, { host: at.host, nowMs: found.takenAtMs ?? at.nowMs }, found.failed ? [] : gpus, errors, {
    hostMemory,
    driverVersion: found.driverVersion ?? null,
    processes: found.processes ?? null,
    failed: found.failed ?? false,
  });
}

/** The first exporter that knows the page. */
function firstReading(page: Page, nowMs: number): PageReading | null {
  for (const exporter of EXPORTERS) {
    const found = exporter.read(page, nowMs);
    if (found !== null) {
      return found;
    }
  }
  return null;
}

function reading(
  source: GpuSourceKind,
  at: { readonly host: string; readonly nowMs: number },
  gpus: readonly Gpu[],
  errors: readonly GpuError[],
  more: {
    readonly hostMemory: HostMemory | null;
    readonly driverVersion?: string | null;
    readonly processes?: readonly GpuProcess[] | null;
    readonly failed: boolean;
  },
): Reading {
  return {
    source,
    host: at.host,
    takenAtMs: at.nowMs,
    status: more.failed || gpus.length === 0 ? 'failed' : errors.length > 0 ? 'partial' : 'ok',
    basis: 'measured',
    gpus,
    processes: more.processes ?? null,
    errors,
    driverVersion: more.driverVersion ?? null,
    hostMemory: more.hostMemory,
  };
}
