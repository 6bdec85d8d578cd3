import { describe, expect, test } from 'vitest';
import { readModelFacts } from '../../../src/estimator/engines/formula/model-facts.ts';
import { type RunnerRequest, runnerSizes } from '../../../src/estimator/engines/layout/runner-sizes.ts';
import { towerGraphBytes } from '../../../src/estimator/engines/layout/tower-graph.ts';
import type { ModelSpec, TensorInfo } from '../../../src/estimator/types.ts';
import { gemma3TwelveB, MIB, smallLlama } from './specs.ts';

const request: RunnerRequest = {
  version: [0, 20, 0],
  numCtx: 8192,
  numParallel: 1,
  numBatch: 512,
  flashAttention: true,
  kvCacheType: 'f16',
};

function withTensors(spec: ModelSpec, tensors: readonly TensorInfo[]): ModelSpec {
  return { ...spec, tensors: [...spec.tensors, ...tensors] };
}

describe("what Ollama's runner reports", () => {
  const qwen = smallLlama({ blocks: 4, architecture: 'qwen3' });

  test('tensors go to the CPU, the output layer or their block by their names', () => {
    const plain = runnerSizes(qwen, request);
    const more = runnerSizes(
      withTensors(qwen, [
        { name: 'v.blk.2.ffn_up.weight', shape: [1024, 1024], type: 'F16' },
        { name: 'mm.0.weight', shape: [1024, 1024], type: 'F16' },
        { name: 'rope_freqs.weight', shape: [32], type: 'F32' },
        { name: 'blk.3.ffn_norm.weight', shape: [1024], type: 'F32' },
      ]),
      request,
    );
    expect(more.towerBytes).toBe(4 * MIB);
    expect(more.weights[4]! - plain.weights[4]!).toBe(4 * MIB);
    expect(more.weights[0]! - plain.weights[0]!).toBe(128);
    expect(more.weights[3]! - plain.weights[3]!).toBe(128 + 4096);
    expect(plain.inputBytes).toBe((1024 * 32000 * 144) / 256);
  });

  test('a shared embedding is kept twice: on the CPU and as the output layer', () => {
    const tied = runnerSizes(smallLlama({ blocks: 4, architecture: 'qwen3', tied: true }), request);
    expect(tied.weights[4]).toBeGreaterThanOrEqual(tied.inputBytes);
  });

  test('the cache is padded to 256 cells with flash attention, to 32 without up to 0.13.1', () => {
    const cells = (extra: Partial<RunnerRequest>) =>
      runnerSizes(qwen, { ...request, numCtx: 1000, ...extra }).cache[0]! / (2 * 256 * 2);
    expect(cells({})).toBe(1024);
    expect(cells({ flashAttention: false, version: [0, 13, 1] })).toBe(1024);
    expect(cells({ flashAttention: false, version: [0, 13, 1], numCtx: 900 })).toBe(928);
    expect(cells({ flashAttention: false, version: [0, 13, 2], numCtx: 900 })).toBe(1024);
  });

  test('the graph of every layer on GPUs is never larger than that of a part', () => {
    const sizes = runnerSizes(qwen, request);
    for (let layers = 1; layers <= 5; layers++) {
      expect(sizes.graphBytes(layers)).toBeGreaterThanOrEqual(sizes.graphBytes(5));
    }
    expect(sizes.graphBytes(0)).toBe(0);
    // The embedded tokens of one batch.
    expect(sizes.cpuGraphBytes(5)).toBe(512 * 1024 * 4);
  });

  test("a tower's graph: 4096 patches of gemma3, with all their scores when flash attention is off", () => {
    const gemma = gemma3TwelveB();
    const on = towerGraphBytes(gemma, true);
    expect(on).toBe(4 * 4096 * (2 * 4 * 1152 + 6 * 1152));
    expect(towerGraphBytes(gemma, false) - on).toBe(4 * 4096 * 4096 * 16);
    expect(towerGraphBytes(qwen, true)).toBe(0);
  });
});

describe('files that Ollama knows under another name', () => {
  const experts: TensorInfo = { name: 'blk.0.ffn_up_exps.weight', shape: [256, 256], type: 'MXFP4' };
  const gptOss = (embedding: string): ModelSpec => {
    const spec = smallLlama({ blocks: 1, architecture: 'gpt-oss' });
    const tensors = spec.tensors.map((one) => (one.name === 'token_embd.weight' ? { ...one, type: embedding } : one));
    return { ...spec, tensors: [...tensors, experts] };
  };
  const expertBytes = (spec: ModelSpec, version: readonly [number, number, number]): number =>
    readModelFacts(spec, version).groups.get('blk.0')! -
    readModelFacts({ ...spec, tensors: spec.tensors.filter((one) => one !== experts) }, version).groups.get('blk.0')!;

  test("Ollama's own gpt-oss has right sizes from 0.11.0, llama.cpp's none, then 5 % too little, then right ones", () => {
    const right = (256 * 256 * 17) / 32;
    expect(expertBytes(gptOss('BF16'), [0, 11, 0])).toBe(right);
    expect(expertBytes(gptOss('Q8_0'), [0, 11, 4])).toBe(0);
    expect(expertBytes(gptOss('Q8_0'), [0, 11, 5])).toBe((256 * 256 * 129) / 256);
    expect(expertBytes(gptOss('Q8_0'), [0, 11, 8])).toBe(right);
    expect(readModelFacts(gptOss('BF16'), [0, 11, 0]).architecture).toBe('gptoss');
  });
});
