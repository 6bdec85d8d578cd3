import type { MetadataValue, TensorInfo } from '../estimator/types.ts';

/** A vision tower that the built-in list adds to a language model. */
export interface Tower {
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  readonly tensors: readonly TensorInfo[];
}

/**
 * Gemma 3's SigLIP tower as Ollama's files carry it (`v.*`): 27 blocks, 1152 wide, 16 heads, 4304 feed-forward, images of
 * 896 pixels in patches of 14; matrices F16, vectors F32. Its sum is 834,531,264 bytes, which is the "795.9 MiB" that
 * Ollama logs as projector.weights. The `mm.*` projection (one matrix, below 1.1 % of this) is left out: its type differs
 * between uploads.
 */
export function gemma3Tower(): Tower {
  const blocks = 27;
  const width = 1152;
  const feedForward = 4304;
  const image = 896;
  const patch = 14;
  const positions = (image / patch) ** 2;
  const tensors: TensorInfo[] = [
    { name: 'v.patch_embedding.weight', shape: [patch, patch, 3, width], type: 'F16' },
    { name: 'v.patch_embedding.bias', shape: [width], type: 'F32' },
    { name: 'v.position_embedding.weight', shape: [width, positions], type: 'F16' },
  ];
  const linear = (name: string, from: number, to: number): void => {
    tensors.push({ name: `${name}.weight`, shape: [from, to], type: 'F16' });
    tensors.push({ name: `${name}.bias`, shape: [to], type: 'F32' });
  };
  const norm = (name: string): void => {
    tensors.push({ name: `${name}.weight`, shape: [width], type: 'F32' });
    tensors.push({ name: `${name}.bias`, shape: [width], type: 'F32' });
  };
  for (let i = 0; i < blocks; i++) {
    norm(`v.blk.${i}.layer_norm1`);
    for (const part of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) {
      linear(`v.blk.${i}.${part}`, width, width);
    }
    norm(`v.blk.${i}.layer_norm2`);
    linear(`v.blk.${i}.mlp.fc1`, width, feedForward);
    linear(`v.blk.${i}.mlp.fc2`, feedForward, width);
  }
  norm('v.post_layernorm');
  return {
    metadata: {
      'gemma3.vision.block_count': blocks,
      'gemma3.vision.embedding_length': width,
      'gemma3.vision.feed_forward_length': feedForward,
      'gemma3.vision.attention.head_count': 16,
      'gemma3.vision.image_size': image,
      'gemma3.vision.patch_size': patch,
      'gemma3.vision.num_channels': 3,
      'gemma3.mm.tokens_per_image': 256,
    },
    tensors,
  };
}
