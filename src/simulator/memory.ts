/** Who holds how much memory on which card, at every moment. */

import type { Clock } from './clock.ts';
import { stableUuid } from './random.ts';
import type { GpuProcessView, GpuView, SimulatedGpu } from './types.ts';

export interface Allocation {
  readonly pid: number;
  readonly name: string;
  /** Per card, once fully there. */
  readonly bytes: number[];
  /** Grows evenly between these instants (weights being read). */
  readonly fromMs: number;
  readonly untilMs: number;
}

const DRIVER_VERSION = '570.211.01';
const IDLE_WATTS = 9;

export class GpuMemory {
  readonly #gpus: readonly SimulatedGpu[];
  readonly #uuids: readonly string[];
  readonly #clock: Clock;
  readonly #allocations = new Set<Allocation>();
  readonly #lost = new Set<number>();
  #nextPid: number;

  constructor(gpus: readonly SimulatedGpu[], clock: Clock, seed: number) {
    this.#gpus = gpus;
    this.#clock = clock;
    this.#uuids = gpus.map((_, index) => `GPU-${stableUuid(seed, 'gpu', index)}`);
    this.#nextPid = 10_000 + (seed % 1000);
  }

  get count(): number {
    return this.#gpus.length;
  }

  /** Takes memory; whether it fits is asked with {@link overcommitted}. */
  allocate(name: string, bytes: readonly number[], growMs = 0): Allocation {
    const fromMs = this.#clock.now();
    const allocation = { pid: this.#nextPid++, name, bytes: [...bytes], fromMs, untilMs: fromMs + growMs };
    this.#allocations.add(allocation);
    return allocation;
  }

  free(allocation: Allocation): void {
    this.#allocations.delete(allocation);
  }

  /** Changes what a process holds on one card by at most what is free there. Returns what it holds now. */
  resize(allocation: Allocation, index: number, bytes: number): number {
    const held = allocation.bytes[index] ?? 0;
    const most = held + Math.max(0, this.freeBytes(index));
    allocation.bytes[index] = Math.min(Math.max(0, bytes), most);
    return allocation.bytes[index];
  }

  usedBytes(index: number): number {
    let used = this.#gpus[index]?.baselineBytes ?? 0;
    for (const allocation of this.#allocations) {
      used += this.#bytesNow(allocation, index);
    }
    return used;
  }

  freeBytes(index: number): number {
    const gpu = this.#gpus[index]!;
    return Math.max(0, gpu.totalBytes - gpu.reservedBytes - this.usedBytes(index));
  }

  /** The first card that cannot hold what all processes want of it in the end, or `null`. */
  overcommitted(): { readonly index: number } | null {
    for (const [index, gpu] of this.#gpus.entries()) {
      let wanted = gpu.baselineBytes;
      for (const allocation of this.#allocations) {
        wanted += allocation.bytes[index] ?? 0;
      }
      if (wanted > gpu.totalBytes - gpu.reservedBytes) {
        return { index };
      }
    }
    return null;
  }

  /** Cards that fell off the bus: nobody sees them any more. */
  setLost(indexes: readonly number[]): void {
    this.#lost.clear();
    for (const index of indexes) {
      this.#lost.add(index);
    }
  }

  isLost(index: number): boolean {
    return this.#lost.has(index);
  }

  view(): GpuView[] {
    return this.#gpus.flatMap((gpu, index) => (this.#lost.has(index) ? [] : [this.#viewOf(gpu, index)]));
  }

  processes(): GpuProcessView[] {
    return [...this.#allocations].flatMap((allocation) =>
      this.#uuids.flatMap((gpuUuid, index) => {
        const usedBytes = this.#bytesNow(allocation, index);
        if (usedBytes === 0 || this.#lost.has(index)) {
          return [];
        }
        return [{ gpuUuid, pid: allocation.pid, usedBytes, name: allocation.name }];
      }),
    );
  }

  #viewOf(gpu: SimulatedGpu, index: number): GpuView {
    const usedBytes = this.usedBytes(index);
    const busy = [...this.#allocations].some((allocation) => this.#isGrowing(allocation) && allocation.bytes[index]);
    const fill = usedBytes / gpu.totalBytes;
    return {
      uuid: this.#uuids[index]!,
      index,
      name: gpu.name,
      pciBusId: `00000000:${(index + 1).toString(16).padStart(2, '0').toUpperCase()}:00.0`,
      driverVersion: DRIVER_VERSION,
      computeCapability: gpu.computeCapability,
      totalBytes: gpu.totalBytes,
      reservedBytes: gpu.reservedBytes,
      usedBytes,
      freeBytes: this.freeBytes(index),
      utilizationPercent: busy ? 34 : 0,
      temperatureC: Math.round(34 + 14 * fill + (busy ? 9 : 0)),
      powerWatts: Math.round((IDLE_WATTS + (gpu.powerLimitWatts / 5) * fill + (busy ? 55 : 0)) * 100) / 100,
      powerLimitWatts: gpu.powerLimitWatts,
    };
  }

  #isGrowing(allocation: Allocation): boolean {
    return this.#clock.now() < allocation.untilMs;
  }

  #bytesNow(allocation: Allocation, index: number): number {
    const bytes = allocation.bytes[index] ?? 0;
    if (!this.#isGrowing(allocation)) {
      return bytes;
    }
    const done = (this.#clock.now() - allocation.fromMs) / (allocation.untilMs - allocation.fromMs);
    return Math.floor(bytes * done);
  }
}
