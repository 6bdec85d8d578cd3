/** DeepSeek's latent attention, GLM, Kimi. Source: llama.cpp conversion/deepseek.py, glm.py. */

import { headSize, rotaryShare } from '../config.ts';
import type { Conversion, Family, Piece } from '../types.ts';
import { isBeyond, renamed } from './rules.ts';

/** The compressed projection of keys and values is cut in two, the keys' half turned around. */
function splitLatent(piece: Piece, { config }: Conversion): readonly Piece[] | undefined {
  if (!piece.name.endsWith('.kv_b_proj.weight')) {
    return undefined;
  }
  const value = config.number('v_head_dim') ?? 0;
  const plain = config.number('qk_nope_head_dim') ?? 0;
  const [rows, rank] = piece.shape as [number, number];
  const heads = Math.floor(rows / Math.max(1, value + plain));
  return [
    { ...renamed(piece, 'kv_b_proj', 'k_b_proj'), shape: [heads, rank, plain] },
    { ...renamed(piece, 'kv_b_proj', 'v_b_proj'), shape: [heads, value, rank] },
  ];
}

function latentKeys({ config }: Conversion) {
  const experts = config.number('n_routed_experts');
  const rank = config.number('kv_lora_rank') ?? 512;
  const rotary = config.number('qk_rope_head_dim') ?? 0;
  return {
    'attention.head_count_kv': 1,
    leading_dense_block_count:
      config.number('first_k_dense_replace') ?? (experts === undefined ? config.number('num_hidden_layers') : 0),
    vocab_size: config.number('vocab_size'),
    'attention.q_lora_rank': config.number('q_lora_rank'),
    'attention.kv_lora_rank': rank,
    'attention.key_length': rank + rotary,
    'attention.value_length': rank,
    'attention.key_length_mla': (config.number('qk_nope_head_dim') ?? 0) + rotary,
    'attention.value_length_mla': config.number('v_head_dim'),
    expert_feed_forward_length: config.number('moe_intermediate_size', 'intermediate_size'),
    expert_shared_count: config.number('n_shared_experts') ?? 0,
    expert_weights_scale: config.number('routed_scaling_factor'),
    expert_weights_norm: config.boolean('norm_topk_prob') === true ? true : undefined,
    'rope.dimension_count': rotary,
  };
}

const latent: Pick<Family, 'rename' | 'reshape' | 'metadata'> = {
  rename: (name, { config }) => {
    const tied = config.boolean('tie_word_embeddings') === true && /^(?:model\.)?lm_head\.weight$/.test(name);
    return tied || isBeyond(name, config.number('num_hidden_layers') ?? 0) ? null : name;
  },
  reshape: splitLatent,
  metadata: latentKeys,
};

export const latentFamilies: readonly Family[] = [
  {
    classes: [
      'DeepseekV2ForCausalLM',
      'DeepseekV3ForCausalLM',
      'KimiVLForConditionalGeneration',
      'KimiK25ForConditionalGeneration',
      'YoutuForCausalLM',
      'Glm4MoeLiteForCausalLM',
    ],
    architecture: 'deepseek2',
    ...latent,
  },
  {
    classes: ['DeepseekForCausalLM'],
    architecture: 'deepseek',
    metadata: ({ config }) => ({
      'rope.dimension_count': headSize(config),
      leading_dense_block_count: config.number('first_k_dense_replace'),
      vocab_size: config.number('vocab_size'),
      expert_feed_forward_length: config.number('moe_intermediate_size'),
      expert_weights_scale: 1,
      expert_shared_count: config.number('n_shared_experts'),
    }),
  },
  {
    classes: ['Glm4ForCausalLM', 'Glm4vForConditionalGeneration'],
    architecture: 'glm4',
    metadata: ({ config }) => ({
      'rope.dimension_count': Math.floor(headSize(config) * (rotaryShare(config) ?? 0.5)),
    }),
  },
  {
    classes: ['Glm4MoeForCausalLM', 'Glm4vMoeForConditionalGeneration'],
    architecture: 'glm4moe',
    extraBlocks: (config) => config.number('num_nextn_predict_layers') ?? 0,
    metadata: ({ config }) => ({
      'rope.dimension_count': Math.floor(headSize(config) * (rotaryShare(config) ?? 0.5)),
      expert_feed_forward_length: config.number('moe_intermediate_size'),
      expert_shared_count: config.number('n_shared_experts'),
      leading_dense_block_count: config.number('first_k_dense_replace'),
      expert_gating_func: 2,
      expert_weights_scale: config.number('routed_scaling_factor'),
      expert_weights_norm: config.boolean('norm_topk_prob'),
      nextn_predict_layers: config.number('num_nextn_predict_layers'),
    }),
  },
];
