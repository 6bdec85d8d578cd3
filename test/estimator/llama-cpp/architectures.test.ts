/**
 * Plans of small models of many architectures against llama.cpp's own planner. The record holds what
 * llama.cpp allocated for each model and configuration on CUDA devices that were only simulated.
 */

import { describe, expect, it } from 'vitest';
import { describedNames, findArchitecture } from '../../../src/estimator/llama-cpp/architectures/index.ts';
import { planLlamaCpp, prepareLlamaCpp } from '../../../src/estimator/llama-cpp/dry-run.ts';
import { graphFacts } from '../../../src/estimator/llama-cpp/planner/planner.ts';
import { bytesOf, configOf, entries, fullSizeArchitectures, specOf } from './recorded-models.ts';

describe.each(entries)('$name', (entry) => {
  const spec = specOf(entry);

  it('is described', () => {
    expect(findArchitecture(spec.architecture)).toBeDefined();
  });

  it.each(entry.rows)('takes the bytes llama.cpp takes: $cfg', (row) => {
    const config = configOf(row);
    const plan = planLlamaCpp(spec, config);
    expect({ gpus: plan.gpus.map(bytesOf), host: bytesOf(plan.host), fa: plan.flashAttention }).toEqual({
      gpus: row.gpus,
      host: row.host,
      fa: row.fa,
    });
    const { model, options } = prepareLlamaCpp(spec, config);
    expect(graphFacts(model, options)).toEqual({ nodes: row.nodes, splits: row.splits });
  });
});

describe('the record', () => {
  it('has a row of every architecture that is described: what nobody held against llama.cpp is a guess', () => {
    const recorded = new Set([
      ...entries.filter(({ rows }) => rows.length > 0).map(({ metadata }) => String(metadata['general.architecture'])),
      ...fullSizeArchitectures(),
    ]);
    expect(describedNames().filter((name) => !recorded.has(name))).toEqual([]);
  });
});
