import { singleLine } from '../../base/text.ts';
import type { GpuError, GpuProcess } from '../types.ts';
import { bytesOrNull, gpuError, normalizePci, readNumber } from '../values.ts';
import type { Sample } from './exposition.ts';
import { entry, type Exporter, type Field, indexOf, label, type Page, type PageReading, type RawGpu } from './page.ts';
import { STALE_SECONDS } from './stale.ts';

const FIELDS: readonly (readonly [string, Field])[] = [
  ['nvidia_smi_memory_total_bytes', 'totalBytes'],
  ['nvidia_smi_memory_used_bytes', 'usedBytes'],
  ['nvidia_smi_memory_free_bytes', 'freeBytes'],
  ['nvidia_smi_memory_reserved_bytes', 'reservedBytes'],
  ['nvidia_smi_utilization_gpu_ratio', 'utilPct'],
  ['nvidia_smi_temperature_gpu', 'tempC'],
  ['nvidia_smi_power_draw_watts', 'powerW'],
  ['nvidia_smi_power_limit_watts', 'powerLimitW'],
];

const COMPUTE_APPS = 'nvidia_smi_compute_app_used_memory_bytes';
const MAX_PROCESSES = 4_096;

/** utkuozdemir/nvidia_gpu_exporter (bytes, `_ratio`; UUIDs without `GPU-`). */
export const nvidiaExporter: Exporter = {
  prefix: 'nvidia_smi_',
  // The time of the last success is not asked of a Prometheus server: the age of the samples tells the same.
  metrics: [
    ...FIELDS.map(([metric]) => metric),
    'nvidia_smi_gpu_info',
    'nvidia_smi_mig_mode_current',
    'nvidia_smi_last_collect_success',
    'nvidia_smi_command_exit_code',
    COMPUTE_APPS,
  ],
  ages: ['nvidia_smi_memory_used_bytes'],
  read: readNvidiaExporter,
};

function readNvidiaExporter(page: Page, nowMs: number): PageReading | null {
  if (![...page.keys()].some((name) => name.startsWith('nvidia_smi_'))) {
    return null;
  }
  const kind = 'nvidia-gpu-exporter';
  const single = (name: string): number | null => page.get(name)?.[0]?.value ?? null;
  const exit = single('nvidia_smi_command_exit_code');
  const errors: GpuError[] = [];
  const failed = single('nvidia_smi_last_collect_success') === 0 || (exit !== null && exit !== 0);
  if (failed) {
    errors.push(gpuError('exporter-failed', exit === null ? {} : { exit }));
  }
  // Its numbers are a cache: the time of the last success is their age. A clock in the future tells nothing.
  const success = single('nvidia_smi_last_collect_success_timestamp_seconds');
  const ageSeconds = success === null ? 0 : Math.max(0, Math.round(nowMs / 1000 - success));
  if (!failed && ageSeconds > STALE_SECONDS) {
    errors.push(gpuError('exporter-stale', { seconds: ageSeconds }));
  }
  const gpus = new Map<string, RawGpu>();
  for (const [metric, field] of FIELDS) {
    for (const sample of page.get(metric) ?? []) {
      const gpu = entry(gpus, withPrefix(label(sample, 'uuid')), 'nvidia');
      if (gpu === null) {
        continue;
      }
      gpu[field] = field.endsWith('Bytes')
        ? bytesOrNull(sample.value)
        : field === 'utilPct'
          ? sample.value * 100
          : sample.value;
    }
  }
  let driverVersion: string | null = null;
  for (const sample of page.get('nvidia_smi_gpu_info') ?? []) {
    const gpu = entry(gpus, withPrefix(label(sample, 'uuid')), 'nvidia');
    if (gpu === null) {
      continue;
    }
    gpu.name = singleLine(label(sample, 'name') ?? '', 128);
    gpu.pci = normalizePci(label(sample, 'pci_bus_id') ?? '');
    gpu.index = indexOf(label(sample, 'index'));
    gpu.computeCapability = readNumber(label(sample, 'compute_cap') ?? '');
    driverVersion ??= label(sample, 'driver_version') ?? null;
  }
  for (const sample of page.get('nvidia_smi_mig_mode_current') ?? []) {
    const gpu = entry(gpus, withPrefix(label(sample, 'uuid')), 'nvidia');
    if (gpu !== null && sample.value === 1) {
      gpu.isMig = true;
    }
  }
  for (const gpu of gpus.values()) {
    gpu.name ||= 'NVIDIA GPU';
  }
  const processes = page.get(COMPUTE_APPS)?.slice(0, MAX_PROCESSES).flatMap(readProcess);
  return {
    kind,
    gpus: [...gpus.values()],
    errors,
    driverVersion,
    failed,
    takenAtMs: nowMs - ageSeconds * 1000,
    ...(processes === undefined ? {} : { processes }),
  };
}

/** One process; none where it has no number, by which alone it can be told from others. */
function readProcess(sample: Sample): readonly GpuProcess[] {
  const pid = label(sample, 'pid') ?? '';
  if (!/^\d{1,10}$/.test(pid)) {
    return [];
  }
  return [
    {
      gpuUuid: withPrefix(label(sample, 'uuid')) ?? '',
      pid: Number(pid),
      usedBytes: bytesOrNull(sample.value),
      name: singleLine(label(sample, 'process_name') ?? '', 256),
      user: null,
    },
  ];
}

function withPrefix(uuid: string | undefined): string | undefined {
  return uuid === undefined || uuid === '' || /^(GPU|MIG)-/i.test(uuid) ? uuid : `GPU-${uuid}`;
}
