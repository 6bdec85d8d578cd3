/** Model specs for tests of the engines, from the project's ground truth or rebuilt from public figures. */

import { readFileSync } from 'node:fs';
import type { GpuDevice, ModelSpec, ProjectorSpec, TensorInfo } from '../../../src/estimator/types.ts';

export const GIB = 1024 ** 3;
export const MIB = 1024 ** 2;

/** The tower of gemma3 4b, 12b and 27b: SigLIP in the model file. */
export const SIGLIP: ProjectorSpec = {
  source: 'embedded',
  weightsBytes: 834_531_264,
  tensors: [],
  metadata: {
    'gemma3.vision.block_count': 27,
    'gemma3.vision.image_size': 896,
    'gemma3.vision.patch_size': 14,
    'gemma3.vision.num_channels': 3,
    'gemma3.vision.embedding_length': 1152,
    'gemma3.vision.attention.head_count': 16,
  },
};

/** gemma3:12b Q4_K_M as Ollama ships it: 262145 tokens, 262144 rows, Q6_K in every other block, the tower inside. */
export function gemma3TwelveB(): ModelSpec {
  const spec = JSON.parse(readFileSync(new URL('../../fixtures/gemma3-12b.json', import.meta.url), 'utf8')) as {
    metadata: Record<string, number | string>;
    tensors: [string, number[], string][];
  };
  const tensors: TensorInfo[] = spec.tensors.map(([name, shape, type]) => ({ name, shape, type }));
  return { name: 'gemma3:12b', architecture: 'gemma3', metadata: spec.metadata, tensors, projector: SIGLIP };
}

/** `count` equal cards. */
export function cards(count: number, totalGib: number, freeGib: number): GpuDevice[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `GPU ${i}`,
    totalBytes: Math.round(totalGib * GIB),
    freeBytes: Math.round(freeGib * GIB),
  }));
}

/** A small dense llama with tied or untied output. */
export function smallLlama(options: { blocks?: number; architecture?: string; tied?: boolean } = {}): ModelSpec {
  const { blocks = 8, architecture = 'llama', tied = false } = options;
  const e = 1024;
  const tensors: TensorInfo[] = [
    { name: 'token_embd.weight', shape: [e, 32000], type: 'Q4_K' },
    { name: 'output_norm.weight', shape: [e], type: 'F32' },
    ...(tied ? [] : [{ name: 'output.weight', shape: [e, 32000], type: 'Q6_K' }]),
  ];
  for (let i = 0; i < blocks; i++) {
    tensors.push(
      { name: `blk.${i}.attn_q.weight`, shape: [e, e], type: 'Q4_K' },
      { name: `blk.${i}.attn_k.weight`, shape: [e, 256], type: 'Q4_K' },
      { name: `blk.${i}.attn_v.weight`, shape: [e, 256], type: 'Q6_K' },
      { name: `blk.${i}.attn_output.weight`, shape: [e, e], type: 'Q4_K' },
      { name: `blk.${i}.ffn_up.weight`, shape: [e, 4096], type: 'Q4_K' },
      { name: `blk.${i}.ffn_gate.weight`, shape: [e, 4096], type: 'Q4_K' },
      { name: `blk.${i}.ffn_down.weight`, shape: [4096, e], type: 'Q4_K' },
      { name: `blk.${i}.attn_norm.weight`, shape: [e], type: 'F32' },
    );
  }
  return {
    name: 'small',
    architecture,
    metadata: {
      'general.architecture': architecture,
      [`${architecture}.block_count`]: blocks,
      [`${architecture}.embedding_length`]: e,
      [`${architecture}.context_length`]: 131072,
      [`${architecture}.feed_forward_length`]: 4096,
      [`${architecture}.attention.head_count`]: 16,
      [`${architecture}.attention.head_count_kv`]: 4,
      'tokenizer.ggml.tokens.length': 32000,
    },
    tensors,
  };
}
