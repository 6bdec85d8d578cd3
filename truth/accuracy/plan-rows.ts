/**
 * Rows of recorded dry runs of llama.cpp's planner: how they are written, and the configuration they stand for.
 */

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { KvCacheType, LlamaCppConfig, LlamaCppPlan } from '../../src/estimator/types.ts';

/** One dry run. Sizes are bytes. */
export interface PlanRow {
  readonly model: string;
  readonly cfg: {
    /** [free, total] per device. */
    readonly gpus: readonly (readonly [number, number])[];
    readonly ctx: number;
    readonly ubatch: number;
    readonly batch: number;
    readonly np: number;
    readonly fa: 'auto' | 'on' | 'off';
    readonly k: KvCacheType;
    readonly v: KvCacheType;
    readonly nout: number;
    readonly ngl: number;
    readonly kvu?: boolean;
    readonly ot?: readonly string[];
    readonly ts?: readonly number[];
    readonly emb?: boolean;
    readonly op_offload?: boolean;
  };
  readonly res: {
    readonly devices: readonly { readonly model: number; readonly context: number; readonly compute: number }[];
    readonly host: Readonly<
      Record<string, { readonly model: number; readonly context: number; readonly compute: number }>
    >;
    readonly cpu_layers: number;
    readonly n_ctx: number;
    readonly fa: boolean;
    readonly copies: number;
    readonly nodes: number;
    readonly splits: number;
    /** What `--fit` believes, where it differs in kind (several devices). */
    readonly compute_fit?: readonly number[];
    readonly host_compute_fit?: number;
  };
}

/** The configuration of a row. */
export function planConfig(cfg: PlanRow['cfg'], view: 'real' | 'fit'): LlamaCppConfig {
  return {
    gpus: cfg.gpus.map(([freeBytes, totalBytes], i) => ({ name: `GPU ${i}`, freeBytes, totalBytes })),
    numCtx: cfg.ctx,
    numBatch: cfg.batch,
    numUbatch: cfg.ubatch,
    numParallel: cfg.np,
    flashAttention: cfg.fa === 'auto' ? 'auto' : cfg.fa === 'on',
    cacheTypeK: cfg.k,
    cacheTypeV: cfg.v,
    outputs: cfg.nout,
    numGpu: cfg.ngl,
    unifiedCache: cfg.kvu ?? false,
    ...(cfg.ts === undefined ? {} : { tensorSplit: cfg.ts }),
    ...(cfg.ot === undefined ? {} : { cpuTensors: cfg.ot }),
    embedding: cfg.emb ?? false,
    opOffload: cfg.op_offload ?? true,
    view,
  };
}

/** Recorded sizes in the shape of a plan: devices, then all host memory together. */
export function recordedSizes(res: PlanRow['res']): {
  readonly weights: readonly number[];
  readonly cache: readonly number[];
  readonly compute: readonly number[];
} {
  const host = Object.values(res.host);
  const column = (key: 'model' | 'context' | 'compute') => [
    ...res.devices.map((device) => device[key]),
    host.reduce((sum, buffer) => sum + buffer[key], 0),
  ];
  return { weights: column('model'), cache: column('context'), compute: column('compute') };
}

/** Planned sizes in the same order. */
export function plannedSizes(plan: LlamaCppPlan): {
  readonly weights: readonly number[];
  readonly cache: readonly number[];
  readonly compute: readonly number[];
} {
  const all = [...plan.gpus, plan.host];
  return {
    weights: all.map((device) => device.weightsBytes),
    cache: all.map((device) => device.cacheBytes),
    compute: all.map((device) => device.computeBytes),
  };
}

/** Reads rows, leaving out those where llama.cpp itself failed. */
export async function readPlanRows(path: string): Promise<PlanRow[]> {
  const content = await readFile(path);
  const text = (path.endsWith('.gz') ? gunzipSync(content) : content).toString();
  const rows: PlanRow[] = [];
  for (const line of text.split('\n')) {
    if (line === '') {
      continue;
    }
    const row = JSON.parse(line) as PlanRow;
    if ('devices' in row.res) {
      rows.push(row);
    }
  }
  return rows;
}
