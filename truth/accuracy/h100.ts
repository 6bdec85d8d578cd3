/**
 * Accuracy on a real NVIDIA H100 80GB (`h100.jsonl`): what the driver gave away for a load and for the prompts after it,
 * against the plan's total, and whether `--fit` decided alike. Loads by llama-server b10454 alone and by Ollama 0.33.0-rc2.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { gpuOverhead } from '../../src/estimator/outside-buffers.ts';
import { decide, planFixed } from '../../src/estimator/plan/decide.ts';
import { defaultContext } from '../../src/estimator/plan/default-context.ts';
import { settingsFromEnvironment } from '../../src/estimator/plan/environment.ts';
import type { EstimateRequest, EstimateServer, KvCacheType, ModelSpec, Plan } from '../../src/estimator/types.ts';

const MIB = 2 ** 20;
/** The card as nvidia-smi shows it, and what a CUDA program sees of it. */
const CARD = { name: 'NVIDIA H100 80GB HBM3', totalBytes: 81_079 * MIB, computeCapability: 9 };
const SYSTEM_BYTES = 128 * 1024 * MIB;

const rowSchema = z.object({
  id: z.string(),
  model: z.string(),
  args: z.array(z.string()).nullable(),
  options: z.object({ num_ctx: z.number().optional() }).nullable(),
  env: z.record(z.string(), z.string()),
  freeBytesBefore: z.number(),
  buffersMiB: z.record(z.string(), z.array(z.tuple([z.string(), z.number()]))),
  usedMoreBytes: z.record(z.string(), z.number()),
});

/** One recorded load. */
export type H100Row = z.output<typeof rowSchema>;

/** A load held against the plan. */
export interface H100Score {
  readonly row: H100Row;
  readonly plan: Plan;
  /** The most that the driver had given away after any of the prompts, bytes. */
  readonly realBytes: number;
  /** The plan's total less that, bytes. */
  readonly off: number;
  /** Whether the buffers on the GPU are those of the log: then `--fit` decided alike. */
  readonly sameBuffers: boolean;
}

/** The rows, in order. */
export async function readH100(truthDir: string): Promise<readonly H100Row[]> {
  const text = await readFile(join(truthDir, 'h100.jsonl'), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => rowSchema.parse(JSON.parse(line)));
}

/** The plan of a row, as its command line or its request asked for it. */
export function planH100(row: H100Row, spec: ModelSpec): Plan {
  const gpu = { ...CARD, freeBytes: row.freeBytesBefore };
  const system = { totalBytes: SYSTEM_BYTES, freeBytes: SYSTEM_BYTES, swapFreeBytes: 0 };
  const { server: settings, request: wanted } = settingsFromEnvironment(row.env);
  const server: EstimateServer = { ollama: '0.33.0', gpus: [gpu], system, os: 'linux', ...settings };
  if (row.args === null) {
    const numCtx = row.options?.num_ctx ?? defaultContext(spec, server, null);
    return decide(spec, server, { numCtx, ...wanted });
  }
  const given = flags(row.args);
  const request = requestOf(given, spec);
  const alone = { ...server, ollama: 'llama.cpp' };
  if (given.get('-fit') === 'off') {
    return planFixed(spec, alone, request);
  }
  // llama.cpp alone is told what it sees: its own context stands already.
  const seen = { ...gpu, freeBytes: gpu.freeBytes - gpuOverhead(gpu).contextBytes };
  return decide(spec, { ...alone, gpus: [seen] }, request);
}

function flags(args: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [index, arg] of args.entries()) {
    if (/^-{1,2}[a-z]/.test(arg)) {
      const next = args[index + 1];
      found.set(arg, next === undefined || /^-{1,2}[a-z]/.test(next) ? '' : next);
    }
  }
  return found;
}

function requestOf(given: ReadonlyMap<string, string>, spec: ModelSpec): EstimateRequest {
  const number = (flag: string): number | undefined => (given.has(flag) ? Number(given.get(flag)) : undefined);
  const attention = given.get('-fa');
  const numBatch = number('-b');
  const numUbatch = number('-ub');
  const layers = number('-ngl') ?? -1;
  const blocks = Number(spec.metadata[`${spec.architecture}.block_count`]);
  return {
    numCtx: number('-c') ?? 0,
    numParallel: number('-np') ?? 1,
    numGpu: layers > blocks ? -1 : layers,
    ...(numBatch === undefined ? {} : { numBatch }),
    ...(numUbatch === undefined ? {} : { numUbatch }),
    ...(attention === undefined ? {} : { flashAttention: attention === 'on' }),
    ...(given.has('-ctk') ? { kvCacheType: given.get('-ctk') as KvCacheType } : {}),
    ...(given.has('--embedding') ? { embedding: true } : {}),
    ...(given.has('--cpu-moe') ? { cpuTensors: ['\\.ffn_(up|down|gate_up|gate)_(ch|)exps'] } : {}),
  };
}

/** Holds one load against the plan. */
export function scoreH100(row: H100Row, spec: ModelSpec): H100Score {
  const plan = planH100(row, spec);
  const realBytes = Math.max(...Object.values(row.usedMoreBytes));
  const gpu = plan.gpus[0]!;
  const logged = new Map<string, number>();
  for (const [kind, mib] of row.buffersMiB.CUDA0 ?? []) {
    const part = kind === 'model' ? 'weights' : kind === 'compute' ? 'compute' : 'cache';
    logged.set(part, (logged.get(part) ?? 0) + mib);
  }
  const near = (part: string, bytes: number): boolean => Math.abs((logged.get(part) ?? 0) - bytes / MIB) < 0.03;
  return {
    row,
    plan,
    realBytes,
    off: gpu.totalBytes - realBytes,
    sameBuffers:
      near('weights', gpu.weightsBytes) && near('cache', gpu.cacheBytes) && near('compute', gpu.computeBytes),
  };
}

/** The Markdown section for `npm run accuracy`. */
export async function h100Section(truthDir: string, find: (name: string) => ModelSpec | null): Promise<string> {
  const scores: H100Score[] = [];
  for (const row of await readH100(truthDir)) {
    const spec = find(row.model);
    if (spec !== null) {
      scores.push(scoreH100(row, spec));
    }
  }
  const errors = scores.map(({ off, realBytes }) => Math.abs(off) / realBytes).sort((a, b) => a - b);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const p95 = errors[Math.min(errors.length - 1, Math.floor(errors.length * 0.95))]!;
  const lowest = Math.min(...scores.map(({ off }) => off));
  const lines = [
    '### A real H100',
    '',
    '| what | figure |',
    '|---|---|',
    `| loads | ${scores.length} |`,
    `| total after use, mean error | ${percent(mean)} |`,
    `| p95, max | ${percent(p95)}, ${percent(errors.at(-1)!)} |`,
    `| worst too low | ${(Math.max(0, -lowest) / MIB).toFixed(1)} MiB |`,
    `| more than 32 MiB too low | ${scores.filter(({ off }) => off < -32 * MIB).length} |`,
    `| buffers as logged (\`--fit\` decided alike) | ${scores.filter((score) => score.sameBuffers).length} of ${scores.length} |`,
    '',
    ...scores
      .filter(({ off, realBytes, sameBuffers }) => !sameBuffers || Math.abs(off) / realBytes > 0.01)
      .map(({ row, off, realBytes, sameBuffers }) => {
        const buffers = sameBuffers ? '' : ', other buffers';
        return `- ${row.id} ${row.model}: ${(off / MIB).toFixed(1)} MiB of ${(realBytes / MIB).toFixed(0)}${buffers}`;
      }),
    '',
  ];
  return lines.join('\n');
}

function percent(value: number): string {
  return `${(value * 100).toFixed(2)} %`;
}
