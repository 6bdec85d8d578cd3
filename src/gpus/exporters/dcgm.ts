import { MIB } from '../../base/bytes.ts';
import { singleLine } from '../../base/text.ts';
import { bytesOrNull, normalizePci } from '../values.ts';
import { entry, type Exporter, type Field, indexOf, label, type Page, type PageReading, type RawGpu } from './page.ts';

/** Names since the exporter was rewritten in Go, and those of its shell days (`dcgm_fb_free`). */
const DCGM: readonly (readonly [string, Field])[] = [
  ['DCGM_FI_DEV_FB_TOTAL', 'totalBytes'],
  ['DCGM_FI_DEV_FB_USED', 'usedBytes'],
  ['DCGM_FI_DEV_FB_FREE', 'freeBytes'],
  ['DCGM_FI_DEV_FB_RESERVED', 'reservedBytes'],
  ['DCGM_FI_DEV_GPU_UTIL', 'utilPct'],
  ['DCGM_FI_DEV_GPU_TEMP', 'tempC'],
  ['DCGM_FI_DEV_POWER_USAGE', 'powerW'],
  ['dcgm_fb_total', 'totalBytes'],
  ['dcgm_fb_used', 'usedBytes'],
  ['dcgm_fb_free', 'freeBytes'],
  ['dcgm_gpu_utilization', 'utilPct'],
  ['dcgm_gpu_temp', 'tempC'],
  ['dcgm_power_usage', 'powerW'],
];

/** NVIDIA/dcgm-exporter (etc/default-counters.csv: `FB_*` in MiB). */
export const dcgmExporter: Exporter = {
  prefix: 'DCGM_FI_|dcgm_',
  metrics: DCGM.map(([metric]) => metric),
  ages: ['DCGM_FI_DEV_FB_USED', 'dcgm_fb_used'],
  read: readDcgm,
};

function readDcgm(page: Page): PageReading | null {
  if (!DCGM.some(([metric]) => page.has(metric))) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  // Where pods share a GPU each repeats the series: one value per GPU and MIG instance, the largest.
  const parts = new Map<string, Map<string, number>>();
  let driverVersion: string | null = null;
  for (const [metric, field] of DCGM) {
    for (const sample of page.get(metric) ?? []) {
      const number = label(sample, 'gpu', 'minor_number');
      const uuid = label(sample, 'UUID', 'uuid') ?? (number === undefined ? undefined : `index:${number}`);
      const gpu = entry(gpus, uuid, 'nvidia');
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(label(sample, 'modelName', 'model_name') ?? 'GPU', 128);
      gpu.pci ??= normalizePci(label(sample, 'pci_bus_id') ?? '');
      gpu.index ??= indexOf(label(sample, 'gpu'));
      driverVersion ??= label(sample, 'DCGM_FI_DRIVER_VERSION') ?? null;
      const instance = label(sample, 'GPU_I_ID') ?? '';
      if (instance !== '') {
        gpu.isMig = true;
      }
      const value = field.endsWith('Bytes') ? bytesOrNull(sample.value * MIB) : blankToNull(sample.value);
      if (value === null) {
        continue;
      }
      const key = `${gpu.uuid} ${field}`;
      const values = parts.get(key) ?? new Map<string, number>();
      values.set(instance, Math.max(values.get(instance) ?? 0, value));
      parts.set(key, values);
    }
  }
  for (const gpu of gpus.values()) {
    for (const [, field] of DCGM) {
      const values = parts.get(`${gpu.uuid} ${field}`);
      if (values === undefined) {
        continue;
      }
      const slices = [...values].filter(([instance]) => instance !== '').map(([, value]) => value);
      const whole = values.get('');
      if (whole !== undefined) {
        gpu[field] = whole;
      } else if (field.endsWith('Bytes')) {
        gpu[field] = slices.reduce((sum, value) => sum + value, 0);
      }
    }
  }
  return { kind: 'dcgm-exporter', gpus: [...gpus.values()], driverVersion };
}

/** DCGM's blank values lie near 2^63 (int64) and 2^47 (double). */
function blankToNull(value: number): number | null {
  return value < 2 ** 46 ? value : null;
}
