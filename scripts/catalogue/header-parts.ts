/** Layers that are not attention and a network: latent attention, delta nets, state space, short convolutions. */

import { headSize } from '../../src/gguf/safetensors/config.ts';
import { gated, type Layer } from './header-writer.ts';

/** DeepSeek's latent attention. */
export function latent({ writer, config, at, width }: Layer): void {
  const heads = config.number('num_attention_heads') ?? 0;
  const plain = config.number('qk_nope_head_dim') ?? 0;
  const rotary = config.number('qk_rope_head_dim') ?? 0;
  const value = config.number('v_head_dim') ?? 0;
  const rank = config.number('kv_lora_rank') ?? 0;
  const queryRank = config.number('q_lora_rank') ?? 0;
  const own = `${at}self_attn.`;
  if (queryRank > 0) {
    writer.linear(`${own}q_a_proj`, queryRank, width);
    writer.norm(`${own}q_a_layernorm`, queryRank);
    writer.linear(`${own}q_b_proj`, heads * (plain + rotary), queryRank);
  } else {
    writer.linear(`${own}q_proj`, heads * (plain + rotary), width);
  }
  writer.linear(`${own}kv_a_proj_with_mqa`, rank + rotary, width);
  writer.norm(`${own}kv_a_layernorm`, rank);
  writer.linear(`${own}kv_b_proj`, heads * (plain + value), rank);
  writer.linear(`${own}o_proj`, width, heads * value);
}

/** Gated delta net, with gated attention in every few layers. */
export function deltaNet({ writer, config, at, index, width }: Layer, className: string): void {
  const interval = config.number('full_attention_interval') ?? 4;
  const kinds = config.list('layer_types');
  const full = kinds === undefined ? (index + 1) % interval === 0 : kinds[index] === 'full_attention';
  if (full) {
    const heads = config.number('num_attention_heads') ?? 0;
    const headsKv = config.number('num_key_value_heads') ?? heads;
    const head = headSize(config);
    writer.linear(`${at}self_attn.q_proj`, 2 * heads * head, width);
    writer.linear(`${at}self_attn.k_proj`, headsKv * head, width);
    writer.linear(`${at}self_attn.v_proj`, headsKv * head, width);
    writer.linear(`${at}self_attn.o_proj`, width, heads * head);
    writer.norm(`${at}self_attn.q_norm`, head);
    writer.norm(`${at}self_attn.k_norm`, head);
    return;
  }
  const keys = (config.number('linear_key_head_dim') ?? 0) * (config.number('linear_num_key_heads') ?? 0);
  const valueHeads = config.number('linear_num_value_heads') ?? 0;
  const values = (config.number('linear_value_head_dim') ?? 0) * valueHeads;
  const kernel = config.number('linear_conv_kernel_dim') ?? 4;
  const own = `${at}linear_attn.`;
  if (className === 'Qwen3NextForCausalLM') {
    writer.linear(`${own}in_proj_qkvz`, 2 * keys + 2 * values, width);
    writer.linear(`${own}in_proj_ba`, 2 * valueHeads, width);
  } else {
    writer.linear(`${own}in_proj_qkv`, 2 * keys + values, width);
    writer.linear(`${own}in_proj_z`, values, width);
    writer.linear(`${own}in_proj_b`, valueHeads, width);
    writer.linear(`${own}in_proj_a`, valueHeads, width);
  }
  writer.add(`${own}conv1d.weight`, [2 * keys + values, 1, kernel]);
  writer.add(`${own}dt_bias`, [valueHeads]);
  writer.add(`${own}A_log`, [valueHeads]);
  writer.norm(`${own}norm`, config.number('linear_value_head_dim') ?? 0);
  writer.linear(`${own}out_proj`, width, values);
}

interface StateSpace {
  readonly inner: number;
  readonly state: number;
  readonly groups: number;
  readonly heads: number;
  readonly kernel: number;
}

function stateSpace({ writer, width }: Layer, own: string, { inner, state, groups, heads, kernel }: StateSpace): void {
  const convolved = inner + 2 * groups * state;
  writer.linear(`${own}in_proj`, inner + convolved + heads, width);
  writer.add(`${own}conv1d.weight`, [convolved, 1, kernel]);
  writer.add(`${own}conv1d.bias`, [convolved]);
  for (const name of ['dt_bias', 'A_log', 'D']) {
    writer.add(`${own}${name}`, [heads]);
  }
  writer.norm(`${own}norm`, inner);
  writer.linear(`${own}out_proj`, width, inner);
}

export function mamba2(layer: Layer): void {
  const { writer, config, at, width } = layer;
  const inner = (config.number('expand') ?? 2) * width;
  writer.norm(`${at}norm`, width);
  stateSpace(layer, `${at}mixer.`, {
    inner,
    state: config.number('state_size') ?? 128,
    groups: config.number('n_groups') ?? 1,
    heads: config.number('num_heads') ?? inner / (config.number('head_dim') ?? 64),
    kernel: config.number('conv_kernel') ?? 4,
  });
}

/** One thing a layer: state space (M), attention (*), experts (E) or a network (-). */
export function nemotronH(layer: Layer): void {
  const { writer, config, at, index, width } = layer;
  const kind =
    config.string('hybrid_override_pattern')?.[index] ??
    { mamba: 'M', attention: '*', moe: 'E', mlp: '-' }[String(config.list('layers_block_type')?.[index])];
  const own = `${at}mixer.`;
  writer.norm(`${at}norm`, width);
  if (kind === 'M') {
    const heads = config.number('mamba_num_heads') ?? 0;
    stateSpace(layer, own, {
      inner: heads * (config.number('mamba_head_dim') ?? 0),
      state: config.number('ssm_state_size') ?? 0,
      groups: config.number('n_groups') ?? 1,
      heads,
      kernel: config.number('conv_kernel') ?? 4,
    });
  } else if (kind === '*') {
    const heads = config.number('num_attention_heads') ?? 0;
    const headsKv = config.number('num_key_value_heads') ?? heads;
    const head = config.number('head_dim', 'attention_head_dim') ?? 0;
    writer.linear(`${own}q_proj`, heads * head, width);
    writer.linear(`${own}k_proj`, headsKv * head, width);
    writer.linear(`${own}v_proj`, headsKv * head, width);
    writer.linear(`${own}o_proj`, width, heads * head);
  } else if (kind === 'E') {
    const experts = config.number('n_routed_experts') ?? 0;
    const inner = config.number('moe_intermediate_size') ?? 0;
    const latentWidth = config.number('moe_latent_size');
    const input = latentWidth ?? width;
    writer.linear(`${own}gate`, experts, width);
    writer.add(`${own}gate.e_score_correction_bias`, [experts]);
    for (let x = 0; x < experts; x++) {
      writer.linear(`${own}experts.${x}.up_proj`, inner, input);
      writer.linear(`${own}experts.${x}.down_proj`, input, inner);
    }
    if (latentWidth !== undefined) {
      writer.linear(`${own}fc1_latent_proj`, latentWidth, width);
      writer.linear(`${own}fc2_latent_proj`, width, latentWidth);
    }
    const shared = config.number('moe_shared_expert_intermediate_size') ?? 0;
    writer.linear(`${own}shared_experts.up_proj`, shared, width);
    writer.linear(`${own}shared_experts.down_proj`, width, shared);
  } else {
    writer.linear(`${own}up_proj`, config.number('intermediate_size') ?? 0, width);
    writer.linear(`${own}down_proj`, width, config.number('intermediate_size') ?? 0);
  }
}

/** Granite 4's hybrids. */
export function granite(layer: Layer): void {
  const { writer, config, at, index, width } = layer;
  writer.norm(`${at}input_layernorm`, width);
  writer.norm(`${at}post_attention_layernorm`, width);
  if (config.list('layer_types')?.[index] === 'attention') {
    const heads = config.number('num_attention_heads') ?? 0;
    const headsKv = config.number('num_key_value_heads') ?? heads;
    const head = headSize(config);
    writer.linear(`${at}self_attn.q_proj`, heads * head, width);
    writer.linear(`${at}self_attn.k_proj`, headsKv * head, width);
    writer.linear(`${at}self_attn.v_proj`, headsKv * head, width);
    writer.linear(`${at}self_attn.o_proj`, width, heads * head);
  } else {
    const inner = (config.number('mamba_expand') ?? 2) * width;
    stateSpace(layer, `${at}mamba.`, {
      inner,
      state: config.number('mamba_d_state') ?? 128,
      groups: config.number('mamba_n_groups') ?? 1,
      heads: config.number('mamba_n_heads') ?? 0,
      kernel: config.number('mamba_d_conv') ?? 4,
    });
  }
  const experts = config.number('num_local_experts') ?? 0;
  if (experts > 0) {
    graniteExperts(layer, experts);
  }
  const shared = config.number('shared_intermediate_size') ?? 0;
  writer.linear(`${at}shared_mlp.input_linear`, 2 * shared, width);
  writer.linear(`${at}shared_mlp.output_linear`, width, shared);
}

/** Granite's experts, gate and up in one. */
export function graniteExperts({ writer, config, at, width }: Layer, experts: number): void {
  const inner = config.number('intermediate_size') ?? 0;
  writer.linear(`${at}block_sparse_moe.router.layer`, experts, width);
  writer.add(`${at}block_sparse_moe.input_linear.weight`, [experts, 2 * inner, width]);
  writer.add(`${at}block_sparse_moe.output_linear.weight`, [experts, width, inner]);
}

/** LFM2: short convolutions, with attention in some layers. */
export function shortConvolution({ writer, config, at, index, width }: Layer): void {
  const inner = config.number('intermediate_size') ?? 0;
  writer.norm(`${at}operator_norm`, width);
  writer.norm(`${at}ffn_norm`, width);
  if (config.list('layer_types')?.[index] === 'conv') {
    writer.add(`${at}conv.conv.weight`, [width, 1, config.number('conv_L_cache') ?? 3]);
    writer.linear(`${at}conv.in_proj`, 3 * width, width);
    writer.linear(`${at}conv.out_proj`, width, width);
  } else {
    const heads = config.number('num_attention_heads') ?? 0;
    const headsKv = config.number('num_key_value_heads') ?? heads;
    const head = headSize(config);
    writer.linear(`${at}self_attn.q_proj`, heads * head, width);
    writer.linear(`${at}self_attn.k_proj`, headsKv * head, width);
    writer.linear(`${at}self_attn.v_proj`, headsKv * head, width);
    writer.linear(`${at}self_attn.out_proj`, width, heads * head);
    writer.norm(`${at}self_attn.q_layernorm`, head);
    writer.norm(`${at}self_attn.k_layernorm`, head);
  }
  gated(writer, `${at}feed_forward.`, inner, width);
}

/** Gemma 4 without experts: two sizes of heads, values that are the keys in some, inputs per layer in the small ones. */
export function gemma4({ writer, config, at, index, width }: Layer): void {
  for (const name of [
    'input_layernorm',
    'post_attention_layernorm',
    'pre_feedforward_layernorm',
    'post_feedforward_layernorm',
  ]) {
    writer.norm(`${at}${name}`, width);
  }
  writer.add(`${at}layer_scalar`, [1]);
  const full = config.list('layer_types')?.[index] === 'full_attention';
  const head = full ? (config.number('global_head_dim') ?? headSize(config)) : headSize(config);
  const heads = config.number('num_attention_heads') ?? 0;
  const headsKv =
    (full ? config.number('num_global_key_value_heads') : undefined) ?? config.number('num_key_value_heads') ?? heads;
  writer.linear(`${at}self_attn.q_proj`, heads * head, width);
  writer.linear(`${at}self_attn.k_proj`, headsKv * head, width);
  writer.linear(`${at}self_attn.v_proj`, headsKv * head, width);
  writer.linear(`${at}self_attn.o_proj`, width, heads * head);
  writer.norm(`${at}self_attn.q_norm`, head);
  writer.norm(`${at}self_attn.k_norm`, head);
  const shared = config.number('num_kv_shared_layers') ?? 0;
  const layers = config.number('num_hidden_layers') ?? 0;
  const wide = config.boolean('use_double_wide_mlp') === true && index >= layers - shared;
  gated(writer, `${at}mlp.`, (wide ? 2 : 1) * (config.number('intermediate_size') ?? 0), width);
  const perLayer = config.number('hidden_size_per_layer_input') ?? 0;
  if (perLayer > 0) {
    writer.linear(`${at}per_layer_input_gate`, perLayer, width);
    writer.linear(`${at}per_layer_projection`, width, perLayer);
    writer.norm(`${at}post_per_layer_input_norm`, width);
  }
}
