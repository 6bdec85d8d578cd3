/** Other people's programs on the same cards. */

import type { Allocation, GpuMemory } from './memory.ts';

export class ForeignProcesses {
  readonly #memory: GpuMemory;
  readonly #held = new Map<string, Allocation>();

  constructor(memory: GpuMemory) {
    this.#memory = memory;
  }

  /**
   * Makes a program hold so much memory on one card; 0 on every card ends it. It gets at most what is free.
   * @returns bytes it holds on that card now
   */
  set(name: string, gpuIndex: number, bytes: number): number {
    let allocation = this.#held.get(name);
    if (!allocation) {
      allocation = this.#memory.allocate(name, new Array<number>(this.#memory.count).fill(0));
      this.#held.set(name, allocation);
    }
    const held = this.#memory.resize(allocation, gpuIndex, bytes);
    if (allocation.bytes.every((size) => size === 0)) {
      this.#memory.free(allocation);
      this.#held.delete(name);
    }
    return held;
  }
}
