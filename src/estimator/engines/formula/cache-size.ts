/**
 * Ollama's own reckoning of the KV cache per layer. Source: GGML.GraphSize in fs/ggml/ggml.go, 0.1.38 to 0.24.0.
 */

import { architectureNumber, architectureNumbers } from '../../plan/facts.ts';
import type { KvCacheType } from '../../types.ts';
import { atLeast } from '../../versions.ts';
import type { ModelFacts } from './model-facts.ts';

/** Cache per layer as Ollama reckons it, bytes. */
export interface CacheSize {
  readonly perLayer: readonly number[];
  readonly totalBytes: number;
  /** As if no layer had a sliding window (gpt-oss's graph is derived from it). */
  readonly plainBytes: number;
}

export interface CacheInput {
  /** Tokens over all slots. */
  readonly context: number;
  readonly batch: number;
  readonly numParallel: number;
  readonly kvCacheType: KvCacheType;
}

/** Ollama ignores the scales of quantized types (true sizes: 1.0625 and 0.5625 bytes). */
function bytesPerElement(type: KvCacheType): number {
  if (type === 'q8_0') {
    return 1;
  }
  return type === 'q4_0' ? 0.5 : 2;
}

/** mllama: tokens of one picture tile, and tiles, that cross attention keeps. */
const MLLAMA_VISION_TOKENS = 1601;
const MLLAMA_TILES = 4;

/** The cache of every layer. */
export function cacheSize(facts: ModelFacts, input: CacheInput): CacheSize {
  const plain = plainCache(facts, input);
  const plainBytes = sum(plain);
  if (!atLeast(facts.version, '0.6.3')) {
    // One total for the model, divided evenly; the remainder of the division is lost per layer only.
    const totalBytes = facts.architecture === 'mllama' ? oldMllamaCache(facts, input) : plainBytes;
    const each = Math.floor(totalBytes / facts.blocks);
    return { perLayer: Array.from({ length: facts.blocks }, () => each), totalBytes, plainBytes };
  }
  const perLayer = specialCache(facts, input, plain);
  return { perLayer, totalBytes: sum(perLayer), plainBytes };
}

function plainCache(facts: ModelFacts, { context, kvCacheType }: CacheInput): number[] {
  const bytes = bytesPerElement(kvCacheType);
  const width = facts.keyLength + facts.valueLength;
  if (!atLeast(facts.version, '0.11.11')) {
    return Array.from({ length: facts.blocks }, () => Math.floor(context * width * facts.headsKv * bytes));
  }
  const recurrent = recurrentState(facts);
  return facts.headsKvPerLayer.map((headsKv, i) =>
    headsKv > 0 && facts.headsPerLayer[i]! > 0 ? Math.floor(context * width * headsKv * bytes) : recurrent,
  );
}

/** State of a layer without attention heads, F32, for one slot. */
function recurrentState({ spec }: ModelFacts): number {
  const conv = architectureNumber(spec, 'ssm.conv_kernel');
  const inner = architectureNumber(spec, 'ssm.inner_size');
  const state = architectureNumber(spec, 'ssm.state_size');
  const groups = architectureNumber(spec, 'ssm.group_count');
  const convolution = conv > 0 ? (conv - 1) * (inner + 2 * groups * state) : 0;
  return (convolution + state * inner) * 4;
}

function specialCache(facts: ModelFacts, input: CacheInput, plain: readonly number[]): readonly number[] {
  const bytes = bytesPerElement(input.kvCacheType);
  const width = facts.keyLength + facts.valueLength;
  switch (facts.architecture) {
    case 'gemma3': {
      const window = architectureNumber(facts.spec, 'attention.sliding_window');
      const sliding = Math.floor((input.numParallel * window + input.batch) * width * facts.headsKv * bytes);
      return plain.map((full, i) => ((i + 1) % 6 === 0 ? full : sliding));
    }
    case 'mllama': {
      const crossAttention = architectureNumbers(facts.spec, 'attention.cross_attention_layers');
      const cross = facts.headsKv * width * 4 * MLLAMA_VISION_TOKENS * MLLAMA_TILES;
      return plain.map((full, i) => (crossAttention.includes(i) ? cross : full));
    }
    case 'gptoss':
    case 'gpt-oss': {
      if (!atLeast(facts.version, facts.architecture === 'gptoss' ? '0.11.0' : '0.11.5')) {
        return plain;
      }
      const token = Math.floor(width * facts.headsKv * bytes);
      return plain.map((_, i) => token * (i % 2 === 0 ? input.numParallel * 4096 + input.batch : input.context));
    }
    default:
      return plain;
  }
}

/** Up to 0.6.2: one sum for the model, F16 for the ordinary layers whatever the cache type. */
function oldMllamaCache(facts: ModelFacts, { context }: CacheInput): number {
  const cross = architectureNumbers(facts.spec, 'attention.cross_attention_layers').length;
  const width = facts.keyLength + facts.valueLength;
  return (
    facts.headsKv * width * (2 * (facts.blocks - cross) * context + 4 * cross * MLLAMA_VISION_TOKENS * MLLAMA_TILES)
  );
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}
