/**
 * The GPUs that a log names. Ollama calls a card by its UUID (or its index), llama.cpp by its index; some lines tell both,
 * and each line tells a part: name, capability, total, free.
 */

import type { LogGpu } from './types.ts';

const MOST_GPUS = 64;
const NOTHING: LogGpu = { name: null, library: null, computeCapability: null, totalBytes: null, freeBytes: null };

function merged(known: LogGpu, told: Partial<LogGpu>): LogGpu {
  return {
    name: told.name ?? known.name,
    library: told.library ?? known.library,
    computeCapability: told.computeCapability ?? known.computeCapability,
    totalBytes: told.totalBytes ?? known.totalBytes,
    freeBytes: told.freeBytes ?? known.freeBytes,
  };
}

export class GpuList {
  readonly #byId = new Map<string, LogGpu>();
  readonly #byIndex = new Map<number, LogGpu>();
  readonly #ids = new Map<number, string>();

  /** What a line tells of a card called by `id`: a UUID, or an index as newer versions write. */
  tell(id: string, told: Partial<LogGpu>): void {
    if (/^\d{1,3}$/.test(id)) {
      this.tellIndex(Number(id), told);
      return;
    }
    const key = id.slice(0, 80);
    if (key !== '' && (this.#byId.has(key) || this.#byId.size < MOST_GPUS)) {
      this.#byId.set(key, merged(this.#byId.get(key) ?? NOTHING, told));
    }
  }

  /** What a line tells of llama.cpp's device of this index; `id` where the line has both. */
  tellIndex(index: number, told: Partial<LogGpu>, id?: string): void {
    if (this.#byIndex.has(index) || this.#byIndex.size < MOST_GPUS) {
      this.#byIndex.set(index, merged(this.#byIndex.get(index) ?? NOTHING, told));
    }
    if (id !== undefined) {
      this.#ids.set(index, id.slice(0, 80));
    }
  }

  /** Each card once. */
  list(): readonly LogGpu[] {
    if (this.#byId.size === 0) {
      return [...this.#byIndex].sort(([a], [b]) => a - b).map(([, gpu]) => gpu);
    }
    const ids = [...this.#byId.keys()];
    const result = new Map(this.#byId);
    for (const [index, gpu] of this.#byIndex) {
      // Without the UUID beside the index the order has to do.
      const id = this.#ids.get(index) ?? ids[index];
      const known = id === undefined ? undefined : result.get(id);
      if (id !== undefined && known !== undefined) {
        // What Ollama saw as free decides, not what a runner saw later.
        result.set(id, merged(gpu, { ...known }));
      }
    }
    return [...result.values()];
  }
}
