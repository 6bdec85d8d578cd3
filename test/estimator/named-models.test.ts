/**
 * Models that somebody asked for by name: each gets an answer from its metadata, also where its architecture is not one
 * that llama.cpp's planner here describes. Hyper-parameters are those of the published configurations.
 */
import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { clamp } from '../../src/estimator/plan/clamp.ts';
import { decide } from '../../src/estimator/plan/decide.ts';
import { EstimateError, type EstimateServer, type ModelSpec, type TensorInfo } from '../../src/estimator/types.ts';

const GIB = 2 ** 30;
const server: EstimateServer = {
  ollama: '0.33.0',
  gpus: Array.from({ length: 8 }, () => ({
    name: 'NVIDIA H200',
    totalBytes: 139 * GIB,
    freeBytes: 138 * GIB,
    computeCapability: 9,
  })),
  system: { totalBytes: 2048 * GIB, freeBytes: 2000 * GIB, swapFreeBytes: 0 },
};

interface Shape {
  readonly name: string;
  readonly architecture: string;
  readonly blocks: number;
  readonly width: number;
  readonly heads: number;
  readonly headsKv: number;
  readonly headSize: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly context: number;
  readonly experts?: { readonly count: number; readonly used: number; readonly feedForward: number };
}

/** A model of the usual decoder's tensors under any architecture's name. */
function decoder(shape: Shape): ModelSpec {
  const { architecture: arch, width, heads, headsKv, headSize, experts } = shape;
  const tensors: TensorInfo[] = [
    { name: 'token_embd.weight', shape: [width, shape.vocabulary], type: 'Q4_K' },
    { name: 'output_norm.weight', shape: [width], type: 'F32' },
    { name: 'output.weight', shape: [width, shape.vocabulary], type: 'Q6_K' },
  ];
  for (let layer = 0; layer < shape.blocks; layer++) {
    const add = (name: string, sizes: readonly number[], type = 'Q4_K') =>
      tensors.push({ name: `blk.${layer}.${name}.weight`, shape: sizes, type });
    add('attn_norm', [width], 'F32');
    add('attn_q', [width, heads * headSize]);
    add('attn_k', [width, headsKv * headSize]);
    add('attn_v', [width, headsKv * headSize], 'Q6_K');
    add('attn_output', [heads * headSize, width]);
    add('ffn_norm', [width], 'F32');
    if (experts !== undefined && layer > 0) {
      add('ffn_gate_inp', [width, experts.count], 'F32');
      add('ffn_gate_exps', [width, experts.feedForward, experts.count]);
      add('ffn_up_exps', [width, experts.feedForward, experts.count]);
      add('ffn_down_exps', [experts.feedForward, width, experts.count], 'Q6_K');
    } else {
      add('ffn_gate', [width, shape.feedForward]);
      add('ffn_up', [width, shape.feedForward]);
      add('ffn_down', [shape.feedForward, width], 'Q6_K');
    }
  }
  return {
    name: shape.name,
    architecture: arch,
    tensors,
    metadata: {
      'general.architecture': arch,
      [`${arch}.block_count`]: shape.blocks,
      [`${arch}.context_length`]: shape.context,
      [`${arch}.embedding_length`]: width,
      [`${arch}.feed_forward_length`]: shape.feedForward,
      [`${arch}.attention.head_count`]: heads,
      [`${arch}.attention.head_count_kv`]: headsKv,
      [`${arch}.attention.key_length`]: headSize,
      [`${arch}.attention.value_length`]: headSize,
      [`${arch}.attention.layer_norm_rms_epsilon`]: 1e-5,
      [`${arch}.rope.dimension_count`]: headSize,
      'tokenizer.ggml.tokens.length': shape.vocabulary,
      ...(experts === undefined
        ? {}
        : {
            [`${arch}.expert_count`]: experts.count,
            [`${arch}.expert_used_count`]: experts.used,
            [`${arch}.expert_feed_forward_length`]: experts.feedForward,
          }),
    },
  };
}

const qwen7b = {
  blocks: 28,
  width: 3584,
  heads: 28,
  headsKv: 4,
  headSize: 128,
  feedForward: 18944,
  vocabulary: 152064,
};
const ernieExperts = { count: 64, used: 6, feedForward: 1536 };
const ernie = { blocks: 28, width: 2560, heads: 20, headsKv: 4, headSize: 128, feedForward: 12288, vocabulary: 103424 };
const got = { blocks: 24, width: 1024, heads: 16, headsKv: 16, headSize: 64, feedForward: 2816, vocabulary: 151860 };

const asked: readonly (readonly [name: string, spec: ModelSpec | null])[] = [
  [
    'ERNIE-4.5-VL-28B-A3B',
    decoder({ name: 'ernie', architecture: 'ernie4_5_vl_moe', ...ernie, experts: ernieExperts, context: 131072 }),
  ],
  ['Kimi-K2-Thinking', builtinCatalogue().find('kimi-k2-thinking')],
  ['MiniMax-M2', builtinCatalogue().find('minimax-m2')],
  ['MiniCPM-V-4.5', builtinCatalogue().find('minicpm-v-4.5-text')],
  ['GOT-OCR-2.0', decoder({ name: 'got-ocr', architecture: 'got_ocr2', ...got, context: 8192 })],
  [
    'Spark-Formalizer-X1, a 7B of the Qwen family',
    decoder({ name: 'spark', architecture: 'qwen2', ...qwen7b, context: 32768 }),
  ],
];

describe('models asked for by name', () => {
  it.each(asked)('%s gets an answer from its metadata', (_name, spec) => {
    const plan = decide(spec!, server, { numCtx: 4096 });
    expect(plan.verdict).toBe('fits');
    const used = plan.gpus.filter((gpu) => gpu.layers > 0);
    expect(used.length).toBeGreaterThan(0);
    for (const gpu of used) {
      expect(Math.min(gpu.weightsBytes, gpu.cacheBytes, gpu.computeBytes)).toBeGreaterThan(0);
    }
    expect(clamp(spec!, server, { numCtx: 4096 }).numCtx).toBeGreaterThan(0);
  });

  it('says where the compute buffer is a guess, and only there', () => {
    const basis = asked.map(([, spec]) => decide(spec!, server, { numCtx: 4096 }).computeBasis);
    expect(basis).toEqual(['guess', 'planned', 'planned', 'planned', 'guess', 'planned']);
  });

  it('refuses a diffusion model such as HunyuanVideo-1.5 plainly', () => {
    const tensors = [{ name: 'double_blocks.0.img_attn_qkv.weight', shape: [2048, 6144], type: 'Q4_K' }];
    const spec: ModelSpec = {
      name: 'HunyuanVideo-1.5',
      architecture: 'hyvid',
      tensors,
      metadata: { 'general.architecture': 'hyvid' },
    };
    expect(() => decide(spec, server, { numCtx: 4096 })).toThrow(
      expect.objectContaining({ name: EstimateError.name, code: 'not-a-language-model' }),
    );
  });
});
