/**
 * Weights of a vision tower from its published configuration: parameters by the shape of each kind of tower. Matrices are
 * kept in 16 bits, vectors in 32, as llama.cpp's converter writes them.
 */

import type { ProjectorSpec } from '../../src/estimator/types.ts';

type Vision = Readonly<Record<string, unknown>>;

const KIND_OF_CLASS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^Qwen2_5_VL/, 'qwen2.5vl_merger'],
  [/^Qwen3VL|^Qwen3_5/, 'qwen3vl_merger'],
  [/^Gemma4/, 'gemma4v'],
  [/^Mistral3/, 'pixtral'],
];

/** What a parameter of a four-bit mixture takes. */
const BYTES_PER_QUANTIZED = 4.9 / 8;

/** The tower of a configuration with a `vision_config`; undefined without one. `width` is the language model's. */
export function towerFromConfig(
  vision: Vision | undefined,
  className: string,
  width: number,
): ProjectorSpec | undefined {
  if (vision === undefined) {
    return undefined;
  }
  const number = (key: string, fallback = 0): number => {
    const value = vision[key];
    return typeof value === 'number' ? value : fallback;
  };
  const hidden = number('hidden_size');
  const inner = number('intermediate_size', number('mlp_dim', 4 * hidden));
  const layers = number('depth', number('num_hidden_layers'));
  const patch = number('patch_size', 14);
  const merge = number('spatial_merge_size', 1);
  const out = number('out_hidden_size', width);
  const kind = KIND_OF_CLASS.find(([pattern]) => pattern.test(className))?.[1];
  const gated = kind === 'qwen2.5vl_merger' || kind === 'pixtral' || kind === 'gemma4v';
  const merged = hidden * merge * merge;
  const deepstack = Array.isArray(vision.deepstack_visual_indexes) ? vision.deepstack_visual_indexes.length : 0;
  const matrices =
    layers * (4 * hidden * hidden + (gated ? 3 : 2) * hidden * inner) +
    3 * number('temporal_patch_size', 1) * patch * patch * hidden +
    number('num_position_embeddings', number('position_embedding_size', 0)) * hidden +
    (merge > 1 ? (1 + deepstack) * (merged * merged + merged * out) : hidden * width + width * width);
  const vectors = layers * (10 * hidden + 2 * inner) + 4 * merged + 2 * out;
  const keys: Record<string, string | number> = {
    ...(kind === undefined ? {} : { 'clip.projector_type': kind }),
    'clip.vision.embedding_length': hidden,
    'clip.vision.block_count': layers,
    'clip.vision.feed_forward_length': inner,
    'clip.vision.patch_size': patch,
    ...(merge > 1 ? { 'clip.vision.spatial_merge_size': merge } : {}),
    ...(number('image_size') > 0 ? { 'clip.vision.image_size': number('image_size') } : {}),
    ...(number('num_heads', number('num_attention_heads')) > 0
      ? { 'clip.vision.attention.head_count': number('num_heads', number('num_attention_heads')) }
      : {}),
  };
  // Experts for images stand beside the language model's and are quantized with them.
  const expertBytes = Math.ceil(number('expert_parameters') * BYTES_PER_QUANTIZED);
  return { source: 'file', weightsBytes: 2 * matrices + 4 * vectors + expertBytes, metadata: keys, tensors: [] };
}
