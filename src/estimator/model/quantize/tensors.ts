/**
 * What the rules ask of one tensor: whether it is quantized at all, what part it plays, and in which order quantizers
 * go through them (their counters depend on it).
 *
 * Source: llama.cpp b10454, src/llama-quant.cpp (`tensor_allows_quantization`, `tensor_get_category`) and
 * src/llama-model-loader.h (`weight_name_comparer`).
 */

import type { TensorInfo } from '../../types.ts';

/** The part that a tensor plays in the choice of types. */
export type TensorRole =
  | 'output'
  | 'embedding'
  | 'qkv'
  | 'kv-b'
  | 'v'
  | 'k'
  | 'q'
  | 'attention-output'
  | 'up'
  | 'gate'
  | 'down'
  | 'other';

const ROLES: readonly (readonly [part: string, role: TensorRole])[] = [
  ['attn_qkv.weight', 'qkv'],
  ['attn_kv_b.weight', 'kv-b'],
  ['attn_v.weight', 'v'],
  ['attn_k.weight', 'k'],
  ['attn_q.weight', 'q'],
  ['attn_output.weight', 'attention-output'],
  ['ffn_up', 'up'],
  ['ffn_gate', 'gate'],
  ['ffn_down', 'down'],
];

export function tensorRole(name: string): TensorRole {
  if (name === 'output.weight') {
    return 'output';
  }
  if (name === 'token_embd.weight' || name === 'per_layer_token_embd.weight') {
    return 'embedding';
  }
  return ROLES.find(([part]) => name.includes(part))?.[1] ?? 'other';
}

/** Dimensions as ggml counts them: trailing ones are none. */
export function dimensions(shape: readonly number[]): number {
  for (let n = shape.length; n > 1; n--) {
    if (shape[n - 1] !== 1) {
      return n;
    }
  }
  return 1;
}

/** Small or sensitive weights that stay as the source has them, by a part of their name. */
const LEFT_ALONE: readonly string[] = [
  '_norm.weight',
  'ffn_gate_inp.weight',
  'ffn_gate_tid2eid.weight',
  'altup',
  'laurel',
  'per_layer_model_proj',
  'ssm_conv1d',
  'shortconv.conv.weight',
  'indexer.k_proj.weight',
  'indexer.q_proj.weight',
  'time_mix_first.weight',
  'time_mix_w0.weight',
  'time_mix_w1.weight',
  'time_mix_w2.weight',
  'time_mix_v0.weight',
  'time_mix_v1.weight',
  'time_mix_v2.weight',
  'time_mix_a0.weight',
  'time_mix_a1.weight',
  'time_mix_a2.weight',
  'time_mix_g1.weight',
  'time_mix_g2.weight',
  'time_mix_decay_w1.weight',
  'time_mix_decay_w2.weight',
  'time_mix_lerp_fused.weight',
  'attn_rel_b.weight',
  '.position_embd',
  'sam.pos_embd',
  'sam.neck.',
  'sam.net_',
  '.rel_pos',
  '.patch_embd',
  '.patch_merger',
  'a.rvq.codebook',
  'mm.a.code_embd',
];

/** Position and token-type embeddings of encoders. */
const LEFT_ALONE_WHOLE: ReadonlySet<string> = new Set(['position_embd.weight', 'token_types.weight']);

/** Towers in the model file are copied, never quantized. */
const TOWER = /^(?:v|a|mm)\./;

/** Whether llama-quantize gives the tensor a type at all. */
export function isQuantized({ name, shape }: TensorInfo): boolean {
  return (
    dimensions(shape) >= 2 &&
    name.endsWith('weight') &&
    !TOWER.test(name) &&
    !LEFT_ALONE_WHOLE.has(name) &&
    !LEFT_ALONE.some((part) => name.includes(part))
  );
}

/** Number of the block that a tensor belongs to; -1 = none. */
export function blockOf(name: string): number {
  const match = /^blk\.(\d{1,6})\./.exec(name);
  return match === null ? -1 : Number(match[1]);
}

/** The order in which llama-quantize goes through tensors: by block, those outside blocks first, then bytewise by name. */
export function inQuantizeOrder(tensors: readonly TensorInfo[]): readonly TensorInfo[] {
  return tensors
    .map((tensor) => ({ tensor, block: blockOf(tensor.name) }))
    .sort((a, b) => a.block - b.block || (a.tensor.name < b.tensor.name ? -1 : a.tensor.name > b.tensor.name ? 1 : 0))
    .map(({ tensor }) => tensor);
}
