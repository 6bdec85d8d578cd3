/**
 * Accuracy of the llama-server engine on loads by the real Ollama 0.33.0-rc2 (`rig.jsonl`): its own choice of GPUs, batch,
 * layers and overrides with the real host code of llama.cpp b10454, on machines whose cards were pretended.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decide } from '../../src/estimator/plan/decide.ts';
import { settingsFromEnvironment } from '../../src/estimator/plan/environment.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, Plan, VerdictName } from '../../src/estimator/types.ts';

const MIB = 2 ** 20;
/** Buffers were logged with two decimals of a MiB. */
const LOGGED_BYTES = 0.011 * MIB;

const gpuSchema = z.object({
  name: z.string(),
  totalBytes: z.number(),
  freeBytes: z.number(),
  computeCapability: z.number(),
});

const rowSchema = z.object({
  id: z.string(),
  machine: z.string(),
  gpus: z.array(gpuSchema),
  system: z.object({ totalBytes: z.number() }),
  ollama: z.string(),
  model: z.string(),
  numCtx: z.number(),
  env: z.record(z.string(), z.string()),
  options: z.object({
    num_gpu: z.number().optional(),
    num_batch: z.number().optional(),
    main_gpu: z.number().optional(),
  }),
  real: z.object({
    verdict: z.enum(['fits', 'partial', 'cpu', 'error']),
    error: z.string().nullable(),
    gpus: z.array(z.object({ weights: z.number(), cache: z.number(), compute: z.number() })),
    batch: z.number().nullable(),
    visibleGpus: z.array(z.number()).nullable(),
    size: z.number().nullable(),
    sizeVram: z.number().nullable(),
  }),
});

/** One recorded load. */
export type RigRow = z.output<typeof rowSchema>;

/** A load held against what the estimator says of it. */
export interface RigScore {
  readonly row: RigRow;
  readonly plan: Plan;
  readonly realVerdict: VerdictName;
  readonly sameVerdict: boolean;
  readonly falseFit: boolean;
  /** Whether weights, cache and compute buffers of every GPU are those of the log; null where the load failed. */
  readonly sameBytes: boolean | null;
  readonly sameBatch: boolean | null;
  /** Our `size` and `size_vram` less the real ones, bytes; null where the load failed. */
  readonly sizeOff: number | null;
  readonly sizeVramOff: number | null;
}

/**
 * Failures that say nothing about the planned machine: the recording was ended, its dummy model lacks a key, or the
 * machine that recorded had less system memory than the one it pretended to be.
 */
const NOT_ABOUT_MEMORY = /does not support generate|signal: killed|key not found in model|ggml_aligned_malloc/;

/** The rows that tell something about memory, in order. */
export async function readRig(truthDir: string): Promise<readonly RigRow[]> {
  const text = await readFile(join(truthDir, 'rig.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rowSchema.parse(JSON.parse(line)))
    .filter(({ real }) => real.error === null || !NOT_ABOUT_MEMORY.test(real.error));
}

/** The question that a row stands for. */
export function rigQuestion(row: RigRow): { readonly server: EstimateServer; readonly request: EstimateRequest } {
  const { server, request } = settingsFromEnvironment(row.env);
  const { options } = row;
  return {
    server: {
      ollama: row.ollama,
      gpus: row.gpus,
      system: { totalBytes: row.system.totalBytes, freeBytes: row.system.totalBytes, swapFreeBytes: 0 },
      os: 'linux',
      ...server,
    },
    request: {
      numCtx: row.numCtx,
      ...request,
      ...(options.num_gpu === undefined ? {} : { numGpu: options.num_gpu }),
      ...(options.num_batch === undefined ? {} : { numBatch: options.num_batch }),
      ...(options.main_gpu === undefined ? {} : { mainGpu: options.main_gpu }),
    },
  };
}

/** Holds one load against the estimate. */
export function scoreRig(row: RigRow, spec: ModelSpec): RigScore {
  const { server, request } = rigQuestion(row);
  const plan = decide(spec, server, request);
  const { real } = row;
  const realVerdict = real.verdict === 'error' ? 'refused' : real.verdict;
  const loaded = real.size !== null;
  return {
    row,
    plan,
    realVerdict,
    sameVerdict: plan.verdict === realVerdict,
    falseFit: plan.verdict === 'fits' && realVerdict !== 'fits',
    sameBytes: loaded ? sameBytes(row, plan) : null,
    sameBatch: loaded ? plan.numBatch === real.batch : null,
    sizeOff: loaded ? plan.sizeBytes - real.size! : null,
    sizeVramOff: loaded ? plan.sizeVramBytes - real.sizeVram! : null,
  };
}

function sameBytes(row: RigRow, plan: Plan): boolean {
  const onGpu = plan.gpus.map(() => ({ weights: 0, cache: 0, compute: 0 }));
  // The log counts the GPUs that it was given.
  for (const [index, gpu] of (row.real.visibleGpus ?? []).entries()) {
    onGpu[gpu] = row.real.gpus[index]!;
  }
  return plan.gpus.every(
    ({ weightsBytes, cacheBytes, computeBytes }, gpu) =>
      Math.abs(weightsBytes - onGpu[gpu]!.weights) <= LOGGED_BYTES &&
      Math.abs(cacheBytes - onGpu[gpu]!.cache) <= LOGGED_BYTES &&
      Math.abs(computeBytes - onGpu[gpu]!.compute) <= LOGGED_BYTES,
  );
}

/** The Markdown section for `npm run accuracy`. */
export async function rigSection(truthDir: string, find: (name: string) => ModelSpec | null): Promise<string> {
  const scores: RigScore[] = [];
  for (const row of await readRig(truthDir)) {
    const spec = find(row.model);
    if (spec !== null) {
      scores.push(scoreRig(row, spec));
    }
  }
  const known = scores.filter(({ sameBytes: same }) => same !== null);
  const lines = [
    '### Ollama 0.33.0-rc2 on pretended cards',
    '',
    '| what | share |',
    '|---|---|',
    `| verdict | ${share(scores, (score) => score.sameVerdict)} |`,
    `| false fits | ${scores.filter((score) => score.falseFit).length} |`,
    `| bytes of every GPU the same | ${share(known, (score) => score.sameBytes === true)} |`,
    `| batch | ${share(known, (score) => score.sameBatch === true)} |`,
    `| \`size\` within 1 MiB | ${share(known, (score) => Math.abs(score.sizeOff!) <= MIB)} |`,
    `| \`size_vram\` within 1 MiB | ${share(known, (score) => Math.abs(score.sizeVramOff!) <= MIB)} |`,
    '',
    ...wrongRows(scores),
    '',
  ];
  return lines.join('\n');
}

function wrongRows(scores: readonly RigScore[]): readonly string[] {
  const wrong: string[] = [];
  for (const { row, plan, realVerdict, ...score } of scores) {
    const faults = [
      score.sameVerdict ? '' : `verdict ${plan.verdict}, really ${realVerdict}`,
      score.sameBatch === false ? `batch ${plan.numBatch}, really ${row.real.batch}` : '',
      score.sameBytes === false ? 'other bytes' : '',
      Math.abs(score.sizeOff ?? 0) > MIB ? `size ${(score.sizeOff! / MIB).toFixed(1)} MiB off` : '',
      Math.abs(score.sizeVramOff ?? 0) > MIB ? `size_vram ${(score.sizeVramOff! / MIB).toFixed(1)} MiB off` : '',
    ].filter((fault) => fault !== '');
    if (faults.length > 0) {
      wrong.push(`- ${row.id} ${row.model} ${row.numCtx} on ${row.machine}: ${faults.join('; ')}`);
    }
  }
  return wrong;
}

function share(scores: readonly RigScore[], holds: (score: RigScore) => boolean): string {
  const count = scores.filter(holds).length;
  return `${count} of ${scores.length} (${((100 * count) / Math.max(scores.length, 1)).toFixed(1)} %)`;
}
