/**
 * A model through the eyes of Ollama's Go code: hyper-parameters with its defaults, tensor groups with its sizes.
 * Source: fs/ggml/ggml.go (earlier llm/ggml.go), 0.1.38 to 0.24.0.
 */

import { checkBounds } from '../../model/bounds.ts';
import { elementCount, ggmlType } from '../../model/ggml-types.ts';
import { ollamaArchitecture } from '../../model/ollama-architecture.ts';
import { architectureNumber, architectureNumbers, architectureValue, blockCount } from '../../plan/facts.ts';
import { EstimateError, type ModelSpec, type TensorInfo } from '../../types.ts';
import { atLeast, compareVersions, type Version } from '../../versions.ts';

/** Sizes of a model's parts as one version of Ollama counts them, bytes. */
export interface ModelFacts {
  readonly architecture: string;
  /** Number of blocks. */
  readonly blocks: number;
  readonly embedding: number;
  /** Largest number of attention heads of a layer. */
  readonly heads: number;
  /** Largest number of KV heads of a layer. */
  readonly headsKv: number;
  /** Smallest number of KV heads of a layer. */
  readonly headsKvMin: number;
  readonly headsPerLayer: readonly number[];
  readonly headsKvPerLayer: readonly number[];
  /** Embedding length over (the smallest number of) heads. */
  readonly headLength: number;
  readonly keyLength: number;
  readonly valueLength: number;
  /** Number of tokens in the vocabulary. */
  readonly vocabulary: number;
  /** Bytes per tensor group (`blk.0`, `output`, `v.blk.3`, …). */
  readonly groups: ReadonlyMap<string, number>;
  /** Bytes of `blk.i`; a block without tensors repeats the one before it, as the loop in memory.go does. */
  readonly blockBytes: readonly number[];
  /** Whether `blk.0` has tensors. */
  readonly hasFirstBlock: boolean;
  /** `output_norm` and (`output` or else `token_embd`). */
  readonly outputBytes: number;
  readonly spec: ModelSpec;
  readonly version: Version;
}

/** Name of the group a tensor belongs to (Tensors.GroupLayers). */
export function tensorGroup(name: string): string {
  const parts = name.split('.');
  const index = parts.findIndex((part) => part === 'blk' || part === 'mm');
  if (index !== -1 && parts.length > index + 2) {
    return parts.slice(0, index + 2).join('.');
  }
  return parts[0] ?? name;
}

/**
 * Bytes of a tensor as a version of Ollama counts them: types it does not know have none, and MXFP4 under its own
 * number (39) was 5 % too small in 0.11.5 to 0.11.7. Ollama's own first gpt-oss files (architecture `gptoss`) carry
 * MXFP4 as type 4, which was right from 0.11.0.
 */
export function ollamaTensorBytes(tensor: TensorInfo, architecture: string, version: Version): number {
  const elements = elementCount(tensor.shape);
  const name = tensor.type.toUpperCase();
  if (name === 'MXFP4') {
    if (atLeast(version, '0.11.8') || (architecture === 'gptoss' && atLeast(version, '0.11.0'))) {
      return Math.floor((elements * 17) / 32);
    }
    return atLeast(version, '0.11.5') ? Math.floor((elements * 129) / 256) : 0;
  }
  const type = ggmlType(name);
  if (type === undefined || UNKNOWN_TO_OLLAMA.has(name)) {
    return 0;
  }
  return Math.floor((elements * type.typeSize) / type.blockSize);
}

const UNKNOWN_TO_OLLAMA: ReadonlySet<string> = new Set(['TQ1_0', 'TQ2_0', 'NVFP4', 'Q1_0']);

/**
 * Scales beside matrices belong to NVFP4, which no llama.cpp of these versions reads: a file that it loads has none, since
 * it refuses tensors that it does not know (llama-model-loader.cpp, "wrong number of tensors").
 */
const SCALES = /^blk\.\d+\..*\.(?:input_)?scale$/;

/** Bytes of each group of tensors. */
function sumGroups(spec: ModelSpec, architecture: string, version: Version): Map<string, number> {
  const groups = new Map<string, number>();
  for (const tensor of spec.tensors) {
    if (SCALES.test(tensor.name)) {
      continue;
    }
    const group = tensorGroup(tensor.name);
    groups.set(group, (groups.get(group) ?? 0) + ollamaTensorBytes(tensor, architecture, version));
  }
  return groups;
}

/**
 * Reads a model as a version of Ollama does.
 * @throws EstimateError `missing-key` (block_count, embedding_length), `array-heads-unsupported` (a number of heads per
 * layer before 0.9.3, where Ollama itself panics)
 */
export function readModelFacts(spec: ModelSpec, version: Version): ModelFacts {
  const known = LAST_FACTS.get(spec);
  if (known !== undefined && compareVersions(known.version, version) === 0) {
    return known;
  }
  const facts = readFacts(spec, version);
  LAST_FACTS.set(spec, facts);
  return facts;
}

/** The facts last read of a spec: a search for the largest context asks for the same ones many times. */
const LAST_FACTS = new WeakMap<ModelSpec, ModelFacts>();

function readFacts(spec: ModelSpec, version: Version): ModelFacts {
  checkBounds(spec);
  const blocks = blockCount(spec);
  const embedding = architectureNumber(spec, 'embedding_length');
  if (embedding <= 0) {
    throw new EstimateError('missing-key', { key: `${spec.architecture}.embedding_length` });
  }
  for (const key of ['attention.head_count', 'attention.head_count_kv']) {
    if (Array.isArray(architectureValue(spec, key)) && !atLeast(version, '0.9.3')) {
      throw new EstimateError('array-heads-unsupported', { key: `${spec.architecture}.${key}` });
    }
  }
  const headsDefault = atLeast(version, '0.9.3') ? 1 : 0;
  const headsList = orDefault(architectureNumbers(spec, 'attention.head_count'), headsDefault);
  const headsKvList = orDefault(architectureNumbers(spec, 'attention.head_count_kv'), 1);
  const headsMin = Math.min(...headsList);
  const headLength = headsMin > 0 ? Math.floor(embedding / headsMin) : 0;
  const architecture = ollamaArchitecture(spec);
  const groups = sumGroups(spec, architecture, version);
  const blockBytes: number[] = [];
  for (let i = 0; i < blocks; i++) {
    blockBytes.push(groups.get(`blk.${i}`) ?? blockBytes[i - 1] ?? 0);
  }
  return {
    architecture,
    blocks,
    embedding,
    heads: Math.max(...headsList),
    headsKv: Math.max(...headsKvList),
    headsKvMin: Math.min(...headsKvList),
    headsPerLayer: perLayer(headsList, blocks),
    headsKvPerLayer: perLayer(headsKvList, blocks),
    headLength,
    keyLength: architectureNumber(spec, 'attention.key_length', headLength),
    valueLength: architectureNumber(spec, 'attention.value_length', headLength),
    vocabulary: vocabularySize(spec),
    groups,
    blockBytes,
    hasFirstBlock: groups.has('blk.0'),
    outputBytes: (groups.get('output_norm') ?? 0) + (groups.get('output') ?? groups.get('token_embd') ?? 0),
    spec,
    version,
  };
}

function orDefault(values: readonly number[], fallback: number): readonly number[] {
  return values.length === 0 ? [fallback] : values;
}

/** A list shorter than the model is continued by its only value, or by 1 (KV.HeadCount). */
function perLayer(values: readonly number[], blocks: number): readonly number[] {
  const rest = values.length === 1 ? values[0]! : 1;
  return Array.from({ length: blocks }, (_, i) => values[i] ?? rest);
}

/** Number of tokens: the tokenizer's list, else the embedding's rows (they can differ by padding). */
function vocabularySize(spec: ModelSpec): number {
  const tokens = spec.metadata['tokenizer.ggml.tokens'];
  if (Array.isArray(tokens)) {
    return tokens.length;
  }
  const length = spec.metadata['tokenizer.ggml.tokens.length'];
  if (typeof length === 'number') {
    return length;
  }
  const declared = architectureNumber(spec, 'vocab_size');
  if (declared > 0) {
    return declared;
  }
  return spec.tensors.find((tensor) => tensor.name === 'token_embd.weight')?.shape[1] ?? 0;
}

/** A tensor of the first block by its name within the block. */
export function firstBlockTensor(facts: ModelFacts, name: string): TensorInfo | undefined {
  return facts.spec.tensors.find((tensor) => tensor.name === `blk.0.${name}`);
}
