/** Mamba, and models that mix it with attention. Source: llama.cpp conversion/mamba.py, granite.py, nemotron.py, falcon_h1.py, lfm2.py. */

import { headSize } from '../config.ts';
import type { Config, Conversion, Family, Piece } from '../types.ts';
import { dtBias, llama3Frequencies, mamba2Piece, renamed, splitHalves, squeezed } from './rules.ts';

/** The first of these keys, each also with `mamba_` before it. */
function either(config: Config, ...keys: string[]): number | undefined {
  return config.number(...keys, ...keys.map((key) => `mamba_${key}`));
}

const graniteKeys = ({ config }: Conversion) => ({
  vocab_size: config.number('vocab_size'),
  'rope.dimension_count': Math.floor(
    (config.number('hidden_size') ?? 0) / Math.max(1, config.number('num_attention_heads') ?? 1),
  ),
  // Granite's own head size is what the width gives; the converter drops the key.
  'attention.key_length': undefined,
  'attention.value_length': undefined,
  'attention.scale': config.number('attention_multiplier') || undefined,
  embedding_scale: config.number('embedding_multiplier') || undefined,
  residual_scale: config.number('residual_multiplier') || undefined,
  logit_scale: config.number('logits_scaling') || undefined,
});

const graniteMoeKeys = (conversion: Conversion) => ({
  ...graniteKeys(conversion),
  expert_shared_feed_forward_length: conversion.config.number('shared_intermediate_size'),
});

/** Granite's experts come with gate and up in one; without experts the shared network is the network. */
function graniteExperts(piece: Piece, { config }: Conversion): readonly Piece[] | undefined {
  const block = /\.layers\.(\d{1,6})\./.exec(piece.name)?.[1];
  const part = (name: string): string => `blk.${block}.ffn_${name}.weight`;
  if (piece.name.endsWith('block_sparse_moe.input_linear.weight')) {
    return splitHalves(piece, [part('gate_exps'), part('up_exps')], true);
  }
  const experts = (config.number('num_local_experts') ?? 0) > 0;
  if (piece.name.endsWith('shared_mlp.input_linear.weight')) {
    return splitHalves(piece, experts ? [part('gate_shexp'), part('up_shexp')] : [part('gate'), part('up')], true);
  }
  return !experts && piece.name.endsWith('shared_mlp.output_linear.weight')
    ? [{ ...piece, name: part('down'), final: true }]
    : undefined;
}

/** Layers with attention of a hybrid. */
function attentionLayers(config: Config): readonly number[] {
  const layers = config.number('num_hidden_layers') ?? 0;
  const kinds = config.list('layer_types');
  if (kinds !== undefined) {
    return kinds.flatMap((kind, i) => (kind === 'attention' ? [i] : []));
  }
  const listed = config.list('attn_layer_indices');
  if (listed !== undefined && listed.length > 0) {
    return listed.map(Number);
  }
  const period = config.number('attn_layer_period') ?? 0;
  const offset = config.number('attn_layer_offset') ?? 0;
  return period > 0 && layers <= 4096
    ? Array.from({ length: layers }, (_, i) => i).filter((i) => i % period === offset)
    : [];
}

function isPureAttention(config: Config): boolean {
  return attentionLayers(config).length === (config.number('num_hidden_layers') ?? 0);
}

function hybridKeys(conversion: Conversion) {
  const { config, blocks } = conversion;
  const attention = new Set(attentionLayers(config));
  const headsKv = config.number('num_key_value_heads', 'n_head_kv') ?? 0;
  const useRope = config.string('position_embedding_type') === 'rope' || isPureAttention(config);
  return {
    ...graniteMoeKeys(conversion),
    'ssm.conv_kernel': either(config, 'conv_kernel', 'd_conv'),
    'ssm.state_size': either(config, 'state_size', 'd_state', 'state_dim', 'ssm_state_size'),
    'ssm.group_count': either(config, 'n_groups', 'num_groups'),
    'ssm.inner_size': innerSize(config),
    'ssm.time_step_rank': either(config, 'n_heads', 'num_heads'),
    'attention.head_count_kv': Array.from({ length: blocks }, (_, i) => (attention.has(i) ? headsKv : 0)),
    'rope.scaling.finetuned': useRope,
    context_length: useRope ? config.number('max_position_embeddings') : 1_048_576,
  };
}

function innerSize(config: Config): number {
  return (either(config, 'expand') ?? 2) * (config.number('hidden_size', 'd_model') ?? 0);
}

/** Kinds of Nemotron H's layers: M state space, * attention, - or E networks. */
function nemotronPattern(config: Config): string {
  const pattern = config.string('hybrid_override_pattern');
  if (pattern !== undefined) {
    return pattern;
  }
  const letters: Readonly<Record<string, string>> = {
    mamba: 'M',
    linear_attention: 'M',
    attention: '*',
    full_attention: '*',
    moe: 'E',
    mlp: '-',
  };
  return (config.list('layers_block_type') ?? []).map((kind) => letters[String(kind)] ?? '-').join('');
}

function nemotronKeys({ config, blocks }: Conversion) {
  const pattern = nemotronPattern(config);
  const experts = config.number('num_experts_per_tok') !== undefined && (config.number('n_routed_experts') ?? 0) > 0;
  const network = experts ? config.number('moe_intermediate_size') : config.number('intermediate_size');
  const headsKv = config.number('num_key_value_heads') ?? 0;
  const head = config.number('head_dim', 'attention_head_dim');
  const heads = either(config, 'num_heads') ?? 0;
  const perLayer = (letter: string, value: number): readonly number[] =>
    Array.from({ length: blocks }, (_, i) => (pattern[i] === letter ? value : 0));
  return {
    vocab_size: config.number('vocab_size'),
    'attention.key_length': head,
    'attention.value_length': head,
    'rope.dimension_count': Math.floor(
      (config.number('hidden_size') ?? 0) / Math.max(1, config.number('num_attention_heads') ?? 1),
    ),
    'attention.layer_norm_rms_epsilon': config.number('layer_norm_epsilon', 'rms_norm_eps', 'norm_eps'),
    feed_forward_length: perLayer(experts ? 'E' : '-', network ?? 0),
    'attention.head_count_kv': perLayer('*', headsKv),
    expert_count: experts ? config.number('n_routed_experts') : undefined,
    expert_feed_forward_length: experts ? config.number('moe_intermediate_size') : undefined,
    expert_shared_feed_forward_length: config.number('moe_shared_expert_intermediate_size'),
    expert_shared_count: experts ? config.number('n_shared_experts') : undefined,
    expert_weights_norm: config.boolean('norm_topk_prob'),
    expert_weights_scale: config.number('routed_scaling_factor'),
    moe_latent_size: config.number('moe_latent_size'),
    'ssm.conv_kernel': config.number('conv_kernel'),
    'ssm.inner_size': heads * (config.number('mamba_head_dim') ?? headSize(config)),
    'ssm.state_size': config.number('ssm_state_size'),
    'ssm.time_step_rank': heads,
    'ssm.group_count': config.number('n_groups'),
  };
}

function lfm2Keys({ config }: Conversion) {
  const kinds = config.list('layer_types') ?? [];
  const headsKv = config.number('num_key_value_heads') ?? 0;
  let width = config.number('block_ff_dim', 'intermediate_size') ?? 0;
  if (config.boolean('block_auto_adjust_ff_dim') === true) {
    const multiple = Math.max(1, config.number('block_multiple_of') ?? 256);
    width = Math.floor(Math.floor((2 * width) / 3) * (config.number('block_ffn_dim_multiplier') ?? 1));
    width = multiple * Math.ceil(width / multiple);
  }
  return {
    'attention.head_count_kv': kinds.map((kind) => (kind === 'conv' ? 0 : headsKv)),
    vocab_size: config.number('vocab_size'),
    'shortconv.l_cache': config.number('conv_L_cache'),
    'attention.layer_norm_rms_epsilon': config.number('norm_eps'),
    feed_forward_length: width,
  };
}

function shortConvolution(piece: Piece): readonly Piece[] | undefined {
  return piece.name.includes('conv.conv') ? [squeezed(piece)] : undefined;
}

export const recurrentFamilies: readonly Family[] = [
  { classes: ['GraniteForCausalLM'], architecture: 'granite', invented: llama3Frequencies, metadata: graniteKeys },
  {
    classes: ['GraniteMoeForCausalLM', 'GraniteMoeSharedForCausalLM'],
    architecture: 'granitemoe',
    reshape: graniteExperts,
    metadata: graniteMoeKeys,
  },
  {
    classes: ['GraniteMoeHybridForCausalLM', 'BambaForCausalLM'],
    architecture: (config) => {
      if (!isPureAttention(config)) {
        return 'granitehybrid';
      }
      return config.number('num_experts_per_tok', 'num_experts_per_token') ? 'granitemoe' : 'granite';
    },
    rename: dtBias,
    reshape: (piece, conversion) => {
      const experts = graniteExperts(piece, conversion);
      const own = mamba2Piece(piece, either(conversion.config, 'n_groups', 'num_groups') ?? 1);
      return experts ?? (own === undefined ? undefined : [own]);
    },
    metadata: (conversion) =>
      isPureAttention(conversion.config) ? graniteMoeKeys(conversion) : hybridKeys(conversion),
  },
  {
    classes: ['NemotronHForCausalLM'],
    architecture: (config) =>
      config.number('num_experts_per_tok') && config.number('n_routed_experts') ? 'nemotron_h_moe' : 'nemotron_h',
    rename: (name) => {
      if (name.startsWith('mtp.')) {
        return null;
      }
      const bare = /^model\.layers\..*\.mixer\./.test(name) ? name.replace('model.layers.', 'backbone.layers.') : name;
      return dtBias(bare);
    },
    reshape: (piece, { config }) => {
      const expert = /^backbone\.layers\.(\d+)\.mixer\.experts\.(\w+)\.weight$/.exec(piece.name);
      if (expert !== null) {
        return [renamed(piece, /^.*$/, `model.layers.${expert[1]}.mlp.experts.${expert[2]}.weight`)];
      }
      const own = mamba2Piece(piece, config.number('n_groups') ?? 1);
      return own === undefined ? undefined : [own];
    },
    metadata: nemotronKeys,
  },
  {
    classes: ['FalconH1ForCausalLM'],
    architecture: 'falcon-h1',
    rename: dtBias,
    reshape: (piece, { config }) => {
      const own = mamba2Piece(piece, either(config, 'n_groups') ?? 1);
      return own === undefined ? undefined : [own];
    },
    metadata: ({ config }) => ({
      vocab_size: config.number('vocab_size'),
      'rope.dimension_count': headSize(config),
      'ssm.conv_kernel': either(config, 'd_conv', 'conv_kernel') ?? 4,
      'ssm.inner_size': config.number('mamba_d_ssm'),
      'ssm.state_size': either(config, 'd_state', 'state_size') ?? 128,
      'ssm.time_step_rank': Math.floor(
        (config.number('mamba_d_ssm') ?? 0) / Math.max(1, config.number('mamba_d_head') ?? 64),
      ),
      'ssm.group_count': either(config, 'n_groups') ?? 1,
    }),
  },
  {
    classes: ['Mamba2ForCausalLM'],
    architecture: 'mamba2',
    rename: (name) => dtBias(name.replace(/^model\.(?=backbone|lm_head)/, '')),
    reshape: (piece, { config }) => {
      const own = mamba2Piece(piece, config.number('n_groups') ?? 1);
      return own === undefined ? undefined : [own];
    },
    metadata: ({ config }) => {
      const inner =
        config.number('mamba_d_ssm') ||
        config.number('intermediate_size', 'd_inner') ||
        (config.number('expand') ?? 2) * (config.number('hidden_size', 'd_model', 'dim') ?? 0);
      const head = config.number('mamba_d_head', 'head_dim') ?? 64;
      return {
        context_length: 1_048_576,
        feed_forward_length: 0,
        'attention.head_count': 0,
        'attention.head_count_kv': undefined,
        'attention.key_length': undefined,
        'attention.value_length': undefined,
        'ssm.conv_kernel': config.number('conv_kernel', 'd_conv') ?? 4,
        'ssm.inner_size': inner,
        'ssm.state_size': config.number('state_size', 'd_state') ?? 128,
        'ssm.time_step_rank': Math.floor(inner / Math.max(1, head)),
        'ssm.group_count': config.number('n_groups') ?? 1,
        'attention.layer_norm_rms_epsilon': config.number('layer_norm_epsilon', 'rms_norm_eps') ?? 1e-5,
      };
    },
  },
  {
    classes: ['MambaForCausalLM', 'MambaLMHeadModel', 'FalconMambaForCausalLM'],
    architecture: 'mamba',
    reshape: (piece) => (piece.name.includes('conv1d.weight') ? [squeezed(piece)] : undefined),
    metadata: ({ config }) => {
      const width = config.number('hidden_size', 'd_model') ?? 0;
      return {
        context_length: 1_048_576,
        embedding_length: width,
        feed_forward_length: 0,
        'attention.head_count': 0,
        'ssm.conv_kernel': config.number('conv_kernel', 'd_conv') ?? 4,
        'ssm.inner_size': config.number('intermediate_size', 'd_inner') || 2 * width,
        'ssm.state_size': config.number('state_size', 'd_state') ?? 16,
        'ssm.time_step_rank': config.number('time_step_rank', 'dt_rank') ?? Math.ceil(width / 16),
        'ssm.dt_b_c_rms': config.string('model_type') === 'falcon_mamba',
      };
    },
  },
  {
    classes: ['Lfm2ForCausalLM', 'LFM2ForCausalLM', 'Lfm2VlForConditionalGeneration'],
    architecture: 'lfm2',
    rename: (name) => name.replace('lfm.', 'model.'),
    reshape: shortConvolution,
    metadata: lfm2Keys,
  },
  {
    classes: ['Lfm2MoeForCausalLM'],
    architecture: 'lfm2moe',
    rename: (name) => name.replace(/\.expert_bias$/, '.expert_bias.bias'),
    reshape: shortConvolution,
    metadata: (conversion) => ({
      ...lfm2Keys(conversion),
      feed_forward_length: conversion.config.number('intermediate_size'),
      expert_feed_forward_length: conversion.config.number('moe_intermediate_size'),
      leading_dense_block_count: conversion.config.number('num_dense_layers'),
      expert_gating_func: 2,
    }),
  },
];
