import { describe, expect, it } from 'vitest';
import { GIB } from '../../../src/base/bytes.ts';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { quantize } from '../../../src/estimator/model/quantize/quantize.ts';
import { clamp } from '../../../src/estimator/plan/clamp.ts';
import { decide } from '../../../src/estimator/plan/decide.ts';
import { SWEEP_TARGETS, sweep } from '../../../src/estimator/plan/sweep.ts';
import type { EstimateServer, ModelSpec } from '../../../src/estimator/types.ts';
import { computedIn, publishedNames } from '../../../src/servers/asking/quantized-model.ts';

const spec = builtinCatalogue().lookUp('qwen3:8b')!.spec;
const gpu = { name: 'GPU', totalBytes: 8 * GIB, freeBytes: 7.6 * GIB };
const server: EstimateServer = { ollama: '0.33.0', gpus: [gpu] };
const request = { numCtx: 8192 };

describe('a sweep', () => {
  it('has the very plan of each quantization', () => {
    for (const row of sweep(spec, server, request, ['Q8_0', 'Q4_K_M', 'Q2_K'])) {
      const quantized = quantize(spec, row.target);
      const { numCtx } = clamp(quantized.spec, server, request);
      expect(row).toEqual({
        target: row.target,
        bytes: quantized.bytes,
        verdict: decide(quantized.spec, server, request).verdict,
        largestCtx: numCtx === 0 ? null : numCtx,
      });
    }
  });

  it('covers twenty quantizations and says which cannot be made', () => {
    const odd: ModelSpec = {
      ...spec,
      tensors: spec.tensors.map((one) => (one.name === 'output.weight' ? { ...one, shape: [4097, 8] } : one)),
    };
    expect(sweep(spec, server, request).map(({ target }) => target)).toEqual(SWEEP_TARGETS);
    expect(SWEEP_TARGETS).toHaveLength(20);
    const [row] = sweep(odd, server, request, ['IQ2_M']);
    expect(row).toEqual({ target: 'IQ2_M', verdict: 'refused-by-quantizer', largestCtx: null });
  });

  it('never gives more context for more bytes', () => {
    const rows = sweep(spec, server, request).filter((row) => row.bytes !== undefined);
    const sorted = [...rows].sort((a, b) => (a.bytes ?? 0) - (b.bytes ?? 0));
    const contexts = sorted.map(({ largestCtx }) => largestCtx ?? 0);
    expect(contexts).toEqual([...contexts].sort((a, b) => b - a));
  });
});

describe('a quantization that was asked for', () => {
  it('is looked for under the names that registries use', () => {
    expect(publishedNames('gemma3:12b', 'Q3_K_M')).toContain('gemma3:12b-it-q3_K_M');
    expect(publishedNames('llama3.1:8b', 'F16')).toContain('llama3.1:8b-instruct-fp16');
    expect(publishedNames('hf.co/org/repo:Q4_K_M', 'Q3_K_M')).toEqual(['hf.co/org/repo:Q3_K_M']);
    expect(publishedNames('gemma3', 'Q3_K_M')).toEqual([]);
  });

  it('is said to be worked out', () => {
    const found = computedIn({ spec, source: 'server', warnings: [] }, 'q3_k_m');
    expect(found).toMatchObject({ source: 'computed', quantization: 'Q3_K_M', warnings: ['quantization-computed'] });
    expect(found.spec.tensors).toEqual(quantize(spec, 'Q3_K_M').spec.tensors);
  });
});
