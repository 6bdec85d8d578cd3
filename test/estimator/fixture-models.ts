import { readFileSync } from 'node:fs';
import type { EstimateServer, GpuDevice, ModelSpec } from '../../src/estimator/types.ts';

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

export type FixtureName =
  | 'llama3.2-1b'
  | 'llama3.1-8b'
  | 'gemma3-1b'
  | 'gpt-oss-20b'
  | 'qwen3-30b-a3b'
  | 'nomic-embed-text';

const loaded = new Map<FixtureName, ModelSpec>();

/** A real model's metadata and tensor table. */
export function model(name: FixtureName): ModelSpec {
  let spec = loaded.get(name);
  if (spec === undefined) {
    spec = JSON.parse(readFileSync(new URL(`../fixtures/models/${name}.json`, import.meta.url), 'utf8')) as ModelSpec;
    loaded.set(name, spec);
  }
  return spec;
}

export function gpu(gib: number, changes: Partial<GpuDevice> = {}): GpuDevice {
  return { name: 'GPU', totalBytes: gib * GIB, freeBytes: gib * GIB, ...changes };
}

export function server(gpus: readonly GpuDevice[], changes: Partial<EstimateServer> = {}): EstimateServer {
  return { ollama: '0.33.0', gpus, ...changes };
}
