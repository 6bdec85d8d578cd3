import { describe, expect, test } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { readModelFacts } from '../../../src/estimator/engines/formula/model-facts.ts';
import type { RunnerRequest } from '../../../src/estimator/engines/layout/runner-request.ts';
import { runnerSizes } from '../../../src/estimator/engines/layout/runner-sizes.ts';
import { towerGraphBytes } from '../../../src/estimator/engines/layout/tower-graph.ts';
import type { GpuDevice, ModelSpec, TensorInfo } from '../../../src/estimator/types.ts';
import { gemma3TwelveB, MIB, smallLlama } from './specs.ts';

const request: RunnerRequest = {
  version: [0, 20, 0],
  numCtx: 8192,
  numParallel: 1,
  numBatch: 512,
  flashAttention: true,
  kvCacheType: 'f16',
};

const gpus: readonly GpuDevice[] = [0, 1].map(() => ({
  name: 'NVIDIA GeForce RTX 3090',
  totalBytes: 24 * 1024 * MIB,
  freeBytes: 24 * 1024 * MIB,
  computeCapability: 8.6,
}));

const sizesOf = (spec: ModelSpec, asked: RunnerRequest = request) => runnerSizes(spec, asked, gpus);
/** The last `count` layers of a model with 4 blocks on the first GPU, or shared out between both. */
const onFirst = (count: number) => [{ gpu: 0, layers: [0, 1, 2, 3, 4].slice(5 - count) }];
const onBoth = [
  { gpu: 0, layers: [0, 1] },
  { gpu: 1, layers: [2, 3, 4] },
];

function withTensors(spec: ModelSpec, tensors: readonly TensorInfo[]): ModelSpec {
  return { ...spec, tensors: [...spec.tensors, ...tensors] };
}

describe("what Ollama's runner reports", () => {
  const qwen = smallLlama({ blocks: 4, architecture: 'qwen3' });

  test('tensors go to the CPU, the output layer or their block by their names', () => {
    const plain = sizesOf(qwen);
    const more = sizesOf(
      withTensors(qwen, [
        { name: 'v.blk.2.ffn_up.weight', shape: [1024, 1024], type: 'F16' },
        { name: 'mm.0.weight', shape: [1024, 1024], type: 'F16' },
        { name: 'rope_freqs.weight', shape: [32], type: 'F32' },
        { name: 'blk.3.ffn_norm.weight', shape: [1024], type: 'F32' },
      ]),
    );
    expect(more.towerBytes).toBe(4 * MIB);
    expect(more.weights[4]! - plain.weights[4]!).toBe(4 * MIB);
    expect(more.weights[0]! - plain.weights[0]!).toBe(128);
    expect(more.weights[3]! - plain.weights[3]!).toBe(128 + 4096);
    expect(plain.inputBytes).toBe((1024 * 32000 * 144) / 256);
  });

  test('a shared embedding is kept twice: on the CPU and as the output layer', () => {
    const tied = sizesOf(smallLlama({ blocks: 4, architecture: 'qwen3', tied: true }));
    expect(tied.weights[4]).toBeGreaterThanOrEqual(tied.inputBytes);
  });

  test('the cache is padded to 256 cells with flash attention, to 32 without up to 0.13.1', () => {
    const cells = (extra: Partial<RunnerRequest>) =>
      sizesOf(qwen, { ...request, numCtx: 1000, ...extra }).cache[0]! / (2 * 256 * 2);
    expect(cells({})).toBe(1024);
    expect(cells({ flashAttention: false, version: [0, 13, 1] })).toBe(1024);
    expect(cells({ flashAttention: false, version: [0, 13, 1], numCtx: 900 })).toBe(928);
    expect(cells({ flashAttention: false, version: [0, 13, 2], numCtx: 900 })).toBe(1024);
  });

  test('a GPU without layers has no graph, and the CPU picks the embeddings of one batch', () => {
    const sizes = sizesOf(qwen);
    const { gpuBytes, cpuBytes } = sizes.graphs(onFirst(5));
    expect(gpuBytes.get(0)).toBeGreaterThan(0);
    expect(gpuBytes.get(1)).toBeUndefined();
    expect(cpuBytes).toBe(512 * 1024 * 4);
    expect(sizes.graphs(onBoth).gpuBytes.get(1)).toBeGreaterThan(0);
    expect(sizes.graphs([]).gpuBytes.size).toBe(0);
  });

  test('the mask is F32 on the first GPU with a layer and F16 on the others, from 0.12.7 on', () => {
    const growth = (version: RunnerRequest['version'], gpu: number): number => {
      const at = (numCtx: number): number =>
        sizesOf(qwen, { ...request, version, numCtx })
          .graphs(onBoth)
          .gpuBytes.get(gpu)!;
      return (at(40_960) - at(32_768)) / 8192;
    };
    expect(growth([0, 12, 6], 0)).toBe(2 * 512);
    expect(growth([0, 12, 6], 1)).toBe(2 * 512);
    // The F32 copy goes before the network's own tensors are made, so it only shows where it is the larger.
    expect(growth([0, 12, 11], 0)).toBeGreaterThanOrEqual(2 * 512);
    expect(growth([0, 12, 11], 1)).toBe(2 * 512);
  });

  test('what CUDA records counts from 0.12.4: pages of 2 MiB on top of the graph', () => {
    const graph = (version: RunnerRequest['version']): number =>
      sizesOf(qwen, { ...request, version })
        .graphs(onFirst(5))
        .gpuBytes.get(0)!;
    const pool = graph([0, 12, 4]) - graph([0, 12, 3]);
    expect(pool).toBeGreaterThan(0);
    expect(pool % (2 * MIB)).toBe(0);
  });

  test("a tower's graph: 4096 patches of gemma3, with all their scores when flash attention is off", () => {
    const gemma = gemma3TwelveB();
    const tower = (spec: ModelSpec, flashAttention: boolean, version: RunnerRequest['version'] = [0, 20, 0]): number =>
      towerGraphBytes(spec, { version, flashAttention });
    const on = tower(gemma, true);
    expect(on).toBe(4 * 4096 * (2 * 4 * 1152 + 6 * 1152));
    expect(tower(gemma, false) - on).toBe(4 * 4096 * 4096 * 16);
    // Flash attention without a cache came with 0.13.2.
    expect(tower(gemma, true, [0, 13, 1])).toBe(tower(gemma, false));
    expect(tower(gemma, true, [0, 13, 2])).toBe(on);
    expect(tower(qwen, true)).toBe(0);
  });
});

test("Qwen 2.5 VL's tower is Ollama's own: 5120 patches at most, not the 21316 of a full image", () => {
  const spec = builtinCatalogue().find('qwen2.5vl:7b')!;
  const bytes = towerGraphBytes(spec, { version: [0, 13, 1], flashAttention: true });
  const scores = 4 * 5120 ** 2 * 16;
  expect(bytes).toBeGreaterThan(scores);
  expect(bytes).toBeLessThan(2 * scores);
});

describe("gemma3's tower", () => {
  // What real Ollama reserved on one RTX 3090, MiB: full scores before 0.13.2, flash attention since.
  test.each([
    [[0, 12, 6], 1197.6],
    [[0, 12, 11], 1197.6],
    [[0, 24, 0], 209.3],
  ] as const)('%j: text and tower of gemma3:12b in one buffer, %d MiB', (version, mib) => {
    const spec = builtinCatalogue().find('gemma3:12b')!;
    const sizes = runnerSizes(spec, { ...request, version }, gpus);
    const all = [{ gpu: 0, layers: Array.from({ length: 49 }, (_, i) => i) }];
    expect(sizes.described).toBe(true);
    expect(Math.abs(sizes.graphs(all).gpuBytes.get(0)! / MIB - mib)).toBeLessThan(1);
  });

  test('an image is whole in its batch, however small that is set', () => {
    const spec = builtinCatalogue().find('gemma3:12b')!;
    const cpu = runnerSizes(spec, { ...request, numBatch: 128 }, gpus).graphs([
      { gpu: 0, layers: Array.from({ length: 49 }, (_, i) => i) },
    ]).cpuBytes;
    expect(cpu).toBe(260 * 3840 * 4);
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
