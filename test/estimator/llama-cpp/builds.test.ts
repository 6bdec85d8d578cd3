/** Which build of llama.cpp answers, and what differs from one to the next. */

import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { buildOf } from '../../../src/estimator/llama-cpp/builds.ts';
import { planLlamaCpp } from '../../../src/estimator/llama-cpp/dry-run.ts';
import { decide, planFixed } from '../../../src/estimator/plan/decide.ts';
import type { LlamaCppConfig, ModelSpec } from '../../../src/estimator/types.ts';
import { gpu, model, server } from '../fixture-models.ts';
import { configOf, entries, specOf } from './recorded-models.ts';

function recorded(architecture: string): { readonly spec: ModelSpec; readonly config: LlamaCppConfig } {
  const entry = entries.find(({ metadata }) => metadata['general.architecture'] === architecture)!;
  return { spec: specOf(entry), config: configOf(entry.rows[0]!) };
}

describe('the build behind a server', () => {
  it.each([
    ['0.30.0', 'b9452', 'b10256', false],
    ['0.30.3', 'b9479', 'b10256', false],
    ['0.32.7', 'b10242', 'b10256', false],
    ['0.32.14', 'b10434', 'b10256', false],
    ['0.32.15', 'b10488', 'b10454', false],
    ['0.33.0-rc2', 'b10488', 'b10454', false],
    ['0.34.0', 'b10488', 'b10454', true],
    ['0.0.0', 'b10488', 'b10454', true],
    ['llama.cpp', 'b10256', 'b10256', false],
  ])('of %s is %s, planned as %s', (ollama, name, as, assumed) => {
    const build = buildOf({ ollama });
    expect([build.name, build.facts.name, build.assumed]).toEqual([name, as, assumed]);
  });

  it.each([
    ['b10256', 'b10256', false],
    ['b10454', 'b10454', false],
    ['b10300', 'b10256', false],
    ['b99999', 'b10454', true],
    ['v0.5.0', 'b10454', true],
  ])('may be named: %s is planned as %s', (build, as, assumed) => {
    const resolved = buildOf({ ollama: '0.33.0', build });
    expect([resolved.name, resolved.facts.name, resolved.assumed]).toEqual([build, as, assumed]);
  });

  it.each(['', 'latest', 'b', 'b1e3', '10454', 'v', '../b10256'])('is refused as %o', (build) => {
    expect(() => buildOf({ ollama: '0.33.0', build })).toThrow(/bad-build/);
  });

  it('is said by the plan, with a remark where it is newer than all known', () => {
    const spec = model('llama3.2-1b');
    const known = decide(spec, server([gpu(24)], { ollama: '0.33.0' }), { numCtx: 4096 });
    expect([known.build, known.notes.map(({ code }) => code)]).toEqual(['b10488', []]);
    const newer = decide(spec, server([gpu(24)], { ollama: '0.40.1' }), { numCtx: 4096 });
    expect(newer.notes).toContainEqual({ code: 'build-assumed', params: { build: '0.40.1', as: 'b10454' } });
    const older = decide(spec, server([gpu(24)], { ollama: '0.24.0' }), { numCtx: 4096 });
    expect(older.build).toBeUndefined();
  });
});

describe('from b10256 to b10454', () => {
  const total = (spec: ModelSpec, config: LlamaCppConfig, build: string): readonly [number, number] => {
    const { gpus } = planLlamaCpp(spec, { ...config, build });
    const sum = (part: 'weightsBytes' | 'computeBytes') => gpus.reduce((bytes, device) => bytes + device[part], 0);
    return [sum('weightsBytes'), sum('computeBytes')];
  };

  it('the biases of blocks for multi-token prediction are no longer loaded', () => {
    const { spec, config } = recorded('glm4moe');
    const ahead = Number(spec.metadata['glm4moe.block_count']) - 1;
    const widths = [1024, 128, 128];
    const biases = ['q', 'k', 'v'].map((name, i) => ({
      name: `blk.${ahead}.attn_${name}.bias`,
      type: 'F32',
      shape: [widths[i]!],
    }));
    const own = spec.tensors.filter(({ name }) => !biases.some((bias) => bias.name === name));
    const asked: ModelSpec = {
      ...spec,
      metadata: { ...spec.metadata, 'glm4moe.nextn_predict_layers': 1 },
      tensors: [...own, ...biases],
    };
    const before = total(asked, config, 'b10256');
    const after = total(asked, config, 'b10454');
    expect(before[0] - after[0]).toBe(4 * widths.reduce((sum, width) => sum + width, 0));
    expect(before[1]).toBe(after[1]);
  });

  it('Nemotron H picks its output rows behind the last norm', () => {
    const spec = builtinCatalogue().find('nemotron-3-nano')!;
    const { config } = recorded('nemotron_h');
    const few = { ...config, gpus: [gpu(80)], numGpu: -1, numBatch: 2048, numUbatch: 2048 };
    const all = { ...few, outputs: 0 };
    const width = Number(spec.metadata['nemotron_h_moe.embedding_length']);
    expect(total(spec, all, 'b10454')[1] - total(spec, all, 'b10256')[1]).toBe(4 * 2048 * width);
    expect(total(spec, few, 'b10454')).toEqual(total(spec, few, 'b10256'));
  });

  it('twice as many experts can be loaded', () => {
    const base = model('qwen3-30b-a3b');
    const many: ModelSpec = { ...base, metadata: { ...base.metadata, 'qwen3moe.expert_count': 1024 } };
    const on = (build: string) => server([gpu(80)], { ollama: 'llama.cpp', build });
    expect(() => planFixed(many, on('b10256'), { numCtx: 4096 })).toThrow(/metadata-too-large/);
    expect(planFixed(many, on('b10454'), { numCtx: 4096 }).verdict).toBe('fits');
  });
});
