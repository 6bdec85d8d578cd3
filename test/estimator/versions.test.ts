import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EstimateError, type ModelSpec } from '../../src/estimator/types.ts';
import { atLeast, compareVersions, engineFor, parseVersion, usesOllamaEngine } from '../../src/estimator/versions.ts';

function spec(architecture: string, projector?: ModelSpec['projector']): ModelSpec {
  return { name: architecture, architecture, metadata: {}, tensors: [], ...(projector ? { projector } : {}) };
}

describe('versions of Ollama', () => {
  test.each([
    ['0.6.5', [0, 6, 5]],
    ['v0.12.10', [0, 12, 10]],
    ['0.30.0-rc2', [0, 30, 0]],
    ['0.13.5-12-gabcdef-dirty', [0, 13, 5]],
    ['0.9', [0, 9, 0]],
  ])('%s is understood', (text, version) => {
    expect(parseVersion(text)).toEqual({ version, assumedNewest: false });
  });

  test('a build without a number counts as the newest, and says so', () => {
    expect(parseVersion('0.0.0').assumedNewest).toBe(true);
    expect(engineFor('0.0.0', spec('llama'))).toBe('llama-server');
  });

  test.each(['', 'latest', '1', '1.2.3.4', 'x0.1.2'])('%j is refused by code', (text) => {
    expect(() => parseVersion(text)).toThrow(EstimateError);
  });

  test('order is by number, not by text', () => {
    expect(atLeast([0, 12, 10], '0.12.9')).toBe(true);
    expect(atLeast([0, 9, 6], '0.10.0')).toBe(false);
  });

  test('order is total and agrees with itself', () => {
    const version = fc.tuple(fc.nat(3), fc.nat(30), fc.nat(30));
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        expect(compareVersions(a, b) === 0).toBe(a.join() === b.join());
      }),
    );
  });
});

describe('which engine decides', () => {
  test.each([
    ['0.6.5', 'gemma3', 'formula'],
    ['0.11.10', 'gemma3', 'formula'],
    ['0.11.11', 'gemma3', 'layout'],
    ['0.11.11', 'llama', 'formula'],
    ['0.12.10', 'llama', 'formula'],
    ['0.12.10', 'qwen3', 'layout'],
    ['0.11.11', 'qwen3', 'formula'],
    ['0.12.11', 'llama', 'layout'],
    ['0.24.0', 'llama', 'layout'],
    ['0.25.0-rc0', 'llama', 'llama-server'],
    ['0.30.0', 'gemma3', 'llama-server'],
    ['llama.cpp', 'gemma3', 'llama.cpp'],
  ])('%s with %s: %s', (version, architecture, engine) => {
    expect(engineFor(version, spec(architecture))).toBe(engine);
  });

  test('a projector in a file of its own sends the model to the llama.cpp runner from 0.11.11', () => {
    const split = spec('gemma3', { source: 'file', weightsBytes: 1, metadata: {}, tensors: [] });
    expect(usesOllamaEngine([0, 11, 10], split)).toBe(true);
    expect(usesOllamaEngine([0, 11, 11], split)).toBe(false);
    expect(engineFor('0.12.0', split)).toBe('formula');
  });
});
