import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outsideBuffers, type Use } from '../../src/estimator/outside-buffers.ts';
import { decide } from '../../src/estimator/plan/decide.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import { type FixtureName, gpu, MIB, model, server } from './fixture-models.ts';

const H100 = gpu(79, { name: 'NVIDIA H100 80GB HBM3', computeCapability: 9 });
const USE: Use = {
  numCtx: 8192,
  numUbatch: 512,
  numParallel: 1,
  outputs: 1,
  unifiedCache: false,
  flashAttention: true,
};

const sum = (spec: ModelSpec, use: Partial<Use> = {}, card = H100): number => {
  const { contextBytes, loadBytes, useBytes } = outsideBuffers(spec, card, { ...USE, ...use });
  return (contextBytes + loadBytes + useBytes) / MIB;
};
const first = (spec: ModelSpec, use: Partial<Use> = {}, card = H100): number =>
  outsideBuffers(spec, card, { ...USE, ...use }).useBytes / MIB;

/** The model with the types of its matrices changed. */
function withMatrices(spec: ModelSpec, type: string): ModelSpec {
  const tensors = spec.tensors.map((tensor) => (tensor.shape.length > 1 ? { ...tensor, type } : tensor));
  return { ...spec, tensors };
}

describe('what a real H100 gave away beside the buffers, after prompts', () => {
  // Measured: 609 and 629 of a dense quantized model by the batch, 674 with experts, 682 of F16 weights.
  test.each([
    ['llama3.1-8b' as const, {}, 609],
    ['llama3.1-8b' as const, { numUbatch: 2048 }, 629],
    ['gpt-oss-20b' as const, { numCtx: 131_072 }, 674],
    ['gemma3-1b' as const, { numCtx: 4096 }, 616],
  ])('%s with %o: %i MiB, within 16', (name, use, measured) => {
    expect(Math.abs(sum(model(name), use) - measured)).toBeLessThan(16);
  });

  test('F16 weights go through cuBLAS: 682 MiB', () => {
    expect(Math.abs(sum(withMatrices(model('llama3.1-8b'), 'F16')) - 682)).toBeLessThan(16);
  });

  test('without flash attention the whole context must have room: at 4,096 tokens 795 MiB', () => {
    expect(Math.abs(sum(model('llama3.1-8b'), { numCtx: 4096, flashAttention: false }) - 795)).toBeLessThan(16);
  });
});

describe('first use', () => {
  test('of a dense quantized model takes no cuBLAS, experts and F16 weights do', () => {
    const dense = first(model('llama3.1-8b'));
    expect(dense).toBeLessThan(32);
    expect(first(model('gpt-oss-20b'))).toBeGreaterThan(dense + 40);
    expect(first(withMatrices(model('llama3.1-8b'), 'F16'))).toBeGreaterThan(dense + 40);
  });

  test('on cards without integer products quantized weights are unpacked: it takes a matrix more', () => {
    const volta = gpu(32, { name: 'Tesla V100', computeCapability: 7 });
    const turing = gpu(16, { name: 'Tesla T4', computeCapability: 7.5 });
    const largest = (14_336 * 4096 * 2) / MIB;
    expect(first(model('llama3.1-8b'), {}, volta)).toBeGreaterThan(
      first(model('llama3.1-8b'), {}, turing) + largest / 2,
    );
  });

  test('grows with the batch, and without flash attention with the context', () => {
    const names: FixtureName[] = ['llama3.1-8b', 'gpt-oss-20b', 'gemma3-1b', 'nomic-embed-text'];
    const question = fc.record({
      name: fc.constantFrom(...names),
      numUbatch: fc.constantFrom(32, 256, 512, 1024),
      numCtx: fc.integer({ min: 8, max: 512 }).map((steps) => steps * 256),
      flashAttention: fc.boolean(),
    });
    fc.assert(
      fc.property(question, ({ name, ...use }) => {
        const here = first(model(name), use);
        expect(here).toBeGreaterThanOrEqual(0);
        expect(first(model(name), { ...use, numUbatch: use.numUbatch * 2 })).toBeGreaterThanOrEqual(here);
        expect(first(model(name), { ...use, numCtx: use.numCtx * 2 })).toBeGreaterThanOrEqual(here);
      }),
    );
  });

  test('is part of what a plan counts: its room is kept', () => {
    const plan = decide(model('llama3.1-8b'), server([H100]), { numCtx: 8192 });
    const [card] = plan.gpus;
    const { contextBytes, loadBytes, useBytes } = card!.overheadParts!;
    expect(card!.overheadBytes).toBe(contextBytes + loadBytes + useBytes);
    expect(card!.totalBytes).toBe(card!.weightsBytes + card!.cacheBytes + card!.computeBytes + card!.overheadBytes);
    expect(useBytes).toBeGreaterThan(0);
  });

  test('HIP and Vulkan keep it in their range', () => {
    expect(first(model('llama3.1-8b'), {}, gpu(24, { library: 'Vulkan' }))).toBe(0);
    expect(first(model('llama3.1-8b'), {}, gpu(24, { library: 'ROCm' }))).toBe(0);
  });
});
