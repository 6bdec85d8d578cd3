import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { decide } from '../../../src/estimator/plan/decide.ts';
import type { ModelSpec } from '../../../src/estimator/types.ts';

const GIB = 2 ** 30;
const server = (ollama: string) => ({
  ollama,
  gpus: [{ name: 'RTX 4090', totalBytes: 24 * GIB, freeBytes: 23 * GIB }],
});

/** The same model with another head size. */
function withHeads(spec: ModelSpec, head: number): ModelSpec {
  const { architecture: arch } = spec;
  const metadata = {
    ...spec.metadata,
    [`${arch}.attention.key_length`]: head,
    [`${arch}.attention.value_length`]: head,
  };
  return { ...spec, metadata };
}

describe('a quantized cache', () => {
  const llama = builtinCatalogue().find('llama3.2:1b')!;

  it.each(['0.33.0', 'llama.cpp'])('is refused where its blocks do not divide the heads (%s)', (ollama) => {
    const request = { numCtx: 4096, kvCacheType: 'q8_0' as const };
    const plan = decide(withHeads(llama, 80), server(ollama), request);
    expect(plan).toMatchObject({
      verdict: 'refused',
      reason: { code: 'kv-block-not-divides-head', params: { head: 80, block: 32 } },
    });
    expect(decide(llama, server(ollama), request).verdict).toBe('fits');
    expect(decide(withHeads(llama, 80), server(ollama), { numCtx: 4096 }).verdict).toBe('fits');
  });
});
