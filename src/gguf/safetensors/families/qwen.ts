/** Qwen and its relatives. Source: llama.cpp conversion/qwen.py, qwenvl.py, qwen3vl.py, dots1.py, bailingmoe.py, hunyuan.py. */

import { headSize, ropeParameters, rotaryShare } from '../config.ts';
import type { Config, Conversion, Family, Piece } from '../types.ts';
import { dtBias, splitHalves, splitTransposed, squeezed, transposed } from './rules.ts';

const expertKeys = ({ config }: Conversion) => ({
  expert_feed_forward_length: config.number('moe_intermediate_size'),
  expert_shared_feed_forward_length: config.number('shared_expert_intermediate_size'),
});

/** Experts that a checkpoint keeps in one tensor already. */
function aggregatedExperts(piece: Piece): readonly Piece[] | undefined {
  const name = piece.name.replace(/\.weight$/, '');
  if (name.endsWith('.mlp.experts.down_proj')) {
    return [{ ...piece, name: `${name}.weight` }];
  }
  if (name.endsWith('.mlp.experts.gate_up_proj')) {
    const base = name.slice(0, -'gate_up_proj'.length);
    return splitHalves(piece, [`${base}gate_proj.weight`, `${base}up_proj.weight`]);
  }
  return undefined;
}

/** Multi-token prediction: `mtp.*` becomes the layers behind the model's own. */
function nextTokenName(name: string, { config }: Conversion): string {
  const bare = name.replace(/^model\.mtp\./, 'mtp.');
  if (!bare.startsWith('mtp.')) {
    return name;
  }
  const layers = config.number('num_hidden_layers') ?? 0;
  const layer = /^mtp\.layers\.(\d{1,4})\.(.+)$/.exec(bare);
  if (layer !== null) {
    return `model.layers.${layers + Number(layer[1])}.${layer[2]}`;
  }
  const parts: Readonly<Record<string, string>> = {
    fc: 'eh_proj',
    pre_fc_norm_embedding: 'enorm',
    pre_fc_norm_hidden: 'hnorm',
    norm: 'shared_head.norm',
  };
  const [, part, suffix] = bare.split('.');
  const mapped = part === undefined || !Object.hasOwn(parts, part) ? undefined : parts[part];
  return mapped === undefined ? name : `model.layers.${layers}.${mapped}.${suffix}`;
}

function nextTokenBlocks(config: Config, has: (part: string) => boolean): number {
  return has('mtp.') ? config.number('mtp_num_hidden_layers') || 1 : 0;
}

/** Gated delta net beside attention. */
const linearAttention: Pick<Family, 'rename' | 'reshape' | 'extraBlocks' | 'metadata'> = {
  rename: (name, conversion) => dtBias(nextTokenName(name, conversion)),
  extraBlocks: nextTokenBlocks,
  reshape: (piece, { config }) => {
    if (piece.name.includes('conv1d')) {
      return [squeezed(piece)];
    }
    if (piece.name.endsWith('.linear_attn.in_proj_qkvz.weight')) {
      const block = /\.layers\.(\d{1,6})\./.exec(piece.name)?.[1] ?? '0';
      const keys = (config.number('linear_key_head_dim') ?? 0) * (config.number('linear_num_key_heads') ?? 0);
      const values = (config.number('linear_value_head_dim') ?? 0) * (config.number('linear_num_value_heads') ?? 0);
      const input = piece.shape[1]!;
      return [
        { name: `blk.${block}.attn_qkv.weight`, shape: [2 * keys + values, input], final: true },
        { name: `blk.${block}.attn_gate.weight`, shape: [values, input], final: true },
      ];
    }
    return aggregatedExperts(piece);
  },
  metadata: (conversion) => {
    const { config, blocks } = conversion;
    const layers = config.number('num_hidden_layers') ?? blocks;
    const kinds = config.list('layer_types');
    return {
      ...expertKeys(conversion),
      'ssm.conv_kernel': config.number('linear_conv_kernel_dim'),
      'ssm.state_size': config.number('linear_key_head_dim'),
      'ssm.group_count': config.number('linear_num_key_heads'),
      'ssm.time_step_rank': config.number('linear_num_value_heads'),
      'ssm.inner_size': (config.number('linear_value_head_dim') ?? 0) * (config.number('linear_num_value_heads') ?? 0),
      ...(kinds === undefined
        ? {}
        : {
            'attention.recurrent_layers': Array.from({ length: blocks }, (_, i) => kinds[i] === 'linear_attention'),
          }),
      full_attention_interval: config.number('full_attention_interval') ?? 4,
      'rope.dimension_count': Math.floor(headSize(config) * (rotaryShare(config) ?? 0.25)),
      nextn_predict_layers: blocks > layers ? blocks - layers : undefined,
    };
  },
};

const withSections = (conversion: Conversion) => ({
  ...linearAttention.metadata!(conversion),
  ...(ropeParameters(conversion.config).mrope_section === undefined
    ? { 'rope.dimension_sections': [11, 11, 10, 0] }
    : {}),
});

const withoutThinker = (name: string): string => name.replace('thinker.', '');

const deepstackKeys = ({ config }: Conversion) => {
  const indexes = config.object('vision_config')?.deepstack_visual_indexes;
  return { n_deepstack_layers: Array.isArray(indexes) ? indexes.length : 0 };
};

export const qwenFamilies: readonly Family[] = [
  {
    classes: ['Qwen2ForCausalLM', 'Qwen2Model', 'DotsOCRForCausalLM', 'KORMoForCausalLM'],
    architecture: 'qwen2',
    rename: (name, { has }) => (has('model.') || name.startsWith('lm_head.') ? name : `model.${name}`),
  },
  { classes: ['Qwen2MoeForCausalLM'], architecture: 'qwen2moe', reshape: aggregatedExperts, metadata: expertKeys },
  {
    classes: ['Qwen3ForCausalLM', 'Qwen3Model'],
    architecture: 'qwen3',
    rename: (name, { has }) => (has('model.') || name.startsWith('lm_head.') ? name : `model.${name}`),
  },
  { classes: ['Qwen3MoeForCausalLM'], architecture: 'qwen3moe', reshape: aggregatedExperts, metadata: expertKeys },
  { classes: ['Qwen3NextForCausalLM'], architecture: 'qwen3next', ...linearAttention },
  {
    classes: ['Qwen3_5ForConditionalGeneration', 'Qwen3_5ForCausalLM'],
    architecture: 'qwen35',
    ...linearAttention,
    metadata: withSections,
  },
  {
    classes: ['Qwen3_5MoeForConditionalGeneration', 'Qwen3_5MoeForCausalLM'],
    architecture: 'qwen35moe',
    ...linearAttention,
    metadata: (conversion) => ({
      ...withSections(conversion),
      feed_forward_length: conversion.config.number('intermediate_size', 'moe_intermediate_size'),
    }),
  },
  {
    classes: [
      'Qwen2VLForConditionalGeneration',
      'Qwen2_5_VLForConditionalGeneration',
      'Qwen2VLModel',
      'Qwen2_5OmniModel',
    ],
    architecture: 'qwen2vl',
    rename: withoutThinker,
  },
  {
    classes: ['Qwen3VLForConditionalGeneration', 'Qwen3ASRForConditionalGeneration'],
    architecture: 'qwen3vl',
    rename: withoutThinker,
    metadata: deepstackKeys,
  },
  {
    classes: ['Qwen3VLMoeForConditionalGeneration', 'Qwen3OmniMoeForConditionalGeneration'],
    architecture: 'qwen3vlmoe',
    rename: withoutThinker,
    reshape: (piece) => {
      const name = piece.name.replace(/\.weight$/, '');
      if (name.endsWith('.mlp.experts.down_proj')) {
        return [transposed(piece, `${name}.weight`)];
      }
      if (name.endsWith('.mlp.experts.gate_up_proj')) {
        const base = name.slice(0, -'gate_up_proj'.length);
        return splitTransposed(piece, [`${base}gate_proj.weight`, `${base}up_proj.weight`]);
      }
      return undefined;
    },
    metadata: (conversion) => ({ ...expertKeys(conversion), ...deepstackKeys(conversion) }),
  },
  {
    classes: ['Dots1ForCausalLM'],
    architecture: 'dots1',
    metadata: (conversion) => ({
      ...expertKeys(conversion),
      leading_dense_block_count: conversion.config.number('first_k_dense_replace'),
      expert_shared_count: conversion.config.number('n_shared_experts'),
      expert_weights_scale: conversion.config.number('routed_scaling_factor'),
      expert_weights_norm: conversion.config.boolean('norm_topk_prob'),
    }),
  },
  {
    classes: ['BailingMoeV2ForCausalLM'],
    architecture: 'bailingmoe2',
    rename: (name) => name.replace(/\.expert_bias$/, '.expert_bias.bias'),
    extraBlocks: (config) => config.number('num_nextn_predict_layers') ?? 0,
    metadata: ({ config }) => ({
      'rope.dimension_count': Math.floor(headSize(config) * (rotaryShare(config) ?? 0.5)),
      leading_dense_block_count: config.number('first_k_dense_replace'),
      vocab_size: config.number('vocab_size'),
      expert_feed_forward_length: config.number('moe_intermediate_size'),
      expert_shared_feed_forward_length:
        config.number('moe_shared_expert_intermediate_size') ??
        (config.number('moe_intermediate_size') ?? 0) * (config.number('num_shared_experts') ?? 0),
      expert_weights_scale: config.number('routed_scaling_factor'),
      expert_shared_count: config.number('num_shared_experts'),
      expert_weights_norm: config.boolean('norm_topk_prob'),
      nextn_predict_layers: config.number('num_nextn_predict_layers'),
    }),
  },
  {
    classes: ['HunYuanDenseV1ForCausalLM'],
    architecture: 'hunyuan-dense',
    rename: (name, { config }) =>
      name === 'lm_head.weight' && config.boolean('tie_word_embeddings') === true ? null : name,
    metadata: () => ({ expert_count: undefined }),
  },
];
