import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GGML_TYPES, tensorBytes } from '../../../src/estimator/model/ggml-types.ts';
import { quantize } from '../../../src/estimator/model/quantize/quantize.ts';
import { QUANTIZE_TARGETS, type QuantizeEra, readTarget } from '../../../src/estimator/model/quantize/targets.ts';
import { EstimateError, type ModelSpec, type TensorInfo } from '../../../src/estimator/types.ts';
import { asSource, type QuantRow, quantFault } from '../../../truth/accuracy/quants.ts';
import { type FixtureName, model } from '../fixture-models.ts';

const rows = readFileSync(new URL('../../fixtures/quants-small.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as QuantRow & { readonly era: QuantizeEra });

describe('quantize on recorded dry runs of llama-quantize', () => {
  it.each(['new', 'old', 'ollama-go'] as const)('gives every tensor the type it has under the %s rules', (era) => {
    const faults = rows
      .filter((row) => row.era === era)
      .map((row) => [row.model, row.target, quantFault(row, asSource(model(row.model as FixtureName)), era)])
      .filter(([, , fault]) => fault !== null);
    expect(faults).toEqual([]);
  });

  it('has rows of every era, of refusals and with an importance matrix', () => {
    expect(new Set(rows.map((row) => row.era)).size).toBe(3);
    expect(rows.some((row) => row.error !== undefined)).toBe(true);
    expect(rows.some((row) => row.imatrix === true)).toBe(true);
  });
});

describe('quantize', () => {
  it('starts from the unquantized model, whatever the file at hand has', () => {
    const source = model('llama3.1-8b');
    const once = quantize(source, 'Q3_K_M');
    expect(quantize(once.spec, 'Q5_K_M').spec.tensors).toEqual(quantize(asSource(source), 'Q5_K_M').spec.tensors);
  });

  it('understands how people write a target', () => {
    for (const text of ['q4_k_m', 'Q4-K-M', ' Q4_K_M ', 'Q4', 'Ｑ４＿Ｋ＿Ｍ']) {
      expect(readTarget(text).name).toBe('Q4_K_M');
    }
    expect(readTarget('ollama:q4_k_s')).toMatchObject({ name: 'Q4_K_S', ollama: true });
  });

  it('says which targets there are, and fewer of them for Ollama', () => {
    expect(() => quantize(model('llama3.1-8b'), 'Q9_X')).toThrow(
      expect.objectContaining({ code: 'quantize-target-unknown', params: expect.objectContaining({ target: 'Q9_X' }) }),
    );
    for (const [target, era] of [
      ['ollama:Q3_K_M', 'new'],
      ['Q3_K_M', 'ollama-go'],
      ['constructor', 'new'],
    ] as const) {
      expect(() => quantize(model('llama3.1-8b'), target, { era })).toThrow(EstimateError);
    }
  });

  it('refuses where llama-quantize refuses, with the tensor', () => {
    expect(() => quantize(model('gpt-oss-20b'), 'Q1_0')).toThrow(
      expect.objectContaining({ code: 'quantize-shape-refused', params: expect.objectContaining({ type: 'Q1_0' }) }),
    );
  });

  it('leaves a tower in the model file alone', () => {
    const source = model('llama3.1-8b');
    const tower: TensorInfo = { name: 'v.blk.0.attn_q.weight', shape: [1152, 1152], type: 'F16' };
    const { spec } = quantize({ ...source, tensors: [...source.tensors, tower] }, 'Q4_0');
    expect(spec.tensors.at(-1)).toEqual(tower);
  });
});

const part = fc.constantFrom(
  'attn_q.weight',
  'attn_k.weight',
  'attn_v.weight',
  'attn_qkv.weight',
  'attn_output.weight',
  'attn_norm.weight',
  'ffn_down.weight',
  'ffn_gate.weight',
  'ffn_up.weight',
  'ffn_down_exps.weight',
  'ssm_conv1d.weight',
  'attn_q.bias',
);
const table = fc
  .record({
    layers: fc.integer({ min: 1, max: 40 }),
    heads: fc.constantFrom(1, 8, 32),
    experts: fc.constantFrom(0, 1, 8, 64),
    rows: fc.uniqueArray(
      fc.record({
        part,
        block: fc.nat(39),
        row: fc.constantFrom(31, 32, 64, 128, 256, 4096, 2880),
        columns: fc.integer({ min: 1, max: 4 }),
      }),
      { selector: ({ part: name, block }) => `${block} ${name}`, minLength: 1, maxLength: 60 },
    ),
    tied: fc.boolean(),
  })
  .map(({ layers, heads, experts, rows: drawn, tied }): ModelSpec => {
    const tensors = drawn.map((one) => ({
      name: `blk.${one.block % layers}.${one.part}`,
      shape: [one.row, one.columns, ...(one.part.includes('exps') ? [2] : [])],
      type: 'F16',
    }));
    const unique = [...new Map(tensors.map((tensor) => [tensor.name, tensor])).values()];
    const ends = ['token_embd.weight', ...(tied ? [] : ['output.weight'])];
    return {
      name: 'drawn',
      architecture: 'llama',
      metadata: {
        'llama.block_count': layers,
        'llama.attention.head_count': heads,
        'llama.attention.head_count_kv': 1,
        'llama.expert_count': experts,
      },
      tensors: [...ends.map((name) => ({ name, shape: [4096, 8], type: 'F16' })), ...unique],
    };
  });

/** The result, or null where the quantizer refuses. */
function tried(spec: ModelSpec, target: string, era: QuantizeEra) {
  try {
    return quantize(spec, target, { era });
  } catch (error) {
    expect(error).toMatchObject({ code: 'quantize-shape-refused' });
    return null;
  }
}

describe('quantize on drawn tables', () => {
  const targets = fc.constantFrom(...QUANTIZE_TARGETS);

  it('keeps every tensor and shape, gives rows types that divide them, and counts the bytes', () => {
    fc.assert(
      fc.property(table, targets, fc.constantFrom('new' as const, 'old' as const), (spec, target, era) => {
        const result = tried(spec, target, era);
        if (result === null) {
          return;
        }
        const { tensors } = result.spec;
        expect(tensors.map(({ name, shape }) => [name, shape])).toEqual(
          spec.tensors.map(({ name, shape }) => [name, shape]),
        );
        expect(tensors.every(({ type, shape }) => shape[0]! % GGML_TYPES[type]!.blockSize === 0)).toBe(true);
        expect(result.bytes).toBe(tensors.reduce((sum, { type, shape }) => sum + tensorBytes(type, shape), 0));
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on the order of the table', () => {
    fc.assert(
      fc.property(table, targets, (spec, target) => {
        const types = (one: ModelSpec) => new Map(tried(one, target, 'new')?.spec.tensors.map((t) => [t.name, t.type]));
        expect(types({ ...spec, tensors: spec.tensors.toReversed() })).toEqual(types(spec));
      }),
      { numRuns: 100 },
    );
  });

  it('is never larger than the unquantized model', () => {
    fc.assert(
      fc.property(table, targets, (spec, target) => {
        const result = target === 'F32' ? null : tried(spec, target, 'new');
        expect(result?.bytes ?? 0).toBeLessThanOrEqual(quantize(spec, 'F16').bytes);
      }),
      { numRuns: 100 },
    );
  });
});
