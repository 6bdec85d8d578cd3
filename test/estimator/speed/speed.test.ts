import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, planFixed } from '../../../src/estimator/plan/decide.ts';
import { estimateSpeed } from '../../../src/estimator/speed/speed.ts';
import type { EstimateRequest, GpuDevice, ModelSpec } from '../../../src/estimator/types.ts';
import { type FixtureName, gpu, model, server } from '../fixture-models.ts';

const card = (name: string, gib = 80): GpuDevice => gpu(gib, { name, computeCapability: 8.6 });

function speed(name: FixtureName | ModelSpec, gpus: readonly GpuDevice[], request: Partial<EstimateRequest> = {}) {
  const spec = typeof name === 'string' ? model(name) : name;
  const plan = planFixed(spec, server(gpus, { ollama: 'llama.cpp' }), { numCtx: 8192, ...request });
  return estimateSpeed(spec, { gpus }, plan, { cpuTensors: request.cpuTensors ?? [] });
}

const generated = (...question: Parameters<typeof speed>): number => speed(...question)!.generatedTokensPerSecond;

describe('speed of a plan', () => {
  test('a card that nobody measured has no speed, but without layers there it does not matter', () => {
    expect(speed('llama3.1-8b', [card('mystery')])).toBeNull();
    expect(speed('llama3.1-8b', [card('mystery')], { numGpu: 0 })).not.toBeNull();
  });

  test('a model that does not generate has none', () => {
    expect(speed('nomic-embed-text', [card('NVIDIA GeForce RTX 3090')], { embedding: true })).toBeNull();
  });

  test('what Ollama refuses has none', () => {
    const gpus = [card('NVIDIA GeForce RTX 3090', 24)];
    const spec = model('gpt-oss-20b');
    const plan = decide(spec, server(gpus, { ollama: '0.3.0' }), { numCtx: 4096 });
    expect([plan.verdict, estimateSpeed(spec, { gpus }, plan)]).toEqual(['refused', null]);
  });

  test('the same card by other names of its driver is as fast', () => {
    expect(generated('llama3.1-8b', [card('NVIDIA A100-SXM4-80GB')])).toBe(
      generated('llama3.1-8b', [card('NVIDIA A100 80GB PCIe')]),
    );
    expect(generated('llama3.1-8b', [card('NVIDIA A100-SXM4-80GB')])).toBeGreaterThan(
      generated('llama3.1-8b', [card('NVIDIA A100-PCIE-40GB')]),
    );
  });

  test('every layer that leaves the GPU makes it slower', () => {
    const gpus = [card('NVIDIA GeForce RTX 3090')];
    const speeds = [33, 24, 16, 8, 0].map((numGpu) => generated('llama3.1-8b', gpus, { numGpu }));
    expect(speeds).toEqual([...speeds].sort((a, b) => b - a));
    expect(speeds[0]).toBeGreaterThan(speeds.at(-1)! * 5);
  });

  test('experts in system memory cost less than whole layers there', () => {
    const gpus = [card('NVIDIA GeForce RTX 3090')];
    const experts = generated('qwen3-30b-a3b', gpus, { cpuTensors: ['_exps'] });
    expect(experts).toBeGreaterThan(generated('qwen3-30b-a3b', gpus, { numGpu: 0 }));
    expect(experts).toBeLessThan(generated('qwen3-30b-a3b', gpus));
  });

  test('of experts only those in use are read: 30B with 3B in use is faster than 8B', () => {
    const gpus = [card('NVIDIA GeForce RTX 3090')];
    expect(generated('qwen3-30b-a3b', gpus)).toBeGreaterThan(generated('llama3.1-8b', gpus));
  });

  test('layers of several GPUs run one after the other: two cards are no faster than one', () => {
    const name = 'NVIDIA GeForce RTX 3090';
    expect(generated('llama3.1-8b', [card(name), card(name)])).toBeLessThanOrEqual(
      generated('llama3.1-8b', [card(name)]),
    );
  });

  test('a slow card beside a fast one holds it up', () => {
    const fast = card('NVIDIA GeForce RTX 4090');
    const mixed = generated('llama3.1-8b', [fast, card('NVIDIA GeForce GTX 1070')]);
    expect(mixed).toBeLessThan(generated('llama3.1-8b', [fast]));
    expect(mixed).toBeGreaterThan(generated('llama3.1-8b', [card('NVIDIA GeForce GTX 1070')]));
  });

  test('a longer context and a wider cache are slower', () => {
    const spec = model('llama3.1-8b');
    const gpus = [card('NVIDIA GeForce RTX 3090')];
    const at = (contextTokens: number, kvCacheType: 'f16' | 'q8_0'): number => {
      const plan = planFixed(spec, server(gpus, { ollama: 'llama.cpp' }), { numCtx: 131_072, kvCacheType });
      return estimateSpeed(spec, { gpus }, plan, { contextTokens })!.generatedTokensPerSecond;
    };
    expect(at(512, 'f16')).toBeGreaterThan(at(65_536, 'f16'));
    expect(at(65_536, 'q8_0')).toBeGreaterThan(at(65_536, 'f16'));
  });

  test('figures are finite and positive whatever is asked', () => {
    const names = ['NVIDIA GeForce RTX 3090', 'NVIDIA H100 80GB HBM3', 'Apple M2 Ultra', 'AMD Radeon RX 7900 XTX'];
    fc.assert(
      fc.property(
        fc.constantFrom<FixtureName>('llama3.2-1b', 'gemma3-1b', 'gpt-oss-20b', 'qwen3-30b-a3b'),
        fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        (name, cards, numGpu, tokens) => {
          const gpus = cards.map((each) => card(each));
          const spec = model(name);
          const plan = planFixed(spec, server(gpus, { ollama: 'llama.cpp' }), { numCtx: 4096, numGpu });
          const estimate = estimateSpeed(spec, { gpus }, plan, { contextTokens: tokens, promptTokens: tokens })!;
          for (const figure of Object.values(estimate)) {
            expect(figure).toBeGreaterThan(0);
            expect(figure).toBeLessThan(1e7);
          }
          expect(estimate.generatedAtFullContext).toBeLessThanOrEqual(estimate.generatedTokensPerSecond * 1.0001);
        },
      ),
      { numRuns: 30 },
    );
  });
});
