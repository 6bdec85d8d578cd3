/** Llama and what is built alike. Source: llama.cpp conversion/llama.py, mistral3.py, olmo.py, command_r.py, exaone.py. */

import { headSize, ropeParameters } from '../config.ts';
import type { Config, Conversion, Family } from '../types.ts';
import { llama3Frequencies, renamed, splitTransposed, transposed } from './rules.ts';

const llamaKeys = ({ config }: Conversion) => ({
  vocab_size: config.number('vocab_size'),
  'rope.dimension_count': headSize(config),
});

/** Which layers are windowed: by their kinds, else every layer but each `period`-th. */
export function windowPattern(config: Config, period: number): readonly boolean[] | undefined {
  const kinds = config.list('layer_types');
  const layers = config.number('num_hidden_layers') ?? 0;
  if (kinds !== undefined) {
    return kinds.map((kind) => kind === 'sliding_attention');
  }
  return period > 0 && layers <= 4096 ? Array.from({ length: layers }, (_, i) => (i + 1) % period !== 0) : undefined;
}

export const llamaFamilies: readonly Family[] = [
  {
    classes: [
      'LlamaForCausalLM',
      'LLaMAForCausalLM',
      'MistralForCausalLM',
      'MixtralForCausalLM',
      'VLlama3ForCausalLM',
      'LlavaForConditionalGeneration',
      'IQuestCoderForCausalLM',
      'LlamaModel',
    ],
    architecture: 'llama',
    rename: (name, { has }) => {
      const bare = name.replace('text_model.', '');
      return has('model.embed_tokens.') || !/^(?:layers\.|embed_tokens\.|norm\.)/.test(bare) ? bare : `model.${bare}`;
    },
    invented: llama3Frequencies,
    metadata: llamaKeys,
  },
  {
    classes: ['Mistral3ForConditionalGeneration', 'Ministral3ForCausalLM'],
    architecture: 'mistral3',
    invented: llama3Frequencies,
    metadata: (conversion) => {
      const { llama_4_scaling_beta: beta } = ropeParameters(conversion.config);
      return { ...llamaKeys(conversion), 'attention.temperature_scale': typeof beta === 'number' ? beta : undefined };
    },
  },
  {
    classes: ['Llama4ForConditionalGeneration', 'Llama4ForCausalLM'],
    architecture: 'llama4',
    reshape: (piece) => {
      if (piece.name.endsWith('.experts.gate_up_proj')) {
        const base = piece.name.slice(0, -'gate_up_proj'.length);
        return splitTransposed(piece, [`${base}gate_proj.weight`, `${base}up_proj.weight`]);
      }
      return piece.name.endsWith('.experts.down_proj') ? [transposed(piece, `${piece.name}.weight`)] : undefined;
    },
    invented: llama3Frequencies,
    metadata: (conversion) => ({
      ...llamaKeys(conversion),
      feed_forward_length: conversion.config.number('intermediate_size_mlp'),
      expert_feed_forward_length: conversion.config.number('moe_intermediate_size', 'intermediate_size'),
      interleave_moe_layer_step: conversion.config.number('interleave_moe_layer_step'),
    }),
  },
  { classes: ['SmolLM3ForCausalLM'], architecture: 'smollm3', invented: llama3Frequencies, metadata: llamaKeys },
  { classes: ['ArceeForCausalLM'], architecture: 'arcee', invented: llama3Frequencies, metadata: llamaKeys },
  { classes: ['SeedOssForCausalLM'], architecture: 'seed_oss' },
  {
    classes: ['BaichuanForCausalLM', 'BaiChuanForCausalLM'],
    architecture: 'baichuan',
    reshape: (piece) => {
      if (!piece.name.endsWith('.self_attn.W_pack.weight')) {
        return undefined;
      }
      const shape = [Math.floor(piece.shape[0]! / 3), piece.shape[1]!];
      return ['q', 'k', 'v'].map((part) => ({ ...renamed(piece, 'W_pack', `${part}_proj`), shape }));
    },
    metadata: ({ config }) => ({ 'rope.dimension_count': headSize(config) }),
  },
  { classes: ['OlmoForCausalLM', 'OLMoForCausalLM'], architecture: 'olmo' },
  {
    classes: ['Olmo2ForCausalLM', 'Olmo3ForCausalLM'],
    architecture: 'olmo2',
    metadata: ({ config }) => {
      const window = config.number('sliding_window');
      return window === undefined
        ? {}
        : {
            'attention.sliding_window': window,
            'attention.sliding_window_pattern': windowPattern(config, 4),
          };
    },
  },
  { classes: ['OlmoeForCausalLM'], architecture: 'olmoe' },
  {
    classes: ['CohereForCausalLM'],
    architecture: 'command-r',
    metadata: ({ config }) => ({
      context_length: config.number('model_max_length', 'max_position_embeddings'),
      logit_scale: config.number('logit_scale'),
    }),
  },
  {
    classes: ['Cohere2ForCausalLM'],
    architecture: 'cohere2',
    rename: (name) => (name.endsWith('.bias') ? null : name),
    metadata: ({ config }) => ({
      logit_scale: config.number('logit_scale'),
      'attention.sliding_window': config.number('sliding_window'),
      vocab_size: config.number('vocab_size'),
      'rope.dimension_count': Math.floor(
        (config.number('rotary_pct') ?? 1) *
          Math.floor((config.number('hidden_size') ?? 0) / Math.max(1, config.number('num_attention_heads') ?? 1)),
      ),
    }),
  },
  {
    classes: ['InternLM2ForCausalLM'],
    architecture: 'internlm2',
    reshape: (piece, { config }) => {
      if (!/\.attention\.wqkv\.weight$/.test(piece.name)) {
        return undefined;
      }
      const heads = config.number('num_attention_heads') ?? 1;
      const headsKv = config.number('num_key_value_heads') ?? heads;
      const head = Math.floor(piece.shape[0]! / (heads + 2 * headsKv));
      const rows = { wq: heads * head, wk: headsKv * head, wv: headsKv * head };
      return Object.entries(rows).map(([part, n]) => ({
        ...renamed(piece, 'wqkv', part),
        shape: [n, piece.shape[1]!],
      }));
    },
  },
  { classes: ['InternLM3ForCausalLM'], architecture: 'llama', metadata: llamaKeys },
  {
    classes: ['ExaoneForCausalLM'],
    architecture: 'exaone',
    invented: llama3Frequencies,
    metadata: ({ config }) => ({ 'rope.dimension_count': headSize(config) }),
  },
  {
    classes: ['Exaone4ForCausalLM'],
    architecture: 'exaone4',
    invented: llama3Frequencies,
    metadata: ({ config }) => {
      const window = config.number('sliding_window');
      const pattern = config.string('sliding_window_pattern');
      const period = pattern === undefined ? (config.number('sliding_window_pattern') ?? 0) : pattern.length;
      return {
        vocab_size: config.number('vocab_size'),
        ...(window === undefined
          ? {}
          : {
              'attention.sliding_window': window,
              'attention.sliding_window_pattern': windowPattern(config, period),
            }),
      };
    },
  },
  { classes: ['Starcoder2ForCausalLM'], architecture: 'starcoder2' },
  {
    classes: ['StableLmForCausalLM', 'StableLMEpochForCausalLM'],
    architecture: 'stablelm',
    metadata: ({ config }) => ({
      'rope.dimension_count': Math.floor(
        (config.number('partial_rotary_factor', 'rope_pct') ?? 0.25) * headSize(config),
      ),
      use_parallel_residual: config.boolean('use_parallel_residual') ?? true,
    }),
  },
  {
    classes: ['NemotronForCausalLM'],
    architecture: 'nemotron',
    metadata: ({ config }) => ({
      vocab_size: config.number('vocab_size'),
      'attention.layer_norm_epsilon': config.number('layer_norm_eps', 'layer_norm_epsilon', 'norm_epsilon', 'norm_eps'),
      'rope.dimension_count': Math.floor(
        (config.number('partial_rotary_factor', 'rope_percent') ?? 0.5) * headSize(config),
      ),
    }),
  },
];
