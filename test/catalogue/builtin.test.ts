import { statSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALIASES } from '../../src/catalogue/aliases.ts';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { decodeIndex, decodeModel, encodeList, type ListedModel } from '../../src/catalogue/builtin-codec.ts';
import { ggmlType } from '../../src/estimator/model/ggml-types.ts';
import { tableBytes } from '../../src/gguf/spec.ts';

const list = builtinCatalogue();

describe('the built-in list', () => {
  it('finds every name it shows, with a tensor table, a vocabulary and known types', () => {
    expect(list.names().length).toBeGreaterThan(350);
    for (const name of list.names()) {
      const spec = list.find(name);
      expect(spec?.name, name).toBe(name);
      expect(spec!.tensors.length, name).toBeGreaterThan(50);
      expect(spec!.metadata['general.architecture'], name).toBe(spec!.architecture);
      expect(spec!.metadata['tokenizer.ggml.tokens.length'], name).toBeGreaterThan(1000);
      for (const t of spec!.tensors) {
        expect(ggmlType(t.type), `${name} ${t.name}`).toBeDefined();
      }
      expect(spec!.fileBytes!, name).toBeGreaterThan(tableBytes(spec!.tensors));
    }
  });

  it('names all recorded models and those made from published configurations', () => {
    expect(Object.keys(ALIASES).length).toBeGreaterThanOrEqual(160);
    for (const listed of Object.keys(ALIASES)) {
      expect(list.find(listed), listed).not.toBeNull();
    }
  });

  it.each([
    ['gemma3:12b', 'gemma3', 7294226304],
    ['gemma3:12b-it-q4_K_M', 'gemma3', 7294226304],
    ['library/GEMMA3:12b', 'gemma3', 7294226304],
    ['gemma3', 'gemma3', 2483352832],
    ['llama3.1', 'llama', 4912898304],
    ['llama3.1:8b', 'llama', 4912898304],
    ['llama3.1:8b-instruct-q8_0', 'llama', 8532934912],
    ['qwen3:30b', 'qwen3moe', 18550716416],
    ['qwen3:30b-a3b', 'qwen3moe', 18550716416],
    ['gpt-oss:20b', 'gpt-oss', 13779630336],
    ['gpt-oss-20b', 'gpt-oss', 12096558336],
    ['deepseek-v2:16b', 'deepseek2', 10360446976],
    ['kimi-k2-thinking', 'deepseek2', 620551284736],
  ])('%s is %s with %d bytes of tensors', (name, architecture, bytes) => {
    const spec = list.find(name)!;
    expect(spec.architecture).toBe(architecture);
    expect(tableBytes(spec.tensors)).toBe(bytes);
  });

  it.each(['gemma3:4b', 'gemma3:12b'])('%s carries its vision tower of 834,531,264 bytes', (name) => {
    const { projector, metadata, tensors, fileBytes } = list.find(name)!;
    expect(projector?.weightsBytes).toBe(834_531_264);
    expect(projector?.source).toBe('embedded');
    expect(tableBytes(projector!.tensors)).toBe(834_531_264);
    expect(projector!.metadata['gemma3.vision.block_count']).toBe(27);
    expect(metadata['gemma3.vision.image_size']).toBe(896);
    expect(tensors.some((t) => t.name.startsWith('v.'))).toBe(false);
    expect(fileBytes).toBeGreaterThan(tableBytes(tensors) + 834_531_264);
  });

  it("means the language model alone by the list's own name", () => {
    expect(list.find('gemma3-12b')!.projector).toBeUndefined();
    expect(list.find('gemma3:1b')!.projector).toBeUndefined();
  });

  it('says when the default quantization is another one, and when the tower is unknown', () => {
    expect(list.lookUp('gemma3:12b')!.notes).toEqual([]);
    expect(list.lookUp('gemma2:9b')!.notes).toEqual(['builtin-other-quantization']);
    expect(list.lookUp('llama4:scout')!.notes).toEqual(['builtin-tower-unknown']);
    expect(list.lookUp('gemma4:e4b')!.notes).toEqual(['builtin-other-quantization', 'builtin-tower-unknown']);
  });

  it.each(['no-such-model', 'gemma3:999b', '', '../gemma3', 'hf.co/org/gemma3', '__proto__', 'constructor'])(
    'does not know %j',
    (name) => {
      expect(list.find(name)).toBeNull();
    },
  );

  it('stays below 1.5 MB', () => {
    expect(statSync(new URL('../../src/catalogue/builtin/models.bin', import.meta.url)).size).toBeLessThan(1_500_000);
  });
});

describe('the list file', () => {
  const model = fc.record({
    name: fc.string({ minLength: 1 }),
    architecture: fc.string({ minLength: 1 }),
    metadata: fc.dictionary(
      fc.string(),
      fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.constant(null), fc.array(fc.integer())),
      { noNullPrototype: true },
    ),
    tensors: fc.array(
      fc.record({
        name: fc.string(),
        shape: fc.array(fc.integer({ min: 1 }), { minLength: 1, maxLength: 4 }),
        type: fc.constantFrom('F32', 'Q4_K'),
      }),
      { maxLength: 20 },
    ),
  });

  it('gives back what was packed', () => {
    fc.assert(
      fc.property(fc.array(model, { maxLength: 4 }), (models) => {
        const plain = JSON.parse(JSON.stringify(models)) as ListedModel[];
        const file = Buffer.from(encodeList(plain));
        const { index, partsOffset } = decodeIndex(file);
        const back = index.map(([name, offset, length]) =>
          decodeModel(name, file.subarray(partsOffset + offset, partsOffset + offset + length)),
        );
        expect(back).toEqual(plain);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses another file', () => {
    expect(() => decodeIndex(Buffer.from('GGUF not a list at all'))).toThrow(/damaged/);
  });
});
