/** Gemma. Source: llama.cpp conversion/gemma.py. */

import { ropeParameters } from '../config.ts';
import type { Config, Conversion, Family, Piece } from '../types.ts';
import { windowPattern } from './llama.ts';

const withoutOutput = (name: string): string | null => (name === 'lm_head.weight' ? null : name);

const gemma3Keys = ({ config }: Conversion) => ({
  context_length: config.number('max_position_embeddings') ?? 131_072,
  'attention.head_count': config.number('num_attention_heads') ?? 8,
  'attention.head_count_kv': config.number('num_key_value_heads') ?? 4,
  'attention.key_length': config.number('head_dim') ?? 256,
  'attention.value_length': config.number('head_dim') ?? 256,
  'attention.sliding_window':
    config.number('sliding_window_pattern') === 1 ? undefined : config.number('sliding_window'),
  final_logit_softcapping: config.number('final_logit_softcapping') || undefined,
});

/** Head size of Gemma 4's layers with full attention. */
function fullHead(config: Config): number {
  const own = config.number('global_head_dim');
  if (own !== undefined) {
    return own;
  }
  const kinds = config.list('layer_types') ?? [];
  for (const [layer, value] of Object.entries(config.object('per_layer_config') ?? {}).slice(0, 4096)) {
    const head = (value as { head_dim?: unknown } | null)?.head_dim;
    if (kinds[Number(layer)] === 'full_attention' && typeof head === 'number') {
      return head;
    }
  }
  return config.number('head_dim') ?? 256;
}

function gemma4Keys(conversion: Conversion) {
  const { config, blocks } = conversion;
  const windowed = windowPattern(config, 0) ?? [];
  const shared = config.number('num_kv_shared_layers') ?? 0;
  const width = config.number('intermediate_size') ?? 0;
  const headsKv = config.number('num_key_value_heads') ?? 0;
  const headsKvFull = config.number('num_global_key_value_heads');
  const head = fullHead(config);
  const headSwa = config.number('head_dim') ?? 256;
  return {
    ...gemma3Keys(conversion),
    'attention.shared_kv_layers': shared,
    embedding_length_per_layer_input: config.number('hidden_size_per_layer_input') ?? 0,
    'attention.sliding_window_pattern': windowed,
    'attention.key_length': head,
    'attention.value_length': head,
    'attention.key_length_swa': headSwa,
    'attention.value_length_swa': headSwa,
    expert_feed_forward_length: config.number('expert_intermediate_size', 'moe_intermediate_size'),
    feed_forward_length:
      config.boolean('use_double_wide_mlp') === true
        ? Array.from({ length: blocks }, (_, i) => (i < blocks - shared ? width : 2 * width))
        : width,
    'attention.head_count_kv':
      headsKvFull === undefined ? headsKv : windowed.map((window) => (window ? headsKv : headsKvFull)),
    'rope.dimension_count': head,
    'rope.dimension_count_swa': headSwa,
  };
}

/** Gemma 3n's projections come one by one and go into one tensor; the first stands for all. */
function altup(piece: Piece): readonly Piece[] | undefined {
  const match = /^model\.(altup_projections|altup_unembed_projections)\.(\d+)\.weight$/.exec(piece.name);
  if (match === null) {
    return undefined;
  }
  return match[2] === '0' ? [{ name: `model.${match[1]}.weight`, shape: [3, ...piece.shape] }] : [];
}

export const gemmaFamilies: readonly Family[] = [
  {
    classes: ['GemmaForCausalLM'],
    architecture: 'gemma',
    rename: withoutOutput,
    metadata: ({ config }) => ({
      'attention.head_count_kv': config.number('num_key_value_heads', 'num_attention_heads'),
    }),
  },
  {
    classes: ['Gemma2ForCausalLM'],
    architecture: 'gemma2',
    rename: withoutOutput,
    metadata: ({ config }) => ({
      'attention.head_count_kv': config.number('num_key_value_heads', 'num_attention_heads'),
      attn_logit_softcapping: config.number('attn_logit_softcapping'),
      final_logit_softcapping: config.number('final_logit_softcapping'),
      'attention.sliding_window': config.number('sliding_window'),
    }),
  },
  { classes: ['Gemma3ForCausalLM', 'Gemma3ForConditionalGeneration'], architecture: 'gemma3', metadata: gemma3Keys },
  {
    classes: ['Gemma3TextModel'],
    architecture: 'gemma-embedding',
    metadata: (conversion) => ({
      ...gemma3Keys(conversion),
      'attention.sliding_window': conversion.config.number('sliding_window'),
      pooling_type: 1,
    }),
  },
  {
    classes: ['Gemma3nForCausalLM', 'Gemma3nForConditionalGeneration'],
    architecture: 'gemma3n',
    rename: (name) => (name.endsWith('_scale') ? `${name}.weight` : name),
    reshape: (piece, { config }) => {
      if (/embed_tokens(?:_per_layer)?\.weight$/.test(piece.name)) {
        const rows = Math.max(piece.shape[0]!, config.number('vocab_size') ?? 262_400);
        return [{ ...piece, shape: [rows, ...piece.shape.slice(1)] }];
      }
      return altup(piece);
    },
    metadata: (conversion) => ({
      ...gemma3Keys(conversion),
      'altup.active_idx': conversion.config.number('altup_active_idx'),
      'altup.num_inputs': conversion.config.number('altup_num_inputs'),
      embedding_length_per_layer_input: conversion.config.number('hidden_size_per_layer_input'),
      'attention.shared_kv_layers': conversion.config.number('num_kv_shared_layers'),
      feed_forward_length:
        numbers(conversion.config.list('intermediate_size')) ?? conversion.config.number('intermediate_size'),
      'attention.sliding_window_pattern': windowPattern(conversion.config, 5),
    }),
  },
  {
    classes: ['Gemma4ForConditionalGeneration', 'Gemma4ForCausalLM', 'Gemma4UnifiedForConditionalGeneration'],
    architecture: 'gemma4',
    rename: (name) => {
      if (/(?:per_dim_scale|layer_scalar)$/.test(name)) {
        return `${name}.weight`;
      }
      return name.includes('.experts.') && !/\.(?:weight|weight_scale|weight_scale_2|input_scale)$/.test(name)
        ? `${name}.weight`
        : name;
    },
    reshape: (piece) => {
      const block = /\.layers\.(\d{1,6})\./.exec(piece.name)?.[1];
      if (piece.name.endsWith('.router.scale')) {
        return [{ ...piece, name: `blk.${block}.ffn_gate_inp.scale`, final: true }];
      }
      return piece.name.includes('.per_expert_scale')
        ? [{ ...piece, name: `blk.${block}.ffn_down_exps.scale`, final: true }]
        : undefined;
    },
    invented: ({ config }) =>
      ropeParameters(config).rope_type === 'proportional'
        ? [{ name: 'rope_freqs.weight', shape: [Math.floor(fullHead(config) / 2)], final: true }]
        : [],
    metadata: gemma4Keys,
  },
];

function numbers(list: readonly unknown[] | undefined): readonly number[] | undefined {
  return list?.every((value) => typeof value === 'number') ? (list as readonly number[]) : undefined;
}
