/**
 * The safetensors header that a checkpoint of a published configuration has: names and shapes follow from the
 * hyper-parameters. Held against recorded headers by a test.
 */

import { headSize, readConfig } from '../../src/gguf/safetensors/config.ts';
import type { Config, SourceTensor } from '../../src/gguf/safetensors/types.ts';
import { encoder, gptNeoX, phi2 } from './header-older.ts';
import {
  deltaNet,
  gemma4,
  granite,
  graniteExperts,
  latent,
  mamba2,
  nemotronH,
  shortConvolution,
} from './header-parts.ts';
import { gated, HeaderWriter, type Layer, need } from './header-writer.ts';

/** Classes whose queries, keys and values have biases whatever the configuration says. */
const QKV_BIAS: ReadonlySet<string> = new Set([
  'Qwen2ForCausalLM',
  'Qwen2MoeForCausalLM',
  'Qwen2_5_VLForConditionalGeneration',
  'Qwen2VLForConditionalGeneration',
  'SeedOssForCausalLM',
]);

const HEAD_NORMS: ReadonlySet<string> = new Set([
  'Qwen3ForCausalLM',
  'Qwen3MoeForCausalLM',
  'Qwen3VLForConditionalGeneration',
  'Qwen3VLMoeForConditionalGeneration',
  'Gemma3ForCausalLM',
  'Gemma3ForConditionalGeneration',
  'Gemma3TextModel',
]);

function attention(layer: Layer, className: string): void {
  const { writer, config, at, width } = layer;
  const heads = need(config, 'num_attention_heads');
  const headsKv = config.number('num_key_value_heads') ?? heads;
  const head = headSize(config);
  const bias =
    QKV_BIAS.has(className) || config.boolean('attention_bias') === true || config.boolean('use_bias') === true;
  const outputBias = bias && !QKV_BIAS.has(className) && !/^(?:Glm4|Qwen)/.test(className);
  const own = `${at}self_attn.`;
  writer.linear(`${own}q_proj`, heads * head, width, bias);
  writer.linear(`${own}k_proj`, headsKv * head, width, bias);
  writer.linear(`${own}v_proj`, headsKv * head, width, bias);
  writer.linear(
    `${own}o_proj`,
    width,
    heads * head,
    className === 'SeedOssForCausalLM' ? config.boolean('attention_out_bias') === true : outputBias,
  );
  if (HEAD_NORMS.has(className) || (className === 'Glm4MoeForCausalLM' && config.boolean('use_qk_norm') === true)) {
    writer.norm(`${own}q_norm`, head);
    writer.norm(`${own}k_norm`, head);
  }
  if (/^(?:Olmo2|MiniMaxM2)ForCausalLM$/.test(className)) {
    writer.norm(`${own}q_norm`, heads * head);
    writer.norm(`${own}k_norm`, headsKv * head);
  }
  if (className === 'GptOssForCausalLM') {
    writer.add(`${own}sinks`, [heads]);
  }
}

function mixtureOf(config: Config): number {
  return config.number('num_local_experts', 'num_experts', 'n_routed_experts', 'moe_num_experts') ?? 0;
}

function isSparse(config: Config, index: number, className: string): boolean {
  if (mixtureOf(config) === 0) {
    return false;
  }
  if (className === 'Ernie4_5_MoeForCausalLM') {
    return index >= (config.number('moe_layer_start_index') ?? 0);
  }
  if (className === 'Llama4ForConditionalGeneration') {
    const step = config.number('interleave_moe_layer_step') ?? 1;
    return (index + 1) % step === 0;
  }
  return index >= (config.number('first_k_dense_replace') ?? 0);
}

function mixture(layer: Layer, className: string): void {
  const { writer, config, at, width } = layer;
  const experts = mixtureOf(config);
  if (className === 'GptOssForCausalLM') {
    const inner = need(config, 'intermediate_size');
    writer.linear(`${at}mlp.router`, experts, width, true);
    writer.add(`${at}mlp.experts.gate_up_proj_blocks`, [experts, 2 * inner, width / 32, 16], 'U8');
    writer.add(`${at}mlp.experts.gate_up_proj_scales`, [experts, 2 * inner, width / 32], 'U8');
    writer.add(`${at}mlp.experts.gate_up_proj_bias`, [experts, 2 * inner]);
    writer.add(`${at}mlp.experts.down_proj_blocks`, [experts, width, inner / 32, 16], 'U8');
    writer.add(`${at}mlp.experts.down_proj_scales`, [experts, width, inner / 32], 'U8');
    writer.add(`${at}mlp.experts.down_proj_bias`, [experts, width]);
    return;
  }
  if (className === 'GraniteMoeForCausalLM') {
    graniteExperts(layer, experts);
    return;
  }
  if (className === 'MixtralForCausalLM' || className === 'MiniMaxM2ForCausalLM') {
    const inner = need(config, 'intermediate_size');
    const own = `${at}block_sparse_moe.`;
    writer.linear(`${own}gate`, experts, width);
    for (let x = 0; x < experts; x++) {
      writer.linear(`${own}experts.${x}.w1`, inner, width);
      writer.linear(`${own}experts.${x}.w2`, width, inner);
      writer.linear(`${own}experts.${x}.w3`, inner, width);
    }
    if (className === 'MiniMaxM2ForCausalLM') {
      writer.add(`${own}e_score_correction_bias`, [experts]);
    }
    return;
  }
  if (className === 'Llama4ForConditionalGeneration') {
    const inner = config.number('moe_intermediate_size') ?? need(config, 'intermediate_size');
    writer.linear(`${at}feed_forward.router`, experts, width);
    writer.add(`${at}feed_forward.experts.gate_up_proj`, [experts, width, 2 * inner]);
    writer.add(`${at}feed_forward.experts.down_proj`, [experts, inner, width]);
    gated(writer, `${at}feed_forward.shared_expert.`, inner, width);
    return;
  }
  const inner = config.number('moe_intermediate_size') ?? need(config, 'intermediate_size');
  writer.linear(`${at}mlp.gate`, experts, width);
  if (className === 'Qwen3VLMoeForConditionalGeneration') {
    writer.add(`${at}mlp.experts.gate_up_proj`, [experts, width, 2 * inner]);
    writer.add(`${at}mlp.experts.down_proj`, [experts, inner, width]);
  } else if (className.startsWith('Qwen3_5Moe')) {
    writer.add(`${at}mlp.experts.gate_up_proj`, [experts, 2 * inner, width]);
    writer.add(`${at}mlp.experts.down_proj`, [experts, width, inner]);
  } else {
    for (let x = 0; x < experts; x++) {
      gated(writer, `${at}mlp.experts.${x}.`, inner, width);
    }
  }
  const scored = className === 'Glm4MoeForCausalLM' || config.string('scoring_func') === 'sigmoid';
  if (scored || config.string('topk_method') === 'noaux_tc') {
    writer.add(`${at}mlp.gate.e_score_correction_bias`, [experts]);
  }
  if (className === 'BailingMoeV2ForCausalLM') {
    writer.add(`${at}mlp.gate.expert_bias`, [experts]);
  }
  if (className === 'Ernie4_5_MoeForCausalLM') {
    writer.add(`${at}mlp.moe_statics.e_score_correction_bias`, [1, experts]);
  }
  const shared = config.number('n_shared_experts', 'num_shared_experts', 'moe_num_shared_experts') ?? 0;
  if (shared > 0) {
    gated(writer, `${at}mlp.shared_experts.`, shared * inner, width);
  }
  const sharedInner = config.number('shared_expert_intermediate_size') ?? 0;
  if (sharedInner > 0) {
    gated(writer, `${at}mlp.shared_expert.`, sharedInner, width);
    writer.add(`${at}mlp.shared_expert_gate.weight`, [1, width]);
  }
}

function feedForward(layer: Layer, className: string): void {
  const { writer, config, at, width, index } = layer;
  if (isSparse(config, index, className)) {
    mixture(layer, className);
    return;
  }
  const dense = className === 'Llama4ForConditionalGeneration' ? config.number('intermediate_size_mlp') : undefined;
  const inner = dense ?? need(config, 'intermediate_size');
  const prefix = className === 'Llama4ForConditionalGeneration' ? `${at}feed_forward.` : `${at}mlp.`;
  gated(writer, prefix, inner, width, config.boolean('mlp_bias') === true);
}

/** Norms of a layer, by class: the name and whether it has a bias. */
function norms(layer: Layer, className: string): void {
  const { writer, at, width } = layer;
  if (/^Gemma[23]/.test(className)) {
    for (const name of [
      'input_layernorm',
      'post_attention_layernorm',
      'pre_feedforward_layernorm',
      'post_feedforward_layernorm',
    ]) {
      writer.norm(`${at}${name}`, width);
    }
    return;
  }
  switch (className) {
    case 'Cohere2ForCausalLM':
    case 'CohereForCausalLM':
      writer.norm(`${at}input_layernorm`, width);
      return;
    case 'Olmo2ForCausalLM':
      writer.norm(`${at}post_attention_layernorm`, width);
      writer.norm(`${at}post_feedforward_layernorm`, width);
      return;
    case 'OlmoForCausalLM':
      return;
    case 'Glm4ForCausalLM':
      for (const name of [
        'input_layernorm',
        'post_self_attn_layernorm',
        'post_attention_layernorm',
        'post_mlp_layernorm',
      ]) {
        writer.norm(`${at}${name}`, width);
      }
      return;
    case 'NemotronForCausalLM':
    case 'Starcoder2ForCausalLM':
    case 'StableLmForCausalLM':
      writer.norm(`${at}input_layernorm`, width, true);
      writer.norm(`${at}post_attention_layernorm`, width, true);
      return;
    default:
      writer.norm(`${at}input_layernorm`, width);
      writer.norm(`${at}post_attention_layernorm`, width);
  }
}

function layerOf(layer: Layer, className: string): void {
  const { writer, config, at, width } = layer;
  switch (className) {
    case 'Phi3ForCausalLM': {
      const heads = need(config, 'num_attention_heads');
      const head = headSize(config);
      const headsKv = config.number('num_key_value_heads') ?? heads;
      norms(layer, className);
      writer.linear(`${at}self_attn.qkv_proj`, (heads + 2 * headsKv) * head, width);
      writer.linear(`${at}self_attn.o_proj`, width, heads * head);
      writer.linear(`${at}mlp.gate_up_proj`, 2 * need(config, 'intermediate_size'), width);
      writer.linear(`${at}mlp.down_proj`, width, need(config, 'intermediate_size'));
      return;
    }
    case 'Glm4ForCausalLM':
      norms(layer, className);
      attention(layer, className);
      writer.linear(`${at}mlp.gate_up_proj`, 2 * need(config, 'intermediate_size'), width);
      writer.linear(`${at}mlp.down_proj`, width, need(config, 'intermediate_size'));
      return;
    case 'Starcoder2ForCausalLM': {
      norms(layer, className);
      attention(layer, className);
      writer.linear(`${at}mlp.c_fc`, need(config, 'intermediate_size'), width, true);
      writer.linear(`${at}mlp.c_proj`, width, need(config, 'intermediate_size'), true);
      return;
    }
    case 'NemotronForCausalLM':
      norms(layer, className);
      attention(layer, className);
      writer.linear(`${at}mlp.up_proj`, need(config, 'intermediate_size'), width);
      writer.linear(`${at}mlp.down_proj`, width, need(config, 'intermediate_size'));
      return;
    case 'BailingMoeV2ForCausalLM': {
      const heads = need(config, 'num_attention_heads');
      const head = headSize(config);
      norms(layer, className);
      writer.linear(`${at}attention.query_key_value`, (heads + 2 * need(config, 'num_key_value_heads')) * head, width);
      writer.linear(`${at}attention.dense`, width, heads * head);
      writer.norm(`${at}attention.query_layernorm`, head);
      writer.norm(`${at}attention.key_layernorm`, head);
      feedForward(layer, className);
      return;
    }
    case 'InternLM2ForCausalLM': {
      const heads = need(config, 'num_attention_heads');
      const head = headSize(config);
      const headsKv = config.number('num_key_value_heads') ?? heads;
      const inner = need(config, 'intermediate_size');
      writer.norm(`${at}attention_norm`, width);
      writer.norm(`${at}ffn_norm`, width);
      writer.linear(`${at}attention.wqkv`, (heads + 2 * headsKv) * head, width);
      writer.linear(`${at}attention.wo`, width, heads * head);
      writer.linear(`${at}feed_forward.w1`, inner, width);
      writer.linear(`${at}feed_forward.w3`, inner, width);
      writer.linear(`${at}feed_forward.w2`, width, inner);
      return;
    }
    case 'BaichuanForCausalLM':
      norms(layer, className);
      writer.linear(`${at}self_attn.W_pack`, 3 * width, width);
      writer.linear(`${at}self_attn.o_proj`, width, width);
      gated(writer, `${at}mlp.`, need(config, 'intermediate_size'), width);
      return;
    default:
      norms(layer, className);
      attention(layer, className);
      feedForward(layer, className);
  }
}

const LATENT = new Set([
  'DeepseekV2ForCausalLM',
  'DeepseekV3ForCausalLM',
  'Glm4MoeLiteForCausalLM',
  'KimiK25ForConditionalGeneration',
]);

/**
 * The header of a checkpoint with this configuration.
 * @throws Error for a class that is not described here, or where a hyper-parameter is missing
 */
export function headerFromConfig(raw: Readonly<Record<string, unknown>>, className: string): SourceTensor[] {
  const config = readConfig(raw);
  if (/^(?:Bert|XLMRoberta|Roberta)Model$/.test(className)) {
    return encoder(config);
  }
  if (className === 'GPTNeoXForCausalLM') {
    return gptNeoX(config);
  }
  if (className === 'PhiForCausalLM') {
    return phi2(config);
  }
  const writer = new HeaderWriter();
  const width = need(config, 'hidden_size');
  const layers = config.number('num_hidden_layers') ?? config.list('layers_block_type')?.length ?? 0;
  const tied =
    config.boolean('tie_word_embeddings') === true ||
    className === 'Gemma3TextModel' ||
    className === 'GemmaForCausalLM';
  const vocabulary = need(config, 'vocab_size');
  const own = OWN_LAYERS[className];
  const stem = own?.stem ?? 'model.';
  writer.add(`${stem}${own?.embedding ?? 'embed_tokens'}.weight`, [vocabulary, width]);
  if (className === 'InternLM2ForCausalLM') {
    writer.tensors[0] = { name: 'model.tok_embeddings.weight', shape: [vocabulary, width], dtype: 'BF16' };
    writer.linear('output', vocabulary, width);
  } else if (!tied) {
    writer.linear('lm_head', vocabulary, width);
  }
  if (className !== 'OlmoForCausalLM') {
    const bias = /^(?:Nemotron|Starcoder2|StableLm)ForCausalLM$/.test(className);
    writer.norm(`${stem}${own?.norm ?? 'norm'}`, width, bias);
  }
  const perLayer = config.number('hidden_size_per_layer_input') ?? 0;
  if (perLayer > 0) {
    writer.linear('model.embed_tokens_per_layer', vocabulary, layers * perLayer);
    writer.linear('model.per_layer_model_projection', layers * perLayer, width);
    writer.norm('model.per_layer_projection_norm', perLayer);
  }
  for (let index = 0; index < layers; index++) {
    const layer: Layer = { writer, config, at: `${stem}layers.${index}.`, index, width };
    if (own !== undefined) {
      own.write(layer);
    } else if (LATENT.has(className)) {
      norms(layer, className);
      latent(layer);
      feedForward(layer, className);
    } else {
      layerOf(layer, className);
    }
  }
  const next = className === 'Glm4MoeForCausalLM' ? (config.number('num_nextn_predict_layers') ?? 0) : 0;
  for (let index = layers; index < layers + next; index++) {
    const layer: Layer = { writer, config, at: `model.layers.${index}.`, index, width };
    layerOf(layer, className);
    writer.linear(`${layer.at}eh_proj`, width, 2 * width);
    for (const name of ['enorm', 'hnorm', 'shared_head.norm']) {
      writer.norm(`${layer.at}${name}`, width);
    }
    writer.linear(`${layer.at}embed_tokens`, vocabulary, width);
    writer.linear(`${layer.at}shared_head.head`, vocabulary, width);
  }
  return writer.tensors;
}

interface OwnLayers {
  readonly stem?: string;
  readonly embedding?: string;
  readonly norm?: string;
  readonly write: (layer: Layer) => void;
}

const delta = (className: string): OwnLayers => ({
  write: (layer) => {
    norms(layer, className);
    deltaNet(layer, className);
    feedForward(layer, className);
  },
});

const OWN_LAYERS: Readonly<Record<string, OwnLayers>> = {
  Qwen3NextForCausalLM: delta('Qwen3NextForCausalLM'),
  Qwen3_5ForConditionalGeneration: delta('Qwen3_5ForConditionalGeneration'),
  Qwen3_5MoeForConditionalGeneration: delta('Qwen3_5MoeForConditionalGeneration'),
  BailingMoeV2ForCausalLM: {
    embedding: 'word_embeddings',
    write: (layer) => layerOf(layer, 'BailingMoeV2ForCausalLM'),
  },
  Mamba2ForCausalLM: { stem: 'backbone.', embedding: 'embeddings', norm: 'norm_f', write: mamba2 },
  NemotronHForCausalLM: { stem: 'backbone.', embedding: 'embeddings', norm: 'norm_f', write: nemotronH },
  GraniteMoeHybridForCausalLM: { write: granite },
  Gemma4ForConditionalGeneration: { write: gemma4 },
  Lfm2ForCausalLM: { norm: 'embedding_norm', write: shortConvolution },
};
