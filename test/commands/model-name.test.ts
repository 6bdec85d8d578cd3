import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelCell } from '../../commands/parts/model-name.ts';
import { displayWidth } from '../../src/chat/table.ts';

describe('a model name in a table', () => {
  it('goes without the tag that people do not type', () => {
    expect(modelCell('nomic-embed-text:latest')).toBe('nomic-embed-text');
    expect(modelCell('gemma3:12b')).toBe('gemma3:12b');
  });

  it('keeps its tag when it is cut: that tells quantizations apart', () => {
    expect(modelCell('hf.co/bartowski/Llama-3.2-3B-Instruct-GGUF:Q4_K_M')).toBe('hf.co/bartow…:Q4_K_M');
  });

  it('never takes more than 20 cells, whatever people call their models', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (name) => {
        expect(displayWidth(modelCell(name))).toBeLessThanOrEqual(20);
      }),
    );
  });
});
