/**
 * Bounds on what a model file says of itself: whatever stands in its metadata, no estimate runs long, counts below
 * nothing or loses itself in figures that are none. Every engine comes through {@link checkBounds}.
 *
 * Source: llama-hparams.h (LLAMA_MAX_LAYERS, LLAMA_MAX_EXPERTS), llama-model.cpp (`load_hparams`: experts used are no
 * more than experts), gguf.cpp (a tensor's elements and bytes fit 64 bits), llama.cpp.
 */

import type { MetadataValue, ModelSpec } from '../types.ts';
import { EstimateError } from '../types.ts';

/** LLAMA_MAX_LAYERS: more blocks than llama.cpp can hold. */
export const MAX_LAYERS = 512;
/** LLAMA_MAX_EXPERTS of the newest build known; older builds hold fewer (builds.ts). */
export const MAX_EXPERTS = 1024;
/** The largest number that llama.cpp reads as a count or a length: GGUF's u32 taken as a signed int. */
export const MAX_LENGTH = 2 ** 31 - 1;
/** More elements than a tensor has that any machine holds. */
const MAX_ELEMENTS = 2 ** 48;
/** More tensors than a file of 512 layers has that llama.cpp loads. */
const MAX_TENSORS = 2 ** 18;

/** Keys behind `<architecture>.` whose values are whole numbers from 0: counts, lengths, sizes, numbers of kinds. */
export const COUNT_KEYS = [
  'attention.chunk_size',
  'attention.compress_ratios',
  'attention.cross_attention_layers',
  'attention.head_count',
  'attention.head_count_kv',
  'attention.indexer.block_size',
  'attention.indexer.head_count',
  'attention.indexer.key_length',
  'attention.indexer.top_k',
  'attention.indexer.types',
  'attention.key_length',
  'attention.key_length_mla',
  'attention.key_length_swa',
  'attention.kv_lora_rank',
  'attention.output_group_count',
  'attention.output_lora_rank',
  'attention.q_lora_rank',
  'attention.recurrent_layers',
  'attention.shared_kv_layers',
  'attention.sliding_window',
  'attention.sliding_window_pattern',
  'attention.value_length',
  'attention.value_length_mla',
  'attention.value_length_swa',
  'block_count',
  'context_length',
  'decoder_block_count',
  'embedding_length',
  'embedding_length_out',
  'embedding_length_per_layer_input',
  'expert_chunk_feed_forward_length',
  'expert_count',
  'expert_feed_forward_length',
  'expert_gating_func',
  'expert_group_count',
  'expert_group_used_count',
  'expert_shared_count',
  'expert_shared_feed_forward_length',
  'expert_used_count',
  'feed_forward_length',
  'full_attention_interval',
  'hash_layer_count',
  'hyper_connection.count',
  'kda.head_dim',
  'leading_dense_block_count',
  'n_deepstack_layers',
  'nextn_predict_layers',
  'num_loops',
  'pooling_type',
  'rescale_every_n_layers',
  'rope.dimension_count',
  'rope.dimension_count_swa',
  'rope.dimension_sections',
  'rope.scaling.original_context_length',
  'shortconv.l_cache',
  'ssm.conv_kernel',
  'ssm.group_count',
  'ssm.inner_size',
  'ssm.state_size',
  'ssm.time_step_rank',
  'token_shift_count',
  'vocab_size',
  'wkv.head_size',
] as const;

/** The same for the tower of a model that sees or hears, behind `vision.` or `audio.`. */
const TOWER_COUNT_KEYS = [
  'attention.head_count',
  'block_count',
  'embedding_length',
  'feed_forward_length',
  'image_size',
  'max_num_tiles',
  'max_pixels',
  'num_channels',
  'patch_size',
  'projection_dim',
  'projector.scale_factor',
  'spatial_merge_size',
] as const;

/** A key of {@link COUNT_KEYS}. */
export type CountKey = (typeof COUNT_KEYS)[number];

/** Keys whose values are factors or limits of real numbers; no size depends on how large they are. */
export type RealKey =
  | 'attention.clamp_kqv'
  | 'attention.layer_norm_rms_epsilon'
  | 'attention.max_alibi_bias'
  | 'attention.temperature_scale'
  | 'attention.value_scale'
  | 'attn_logit_softcapping'
  | 'embedding_scale'
  | 'expert_weights_scale'
  | 'final_logit_softcapping'
  | 'logit_scale'
  | 'residual_scale'
  | 'swiglu_clamp_exp'
  | 'swiglu_clamp_shexp';

/** A key that holds numbers. What reads a key that is not named here, and so not bounded, does not compile. */
export type NumberKey = CountKey | RealKey;

const checked = new WeakSet<ModelSpec>();

/**
 * Checks a model's metadata and tensor table once; every engine asks before it reads them.
 *
 * @throws EstimateError `metadata-invalid` (a count that is negative or no whole number), `metadata-too-large` (one
 * beyond what its file or llama.cpp can hold), `layers-without-tensors`, `tensor-invalid`, `tensor-too-large`
 */
export function checkBounds(spec: ModelSpec): void {
  if (checked.has(spec)) {
    return;
  }
  const { architecture, metadata } = spec;
  for (const key of COUNT_KEYS) {
    checkCounts(`${architecture}.${key}`, metadata[`${architecture}.${key}`]);
  }
  checkCounts('tokenizer.ggml.tokens.length', metadata['tokenizer.ggml.tokens.length']);
  checkTower(spec);
  checkTensors(spec);
  checkLayers(spec);
  checkExperts(spec);
  checked.add(spec);
}

function checkTower({ architecture, metadata, projector }: ModelSpec): void {
  for (const values of projector === undefined ? [metadata] : [metadata, projector.metadata]) {
    for (const prefix of ['clip', architecture]) {
      for (const key of TOWER_COUNT_KEYS) {
        for (const name of [`${prefix}.vision.${key}`, `${prefix}.audio.${key}`]) {
          checkCounts(name, values[name]);
        }
      }
    }
  }
  if (projector !== undefined && !(Number.isSafeInteger(projector.weightsBytes) && projector.weightsBytes >= 0)) {
    throw new EstimateError('metadata-invalid', { key: 'projector', value: String(projector.weightsBytes) });
  }
}

function checkCounts(key: string, value: MetadataValue | undefined): void {
  if (typeof value === 'number') {
    checkCount(key, value);
    return;
  }
  if (Array.isArray(value)) {
    for (const one of value as readonly (string | number | boolean)[]) {
      if (typeof one === 'number') {
        checkCount(key, one);
      }
    }
  }
}

function checkCount(key: string, value: number): void {
  if (!Number.isInteger(value) || value < 0) {
    throw new EstimateError('metadata-invalid', { key, value: String(value) });
  }
  if (value > MAX_LENGTH) {
    throw new EstimateError('metadata-too-large', { key, value: String(value), max: MAX_LENGTH });
  }
}

function checkTensors({ tensors, projector }: ModelSpec): void {
  const count = tensors.length + (projector?.tensors.length ?? 0);
  if (count > MAX_TENSORS) {
    throw new EstimateError('metadata-too-large', { key: 'tensors', value: String(count), max: MAX_TENSORS });
  }
  for (const list of [tensors, projector?.tensors ?? []]) {
    for (const { name, shape } of list) {
      let elements = 1;
      for (const size of shape) {
        if (!Number.isInteger(size) || size < 1) {
          throw new EstimateError('tensor-invalid', { tensor: name.slice(0, 80) });
        }
        elements *= size;
      }
      if (!(elements <= MAX_ELEMENTS)) {
        throw new EstimateError('tensor-too-large', { tensor: name.slice(0, 80) });
      }
    }
  }
}

/** `blk.N.`, also behind T5's `enc.` and `dec.`. */
const BLOCK = /(?:^|\.)blk\.(\d{1,9})\./;

function checkLayers(spec: ModelSpec): void {
  const key = `${spec.architecture}.block_count`;
  const layers = spec.metadata[key];
  if (typeof layers !== 'number' || layers === 0) {
    return;
  }
  if (layers > MAX_LAYERS) {
    throw new EstimateError('metadata-too-large', { key, value: String(layers), max: MAX_LAYERS });
  }
  let last = -1;
  for (const { name } of spec.tensors) {
    const block = BLOCK.exec(name);
    if (block !== null) {
      last = Math.max(last, Number(block[1]));
    }
  }
  // Blocks for multi-token prediction are counted, too, where a file leaves them out.
  const aheadKey = `${spec.architecture}.nextn_predict_layers`;
  const stated = spec.metadata[aheadKey];
  const ahead = typeof stated === 'number' ? stated : 0;
  if (ahead >= layers) {
    throw new EstimateError('metadata-too-large', { key: aheadKey, value: String(ahead), max: layers - 1 });
  }
  const most = last + 1 + ahead;
  if (layers > most && spec.tensors.length > 0) {
    throw new EstimateError('layers-without-tensors', { key, value: layers, blocks: last + 1 });
  }
}

function checkExperts({ architecture, metadata }: ModelSpec): void {
  const number = (key: CountKey): number => {
    const value = metadata[`${architecture}.${key}`];
    return typeof value === 'number' ? value : 0;
  };
  const limits: readonly (readonly [key: CountKey, max: number])[] = [
    ['expert_count', MAX_EXPERTS],
    ['expert_used_count', number('expert_count')],
    ['expert_group_count', number('expert_count')],
    ['expert_group_used_count', Math.max(number('expert_group_count'), 1)],
  ];
  for (const [key, max] of limits) {
    const value = number(key);
    if (value > max) {
      throw new EstimateError('metadata-too-large', { key: `${architecture}.${key}`, value: String(value), max });
    }
  }
}
