import { describe, expect, it } from 'vitest';
import { compileModel, isProjectorTensor } from '../../../src/estimator/llama-cpp/compile.ts';
import { placeLayers } from '../../../src/estimator/model/placement.ts';
import { matchOverrides, weightBytes } from '../../../src/estimator/model/weights.ts';
import type { ModelSpec } from '../../../src/estimator/types.ts';
import { gpu, model } from '../fixture-models.ts';

function weights(spec: ModelSpec, gpus: number, numGpu: number, cpuTensors: readonly string[] = []): number[] {
  const compiled = compileModel(spec);
  const devices = Array.from({ length: gpus }, () => gpu(24));
  const placement = placeLayers(compiled.hp.layersAll, devices, numGpu, undefined);
  return [...weightBytes(compiled, placement, matchOverrides(compiled, { gpus: devices, cpuTensors }))];
}

describe('weightBytes', () => {
  it('counts a tied output on the GPU and the embedding on the host', () => {
    const spec = model('llama3.2-1b');
    const [onGpu, onHost] = weights(spec, 1, -1);
    const embedding = spec.tensors.find((tensor) => tensor.name === 'token_embd.weight')!;
    expect(onHost).toBe((embedding.shape[0]! * embedding.shape[1]! * 210) / 256);
    expect(onGpu).toBeGreaterThan(onHost!);
  });

  it('moves tensors that a pattern names to the host', () => {
    const spec = model('qwen3-30b-a3b');
    const [all] = weights(spec, 1, -1);
    const [rest, host] = weights(spec, 1, -1, ['\\.ffn_(up|down|gate)_exps']);
    expect(rest).toBeLessThan(all! / 8);
    expect(host).toBeGreaterThan(all! * 0.85);
  });

  it('holds rope factors on every device with layers', () => {
    const spec = model('llama3.1-8b');
    const one = weights(spec, 1, -1);
    const four = weights(spec, 4, -1);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    const factors = 256;
    expect(sum(four) - sum(one)).toBe(3 * factors);
  });

  it('leaves vision towers out', () => {
    expect(isProjectorTensor('v.patch_embd.weight')).toBe(true);
    expect(isProjectorTensor('mm.input_projection.weight')).toBe(true);
    expect(isProjectorTensor('blk.0.attn_v.weight')).toBe(false);
    expect(isProjectorTensor('altup_proj.weight')).toBe(false);
    const spec = model('gemma3-1b');
    const tower = { name: 'v.blk.0.attn_q.weight', shape: [1152, 1152], type: 'F16' };
    expect(weights({ ...spec, tensors: [...spec.tensors, tower] }, 1, -1)).toEqual(weights(spec, 1, -1));
  });

  it('says which tensor cannot be read', () => {
    const spec = model('gemma3-1b');
    const tensors = [...spec.tensors, { name: 'blk.0.odd.weight', shape: [0, 4], type: 'F16' }];
    expect(() => weights({ ...spec, tensors }, 1, -1)).toThrowError(
      expect.objectContaining({ code: 'tensor-invalid', params: { tensor: 'blk.0.odd.weight' } }),
    );
    const unknown = [...spec.tensors, { name: 'blk.0.odd.weight', shape: [4], type: 'Q99' }];
    expect(() => weights({ ...spec, tensors: unknown }, 1, -1)).toThrowError(
      expect.objectContaining({ code: 'unknown-tensor-type' }),
    );
  });
});
