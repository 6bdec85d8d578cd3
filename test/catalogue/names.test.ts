import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  displayShortest,
  fullName,
  isCloudName,
  isHubName,
  type ModelName,
  nameKey,
  parseModelName,
  sameName,
} from '../../src/catalogue/names.ts';

function parse(text: string): ModelName {
  const parsed = parseModelName(text);
  if (!parsed.ok) {
    throw new Error(`${text}: ${parsed.code}`);
  }
  return parsed.name;
}

function faultOf(text: string): string | null {
  const parsed = parseModelName(text);
  return parsed.ok ? null : parsed.code;
}

describe('parseModelName', () => {
  it.each([
    ['gemma3', 'registry.ollama.ai/library/gemma3:latest', 'gemma3:latest'],
    ['gemma3:12b', 'registry.ollama.ai/library/gemma3:12b', 'gemma3:12b'],
    ['  qwen3:30b-a3b \n', 'registry.ollama.ai/library/qwen3:30b-a3b', 'qwen3:30b-a3b'],
    ['me/model', 'registry.ollama.ai/me/model:latest', 'me/model:latest'],
    ['library/gemma3', 'registry.ollama.ai/library/gemma3:latest', 'gemma3:latest'],
    ['REGISTRY.ollama.ai/Library/Gemma3:12B', 'REGISTRY.ollama.ai/Library/Gemma3:12B', 'Gemma3:12B'],
    ['hf.co/org/repo:Q4_K_M', 'hf.co/org/repo:Q4_K_M', 'hf.co/org/repo:Q4_K_M'],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest', 'localhost:5000/a/b:latest'],
    ['__all__', 'registry.ollama.ai/library/__all__:latest', '__all__:latest'],
  ])('reads %j', (text, full, short) => {
    expect(fullName(parse(text))).toBe(full);
    expect(displayShortest(parse(text))).toBe(short);
  });

  it.each([
    ['', 'name-empty'],
    ['   ', 'name-empty'],
    ['a'.repeat(201), 'name-too-long'],
    ['a'.repeat(81), 'name-malformed'],
    ['file:///etc/passwd', 'name-has-scheme'],
    ['http://10.0.0.5:5000/a/b:c', 'name-has-scheme'],
    ['x@sha256:0123', 'name-has-digest'],
    ['@everyone', 'name-has-digest'],
    ['<@U1>', 'name-has-digest'],
    ['a\u0000b', 'name-has-control-characters'],
    ['a\nb', 'name-has-control-characters'],
    ['mödel', 'name-not-ascii'],
    ['a\u200bb', 'name-not-ascii'],
    ['../../etc/passwd', 'name-malformed'],
    ['a/../b', 'name-malformed'],
    ['..', 'name-malformed'],
    ['.hidden', 'name-malformed'],
    ['-rf', 'name-malformed'],
    ['x;id', 'name-malformed'],
    ['x`id`', 'name-malformed'],
    ['x$(id)', 'name-malformed'],
    ['<!channel>', 'name-malformed'],
    ['a b', 'name-malformed'],
    ['x:', 'name-malformed'],
    [':x', 'name-malformed'],
    ['/x', 'name-malformed'],
    ['a//b', 'name-malformed'],
    ['[::1]:5000/a/b', 'name-malformed'],
    ['ns.dot/x', 'name-malformed'],
    ['h/n/m/extra', 'name-malformed'],
    ['C:\\models\\x.gguf', 'name-malformed'],
  ])('refuses %j', (text, code) => {
    expect(faultOf(text)).toBe(code);
  });

  const first = fc.constantFrom(...'abzAZ019_');
  const part = (rest: string) =>
    fc.tuple(first, fc.string({ unit: fc.constantFrom(...rest), maxLength: 30 })).map(([a, b]) => a + b);
  const name = fc.record({
    host: part('aZ9_.-:'),
    namespace: part('aZ9_-'),
    model: part('aZ9_.-'),
    tag: part('aZ9_.-'),
  });

  it('reads back every name that it can write', () => {
    fc.assert(
      fc.property(name, (n) => {
        expect(parse(fullName(n))).toEqual(n);
        expect(sameName(parse(displayShortest(n)), n)).toBe(true);
      }),
    );
  });

  it('gives one key for every letter case', () => {
    fc.assert(
      fc.property(name, (n) => {
        expect(nameKey(parse(fullName(n).toUpperCase()))).toBe(nameKey(parse(fullName(n).toLowerCase())));
      }),
    );
  });

  it('never lets through a character outside the grammar, whatever is typed', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'a/.:-_@\n\\ ') })),
        (text) => {
          const parsed = parseModelName(text);
          if (!parsed.ok) {
            return;
          }
          const { host, namespace, model, tag } = parsed.name;
          for (const p of [host, namespace, model, tag]) {
            expect(p).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/);
          }
          expect(namespace).not.toContain('.');
          expect(model + tag).not.toContain(':');
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('kinds of names', () => {
  it.each([
    ['kimi-k2-thinking:cloud', true],
    ['gpt-oss:120b-cloud', true],
    ['gpt-oss:120b-CLOUD', true],
    ['x-cloud:7b', false],
    ['gpt-oss:120b', false],
    ['cloud', false],
  ])('%s runs in the cloud: %s', (text, cloud) => {
    expect(isCloudName(parse(text))).toBe(cloud);
  });

  it('knows Hugging Face names', () => {
    expect(isHubName(parse('hf.co/a/b:Q4_K_M'))).toBe(true);
    expect(isHubName(parse('HuggingFace.co/a/b'))).toBe(true);
    expect(isHubName(parse('hf.co.evil.example/a/b'))).toBe(false);
    expect(isHubName(parse('gemma3'))).toBe(false);
  });
});
