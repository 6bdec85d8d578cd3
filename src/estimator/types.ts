/**
 * The estimator's words (see ARCHITECTURE.md). Everything here is plain data: sizes are bytes, contexts are
 * tokens. The estimator is pure; nothing in it reads a clock, a file, a network or the environment.
 */

import { type Coded, CodedError } from '../base/coded.ts';

/** A GGUF metadata value. Long arrays may be absent: then only `<key>.length` is kept (a number). */
export type MetadataValue = string | number | boolean | readonly (string | number | boolean)[] | null;

/** One tensor of a model file. `shape[0]` is the row length (GGUF's ne0); `type` is ggml's name (`Q4_K`, `F16`…). */
export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: string;
}

/** A vision or audio tower that is loaded beside the language model. */
export interface ProjectorSpec {
  /** Bytes of all its tensors. */
  readonly weightsBytes: number;
  /** Whether its tensors stand in the model file itself (`v.*`, `mm.*`, `a.*`) or in a file of their own. */
  readonly source: 'embedded' | 'file';
  /** GGUF keys of the tower (`clip.vision.*`, or `<arch>.vision.*`), as far as known. */
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** The tower's tensors when known; empty where only the size is. */
  readonly tensors: readonly TensorInfo[];
}

/** What the estimator needs of a model: architecture, hyper-parameters, the tensor table. */
export interface ModelSpec {
  /** Name as a person would type it. */
  readonly name: string;
  /** `general.architecture`. */
  readonly architecture: string;
  /** GGUF metadata under GGUF's own key names; `tokenizer.ggml.tokens.length` is the vocabulary size. */
  readonly metadata: Readonly<Record<string, MetadataValue>>;
  /** Tensor table in file order. Embedded vision/audio tensors may be included; they are told apart by name. */
  readonly tensors: readonly TensorInfo[];
  /** Size of the model file on disk in bytes (header included), if known. Else the tensors' sum is used. */
  readonly fileBytes?: number;
  readonly projector?: ProjectorSpec;
  /** The model's own `PARAMETER num_ctx`, tokens, where it has one: what a request that names none gets. */
  readonly ownNumCtx?: number;
}

export type KvCacheType = 'f32' | 'f16' | 'bf16' | 'q8_0' | 'q4_0' | 'q4_1' | 'q5_0' | 'q5_1' | 'iq4_nl';

/** A GPU as the estimator sees it. */
export interface GpuDevice {
  readonly name: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** CUDA compute capability such as 6.1, when known. */
  readonly computeCapability?: number;
  /** Default `CUDA`. */
  readonly library?: 'CUDA' | 'ROCm' | 'Metal' | 'Vulkan';
  readonly integrated?: boolean;
}

/** Host memory. */
export interface SystemMemory {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly swapFreeBytes: number;
}

/**
 * llama.cpp's own options for one dry run: the shape of a recorded dry run. All figures are llama.cpp's
 * (`numCtx` is the total of `-c`, `numGpu` is `-ngl` and counts the output layer).
 */
export interface LlamaCppConfig {
  /** The recorded build it is planned as (llama-cpp/builds.ts); absent = the reference. */
  readonly build?: string;
  readonly gpus: readonly GpuDevice[];
  readonly numCtx: number;
  /** `-b`; default 2048. */
  readonly numBatch: number;
  /** `-ub`; default 512. */
  readonly numUbatch: number;
  /** `-np`, sequences. */
  readonly numParallel: number;
  readonly flashAttention: boolean | 'auto';
  readonly cacheTypeK: KvCacheType;
  readonly cacheTypeV: KvCacheType;
  /** n_outputs_max; 0 = numBatch. */
  readonly outputs: number;
  /** `-ngl`; -1 = all. */
  readonly numGpu: number;
  /** `--kv-unified`. */
  readonly unifiedCache: boolean;
  /** `-ts`; absent = by free memory. */
  readonly tensorSplit?: readonly number[];
  /** `-ot …=CPU`: patterns (regular expressions) of tensors forced to the CPU, first match wins. */
  readonly cpuTensors?: readonly string[];
  /**
   * `-ot …=CUDA<n>`: patterns of tensors forced to the GPU with that index, tried before `cpuTensors`. `--fit` overflows
   * part of a device's last MoE layer to the next GPU this way (common/fit.cpp).
   */
  readonly gpuTensors?: readonly { readonly pattern: string; readonly gpu: number }[];
  readonly embedding: boolean;
  readonly opOffload: boolean;
  /**
   * `real` = what a real allocation reserves; `fit` = what `--fit`'s no_alloc dry run believes (the scheduler reset
   * before reserve loses the pins of "norm"/"l_last").
   */
  readonly view: 'real' | 'fit';
  /**
   * The llama.cpp that Ollama carried with it until 0.24 (builds of 2025): masks are F32 and cast where flash attention
   * reads them, windowed layers keep the whole context, a quantized cache is read as it is, embeddings come as tokens only.
   */
  readonly vendored?: boolean;
}

/** One device of a llama.cpp dry run. */
export interface LlamaCppDevice {
  readonly weightsBytes: number;
  /** KV cache and recurrent state. */
  readonly cacheBytes: number;
  /** What the last line of the log about each of the two says: models with windows have a second cache. */
  readonly loggedCache: LoggedCache;
  readonly computeBytes: number;
  /** Repeating layers placed here, plus 1 on the device of the output layer. */
  readonly layers: number;
}

/** The last lines of llama.cpp's log about a device's cache and recurrent state, bytes. */
export interface LoggedCache {
  readonly cacheBytes: number;
  readonly stateBytes: number;
}

/** llama.cpp's memory for one configuration. */
export interface LlamaCppPlan {
  readonly gpus: readonly LlamaCppDevice[];
  /** All host buffer types together (CPU, CUDA_Host). */
  readonly host: {
    readonly weightsBytes: number;
    readonly cacheBytes: number;
    readonly loggedCache: LoggedCache;
    readonly computeBytes: number;
    /** From the first to the last tensor in system memory as they stand in the file: what is mapped. */
    readonly mappedBytes: number;
    /** Logits and embeddings that are kept for whoever asked. */
    readonly outputBytes: number;
  };
  /** Context as padded, total over all sequences. */
  readonly numCtx: number;
  /** Context per sequence. */
  readonly numCtxSeq: number;
  /** Flash attention as decided. */
  readonly flashAttention: boolean;
  /** Pipeline parallelism and its number of copies (1 or 4). */
  readonly pipelineCopies: number;
  /** Repeating layers on the host. */
  readonly cpuLayers: number;
  readonly totalLayers: number;
  /** `planned` = every operation of the architecture is described; `guess` = unknown architecture, compute is a cautious guess. */
  readonly computeBasis: 'planned' | 'guess';
}

/** What somebody wants to run, in Ollama's options. */
export interface EstimateRequest {
  /** Context per slot, tokens, as in Ollama's num_ctx. With the `llama.cpp` engine: the total of `-c`, 0 = let --fit choose. */
  readonly numCtx: number;
  readonly numParallel?: number;
  readonly numBatch?: number;
  readonly numUbatch?: number;
  readonly flashAttention?: boolean | 'auto';
  readonly kvCacheType?: KvCacheType;
  /** Ollama's num_gpu, llama.cpp's -ngl. -1 or absent = automatic. */
  readonly numGpu?: number;
  readonly outputs?: number;
  readonly unifiedCache?: boolean;
  readonly tensorSplit?: readonly number[];
  readonly cpuTensors?: readonly string[];
  /** `-ot …=CUDA<n>`: patterns of tensors forced to a GPU, before `cpuTensors`. */
  readonly gpuTensors?: LlamaCppConfig['gpuTensors'];
  readonly embedding?: boolean;
  readonly opOffload?: boolean;
  /** `--fit` margin per device, bytes; default 1 GiB (or what Ollama sets for a projector). */
  readonly fitMarginBytes?: number;
  /** Ollama's `main_gpu`: the index, among the GPUs that Ollama may use, of the one it is to run on alone. */
  readonly mainGpu?: number;
}

/** A model that is loaded already, as far as it matters to Ollama's decision. */
export interface LoadedModel {
  readonly name: string;
  /** `size_vram` of /api/ps: what Ollama counts of it, not what it holds. */
  readonly sizeVramBytes: number;
  /** For how long it stays after its last request, seconds; `Infinity` = until it is told to go. Default: Ollama's 300. */
  readonly keepAliveSeconds?: number;
  /** Path or digest of its file: where keep-alives are equal, Ollama goes by this order. Default: the name. */
  readonly digest?: string;
  /** Where it lies, where that is known: without, nothing can be said of what a single GPU gets back. */
  readonly places?: readonly LoadedPlace[];
  /** Whether Ollama gave it one GPU alone; llama-server then calls that GPU its first, whichever it is. */
  readonly alone?: boolean;
}

/** What a loaded model has on one GPU. */
export interface LoadedPlace {
  /** Index in the server's list of GPUs. */
  readonly gpu: number;
  /** What it really holds there, its CUDA context included, bytes. */
  readonly heldBytes: number;
  /** What Ollama counts of it there: the buffers in its log, one of a kind, bytes. */
  readonly countedBytes: number;
  /** What was free there when it was loaded, as llama-server logged it, bytes; absent = worked out from what is free now. */
  readonly freeAtLoadBytes?: number;
}

/** The server as the engines see it. */
export interface EstimateServer {
  /** Ollama's version, or `llama.cpp`. */
  readonly ollama: string;
  /** llama.cpp's build behind it, such as `b10454`, when it is not the one that this Ollama comes with. */
  readonly build?: string;
  readonly gpus: readonly GpuDevice[];
  readonly system?: SystemMemory;
  readonly os?: 'linux' | 'windows' | 'darwin';
  readonly loaded?: readonly LoadedModel[];
  /** OLLAMA_GPU_OVERHEAD, bytes per GPU. */
  readonly gpuOverheadBytes?: number;
  /**
   * What shall stay free on each GPU for other programs, bytes: one amount for all, or one each. Ollama knows nothing of
   * it; a plan that takes of it does not fit.
   */
  readonly reservedBytes?: readonly number[];
  /** OLLAMA_SCHED_SPREAD. */
  readonly schedSpread?: boolean;
  /** OLLAMA_MAX_LOADED_MODELS; 0 or absent = three for each GPU. */
  readonly maxLoadedModels?: number;
  /** CUDA_VISIBLE_DEVICES and its like: indices in `gpus` of those that Ollama may use; absent = all. */
  readonly visibleGpus?: readonly number[];
  readonly calibration?: CalibrationFactors;
}

export type EngineName = 'formula' | 'layout' | 'llama-server' | 'llama.cpp';
export type VerdictName = 'fits' | 'partial' | 'cpu' | 'refused';

/** Why the verdict is what it is: a code and figures; the edge turns it into words in the reader's language. */
export type Reason = Coded;

/** What is taken outside the buffers, bytes: before anything is loaded, by the load, by the first prompts. */
export interface OverheadParts {
  readonly contextBytes: number;
  readonly loadBytes: number;
  readonly useBytes: number;
}

/** What one GPU will hold. `totalBytes` is the sum of the parts. */
export interface GpuPlan {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  readonly projectorBytes: number;
  /** What is taken outside the buffers once prompts have run: not part of what /api/ps reports. Expected value. */
  readonly overheadBytes: number;
  /** Its parts; absent where the engine knows only the sum. */
  readonly overheadParts?: OverheadParts;
  /** Known range of the overhead, [low, high]. */
  readonly overheadRangeBytes: readonly [number, number];
  readonly totalBytes: number;
  /** Layers here, output layer included. */
  readonly layers: number;
  /** Free memory on the GPU after the plan (the headroom); negative = does not fit. */
  readonly headroomBytes: number;
}

export interface HostPlan {
  readonly weightsBytes: number;
  readonly cacheBytes: number;
  readonly computeBytes: number;
  readonly totalBytes: number;
}

/** The estimator's answer. */
export interface Plan {
  readonly engine: EngineName;
  /** llama.cpp's build that was asked for or comes with this Ollama; absent before llama-server. */
  readonly build?: string;
  readonly verdict: VerdictName;
  readonly reason: Reason;
  /** Error text exactly as Ollama prints it, when it refuses. */
  readonly ollamaError?: string;
  readonly placement: {
    /** Output layer included: all = blocks + 1. */
    readonly gpuLayers: number;
    readonly totalLayers: number;
    readonly perGpuLayers: readonly number[];
    /** Number of tensor overrides `--fit` made. */
    readonly overrides: number;
    readonly overridePatterns: readonly string[];
    /** Where each of them goes: system memory, or the GPU with that index in the server's list. Absent = system memory. */
    readonly overrideTargets?: readonly ('CPU' | number)[];
  };
  readonly gpus: readonly GpuPlan[];
  readonly host: HostPlan;
  /** What /api/ps will report, bytes: Ollama's own count, which is not always what is held (see {@link GpuPlan}). */
  readonly sizeVramBytes: number;
  readonly sizeBytes: number;
  /** What Ollama counts on each GPU, bytes; absent where the engine has no such books. */
  readonly countedBytes?: readonly number[];
  /** Names of the loaded models that Ollama unloads first, in its order; the plan is for the server without them. */
  readonly evicts?: readonly string[];
  /** Whether Ollama gives the model one GPU out of several. */
  readonly alone?: boolean;
  /** Context per slot as it will really run (padded, clamped to the training context), tokens. */
  readonly numCtx: number;
  readonly numParallel: number;
  readonly numBatch: number;
  readonly numUbatch: number;
  readonly flashAttention: boolean;
  readonly kvCacheType: KvCacheType;
  readonly computeBasis: 'planned' | 'guess';
  /** Remarks with codes: context clamped to training, projector on CPU, KV type ignored, … */
  readonly notes: readonly Reason[];
}

/** Corrections learned from observed loads; 1 and 0 when nothing is known. */
export interface CalibrationFactors {
  /** Added to the overhead of each GPU, bytes. */
  readonly overheadDeltaBytes: number;
  /** The same per GPU of the server, where GPUs were seen to differ; before `overheadDeltaBytes`. */
  readonly overheadDeltaPerGpuBytes?: readonly number[];
  /** Factor on the compute buffers. */
  readonly computeFactor: number;
  /** Number of loads it rests on. */
  readonly observations: number;
}

/** A model spec or request that cannot be estimated. The edge turns `code` into words. */
export class EstimateError extends CodedError {
  override readonly name = 'EstimateError';
}
