import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import { GgufError } from '../../src/gguf/errors.ts';
import { specFromShow } from '../../src/gguf/from-show.ts';
import { tableBytes } from '../../src/gguf/spec.ts';

type Version = readonly [number, number, number];

/** Tensor type number → name as 0.6.1 to 0.6.8 print it: the list of file types of that time, by position. */
const FILE_TYPES_0_6 = (
  'F32 F16 Q4_0 Q4_1 Q4_1_F16 unknown unknown Q8_0 Q5_0 Q5_1 Q2_K Q3_K_S Q3_K_M Q3_K_L Q4_K_S Q4_K_M Q5_K_S Q5_K_M Q6_K ' +
  'IQ2_XXS IQ2_XS Q2_K_S IQ3_XS IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ3_M IQ2_S IQ2_M IQ4_XS'
).split(' ');

const TYPE_IDS: Record<string, number> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q5_0: 6,
  Q8_0: 8,
  Q4_K: 12,
  Q5_K: 13,
  Q6_K: 14,
  BF16: 30,
};

/** An answer as a server of that version writes it, made of a spec. */
function answerOf(spec: ModelSpec, version: Version, verbose = false): Record<string, unknown> {
  const since = (minor: number, patch: number): boolean =>
    version[1] > minor || (version[1] === minor && version[2] >= patch);
  const info: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(spec.metadata)) {
    if (key.endsWith('.length') && key.startsWith('tokenizer.')) {
      info[key.slice(0, -7)] = verbose ? Array.from({ length: value as number }, (_, i) => `t${i}`) : null;
    } else if (Array.isArray(value)) {
      info[key] = verbose || !since(6, 7) ? value : since(33, 0) ? [] : null;
    } else if (key !== 'general.name') {
      info[key] = value;
    }
  }
  const print = (type: string): string => (since(7, 0) ? type : (FILE_TYPES_0_6[TYPE_IDS[type]!] ?? 'unknown'));
  return {
    license: 'MIT',
    details: { format: 'gguf', family: spec.architecture },
    model_info: info,
    ...(since(6, 1) ? { tensors: spec.tensors.map((t) => ({ ...t, type: print(t.type) })) } : {}),
  };
}

function builtin(name: string): ModelSpec {
  return builtinCatalogue().find(name)!;
}

const dense = builtin('llama3.1:8b');
const hybrid = builtin('granite4-h-small');
const now: Version = [0, 33, 0];

describe('specFromShow', () => {
  it('gives back the tensors and keys of a model, with the vocabulary from the embedding when arrays are null', () => {
    const { spec, gaps, needsVerbose } = specFromShow(answerOf(dense, [0, 24, 0]), {
      name: 'llama3.1',
      version: [0, 24, 0],
    });
    expect(gaps).toEqual([]);
    expect(needsVerbose).toBe(false);
    expect(spec!.tensors).toEqual(dense.tensors);
    expect(spec!.metadata['tokenizer.ggml.tokens.length']).toBe(128256);
    expect(spec!.metadata['llama.block_count']).toBe(32);
    expect(spec!.name).toBe('llama3.1');
  });

  it.each<[Version, boolean]>([
    [[0, 6, 6], false],
    [[0, 6, 7], true],
    [[0, 24, 0], true],
    [[0, 33, 0], true],
  ])('at version %j asks for verbose when per-layer arrays are left out: %s', (version, missing) => {
    const short = specFromShow(answerOf(hybrid, version), { name: 'x', version });
    expect(short.needsVerbose).toBe(missing);
    expect(short.gaps.includes('show-arrays-missing')).toBe(missing);
    const long = specFromShow(answerOf(hybrid, version, true), { name: 'x', version });
    expect(long).toMatchObject({ gaps: [], needsVerbose: false });
    expect(long.spec!.metadata['granitehybrid.attention.head_count_kv']).toEqual(
      hybrid.metadata['granitehybrid.attention.head_count_kv'],
    );
    expect(JSON.stringify(long.spec!.metadata).length).toBeLessThan(5000);
  });

  it.each(['llama3.1:8b', 'llama3.1:8b-instruct-fp16', 'qwen2.5-72b', 'gemma3:1b'])(
    'undoes the wrong type names of 0.6.1 to 0.6.8 for %s',
    (name) => {
      const model = builtin(name);
      const { spec } = specFromShow(answerOf(model, [0, 6, 5]), { name, version: [0, 6, 5] });
      expect(spec!.tensors).toEqual(model.tensors);
    },
  );

  it('says when Q5_0 had to be guessed for "unknown", and checks it by the size on disk', () => {
    const model = builtin('gemma3:1b');
    const version: Version = [0, 6, 5];
    const size = tableBytes(model.tensors) + 11_000_000;
    expect(specFromShow(answerOf(model, version), { name: 'x', version }).gaps).toEqual(['show-types-inferred']);
    const { spec, gaps } = specFromShow(answerOf(model, version), { name: 'x', version, sizeBytes: size });
    expect(gaps).toEqual(['show-types-inferred']);
    expect(spec!.tensors).toEqual(model.tensors);
  });

  it('infers types that a server calls unknown from the size on disk, and gives no spec without it', () => {
    const version: Version = [0, 24, 0];
    const model = { ...dense, tensors: dense.tensors.map((t) => (t.type === 'Q4_K' ? { ...t, type: 'IQ4_XS' } : t)) };
    const answer = answerOf(model, version);
    answer.tensors = model.tensors.map((t) => (t.type === 'IQ4_XS' ? { ...t, type: 'unknown' } : t));
    expect(specFromShow(answer, { name: 'x', version })).toMatchObject({ spec: null, gaps: ['show-types-unknown'] });
    const sizeBytes = tableBytes(model.tensors) + 6_000_000;
    const inferred = specFromShow(answer, { name: 'x', version, sizeBytes });
    expect(inferred.gaps).toEqual(['show-types-inferred']);
    expect(inferred.spec!.tensors).toEqual(model.tensors);
    expect(specFromShow(answer, { name: 'x', version, sizeBytes: sizeBytes * 3 }).gaps).toEqual(['show-types-unknown']);
  });

  it('gives no spec for servers before 0.6.1', () => {
    const answer = answerOf(dense, [0, 5, 7]);
    expect(specFromShow(answer, { name: 'x', version: [0, 5, 7] })).toEqual({
      spec: null,
      gaps: ['show-no-tensors'],
      needsVerbose: false,
    });
  });

  it('finds the vocabulary in the token array, in vocab_size, or in the embedding, in this order', () => {
    const answer = answerOf(dense, now);
    const { 'llama.vocab_size': _, ...info } = answer.model_info as Record<string, unknown>;
    const vocabulary = (extra: object): unknown =>
      specFromShow({ ...answer, model_info: { ...info, ...extra } }, { name: 'x', version: now }).spec!.metadata[
        'tokenizer.ggml.tokens.length'
      ];
    expect(vocabulary({ 'tokenizer.ggml.tokens': ['a', 'b'], 'llama.vocab_size': 7 })).toBe(2);
    expect(vocabulary({ 'tokenizer.ggml.tokens.length': 9, 'llama.vocab_size': 7 })).toBe(9);
    expect(vocabulary({ 'llama.vocab_size': 7 })).toBe(7);
    expect(vocabulary({})).toBe(128256);
    const none = specFromShow(
      { ...answer, model_info: info, tensors: dense.tensors.filter((t) => t.name !== 'token_embd.weight') },
      { name: 'x', version: now },
    );
    expect(none.gaps).toEqual(['show-no-vocabulary']);
  });

  it('reckons a projector file from the size on disk, and says when there is none', () => {
    const answer = { ...answerOf(dense, now), projector_info: { 'clip.vision.image_size': 336, 'general.tags': null } };
    const without = specFromShow(answer, { name: 'x', version: now });
    expect(without.gaps).toEqual(['show-projector-size-unknown']);
    expect(without.spec!.projector).toEqual({
      source: 'file',
      weightsBytes: 0,
      metadata: { 'clip.vision.image_size': 336 },
      tensors: [],
    });
    const sizeBytes = dense.fileBytes! + 600_000_000;
    const sized = specFromShow(answer, { name: 'x', version: now, sizeBytes });
    expect(sized.gaps).toEqual(['show-projector-size-estimated']);
    expect(sized.spec!.projector!.weightsBytes).toBe(600_000_000);
    expect(sized.spec!.fileBytes).toBeUndefined();
  });

  it('reckons an adapter from the size on disk, and says when that does not tell', () => {
    const answer = { ...answerOf(dense, now), modelfile: 'FROM /blobs/sha256-0\nADAPTER /blobs/sha256-1\n' };
    const model = tableBytes(dense.tensors);
    const sizeBytes = model + 200_000_000;
    const read = specFromShow(answer, { name: 'tuned', version: now, sizeBytes });
    expect(read.gaps).toContain('show-adapter-estimated');
    const added = tableBytes(read.spec!.tensors) - model;
    expect(added).toBeGreaterThan(180_000_000);
    expect(added).toBeLessThanOrEqual(200_000_128);
    const unknown = specFromShow(answer, { name: 'tuned', version: now });
    expect(unknown.gaps).toContain('show-adapter-not-counted');
    expect(unknown.spec!.tensors).toHaveLength(dense.tensors.length);
  });

  it('puts an embedded tower aside', () => {
    const model = builtin('gemma3:12b');
    const all = { ...model, tensors: [...model.tensors, ...model.projector!.tensors] };
    const { spec } = specFromShow(answerOf(all, now), { name: 'gemma3:12b', version: now });
    expect(spec!.tensors).toEqual(model.tensors);
    expect(spec!.projector).toEqual(model.projector);
  });

  it('takes the size on disk for the file only when it can be that', () => {
    const answer = answerOf(dense, now);
    const fileBytes = (sizeBytes: number): unknown =>
      specFromShow(answer, { name: 'x', version: now, sizeBytes }).spec!.fileBytes;
    expect(fileBytes(4_920_753_328)).toBe(4_920_753_328);
    expect(fileBytes(1000)).toBeUndefined();
  });

  it.each([
    [{ model_info: { 'general.architecture': 'x' }, remote_host: 'https://ollama.com:443' }, 'show-cloud-model'],
    [{ modelInfo: {}, isCloud: true }, 'show-cloud-model'],
    [{ details: { format: 'safetensors' }, model_info: { 'general.architecture': 'x' } }, 'show-mlx-model'],
    [{ details: { format: 'gguf' } }, 'show-no-metadata'],
    [{ model_info: {} }, 'show-no-metadata'],
  ])('says what an answer lacks (case %#)', (answer, gap) => {
    expect(specFromShow(answer, { name: 'x', version: now })).toEqual({ spec: null, gaps: [gap], needsVerbose: false });
  });

  it('reads the client’s spelling too', () => {
    const { model_info, ...rest } = answerOf(dense, now);
    const { spec } = specFromShow({ ...rest, modelInfo: model_info, projectorInfo: null }, { name: 'x', version: now });
    expect(spec!.tensors).toEqual(dense.tensors);
  });

  it('answers anything else with a typed error or a gap', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything(), fc.record({ model_info: fc.anything(), tensors: fc.anything() })),
        (answer) => {
          try {
            expect(specFromShow(answer, { name: 'x', version: null }).gaps.length).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(GgufError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
