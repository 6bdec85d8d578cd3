import { CodedError } from '../base/coded.ts';

/** A model description that cannot be read: a `.gguf` header, a model JSON, or what `/api/show` answered. */
export type GgufErrorCode =
  | 'gguf-not-found'
  | 'gguf-unreadable'
  | 'gguf-not-gguf'
  | 'gguf-version-unsupported'
  | 'gguf-truncated'
  | 'gguf-limit-exceeded'
  | 'gguf-malformed'
  | 'gguf-duplicate-key'
  | 'gguf-tensor-type-unknown'
  | 'gguf-architecture-missing'
  | 'gguf-shard-missing'
  | 'gguf-not-a-language-model'
  | 'model-json-not-found'
  | 'model-json-unreadable'
  | 'model-json-too-large'
  | 'model-json-not-json'
  | 'model-json-invalid'
  | 'show-invalid'
  | 'show-incomplete'
  | 'safetensors-invalid'
  | 'safetensors-class-unknown'
  | 'safetensors-name-unknown'
  | 'safetensors-quantization-refused';

/** Typed error of this room. `params` holds the facts for the sentence that the edge writes; no path of a stack, no bytes. */
export class GgufError extends CodedError<GgufErrorCode> {
  override readonly name = 'GgufError';
}
