/**
 * Accuracy of the planner as other builds of llama.cpp than the reference: the rows that such a build plans otherwise, to
 * the byte, and that all others stay as they are.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RECORDED_BUILDS, REFERENCE_BUILD } from '../../src/estimator/llama-cpp/builds.ts';
import { planLlamaCpp } from '../../src/estimator/llama-cpp/dry-run.ts';
import type { LlamaCppPlan, ModelSpec } from '../../src/estimator/types.ts';
import { type PlanRow, planConfig, plannedSizes, recordedSizes } from './plan-rows.ts';

/** A row of `plans-<build>.jsonl`: what that build plans otherwise than the reference. */
export interface BuildRow {
  /** Line of `plans.jsonl`, from 0. */
  readonly row: number;
  readonly model: string;
  readonly cfg: PlanRow['cfg'];
  /** What its `--fit` believes; of one GPU that is what is reserved. */
  readonly asFitSeesIt: Pick<PlanRow['res'], 'devices' | 'host' | 'n_ctx'>;
}

/** Lines of a file of JSON lines, without empty ones. */
export function readRows<Row>(path: string): readonly Row[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

/** The Markdown section for `npm run accuracy`. */
export function buildsSection(truth: string, find: (model: string) => ModelSpec | null): string {
  const all = readRows<PlanRow>(join(truth, 'plans.jsonl'));
  const lines = ['### Planner as other builds of llama.cpp', ''];
  for (const build of RECORDED_BUILDS.filter((name) => name !== REFERENCE_BUILD.name)) {
    const path = join(truth, `plans-${build}.jsonl`);
    if (!existsSync(path)) {
      lines.push(`- ${build}: not recorded here`);
      continue;
    }
    const rows = readRows<BuildRow>(path);
    const exact = rows.filter((row) => isExact(row, build, find)).length;
    const changed = new Set(rows.map(({ row }) => row));
    const others = all.filter((row, index) => !changed.has(index) && 'devices' in row.res);
    const alike = others.filter((row) => isAlike(row, build, find)).length;
    lines.push(
      `- ${build}: ${exact} of ${rows.length} rows that it plans otherwise than ${REFERENCE_BUILD.name} to the byte; ` +
        `${alike} of the ${others.length} others as ${REFERENCE_BUILD.name} plans them`,
    );
  }
  lines.push('');
  return lines.join('\n');
}

function planned(
  row: Pick<PlanRow, 'model' | 'cfg'>,
  build: string,
  find: (model: string) => ModelSpec | null,
): LlamaCppPlan {
  const spec = find(row.model);
  if (spec === null) {
    throw new Error(`the record lacks the model ${row.model}`);
  }
  return planLlamaCpp(spec, { ...planConfig(row.cfg, 'fit'), build });
}

function isExact(row: BuildRow, build: string, find: (model: string) => ModelSpec | null): boolean {
  const plan = planned(row, build, find);
  const recorded = recordedSizes(row.asFitSeesIt as PlanRow['res']);
  return plan.numCtx === row.asFitSeesIt.n_ctx && JSON.stringify(plannedSizes(plan)) === JSON.stringify(recorded);
}

function isAlike(row: PlanRow, build: string, find: (model: string) => ModelSpec | null): boolean {
  const sizes = [build, REFERENCE_BUILD.name].map((name) => JSON.stringify(plannedSizes(planned(row, name, find))));
  return sizes[0] === sizes[1];
}
