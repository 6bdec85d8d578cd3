import type { ModelSpec } from '../../estimator/types.ts';
import type { OtherKind } from '../not-language.ts';

/** Hubs that hold repositories of models. */
export type HubKind = 'huggingface' | 'modelscope';

/** A repository, and the quantization asked for. */
export interface HubName {
  readonly kind: HubKind;
  readonly owner: string;
  readonly name: string;
  /** In llama-quantize's spelling, or as the file's name has it (`UD-Q4_K_XL`). */
  readonly quantization?: string | undefined;
}

/** One file of a repository. */
export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What a hub says of a repository. */
export interface HubListing {
  readonly files: readonly HubFile[];
  /** The task that the hub gives it, such as `text-generation`. */
  readonly task: string | undefined;
  /** Whether reading it needs somebody's permission. */
  readonly restricted: boolean;
}

export type HubWarning =
  /** Worked out from a repository without GGUF; params of the answer say as what. */
  | 'hub-computed'
  /** The tensors that were inferred do not add up to what the repository's index says. */
  | 'hub-size-mismatch'
  /** Ollama itself cannot import this repository; a GGUF of it is needed. */
  | 'hub-ollama-import-unsupported'
  /** Ollama's own import leaves latent attention expanded: the cache is many times larger. */
  | 'hub-ollama-import-without-mla';

/** A model of a hub, read without downloading it. */
export interface HubModel {
  readonly spec: ModelSpec;
  readonly warnings: readonly HubWarning[];
  /** Bytes of the files that would be downloaded. */
  readonly downloadBytes: number;
  /** Opened with the owner's token: for operators alone. */
  readonly restricted: boolean;
}

/** Tasks of repositories that are no language models, by what they make. */
export const OTHER_TASKS: Readonly<Record<string, OtherKind>> = {
  'text-to-video': 'video',
  'image-to-video': 'video',
  'video-to-video': 'video',
  'text-to-video-synthesis': 'video',
  'text-to-image': 'image',
  'image-to-image': 'image',
  'text-to-image-synthesis': 'image',
  'unconditional-image-generation': 'image',
  'text-to-speech': 'speech',
  'automatic-speech-recognition': 'speech',
  'auto-speech-recognition': 'speech',
  'text-to-audio': 'music',
};
