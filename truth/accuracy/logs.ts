/**
 * Real CUDA logs, value by value: what llama.cpp printed when it really allocated, against the planner with the log's own
 * configuration. Builds of mid-2026 (the era of n_outputs_max, as the reference build) are judged; older builds are shown, since the
 * planner describes the reference build and not them.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { MIB } from '../../src/base/bytes.ts';
import { planLlamaCpp } from '../../src/estimator/llama-cpp/dry-run.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import { type PlanRow, planConfig } from './plan-rows.ts';

/** Two hundredths of a MiB: what the printed figure was rounded to. */
const ROUNDING_MIB = 0.02;

const figures = z.object({ model: z.number().nullish(), context: z.number().nullish(), compute: z.number().nullish() });
const logSchema = z.object({
  name: z.string(),
  model: z.string(),
  version: z.string(),
  cfg: z.custom<PlanRow['cfg']>((value) => typeof value === 'object' && value !== null),
  real_mib: z.object({
    devices: z.array(figures),
    host_compute: z.number().nullish(),
    host_context: z.number().nullish(),
    host_model: z.number().nullish(),
  }),
});

interface Value {
  readonly what: string;
  readonly real: number;
  readonly ours: number;
}

/** Builds whose logits and masks are those of the reference build. */
function isMid2026(version: string): boolean {
  return /Ollama 0\.3\d|b9[6-9]\d\d|b1\d{4}|mid 2026|2026-1\d/.test(version);
}

/** 95th percentile and maximum of the relative errors, as text. */
function spread(values: readonly Value[]): string {
  const errors = values.map((value) => Math.abs(value.ours - value.real) / value.real).sort((a, b) => a - b);
  const p95 = errors[Math.min(errors.length - 1, Math.floor(errors.length * 0.95))] ?? 0;
  return `p95 ${(p95 * 100).toFixed(2)} %, max ${((errors.at(-1) ?? 0) * 100).toFixed(2)} %`;
}

/** Markdown of the section. */
export function logsSection(truth: string, find: (name: string) => ModelSpec | null): string {
  const lines = readFileSync(join(truth, 'real-logs.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const judged: Value[] = [];
  const rows: string[] = [];
  for (const line of lines) {
    const log = logSchema.parse(JSON.parse(line));
    const spec = find(log.model);
    if (spec === null) {
      continue;
    }
    const plan = planLlamaCpp(spec, planConfig(log.cfg, 'real'));
    const values: Value[] = [];
    const add = (what: string, real: number | null | undefined, bytes: number) => {
      if (real !== null && real !== undefined) {
        values.push({ what, real, ours: bytes / MIB });
      }
    };
    for (const [index, device] of log.real_mib.devices.entries()) {
      const ours = plan.gpus[index]!;
      add(`weights ${index}`, device.model, ours.weightsBytes);
      add(`cache ${index}`, device.context, ours.cacheBytes);
      add(`compute ${index}`, device.compute, ours.computeBytes);
    }
    add('host compute', log.real_mib.host_compute, plan.host.computeBytes);
    add('host cache', log.real_mib.host_context, plan.host.cacheBytes);
    add('host weights', log.real_mib.host_model, plan.host.weightsBytes);
    const off = values.filter((value) => Math.abs(value.real - value.ours) > ROUNDING_MIB);
    if (isMid2026(log.version)) {
      judged.push(...values);
    }
    const shown = off.map((value) => `${value.what} ${value.real} → ${value.ours.toFixed(2)}`).join('<br>');
    rows.push(`| ${log.name} | ${log.version} | ${values.length - off.length}/${values.length} | ${shown} |`);
  }
  const exact = judged.filter((value) => Math.abs(value.real - value.ours) <= ROUNDING_MIB).length;
  // Whose files were quantized with another mix has other weights per GPU; cache and compute do not depend on it.
  const runtime = judged.filter((value) => !value.what.includes('weights'));
  return [
    '### Real CUDA logs',
    '',
    `Builds of mid-2026: ${exact} of ${judged.length} printed buffers equal; error ${spread(judged)}, cache and compute alone ${spread(runtime)}.`,
    '',
    '| log | build | equal | not equal: printed → planned MiB |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
