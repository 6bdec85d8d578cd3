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

const TENSORS_BYTES = new WeakMap<ModelSpec, number>();

/** Bytes of all tensors of the model file, towers included. Kept per spec: a clamp asks many times. */
function tensorsBytes(spec: ModelSpec): number {
  let sum = TENSORS_BYTES.get(spec);
  if (sum === undefined) {
    sum = 0;
    for (const tensor of spec.tensors) {
      sum += tensorBytes(tensor.type, tensor.shape);
    }
    TENSORS_BYTES.set(spec, sum);
  }
  return sum;
}

/** Size of the model file, bytes: as given, else the tensors' sum (the header, some MB of tokenizer, is then missing). */
export function modelFileBytes(spec: ModelSpec): number {
  return spec.fileBytes ?? tensorsBytes(spec);
}
