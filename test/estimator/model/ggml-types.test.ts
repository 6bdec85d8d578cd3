import { describe, expect, test } from 'vitest';
import { GGML_TYPES, ggmlType, ggmlTypeName, rowBytes, tensorBytes } from '../../../src/estimator/model/ggml-types.ts';
import { EstimateError } from '../../../src/estimator/types.ts';
import { gemma3TwelveB } from '../engines/specs.ts';

describe('ggml tensor types', () => {
  test.each([
    ['F32', 4],
    ['F16', 2],
    ['Q8_0', 1.0625],
    ['Q4_0', 0.5625],
    ['Q4_K', 0.5625],
    ['Q6_K', 0.8203125],
    ['IQ2_XXS', 0.2578125],
    ['MXFP4', 0.53125],
  ])('%s takes %d bytes per weight', (type, bytes) => {
    expect(tensorBytes(type, [4096, 32]) / (4096 * 32)).toBe(bytes);
  });

  test('ids and names agree, each id once', () => {
    const ids = Object.values(GGML_TYPES).map((type) => type.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [name, type] of Object.entries(GGML_TYPES)) {
      expect(ggmlTypeName(type.id)).toBe(name);
    }
    expect(ggmlTypeName(4)).toBeUndefined();
  });

  test('names are taken in any case; what is not a type is refused by code', () => {
    expect(ggmlType('q4_k')).toBe(GGML_TYPES.Q4_K);
    for (const name of ['Q4_X', '', 'toString', '__proto__']) {
      expect(ggmlType(name)).toBeUndefined();
      expect(() => tensorBytes(name, [32])).toThrow(EstimateError);
      expect(() => rowBytes(name, 32)).toThrow(EstimateError);
    }
  });

  test('the tensors of gemma3:12b add up to the file Ollama ships', () => {
    const bytes = gemma3TwelveB().tensors.reduce((sum, { type, shape }) => sum + tensorBytes(type, shape), 0);
    expect(bytes).toBe(6_468_255_744 + 825_768_960);
  });
});
