import { expect, test } from 'vitest';
import { llamaCppConfig } from '../../../src/estimator/engines/llama-server/fit/engine.ts';
import { planLlamaCpp } from '../../../src/estimator/llama-cpp/dry-run.ts';
import { gpu, model, server } from '../fixture-models.ts';

// Alone in its file: it needs a process in which nothing was planned before.
test('the first plan of a process, for which the arrays have to grow, is like every later one', () => {
  const on = server([gpu(24)], { ollama: 'llama.cpp' });
  const config = {
    ...llamaCppConfig(on, { numCtx: 32768, flashAttention: false, numGpu: 8 }),
    cpuTensors: ['blk\\.17\\.ffn_(up|down|gate)_exps'],
  };
  const first = planLlamaCpp(model('qwen3-30b-a3b'), config);
  expect(planLlamaCpp(model('qwen3-30b-a3b'), config)).toEqual(first);
});
