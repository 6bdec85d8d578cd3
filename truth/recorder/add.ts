/** A small model of an architecture that is new to the record: planned in the usual configurations and added to it. */

import type { MetadataValue, ModelSpec, TensorInfo } from '../../src/estimator/types.ts';
import { type DryRunResult, dryRuns } from './dry-runs.ts';
import { type SmallConfig, type SmallEntry, type StoredTensor, smallConfigOf } from './small-models.ts';

const USUAL: SmallConfig = {
  gpus: 1,
  ctx: 4096,
  ubatch: 512,
  batch: 512,
  np: 1,
  fa: 'auto',
  k: 'f16',
  v: 'f16',
  nout: 1,
  ngl: -1,
};

/** One of each kind: whole, split, partly on the CPU under a quantized cache, several slots, tensors on the CPU, no layers. */
const CONFIGS: readonly SmallConfig[] = [
  USUAL,
  { ...USUAL, gpus: 2, ctx: 8192, fa: 'off', nout: 0 },
  { ...USUAL, ctx: 8192, ubatch: 2048, batch: 2048, k: 'q8_0', v: 'q8_0', ngl: 4 },
  { ...USUAL, gpus: 3, ctx: 16_384, np: 4, nout: 4 },
  { ...USUAL, ngl: 10, ot: ['blk\\.[0-4]\\.ffn_'] },
  { ...USUAL, fa: 'off', nout: 0, ngl: 0 },
];

const BLOCK = /^((?:enc\.|dec\.)?)blk\.(\d+)\.(.*)$/;

/**
 * The entry of a small model as a build of llama.cpp plans it.
 *
 * @throws Error where llama.cpp does not load it or a configuration fails
 */
export async function smallEntry(spec: ModelSpec, build: string, program: string, path: string): Promise<SmallEntry> {
  const results = await dryRuns<DryRunResult>(program, path, CONFIGS.map(smallConfigOf));
  const rows = results.map((result, i) => {
    if ('error' in result) {
      throw new Error(`${spec.name}: ${JSON.stringify(CONFIGS[i])}: ${result.error}`);
    }
    const host = Object.values(result.host);
    const sum = (part: 'model' | 'context' | 'compute') => host.reduce((bytes, buffer) => bytes + buffer[part], 0);
    return {
      cfg: CONFIGS[i]!,
      gpus: result.devices.map(({ model, context, compute }) => [model, context, compute] as const),
      host: [sum('model'), sum('context'), sum('compute')] as const,
      nodes: result.nodes,
      splits: result.splits,
      fa: result.fa,
    };
  });
  const tensors = spec.tensors.filter(({ name }) => !BLOCK.test(name));
  return {
    name: spec.name,
    build,
    metadata: spec.metadata as Readonly<Record<string, MetadataValue>>,
    tensors: tensors.map((tensor) => stored(tensor, tensor.name)),
    blocks: blocksOf(spec),
    rows,
  };
}

function stored({ type, shape }: TensorInfo, name: string): StoredTensor {
  return [name, type, ...shape];
}

/** The layers' tensors, equal layers once. */
function blocksOf(spec: ModelSpec): SmallEntry['blocks'] {
  const layers = new Map<string, StoredTensor[]>();
  for (const tensor of spec.tensors) {
    const block = BLOCK.exec(tensor.name);
    if (block !== null) {
      const [, prefix = '', layer = '', name = ''] = block;
      const key = `${prefix} ${layer}`;
      const own = layers.get(key) ?? [];
      own.push(stored(tensor, name));
      layers.set(key, own);
    }
  }
  const groups = Map.groupBy(layers, ([key, tensors]) => `${key.split(' ')[0]} ${JSON.stringify(tensors)}`);
  return [...groups.values()].map((group) => ({
    prefix: group[0]![0].split(' ')[0]!,
    layers: group.map(([key]) => Number(key.split(' ')[1])),
    tensors: group[0]![1],
  }));
}
