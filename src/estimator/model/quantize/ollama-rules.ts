/**
 * Ollama's own choices: what its quantizer in Go did (about 0.7 to 0.24), and what `ollama create --quantize` of 0.30 and
 * later tells llama-quantize beside the target.
 *
 * Source: ollama server/quantization.go: `newType`, `getTensorNewType`, `qwen3LinearAttnQuantType` before 0.30;
 * `llamaQuantizeArgs` at v0.33.0-rc2.
 */

import type { TensorInfo } from '../../types.ts';
import { GGML_TYPES } from '../ggml-types.ts';
import type { QuantizeFacts } from './facts.ts';
import { type Counters, getsMoreBits } from './llama-rules.ts';

const K_QUANTS: ReadonlySet<string> = new Set(['Q4_K_M', 'Q4_K_S']);

/** Weights that Ollama's own quantizer left alone, by a part of their name. */
const LEFT_ALONE: readonly string[] = [
  'mm.',
  '_norm.weight',
  'ffn_gate_inp.weight',
  'ffn_gate_inp_shexp.weight',
  'ssm_conv1d.weight',
  'shortconv.conv.weight',
  'time_mix_first.weight',
  'time_mix_w1.weight',
  'time_mix_w2.weight',
  'time_mix_decay_w1.weight',
  'time_mix_decay_w2.weight',
  'time_mix_lerp_fused.weight',
  'attn_rel_b.weight',
  'per_layer_token_embd.weight',
];

/** Whether Ollama's own quantizer gave the tensor a type. It counts dimensions as they are written. */
export function isQuantizedByOllama({ name, shape }: TensorInfo): boolean {
  return (
    shape.length >= 2 &&
    name.endsWith('weight') &&
    !/^[va]\./.test(name) &&
    name !== 'position_embd.weight' &&
    name !== 'token_types.weight' &&
    !LEFT_ALONE.some((part) => name.includes(part))
  );
}

/** Models with linear attention have a type by name. */
const LINEAR_ATTENTION: ReadonlySet<string> = new Set(['qwen3next', 'qwen35', 'qwen35moe']);
const LINEAR_Q6: readonly string[] = ['.attn_v.weight', '.ffn_down_exps.weight', '.ffn_down_shexp.weight'];
const LINEAR_Q4: readonly string[] = [
  '.attn_q.weight',
  '.attn_k.weight',
  '.attn_output.weight',
  '.attn_qkv.weight',
  '.attn_gate.weight',
  '.ssm_ba.weight',
  '.ssm_beta.weight',
  '.ssm_alpha.weight',
  '.ssm_out.weight',
  '.ffn_gate_exps.weight',
  '.ffn_gate_shexp.weight',
  '.ffn_up_exps.weight',
  '.ffn_up_shexp.weight',
];

/** Multi-head latent attention keeps its small matrices in eight bits. */
const LATENT: readonly string[] = [
  'attn_k_b.weight',
  'attn_v_b.weight',
  'attn_kv_a_mqa.weight',
  'attn_q_a.weight',
  'attn_q_b.weight',
];

const FALLBACK: Readonly<Record<string, string>> = { Q4_K: 'Q5_0', Q5_K: 'Q5_1', Q6_K: 'Q8_0' };

/** The type that Ollama's own quantizer gave a tensor. Advances the counters. */
export function chooseTypeByOllama(
  tensor: TensorInfo,
  defaultType: string,
  facts: QuantizeFacts,
  counters: Counters,
): string {
  const { name } = tensor;
  if (LINEAR_ATTENTION.has(facts.architecture) && K_QUANTS.has(facts.target)) {
    if (LINEAR_Q6.some((part) => name.endsWith(part))) {
      return 'Q6_K';
    }
    if (LINEAR_Q4.some((part) => name.endsWith(part))) {
      return 'Q4_K';
    }
  }
  const type = byName(tensor, defaultType, facts, counters);
  const row = tensor.shape[0] ?? 1;
  if (row % GGML_TYPES[type]!.blockSize === 0) {
    return type;
  }
  const instead = FALLBACK[type] ?? type;
  return row % GGML_TYPES[instead]!.blockSize === 0 ? instead : 'F16';
}

function byName(tensor: TensorInfo, defaultType: string, facts: QuantizeFacts, counters: Counters): string {
  const { name } = tensor;
  const medium = facts.target === 'Q4_K_M';
  const small = facts.target === 'Q4_K_S';
  if (name === 'output.weight' || (facts.tiedEmbeddings && name === 'token_embd.weight')) {
    const divides = tensor.shape[0]! % GGML_TYPES[defaultType]!.blockSize === 0;
    return !divides || defaultType === 'Q8_0' ? 'Q8_0' : 'Q6_K';
  }
  if (name.includes('attn_v.weight')) {
    const index = counters.value;
    counters.value++;
    if (facts.experts === 8) {
      return 'Q8_0';
    }
    if (medium && getsMoreBits(index, facts.valueTensors)) {
      return 'Q6_K';
    }
    return small && index < 4 ? 'Q5_K' : defaultType;
  }
  if (name.includes('attn_k.weight')) {
    return facts.experts === 8 ? 'Q8_0' : defaultType;
  }
  if (LATENT.some((part) => name.includes(part))) {
    return 'Q8_0';
  }
  if (name.includes('ffn_down')) {
    // Experts go with the dense network of their layer, which comes before them.
    const experts = name.includes('_exps');
    const index = experts ? Math.max(0, counters.down - 1) : counters.down;
    counters.down += experts ? 0 : 1;
    if (medium && getsMoreBits(index, facts.layers)) {
      return 'Q6_K';
    }
    return small && index < Math.floor(facts.layers / 8) ? 'Q5_K' : defaultType;
  }
  if (name.includes('attn_output.weight')) {
    return facts.experts === 8 && (medium || small) ? 'Q5_K' : defaultType;
  }
  return name.includes('attn_qkv.weight') && medium ? 'Q5_K' : defaultType;
}

/** What `ollama create --quantize` of 0.30 and later fixes for some architectures: the first pattern that matches wins. */
const FIXED: Readonly<Record<string, readonly (readonly [pattern: RegExp, type: string])[]>> = {
  qwen35: [[/^blk\.[0-9]+\.nextn\.eh_proj\.weight$/, 'Q8_0']],
  qwen35moe: [[/^blk\.[0-9]+\.nextn\.eh_proj\.weight$/, 'Q8_0']],
  gemma3n: [[/^per_layer_token_embd\.weight$/, 'F16']],
  deepseek2: [[/attn_(?:k_b|q_a|q_b|v_b|kv_a_mqa)\.weight$/, 'Q8_0']],
  glm4: [[/^(?:token_embd|output)\.weight$/, 'F16']],
  glmocr: [[/^(?:token_embd|output)\.weight$/, 'F16']],
};

/** The type that Ollama fixes for a tensor; undefined = llama-quantize chooses. */
export function fixedByOllama(tensor: TensorInfo, { architecture, target }: QuantizeFacts): string | undefined {
  if (!K_QUANTS.has(target) || !Object.hasOwn(FIXED, architecture)) {
    return undefined;
  }
  return FIXED[architecture]!.find(([pattern]) => pattern.test(tensor.name))?.[1];
}
