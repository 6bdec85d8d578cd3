import { describe, expect, test } from 'vitest';
import { planProjector, projectorOf } from '../../../src/estimator/model/projector.ts';
import type { ModelSpec, ProjectorSpec, TensorInfo } from '../../../src/estimator/types.ts';
import { MIB, model } from '../fixture-models.ts';

function tower(type: string, vision: Readonly<Record<string, number>>, tensors: readonly TensorInfo[] = []): ModelSpec {
  const keys = Object.entries(vision).map(([key, value]) => [`clip.vision.${key}`, value] as const);
  const projector: ProjectorSpec = {
    source: 'file',
    weightsBytes: 5,
    metadata: { 'clip.projector_type': type, ...Object.fromEntries(keys) },
    tensors,
  };
  return { ...model('llama3.2-1b'), projector };
}

const SIGLIP = {
  embedding_length: 1152,
  feed_forward_length: 4304,
  image_size: 896,
  patch_size: 14,
  'attention.head_count': 16,
};

describe('towers', () => {
  // Buffers as llama.cpp logged them (its pull request 16837, and public logs of 2026).
  test.each([
    ['gemma3', SIGLIP, 121.25],
    ['qwen3vl_merger', { embedding_length: 1024, feed_forward_length: 4096, image_size: 768, patch_size: 16 }, 223.3],
    ['qwen3vl_merger', { embedding_length: 1152, feed_forward_length: 4304, image_size: 768, patch_size: 16 }, 248.1],
  ])('%s reserves what was logged (%#)', (type, vision, mib) => {
    const plan = planProjector(tower(type, vision))!;
    expect(plan.computeBytes / MIB).toBeCloseTo(mib, 1);
    expect(plan.basis).toBe('planned');
  });

  test('without flash attention the scores of the whole image are kept', () => {
    expect(planProjector(tower('gemma3', SIGLIP), false)!.computeBytes / MIB).toBe(1132);
  });

  test('the largest image needs more than the one warmed up with', () => {
    const plan = planProjector(
      tower('pixtral', { embedding_length: 1024, feed_forward_length: 4096, image_size: 1540, patch_size: 14 }),
    )!;
    expect(plan.peakComputeBytes).toBeGreaterThan(3 * plan.computeBytes);
  });

  test('weights are those of the tensors where they are known, else as given', () => {
    const tensors = [{ name: 'v.patch_embd.weight', shape: [14, 14, 3, 1152], type: 'F16' }];
    expect(planProjector(tower('gemma3', SIGLIP, tensors))!.weightsBytes).toBe(14 * 14 * 3 * 1152 * 2);
    expect(planProjector(tower('gemma3', SIGLIP))!.weightsBytes).toBe(5);
  });

  test('an unknown tower is estimated from its sizes, one of unknown size by its weights alone', () => {
    expect(planProjector(tower('brand_new', SIGLIP))!.basis).toBe('generic');
    expect(planProjector(tower('brand_new', {}))).toMatchObject({ basis: 'none', computeBytes: 0, weightsBytes: 5 });
  });

  test('tensors in the model file count, by the prefixes Ollama looks for', () => {
    const spec = model('gemma3-1b');
    expect(projectorOf(spec)).toBeUndefined();
    const tensors: TensorInfo[] = [
      ...spec.tensors,
      { name: 'v.patch_embedding.weight', shape: [14, 14, 3, 1152], type: 'F16' },
      { name: 'mm.mm_input_projection.weight', shape: [1152, 1152], type: 'F16' },
    ];
    const vision = { 'gemma3.vision.image_size': 896, 'gemma3.vision.feed_forward_length': 4304 };
    const plan = planProjector({ ...spec, tensors, metadata: { ...spec.metadata, ...vision } })!;
    expect(plan.weightsBytes).toBe((14 * 14 * 3 * 1152 + 1152 * 1152) * 2);
    expect([plan.source, plan.computeBytes / MIB]).toEqual(['embedded', 121.25]);
  });
});
