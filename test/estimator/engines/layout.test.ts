import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideLayout } from '../../../src/estimator/engines/layout/layout.ts';
import type { EstimateServer, GpuDevice } from '../../../src/estimator/types.ts';
import { cards, GIB, gemma3TwelveB, MIB, smallLlama } from './specs.ts';

const system = { totalBytes: 64 * GIB, freeBytes: 60 * GIB, swapFreeBytes: 0 };
const gemma = gemma3TwelveB();

function server(ollama: string, gpus: GpuDevice[]): EstimateServer {
  return { ollama, gpus, system };
}

const noteCodes = (plan: { notes: readonly { code: string }[] }): string[] => plan.notes.map((note) => note.code);

describe("Ollama's own engine", () => {
  test('gemma3:12b: weights and cache to the byte, the tower with the output layer, the graph said to be estimated', () => {
    const plan = decideLayout(gemma, server('0.13.5', cards(1, 24, 23)), { numCtx: 8192 });
    expect(plan.verdict).toBe('fits');
    expect(plan.placement).toMatchObject({ gpuLayers: 49, totalLayers: 49, perGpuLayers: [49] });
    // 8 layers of 8192 cells, 40 of 1024 + 512, 4096 elements of 2 bytes each.
    expect(plan.gpus[0]!.cacheBytes).toBe((8 * 8192 + 40 * 1536) * 4096 * 2);
    expect(plan.gpus[0]!.projectorBytes).toBe(834_531_264);
    // CUDA pads the last row of 241 tensors to a multiple of 512 elements, 256 bytes each with alignment.
    expect(plan.gpus[0]!.weightsBytes).toBe(6_468_255_744 + 825_768_960 + 241 * 256);
    // The input embedding stays on the CPU and counts as VRAM once every layer is on a GPU.
    expect(plan.host.weightsBytes).toBe(825_753_600);
    expect(plan.sizeBytes).toBe(plan.sizeVramBytes);
    expect(noteCodes(plan)).toContain('graph-estimated');
  });

  test('the cache type counts with its scales', () => {
    const bytes = (kvCacheType: 'f16' | 'q8_0' | 'q4_0') =>
      decideLayout(gemma, server('0.13.5', cards(1, 24, 23)), { numCtx: 8192, flashAttention: true, kvCacheType })
        .gpus[0]!.cacheBytes;
    expect(bytes('q8_0') / bytes('f16')).toBeCloseTo(34 / 64, 3);
    expect(bytes('q4_0') / bytes('f16')).toBeCloseTo(18 / 64, 3);
  });

  test('slots multiply the cache; sliding layers keep one cell more for each', () => {
    const plan = decideLayout(gemma, server('0.13.5', cards(1, 48, 47)), { numCtx: 4096, numParallel: 4 });
    const sliding = Math.ceil((4 * 1025 + 512) / 256) * 256;
    expect(plan.gpus[0]!.cacheBytes).toBe((8 * 4 * 4096 + 40 * sliding) * 4096 * 2);
  });

  test('four small cards share it where the formulas of 0.6.5 refused', () => {
    const plan = decideLayout(gemma, server('0.13.5', cards(4, 7.9, 7.7)), { numCtx: 131072 });
    expect(plan.verdict).toBe('fits');
    expect(plan.placement.perGpuLayers.reduce((a, b) => a + b)).toBe(49);
  });

  test('too little host memory is refused in the words of Ollama', () => {
    const small = { totalBytes: 4 * GIB, freeBytes: 2 * GIB, swapFreeBytes: 0 };
    const plan = decideLayout(gemma, { ollama: '0.13.5', gpus: cards(1, 4, 3.5), system: small }, { numCtx: 8192 });
    expect(plan.verdict).toBe('refused');
    expect(plan.ollamaError).toMatch(
      /^model requires more system memory \(\d+\.\d GiB\) than is available \(2\.0 GiB\)$/,
    );
    expect(plan.reason.code).toBe('refused-system-memory');
  });

  test('more layers than fit by num_gpu: the allocation fails', () => {
    const plan = decideLayout(gemma, server('0.13.5', cards(1, 4, 3.5)), { numCtx: 8192, numGpu: 49 });
    expect(plan.ollamaError).toBe('memory layout cannot be allocated with num_gpu = 49');
    expect(plan.reason.code).toBe('refused-allocation');
  });
});

describe('models of the llama.cpp runner, 0.12.11 to 0.24', () => {
  const small = smallLlama({ blocks: 40 });

  test('what Ollama reports follows the formulas, what the GPU holds follows llama.cpp', () => {
    const plan = decideLayout(small, server('0.22.0', cards(1, 24, 23)), { numCtx: 32768 });
    expect(plan.verdict).toBe('fits');
    const graph = plan.notes.find((note) => note.code === 'graph-by-formula')!.params;
    // 4·512·(1 + 4·1024 + 32768·17)
    expect(graph.ollamaBytes).toBe(4 * 512 * (1 + 4 * 1024 + 32768 * 17));
    expect(graph.bytes).toBeLessThan(Number(graph.ollamaBytes));
    const { weightsBytes, cacheBytes } = plan.gpus[0]!;
    expect(plan.sizeVramBytes).toBe(weightsBytes + cacheBytes + Number(graph.ollamaBytes));
  });

  test('flash attention is left to the runner from 0.13.4, and a quantized cache then needs it asked for', () => {
    const ask = (ollama: string, flashAttention?: boolean) =>
      decideLayout(small, server(ollama, cards(1, 24, 23)), {
        numCtx: 8192,
        kvCacheType: 'q8_0',
        ...(flashAttention === undefined ? {} : { flashAttention }),
      });
    expect(ask('0.13.4')).toMatchObject({ flashAttention: true, kvCacheType: 'f16' });
    expect(ask('0.13.3')).toMatchObject({ flashAttention: false, kvCacheType: 'f16' });
    expect(ask('0.13.4', true)).toMatchObject({ flashAttention: true, kvCacheType: 'q8_0' });
  });

  test('a part of the model leaves the output layer on the CPU', () => {
    const plan = decideLayout(small, server('0.22.0', cards(1, 2, 1)), { numCtx: 4096 });
    expect(plan.verdict).toBe('partial');
    expect(plan.placement.gpuLayers).toBeLessThan(41);
    expect(plan.placement.gpuLayers).toBeGreaterThan(0);
    const block = plan.gpus[0]!.weightsBytes / plan.placement.gpuLayers;
    expect(block).toBeLessThan(9 * MIB);
  });

  test('a projector file is not reckoned by Ollama, but stands in the plan', () => {
    const spec = {
      ...small,
      projector: { source: 'file' as const, weightsBytes: 600 * MIB, metadata: {}, tensors: [] },
    };
    const plan = decideLayout(spec, server('0.22.0', cards(1, 24, 23)), { numCtx: 4096 });
    const without = decideLayout(small, server('0.22.0', cards(1, 24, 23)), { numCtx: 4096 });
    expect(plan.sizeVramBytes).toBe(without.sizeVramBytes);
    expect(plan.gpus[0]!.projectorBytes).toBe(600 * MIB);
    expect(noteCodes(plan)).toContain('projector-not-counted');
  });
});

describe('whatever the server', () => {
  test('the parts add up, layers are counted once, the verdict agrees with them', () => {
    const specs = [smallLlama({ blocks: 12 }), smallLlama({ blocks: 12, architecture: 'qwen3' })];
    const gib = fc.integer({ min: 0, max: 80 }).map((n) => Math.round((n * GIB) / 10));
    fc.assert(
      fc.property(
        fc.constantFrom(...specs),
        fc.constantFrom('0.12.11', '0.13.5', '0.24.0'),
        fc.array(gib, { maxLength: 4 }),
        fc.integer({ min: 1, max: 65536 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(-1, 0, 5, 13),
        (spec, ollama, free, numCtx, numParallel, numGpu) => {
          const gpus = free.map((freeBytes, i) => ({ name: `GPU ${i}`, totalBytes: 8 * GIB, freeBytes }));
          const plan = decideLayout(spec, server(ollama, gpus), { numCtx, numParallel, numGpu });
          for (const gpu of plan.gpus) {
            expect(gpu.totalBytes).toBe(
              gpu.weightsBytes + gpu.cacheBytes + gpu.computeBytes + gpu.projectorBytes + gpu.overheadBytes,
            );
          }
          expect(plan.placement.perGpuLayers.reduce((a, b) => a + b, 0)).toBe(plan.placement.gpuLayers);
          const dies = plan.reason.code === 'out-of-memory';
          if (!dies) {
            expect(plan.verdict === 'fits').toBe(plan.placement.gpuLayers === plan.placement.totalLayers);
          }
          expect(plan.sizeBytes).toBeGreaterThanOrEqual(plan.sizeVramBytes);
          expect(plan.verdict === 'refused').toBe(plan.ollamaError !== undefined || dies);
        },
      ),
      { numRuns: 60 },
    );
  });
});
