/** Small models of many architectures and what llama.cpp (the reference build) allocated for them on simulated CUDA devices. */

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
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
export type Bytes = readonly [number, number, number];

export interface Row {
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

export interface Entry {
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

export function specOf(entry: Entry): ModelSpec {
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

export function configOf({ cfg }: Row): LlamaCppConfig {
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

export function bytesOf(device: Pick<LlamaCppDevice, 'weightsBytes' | 'cacheBytes' | 'computeBytes'>): Bytes {
  return [device.weightsBytes, device.cacheBytes, device.computeBytes];
}

const RECORD = new URL('../../../truth/record/', import.meta.url);
const text = gunzipSync(readFileSync(new URL('architectures.jsonl.gz', RECORD))).toString();
export const entries: readonly Entry[] = text
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Entry);

/** Architectures of the full-size models that dry runs are recorded of. */
export function fullSizeArchitectures(): ReadonlySet<string> {
  const folder = gunzipSync(readFileSync(new URL('models.folder.gz', RECORD))).toString();
  const files = JSON.parse(folder) as readonly { readonly base64: string }[];
  return new Set(
    files.map(({ base64 }) => {
      const { metadata } = JSON.parse(Buffer.from(base64, 'base64').toString()) as Pick<Entry, 'metadata'>;
      return String(metadata['general.architecture']);
    }),
  );
}
