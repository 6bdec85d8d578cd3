import { describe, expect, it } from 'vitest';
import { parseOllamaVersion, versionWarning } from '../../src/ollama/version.ts';

describe('parseOllamaVersion', () => {
  it.each([
    ['0.33.0', [0, 33, 0]],
    ['v0.6.5', [0, 6, 5]],
    ['0.33.0-rc2', [0, 33, 0]],
    ['0.5.1-3-gabcdef-dirty', [0, 5, 1]],
    ['1.2', [1, 2, 0]],
    ['0.0.0', null],
    ['main', null],
    ['', null],
  ])('reads %j', (text, numbers) => {
    expect(parseOllamaVersion(text)).toEqual({ text, numbers });
  });
});

describe('versionWarning', () => {
  it.each([
    ['0.17.0', 'version-below-floor'],
    ['0.6.5', 'version-below-floor'],
    ['0.17.1', undefined],
    ['0.100.0', undefined],
    ['0.0.0', 'version-unknown'],
  ])('%s → %s', (text, code) => {
    expect(versionWarning(parseOllamaVersion(text))?.code).toBe(code);
  });

  it('measures against the floor it is given', () => {
    expect(versionWarning(parseOllamaVersion('0.20.0'), '0.30.0')).toEqual({
      code: 'version-below-floor',
      params: { version: '0.20.0', floor: '0.30.0' },
    });
  });
});
