/**
 * Small facts about a model that several engines ask for, read from GGUF metadata under GGUF's own key names. The
 * accessors follow Ollama's `fs/ggml/ggml.go` (KV.*) at v0.33: a scalar stands for every layer, an array is per layer.
 */

import type { NumberKey } from '../model/bounds.ts';
import { tensorBytes } from '../model/ggml-types.ts';
import { EstimateError, type MetadataValue, type ModelSpec } from '../types.ts';

/** The value under `<architecture>.<key>`, or undefined. */
export function architectureValue(spec: ModelSpec, key: string): MetadataValue | undefined {
  return spec.metadata[`${spec.architecture}.${key}`];
}

/** A whole number under `<architecture>.<key>`, or `fallback` when it is absent or not a number. */
export function architectureNumber(spec: ModelSpec, key: NumberKey, fallback = 0): number {
  const value = architectureValue(spec, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback;
}

/** The numbers under a key that may hold one number or one per layer; empty when absent. */
export function architectureNumbers(spec: ModelSpec, key: NumberKey): readonly number[] {
  const value = architectureValue(spec, key);
  if (typeof value === 'number') {
    return [value];
  }
  return Array.isArray(value) ? value.filter((item): item is number => typeof item === 'number') : [];
}

/** Number of blocks, next-token-prediction blocks included. Throws `missing-key`. */
export function blockCount(spec: ModelSpec): number {
  const blocks = architectureNumber(spec, 'block_count', 0);
  if (!Number.isInteger(blocks) || blocks <= 0) {
    throw new EstimateError('missing-key', { key: `${spec.architecture}.block_count` });
  }
  return blocks;
}

/** Context the model was trained with, tokens; 0 when the file does not say. */
export function trainingContext(spec: ModelSpec): number {
  return architectureNumber(spec, 'context_length', 0);
}

/** Whether Ollama takes it for an embedding model: the key `<arch>.pooling_type` exists (llm/llama_server.go). */
export function isEmbeddingModel(spec: ModelSpec): boolean {
  const value = architectureValue(spec, 'pooling_type');
  return value !== undefined && value !== null;
}

/** Whether the model has experts. */
export function isMixtureOfExperts(spec: ModelSpec): boolean {
  return architectureNumber(spec, 'expert_count', 0) > 0;
}

/** Prefixes of a projector's tensors inside a model file (llm/llama_server.go, mmprojMemoryRequirement). */
const PROJECTOR_PREFIXES = ['v.', 'mm.', 'a.'] as const;

/** Whether a tensor of a model file belongs to a vision or audio tower. */
export function isProjectorTensor(name: string): boolean {
  return PROJECTOR_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** GGUF's alignment of tensors, bytes. */
const FILE_ALIGNMENT = 32;

/**
 * Bytes of the header for each token of the vocabulary: its text and length, its type, and a score or a merge. Files
 * with scores have about 23, those with merges about 37.
 */
const HEADER_BYTES_PER_TOKEN = 28;

const FILE_BYTES = new WeakMap<ModelSpec, number>();

/**
 * Size of the model file, bytes: as given, else the tensors' table with their padding and what a tokenizer of that many
 * tokens takes. Kept per spec: a clamp asks many times.
 */
export function modelFileBytes(spec: ModelSpec): number {
  if (spec.fileBytes !== undefined) {
    return spec.fileBytes;
  }
  let sum = FILE_BYTES.get(spec);
  if (sum === undefined) {
    sum = 0;
    for (const { name, type, shape } of spec.tensors) {
      const information = 24 + name.length + 8 * shape.length;
      sum += information + Math.ceil(tensorBytes(type, shape) / FILE_ALIGNMENT) * FILE_ALIGNMENT;
    }
    const embedding = spec.tensors.find(({ name }) => name === 'token_embd.weight');
    sum += HEADER_BYTES_PER_TOKEN * (embedding?.shape[1] ?? 0);
    FILE_BYTES.set(spec, sum);
  }
  return sum;
}
