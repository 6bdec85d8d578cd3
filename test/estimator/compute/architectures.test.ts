/**
 * Plans of small models of many architectures against llama.cpp b10256's own planner. The fixture holds what
 * llama.cpp allocated for each model and configuration on CUDA devices that were only simulated.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findArchitecture } from '../../../src/estimator/compute/architectures/index.ts';
import { graphFacts } from '../../../src/estimator/compute/planner.ts';
import { planLlamaCpp, prepareLlamaCpp } from '../../../src/estimator/llama-cpp.ts';
import type {
  KvCacheType,
  LlamaCppConfig,
  LlamaCppDevice,
  MetadataValue,
  ModelSpec,
  TensorInfo,
} from '../../../src/estimator/types.ts';

type StoredTensor = readonly [name: string, type: string, ...shape: number[]];

/** Weights, cache, compute buffer in bytes. */
type Bytes = readonly [number, number, number];

interface Row {
  readonly cfg: {
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
  };
  readonly gpus: readonly Bytes[];
  readonly host: Bytes;
  readonly nodes: number;
  readonly splits: number;
  readonly fa: boolean;
}

interface Entry {
  readonly name: string;
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly StoredTensor[];
  readonly blocks: readonly {
    readonly prefix: string;
    readonly layers: readonly number[];
    readonly tensors: readonly StoredTensor[];
  }[];
  readonly rows: readonly Row[];
}

function tensorInfo([name, type, ...shape]: StoredTensor, prefix = ''): TensorInfo {
  return { name: `${prefix}${name}`, type, shape };
}

function specOf(entry: Entry): ModelSpec {
  const blocks = entry.blocks.flatMap(({ prefix, layers, tensors }) =>
    layers.flatMap((layer) => tensors.map((tensor) => tensorInfo(tensor, `${prefix}blk.${layer}.`))),
  );
  return {
    name: entry.name,
    architecture: String(entry.metadata['general.architecture']),
    metadata: entry.metadata,
    tensors: [...entry.tensors.map((tensor) => tensorInfo(tensor)), ...blocks],
  };
}

const GPU_BYTES = 24 * 1024 ** 3;

function configOf({ cfg }: Row): LlamaCppConfig {
  return {
    gpus: Array.from({ length: cfg.gpus }, (_, i) => ({
      name: `GPU ${i}`,
      freeBytes: GPU_BYTES,
      totalBytes: GPU_BYTES,
    })),
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
}

function bytesOf(device: Pick<LlamaCppDevice, 'weightsBytes' | 'cacheBytes' | 'computeBytes'>): Bytes {
  return [device.weightsBytes, device.cacheBytes, device.computeBytes];
}

const text = readFileSync(new URL('../../fixtures/architectures.jsonl', import.meta.url), 'utf8');
const entries = text
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Entry);

describe.each(entries)('$name', (entry) => {
  const spec = specOf(entry);

  it('is described', () => {
    expect(findArchitecture(spec.architecture)).toBeDefined();
  });

  it.each(entry.rows)('takes the bytes llama.cpp takes: $cfg', (row) => {
    const config = configOf(row);
    const plan = planLlamaCpp(spec, config);
    expect({ gpus: plan.gpus.map(bytesOf), host: bytesOf(plan.host), fa: plan.flashAttention }).toEqual({
      gpus: row.gpus,
      host: row.host,
      fa: row.fa,
    });
    const { model, options } = prepareLlamaCpp(spec, config);
    expect(graphFacts(model, model.architecture, options)).toEqual({ nodes: row.nodes, splits: row.splits });
  });
});
