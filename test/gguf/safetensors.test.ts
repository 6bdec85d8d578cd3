import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tensorBytes } from '../../src/estimator/model/ggml-types.ts';
import { quantize } from '../../src/estimator/model/quantize/quantize.ts';
import { GgufError } from '../../src/gguf/errors.ts';
import { sizeByParameters } from '../../src/gguf/safetensors/by-parameters.ts';
import { specFromSafetensors } from '../../src/gguf/safetensors/convert.ts';
import { knownClasses } from '../../src/gguf/safetensors/families/index.ts';
import { readSafetensorsHeader } from '../../src/gguf/safetensors/header.ts';
import { ggufName } from '../../src/gguf/safetensors/names.ts';
import type { SourceTensor } from '../../src/gguf/safetensors/types.ts';
import { expanded, type SafetensorsRow, scoreSafetensors } from '../../truth/accuracy/safetensors.ts';

const rows = readFileSync(new URL('../fixtures/safetensors-small.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as SafetensorsRow);

function row(model: string): SafetensorsRow {
  return rows.find((one) => one.model === model)!;
}

describe('specFromSafetensors on recorded runs of the converter', () => {
  it.each(rows.map((one) => [one.model, one] as const))('gives %s the table that the converter writes', (_, one) => {
    const { spec, ...score } = scoreSafetensors(one);
    expect(score).toMatchObject({ shapes: score.expected, types: score.expected, extra: 0, first: null });
    expect(score.bytes[0]).toBe(score.bytes[1]);
    expect(spec.architecture).toBe(one.architecture);
  });

  it('counts latent attention as one head of the compressed width', () => {
    const { spec } = scoreSafetensors(row('glm-4.7-flash'));
    expect(spec.metadata).toMatchObject({
      'deepseek2.attention.head_count_kv': 1,
      'deepseek2.attention.key_length': 576,
      'deepseek2.attention.key_length_mla': 256,
      'deepseek2.attention.value_length_mla': 256,
    });
  });

  it('has a cache for the attention layers of a hybrid alone', () => {
    const { spec } = scoreSafetensors(row('nemotron-3-nano-30b'));
    const heads = spec.metadata['nemotron_h_moe.attention.head_count_kv'] as number[];
    expect(heads.filter((n) => n > 0)).toHaveLength(6);
    expect(spec.metadata['nemotron_h_moe.ssm.inner_size']).toBe(4096);
  });
});

const dense = (changes: Readonly<Record<string, unknown>> = {}) => ({
  architectures: ['LlamaForCausalLM'],
  num_hidden_layers: 1,
  hidden_size: 256,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 512,
  vocab_size: 1000,
  ...changes,
});

function tensor(name: string, shape: readonly number[], dtype = 'BF16'): SourceTensor {
  return { name, shape, dtype };
}

const embedding = tensor('model.embed_tokens.weight', [1000, 256]);

describe('specFromSafetensors', () => {
  it('writes an output where the checkpoint has one, whatever tie_word_embeddings says', () => {
    const tied = specFromSafetensors({ config: dense({ tie_word_embeddings: true }), tensors: [embedding] });
    expect(tied.tensors.map(({ name }) => name)).toEqual(['token_embd.weight']);
    const output = tensor('lm_head.weight', [1000, 256]);
    const own = specFromSafetensors({ config: dense({ tie_word_embeddings: true }), tensors: [embedding, output] });
    expect(own.tensors.map(({ name }) => name)).toContain('output.weight');
  });

  it('undoes fp8, GPTQ and packed weights, whose companions vanish', () => {
    const read = (quantization: object, ...tensors: SourceTensor[]) =>
      specFromSafetensors({ config: dense({ quantization_config: quantization }), tensors: [embedding, ...tensors] })
        .tensors.filter(({ name }) => name.startsWith('blk.'))
        .map(({ name, shape, type }) => [name, shape, type]);
    const part = 'model.layers.0.mlp.down_proj';
    const expected = [['blk.0.ffn_down.weight', [512, 256], 'BF16']];
    expect(
      read(
        { quant_method: 'fp8' },
        tensor(`${part}.weight`, [256, 512], 'F8_E4M3'),
        tensor(`${part}.weight_scale_inv`, [2, 4], 'F32'),
      ),
    ).toEqual(expected);
    expect(
      read(
        { quant_method: 'gptq', bits: 4 },
        tensor(`${part}.qweight`, [64, 256], 'I32'),
        tensor(`${part}.qzeros`, [4, 32], 'I32'),
        tensor(`${part}.scales`, [4, 256], 'F16'),
        tensor(`${part}.g_idx`, [512], 'I32'),
      ),
    ).toEqual(expected);
    expect(
      read(
        {
          quant_method: 'compressed-tensors',
          format: 'pack-quantized',
          config_groups: { a: { weights: { num_bits: 4 } } },
        },
        tensor(`${part}.weight_packed`, [256, 64], 'I32'),
        tensor(`${part}.weight_scale`, [256, 4], 'BF16'),
        tensor(`${part}.weight_shape`, [2], 'I64'),
      ),
    ).toEqual(expected);
  });

  it.each(['awq', 'bitsandbytes', 'something-new'])('refuses %s as the converter does', (method) => {
    expect(() =>
      specFromSafetensors({ config: dense({ quantization_config: { quant_method: method } }), tensors: [embedding] }),
    ).toThrow(expect.objectContaining({ code: 'safetensors-quantization-refused', params: { method } }));
  });

  it('puts a vision tower beside the language model, with its size and its kind', () => {
    const config = {
      architectures: ['Gemma3ForConditionalGeneration'],
      text_config: { ...dense({ architectures: undefined, head_dim: 64, sliding_window: 512 }) },
      vision_config: {
        hidden_size: 1152,
        patch_size: 14,
        image_size: 896,
        num_hidden_layers: 27,
        intermediate_size: 4304,
      },
    };
    const spec = specFromSafetensors({
      config,
      tensors: [
        tensor('language_model.model.embed_tokens.weight', [1008, 256]),
        tensor('vision_tower.vision_model.encoder.layers.0.mlp.fc1.weight', [4304, 1152]),
        tensor('vision_tower.vision_model.encoder.layers.0.mlp.fc1.bias', [4304]),
      ],
      vocabulary: 1000,
    });
    expect(spec.tensors).toEqual([{ name: 'token_embd.weight', shape: [256, 1000], type: 'BF16' }]);
    expect(spec.projector).toMatchObject({
      source: 'file',
      weightsBytes: 4304 * 1152 * 2 + 4304 * 4,
      metadata: { 'clip.projector_type': 'gemma3', 'clip.vision.patch_size': 14 },
    });
  });

  it('says which class or tensor it has no rules for', () => {
    expect(() => specFromSafetensors({ config: { architectures: ['NewForCausalLM'] }, tensors: [] })).toThrow(
      expect.objectContaining({ code: 'safetensors-class-unknown', params: { class: 'NewForCausalLM' } }),
    );
    expect(() =>
      specFromSafetensors({ config: dense(), tensors: [tensor('model.layers.0.odd.weight', [4, 4])] }),
    ).toThrow(expect.objectContaining({ code: 'safetensors-name-unknown' }));
    expect(() => specFromSafetensors({ config: {}, tensors: [] })).toThrow(GgufError);
    expect(() => specFromSafetensors({ config: dense({ num_hidden_layers: 1e9 }), tensors: [] })).toThrow(GgufError);
  });

  it('survives any configuration: a spec or a coded error', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.array(fc.integer()),
      fc.object(),
    );
    const config = fc
      .record({
        architectures: fc.tuple(fc.constantFrom(...knownClasses())),
        rest: fc.dictionary(
          fc.constantFrom(
            ...Object.keys(dense()),
            'layer_types',
            'rope_scaling',
            'vision_config',
            'text_config',
            'quantization_config',
            'hybrid_override_pattern',
          ),
          value,
        ),
      })
      .map(({ architectures, rest }) => ({ ...dense(), ...rest, architectures }));
    const tensors = fc.array(
      fc.record({
        name: fc.constantFrom(
          'model.embed_tokens.weight',
          'model.layers.0.self_attn.kv_b_proj.weight',
          'model.layers.0.mlp.experts.3.w1.weight',
          'model.layers.0.mlp.experts.gate_up_proj',
          'a.b',
          '__proto__',
        ),
        dtype: fc.constantFrom('BF16', 'U8', 'I32'),
        shape: fc.array(fc.nat(64), { maxLength: 4 }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(config, tensors, (one, table) => {
        try {
          const spec = specFromSafetensors({ config: one, tensors: table });
          for (const { type, shape } of spec.tensors) {
            expect(Number.isFinite(tensorBytes(type, shape))).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(GgufError);
        }
      }),
      { numRuns: 400 },
    );
  });
});

describe('readSafetensorsHeader', () => {
  const file = (json: string): Uint8Array => {
    const body = new TextEncoder().encode(json);
    const bytes = new Uint8Array(8 + body.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(body.length), true);
    bytes.set(body, 8);
    return bytes;
  };

  it('reads names, types and shapes, and leaves the metadata out', () => {
    const json = '{"__metadata__":{"format":"pt"},"a.weight":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]}}';
    expect(readSafetensorsHeader(file(json))).toEqual([{ name: 'a.weight', dtype: 'BF16', shape: [2, 3] }]);
  });

  it('refuses what is no header, with a code', () => {
    const long = new Uint8Array(8);
    new DataView(long.buffer).setBigUint64(0, 1n << 60n, true);
    for (const bytes of [new Uint8Array(3), long, file('[]'), file('{"a":{"dtype":1}}'), file('{').subarray(0, 8)]) {
      expect(() => readSafetensorsHeader(bytes)).toThrow(GgufError);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          readSafetensorsHeader(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(GgufError);
        }
      }),
    );
  });
});

describe('ggufName', () => {
  it('knows where the norm behind attention is one of its own', () => {
    const name = 'model.layers.7.post_attention_layernorm.weight';
    expect(ggufName(name, 'llama')).toBe('blk.7.ffn_norm.weight');
    expect(ggufName(name, 'gemma3')).toBe('blk.7.post_attention_norm.weight');
    expect(ggufName('model.layers.7.nothing.weight', 'llama')).toBeUndefined();
  });
});

describe('sizeByParameters', () => {
  it('is never too low for the recorded models', () => {
    for (const one of rows) {
      const source = expanded(one.tensors);
      const parameters = source.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
      const { spec } = scoreSafetensors(one);
      for (const target of ['Q4_K_M', 'Q8_0', 'Q2_K'] as const) {
        const exact = quantize(spec, target).bytes;
        const range = sizeByParameters(parameters, target)!;
        expect(range.highBytes, `${one.model} ${target}`).toBeGreaterThanOrEqual(exact);
        expect(range.lowBytes).toBeLessThanOrEqual(range.highBytes);
      }
    }
    expect(sizeByParameters(1e9, 'Q9')).toBeUndefined();
  });
});
