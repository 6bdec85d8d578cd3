import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideFormula, traceFormula } from '../../../src/estimator/engines/formula/formula.ts';
import { humanBytes2 } from '../../../src/estimator/engines/formula/human-bytes.ts';
import type { EstimateServer, ModelSpec } from '../../../src/estimator/types.ts';
import { cards, GIB, gemma3TwelveB, MIB, smallLlama } from './specs.ts';

const system = { totalBytes: 32 * GIB, freeBytes: 30 * GIB, swapFreeBytes: 0 };
const gemma = gemma3TwelveB();

function rig(ollama: string, freeGib: number, count = 4): EstimateServer {
  return { ollama, gpus: cards(count, 7.9, freeGib), system };
}

describe("issue 10181's rig: gemma3:12b at 131072 tokens on four 8 GB cards", () => {
  const request = { numCtx: 131072, numParallel: 1 };

  test("0.6.5 refuses in the reporter's very words", () => {
    const plan = decideFormula(gemma, rig('0.6.5', 7.7), request);
    expect(plan.verdict).toBe('refused');
    expect(plan.ollamaError).toBe('model requires more system memory (55.2 GiB) than is available (30.0 GiB)');
    expect(plan.sizeBytes).toBe(59_247_246_336);
    expect(plan.sizeVramBytes).toBe(0);
  });

  test('the reason names the price of entry of each card', () => {
    const { reason } = decideFormula(gemma, rig('0.6.5', 7.7), request);
    expect(reason.code).toBe('refused-system-memory');
    expect(reason.params).toMatchObject({
      systemNeededBytes: 59_247_246_336,
      gpuLayers: 0,
      gpuNeededBytes: 8_387_580_864,
      projectorBytes: 834_531_264 + 1_083_440_128,
      graphBytes: 5_678_499_840,
      minimumBytes: 479_199_232,
      twoLayersBytes: 2 * 155_955_200,
      limitingPart: 'graph',
    });
  });

  test('without a number of slots it ends the same way: 4 slots are tried, then 1', () => {
    const plan = decideFormula(gemma, rig('0.6.5', 7.7), { numCtx: 131072 });
    expect(plan.ollamaError).toContain('(55.2 GiB)');
    expect(plan.numParallel).toBe(1);
  });

  test('without host memory told it is assumed, and said', () => {
    const { system: _, ...server } = rig('0.6.5', 7.7);
    const plan = decideFormula(gemma, server, request);
    expect(plan.ollamaError).toContain('(55.2 GiB)');
    expect(plan.notes.map((note) => note.code)).toContain('system-memory-assumed');
  });

  test.each([
    // version, free GiB per card, layers, split, full, partial, host need
    ['0.6.5', 7.82, 17, '1,7,6,3', '65.5 GiB', '29.6 GiB', '35.9 GiB'],
    ['0.7.0', 7.8, 0, '', '15.3 GiB', '0 B', '15.3 GiB'],
    ['0.7.1', 7.8, 19, '6,5,5,3', '40.6 GiB', '30.1 GiB', '10.5 GiB'],
    ['0.9.0', 7.8, 19, '6,5,5,3', '40.6 GiB', '30.1 GiB', '10.5 GiB'],
    ['0.11.4', 7.8, 19, '6,5,5,3', '40.6 GiB', '30.1 GiB', '10.5 GiB'],
  ])('%s with %d GiB free: %d layers', (version, free, layers, split, full, partial, need) => {
    const { choice, fields } = traceFormula(gemma, rig(version, free), request);
    expect(fields).toMatchObject({
      'layers.offload': String(layers),
      'layers.split': split,
      'memory.required.full': full,
      'memory.required.partial': partial,
      'memory.required.kv': '8.5 GiB',
    });
    expect(humanBytes2(choice.estimate.totalBytes - choice.estimate.vramBytes)).toBe(need);
  });

  test('0.7.0 runs it on the CPU, 0.7.1 and 0.9 in part on the cards', () => {
    expect(decideFormula(gemma, rig('0.7.0', 7.8), request)).toMatchObject({
      verdict: 'cpu',
      reason: { code: 'cpu-no-layers' },
    });
    const plan = decideFormula(gemma, rig('0.9.0', 7.8), request);
    expect(plan.verdict).toBe('partial');
    expect(plan.placement).toMatchObject({ gpuLayers: 19, totalLayers: 49, perGpuLayers: [6, 5, 5, 3] });
    expect(plan.reason).toMatchObject({ code: 'partial-layers', params: { gpuLayers: 19, totalLayers: 49 } });
  });

  test('one RTX 3090 loads it whole; its test for room counts the larger graph', () => {
    const at = (freeGib: number) => decideFormula(gemma, rig('0.6.5', freeGib, 1), request);
    const plan = at(23.3);
    expect(plan.verdict).toBe('fits');
    expect(plan.sizeVramBytes).toBe(23_536_314_304);
    expect(plan.placement.perGpuLayers).toEqual([49]);
    expect(at(22.93).verdict).toBe('fits');
    expect(at(22.92).verdict).not.toBe('fits');
  });

  test('a quantized cache does not help: the graph stays', () => {
    const plan = decideFormula(gemma, rig('0.6.5', 7.79), { ...request, flashAttention: true, kvCacheType: 'q8_0' });
    expect(plan.ollamaError).toContain('(31.2 GiB)');
  });

  test('a CPU with little memory would have needed the same', () => {
    const little = { ...system, freeBytes: 6 * GIB };
    const { choice } = traceFormula(gemma, { ollama: '0.6.5', gpus: [], system: little }, request);
    expect(choice.estimate.totalBytes).toBe(59_247_246_336);
  });

  test.each([
    [2048, '49', '16.6 GiB'],
    [8192, '49', '17.0 GiB'],
    [32768, '49', '18.8 GiB'],
    [65536, '49', '26.1 GiB'],
    [81920, '48', '29.7 GiB'],
    [90000, '47', '31.5 GiB'],
    [100000, '35', '41.3 GiB'],
    [120000, '23', '56.4 GiB'],
  ])('%d tokens: %s layers, %s', (numCtx, layers, full) => {
    const { fields } = traceFormula(gemma, rig('0.6.5', 7.78), { numCtx, numParallel: 1 });
    expect(fields).toMatchObject({ 'layers.offload': layers, 'memory.required.full': full });
  });

  test('73728 tokens fit from 7.79 GiB on', () => {
    expect(decideFormula(gemma, rig('0.6.5', 7.79), { numCtx: 73728, numParallel: 1 }).verdict).toBe('fits');
    expect(decideFormula(gemma, rig('0.6.5', 7.75), { numCtx: 73728, numParallel: 1 }).verdict).toBe('partial');
  });

  test('at 65536 tokens the cards carry 7.5, 6.9, 4.9 and 6.9 GiB', () => {
    const { fields } = traceFormula(gemma, rig('0.6.5', 7.78), { numCtx: 65536, numParallel: 1 });
    expect(fields['memory.required.allocations']).toBe('[7.5 GiB 6.9 GiB 4.9 GiB 6.9 GiB]');
  });
});

describe('rules by version', () => {
  const small = smallLlama();

  test('slots are tried from 4 down to 0.6.6, from 2 to 0.9.6, then there is one', () => {
    const slots = (ollama: string) => decideFormula(small, rig(ollama, 7.5, 1), { numCtx: 4096 }).numParallel;
    expect([slots('0.6.6'), slots('0.6.7'), slots('0.9.6'), slots('0.10.0')]).toEqual([4, 2, 2, 1]);
  });

  test('to 0.11.4 it is one card or all of them, from 0.11.5 as few as will do', () => {
    const gpus = cards(3, 2, 1.6);
    const deep = smallLlama({ blocks: 80 });
    const used = (ollama: string) =>
      decideFormula(deep, { ollama, gpus, system }, { numCtx: 8192, numParallel: 1 }).placement.perGpuLayers.filter(
        (layers) => layers > 0,
      ).length;
    expect(used('0.11.4')).toBe(3);
    expect(used('0.11.5')).toBe(2);
  });

  test('the context is cut to what the model was trained for from 0.9.3 on', () => {
    const at = (ollama: string) => decideFormula(small, rig(ollama, 7.5), { numCtx: 200_000, numParallel: 1 });
    expect(at('0.9.2').numCtx).toBe(200_000);
    expect(at('0.9.3').numCtx).toBe(131_072);
    expect(at('0.9.3').notes.map((note) => note.code)).toContain('context-clamped');
  });

  test('heads per layer end in a crash before 0.9.3', () => {
    const spec: ModelSpec = {
      ...small,
      metadata: { ...small.metadata, 'llama.attention.head_count_kv': [4, 4, 4, 4, 2, 2, 2, 2] },
    };
    expect(decideFormula(spec, rig('0.9.2', 7.5), { numCtx: 4096 })).toMatchObject({
      verdict: 'refused',
      reason: { code: 'refused-version-too-old' },
    });
    expect(decideFormula(spec, rig('0.9.3', 7.5), { numCtx: 4096 }).verdict).toBe('fits');
  });

  test('a reserve larger than the free memory wrapped around to 0.5.1 and looked like room without end', () => {
    const server = { ...rig('0.5.1', 0.1, 1), gpuOverheadBytes: GIB };
    // All layers are handed out, and what they take is not there.
    const wrapped = decideFormula(small, server, { numCtx: 2048 });
    expect(wrapped.placement.gpuLayers).toBe(wrapped.placement.totalLayers);
    expect(wrapped.reason.code).toBe('out-of-memory');
    expect(decideFormula(small, { ...server, ollama: '0.5.2' }, { numCtx: 2048 }).verdict).toBe('cpu');
  });

  test('more layers asked for than there are can never count as a fit, but all are loaded', () => {
    const plan = decideFormula(small, rig('0.6.5', 7.5), { numCtx: 4096, numGpu: 99 });
    expect(plan.placement.gpuLayers).toBe(9);
    expect(plan.numParallel).toBe(1);
  });

  test('num_gpu 0 runs on the CPU', () => {
    expect(decideFormula(small, rig('0.6.5', 7.5), { numCtx: 4096, numGpu: 0 })).toMatchObject({
      verdict: 'cpu',
      reason: { code: 'cpu-requested' },
      sizeVramBytes: 0,
    });
  });

  test('beside a loaded model only a full fit will do, else it has to go', () => {
    const loaded = [{ name: 'other', sizeVramBytes: 7 * GIB }];
    const server: EstimateServer = { ollama: '0.6.5', gpus: cards(1, 7.9, 0.7), system, loaded };
    const plan = decideFormula(small, server, { numCtx: 4096 });
    expect(plan.verdict).toBe('fits');
    expect(plan.notes).toContainEqual({ code: 'evicts-loaded', params: { models: 1 } });
  });

  test('a quantized cache needs flash attention', () => {
    const ask = (flashAttention: boolean) =>
      decideFormula(small, rig('0.6.5', 7.5), { numCtx: 4096, kvCacheType: 'q8_0', flashAttention });
    expect(ask(true).kvCacheType).toBe('q8_0');
    expect(ask(false).kvCacheType).toBe('f16');
    expect(ask(false).notes.map((note) => note.code)).toContain('kv-type-ignored');
  });

  test('macOS has no limit of host memory', () => {
    const server: EstimateServer = { ...rig('0.6.5', 7.7), os: 'darwin' };
    expect(decideFormula(gemma, server, { numCtx: 131072, numParallel: 1 }).verdict).toBe('cpu');
  });
});

describe('sizes as Ollama prints them', () => {
  test.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1.25 * MIB, '1.2 MiB'],
    [1.75 * MIB, '1.8 MiB'],
    [834_531_264, '795.9 MiB'],
    [59_247_246_336, '55.2 GiB'],
  ])('%d: %s', (bytes, text) => {
    expect(humanBytes2(bytes)).toBe(text);
  });
});

describe('whatever the server', () => {
  const small = smallLlama();
  const server = fc.record({
    ollama: fc.constantFrom(
      '0.3.0',
      '0.5.1',
      '0.6.0',
      '0.6.5',
      '0.7.0',
      '0.7.1',
      '0.9.3',
      '0.11.4',
      '0.11.10',
      '0.12.10',
    ),
    gpus: fc.array(
      fc.record({
        name: fc.constant('GPU'),
        totalBytes: fc.constant(24 * GIB),
        freeBytes: fc.integer({ min: 0, max: 24 * GIB }),
        library: fc.constantFrom('CUDA' as const, 'ROCm' as const, 'Metal' as const),
      }),
      { maxLength: 5 },
    ),
    schedSpread: fc.boolean(),
  });
  const request = fc.record({
    numCtx: fc.integer({ min: 1, max: 200_000 }),
    numParallel: fc.integer({ min: 1, max: 8 }),
    numGpu: fc.constantFrom(-1, 0, 3, 9, 99),
  });

  test('the parts add up, no GPU is given more than it has, layers are counted once', () => {
    fc.assert(
      fc.property(server, request, (where, what) => {
        const plan = decideFormula(small, { ...where, system }, what);
        for (const gpu of plan.gpus) {
          expect(gpu.totalBytes).toBe(
            gpu.weightsBytes + gpu.cacheBytes + gpu.computeBytes + gpu.projectorBytes + gpu.overheadBytes,
          );
          expect(gpu.overheadBytes).toBeGreaterThanOrEqual(0);
          expect(gpu.headroomBytes).toBeGreaterThanOrEqual(0);
        }
        expect(plan.placement.perGpuLayers.reduce((a, b) => a + b, 0)).toBe(plan.placement.gpuLayers);
        expect(plan.sizeBytes).toBeGreaterThanOrEqual(plan.sizeVramBytes);
        const dies = plan.reason.code === 'out-of-memory';
        if (!dies) {
          expect(plan.verdict === 'fits').toBe(plan.placement.gpuLayers === plan.placement.totalLayers);
        }
        if (plan.verdict === 'fits') {
          expect(plan.sizeBytes).toBe(plan.sizeVramBytes);
        }
        expect(plan.verdict === 'refused').toBe(plan.ollamaError !== undefined || dies);
      }),
      { numRuns: 120 },
    );
  });

  test('more free memory on a single GPU never means fewer layers', () => {
    const free = fc.integer({ min: 0, max: 6 * GIB });
    fc.assert(
      fc.property(fc.constantFrom('0.6.5', '0.9.3', '0.12.10'), free, free, (ollama, a, b) => {
        const layers = (freeBytes: number) =>
          decideFormula(
            small,
            { ollama, gpus: [{ name: 'GPU', totalBytes: 8 * GIB, freeBytes }], system },
            { numCtx: 8192, numParallel: 1 },
          ).placement.gpuLayers;
        expect(layers(Math.max(a, b))).toBeGreaterThanOrEqual(layers(Math.min(a, b)));
      }),
    );
  });
});
