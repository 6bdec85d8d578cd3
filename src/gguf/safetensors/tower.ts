/** Vision and audio towers of a checkpoint: what the converter leaves out of the language model and puts in a file of its own. */

import type { MetadataValue, ProjectorSpec } from '../../estimator/types.ts';
import type { Config, SourceTensor } from './types.ts';

/** Source: llama.cpp conversion/base.py, `TextModel.filter_tensors`. */
const TOWER_START =
  /^(?:mlp|vit\.|vpm\.|siglip2\.|conformer\.|merger\.|resampler\.|sound_encoder\.|sound_projection\.|speech_embeddings\.)/;
const TOWER_PART =
  /visual\.|vision\.|audio\.|talker\.|vision_|audio_|token2wav\.|code2wav\.|projector\.|pre_mm_projector_norm|image_newline|view_seperator|patch_embed|patch_merger\.|patch_merge_mlp\.|model\.connector\.|sam_model|qwen2_model/;

/** Whether a tensor belongs to a tower rather than to the language model. */
export function isTowerTensor(name: string): boolean {
  return TOWER_START.test(name) || TOWER_PART.test(name);
}

/** Kinds of towers by the model that has them, under clip.cpp's names. */
const KINDS: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/^Gemma3For/, 'gemma3'],
  [/^Gemma4/, 'gemma4v'],
  [/^Qwen2VL/, 'qwen2vl_merger'],
  [/^Qwen2_5_VL/, 'qwen2.5vl_merger'],
  [/^Qwen3(?:VL|_5)/, 'qwen3vl_merger'],
  [/^Glm4v|^GlmOcr/, 'glm4v'],
  [/^Mistral3|^Llava.*Pixtral/, 'pixtral'],
  [/^Kimi/, 'kimivl'],
  [/^Llama4/, 'llama4'],
  [/^InternVL/, 'internvl'],
  [/^(?:Idefics3|SmolVLM)/, 'idefics3'],
  [/^Lfm2Vl/, 'lfm2'],
];

function integer(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : undefined;
}

function towerKeys(config: Config, wrapper: string | undefined): Record<string, MetadataValue> {
  const vision = config.object('vision_config') ?? {};
  const first = (...keys: string[]): number | undefined =>
    keys.map((key) => integer(vision[key])).find((n) => n !== undefined);
  const kind = KINDS.find(([pattern]) => wrapper !== undefined && pattern.test(wrapper))?.[1];
  const keys: Record<string, MetadataValue | undefined> = {
    'clip.projector_type': kind,
    'clip.vision.embedding_length': first('hidden_size', 'embed_dim', 'width', 'n_embd'),
    'clip.vision.block_count': first('num_hidden_layers', 'depth', 'layers'),
    'clip.vision.feed_forward_length': first('intermediate_size'),
    'clip.vision.attention.head_count': first('num_attention_heads', 'num_heads', 'heads'),
    'clip.vision.image_size': first('image_size'),
    'clip.vision.patch_size': first('patch_size', 'spatial_patch_size'),
    'clip.vision.spatial_merge_size': first('spatial_merge_size'),
  };
  return Object.fromEntries(
    Object.entries(keys).filter((entry): entry is [string, MetadataValue] => entry[1] !== undefined),
  );
}

/** The tower as a file of 16 bits: matrices F16, vectors F32, as the converter writes it. Undefined without tensors. */
export function towerOf(
  tensors: readonly SourceTensor[],
  config: Config,
  wrapper: string | undefined,
): ProjectorSpec | undefined {
  if (tensors.length === 0) {
    return undefined;
  }
  let weightsBytes = 0;
  for (const { shape } of tensors) {
    const elements = shape.reduce((product, n) => product * n, 1);
    weightsBytes += elements * (shape.length <= 1 ? 4 : 2);
  }
  return { source: 'file', weightsBytes, metadata: towerKeys(config, wrapper), tensors: [] };
}
