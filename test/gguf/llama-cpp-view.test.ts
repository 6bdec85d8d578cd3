import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import type { MetadataValue, ModelSpec, TensorInfo } from '../../src/estimator/types.ts';
import { asLlamaCppSees } from '../../src/gguf/llama-cpp-view.ts';
import { tableBytes } from '../../src/gguf/spec.ts';

function spec(
  architecture: string,
  metadata: Record<string, MetadataValue>,
  tensors: Record<string, number[]>,
): ModelSpec {
  return {
    name: 'x',
    architecture,
    metadata: { 'general.architecture': architecture, ...metadata },
    tensors: Object.entries(tensors).map(([name, shape]) => ({ name, shape, type: 'F16' })),
  };
}

function shapes(model: ModelSpec): Record<string, readonly number[]> {
  return Object.fromEntries(model.tensors.map(({ name, shape }) => [name, shape]));
}

/** A model of the list under Ollama's own names. */
function disguised(name: string, architecture: string, rename: (tensor: string) => string): ModelSpec {
  const model = builtinCatalogue().find(name)!;
  const entries = Object.entries(model.metadata).map(([key, value]): [string, MetadataValue] => [
    key.startsWith(`${model.architecture}.`) ? key.replace(model.architecture, architecture) : key,
    value,
  ]);
  return {
    ...model,
    architecture,
    metadata: { ...Object.fromEntries(entries), 'general.architecture': architecture },
    tensors: model.tensors.map((t): TensorInfo => ({ ...t, name: rename(t.name) })),
  };
}

describe('asLlamaCppSees', () => {
  it('leaves every model of the built-in list as it is', () => {
    for (const name of builtinCatalogue().names()) {
      const model = builtinCatalogue().find(name)!;
      expect(asLlamaCppSees(model), name).toEqual(model);
    }
  });

  it('gives gptoss the names of gpt-oss', () => {
    const model = builtinCatalogue().find('gpt-oss:20b')!;
    const own = disguised('gpt-oss:20b', 'gptoss', (name) =>
      name
        .replace('.attn_output.', '.attn_out.')
        .replace('.attn_sinks.weight', '.attn_sinks')
        .replace('.post_attention_norm.', '.ffn_norm.'),
    );
    const { 'gptoss.expert_feed_forward_length': _, ...metadata } = own.metadata;
    const seen = asLlamaCppSees({ ...own, metadata });
    expect(seen.architecture).toBe('gpt-oss');
    expect(seen.tensors).toEqual(model.tensors);
    expect(seen.metadata).toMatchObject(model.metadata);
  });

  it('gives glm4moelite the keys of deepseek2 with absorbed heads', () => {
    const model = builtinCatalogue().find('glm-4.7-flash')!;
    const own = disguised('glm-4.7-flash', 'glm4moelite', (name) => name);
    const metadata = {
      ...own.metadata,
      'glm4moelite.attention.head_count_kv': 20,
      'glm4moelite.attention.key_length': 256,
      'glm4moelite.attention.value_length': 256,
      'glm4moelite.attention.key_length_mla': 576,
      'glm4moelite.attention.value_length_mla': 512,
    };
    const seen = asLlamaCppSees({ ...own, metadata });
    expect(seen.architecture).toBe('deepseek2');
    expect(seen.metadata).toMatchObject(model.metadata);
  });

  it.each([
    ['olmo3', 'olmo2'],
    ['qwen25vl', 'qwen2vl'],
  ])('calls %s %s and keeps its keys under the new name', (own, llamaCpp) => {
    const seen = asLlamaCppSees(spec(own, { [`${own}.block_count`]: 3 }, { 'blk.0.attn_q.weight': [8, 8] }));
    expect(seen.architecture).toBe(llamaCpp);
    expect(seen.metadata).toMatchObject({ 'general.architecture': llamaCpp, [`${llamaCpp}.block_count`]: 3 });
    expect(shapes(seen)).toEqual({ 'blk.0.attn_q.weight': [8, 8] });
  });

  it('cuts a Gemma vocabulary to the rows of the embedding, and knows the embedding model', () => {
    const chat = spec('gemma3', { 'tokenizer.ggml.tokens.length': 262145 }, { 'token_embd.weight': [8, 262144] });
    expect(asLlamaCppSees(chat).metadata['tokenizer.ggml.tokens.length']).toBe(262144);
    const embedding = spec(
      'gemma3',
      { 'gemma3.block_count': 24 },
      { 'dense.0.weight': [8, 32], 'dense.1.weight': [32, 8], 'norm.weight': [8] },
    );
    const seen = asLlamaCppSees(embedding);
    expect(seen.metadata['gemma-embedding.block_count']).toBe(24);
    expect(shapes(seen)).toEqual({ 'dense_2.weight': [8, 32], 'dense_3.weight': [32, 8], 'output_norm.weight': [8] });
  });

  it('does not load the image and sound rows of gemma3n', () => {
    const own = spec(
      'gemma3n',
      { 'tokenizer.ggml.tokens.length': 262400 },
      { 'token_embd.weight': [8, 262400], 'per_layer_token_embd.weight': [4, 262144] },
    );
    const seen = asLlamaCppSees(own);
    expect(shapes(seen)['token_embd.weight']).toEqual([8, 262144]);
    expect(seen.metadata['tokenizer.ggml.tokens.length']).toBe(262144);
  });

  it('fuses the experts of gemma4 without changing their size, unless they carry scales', () => {
    const experts = {
      'blk.0.ffn_gate_exps.weight': [32, 16, 4],
      'blk.0.ffn_up_exps.weight': [32, 16, 4],
      'blk.0.ffn_gate_inp.per_expert_scale': [4],
    };
    const own = spec('gemma4', {}, experts);
    const seen = asLlamaCppSees(own);
    expect(shapes(seen)).toEqual({ 'blk.0.ffn_gate_up_exps.weight': [32, 32, 4], 'blk.0.ffn_down_exps.scale': [4] });
    expect(tableBytes(seen.tensors)).toBe(tableBytes(own.tensors));
    const scaled = spec('gemma4', {}, { ...experts, 'blk.0.ffn_up_exps.scale': [4] });
    expect(Object.keys(shapes(asLlamaCppSees(scaled)))).toContain('blk.0.ffn_up_exps.weight');
  });

  it('fuses the feed-forward of glmocr without changing its size', () => {
    const own = spec(
      'glmocr',
      { 'glmocr.attention.key_length': 64 },
      { 'blk.0.ffn_gate.weight': [8, 16], 'blk.0.ffn_up.weight': [8, 16], 'blk.0.attn_out.weight': [8, 8] },
    );
    const seen = asLlamaCppSees(own);
    expect(shapes(seen)).toEqual({ 'blk.0.ffn_up.weight': [8, 32], 'blk.0.attn_output.weight': [8, 8] });
    expect(seen.metadata['glm4.rope.dimension_count']).toBe(64);
    expect(tableBytes(seen.tensors)).toBe(tableBytes(own.tensors));
  });

  it('makes one number of the key heads of hybrid Qwen models, and drops their MTP layers', () => {
    const own = spec(
      'qwen35moe',
      { 'qwen35moe.attention.head_count_kv': [0, 0, 0, 2] },
      { 'blk.0.ssm_dt': [4], 'mtp.fc.weight': [8, 8], 'mtp.layers.0.attn_q.weight': [8, 8] },
    );
    const seen = asLlamaCppSees(own);
    expect(seen.metadata['qwen35moe.attention.head_count_kv']).toBe(2);
    expect(shapes(seen)).toEqual({ 'blk.0.ssm_dt.bias': [4] });
  });

  it('finds the experts of deepseekocr by their shapes', () => {
    const seen = asLlamaCppSees(
      spec(
        'deepseekocr',
        { 'deepseekocr.block_count': 12 },
        { 'blk.1.ffn_down_exps.weight': [896, 8, 4], 'blk.1.ffn_down_shexp.weight': [1792, 8], 's.blk.0.x': [8] },
      ),
    );
    expect(seen.metadata).toMatchObject({
      'deepseek2-ocr.block_count': 12,
      'deepseek2-ocr.expert_feed_forward_length': 896,
      'deepseek2-ocr.expert_shared_count': 2,
    });
    expect(Object.keys(shapes(seen))).not.toContain('s.blk.0.x');
  });

  it('knows the text model of nemotron_h_omni, its latent experts, and the changed names of lfm2 and laguna', () => {
    const omni = asLlamaCppSees(
      spec(
        'nemotron_h_omni',
        { 'nemotron_h_omni.expert_count': 8, 'nemotron_h_omni.block_count': 4 },
        { 'blk.1.ffn_latent_in.weight': [8, 5], 'blk.1.ffn_latent_out.weight': [5, 8] },
      ),
    );
    expect(omni.architecture).toBe('nemotron_h_moe');
    expect(omni.metadata).toMatchObject({ 'nemotron_h_moe.block_count': 4, 'nemotron_h_moe.moe_latent_size': 5 });
    expect(Object.keys(shapes(omni))).toEqual(['blk.1.ffn_latent_down.weight', 'blk.1.ffn_latent_up.weight']);
    expect(asLlamaCppSees(spec('nemotron_h_omni', {}, {})).architecture).toBe('nemotron_h');
    const lfm2 = asLlamaCppSees(
      spec(
        'lfm2',
        { 'lfm2.feed_forward_length': 12288 },
        { 'output_norm.weight': [8], 'blk.0.ffn_gate.weight': [8, 32] },
      ),
    );
    expect(Object.keys(shapes(lfm2))).toContain('token_embd_norm.weight');
    expect(lfm2.metadata['lfm2.feed_forward_length']).toBe(32);
    expect(shapes(asLlamaCppSees(spec('laguna', {}, { 'blk.0.attn_g.weight': [8] })))).toEqual({
      'blk.0.attn_gate.weight': [8],
    });
  });

  it('takes no long time over a file made to be slow', () => {
    const tensors: Record<string, number[]> = {};
    for (const part of ['ffn_gate_exps', 'ffn_up_exps']) {
      for (let i = 0; i < 50_000; i++) {
        tensors[`blk.${i}.${part}.weight`] = [8, 8, 2];
      }
    }
    const own = spec('gemma4', {}, tensors);
    expect(asLlamaCppSees(own).tensors).toHaveLength(50_000);
  });
});
