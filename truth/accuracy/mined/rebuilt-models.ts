/**
 * Models of public log lines that are not in the ground truth, rebuilt from public hyper-parameters and the mixing
 * rules of llama.cpp's quantization (src/llama-quant.cpp, llama_tensor_get_type, builds of 2024 and 2025). Every spec
 * made here is marked as rebuilt where it is used: a file on disk can carry another mix.
 */

import type { MetadataValue, ModelSpec, ProjectorSpec, TensorInfo } from '../../../src/estimator/types.ts';

/** Hyper-parameters of a plain decoder. */
export interface DecoderShape {
  readonly name: string;
  readonly architecture: string;
  readonly blocks: number;
  readonly embedding: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly headsKv: number;
  /** Default: embedding / heads. */
  readonly headLength?: number;
  readonly vocabulary: number;
  /** Output shares the token embedding. */
  readonly tied?: boolean;
  /** Biases of q, k and v. */
  readonly attentionBias?: boolean;
  /** Names and lengths of norm vectors per block; default attn_norm and ffn_norm. */
  readonly norms?: readonly (readonly [name: string, length: number])[];
  readonly metadata?: Readonly<Record<string, MetadataValue>>;
  readonly projector?: ProjectorSpec;
}

export type Mix = 'F16' | 'Q8_0' | 'Q4_0' | 'Q4_K_S' | 'Q4_K_M' | 'Q4_0_QAT';

/** Builds a decoder's tensor table. */
export function rebuild(shape: DecoderShape, mix: Mix): ModelSpec {
  const { architecture, blocks, embedding: e, feedForward: ff, heads, headsKv, vocabulary } = shape;
  const d = shape.headLength ?? e / heads;
  const tensors: TensorInfo[] = [];
  const add = (name: string, dimensions: readonly number[], type: string): void => {
    tensors.push({ name, shape: dimensions, type: fallback(type, dimensions[0]!) });
  };
  const tied = shape.tied ?? false;
  add('token_embd.weight', [e, vocabulary], tied ? outputType(mix) : baseType(mix));
  add('output_norm.weight', [e], 'F32');
  if (!tied) {
    add('output.weight', [e, vocabulary], outputType(mix));
  }
  const norms = shape.norms ?? [
    ['attn_norm', e],
    ['ffn_norm', e],
  ];
  for (let i = 0; i < blocks; i++) {
    const block = `blk.${i}`;
    for (const [norm, length] of norms) {
      add(`${block}.${norm}.weight`, [length], 'F32');
    }
    add(`${block}.attn_q.weight`, [e, heads * d], baseType(mix));
    add(`${block}.attn_k.weight`, [e, headsKv * d], baseType(mix));
    add(`${block}.attn_v.weight`, [e, headsKv * d], valueType(mix, i, blocks, e));
    add(`${block}.attn_output.weight`, [heads * d, e], baseType(mix));
    add(`${block}.ffn_gate.weight`, [e, ff], baseType(mix));
    add(`${block}.ffn_up.weight`, [e, ff], baseType(mix));
    add(`${block}.ffn_down.weight`, [ff, e], downType(mix, i, blocks));
    if (shape.attentionBias) {
      add(`${block}.attn_q.bias`, [heads * d], 'F32');
      add(`${block}.attn_k.bias`, [headsKv * d], 'F32');
      add(`${block}.attn_v.bias`, [headsKv * d], 'F32');
    }
  }
  return {
    name: `${shape.name} (rebuilt)`,
    architecture,
    metadata: {
      'general.architecture': architecture,
      [`${architecture}.block_count`]: blocks,
      [`${architecture}.embedding_length`]: e,
      [`${architecture}.feed_forward_length`]: ff,
      [`${architecture}.attention.head_count`]: heads,
      [`${architecture}.attention.head_count_kv`]: headsKv,
      [`${architecture}.attention.key_length`]: d,
      [`${architecture}.attention.value_length`]: d,
      'tokenizer.ggml.tokens.length': vocabulary,
      ...shape.metadata,
    },
    tensors,
    ...(shape.projector === undefined ? {} : { projector: shape.projector }),
  };
}

function baseType(mix: Mix): string {
  if (mix === 'Q4_0_QAT') {
    return 'Q4_0';
  }
  return mix.startsWith('Q4_K') ? 'Q4_K' : mix;
}

function outputType(mix: Mix): string {
  if (mix === 'Q4_0_QAT' || mix === 'F16') {
    return 'F16';
  }
  return mix === 'Q8_0' ? 'Q8_0' : 'Q6_K';
}

/** Rows that blocks of 256 do not divide get a type with blocks of 32. */
function fallback(type: string, rowLength: number): string {
  if (rowLength % 256 === 0) {
    return type;
  }
  const smaller: Readonly<Record<string, string>> = { Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' };
  return smaller[type] ?? type;
}

function useMoreBits(i: number, blocks: number): boolean {
  const eighth = Math.floor(blocks / 8);
  return i < eighth || i >= Math.floor((7 * blocks) / 8) || (i - eighth) % 3 === 2;
}

function valueType(mix: Mix, i: number, blocks: number, embedding: number): string {
  const big = blocks === 80 && embedding === 8192;
  if (mix === 'Q4_K_M') {
    if (useMoreBits(i, blocks)) {
      return 'Q6_K';
    }
    return big ? 'Q5_K' : 'Q4_K';
  }
  if (mix === 'Q4_K_S') {
    return i < 4 || big ? 'Q5_K' : 'Q4_K';
  }
  return baseType(mix);
}

function downType(mix: Mix, i: number, blocks: number): string {
  if (mix === 'Q4_K_M') {
    return useMoreBits(i, blocks) ? 'Q6_K' : 'Q4_K';
  }
  if (mix === 'Q4_K_S') {
    return i < Math.floor(blocks / 8) ? 'Q5_K' : 'Q4_K';
  }
  return baseType(mix);
}

const SIGLIP_KEYS: Readonly<Record<string, MetadataValue>> = {
  'gemma3.vision.block_count': 27,
  'gemma3.vision.image_size': 896,
  'gemma3.vision.patch_size': 14,
  'gemma3.vision.num_channels': 3,
  'gemma3.vision.embedding_length': 1152,
  'gemma3.vision.attention.head_count': 16,
};

/** gemma3's tower; 834531264 bytes in ordinary files, about 806.2 MiB in those of quantization-aware training. */
export function siglip(weightsBytes = 834_531_264): ProjectorSpec {
  return { source: 'embedded', weightsBytes, metadata: SIGLIP_KEYS, tensors: [] };
}

function gemmaNorms(embedding: number, headLength: number): readonly (readonly [string, number])[] {
  return [
    ['attn_norm', embedding],
    ['attn_q_norm', headLength],
    ['attn_k_norm', headLength],
    ['post_attention_norm', embedding],
    ['ffn_norm', embedding],
    ['post_ffw_norm', embedding],
  ];
}

const QWEN2 = { architecture: 'qwen2', attentionBias: true } as const;
const LLAMA = { architecture: 'llama' } as const;

/** Shapes by name, from the models' public configuration files. */
export const SHAPES = {
  'gemma3:12b': {
    name: 'gemma3:12b',
    architecture: 'gemma3',
    blocks: 48,
    embedding: 3840,
    feedForward: 15360,
    heads: 16,
    headsKv: 8,
    headLength: 256,
    vocabulary: 262144,
    tied: true,
    norms: gemmaNorms(3840, 256),
    metadata: { 'gemma3.attention.sliding_window': 1024, 'tokenizer.ggml.tokens.length': 262145 },
  },
  'gemma3:27b': {
    name: 'gemma3:27b',
    architecture: 'gemma3',
    blocks: 62,
    embedding: 5376,
    feedForward: 21504,
    heads: 32,
    headsKv: 16,
    headLength: 128,
    vocabulary: 262144,
    tied: true,
    norms: gemmaNorms(5376, 128),
    metadata: { 'gemma3.attention.sliding_window': 1024, 'tokenizer.ggml.tokens.length': 262145 },
  },
  'llama3:70b': {
    ...LLAMA,
    name: 'llama3:70b',
    blocks: 80,
    embedding: 8192,
    feedForward: 28672,
    heads: 64,
    headsKv: 8,
    vocabulary: 128256,
  },
  'llama3.2:3b': {
    ...LLAMA,
    name: 'llama3.2:3b',
    blocks: 28,
    embedding: 3072,
    feedForward: 8192,
    heads: 24,
    headsKv: 8,
    headLength: 128,
    vocabulary: 128256,
    tied: true,
  },
  'tinyllama:1.1b': {
    ...LLAMA,
    name: 'tinyllama:1.1b',
    blocks: 22,
    embedding: 2048,
    feedForward: 5632,
    heads: 32,
    headsKv: 4,
    vocabulary: 32000,
  },
  'granite-code:8b': {
    ...LLAMA,
    name: 'granite-code:8b',
    blocks: 36,
    embedding: 4096,
    feedForward: 14336,
    heads: 32,
    headsKv: 8,
    vocabulary: 49152,
    tied: true,
  },
  'codestral:22b': {
    ...LLAMA,
    name: 'codestral:22b',
    blocks: 56,
    embedding: 6144,
    feedForward: 16384,
    heads: 48,
    headsKv: 8,
    headLength: 128,
    vocabulary: 32768,
  },
  'codeqwen:7b': {
    ...QWEN2,
    name: 'codeqwen:7b',
    blocks: 32,
    embedding: 4096,
    feedForward: 13440,
    heads: 32,
    headsKv: 4,
    vocabulary: 92416,
  },
  'qwen2:7b': {
    ...QWEN2,
    name: 'qwen2:7b',
    blocks: 28,
    embedding: 3584,
    feedForward: 18944,
    heads: 28,
    headsKv: 4,
    vocabulary: 152064,
  },
  'qwen2:72b': {
    ...QWEN2,
    name: 'qwen2:72b',
    blocks: 80,
    embedding: 8192,
    feedForward: 29568,
    heads: 64,
    headsKv: 8,
    vocabulary: 152064,
  },
  'qwen2.5:1.5b': {
    ...QWEN2,
    name: 'qwen2.5:1.5b',
    blocks: 28,
    embedding: 1536,
    feedForward: 8960,
    heads: 12,
    headsKv: 2,
    vocabulary: 151936,
    tied: true,
  },
  'qwen2.5:32b': {
    ...QWEN2,
    name: 'qwen2.5:32b',
    blocks: 64,
    embedding: 5120,
    feedForward: 27648,
    heads: 40,
    headsKv: 8,
    vocabulary: 152064,
  },
} as const satisfies Readonly<Record<string, DecoderShape>>;
