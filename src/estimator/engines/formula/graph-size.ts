/**
 * Ollama's formulas for the compute graph, by architecture. Source: GGML.GraphSize in fs/ggml/ggml.go (earlier
 * llm/ggml.go), 0.1.38 to 0.24.0. All integers; divisions cut off, in the order in which Go evaluates them.
 */

import { MIB } from '../../../base/bytes.ts';
import { elementCount } from '../../model/ggml-types.ts';
import { architectureNumber } from '../../plan/facts.ts';
import { atLeast } from '../../versions.ts';
import { firstBlockTensor, type ModelFacts, ollamaTensorBytes } from './model-facts.ts';

/** Compute graph of one GPU, bytes: when everything is on GPUs, and when it is not. 0 = no formula of its own. */
export interface GraphSize {
  readonly fullBytes: number;
  readonly partialBytes: number;
}

/** What the formulas take. */
export interface GraphInput {
  /** Tokens over all slots. */
  readonly context: number;
  readonly batch: number;
  readonly numParallel: number;
  readonly flashAttention: boolean;
  /** Sum of the cache over all layers, sliding windows not considered, bytes. */
  readonly plainCacheBytes: number;
}

/** The formulas' values, with the fallback of estimateGPULayers where an architecture has none of its own. */
export function graphSize(facts: ModelFacts, input: GraphInput, cacheBytes: number): GraphSize {
  const own = architectureGraph(facts, input);
  const partialBytes = own.partialBytes === 0 ? fallbackGraph(facts, cacheBytes) : own.partialBytes;
  return { partialBytes, fullBytes: own.fullBytes === 0 ? partialBytes : own.fullBytes };
}

/** heads/KV heads · cache / 6, for every architecture without a formula. */
function fallbackGraph(facts: ModelFacts, cacheBytes: number): number {
  const ratio = Math.floor(facts.heads / (facts.headsKvMin === 0 ? 1 : facts.headsKvMin));
  return Math.floor((ratio * cacheBytes) / 6);
}

function architectureGraph(facts: ModelFacts, input: GraphInput): GraphSize {
  switch (facts.architecture) {
    case 'llama':
      return llamaGraph(facts, input);
    case 'llama4':
      return atLeast(facts.version, '0.6.7') ? llamaGraph(facts, input) : NONE;
    case 'mllama':
      return atLeast(facts.version, '0.4.0') ? mllamaGraph(facts, input) : NONE;
    case 'gemma':
    case 'gemma2':
      return gemmaGraph(facts, input);
    case 'gemma3':
      return atLeast(facts.version, '0.6.0') ? gemmaGraph(facts, input) : NONE;
    case 'gemma3n': {
      if (!atLeast(facts.version, '0.9.3')) {
        return NONE;
      }
      const { fullBytes, partialBytes } = gemmaGraph(facts, input);
      return { fullBytes: fullBytes * 4, partialBytes: partialBytes * 4 };
    }
    case 'command-r':
      return commandRGraph(facts, input);
    case 'qwen2':
      return qwen2Graph(facts, input);
    case 'phi2':
      return phi2Graph(facts, input);
    case 'stablelm':
      return stableLmGraph(facts, input);
    case 'deepseek2':
      return deepseek2Graph(facts, input);
    case 'chatglm':
      return chatGlmGraph(facts, input);
    case 'gptoss':
      return atLeast(facts.version, '0.11.0') ? gptOssGraph(facts, input) : NONE;
    case 'gpt-oss':
      return atLeast(facts.version, '0.11.5') ? gptOssGraph(facts, input) : NONE;
    default:
      return NONE;
  }
}

const NONE: GraphSize = { fullBytes: 0, partialBytes: 0 };

/** Logits plus an unpacked copy of the output matrix: what a partly offloaded model needs at least. */
function vocabularyGraph(facts: ModelFacts, batch: number): number {
  const { embedding: e, vocabulary: v } = facts;
  return 4 * batch * (e + v) + unpackedOutput(facts);
}

function unpackedOutput(facts: ModelFacts): number {
  return Math.floor((facts.embedding * facts.vocabulary * 105) / 128);
}

function llamaGraph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, headsKv: hk, headLength: d, vocabulary: v } = facts;
  const attention = 4 * b * (1 + 4 * e + c * (1 + h));
  const fullBytes = atLeast(facts.version, '0.3.10') ? Math.max(attention, 4 * b * (e + v)) : attention;
  const experts = firstBlockTensor(facts, 'ffn_gate_exps.weight');
  if (experts !== undefined) {
    const expertBytes = ollamaTensorBytes(experts, facts.architecture, facts.version);
    const ff = architectureNumber(facts.spec, 'feed_forward_length');
    return {
      fullBytes,
      partialBytes: Math.max(
        3 * expertBytes + 4 * b * (2 * ff + hk + e + c + d * hk),
        4 * (c * b * h + c * d * hk + b * 1024 + d * hk * b),
      ),
    };
  }
  const firstExpert = firstBlockTensor(facts, 'ffn_gate.0.weight');
  if (firstExpert !== undefined) {
    const g = firstExpert.shape[1] ?? 0;
    return {
      fullBytes: 4 * b * (2 + 3 * e + c * (1 + h) + 2 * hk + g),
      partialBytes: Math.max(
        4 * b * (3 + d * hk + e + c * (1 + h) + g) + Math.floor(((e * e + 3 * e * hk * g) * 9) / 16),
        4 * b * (1 + 2 * e + c * (1 + h)) + e * (Math.floor((6 * c * hk) / h) + Math.floor((e * 9) / 16)),
      ),
    };
  }
  return {
    fullBytes,
    partialBytes:
      4 * b * e +
      Math.max(
        4 * b * (1 + e + Math.max(c, e)) + Math.floor((e * e * 9) / 16) + 4 * c * (b * h + d * hk),
        vocabularyGraph(facts, b),
      ),
  };
}

function mllamaGraph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, headsKv: hk, keyLength: dk, vocabulary: v } = facts;
  const ropeFreqs = facts.spec.tensors.find((tensor) => tensor.name === 'rope_freqs.weights');
  const r = ropeFreqs === undefined ? 0 : elementCount(ropeFreqs.shape);
  return {
    fullBytes: Math.max(4 * b * (2 + 3 * e + dk * h + c * (1 + h)), 4 * b * (e + v)),
    partialBytes: Math.max(4 * (b * (2 * e + 1 + c * (1 + h) + dk * h) + r + dk * c * hk), vocabularyGraph(facts, b)),
  };
}

function gemmaGraph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, keyLength: dk, vocabulary: v } = facts;
  if (!atLeast(facts.version, '0.2.0')) {
    return { fullBytes: 4 * b * (e + v), partialBytes: 4 * b * (2 * e + v + 1) + unpackedOutput(facts) };
  }
  return {
    fullBytes: Math.max(4 * b * (e + v), 4 * b * (2 + c + c * h + 2 * e + 2 * dk * h)),
    partialBytes: Math.max(
      4 * e * b + unpackedOutput(facts) + 4 * v * b,
      4 * b * (2 * e + 1 + 2 * dk * h + c + c * h) + 4 * dk * c * 8 + Math.floor((e * dk * h * 9) / 16),
    ),
  };
}

function commandRGraph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, vocabulary: v } = facts;
  return {
    fullBytes: Math.max(4 * b * (e + v), 4 * b * (2 + 4 * e + c * (1 + h))),
    partialBytes: Math.max(
      vocabularyGraph(facts, b),
      4 * b * (1 + 2 * e + c * (1 + h)) + 4 * e * c + Math.floor((e * e * 9) / 16),
    ),
  };
}

function qwen2Graph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, vocabulary: v } = facts;
  return {
    fullBytes: Math.max(4 * b * (e + v), 4 * b * (1 + 2 * e + c + c * h)),
    partialBytes: Math.max(vocabularyGraph(facts, b), 4 * (b * (1 + 2 * e + c * (1 + h)) + e * (1 + c))),
  };
}

function phi2Graph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, vocabulary: v } = facts;
  return {
    fullBytes: Math.max(4 * b * (e + v), 4 * b * (1 + 4 * e + c + c * h)),
    partialBytes: Math.max(4 * b * (2 * e + v) + unpackedOutput(facts), 4 * b * (2 + 3 * e + c + c * h)),
  };
}

function stableLmGraph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, vocabulary: v } = facts;
  const fullBytes = 4 * b * (c * (1 + h) + 3 * e + 2);
  return { fullBytes, partialBytes: Math.max(4 * b * (v + 2 * e), fullBytes) };
}

function deepseek2Graph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, headsKv: hk, keyLength: dk, vocabulary: v } = facts;
  return {
    fullBytes: Math.max(4 * b * (3 * e + v), 4 * b * (3 * e + 2 + c * (1 + hk) + 2 * dk * hk)),
    partialBytes: Math.max(
      4 * b * (3 * e + v) + unpackedOutput(facts),
      4 * b * (2 * e + 1 + 2 * dk * hk + c + c * hk) + 4 * dk * c * hk + Math.floor((e * dk * hk * 9) / 16),
    ),
  };
}

function chatGlmGraph(facts: ModelFacts, { context: c, batch: b }: GraphInput): GraphSize {
  const { embedding: e, heads: h, keyLength: dk, vocabulary: v } = facts;
  const fullBytes = 4 * b * (e + v);
  const partialBytes = vocabularyGraph(facts, b);
  const bias = firstBlockTensor(facts, 'attn_qkv.bias')?.shape[0];
  if (bias === undefined) {
    return { fullBytes, partialBytes };
  }
  return {
    fullBytes: Math.max(fullBytes, 4 * b * (2 + 2 * e + c + c * h + dk * h + bias)),
    partialBytes: Math.max(partialBytes, 4 * b * (1 + 2 * e + dk * h + c + c * h) + 4 * dk * c + 4 * c * dk + 4 * bias),
  };
}

function gptOssGraph(facts: ModelFacts, input: GraphInput): GraphSize {
  const { version } = facts;
  const hk = facts.headsKvMin === 0 ? 1 : facts.headsKvMin;
  if (!atLeast(version, '0.11.5')) {
    const fullBytes = Math.floor((Math.floor((4 * facts.heads) / hk) * input.plainCacheBytes) / 6);
    return { fullBytes, partialBytes: atLeast(version, '0.11.3') ? fullBytes : 2 * fullBytes };
  }
  if (input.flashAttention && atLeast(version, '0.11.8')) {
    return { fullBytes: 0, partialBytes: (4 * input.numParallel + Math.floor(input.context / 1024) + 110) * MIB };
  }
  return {
    fullBytes: 0,
    partialBytes: Math.floor((Math.floor((2 * facts.heads) / hk) * input.plainCacheBytes) / 6),
  };
}
