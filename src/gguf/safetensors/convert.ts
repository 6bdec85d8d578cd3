/**
 * What llama.cpp's converter makes of a safetensors repository: the tensor table and the metadata, from config.json and
 * the safetensors headers alone.
 *
 * Source: llama.cpp conversion/base.py (`ModelBase.prepare_tensors`, `TextModel`) at 0c1e57098, families in families/.
 */

import type { ModelSpec, TensorInfo } from '../../estimator/types.ts';
import { GgufError } from '../errors.ts';
import { converterClass, readConfig } from './config.ts';
import { familyOf } from './families/index.ts';
import { convertedMetadata } from './metadata.ts';
import { ggufName } from './names.ts';
import { dequantized } from './quantized.ts';
import { isTowerTensor, towerOf } from './tower.ts';
import type { Conversion, Family, Piece, SourceTensor } from './types.ts';

/** A repository as far as a conversion needs it. */
export interface SafetensorsRepository {
  /** Name for the spec. */
  readonly name?: string;
  /** `config.json`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** All tensors of all its files, from their headers. */
  readonly tensors: readonly SourceTensor[];
  /** Tokens of `tokenizer.json` (model and added ones): Gemma's embedding is cut to them. */
  readonly vocabulary?: number;
}

const MAX_TENSORS = 400_000;
const MAX_DIMENSION = 2 ** 40;

/** Types that are F32 whatever the output type, by the part of the name behind the layer. */
const ALWAYS_F32 =
  /(?:^|\.)(?:ffn_gate_inp|ffn_gate_inp_shexp|position_embd|token_types|ssm_conv1d|ssm_conv1d_[qkv]|shortconv\.conv|time_mix_first|time_mix_w1|time_mix_w2|time_mix_decay_w1|time_mix_decay_w2|time_mix_lerp_fused|altup_correct_coef|altup_predict_coef|indexer\.proj)\.weight$/;

/** Leftovers that no file needs. */
const UNWANTED = /(?:\.attention\.masked_bias|\.attention\.bias|\.rotary_emb\.inv_freq)$/;

/**
 * @throws GgufError `safetensors-class-unknown` (params.class) where the class's rules are not known here,
 *   `safetensors-name-unknown` (params.name) for a tensor without a name in GGUF, `safetensors-quantization-refused`,
 *   `safetensors-invalid`
 */
export function specFromSafetensors(repository: SafetensorsRepository): ModelSpec {
  const className = converterClass(repository.config);
  if (className === undefined) {
    throw new GgufError('safetensors-invalid', { what: 'architectures' });
  }
  const family = familyOf(className);
  if (family === undefined) {
    throw new GgufError('safetensors-class-unknown', { class: className });
  }
  return convert(repository, family, className);
}

function convert(repository: SafetensorsRepository, family: Family, className: string): ModelSpec {
  const config = readConfig(repository.config);
  if (repository.tensors.length > MAX_TENSORS) {
    throw new GgufError('gguf-limit-exceeded', { what: 'tensors', limit: MAX_TENSORS });
  }
  const names = repository.tensors.map(({ name }) => name);
  const known = new Map<string, boolean>();
  const has = (part: string): boolean => {
    const answer = known.get(part) ?? names.some((name) => name.startsWith(part) || name.includes(`.${part}`));
    known.set(part, answer);
    return answer;
  };
  const architecture = typeof family.architecture === 'string' ? family.architecture : family.architecture(config);
  const layers =
    config.number('n_layers', 'num_hidden_layers', 'n_layer', 'num_layers') ?? config.list('layers_block_type')?.length;
  if (layers === undefined || layers < 1 || layers > 4096) {
    throw new GgufError('safetensors-invalid', { what: 'num_hidden_layers' });
  }
  const blocks = layers + (family.extraBlocks?.(config, has) ?? 0);
  const conversion: Conversion = { config, architecture, blocks, has };

  const tower: SourceTensor[] = [];
  const experts = new ExpertStacks();
  const sixteenBits = widthOf(repository.tensors);
  const tensors = new Map<string, TensorInfo>();
  const write = (piece: Piece): void => {
    const name = piece.final === true ? piece.name : ggufName(piece.name, architecture);
    if (name === undefined) {
      throw new GgufError('safetensors-name-unknown', { name: piece.name.slice(0, 200), class: className });
    }
    if (!piece.shape.every((n) => Number.isInteger(n) && n > 0 && n <= MAX_DIMENSION)) {
      throw new GgufError('safetensors-invalid', { what: piece.name.slice(0, 200) });
    }
    tensors.set(name, {
      name,
      shape: piece.shape.toReversed(),
      type: piece.type ?? typeOf(name, piece.shape, sixteenBits),
    });
  };

  for (const piece of family.invented?.(conversion) ?? []) {
    write(piece);
  }
  for (const tensor of dequantized(repository.tensors, config)) {
    if (isTowerTensor(tensor.name)) {
      tower.push(tensor);
      continue;
    }
    if (UNWANTED.test(tensor.name)) {
      continue;
    }
    const bare = tensor.name
      .replace(/e_score_correction_bias$/, 'e_score_correction.bias')
      .replace('language_model.', '');
    const name = family.rename === undefined ? bare : family.rename(bare, conversion);
    if (name === null) {
      continue;
    }
    const { type } = tensor;
    const own: Piece = { name, shape: tensor.shape, ...(type === undefined ? {} : { type }) };
    if (experts.take(own)) {
      continue;
    }
    for (const piece of reshaped(own, family, conversion)) {
      write(piece);
    }
  }
  for (const stacked of experts.all()) {
    for (const piece of reshaped(stacked, family, conversion)) {
      write(piece);
    }
  }

  const table = cutVocabulary([...tensors.values()], architecture, repository.vocabulary);
  const embedding = table.find((tensor) => tensor.name === 'token_embd.weight');
  const name = repository.name ?? className;
  const projector = towerOf(tower, config, wrapperClass(repository.config));
  return {
    name,
    architecture,
    metadata: convertedMetadata(conversion, family, name, embedding?.shape[1]),
    tensors: table,
    ...(projector === undefined ? {} : { projector }),
  };
}

function reshaped(piece: Piece, family: Family, conversion: Conversion): readonly Piece[] {
  return family.reshape?.(piece, conversion) ?? [piece];
}

function wrapperClass(config: Readonly<Record<string, unknown>>): string | undefined {
  const [name] = Array.isArray(config.architectures) ? config.architectures : [];
  return typeof name === 'string' ? name : undefined;
}

/** The output type that the converter guesses: that of the first matrix, F16 where it is neither. */
function widthOf(tensors: readonly SourceTensor[]): 'BF16' | 'F16' {
  const first = tensors.find(({ dtype, shape }) => shape.length >= 2 && (dtype === 'BF16' || dtype === 'F16'));
  return first?.dtype === 'BF16' ? 'BF16' : 'F16';
}

function typeOf(name: string, shape: readonly number[], sixteenBits: string): string {
  const full = shape.length <= 1 || name.endsWith('_norm.weight') || !name.endsWith('.weight') || ALWAYS_F32.test(name);
  return full ? 'F32' : sixteenBits;
}

/** Gemma's embedding has rows that no token stands for; the converter cuts them off where it knows the tokenizer. */
function cutVocabulary(
  tensors: readonly TensorInfo[],
  architecture: string,
  vocabulary: number | undefined,
): readonly TensorInfo[] {
  if (vocabulary === undefined || (architecture !== 'gemma3' && architecture !== 'gemma-embedding')) {
    return tensors;
  }
  return tensors.map((tensor) =>
    tensor.name === 'token_embd.weight' && tensor.shape[1]! > vocabulary
      ? { ...tensor, shape: [tensor.shape[0]!, vocabulary] }
      : tensor,
  );
}

const EXPERT = /^(.*\.experts)\.(\d{1,6})\.([A-Za-z0-9_]+)\.(weight|bias)$/;

/** Experts that a checkpoint keeps one by one become one tensor with the expert as its slowest dimension. */
class ExpertStacks {
  readonly #stacks = new Map<string, { shape: readonly number[]; count: number; type: string | undefined }>();

  /** Takes an expert's tensor. @returns false where it is none */
  take(piece: Piece): boolean {
    const match = EXPERT.exec(piece.name);
    if (match === null) {
      return false;
    }
    const [, base, index, part, suffix] = match;
    const name = `${base}.${part}.${suffix}`;
    const stack = this.#stacks.get(name) ?? { shape: piece.shape, count: 0, type: piece.type };
    stack.count = Math.max(stack.count, Number(index) + 1);
    this.#stacks.set(name, stack);
    return true;
  }

  /** The stacked tensors. */
  all(): readonly Piece[] {
    return [...this.#stacks].map(([name, { shape, count, type }]) => ({
      name,
      shape: [count, ...shape],
      ...(type === undefined ? {} : { type }),
    }));
  }
}
