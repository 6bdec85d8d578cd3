/**
 * Steps 3 and 4 of llama.cpp's `--fit` (common/fit.cpp): how many layers, and of a mixture of experts which
 * parts of them, go to which device. Each question is answered by the method of false position over dry runs, with
 * the original's integer arithmetic, because its rounding decides where the search ends.
 */

import { MIB } from '../../../../base/bytes.ts';
import type { LlamaCppConfig } from '../../../types.ts';
import type { DryRun, DryRuns, Range } from './dry-runs.ts';
import { ALL_EXPERTS, type FitOverride, type LayerFraction } from './overrides.ts';

/** Layers of one device: `layers` in all, of which the last `partial` keep their experts (or more) elsewhere. */
interface Share {
  layers: number;
  partial: number;
  /** What the first partial layer keeps; the others always keep everything but the experts. */
  fraction: LayerFraction;
}

export interface LayerSearchInput {
  readonly runs: DryRuns;
  readonly config: LlamaCppConfig;
  /** Most bytes each device may use. */
  readonly targets: readonly number[];
  readonly free: readonly number[];
  readonly margins: readonly number[];
  /** Repeating layers; the output layer comes on top. */
  readonly layers: number;
  /** Repeating layers as the loader counts them, those for multi-token prediction included. */
  readonly blocks: number;
  readonly experts: boolean;
  /** Compute buffers of each GPU with all layers on the GPUs, bytes. */
  readonly fullComputeBytes: readonly number[];
  /** Weights of the largest layer, bytes. */
  readonly largestLayerBytes: number;
  /**
   * Whether a GPU's memory may fall where it gets one layer more, because layers differ in kind. Then it matters which
   * numbers of layers are tried, and every dry run is carried out.
   */
  readonly uneven: boolean;
  /** The search may end where it is certain that something stays off the GPUs; the rest of its result is then void. */
  readonly wholeOnly?: boolean;
}

export interface LayerSearchResult {
  readonly perGpuLayers: readonly number[];
  readonly overrides: readonly FitOverride[];
}

/** More dry runs than any model needs; a bound against a search that does not converge. */
const MAX_DRY_RUNS = 2000;

/**
 * A GPU that nothing is moved to for a while (any but the first) needs about as much for computing whatever layers it
 * has. Twice what it needs when all layers are on GPUs, with the copies of pipeline parallelism, is taken for more than
 * it ever needs; what was decided by that is checked at the end.
 */
const CEILING_FACTOR = 2;
const CEILING_EXTRA_BYTES = 64 * MIB;
/** More layers' weights than are ever copied to the first GPU at a time. */
const TAKEN_LAYERS = 3;

export class LayerSearch {
  readonly #input: LayerSearchInput;
  readonly #gpus: number;
  /** Shares that still meet every target, and their memory. */
  #shares: Share[];
  /** Where the first partial layer of each device leaves its tensors. */
  #overflow: ('CPU' | number)[];
  #memory: readonly number[];
  #runs = 0;
  readonly #ceilingBytes: number;
  /** GPUs of which something was taken to fit because of the ceiling alone. */
  readonly #unproven = new Set<number>();
  #exact: boolean;
  /** Something stays off the GPUs, and nobody wants to know more. */
  #over = false;
  /** What the last graph said about each GPU's compute buffer, bytes: a guess where none is built. */
  #guesses: number[];

  constructor(input: LayerSearchInput) {
    this.#input = input;
    this.#gpus = input.targets.length;
    this.#shares = [];
    this.#overflow = [];
    this.#memory = [];
    this.#guesses = [];
    this.#exact = input.uneven;
    this.#ceilingBytes = CEILING_FACTOR * Math.max(...input.fullComputeBytes) + CEILING_EXTRA_BYTES;
  }

  run(): LayerSearchResult {
    this.#search();
    if (!this.#exact && (!this.#holds() || this.#input.runs.contradicted)) {
      this.#exact = true;
      this.#search();
    }
    return {
      perGpuLayers: this.#shares.map((share) => share.layers),
      overrides: this.#overridesOf(this.#shares, this.#overflow),
    };
  }

  #search(): void {
    const { targets } = this.#input;
    this.#shares = targets.map(() => ({ layers: 0, partial: 0, fraction: 'dense' }));
    this.#overflow = targets.map(() => 'CPU');
    // With several GPUs the buffers of all layers together have the copies of pipeline parallelism in them.
    const share = this.#gpus > 1 ? 0.5 : 1;
    this.#guesses = this.#input.fullComputeBytes.map((bytes) => Math.round(bytes * share));
    this.#memory = this.#guesses;
    this.#runs = 0;
    this.#over = false;
    const denseFits = this.#input.experts && this.#denseSurplus() > 0;
    if (this.#exact) {
      this.#memory = this.#measure(this.#shares, this.#overflow);
    }
    for (let gpu = this.#gpus - 1; gpu >= 0; gpu--) {
      this.#fillFromTheBack(gpu);
    }
    if (denseFits && !this.#over) {
      this.#fillExpertsFromTheFront();
    }
  }

  /** Whether the GPUs that were filled up under the ceiling meet their targets in the end. */
  #holds(): boolean {
    if (this.#unproven.size === 0 || this.#over) {
      return true;
    }
    const run = this.#place(this.#shares, this.#overflow);
    const targets = this.#input.targets.map((bytes, gpu) =>
      this.#unproven.has(gpu) ? bytes : Number.POSITIVE_INFINITY,
    );
    return this.#input.runs.below(run, targets);
  }

  /** Free memory beyond the margins, over all devices, with every expert in system memory. */
  #denseSurplus(): number {
    const { runs, config, free, margins } = this.#input;
    const run = runs.place({ ...config, cpuTensors: [ALL_EXPERTS] });
    let surplus = 0;
    for (let gpu = 0; gpu < this.#gpus; gpu++) {
      surplus += free[gpu]! - run.storedBytes[gpu]! - margins[gpu]!;
    }
    // Beside the ceiling, the first GPU takes in the host's weights, a layer's at a time.
    const taken = this.#gpus * this.#ceilingBytes + TAKEN_LAYERS * this.#input.largestLayerBytes;
    if (surplus <= 0 || (surplus > taken && !this.#exact)) {
      return surplus;
    }
    const compute = runs.compute(run);
    for (let gpu = 0; gpu < this.#gpus; gpu++) {
      surplus -= compute[gpu]!;
    }
    return surplus;
  }

  #place(shares: readonly Share[], overflow: readonly ('CPU' | number)[]): DryRun {
    const { runs, config } = this.#input;
    const perGpu = shares.map((share) => share.layers);
    const numGpu = perGpu.reduce((total, layers) => total + layers, 0);
    // All shares zero means "by free memory" to llama.cpp; nothing is on a device then anyway.
    const split = this.#gpus > 1 && numGpu > 0 ? { tensorSplit: perGpu } : {};
    const overrides = this.#overridesOf(shares, overflow);
    const gpuOf: number[] = new Array<number>(this.#input.blocks + 1 - numGpu).fill(-1);
    for (const [gpu, layers] of perGpu.entries()) {
      for (let layer = 0; layer < layers; layer++) {
        gpuOf.push(gpu);
      }
    }
    return runs.placeMoved({ ...config, numGpu, ...split }, overrides, gpuOf);
  }

  /**
   * Memory of each device for these shares, bytes. Only which side of its target each of the `judged` GPUs is on is
   * promised: when weights, cache and what is known of the compute buffers settle that, no graph is built, and the rest
   * is a guess good enough to guide the search.
   */
  #measure(
    shares: readonly Share[],
    overflow: readonly ('CPU' | number)[],
    ...judged: readonly number[]
  ): readonly number[] {
    this.#runs++;
    const { targets, runs } = this.#input;
    const run = this.#place(shares, overflow);
    const stored = run.storedBytes;
    if (this.#exact) {
      const [first = 0] = judged;
      if (judged.length > 0 && stored[first]! > targets[first]!) {
        return stored;
      }
      return sums(stored, runs.compute(run));
    }
    let side = this.#side(
      judged,
      judged.map((gpu) => ({
        low: stored[gpu]!,
        high: gpu > 0 ? stored[gpu]! + this.#ceilingBytes : Number.POSITIVE_INFINITY,
      })),
    );
    if (side === 'below') {
      for (const gpu of judged) {
        this.#unproven.add(gpu);
      }
    }
    side ??= this.#side(
      judged,
      judged.map((gpu) => {
        const { low, high } = runs.range(run, gpu);
        return { low: stored[gpu]! + low, high: stored[gpu]! + high };
      }),
    );
    if (side === undefined) {
      this.#guesses = runs.compute(run).slice(0, this.#gpus);
    }
    const memory = sums(stored, this.#guesses);
    if (side === 'below') {
      for (const gpu of judged) {
        memory[gpu] = Math.min(memory[gpu]!, targets[gpu]! - 1);
      }
    }
    // Only one is judged where the amount by which it is too much is looked at.
    if (side === 'above') {
      for (const gpu of judged) {
        memory[gpu] = Math.max(memory[gpu]!, targets[gpu]! + 1);
      }
    }
    return memory;
  }

  /** `below` when every judged GPU is under its target, `above` when one is over it, undefined when that is open. */
  #side(judged: readonly number[], ranges: readonly Range[]): 'below' | 'above' | undefined {
    const { targets } = this.#input;
    if (judged.some((gpu, i) => ranges[i]!.low > targets[gpu]!)) {
      return 'above';
    }
    return judged.every((gpu, i) => ranges[i]!.high < targets[gpu]!) ? 'below' : undefined;
  }

  #overridesOf(shares: readonly Share[], overflow: readonly ('CPU' | number)[]): FitOverride[] {
    let layer = this.#input.layers + 1 - shares.reduce((total, share) => total + share.layers, 0);
    const overrides: FitOverride[] = [];
    for (const [gpu, share] of shares.entries()) {
      layer += share.layers - share.partial;
      for (let part = 0; part < share.partial; part++, layer++) {
        overrides.push({
          layer,
          fraction: part === 0 ? share.fraction : 'dense',
          target: part === 0 ? overflow[gpu]! : 'CPU',
        });
      }
    }
    return overrides;
  }

  /** Step 3: as many layers on this device as its target allows; the last device holds the output layer. */
  #fillFromTheBack(gpu: number): void {
    const last = gpu === this.#gpus - 1;
    let unassigned = this.#input.layers + 1;
    for (let later = gpu + 1; later < this.#gpus; later++) {
      unassigned -= this.#shares[later]!.layers;
    }
    if (unassigned <= 0) {
      return;
    }

    let high = copy(this.#shares);
    high[gpu]!.layers = unassigned;
    if (this.#input.experts) {
      high[gpu]!.partial = last ? unassigned - 1 : unassigned;
    }
    let memoryHigh = this.#measure(high, this.#overflow, gpu);
    const target = this.#input.targets[gpu]!;
    if (memoryHigh[gpu]! <= target) {
      this.#shares = high;
      this.#memory = memoryHigh;
      return;
    }
    if (gpu === 0 && this.#input.wholeOnly === true) {
      this.#over = true;
      return;
    }
    let delta = high[gpu]!.layers - this.#shares[gpu]!.layers;
    while (delta > 1 && this.#runs < MAX_DRY_RUNS) {
      const step = falsePosition(delta, target, this.#memory[gpu]!, memoryHigh[gpu]!);
      const test = copy(this.#shares);
      const share = test[gpu]!;
      share.layers += step;
      if (this.#input.experts) {
        share.partial += last && share.partial === 0 ? step - 1 : step;
      }
      const memory = this.#measure(test, this.#overflow, gpu);
      if (memory[gpu]! <= target) {
        this.#shares = test;
        this.#memory = memory;
      } else {
        high = test;
        memoryHigh = memory;
      }
      delta = high[gpu]!.layers - this.#shares[gpu]!.layers;
    }
  }

  /** Step 4: dense layers of the last devices become whole layers of the first ones, until those are full. */
  #fillExpertsFromTheFront(): void {
    let denseStart = this.#gpus;
    while (denseStart > 0 && this.#shares[denseStart - 1]!.layers > 0) {
      denseStart--;
    }
    for (let gpu = 0; gpu <= denseStart && denseStart < this.#gpus; gpu++) {
      denseStart = this.#convert(gpu, denseStart);
      if (denseStart < this.#gpus) {
        denseStart = this.#tryPartialLayer(gpu, denseStart);
      }
    }
  }

  #convert(gpu: number, start: number): number {
    const lastGpu = this.#gpus - 1;
    let denseStart = start;
    let high = copy(this.#shares);
    for (let from = start; from < this.#gpus; from++) {
      const moved = from < lastGpu ? high[from]!.layers : high[from]!.layers - 1;
      high[gpu]!.layers += moved;
      high[from]!.layers -= moved;
      high[from]!.partial = 0;
    }
    let memoryHigh = this.#measure(high, this.#overflow, gpu);
    const target = this.#input.targets[gpu]!;
    if (memoryHigh[gpu]! <= target) {
      this.#shares = high;
      this.#memory = memoryHigh;
      return lastGpu;
    }
    if (gpu === lastGpu && this.#input.wholeOnly === true) {
      this.#over = true;
      return this.#gpus;
    }
    let delta = fullLayers(high[gpu]!) - fullLayers(this.#shares[gpu]!);
    while (delta > 1 && this.#runs < MAX_DRY_RUNS) {
      const step = falsePosition(delta, target, this.#memory[gpu]!, memoryHigh[gpu]!);
      const test = copy(this.#shares);
      const testStart = moveLayers(test, denseStart, gpu, step);
      const memory = this.#measure(test, this.#overflow, gpu);
      if (memory[gpu]! <= target) {
        this.#shares = test;
        this.#memory = memory;
        denseStart = testStart;
      } else {
        high = test;
        memoryHigh = memory;
      }
      delta = fullLayers(high[gpu]!) - fullLayers(this.#shares[gpu]!);
    }
    return denseStart;
  }

  /** Part of one more layer on this device; what does not fit goes to the next device, or to system memory. */
  #tryPartialLayer(gpu: number, start: number): number {
    const last = gpu === this.#gpus - 1;
    if (this.#shares[start]!.layers <= (last ? 1 : 0)) {
      return start;
    }
    const test = copy(this.#shares);
    test[start]!.layers--;
    test[start]!.partial--;
    test[gpu]!.layers++;
    test[gpu]!.partial++;
    const testStart = test[start]!.partial === 0 ? start + 1 : start;
    const overflow = [...this.#overflow];
    if (!last) {
      overflow[gpu] = gpu + 1;
    }

    const accept = (fraction: LayerFraction): boolean => {
      const candidate = copy(test);
      candidate[gpu]!.fraction = fraction;
      const memory = this.#measure(candidate, overflow, ...(last ? [gpu] : [gpu, gpu + 1]));
      const targets = this.#input.targets;
      if (memory[gpu]! >= targets[gpu]! || (!last && memory[gpu + 1]! >= targets[gpu + 1]!)) {
        return false;
      }
      this.#shares = candidate;
      this.#overflow = overflow;
      this.#memory = memory;
      return true;
    };
    if (accept('up')) {
      accept('gate');
      return testStart;
    }
    return accept('attention') ? testStart : start;
  }
}

function sums(stored: readonly number[], compute: readonly number[]): number[] {
  return stored.map((bytes, gpu) => bytes + compute[gpu]!);
}

function copy(shares: readonly Share[]): Share[] {
  return shares.map((share) => ({ ...share }));
}

function fullLayers(share: Share): number {
  return share.layers - share.partial;
}

/** Makes `count` partial layers of the devices from `start` on whole layers of `to`; returns the new start. */
function moveLayers(shares: Share[], start: number, to: number, count: number): number {
  let from = start;
  let moved = 0;
  for (; from < shares.length; from++) {
    const share = shares[from]!;
    const now = Math.min(count - moved, share.partial);
    share.layers -= now;
    share.partial -= now;
    shares[to]!.layers += now;
    moved += now;
    if (share.partial > 0) {
      break;
    }
  }
  return from;
}

/** The original's step: truncating 64-bit division, then taken as an unsigned 32-bit number and kept in [1, delta-1]. */
function falsePosition(delta: number, target: number, low: number, high: number): number {
  const quotient = high === low ? 0 : Number((BigInt(delta) * BigInt(target - low)) / BigInt(high - low));
  return Math.min(Math.max(quotient >>> 0, 1), delta - 1);
}
