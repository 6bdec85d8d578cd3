import { MIB } from '../../base/bytes.ts';
import { singleLine } from '../../base/text.ts';
import { bytesOrNull } from '../values.ts';
import { entry, type Exporter, type Field, indexOf, label, type Page, type PageReading, type RawGpu } from './page.ts';

const FIELDS: readonly (readonly [string, Field])[] = [
  ['gpu_total_vram', 'totalBytes'],
  ['gpu_used_vram', 'usedBytes'],
  ['gpu_free_vram', 'freeBytes'],
  ['gpu_total_gtt', 'gttTotalBytes'],
  ['gpu_used_gtt', 'gttUsedBytes'],
  ['gpu_gfx_activity', 'utilPct'],
  ['gpu_edge_temperature', 'tempC'],
  ['gpu_package_power', 'powerW'],
];

const PREFIXES = ['', 'amd_'] as const;

/** ROCm/device-metrics-exporter (docs: MB, meaning MiB), with its optional prefix. */
export const amdExporter: Exporter = {
  prefix: '(?:amd_)?gpu_',
  metrics: PREFIXES.flatMap((prefix) => FIELDS.map(([metric]) => prefix + metric)),
  ages: PREFIXES.map((prefix) => `${prefix}gpu_used_vram`),
  read: readAmdExporter,
};

function readAmdExporter(page: Page): PageReading | null {
  const prefix = PREFIXES.find((candidate) => page.has(`${candidate}gpu_total_vram`));
  if (prefix === undefined) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  for (const [metric, field] of FIELDS) {
    for (const sample of page.get(prefix + metric) ?? []) {
      const serial = label(sample, 'serial_number');
      const id = label(sample, 'gpu_id');
      const partition = label(sample, 'gpu_partition_id');
      const uuid = label(sample, 'gpu_uuid') ?? serial ?? id ?? undefined;
      // Partitions of one card have the card's serial number.
      const gpu = entry(
        gpus,
        uuid === undefined
          ? undefined
          : `AMD-${uuid}${partition === undefined || partition === '0' ? '' : `-${partition}`}`,
        'amd',
      );
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(label(sample, 'card_model', 'card_series') ?? 'AMD GPU', 128);
      gpu.index ??= indexOf(id);
      // Documented as MB and meaning MiB; look-alikes give bytes, and no card has 100 million MiB.
      gpu[field] = field.endsWith('Bytes')
        ? bytesOrNull(sample.value > 1e8 ? sample.value : sample.value * MIB)
        : sample.value;
    }
  }
  return { kind: 'amd-metrics-exporter', gpus: [...gpus.values()] };
}
