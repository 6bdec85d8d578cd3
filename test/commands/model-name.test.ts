import { describe, expect, it } from 'vitest';
import { modelCell } from '../../commands/parts/model-name.ts';

describe('a model name in a table', () => {
  it('goes without the tag that people do not type', () => {
    expect(modelCell('nomic-embed-text:latest')).toBe('nomic-embed-text');
    expect(modelCell('gemma3:12b')).toBe('gemma3:12b');
  });

  it('is bounded, whatever people call their models', () => {
    expect(modelCell('x'.repeat(5_000)).length).toBeLessThanOrEqual(200);
  });
});
