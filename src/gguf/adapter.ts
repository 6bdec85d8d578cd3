import type { ModelSpec } from '../estimator/types.ts';
import type { GgufHeader } from './header.ts';

/** Whether a header is a LoRA adapter's. */
export function isAdapter({ metadata }: GgufHeader): boolean {
  return metadata['general.type'] === 'adapter' || metadata['adapter.type'] === 'lora';
}

/**
 * The model with adapters beside it. llama.cpp keeps the two matrices of each adapted tensor where that tensor lies, so
 * they count with its layer; the sizes of the model's own file stay as they are.
 */
export function withAdapters(spec: ModelSpec, adapters: readonly GgufHeader[]): ModelSpec {
  const tensors = adapters.flatMap((header) => header.tensors.filter(({ name }) => /\.lora_[ab]$/.test(name)));
  return tensors.length === 0 ? spec : { ...spec, tensors: [...spec.tensors, ...tensors] };
}

/** The same where only an adapter's size is known: spread over the blocks. */
export function withAdapterOfSize(spec: ModelSpec, bytes: number): ModelSpec {
  const blocks = Number(spec.metadata[`${spec.architecture}.block_count`] ?? 0);
  const perBlock = Math.ceil(bytes / 4 / Math.max(1, blocks));
  if (!(blocks > 0) || !(perBlock > 0)) {
    return spec;
  }
  const tensors = Array.from({ length: blocks }, (_, block) => ({
    name: `blk.${block}.attn_q.weight.lora_a`,
    type: 'F32',
    shape: [perBlock],
  }));
  return { ...spec, tensors: [...spec.tensors, ...tensors] };
}
