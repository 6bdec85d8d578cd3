/**
 * Accuracy of the engines of older Ollama versions on loads by the real thing (`rig-old.jsonl`): Ollama 0.6.5, 0.12.6,
 * 0.12.11 and 0.24.0 with their own CUDA host code, on machines whose cards were pretended. Rows of models whose tower
 * stands in the file (`-v`) have no spec among the records and are left out.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { decide } from '../../src/estimator/plan/decide.ts';
import type { EstimateRequest, EstimateServer, ModelSpec, Plan, VerdictName } from '../../src/estimator/types.ts';

const rowSchema = z.object({
  id: z.string(),
  ollama: z.string(),
  machine: z.string(),
  gpus: z.array(
    z.object({ name: z.string(), totalBytes: z.number(), freeBytes: z.number(), computeCapability: z.number() }),
  ),
  model: z.string(),
  numCtx: z.number(),
  env: z.record(z.string(), z.string()),
  options: z.object({ num_gpu: z.number().optional(), num_batch: z.number().optional() }),
  real: z.object({
    error: z.string().nullable(),
    ownEngine: z.boolean(),
    offloaded: z.tuple([z.number(), z.number()]).nullable(),
    layersPerGpu: z.array(z.number()).nullable(),
    printed: z.array(z.string()).nullable(),
    memory: z.record(z.string(), z.union([z.number(), z.string()])).nullable(),
    buffers: z.record(z.string(), z.record(z.string(), z.number())).nullable(),
    size: z.number().nullable(),
    sizeVram: z.number().nullable(),
  }),
});

/** One recorded load. */
export type RigOldRow = z.output<typeof rowSchema>;

/** A load held against what the estimator says of it. */
export interface RigOldScore {
  readonly row: RigOldRow;
  readonly plan: Plan;
  readonly realVerdict: VerdictName;
  readonly sameVerdict: boolean;
  /** Whether each GPU has the layers it really got; null where the record has none. */
  readonly sameLayers: boolean | null;
  /** Relative error of `size` in /api/ps; null where the load failed. */
  readonly sizeError: number | null;
  /** Largest relative error of a compute buffer that was really allocated; null where none is recorded. */
  readonly computeError: number | null;
}

/** The rows that have a spec, in order. */
export async function readRigOld(
  truthDir: string,
  find: (name: string) => ModelSpec | null,
): Promise<readonly (readonly [RigOldRow, ModelSpec])[]> {
  const text = await readFile(join(truthDir, 'rig-old.jsonl'), 'utf8');
  const result: (readonly [RigOldRow, ModelSpec])[] = [];
  for (const line of text.split('\n')) {
    if (line === '') {
      continue;
    }
    const row = rowSchema.parse(JSON.parse(line));
    const spec = row.model.endsWith('-v') ? null : find(row.model);
    if (spec !== null) {
      result.push([row, spec]);
    }
  }
  return result;
}

/** The question that a row stands for. */
export function rigOldQuestion(row: RigOldRow): { readonly server: EstimateServer; readonly request: EstimateRequest } {
  const { env, options } = row;
  const flash = env.OLLAMA_FLASH_ATTENTION;
  return {
    server: { ollama: row.ollama, gpus: row.gpus },
    request: {
      numCtx: row.numCtx,
      ...(env.OLLAMA_NUM_PARALLEL === undefined ? {} : { numParallel: Number(env.OLLAMA_NUM_PARALLEL) }),
      ...(flash === undefined ? {} : { flashAttention: flash === '1' }),
      ...(env.OLLAMA_KV_CACHE_TYPE === undefined
        ? {}
        : { kvCacheType: z.enum(['f16', 'q8_0', 'q4_0']).parse(env.OLLAMA_KV_CACHE_TYPE) }),
      ...(options.num_gpu === undefined ? {} : { numGpu: options.num_gpu }),
      ...(options.num_batch === undefined ? {} : { numBatch: options.num_batch }),
    },
  };
}

function realVerdict({ real }: RigOldRow): VerdictName {
  if (real.error !== null) {
    return 'refused';
  }
  if (real.sizeVram === 0) {
    return 'cpu';
  }
  return real.size === real.sizeVram ? 'fits' : 'partial';
}

/** Layers by GPU, those without any left out: older versions list only the GPUs that they took. */
function used(layers: readonly number[]): string {
  return layers.filter((count) => count > 0).join();
}

function computeError(row: RigOldRow, plan: Plan): number | null {
  const { real } = row;
  const ours = plan.gpus.filter((gpu) => gpu.layers > 0).map((gpu) => gpu.computeBytes);
  const theirs: number[] = [];
  for (let gpu = 0; gpu < row.gpus.length; gpu++) {
    const bytes = real.buffers?.[`CUDA${gpu}`]?.compute ?? real.memory?.[`CUDA${gpu}.Graph`];
    if (typeof bytes === 'number' && (real.layersPerGpu?.length !== row.gpus.length || real.layersPerGpu[gpu]! > 0)) {
      theirs.push(bytes);
    }
  }
  if (theirs.length === 0 || theirs.length !== ours.length) {
    return null;
  }
  return Math.max(...theirs.map((bytes, i) => Math.abs(ours[i]! - bytes) / bytes));
}

/** One row held against the estimator. */
export function scoreRigOld(row: RigOldRow, spec: ModelSpec): RigOldScore {
  const { server, request } = rigOldQuestion(row);
  const plan = decide(spec, server, request);
  const verdict = realVerdict(row);
  const { real } = row;
  const comparable = verdict !== 'refused' && real.layersPerGpu !== null;
  return {
    row,
    plan,
    realVerdict: verdict,
    sameVerdict: plan.verdict === verdict,
    sameLayers: comparable ? used(real.layersPerGpu!) === used(plan.placement.perGpuLayers) : null,
    sizeError: verdict === 'refused' || real.size === null ? null : Math.abs(plan.sizeBytes - real.size) / real.size,
    computeError: computeError(row, plan),
  };
}

/** The Markdown section for `npm run accuracy`. */
export async function rigOldSection(truthDir: string, find: (name: string) => ModelSpec | null): Promise<string> {
  const scores = (await readRigOld(truthDir, find)).map(([row, spec]) => scoreRigOld(row, spec));
  const kinds = new Map<string, RigOldScore[]>();
  for (const score of scores) {
    const kind = `${score.row.ollama} ${score.row.real.ownEngine ? 'own engine' : 'llama runner'}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), score]);
  }
  const groups = [...kinds].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const both = (own: boolean): RigOldScore[] => scores.filter(({ row }) => row.real.ownEngine === own);
  const lines = [
    '### Real loads by older versions (0.6.5, 0.12.6, 0.12.11, 0.24.0)',
    '',
    'Verdict, layers per GPU, and the `size` of `/api/ps`; compute is the largest error of a GPU’s compute buffer as allocated.',
    '',
    '| version and runner | loads | verdict | layers per GPU | `size` exact | within 1 % | within 3 % | compute within 1 % |',
    '|---|---|---|---|---|---|---|---|',
    ...groups.map(([kind, group]) => tableLine(kind, group)),
    tableLine('all, llama runner', both(false)),
    tableLine('all, own engine', both(true)),
    tableLine('all', scores),
    '',
  ];
  const wrong = scores.filter(
    (score) => !score.sameVerdict || score.sameLayers === false || (score.sizeError ?? 0) > 0,
  );
  if (wrong.length > 0) {
    lines.push(`Rows that differ (${wrong.length}; the first 40):`, '', ...wrong.slice(0, 40).map(differenceLine), '');
  }
  return lines.join('\n');
}

function tableLine(title: string, scores: readonly RigOldScore[]): string {
  const share = (values: readonly boolean[]): string => {
    const good = values.filter(Boolean).length;
    return values.length === 0 ? '' : `${good}/${values.length} (${((100 * good) / values.length).toFixed(1)} %)`;
  };
  const known = <T>(values: readonly (T | null)[]): T[] => values.filter((value) => value !== null);
  const sizes = known(scores.map((score) => score.sizeError));
  const layers = known(scores.map((score) => score.sameLayers));
  const compute = known(scores.map((score) => score.computeError));
  const cells = [
    title,
    String(scores.length),
    share(scores.map((score) => score.sameVerdict)),
    share(layers),
    share(sizes.map((error) => error === 0)),
    share(sizes.map((error) => error <= 0.01)),
    share(sizes.map((error) => error <= 0.03)),
    share(compute.map((error) => error <= 0.01)),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** A row that differs, in words. */
export function differenceLine({ row, plan, realVerdict: real }: RigOldScore): string {
  const settings = Object.entries({ ...row.env, ...row.options }).map(([key, value]) => `${key}=${value}`);
  const what = [row.id, row.ollama, row.model, `ctx ${row.numCtx}`, row.machine, ...settings].join(' ');
  return (
    `- ${what}: ${plan.verdict} [${plan.placement.perGpuLayers.join()}] size ${plan.sizeBytes}, ` +
    `real ${real} [${row.real.layersPerGpu?.join() ?? ''}] size ${row.real.size ?? 'none'}`
  );
}
