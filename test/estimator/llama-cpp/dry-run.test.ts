import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { builtinCatalogue } from '../../../src/catalogue/builtin.ts';
import { planLlamaCpp, prepareLlamaCpp } from '../../../src/estimator/llama-cpp/dry-run.ts';
import { graphFacts } from '../../../src/estimator/llama-cpp/planner/planner.ts';
import type { LlamaCppConfig, ModelSpec } from '../../../src/estimator/types.ts';
import {
  type PlanRow,
  planConfig,
  plannedSizes,
  readPlanRows,
  recordedSizes,
} from '../../../truth/accuracy/plan-rows.ts';
import { gpu, model } from '../fixture-models.ts';

const rows = await readPlanRows(fileURLToPath(new URL('../../../truth/record/plans-sample.jsonl.gz', import.meta.url)));

function specOf(row: PlanRow): ModelSpec {
  const spec = builtinCatalogue().find(row.model);
  if (spec === null) {
    throw new Error(`no model ${row.model} in the built-in list`);
  }
  return spec;
}

function title({ model: name, cfg }: PlanRow): string {
  return `${name}, ${cfg.gpus.length} GPU, ctx ${cfg.ctx}, np ${cfg.np}, fa ${cfg.fa}, ${cfg.k}, ngl ${cfg.ngl}, ot ${cfg.ot?.length ?? 0}`;
}

const base: LlamaCppConfig = {
  gpus: [gpu(24)],
  numCtx: 4096,
  numBatch: 512,
  numUbatch: 512,
  numParallel: 1,
  flashAttention: 'auto',
  cacheTypeK: 'f16',
  cacheTypeV: 'f16',
  outputs: 1,
  numGpu: -1,
  unifiedCache: false,
  embedding: false,
  opOffload: true,
  view: 'real',
};

describe('planLlamaCpp on recorded dry runs', () => {
  it('has rows of every described kind', () => {
    expect(rows.length).toBeGreaterThan(150);
  });

  for (const row of rows) {
    it(`reproduces to the byte: ${title(row)}`, () => {
      const spec = specOf(row);
      const plan = planLlamaCpp(spec, planConfig(row.cfg, 'real'));
      expect(plannedSizes(plan)).toEqual(recordedSizes(row.res));
      expect({
        numCtx: plan.numCtx,
        flashAttention: plan.flashAttention,
        copies: plan.pipelineCopies,
        cpuLayers: plan.cpuLayers,
        basis: plan.computeBasis,
      }).toEqual({
        numCtx: row.res.n_ctx,
        flashAttention: row.res.fa,
        copies: row.res.copies,
        cpuLayers: row.res.cpu_layers,
        basis: 'planned',
      });
      if (row.res.compute_fit !== undefined) {
        const fit = planLlamaCpp(spec, planConfig(row.cfg, 'fit'));
        expect(fit.gpus.map((device) => device.computeBytes)).toEqual(row.res.compute_fit);
        expect(fit.host.computeBytes).toBe(row.res.host_compute_fit);
      }
    });
  }

  it('builds as many nodes and splits as llama.cpp counted', () => {
    for (const row of rows) {
      const { model: compiled, options } = prepareLlamaCpp(specOf(row), planConfig(row.cfg, 'real'));
      const facts = graphFacts(compiled, options);
      expect({ row: title(row), ...facts }).toEqual({
        row: title(row),
        nodes: row.res.nodes,
        splits: row.res.splits,
      });
    }
  });
});

describe('planLlamaCpp', () => {
  it('answers the same whatever was planned before', () => {
    const config = { ...base, gpus: [gpu(8), gpu(8), gpu(8), gpu(8)], numCtx: 32768 };
    const first = planLlamaCpp(model('llama3.1-8b'), config);
    for (const row of rows.slice(0, 40)) {
      planLlamaCpp(specOf(row), planConfig(row.cfg, 'fit'));
    }
    expect(planLlamaCpp(model('llama3.1-8b'), config)).toEqual(first);
  });

  it('does not look at the name of a model', () => {
    const spec = model('gemma3-1b');
    expect(planLlamaCpp({ ...spec, name: 'something else' }, base)).toEqual(planLlamaCpp(spec, base));
  });

  it('guesses for an architecture that is not described, with weights exact', () => {
    const spec = model('llama3.2-1b');
    const metadata = Object.fromEntries(
      Object.entries(spec.metadata).map(([key, value]) => [key.replace(/^llama\./, 'newcomer.'), value]),
    );
    const plan = planLlamaCpp({ ...spec, architecture: 'newcomer', metadata }, base);
    const known = planLlamaCpp(spec, base);
    expect(plan.computeBasis).toBe('guess');
    expect(plan.gpus[0]!.weightsBytes).toBe(known.gpus[0]!.weightsBytes);
    expect(plan.gpus[0]!.cacheBytes).toBe(known.gpus[0]!.cacheBytes);
    expect(plan.gpus[0]!.computeBytes).toBeGreaterThan(known.gpus[0]!.computeBytes * 0.5);
  });

  it('refuses figures that make no sense, with the name of the option', () => {
    for (const [change, option] of [
      [{ numCtx: -1 }, 'numCtx'],
      [{ numCtx: Number.NaN }, 'numCtx'],
      [{ numParallel: 0 }, 'numParallel'],
      [{ numBatch: 1.5 }, 'numBatch'],
      [{ numGpu: -2 }, 'numGpu'],
    ] as const) {
      expect(() => planLlamaCpp(model('llama3.2-1b'), { ...base, ...change })).toThrowError(
        expect.objectContaining({ code: 'option-invalid', params: expect.objectContaining({ option }) }),
      );
    }
  });

  it('refuses a quantized V without flash attention, as llama.cpp does', () => {
    expect(() =>
      planLlamaCpp(model('llama3.2-1b'), { ...base, flashAttention: false, cacheTypeV: 'q8_0' }),
    ).toThrowError(expect.objectContaining({ code: 'kv-needs-flash-attention' }));
  });

  it('puts everything on the host without GPUs', () => {
    const plan = planLlamaCpp(model('llama3.2-1b'), { ...base, gpus: [] });
    expect(plan.gpus).toEqual([]);
    expect(plan.host.weightsBytes).toBeGreaterThan(0);
    expect(plan.host.cacheBytes).toBeGreaterThan(0);
    expect(plan.host.computeBytes).toBeGreaterThan(0);
    expect(plan.cpuLayers).toBe(16);
  });
});
