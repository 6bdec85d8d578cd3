import { bytesOrNull } from '../values.ts';
import type { Sample } from './exposition.ts';
import { entry, type Exporter, indexOf, label, type Page, type PageReading, type RawGpu } from './page.ts';

const LIMITS = ['vGPU_device_memory_limit_in_bytes', 'Device_memory_desc_of_container'] as const;
const USAGES = ['vGPU_device_memory_usage_in_bytes', 'HostGPUMemoryUsage'] as const;

/**
 * HAMi shares a card between containers: the share that this one may use is its limit
 * (Project-HAMi/HAMi, cmd/vGPUmonitor/metrics.go: bytes).
 */
export const hamiExporter: Exporter = {
  prefix: 'vGPU_|HostGPU',
  metrics: [...LIMITS, ...USAGES],
  ages: USAGES,
  read: readHami,
};

function readHami(page: Page): PageReading | null {
  const limits = first(page, LIMITS);
  if (limits === undefined) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  for (const sample of limits) {
    const gpu = entry(gpus, label(sample, 'deviceuuid'), 'nvidia');
    const bytes = bytesOrNull(sample.value);
    if (gpu !== null && bytes !== null && bytes > 0) {
      gpu.name = 'NVIDIA GPU';
      gpu.index ??= indexOf(label(sample, 'vdeviceid', 'deviceidx'));
      gpu.totalBytes = bytes;
    }
  }
  for (const sample of first(page, USAGES) ?? []) {
    const gpu = gpus.get(label(sample, 'deviceuuid') ?? '');
    const bytes = bytesOrNull(sample.value);
    if (gpu !== undefined && bytes !== null && gpu.totalBytes !== null) {
      gpu.usedBytes = Math.min(gpu.totalBytes, Math.max(gpu.usedBytes ?? 0, bytes));
    }
  }
  return { kind: 'hami', gpus: [...gpus.values()] };
}

/** The samples of the first of these metrics that is on the page. */
function first(page: Page, names: readonly string[]): readonly Sample[] | undefined {
  const name = names.find((candidate) => page.has(candidate));
  return name === undefined ? undefined : page.get(name);
}
