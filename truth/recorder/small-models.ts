/** The recorded small models, one or more of every architecture, and their configurations. */

import type { KvCacheType, LlamaCppConfig, MetadataValue, ModelSpec, TensorInfo } from '../../src/estimator/types.ts';
import type { PlanRow } from '../accuracy/plan-rows.ts';
import type { ComparedPlan } from './compare.ts';
import type { DryRunConfig } from './dry-runs.ts';

export type StoredTensor = readonly [name: string, type: string, ...shape: number[]];
/** Weights, cache, compute buffer, bytes. */
type Bytes = readonly [number, number, number];

/** A configuration of a small model, on GPUs of 24 GiB. */
export interface SmallConfig {
  readonly gpus: number;
  readonly ctx: number;
  readonly ubatch: number;
  readonly batch: number;
  readonly np: number;
  readonly fa: 'auto' | 'off';
  readonly k: KvCacheType;
  readonly v: KvCacheType;
  readonly nout: number;
  readonly ngl: number;
  readonly ot?: readonly string[];
  readonly emb?: boolean;
}

/** A line of `architectures.jsonl`. */
export interface SmallEntry {
  readonly name: string;
  /** The build that planned it, where that is not the reference, which does not know the architecture. */
  readonly build?: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly StoredTensor[];
  readonly blocks: readonly {
    readonly prefix: string;
    readonly layers: readonly number[];
    readonly tensors: readonly StoredTensor[];
  }[];
  readonly rows: readonly {
    readonly cfg: SmallConfig;
    readonly gpus: readonly Bytes[];
    readonly host: Bytes;
    readonly nodes: number;
    readonly splits: number;
    readonly fa: boolean;
  }[];
}

export interface SmallModel {
  readonly spec: ModelSpec;
  /** As in {@link SmallEntry}. */
  readonly build: string | undefined;
  readonly rows: readonly {
    readonly label: string;
    readonly config: DryRunConfig;
    readonly planned: LlamaCppConfig;
    readonly recorded: ComparedPlan;
  }[];
}

const GPU_BYTES = 24 * 1024 ** 3;

/** The models of `architectures.jsonl`. */
export function* smallModels(text: string): Generator<SmallModel> {
  for (const line of text.split('\n')) {
    if (line !== '') {
      yield smallModel(JSON.parse(line) as SmallEntry);
    }
  }
}

function smallModel(entry: SmallEntry): SmallModel {
  const info = ([name, type, ...shape]: StoredTensor, prefix = ''): TensorInfo => ({
    name: `${prefix}${name}`,
    type,
    shape,
  });
  const blocks = entry.blocks.flatMap(({ prefix, layers, tensors }) =>
    layers.flatMap((layer) => tensors.map((tensor) => info(tensor, `${prefix}blk.${layer}.`))),
  );
  const spec: ModelSpec = {
    name: entry.name,
    architecture: String(entry.metadata['general.architecture']),
    metadata: entry.metadata,
    tensors: [...entry.tensors.map((tensor) => info(tensor)), ...blocks],
  };
  return {
    spec,
    build: entry.build,
    rows: entry.rows.map(({ cfg, gpus, host, fa }) => {
      const planned: LlamaCppConfig = {
        gpus: gpus.map((_, i) => ({ name: `GPU ${i}`, freeBytes: GPU_BYTES, totalBytes: GPU_BYTES })),
        numCtx: cfg.ctx,
        numBatch: cfg.batch,
        numUbatch: cfg.ubatch,
        numParallel: cfg.np,
        flashAttention: cfg.fa === 'auto' ? 'auto' : false,
        cacheTypeK: cfg.k,
        cacheTypeV: cfg.v,
        outputs: cfg.nout,
        numGpu: cfg.ngl,
        unifiedCache: false,
        embedding: cfg.emb ?? false,
        opOffload: true,
        view: 'real',
        ...(cfg.ot === undefined ? {} : { cpuTensors: cfg.ot }),
      };
      return {
        label: `${entry.name} ${JSON.stringify(cfg)}`,
        planned,
        config: smallConfigOf(cfg),
        recorded: {
          weights: gpus.map(([weights]) => weights),
          cache: gpus.map(([, cache]) => cache),
          compute: gpus.map(([, , compute]) => compute),
          host,
          settings: [fa],
        },
      };
    }),
  };
}

/** A row in a few words. */
export function describeRow({ model, cfg }: PlanRow): string {
  const parts = [`${cfg.gpus.length} GPU`, `ctx ${cfg.ctx}`, `ub ${cfg.ubatch}`, `np ${cfg.np}`, `fa ${cfg.fa}`, cfg.k];
  const placed = cfg.ot === undefined ? `ngl ${cfg.ngl}` : `ngl ${cfg.ngl}, experts on the CPU`;
  return `${model} (${parts.join(', ')}, nout ${cfg.nout}, ${placed})`;
}

/** A configuration as the recorder reads it. */
export function smallConfigOf(cfg: SmallConfig): DryRunConfig {
  const memory = new Array<number>(cfg.gpus).fill(GPU_BYTES);
  return {
    free: memory,
    total: memory,
    ctx: cfg.ctx,
    ub: cfg.ubatch,
    b: cfg.batch,
    np: cfg.np,
    fa: cfg.fa,
    k: cfg.k,
    v: cfg.v,
    nout: cfg.nout,
    ngl: cfg.ngl,
    emb: cfg.emb === true ? 1 : 0,
    ot: cfg.ot,
  };
}
