import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { builtinCatalogue } from '../../src/catalogue/builtin.ts';
import { tooOld } from '../../src/estimator/loadable.ts';
import { decide } from '../../src/estimator/plan/decide.ts';
import type { ModelSpec, TensorInfo } from '../../src/estimator/types.ts';
import { compareVersions, parseVersion } from '../../src/estimator/versions.ts';
import { gpu, server } from './fixture-models.ts';

const embedding: TensorInfo = { name: 'token_embd.weight', shape: [256, 256], type: 'Q8_0' };

function spec(architecture: string, changes: Partial<ModelSpec> = {}): ModelSpec {
  return { name: architecture, architecture, metadata: {}, tensors: [embedding], ...changes };
}

const needs = (version: string, model: ModelSpec): string | undefined =>
  tooOld(parseVersion(version).version, model)?.needs;

describe('what a release can load', () => {
  test.each([
    ['gemma4', '0.9.0', '0.20.0'],
    ['gemma4', '0.19.0', '0.20.0'],
    ['qwen35', '0.3.0', '0.17.1'],
    ['ernie4_5', '0.9.5', '0.11.5'],
    ['qwen3', '0.6.5', '0.6.6'],
    ['qwen3moe', '0.6.5', '0.6.6'],
    ['gpt-oss', '0.11.3', '0.11.5'],
    ['mistral3', '0.6.4', '0.6.5'],
    ['minimax-m2', '0.13.1', '0.13.2'],
    ['kimi-linear', '0.24.0', '0.30.0'],
  ])('%s on %s is refused: it needs %s', (architecture, version, needed) => {
    expect(needs(version, spec(architecture))).toBe(needed);
    expect(needs(needed, spec(architecture))).toBeUndefined();
  });

  test.each([
    ['llama', '0.1.30'],
    ['gemma3', '0.6.0'],
    ['qwen3', '0.6.6'],
    ['qwen3', '0.12.5'],
    ['deepseek2', '0.5.7'],
    ['anything-new', '0.31.0'],
  ])('%s loads on %s', (architecture, version) => {
    expect(needs(version, spec(architecture))).toBeUndefined();
  });

  test("Ollama's own gpt-oss file loads two releases before llama.cpp's", () => {
    const own = spec('gpt-oss', {
      tensors: [
        { ...embedding, type: 'BF16' },
        { ...embedding, name: 'x', type: 'MXFP4' },
      ],
    });
    expect(needs('0.11.0', own)).toBeUndefined();
    expect(needs('0.10.1', own)).toBe('0.11.0');
    expect(
      builtinCatalogue()
        .find('gpt-oss:120b')!
        .tensors.find(({ name }) => name === embedding.name)!.type,
    ).toBe('BF16');
  });

  test('a tensor type that a release does not read is a reason as well', () => {
    const binary = spec('qwen3', { tensors: [{ ...embedding, type: 'Q1_0' }] });
    expect(tooOld([0, 24, 0], binary)).toEqual({ needs: '0.30.0', what: 'Q1_0' });
    expect(needs('0.30.0', binary)).toBeUndefined();
  });

  test('a tower in a file of its own goes to a runner that has to know the model too', () => {
    const projector = { source: 'file', weightsBytes: 1, metadata: {}, tensors: [] } as const;
    expect(needs('0.20.0', spec('gemma4', { projector }))).toBe('0.30.0');
  });

  test('the refusal names the release, in a plan without a byte', () => {
    const plan = decide(builtinCatalogue().find('gemma4:31b')!, server([gpu(24)], { ollama: '0.9.0' }), {
      numCtx: 8192,
    });
    expect(plan).toMatchObject({
      verdict: 'refused',
      reason: { code: 'refused-version-too-old', params: { needs: '0.20.0', what: 'gemma4' } },
      sizeBytes: 0,
    });
  });

  test('what one release loads, every later one loads, and the release that is named loads it', () => {
    const architecture = fc.constantFrom(
      'llama',
      'qwen3',
      'gemma3',
      'gemma4',
      'gpt-oss',
      'lfm2',
      'olmo2',
      'qwen35',
      'x',
    );
    const version = fc.tuple(fc.constant(0), fc.nat(33), fc.nat(15)).filter(([, minor, patch]) => minor + patch > 0);
    fc.assert(
      fc.property(architecture, version, version, (name, a, b) => {
        const [older, newer] = compareVersions(a, b) <= 0 ? [a, b] : [b, a];
        const before = tooOld(older, spec(name));
        if (before === undefined) {
          expect(tooOld(newer, spec(name))).toBeUndefined();
        } else {
          expect(needs(before.needs, spec(name))).toBeUndefined();
          expect(compareVersions(parseVersion(before.needs).version, older)).toBeGreaterThan(0);
        }
      }),
    );
  });
});
