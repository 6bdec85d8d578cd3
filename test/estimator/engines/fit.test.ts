import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DryRuns } from '../../../src/estimator/engines/llama-server/fit/dry-runs.ts';
import {
  decideLlamaCpp,
  llamaCppConfig,
  llamaCppFits,
} from '../../../src/estimator/engines/llama-server/fit/engine.ts';
import { fitToMemory } from '../../../src/estimator/engines/llama-server/fit/fit.ts';
import { deviceBytes } from '../../../src/estimator/engines/llama-server/fit/memory.ts';
import { overridePattern, overridesConfig } from '../../../src/estimator/engines/llama-server/fit/overrides.ts';
import { planLlamaCpp } from '../../../src/estimator/llama-cpp/dry-run.ts';
import type { EstimateRequest, EstimateServer } from '../../../src/estimator/types.ts';
import { type FixtureName, GIB, model, server } from '../fixture-models.ts';

/** Free and total bytes of the cards in the recorded decisions. */
const CARD = {
  4: [3897682821, 4294967296],
  6: [5980741959, 6442450944],
  8: [8063801098, 8589934592],
  12: [12229919375, 12884901888],
  16: [16396037652, 17179869184],
  24: [24728274206, 25769803776],
} as const;

function cards(...sizes: readonly (keyof typeof CARD)[]): EstimateServer {
  const gpus = sizes.map((size) => ({ name: `${size} GiB`, freeBytes: CARD[size][0], totalBytes: CARD[size][1] }));
  return server(gpus, { ollama: 'llama.cpp' });
}

const MARGIN = GIB;
const ROW = { numBatch: 2048, numUbatch: 512, numParallel: 1, outputs: 1 } as const;

function fit(name: FixtureName, on: EstimateServer, request: EstimateRequest) {
  return fitToMemory(model(name), llamaCppConfig(on, request), { marginsBytes: on.gpus.map(() => MARGIN) });
}

describe('--fit decides as llama.cpp did', () => {
  test.each<[FixtureName, EstimateServer, number, 'f16' | 'q8_0']>([
    ['llama3.1-8b', cards(12, 12), 8192, 'f16'],
    ['llama3.1-8b', cards(8), 8192, 'f16'],
    ['llama3.2-1b', cards(4), 32768, 'q8_0'],
    ['gemma3-1b', cards(4), 8192, 'f16'],
    ['qwen3-30b-a3b', cards(24), 8192, 'f16'],
    ['qwen3-30b-a3b', cards(12, 12), 8192, 'f16'],
    ['gpt-oss-20b', cards(16), 8192, 'f16'],
  ])('%s needs no change (%#)', (name, on, numCtx, kvCacheType) => {
    expect(fit(name, on, { ...ROW, numCtx, kvCacheType }).kind).toBe('unchanged');
    expect(decideLlamaCpp(model(name), on, { ...ROW, numCtx, kvCacheType }).verdict).toBe('fits');
  });

  test('a context left open shrinks until all layers fit on two cards, split by whole layers', () => {
    const { config, kind } = fit('llama3.1-8b', cards(12, 12), { ...ROW, numCtx: 0 });
    expect(kind).toBe('layers');
    expect([config.numGpu, config.numCtx, config.tensorSplit]).toEqual([33, 123136, [16, 17]]);
  });

  test.each([
    [cards(6), 0, 'f16', 30, 4096],
    [cards(4), 32768, 'q8_0', 11, 32768],
  ] as const)('dense layers go to one card as far as they fit (%#)', (on, numCtx, kvCacheType, layers, context) => {
    const { config } = fit('llama3.1-8b', on, { ...ROW, numCtx, kvCacheType });
    expect([config.numGpu, config.numCtx]).toEqual([layers, context]);
  });

  test.each<[FixtureName, EstimateServer, number, 'f16' | 'q8_0', number, string]>([
    ['qwen3-30b-a3b', cards(8), 8192, 'f16', 36, 'blk\\.13\\.ffn_down.*'],
    ['qwen3-30b-a3b', cards(16), 32768, 'q8_0', 15, 'blk\\.34\\.ffn_(gate|gate_up|down).*'],
    ['qwen3-30b-a3b', cards(16), 8192, 'f16', 12, 'blk\\.37\\.ffn_(gate|up|gate_up|down).*'],
    ['gpt-oss-20b', cards(8), 8192, 'f16', 13, 'blk\\.12\\.ffn_(gate|gate_up|down).*'],
  ])('experts that do not fit stay in system memory (%#)', (name, on, numCtx, kvCacheType, count, first) => {
    const { overrides } = fit(name, on, { ...ROW, numCtx, kvCacheType });
    expect([overrides.length, overridePattern(overrides[0]!)]).toEqual([count, first]);
    expect(overrides.every((override) => override.target === 'CPU')).toBe(true);
    expect(decideLlamaCpp(model(name), on, { ...ROW, numCtx, kvCacheType }).verdict).toBe('partial');
  });

  test('part of a layer may overflow to the next card, and all of it is on GPUs then', () => {
    const request = { ...ROW, numCtx: 0 };
    const decision = fit('qwen3-30b-a3b', cards(12, 12), request);
    expect(decision.config.tensorSplit).toEqual([25, 24]);
    expect(decision.overrides).toEqual([{ layer: 24, fraction: 'attention', target: 1 }]);
    const plan = decideLlamaCpp(model('qwen3-30b-a3b'), cards(12, 12), request);
    expect([plan.verdict, plan.placement.overrides, plan.numCtx]).toEqual(['fits', 1, 33024]);
  });

  test('layers set by the user are left alone, and what does not fit is refused', () => {
    const plan = decideLlamaCpp(model('llama3.1-8b'), cards(4), { ...ROW, numCtx: 8192, numGpu: 33 });
    expect([plan.verdict, plan.reason.code]).toEqual(['refused', 'out-of-memory']);
    expect(plan.notes.map((note) => note.code)).toContain('fit-aborted');
  });

  test('without a GPU everything is on the CPU', () => {
    const plan = decideLlamaCpp(model('llama3.2-1b'), server([], { ollama: 'llama.cpp' }), { ...ROW, numCtx: 4096 });
    expect([plan.verdict, plan.reason.code, plan.sizeVramBytes]).toEqual(['cpu', 'no-gpu', 0]);
  });
});

describe('what --fit decides holds', () => {
  const names: readonly FixtureName[] = ['llama3.2-1b', 'gemma3-1b', 'llama3.1-8b', 'qwen3-30b-a3b', 'gpt-oss-20b'];
  const question = fc.record({
    name: fc.constantFrom(...names),
    gpus: fc.array(fc.integer({ min: 1024, max: 26 * 1024 }), { minLength: 1, maxLength: 4 }),
    numCtx: fc.integer({ min: 1, max: 256 }).map((steps) => steps * 256),
    numBatch: fc.constantFrom(512, 1024, 2048),
  });

  // On several devices --fit checks each only while it fills it, as llama.cpp does; what it gives the others later may
  // cost the first a little more.
  test('one device keeps its margin, by the memory that --fit believes', () => {
    fc.assert(
      fc.property(question, ({ name, gpus, numCtx, numBatch }) => {
        const devices = gpus
          .slice(0, 1)
          .map((mib) => ({ name: '', totalBytes: mib * 2 ** 20, freeBytes: mib * 2 ** 20 }));
        const on = server(devices, { ollama: 'llama.cpp' });
        const decision = fit(name, on, { ...ROW, numBatch, numUbatch: 512, numCtx });
        const plan = planLlamaCpp(model(name), { ...decision.config, view: 'fit' });
        for (const [index, device] of devices.entries()) {
          const placed = decision.config.tensorSplit?.[index] ?? decision.config.numGpu;
          // Without layers it may still need more than the margin leaves: nothing can be done about that.
          if (placed === 0) {
            continue;
          }
          expect(deviceBytes(plan, index)).toBeLessThanOrEqual(device.freeBytes - MARGIN);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('a GPU that gets nothing keeps its margin beside a context alone, with the plan and without it', () => {
    const devices = [1154, 2029].map((mib) => ({ name: '', totalBytes: mib * 2 ** 20, freeBytes: mib * 2 ** 20 }));
    const on = server(devices, { ollama: 'llama.cpp' });
    const plan = decideLlamaCpp(model('llama3.2-1b'), on, { ...ROW, numCtx: 256 });
    expect(plan.placement.perGpuLayers).toEqual([0, 17]);
    const runs = new DryRuns(model('llama3.2-1b'));
    expect(llamaCppFits(model('llama3.2-1b'), on, { ...ROW, numCtx: 256 }, 2 ** 30, runs)).toBe(true);
  });

  test('"fits" is said exactly where nothing has to move to the CPU, with the plan and without it', () => {
    fc.assert(
      fc.property(question, fc.constantFrom(0, 2 ** 30), ({ name, gpus, numCtx }, marginBytes) => {
        const devices = gpus.map((mib) => ({ name: '', totalBytes: mib * 2 ** 20, freeBytes: mib * 2 ** 20 }));
        const on = server(devices, { ollama: 'llama.cpp' });
        const request = { ...ROW, numCtx };
        const plan = decideLlamaCpp(model(name), on, request);
        const hostLayers = plan.placement.totalLayers - plan.placement.perGpuLayers.reduce((sum, n) => sum + n, 0);
        const moved = hostLayers > 0 || plan.reason.code === 'experts-on-cpu';
        expect(plan.verdict === 'fits').toBe(!moved);
        const room = plan.gpus.every((one) => one.totalBytes === 0 || one.headroomBytes >= marginBytes);
        const runs = new DryRuns(model(name));
        // What other contexts taught beforehand changes nothing.
        for (const other of [numCtx * 2, Math.ceil(numCtx / 2)]) {
          llamaCppFits(model(name), on, { ...request, numCtx: other }, marginBytes, runs);
        }
        expect(llamaCppFits(model(name), on, request, marginBytes, runs)).toBe(!moved && room);
      }),
      { numRuns: 60 },
    );
  });
});

describe('tensor overrides', () => {
  test('few patterns stand for many layers and match the same tensors', () => {
    const overrides = [
      { layer: 1, fraction: 'gate', target: 1 },
      { layer: 11, fraction: 'dense', target: 'CPU' },
      { layer: 12, fraction: 'dense', target: 'CPU' },
    ] as const;
    const { cpuTensors = [], gpuTensors = [] } = overridesConfig(overrides);
    expect([cpuTensors.length, gpuTensors.length]).toEqual([1, 1]);
    const names = [
      'blk.1.ffn_down.weight',
      'blk.11.ffn_up_exps.weight',
      'blk.12.ffn_down_exps.weight',
      'blk.2.ffn_up_exps.weight',
    ];
    const one = names.map((name) => overrides.some((override) => new RegExp(overridePattern(override)).test(name)));
    const merged = names.map((name) =>
      [...cpuTensors, gpuTensors[0]!.pattern].some((pattern) => new RegExp(pattern).test(name)),
    );
    expect(merged).toEqual(one);
  });
});
