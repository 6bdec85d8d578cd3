import type { HostMemory } from '../types.ts';
import { bytesOrNull } from '../values.ts';
import type { Page } from './page.ts';

/** The machine's own memory, where its exporter tells it too. */
export function readHostMemory(page: Page): HostMemory | null {
  const value = (...names: readonly string[]): number | null => {
    for (const name of names) {
      const bytes = bytesOrNull(page.get(name)?.[0]?.value ?? -1);
      if (bytes !== null) {
        return bytes;
      }
    }
    return null;
  };
  const totalBytes = value('node_memory_MemTotal_bytes', 'all_smi_memory_total_bytes');
  const availableBytes = value('node_memory_MemAvailable_bytes', 'all_smi_memory_available_bytes');
  if (totalBytes === null || availableBytes === null) {
    return null;
  }
  return { totalBytes, availableBytes, swapFreeBytes: value('node_memory_SwapFree_bytes', 'all_smi_swap_free_bytes') };
}
