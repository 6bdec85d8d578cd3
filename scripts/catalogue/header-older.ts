/** Checkpoints of older kinds: BERT's encoders, GPT-NeoX, Phi 2. */

import type { Config, SourceTensor } from '../../src/gguf/safetensors/types.ts';
import { HeaderWriter, need } from './header-writer.ts';

/** Encoders of BERT's kind. */
export function encoder(config: Config): SourceTensor[] {
  const writer = new HeaderWriter();
  const width = need(config, 'hidden_size');
  const inner = need(config, 'intermediate_size');
  writer.add('embeddings.word_embeddings.weight', [need(config, 'vocab_size'), width]);
  writer.add('embeddings.position_embeddings.weight', [need(config, 'max_position_embeddings'), width]);
  writer.add('embeddings.token_type_embeddings.weight', [config.number('type_vocab_size') ?? 2, width]);
  writer.norm('embeddings.LayerNorm', width, true);
  for (let i = 0; i < need(config, 'num_hidden_layers'); i++) {
    const at = `encoder.layer.${i}.`;
    for (const part of ['query', 'key', 'value']) {
      writer.linear(`${at}attention.self.${part}`, width, width, true);
    }
    writer.linear(`${at}attention.output.dense`, width, width, true);
    writer.norm(`${at}attention.output.LayerNorm`, width, true);
    writer.linear(`${at}intermediate.dense`, inner, width, true);
    writer.linear(`${at}output.dense`, width, inner, true);
    writer.norm(`${at}output.LayerNorm`, width, true);
  }
  return writer.tensors;
}

export function gptNeoX(config: Config): SourceTensor[] {
  const writer = new HeaderWriter();
  const width = need(config, 'hidden_size');
  const inner = need(config, 'intermediate_size');
  writer.linear('gpt_neox.embed_in', need(config, 'vocab_size'), width);
  writer.linear('embed_out', need(config, 'vocab_size'), width);
  writer.norm('gpt_neox.final_layer_norm', width, true);
  for (let i = 0; i < need(config, 'num_hidden_layers'); i++) {
    const at = `gpt_neox.layers.${i}.`;
    writer.norm(`${at}input_layernorm`, width, true);
    writer.norm(`${at}post_attention_layernorm`, width, true);
    writer.linear(`${at}attention.query_key_value`, 3 * width, width, true);
    writer.linear(`${at}attention.dense`, width, width, true);
    writer.linear(`${at}mlp.dense_h_to_4h`, inner, width, true);
    writer.linear(`${at}mlp.dense_4h_to_h`, width, inner, true);
  }
  return writer.tensors;
}

export function phi2(config: Config): SourceTensor[] {
  const writer = new HeaderWriter();
  const width = need(config, 'hidden_size');
  const inner = need(config, 'intermediate_size');
  writer.linear('model.embed_tokens', need(config, 'vocab_size'), width);
  writer.linear('lm_head', need(config, 'vocab_size'), width, true);
  writer.norm('model.final_layernorm', width, true);
  for (let i = 0; i < need(config, 'num_hidden_layers'); i++) {
    const at = `model.layers.${i}.`;
    writer.norm(`${at}input_layernorm`, width, true);
    for (const part of ['q_proj', 'k_proj', 'v_proj', 'dense']) {
      writer.linear(`${at}self_attn.${part}`, width, width, true);
    }
    writer.linear(`${at}mlp.fc1`, inner, width, true);
    writer.linear(`${at}mlp.fc2`, width, inner, true);
  }
  return writer.tensors;
}
