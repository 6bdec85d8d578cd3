import { describe, expect, test } from 'vitest';
import { decide } from '../../../src/estimator/plan/decide.ts';
import { contextFloor, defaultContext } from '../../../src/estimator/plan/default-context.ts';
import { GIB, gpu, MIB, model, server } from '../fixture-models.ts';

const LLAMA = model('llama3.1-8b');
const OSS = { ...model('gpt-oss-20b'), architecture: 'gpt-oss' };

describe('the context that a request without one gets', () => {
  test('goes by what CUDA sees of all GPUs: four cards of 12 GiB are just below 47', () => {
    const cards = Array.from({ length: 4 }, () => ({ ...gpu(12), totalBytes: 11_905 * MIB, freeBytes: 11_905 * MIB }));
    expect(defaultContext(LLAMA, server(cards), null)).toBe(32_768);
    expect(defaultContext(LLAMA, server([gpu(48)]), null)).toBe(131_072);
    expect(defaultContext(LLAMA, server([gpu(22)]), null)).toBe(4096);
  });

  test('less OLLAMA_GPU_OVERHEAD on each, and only of GPUs that Ollama may use', () => {
    expect(defaultContext(LLAMA, server([gpu(24)], { gpuOverheadBytes: 2 * GIB }), null)).toBe(4096);
    expect(defaultContext(LLAMA, server([gpu(24), gpu(24)], { visibleGpus: [1] }), null)).toBe(32_768);
  });

  test("a model's own num_ctx comes first, then OLLAMA_CONTEXT_LENGTH", () => {
    expect(defaultContext({ ...LLAMA, ownNumCtx: 10_000 }, server([gpu(24)]), 20_000)).toBe(10_000);
    expect(defaultContext(LLAMA, server([gpu(24)]), 20_000)).toBe(20_000);
  });

  test('was one number before 0.15.5', () => {
    expect(defaultContext(LLAMA, server([gpu(80)], { ollama: '0.15.4' }), null)).toBe(4096);
    expect(defaultContext(LLAMA, server([gpu(80)], { ollama: '0.6.6' }), null)).toBe(2048);
  });
});

describe('gpt-oss from 0.11.0 to 0.15.4', () => {
  test.each([
    ['0.11.5', 24, 8192],
    ['0.12.11', 24, 8192],
    ['0.12.11', 16, 0],
    ['0.15.4', 24, 8192],
    ['0.15.5', 24, 0],
    ['0.33.0', 24, 0],
  ])('%s on %i GiB: at least %i', (ollama, gib, floor) => {
    expect(contextFloor(OSS, server([gpu(gib)], { ollama }))).toBe(floor);
  });

  test('a smaller context that was asked for is raised all the same, and the plan says so', () => {
    const plan = decide(model('gpt-oss-20b'), server([gpu(24)], { ollama: '0.12.11' }), { numCtx: 4096 });
    expect(plan.numCtx).toBe(8192);
    expect(plan.notes.map(({ code }) => code)).toContain('ctx-raised');
  });
});
