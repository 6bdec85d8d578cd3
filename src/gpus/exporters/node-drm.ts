import { singleLine } from '../../base/text.ts';
import { bytesOrNull } from '../values.ts';
import { entry, type Exporter, indexOf, label, type Page, type PageReading, type RawGpu } from './page.ts';

const FIELDS = [
  ['node_drm_memory_vram_size_bytes', 'totalBytes'],
  ['node_drm_memory_vram_used_bytes', 'usedBytes'],
  ['node_drm_gpu_busy_percent', 'utilPct'],
] as const;

/** node_exporter's drm collector (bytes; amdgpu alone). */
export const nodeDrmExporter: Exporter = {
  prefix: 'node_drm_',
  metrics: FIELDS.map(([metric]) => metric),
  ages: ['node_drm_memory_vram_used_bytes'],
  read: readNodeDrm,
};

function readNodeDrm(page: Page): PageReading | null {
  if (!page.has(FIELDS[0][0])) {
    return null;
  }
  const gpus = new Map<string, RawGpu>();
  for (const [metric, field] of FIELDS) {
    for (const sample of page.get(metric) ?? []) {
      const card = label(sample, 'card');
      const gpu = entry(gpus, card === undefined ? undefined : `drm-${card}`, 'amd');
      if (gpu === null) {
        continue;
      }
      gpu.name ||= singleLine(`AMD GPU ${card}`, 128);
      gpu.index ??= indexOf(card?.replace(/^card/, ''));
      gpu[field] = field === 'utilPct' ? sample.value : bytesOrNull(sample.value);
    }
  }
  return { kind: 'node-exporter', gpus: [...gpus.values()] };
}
