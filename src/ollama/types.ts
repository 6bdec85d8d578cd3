/**
 * What the rest of the project sees of Ollama: plain data and one interface. Sizes are bytes, times are milliseconds
 * (instants: since the epoch), contexts are tokens. Unknown is `null`, never 0.
 */

import type { MetadataValue } from '../estimator/types.ts';
import type { KeepAlive } from './keep-alive.ts';
import type { OllamaVersion } from './version.ts';

export interface ModelDetails {
  /** `gguf`, `safetensors`, or empty where Ollama does not say. */
  readonly format: string;
  readonly family: string;
  readonly families: readonly string[];
  /** As Ollama prints it, such as `12.2B`. */
  readonly parameterSize: string;
  /** As Ollama prints it, such as `Q4_K_M`. */
  readonly quantization: string;
  readonly parentModel: string;
}

/** One entry of /api/tags: a model on the server's disk (or a cloud stub). */
export interface OllamaModel {
  /** The server's own spelling; use it in every call. */
  readonly name: string;
  /** Hex digest of the manifest, without `sha256:`. */
  readonly digest: string;
  /** All layers on disk together. */
  readonly sizeBytes: number;
  readonly modifiedAtMs: number | null;
  readonly details: ModelDetails;
  /** From 0.30 on; `null` where the server does not list them. */
  readonly capabilities: readonly string[] | null;
  /** Training context, from 0.30 on. */
  readonly contextLength: number | null;
  /** Runs at ollama.com, uses no VRAM and sends data outside. */
  readonly isCloud: boolean;
  /** Safetensors run by MLX: no GGUF tensors, other memory rules. */
  readonly isMlx: boolean;
}

/** One entry of /api/ps: a model in memory. */
export interface RunningModel {
  readonly name: string;
  readonly digest: string;
  /** Memory in all, GPU and host, as Ollama reports it (without the CUDA contexts). */
  readonly sizeBytes: number;
  /** The part of it in VRAM; equal to `sizeBytes` when the model is fully on the GPU. */
  readonly sizeVramBytes: number;
  /** When Ollama will unload it; `null` when Ollama gives no sensible time. In the past: it is stopping. */
  readonly expiresAtMs: number | null;
  /** Loaded with a negative keep_alive: stays for ever unless evicted. */
  readonly pinned: boolean;
  /** Context per slot; `null` before 0.10.0. */
  readonly contextLength: number | null;
  readonly details: ModelDetails;
  readonly isCloud: boolean;
  readonly isMlx: boolean;
}

/** One tensor as /api/show lists it. Versions 0.6.1 to 0.6.8 print a wrong `type`; the reader of the spec maps it. */
export interface ShownTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

export interface ShowResult {
  readonly details: ModelDetails;
  /**
   * GGUF metadata. Arrays that the server left out are `null`. Arrays longer than 1024 entries (vocabularies) are
   * dropped and `<key>.length` is put in their place.
   */
  readonly modelInfo: Readonly<Record<string, MetadataValue>>;
  readonly projectorInfo: Readonly<Record<string, MetadataValue>> | null;
  /** `null` before 0.6.1. */
  readonly tensors: readonly ShownTensor[] | null;
  /** `null` before 0.6.4. */
  readonly capabilities: readonly string[] | null;
  /** Modelfile parameters; one name may stand several times (`stop`). */
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  /** Whether its modelfile names a LoRA adapter. */
  readonly hasAdapter: boolean;
  /** Digest of the file of weights, hex, of the modelfile's `FROM …sha256-…`; `null` where it does not tell. */
  readonly weights: string | null;
  readonly template: string;
  readonly system: string;
  readonly modifiedAtMs: number | null;
  /** Lowest Ollama version the model asks for, when it says so. */
  readonly requires: string | null;
  readonly isCloud: boolean;
  readonly isMlx: boolean;
}

/** Options of Ollama that decide about memory, under their own names, plus any other. */
export type ModelOptions = Readonly<Record<string, number | string | boolean | readonly string[]>>;

export interface LoadRequest {
  /** Context per slot. Absent: the server's default. */
  readonly numCtx?: number;
  /** Layers on the GPU; absent: the server decides. */
  readonly numGpu?: number;
  /** Further options; `numCtx` and `numGpu` win over `num_ctx` and `num_gpu` in here. */
  readonly options?: ModelOptions;
  /** Must not be zero: Ollama takes an empty prompt with keep_alive 0 for an unload. Absent: the server's default. */
  readonly keepAlive?: KeepAlive;
  /** Ends the wait; Ollama then cancels the load. */
  readonly signal?: AbortSignal;
  /** True: load through /api/embed. Absent: found out, one call more for embedding models. */
  readonly embedding?: boolean;
}

export interface LoadResult {
  readonly via: 'generate' | 'embed';
}

/** Text to go on with, for its speed. */
export interface GenerateRequest {
  /** Taken as it is: no template is put around it. */
  readonly prompt: string;
  /** Tokens to generate at most. */
  readonly numPredict: number;
  /** Context per slot: the one it is loaded with, or Ollama loads it anew. Absent: the server's default. */
  readonly numCtx?: number;
  readonly signal?: AbortSignal;
}

/** What a generation took, as Ollama says. */
export interface Generation {
  readonly promptTokens: number;
  readonly promptMs: number;
  readonly generatedTokens: number;
  readonly generatedMs: number;
  /** Until the model was ready: a few milliseconds where it was loaded. */
  readonly loadMs: number;
}

/** One line of a pull. */
export interface PullProgress {
  /** As Ollama says it: `pulling manifest`, `pulling 8c2f…`, `verifying sha256 digest`, `success`. */
  readonly status: string;
  readonly digest: string | null;
  /** Of this layer. */
  readonly totalBytes: number | null;
  readonly completedBytes: number | null;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface PullOptions extends CallOptions {
  /** The registry is asked over plain http. */
  readonly insecure?: boolean;
}

/** The Ollama API as the project uses it. Every method throws {@link OllamaError} and nothing else. */
export interface OllamaClient {
  /** Where it talks to, without credentials; for people and logs. */
  readonly baseUrl: string;
  version(options?: CallOptions): Promise<OllamaVersion>;
  tags(options?: CallOptions): Promise<readonly OllamaModel[]>;
  ps(options?: CallOptions): Promise<readonly RunningModel[]>;
  /** `verbose` brings the arrays (megabytes for large vocabularies). */
  show(model: string, options?: CallOptions & { readonly verbose?: boolean }): Promise<ShowResult>;
  /** Loads a model and returns when it is in memory. May take many minutes. */
  load(model: string, request: LoadRequest): Promise<LoadResult>;
  /**
   * Generates, with the model's own keep-alive: its time runs anew, as with anybody's question. The text is dropped.
   */
  generate(model: string, request: GenerateRequest): Promise<Generation>;
  /** Asks for the unload; Ollama does it later (busy models finish first): poll `ps`. */
  unload(model: string, options?: CallOptions): Promise<void>;
  /** Downloads a model. The last item has status `success`; leaving the loop cancels the download. */
  pull(model: string, options?: PullOptions): AsyncIterableIterator<PullProgress>;
  /** Derives `model` from `from` with parameters baked in; no weights are copied. */
  create(
    model: string,
    request: { readonly from: string; readonly parameters: ModelOptions },
    options?: CallOptions,
  ): Promise<void>;
  copy(source: string, destination: string, options?: CallOptions): Promise<void>;
  delete(model: string, options?: CallOptions): Promise<void>;
  /** Closes idle connections and ends open calls. */
  close(): Promise<void>;
}

/** Milliseconds. */
export interface OllamaTimeouts {
  /** TCP and TLS handshake. */
  readonly connectMs: number;
  /** version, tags, ps: the whole call. */
  readonly queryMs: number;
  readonly showMs: number;
  /** unload, copy, delete, create. */
  readonly changeMs: number;
  /** A short generation. */
  readonly generateMs: number;
  /** The whole load. */
  readonly loadMs: number;
  /** Longest silence within a pull (verifying a large layer prints nothing for minutes). */
  readonly pullIdleMs: number;
}

export interface OllamaClientOptions {
  /** As in OLLAMA_HOST. */
  readonly host: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly apiKey?: string;
  /** Sent with every request, never logged. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeouts?: Partial<OllamaTimeouts>;
  /** Largest /api/show answer, decoded. Default 64 MiB. */
  readonly maxShowBytes?: number;
}
