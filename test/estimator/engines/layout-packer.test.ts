import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Agreed,
  type ConvergeOptions,
  converge,
  isAgreed,
} from '../../../src/estimator/engines/layout/converge.ts';
import {
  buildLayout,
  countLayers,
  hostBytes,
  type KnownMemory,
  type LayoutGpu,
  type PackOptions,
} from '../../../src/estimator/engines/layout/packer.ts';
import { GIB, MIB } from './specs.ts';

const MINIMUM = 457 * MIB;

function gpu(index: number, freeBytes: number, extra: Partial<LayoutGpu> = {}): LayoutGpu {
  return { index, library: 'CUDA', integrated: false, freeBytes, ...extra };
}

function known(layers: number[], graphs: number[]): KnownMemory {
  return { layers, graphs: new Map(graphs.map((bytes, i) => [i, bytes])), inputBytes: 0, cpuGraphBytes: 0 };
}

function options(extra: Partial<PackOptions> = {}): PackOptions {
  return {
    version: [0, 13, 5],
    gpuOverheadBytes: 0,
    schedSpread: false,
    numGpu: -1,
    requireFull: false,
    backoff: 0,
    ...extra,
  };
}

const even = (count: number, bytes: number): number[] => new Array<number>(count).fill(bytes);

describe('the packer', () => {
  test('before anything is known the whole model goes to the GPU with most free memory', () => {
    const nothing: KnownMemory = { layers: even(5, 0), inputBytes: 0, cpuGraphBytes: 0 };
    expect(buildLayout([gpu(0, GIB), gpu(1, 2 * GIB)], nothing, options())).toEqual([
      { gpu: 1, layers: [0, 1, 2, 3, 4] },
    ]);
  });

  test('as few GPUs as will do', () => {
    const layout = buildLayout(
      [gpu(0, 4 * GIB), gpu(1, 6 * GIB), gpu(2, 5 * GIB)],
      known(even(10, 0.5 * GIB), [0, 0, 0]),
      options(),
    );
    expect(layout).toEqual([{ gpu: 1, layers: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }]);
  });

  test('a GPU that already has a graph stays in use', () => {
    const gpus = [gpu(0, 6 * GIB), gpu(1, 5 * GIB)];
    const layout = buildLayout(gpus, known(even(10, 0.1 * GIB), [MIB, MIB]), options());
    expect(layout.map((one) => one.layers.length)).toEqual([6, 4]);
  });

  test('several GPUs are balanced; the output layer stands on the one with least free memory', () => {
    const layout = buildLayout([gpu(0, 4 * GIB), gpu(1, 6 * GIB)], known(even(16, 0.5 * GIB), [0, 0]), options());
    expect(layout.map((one) => one.gpu)).toEqual([1, 0]);
    expect(layout[1]!.layers.at(-1)).toBe(15);
    expect(layout.map((one) => one.layers.length)).toEqual([10, 6]);
  });

  test('what does not fit leaves the output layer on the CPU first', () => {
    const layers = [...even(8, 0.5 * GIB), GIB];
    const layout = buildLayout([gpu(0, 4 * GIB)], known(layers, [0]), options());
    expect(layout).toEqual([{ gpu: 0, layers: [1, 2, 3, 4, 5, 6, 7] }]);
    expect(hostBytes(known(layers, [0]), layout)).toBe(1.5 * GIB);
  });

  test('num_gpu forces layers beyond what is free, but not when a full fit is required', () => {
    const memory = known(even(10, GIB), [0]);
    expect(countLayers(buildLayout([gpu(0, 3 * GIB)], memory, options({ numGpu: 8 })))).toBe(8);
    expect(countLayers(buildLayout([gpu(0, 3 * GIB)], memory, options({ numGpu: 8, requireFull: true })))).toBe(2);
  });

  test('integrated GPUs come last from 0.12.11', () => {
    const gpus = [gpu(0, 30 * GIB, { integrated: true }), gpu(1, 6 * GIB)];
    const layout = buildLayout(gpus, known(even(10, GIB), [0, 0]), options());
    expect(layout.find((one) => one.gpu === 1)?.layers.length).toBe(5);
    expect(layout.find((one) => one.gpu === 0)?.layers).toEqual([0, 1, 2, 3, 4]);
  });

  test('the library that takes more layers wins', () => {
    const gpus = [gpu(0, 3 * GIB), gpu(1, 8 * GIB, { library: 'ROCm' })];
    expect(buildLayout(gpus, known(even(10, GIB), [0, 0]), options()).map((one) => one.gpu)).toEqual([1]);
  });

  test('whatever the GPUs, nothing is placed twice or beyond the memory left after reserve and graph', () => {
    const gib = fc.integer({ min: 0, max: 24 }).map((n) => n * GIB);
    const list = fc.array(gib, { minLength: 1, maxLength: 6 });
    const layers = fc.array(fc.integer({ min: 1, max: 2 * GIB }), { minLength: 1, maxLength: 60 });
    const version = fc.constantFrom([0, 11, 11] as const, [0, 12, 6] as const, [0, 24, 0] as const);
    fc.assert(
      fc.property(
        list,
        layers,
        fc.integer({ min: 0, max: GIB }),
        fc.boolean(),
        version,
        (free, sizes, graph, spread, v) => {
          const gpus = free.map((bytes, i) => gpu(i, bytes));
          const memory = known(
            sizes,
            free.map(() => graph),
          );
          const layout = buildLayout(gpus, memory, options({ schedSpread: spread, version: v }));
          const placed = layout.flatMap((one) => one.layers);
          expect(new Set(placed).size).toBe(placed.length);
          for (const { gpu: index, layers: here } of layout) {
            const bytes = here.reduce((sum, i) => sum + sizes[i]!, 0);
            // Single precision may round a GPU's room up by a millionth of a millionth.
            if (here.length > 0) {
              expect(bytes).toBeLessThanOrEqual((free[index]! - graph - MINIMUM) * 1.000001);
            }
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('the loop between scheduler and runner', () => {
  const loop = (extra: Partial<ConvergeOptions> = {}): ConvergeOptions => ({
    ...options(),
    totalLayers: 10,
    systemFreeBytes: 64 * GIB,
    systemAvailableBytes: 64 * GIB,
    ...extra,
  });

  test('the graph that only shows once asked pushes layers to a second GPU', () => {
    const gpus = [gpu(0, 6 * GIB), gpu(1, 6 * GIB)];
    const layers = even(10, 0.5 * GIB);
    const asked: number[] = [];
    const result = converge(gpus, loop(), (layout) => {
      asked.push(layout.length);
      const graphs = new Map(gpus.map((_, i) => [i, layout.some((one) => one.gpu === i) ? GIB : 0]));
      return { memory: { layers, graphs, inputBytes: 0, cpuGraphBytes: 0 }, success: true };
    });
    expect(isAgreed(result)).toBe(true);
    expect(asked[0]).toBe(1);
    expect((result as Agreed).layout.map((one) => one.layers.length)).toEqual([5, 5]);
  });

  test('too little host memory ends in the failure with what was needed', () => {
    const layers = even(10, GIB);
    const result = converge([gpu(0, 4 * GIB)], loop({ systemAvailableBytes: 2 * GIB }), () => ({
      memory: { layers, graphs: new Map([[0, 0]]), inputBytes: 0.5 * GIB, cpuGraphBytes: 0 },
      success: true,
    }));
    expect(result).toMatchObject({ failure: 'system-memory', neededBytes: 7.5 * GIB });
  });

  test('allocations that fail make room step by step, and end when num_gpu leaves no way', () => {
    const layers = even(10, 0.5 * GIB);
    const ask = (limit: number) => (layout: Agreed['layout']) => ({
      memory: { layers, graphs: new Map([[0, MIB]]), inputBytes: 0, cpuGraphBytes: 0 },
      success: countLayers(layout) <= limit,
    });
    const backedOff = converge([gpu(0, 6 * GIB)], loop(), ask(7));
    expect(isAgreed(backedOff) && countLayers(backedOff.layout)).toBe(7);
    expect(converge([gpu(0, 6 * GIB)], loop({ numGpu: 10 }), ask(7))).toEqual({
      failure: 'cannot-allocate',
      error: 'memory layout cannot be allocated with num_gpu = 10',
    });
    expect(converge([gpu(0, 6 * GIB)], loop(), ask(-1))).toEqual({
      failure: 'cannot-allocate',
      error: 'memory layout cannot be allocated',
    });
  });

  test('beside a loaded model only all layers will do', () => {
    const result = converge([gpu(0, 4 * GIB)], loop({ requireFull: true }), () => ({
      memory: { layers: even(10, GIB), graphs: new Map([[0, 0]]), inputBytes: 0, cpuGraphBytes: 0 },
      success: true,
    }));
    expect(result).toEqual({ failure: 'needs-eviction' });
  });
});
