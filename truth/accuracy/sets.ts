/**
 * Accuracy on sequences of loads by the real Ollama 0.33.0-rc2 on pretended cards (`sets.jsonl`): who was sent away, which
 * GPUs each model got and with what, and whether all of them were there together.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { settingsFromEnvironment } from '../../src/estimator/plan/environment.ts';
import { planSet, type SetAnswer, type SetModel, type SetStep } from '../../src/estimator/plan/sets.ts';
import type { ModelSpec } from '../../src/estimator/types.ts';

const MIB = 2 ** 20;
const LOGGED_BYTES = 0.011 * MIB;
const SYSTEM_BYTES = 128 * 1024 * MIB;

const stepSchema = z.object({
  model: z.string(),
  blob: z.string(),
  numCtx: z.number(),
  keepAlive: z.union([z.string(), z.number()]),
  real: z.object({
    evicted: z.array(z.string()),
    reused: z.boolean().optional(),
    gpus: z
      .array(z.object({ gpu: z.number(), weights: z.number(), cache: z.number(), compute: z.number() }))
      .optional(),
    batch: z.number().optional(),
    verdict: z.string().optional(),
    ps: z.array(z.tuple([z.string(), z.number(), z.number(), z.number()])),
    ollama: z.array(z.object({ decision: z.string().optional(), available: z.string().optional() })),
  }),
});

const rowSchema = z.object({
  id: z.string(),
  gpus: z.array(
    z.object({ name: z.string(), totalBytes: z.number(), freeBytes: z.number(), computeCapability: z.number() }),
  ),
  env: z.record(z.string(), z.string()),
  steps: z.array(stepSchema),
});

/** One recorded sequence. */
export type SetRow = z.output<typeof rowSchema>;
type RealStep = SetRow['steps'][number]['real'];

/** A sequence held against the estimate. */
export interface SetScore {
  readonly row: SetRow;
  readonly answer: SetAnswer;
  readonly steps: readonly SetStepScore[];
  readonly reallyTogether: boolean;
  readonly falselyTogether: boolean;
}

export interface SetStepScore {
  /** The same models loaded and gone, this one on the same GPUs. */
  readonly same: boolean;
  readonly sameModels: boolean;
  /** GPUs that hold something, and on how many of them weights, cache and buffers are those of the log. */
  readonly gpus: number;
  readonly sameBytes: number;
  readonly sameBatch: boolean;
  readonly sizesOff: number;
}

/** The sequences, in order. */
export async function readSets(truthDir: string): Promise<readonly SetRow[]> {
  const text = await readFile(join(truthDir, 'sets.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rowSchema.parse(JSON.parse(line)));
}

const HOURS = /^(\d+)h$/;

function keepAliveSeconds(told: string | number): number {
  const hours = HOURS.exec(String(told))?.[1];
  return hours === undefined ? Number(told) : Number(hours) * 3600;
}

/** Holds one sequence against the estimate; null where a spec is missing. */
export function scoreSet(row: SetRow, find: (name: string) => ModelSpec | null): SetScore | null {
  const { server, request } = settingsFromEnvironment(row.env);
  const models: SetModel[] = [];
  for (const { model, blob, numCtx, keepAlive } of row.steps) {
    const spec = find(model);
    if (spec === null) {
      return null;
    }
    const seconds = keepAliveSeconds(keepAlive);
    models.push({ spec, name: model, digest: blob, keepAliveSeconds: seconds, request: { numCtx, ...request } });
  }
  const system = { totalBytes: SYSTEM_BYTES, freeBytes: SYSTEM_BYTES, swapFreeBytes: 0 };
  const answer = planSet(models, { ollama: '0.33.0', gpus: row.gpus, system, os: 'linux', ...server });
  const steps = row.steps.map(({ real }, index) => scoreStep(real, answer.steps[index]!));
  const last = row.steps.at(-1)!.real;
  const reallyTogether =
    row.steps.every(({ model }) => last.ps.some(([name]) => name === model)) &&
    row.steps.every(({ real }) => real.reused === true || real.verdict === 'fits');
  return { row, answer, steps, reallyTogether, falselyTogether: answer.together && !reallyTogether };
}

function scoreStep(real: RealStep, step: SetStep): SetStepScore {
  const sameModels =
    sorted(real.ps.map(([name]) => name)) === sorted(step.loaded) && sorted(real.evicted) === sorted(step.evicted);
  const onGpu = new Map((real.gpus ?? []).map((gpu) => [gpu.gpu, gpu]));
  let gpus = 0;
  let sameBytes = 0;
  let sameGpus = true;
  for (const [index, { weightsBytes, cacheBytes, computeBytes }] of step.plan.gpus.entries()) {
    const logged = onGpu.get(index);
    const holds = weightsBytes + cacheBytes + computeBytes > 0;
    if (real.reused === true || (logged === undefined && !holds)) {
      continue;
    }
    sameGpus &&= (logged !== undefined) === holds;
    gpus += 1;
    const near = (bytes: number, part: number | undefined): boolean => Math.abs(bytes - (part ?? -1)) <= LOGGED_BYTES;
    if (near(weightsBytes, logged?.weights) && near(cacheBytes, logged?.cache) && near(computeBytes, logged?.compute)) {
      sameBytes += 1;
    }
  }
  const ps = real.ps.find(([name]) => name === step.name);
  return {
    same: sameModels && sameGpus && (real.reused === true) === step.reused,
    sameModels,
    gpus,
    sameBytes,
    sameBatch: real.batch === undefined || real.batch === step.plan.numBatch,
    sizesOff:
      ps === undefined ? 0 : Math.max(Math.abs(ps[1] - step.plan.sizeBytes), Math.abs(ps[2] - step.plan.sizeVramBytes)),
  };
}

function sorted(names: readonly string[]): string {
  return [...names].sort().join(' ');
}

/** The Markdown section for `npm run accuracy`. */
export async function setsSection(truthDir: string, find: (name: string) => ModelSpec | null): Promise<string> {
  const scores = (await readSets(truthDir)).map((row) => scoreSet(row, find)).filter((score) => score !== null);
  const steps = scores.flatMap((score) => score.steps);
  const gpus = steps.reduce((sum, step) => sum + step.gpus, 0);
  const sameBytes = steps.reduce((sum, step) => sum + step.sameBytes, 0);
  const together = scores.filter((score) => score.answer.together === score.reallyTogether).length;
  const lines = [
    '### Sets of models, loaded one after the other',
    '',
    '| what | share |',
    '|---|---|',
    `| steps: the same models loaded and gone, on the same GPUs | ${share(steps.filter((step) => step.same).length, steps.length)} |`,
    `| steps: the same models loaded and gone | ${share(steps.filter((step) => step.sameModels).length, steps.length)} |`,
    `| bytes of a GPU the same | ${share(sameBytes, gpus)} |`,
    `| batch | ${share(steps.filter((step) => step.sameBatch).length, steps.length)} |`,
    `| \`size\` and \`size_vram\` within 1 MiB | ${share(steps.filter((step) => step.sizesOff <= MIB).length, steps.length)} |`,
    `| together or not | ${share(together, scores.length)} |`,
    `| falsely "fits together" | ${scores.filter((score) => score.falselyTogether).length} |`,
    '',
    ...scores.flatMap(({ row, answer, steps: scored, falselyTogether }) =>
      scored.flatMap((step, index) => {
        if (step.same && step.sameBytes === step.gpus && !(falselyTogether && index === scored.length - 1)) {
          return [];
        }
        const { model, numCtx, real } = row.steps[index]!;
        const ours = answer.steps[index]!;
        const believed = real.ollama
          .map(({ decision, available }) => `${decision ?? ''} ${available ?? ''}`)
          .join('; ');
        const where = `gone ${ours.evicted.join('+') || '-'} (really ${real.evicted.join('+') || '-'}), batch ${ours.plan.numBatch} (${real.batch}), bytes ${step.sameBytes} of ${step.gpus}`;
        return [
          `- ${row.id} step ${index} ${model} ${numCtx}: ${step.same ? 'same' : 'OTHER'}, ${where} [${believed}]${falselyTogether ? ' FALSE' : ''}`,
        ];
      }),
    ),
    '',
  ];
  return lines.join('\n');
}

function share(count: number, all: number): string {
  return `${count} of ${all} (${((100 * count) / Math.max(all, 1)).toFixed(1)} %)`;
}
