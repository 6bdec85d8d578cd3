/**
 * Accuracy of the `--fit` engine on recorded decisions of llama.cpp's own algorithm (`fits.jsonl`): kind of decision,
 * layers, overrides, context, and the memory it projected.
 */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MIB } from '../../src/base/bytes.ts';
import { decideLlamaCpp, llamaCppConfig } from '../../src/estimator/engines/llama-server/fit/engine.ts';
import { type FitDecision, fitToMemory } from '../../src/estimator/engines/llama-server/fit/fit.ts';
import { deviceBytes } from '../../src/estimator/engines/llama-server/fit/memory.ts';
import { planLlamaCpp } from '../../src/estimator/llama-cpp/dry-run.ts';
import type { EstimateRequest, EstimateServer, KvCacheType, ModelSpec } from '../../src/estimator/types.ts';
import { specFromJsonFile } from '../../src/gguf/from-json.ts';

/** One line of `fits.jsonl`, as far as it is used. */
interface FitRow {
  readonly model: string;
  readonly gpus: string;
  readonly cfg: {
    readonly gpus: readonly (readonly [free: number, total: number])[];
    readonly ctx: number;
    readonly ubatch: number;
    readonly batch: number;
    readonly np: number;
    readonly fa: string;
    readonly k?: KvCacheType;
    readonly nout: number;
    /** MiB per device. */
    readonly margin: number;
  };
  readonly res: {
    readonly status: string;
    readonly n_gpu_layers: number;
    readonly n_ctx: number;
    readonly tensor_split: readonly number[] | null;
    readonly n_overrides: number;
    readonly overrides: readonly (readonly [pattern: string, buffer: string])[];
    readonly projected: readonly { readonly model: number; readonly context: number; readonly compute: number }[];
    readonly n_layer_all: number;
    readonly n_ctx_train: number;
  };
}

type Kind = 'unchanged' | 'context' | 'layers' | 'experts';

interface Scored {
  readonly row: FitRow;
  readonly sameKind: boolean;
  readonly layersOff: number;
  readonly overridesOff: number;
  readonly ctxOff: number;
  readonly falseFit: boolean;
  /** Relative error of each device's projected total, when the placement is the same. */
  readonly memoryErrors: readonly number[];
  readonly note: string;
}

/** The Markdown section for `npm run accuracy`. */
export async function fitsSection(truthDir: string): Promise<string> {
  const text = await readFile(join(truthDir, 'fits.jsonl'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as FitRow);
  const specs = new Map<string, ModelSpec>();
  for (const name of new Set(rows.map((row) => row.model))) {
    specs.set(name, await specFromJsonFile(join(truthDir, 'models', `${name}.json`)));
  }
  return report(rows.map((row) => score(row, specs.get(row.model)!)));
}

function score(row: FitRow, spec: ModelSpec): Scored {
  const { cfg, res } = row;
  const server: EstimateServer = {
    ollama: 'llama.cpp',
    gpus: cfg.gpus.map(([freeBytes, totalBytes], index) => ({ name: `CUDA${index}`, freeBytes, totalBytes })),
  };
  const request: EstimateRequest = {
    numCtx: cfg.ctx,
    numBatch: cfg.batch,
    numUbatch: cfg.ubatch,
    numParallel: cfg.np,
    flashAttention: cfg.fa === 'auto' ? 'auto' : cfg.fa === 'on',
    kvCacheType: cfg.k ?? 'f16',
    outputs: cfg.nout,
    fitMarginBytes: cfg.margin * MIB,
  };
  const marginsBytes = cfg.gpus.map(() => cfg.margin * MIB);
  const decision = fitToMemory(spec, llamaCppConfig(server, request), { marginsBytes });
  const all = res.n_layer_all + 1;
  const layers = decision.config.numGpu < 0 ? all : decision.config.numGpu;
  const realLayers = res.n_gpu_layers < 0 ? all : res.n_gpu_layers;
  const realCtx = res.n_ctx === 0 ? res.n_ctx_train : res.n_ctx;
  const moved = realLayers < all || res.overrides.some(([, buffer]) => buffer === 'CPU');
  const overridesOff = Math.abs(decision.overrides.length - res.n_overrides);
  const splitOff = splitDifference(decision, res.tensor_split);
  const same = layers === realLayers && overridesOff === 0 && splitOff === 0 && decision.config.numCtx === realCtx;
  return {
    row,
    sameKind: kindOf(decision) === realKind(row),
    layersOff: Math.max(Math.abs(layers - realLayers), splitOff),
    overridesOff,
    ctxOff: Math.abs(decision.config.numCtx - realCtx),
    falseFit: moved && decideLlamaCpp(spec, server, request).verdict === 'fits',
    memoryErrors: same ? memoryErrors(spec, decision, row) : [],
    note: `${kindOf(decision)} ngl ${layers} ov ${decision.overrides.length} ctx ${decision.config.numCtx}, real ${realKind(row)} ngl ${realLayers} ov ${res.n_overrides} ctx ${realCtx}`,
  };
}

function kindOf(decision: FitDecision): Kind {
  if (decision.overrides.length > 0) {
    return 'experts';
  }
  if (decision.config.numGpu >= 0) {
    return 'layers';
  }
  return decision.reducedFromCtx === undefined ? 'unchanged' : 'context';
}

function realKind(row: FitRow): Kind {
  if (row.res.n_overrides > 0) {
    return 'experts';
  }
  if (row.res.n_gpu_layers >= 0) {
    return 'layers';
  }
  return row.cfg.ctx === 0 && row.res.n_ctx !== 0 && row.res.n_ctx !== row.res.n_ctx_train ? 'context' : 'unchanged';
}

function splitDifference(decision: FitDecision, real: readonly number[] | null): number {
  const split = decision.config.tensorSplit;
  if (real === null || split === undefined || real.length < 2) {
    return 0;
  }
  return Math.max(...real.map((share, index) => Math.abs(share - (split[index] ?? 0))));
}

function memoryErrors(spec: ModelSpec, decision: FitDecision, row: FitRow): readonly number[] {
  const plan = planLlamaCpp(spec, { ...decision.config, view: 'fit' });
  return row.cfg.gpus.map((_, gpu) => {
    const real = row.res.projected[gpu]!;
    const total = real.model + real.context + real.compute;
    return Math.abs(deviceBytes(plan, gpu) - total) / Math.max(total, 1);
  });
}

function report(scored: readonly Scored[]): string {
  const count = scored.length;
  const share = (test: (one: Scored) => boolean): string => {
    const good = scored.filter(test).length;
    return `${good}/${count} (${((100 * good) / Math.max(count, 1)).toFixed(1)} %)`;
  };
  const errors = scored.flatMap((one) => one.memoryErrors).sort((a, b) => a - b);
  const worst = scored.filter((one) => !one.sameKind || one.layersOff > 0 || one.overridesOff > 0 || one.ctxOff > 0);
  const lines = [
    '## `--fit` decisions',
    '',
    '| measure | result | target |',
    '| --- | --- | --- |',
    `| "fits" where --fit moved something to the CPU | ${scored.filter((one) => one.falseFit).length} | 0 |`,
    `| same kind of decision | ${share((one) => one.sameKind)} | 99 % |`,
    `| layers (in all and per device) within 1 | ${share((one) => one.layersOff <= 1)} | 98 % |`,
    `| layers equal | ${share((one) => one.layersOff === 0)} | |`,
    `| overrides within 1 | ${share((one) => one.overridesOff <= 1)} | 95 % |`,
    `| context within 256 tokens | ${share((one) => one.ctxOff <= 256)} | |`,
    `| everything equal | ${share((one) => one.sameKind && one.layersOff + one.overridesOff + one.ctxOff === 0)} | |`,
    `| projected memory per device, same placement: median, p95, max | ${quantile(errors, 0.5)}, ${quantile(errors, 0.95)}, ${quantile(errors, 1)} | |`,
    '',
  ];
  if (worst.length > 0) {
    lines.push(`Rows that differ (${worst.length}; the first 40):`, '');
    for (const one of worst.slice(0, 40)) {
      lines.push(`- ${one.row.model} on ${one.row.gpus}: ${one.note}`);
    }
    lines.push('');
  }
  return lines.join('\n');
}

function quantile(sorted: readonly number[], share: number): string {
  if (sorted.length === 0) {
    return 'none';
  }
  const index = Math.min(sorted.length - 1, Math.floor(share * sorted.length));
  return `${(100 * sorted[index]!).toFixed(3)} %`;
}
