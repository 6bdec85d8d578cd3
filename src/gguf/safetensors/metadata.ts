import type { MetadataValue } from '../../estimator/types.ts';
import { ropeParameters } from './config.ts';
import type { Config, Conversion, Family, Metadata } from './types.ts';

const GATING: Readonly<Record<string, number>> = { softmax: 1, sigmoid: 2, sqrtsoftplus: 4 };

function numberIn(object: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Keys that describe how the rotation is scaled. */
function ropeKeys(config: Config): Record<string, MetadataValue | undefined> {
  const rope = ropeParameters(config);
  const type =
    typeof rope.rope_type === 'string' ? rope.rope_type : typeof rope.type === 'string' ? rope.type : undefined;
  const factor = numberIn(rope, 'factor');
  const sliding = config.object('rope_parameters')?.sliding_attention as Readonly<Record<string, unknown>> | undefined;
  const keys: Record<string, MetadataValue | undefined> = {
    'rope.freq_base':
      numberIn(rope, 'rope_theta') ?? config.number('rope_theta', 'global_rope_theta', 'rotary_emb_base'),
    'rope.freq_base_swa':
      (sliding === undefined ? undefined : numberIn(sliding, 'rope_theta')) ?? config.number('rope_local_base_freq'),
  };
  if ((type === 'linear' || type === 'yarn') && factor !== undefined) {
    keys['rope.scaling.type'] = type;
    keys['rope.scaling.factor'] = factor;
    if (type === 'yarn') {
      keys['rope.scaling.original_context_length'] = numberIn(rope, 'original_max_position_embeddings');
    }
  } else if (type === 'su' || type === 'longrope') {
    keys['rope.scaling.type'] = 'longrope';
  }
  const sections = rope.mrope_section ?? config.object('rope_parameters')?.mrope_section;
  if (Array.isArray(sections) && sections.length > 0 && sections.length <= 4) {
    keys['rope.dimension_sections'] = [0, 1, 2, 3].map((i) => Number(sections[i] ?? 0));
  }
  return keys;
}

/** What every converter class writes (llama.cpp conversion/base.py, `TextModel.set_gguf_parameters`). */
function commonKeys({ config, blocks }: Conversion): Record<string, MetadataValue | undefined> {
  const head = config.number('head_dim');
  const scoring = config.string('score_function', 'scoring_func', 'score_func', 'moe_router_activation');
  return {
    block_count: blocks,
    context_length: config.number(
      'max_position_embeddings',
      'n_ctx',
      'n_positions',
      'max_length',
      'max_sequence_length',
      'model_max_length',
    ),
    embedding_length: config.number('hidden_size', 'n_embd', 'dim'),
    feed_forward_length: config.number(
      'prefix_dense_intermediate_size',
      'dense_intermediate_size',
      'intermediate_size',
      'n_inner',
      'hidden_dim',
    ),
    'attention.head_count': config.number('num_attention_heads', 'n_head', 'n_heads'),
    'attention.head_count_kv': config.number('num_key_value_heads', 'n_kv_heads'),
    'attention.causal': config.boolean('is_causal') === false ? false : undefined,
    ...ropeKeys(config),
    'attention.layer_norm_rms_epsilon': config.number('rms_norm_eps', 'norm_eps'),
    'attention.layer_norm_epsilon': config.number('layer_norm_eps', 'layer_norm_epsilon', 'norm_epsilon'),
    expert_count: config.number('num_local_experts', 'num_experts', 'n_routed_experts'),
    expert_used_count: config.number('num_experts_per_tok', 'num_experts_per_token', 'top_k_experts'),
    expert_group_count: config.number('n_group'),
    expert_group_used_count: config.number('topk_group'),
    expert_gating_func: scoring === undefined ? undefined : GATING[scoring],
    'attention.key_length': head,
    'attention.value_length': head,
  };
}

/** The metadata that memory depends on, under GGUF's names. */
export function convertedMetadata(
  conversion: Conversion,
  family: Family,
  name: string,
  vocabulary: number | undefined,
): Metadata {
  const metadata: Metadata = { 'general.architecture': conversion.architecture, 'general.name': name };
  const keys = { ...commonKeys(conversion), ...family.metadata?.(conversion) };
  for (const [key, value] of Object.entries(keys)) {
    if (value !== undefined) {
      metadata[`${conversion.architecture}.${key}`] = value;
    }
  }
  if (vocabulary !== undefined) {
    metadata['tokenizer.ggml.tokens.length'] = vocabulary;
  }
  return metadata;
}
