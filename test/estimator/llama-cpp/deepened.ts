import type { MetadataValue, ModelSpec } from '../../../src/estimator/types.ts';

const BLOCK = /^((?:enc\.|dec\.)?blk\.)(\d+)(\..*)$/;

function numberOf(spec: ModelSpec, key: string): number {
  const value = spec.metadata[`${spec.architecture}.${key}`];
  return typeof value === 'number' ? value : 0;
}

/**
 * A recorded model made deeper: behind its own layers the last `period` of them are repeated until there are `layers`;
 * blocks for multi-token prediction stay behind them. Lists with a value for each layer grow alike.
 */
export function deepened(spec: ModelSpec, layers: number, period: number): ModelSpec {
  const all = numberOf(spec, 'block_count');
  const ahead = numberOf(spec, 'nextn_predict_layers');
  const own = all - ahead;
  const source = (layer: number): number => (layer < own ? layer : own - period + ((layer - own) % period));
  const from = Array.from({ length: layers }, (_, layer) => source(layer));
  const order = [...from, ...Array.from({ length: ahead }, (_, i) => own + i)];
  const grown = (value: MetadataValue): MetadataValue =>
    Array.isArray(value) && (value.length === all || value.length === own)
      ? order.slice(0, value.length === all ? undefined : layers).map((layer) => value[layer]!)
      : value;
  const tensors = spec.tensors.filter(({ name }) => !BLOCK.test(name));
  const blocks = Map.groupBy(
    spec.tensors.filter(({ name }) => BLOCK.test(name)),
    ({ name }) => Number(BLOCK.exec(name)![2]),
  );
  for (const [layer, copied] of order.entries()) {
    for (const tensor of blocks.get(copied) ?? []) {
      tensors.push({ ...tensor, name: tensor.name.replace(BLOCK, `$1${layer}$3`) });
    }
  }
  const metadata = Object.fromEntries(Object.entries(spec.metadata).map(([key, value]) => [key, grown(value)]));
  for (const key of ['block_count', 'decoder_block_count']) {
    if (numberOf(spec, key) === all) {
      metadata[`${spec.architecture}.${key}`] = order.length;
    }
  }
  return { ...spec, metadata, tensors };
}
