import { singleLine } from '../../base/text.ts';
import { bytesOrNull } from '../values.ts';
import { entry, type Exporter, type Field, indexOf, label, type Page, type PageReading, type RawGpu } from './page.ts';

const FIELDS: readonly (readonly [string, Field])[] = [
  ['all_smi_gpu_memory_total_bytes', 'totalBytes'],
  ['all_smi_gpu_memory_used_bytes', 'usedBytes'],
  ['all_smi_gpu_utilization', 'utilPct'],
  ['all_smi_gpu_temperature_celsius', 'tempC'],
  ['all_smi_gpu_power_consumption_watts', 'powerW'],
];

/** lablup/all-smi (src/api/metrics: bytes): NVIDIA, AMD, Apple, Jetson. */
export const allSmiExporter: Exporter = {
  prefix: 'all_smi_',
  metrics: FIELDS.map(([metric]) => metric),
  ages: ['all_smi_gpu_memory_used_bytes'],
  read: readAllSmi,
};

function readAllSmi(page: Page): PageReading | null {
  if (!FIELDS.some(([metric]) => page.has(metric))) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  for (const [metric, field] of FIELDS) {
    for (const sample of page.get(metric) ?? []) {
      const number = label(sample, 'gpu_index', 'index');
      const uuid = label(sample, 'gpu_uuid', 'uuid') ?? (number === undefined ? undefined : `index:${number}`);
      const gpu = entry(gpus, uuid, 'unknown');
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(label(sample, 'gpu') ?? 'GPU', 128);
      gpu.index ??= indexOf(label(sample, 'gpu_index', 'index'));
      gpu[field] = field.endsWith('Bytes') ? bytesOrNull(sample.value) : sample.value;
    }
  }
  for (const gpu of gpus.values()) {
    gpu.vendor = /^Apple/i.test(gpu.name)
      ? 'apple'
      : /NVIDIA|GeForce|^GPU-/i.test(`${gpu.name}${gpu.uuid}`)
        ? 'nvidia'
        : /AMD|Radeon|Instinct/i.test(gpu.name)
          ? 'amd'
          : 'unknown';
  }
  return { kind: 'all-smi', gpus: [...gpus.values()] };
}
