/**
 * Accuracy of the planner on recorded dry runs of llama.cpp: weights, cache, compute and totals per device, host memory,
 * and what `--fit` believes.
 */

import { planLlamaCpp } from '../../src/estimator/llama-cpp/dry-run.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';
import { type PlanRow, planConfig, plannedSizes, recordedSizes } from './plan-rows.ts';

export type SplitKind = 'one GPU' | 'several GPUs' | 'partial' | 'experts on CPU';

/** Relative errors of one row; 0 = exact to the byte. */
export interface PlanScore {
  readonly row: PlanRow;
  readonly architecture: string;
  readonly kind: SplitKind;
  /** Of weights and cache the worst of all devices and the host. */
  readonly weights: number;
  readonly cache: number;
  /** Per device. */
  readonly compute: readonly number[];
  readonly totals: readonly number[];
  readonly hostCompute: number;
  /** Per device and host, where recorded. */
  readonly fitView: readonly number[];
  /** Whether context, flash attention, copies and layers on the host are as recorded. */
  readonly settings: boolean;
}

function relative(computed: number, recorded: number): number {
  return computed === recorded ? 0 : Math.abs(computed - recorded) / Math.max(recorded, 1);
}

function worst(computed: readonly number[], recorded: readonly number[]): number {
  return computed.reduce((max, value, i) => Math.max(max, relative(value, recorded[i] ?? 0)), 0);
}

export function splitKind(cfg: PlanRow['cfg']): SplitKind {
  if (cfg.ot !== undefined) {
    return 'experts on CPU';
  }
  if (cfg.ngl !== -1) {
    return 'partial';
  }
  return cfg.gpus.length > 1 ? 'several GPUs' : 'one GPU';
}

/** Scores one row. */
export function scorePlan(row: PlanRow, spec: ModelSpec): PlanScore {
  const plan = planLlamaCpp(spec, planConfig(row.cfg, 'real'));
  const computed = plannedSizes(plan);
  const recorded = recordedSizes(row.res);
  const devices = row.res.devices.length;
  const total = (sizes: typeof computed, i: number) => sizes.weights[i]! + sizes.cache[i]! + sizes.compute[i]!;
  const fitView: number[] = [];
  if (row.res.compute_fit !== undefined) {
    const fit = planLlamaCpp(spec, planConfig(row.cfg, 'fit'));
    row.res.compute_fit.forEach((bytes, i) => {
      fitView.push(relative(fit.gpus[i]!.computeBytes, bytes));
    });
    if (row.res.host_compute_fit !== undefined) {
      fitView.push(relative(fit.host.computeBytes, row.res.host_compute_fit));
    }
  }
  return {
    row,
    architecture: spec.architecture,
    kind: splitKind(row.cfg),
    weights: worst(computed.weights, recorded.weights),
    cache: worst(computed.cache, recorded.cache),
    compute: row.res.devices.map((_, i) => relative(computed.compute[i]!, recorded.compute[i]!)),
    totals: row.res.devices.map((_, i) => relative(total(computed, i), total(recorded, i))),
    hostCompute: relative(computed.compute[devices]!, recorded.compute[devices]!),
    fitView,
    settings:
      plan.numCtx === row.res.n_ctx &&
      plan.flashAttention === row.res.fa &&
      plan.pipelineCopies === row.res.copies &&
      plan.cpuLayers === row.res.cpu_layers,
  };
}

/** Scores all rows whose model is known. */
export function scorePlans(
  rows: readonly PlanRow[],
  find: (model: string) => ModelSpec | null,
): { readonly scores: PlanScore[]; readonly unknown: ReadonlySet<string> } {
  const scores: PlanScore[] = [];
  const unknown = new Set<string>();
  for (const row of rows) {
    const spec = find(row.model);
    if (spec === null) {
      unknown.add(row.model);
    } else {
      scores.push(scorePlan(row, spec));
    }
  }
  return { scores, unknown };
}

/** Median, mean, 95th percentile, largest, and the share that is exact. */
export interface Spread {
  readonly count: number;
  readonly median: number;
  readonly mean: number;
  readonly p95: number;
  readonly max: number;
  readonly exact: number;
}

export function spread(errors: readonly number[]): Spread {
  const sorted = [...errors].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return {
    count: sorted.length,
    median: at(0.5),
    mean: sorted.reduce((sum, error) => sum + error, 0) / Math.max(1, sorted.length),
    p95: at(0.95),
    max: sorted.at(-1) ?? 0,
    exact: sorted.filter((error) => error === 0).length / Math.max(1, sorted.length),
  };
}

function percent(value: number, digits = 3): string {
  return value === 0 ? '0' : `${(100 * value).toFixed(digits)} %`;
}

function spreadRow(name: string, errors: readonly number[]): string {
  const s = spread(errors);
  const share = s.exact === 1 ? '100 %' : `${(Math.floor(10000 * s.exact) / 100).toFixed(2)} %`;
  return `| ${name} | ${s.count} | ${share} | ${percent(s.median)} | ${percent(s.mean)} | ${percent(s.p95)} | ${percent(s.max, 2)} |`;
}

const HEAD = ['exact | median | mean | p95 | max |', '|---|---|---|---|---|---|---|'];

function table(first: string, second: string, rows: readonly string[]): string[] {
  return [`| ${first} | ${second} | ${HEAD[0]}`, HEAD[1]!, ...rows, ''];
}

function grouped<K>(scores: readonly PlanScore[], key: (score: PlanScore) => K): Map<K, PlanScore[]> {
  const groups = new Map<K, PlanScore[]>();
  for (const score of scores) {
    const group = groups.get(key(score)) ?? [];
    group.push(score);
    groups.set(key(score), group);
  }
  return groups;
}

/** The Markdown section: tables by component, by kind of split and by architecture, and the rows that are not exact. */
export function plansSection(
  title: string,
  rows: readonly PlanRow[],
  find: (model: string) => ModelSpec | null,
): string {
  const { scores, unknown } = scorePlans(rows, find);
  const kinds: readonly SplitKind[] = ['one GPU', 'several GPUs', 'partial', 'experts on CPU'];
  const byKind = grouped(scores, (score) => score.kind);
  const byArchitecture = [...grouped(scores, (score) => score.architecture)].sort((a, b) => b[1].length - a[1].length);
  const settingsRight = scores.filter((score) => score.settings).length;
  const lines = [
    `### ${title}`,
    '',
    `${scores.length} dry runs, ${new Set(scores.map((score) => score.row.model)).size} models, ` +
      `${byArchitecture.length} architectures. Context, flash attention, pipeline copies and layers on the host as ` +
      `recorded: ${settingsRight} of ${scores.length}.`,
    '',
    ...table('figure', 'values', [
      spreadRow(
        'weights (rows)',
        scores.map((score) => score.weights),
      ),
      spreadRow(
        'cache (rows)',
        scores.map((score) => score.cache),
      ),
      spreadRow(
        'compute (devices)',
        scores.flatMap((score) => score.compute),
      ),
      spreadRow(
        'total (devices)',
        scores.flatMap((score) => score.totals),
      ),
      spreadRow(
        'host compute (rows)',
        scores.map((score) => score.hostCompute),
      ),
      spreadRow(
        'compute as --fit believes (devices, host)',
        scores.flatMap((score) => score.fitView),
      ),
    ]),
    ...table('total per device', 'devices', [
      ...kinds.map((kind) =>
        spreadRow(
          kind,
          (byKind.get(kind) ?? []).flatMap((score) => score.totals),
        ),
      ),
    ]),
    ...table('compute per device', 'devices', [
      ...kinds.map((kind) =>
        spreadRow(
          kind,
          (byKind.get(kind) ?? []).flatMap((score) => score.compute),
        ),
      ),
    ]),
    ...table('architecture: compute', 'devices', [
      ...byArchitecture.map(([name, group]) =>
        spreadRow(
          name,
          group.flatMap((score) => score.compute),
        ),
      ),
    ]),
    ...inexact(scores),
  ];
  if (unknown.size > 0) {
    lines.push(`Models not found, rows left out: ${[...unknown].join(', ')}.`, '');
  }
  return lines.join('\n');
}

/** Rows whose weights, cache or settings are not as recorded, and the worst of the rest. */
function inexact(scores: readonly PlanScore[]): string[] {
  const wrong = scores.filter((score) => score.weights > 0 || score.cache > 0 || !score.settings);
  const off = scores
    .filter((score) => Math.max(0, ...score.compute, score.hostCompute, ...score.fitView) > 0)
    .sort((a, b) => Math.max(...b.compute, b.hostCompute) - Math.max(...a.compute, a.hostCompute));
  return [
    `Rows not exact in weights, cache or settings: ${wrong.length === 0 ? 'none' : wrong.length}.`,
    ...wrong
      .slice(0, 20)
      .map((score) => `- ${describe(score)}: weights ${percent(score.weights)}, cache ${percent(score.cache)}`),
    '',
    `Rows not exact in compute: ${off.length === 0 ? 'none' : off.length}.`,
    ...off
      .slice(0, 20)
      .map(
        (score) =>
          `- ${describe(score)}: devices ${score.compute.map((error) => percent(error)).join(', ')}; host ${percent(score.hostCompute)}`,
      ),
    '',
  ];
}

function describe({ row }: PlanScore): string {
  const { cfg } = row;
  const parts = [
    `${cfg.gpus.length} GPU`,
    `ctx ${cfg.ctx}`,
    `ub ${cfg.ubatch}`,
    `np ${cfg.np}`,
    `fa ${cfg.fa}`,
    cfg.k,
    `ngl ${cfg.ngl}`,
  ];
  return `${row.model} (${parts.join(', ')}${cfg.ot === undefined ? '' : ', experts on CPU'})`;
}
