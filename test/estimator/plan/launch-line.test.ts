import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/estimator/plan/decide.ts';
import { launchLine, requestOfFlags } from '../../../src/estimator/plan/launch-line.ts';
import type { EstimateRequest, EstimateServer } from '../../../src/estimator/types.ts';
import { type FixtureName, gpu, model, server } from '../fixture-models.ts';

function lineFor(name: FixtureName, on: EstimateServer, request: EstimateRequest) {
  const plan = decide(model(name), on, request);
  return { plan, line: launchLine(model(name), on, request, plan)! };
}

describe("a plan as llama-server's flags", () => {
  test('on one GPU', () => {
    const { line } = lineFor('llama3.1-8b', server([gpu(24)]), { numCtx: 8192, kvCacheType: 'q8_0', numParallel: 2 });
    expect(line.flags.join(' ')).toBe('-c 16384 -np 2 -b 1024 -ub 1024 -fa on -ctk q8_0 -ctv q8_0 -ngl 33 -fit off');
    expect(line).toMatchObject({ gpus: [0], verified: true });
  });

  test('on several GPUs the layers of each are named', () => {
    const { line, plan } = lineFor('llama3.1-8b', server([gpu(4), gpu(6)]), { numCtx: 8192 });
    expect(line.flags[line.flags.indexOf('-ts') + 1]).toBe(plan.placement.perGpuLayers.join(','));
    expect(line.verified).toBe(true);
  });

  test('experts that stay in system memory are named, layers with the same part together', () => {
    const { line } = lineFor('qwen3-30b-a3b', server([gpu(12)]), { numCtx: 8192 });
    const overrides = line.flags[line.flags.indexOf('-ot') + 1]!;
    expect(overrides).toMatch(/^blk\\\.\(\d+(\|\d+)*\)\\\.ffn_.*=CPU/);
    expect(overrides.length).toBeLessThan(400);
    expect(line.verified).toBe(true);
  });

  test('without a GPU everything stays where it is', () => {
    const { line } = lineFor('llama3.2-1b', server([]), { numCtx: 4096 });
    expect(line.flags[line.flags.indexOf('-ngl') + 1]).toBe('0');
    expect(line.gpus).toEqual([]);
  });

  test('an embedding model is started as one', () => {
    const { line } = lineFor('nomic-embed-text', server([gpu(8)]), { numCtx: 2048 });
    expect(line.flags).toContain('--embedding');
  });

  test('planned again by llama.cpp, flags give the same placement', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<FixtureName>('llama3.2-1b', 'llama3.1-8b', 'gemma3-1b', 'gpt-oss-20b', 'qwen3-30b-a3b'),
        fc.array(fc.integer({ min: 2, max: 24 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom(2048, 8192, 32_768),
        fc.constantFrom('f16' as const, 'q8_0' as const),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('0.33.0', 'llama.cpp'),
        (name, sizes, numCtx, kvCacheType, numParallel, ollama) => {
          const on = server(
            sizes.map((gib) => gpu(gib)),
            { ollama },
          );
          const { line, plan } = lineFor(name, on, { numCtx, kvCacheType, numParallel, flashAttention: true });
          if (line === null || plan.verdict === 'refused') {
            return;
          }
          expect([line.flags.join(' '), line.verified]).toEqual([line.flags.join(' '), true]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('flags are read as they are written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 30 }), (flags) => {
        expect(requestOfFlags(flags).numCtx).toBeGreaterThanOrEqual(0);
      }),
    );
    expect(requestOfFlags(['-ot', 'blk\\.(1|2)\\.ffn_.*=CPU,exps=CUDA1', '-ts', '3,1'])).toMatchObject({
      cpuTensors: ['blk\\.(1|2)\\.ffn_.*'],
      gpuTensors: [{ pattern: 'exps', gpu: 1 }],
      tensorSplit: [3, 1],
    });
  });
});
