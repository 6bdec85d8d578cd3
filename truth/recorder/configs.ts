/** Recorded rows as configurations of the recorder. */

import type { PlanRow } from '../accuracy/plan-rows.ts';
import type { DryRunConfig } from './dry-runs.ts';

/** A row of `plans.jsonl`. */
export function planConfigOf(cfg: PlanRow['cfg']): DryRunConfig {
  return {
    free: cfg.gpus.map(([free]) => free),
    total: cfg.gpus.map(([, total]) => total),
    ctx: cfg.ctx,
    ub: cfg.ubatch,
    b: cfg.batch,
    np: cfg.np,
    fa: cfg.fa,
    k: cfg.k,
    v: cfg.v,
    nout: cfg.nout,
    ngl: cfg.ngl,
    kvu: cfg.kvu === true ? 1 : 0,
    emb: cfg.emb === true ? 1 : 0,
    opo: cfg.op_offload === false ? 0 : 1,
    ts: cfg.ts,
    ot: cfg.ot,
  };
}

/** A row of `fits.jsonl`. */
export interface FitRow {
  readonly model: string;
  readonly gpus: string;
  readonly cfg: {
    readonly gpus: readonly (readonly [free: number, total: number])[];
    readonly ctx: number;
    readonly ubatch: number;
    readonly batch: number;
    readonly np: number;
    readonly fa: string;
    readonly k?: string;
    readonly nout: number;
    readonly margin: number;
    readonly n_ctx_min?: number;
  };
  readonly res: {
    readonly n_gpu_layers: number;
    readonly n_ctx: number;
    readonly tensor_split: readonly number[] | null;
    readonly n_overrides: number;
  };
}

/** What `--fit` decided, as the recorder says it. */
export interface FitResult {
  readonly status: number;
  readonly n_gpu_layers: number;
  readonly n_ctx: number;
  readonly tensor_split: readonly number[];
  readonly overrides: readonly (readonly [pattern: string, buffer: string])[];
}

export function fitConfigOf({ cfg }: FitRow): DryRunConfig {
  return {
    mode: 'fit',
    free: cfg.gpus.map(([free]) => free),
    total: cfg.gpus.map(([, total]) => total),
    ctx: cfg.ctx,
    ub: cfg.ubatch,
    b: cfg.batch,
    np: cfg.np,
    fa: cfg.fa,
    k: cfg.k ?? 'f16',
    v: cfg.k ?? 'f16',
    nout: cfg.nout,
    margin: cfg.margin,
    least: cfg.n_ctx_min ?? 4096,
  };
}
