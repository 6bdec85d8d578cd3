/** What a log says. Sizes are bytes, contexts tokens; what a log does not tell is `null`. */

import type { LogCode } from './codes.ts';

/** How a load ended, as the log shows it. */
export type LogVerdict = 'fits' | 'partial' | 'cpu' | 'refused' | 'failed';

export type LogEngine = 'formula' | 'layout' | 'llama-server';

/** Bytes on one device, as far as the log prints them. */
export interface DeviceUse {
  weightsBytes: number | null;
  cacheBytes: number | null;
  computeBytes: number | null;
}

/** A GPU that the log names. */
export interface LogGpu {
  readonly name: string | null;
  readonly library: string | null;
  readonly computeCapability: number | null;
  readonly totalBytes: number | null;
  readonly freeBytes: number | null;
}

/** One load of a model. */
export interface LogLoad {
  /** Name as Ollama knows it, or the model's own; `null` = the log has none. */
  readonly model: string | null;
  /** `sha256:…` of the model file. */
  readonly digest: string | null;
  readonly architecture: string | null;
  readonly fileBytes: number | null;
  readonly trainedCtx: number | null;
  /** Context per slot, tokens. */
  readonly numCtx: number | null;
  readonly numParallel: number | null;
  readonly flashAttention: boolean | null;
  readonly kvCacheType: string | null;
  /** Layers that were asked for; `null` = Ollama chose. */
  readonly requestedLayers: number | null;
  /** Layers on the GPUs, of all (the output layer counts). */
  readonly offloaded: readonly [count: number, of: number] | null;
  /** Layers of which a part (experts) lies in system memory. */
  readonly overflowing: number;
  /** By device as the log calls it: `CUDA0`, `CPU`. */
  readonly devices: ReadonlyMap<string, Readonly<DeviceUse>>;
  /** What all of it would take on GPUs, as Ollama reckoned. */
  readonly requiredBytes: number | null;
  /** What lies in system memory, where the log says so as one figure (`ollama ps`). */
  readonly hostBytes: number | null;
  /** Free per GPU as Ollama saw it before the load. */
  readonly availableBytes: readonly number[];
  /** System memory wanted and there, where that was the reason. */
  readonly systemRequiredBytes: number | null;
  readonly systemAvailableBytes: number | null;
  readonly verdict: LogVerdict | null;
  /** Why it failed or was refused, as codes. */
  readonly troubles: readonly LogCode[];
  /** The log says where the layers went, or that the load was refused or died. */
  readonly ended: boolean;
  /** The log breaks off in the middle of the load: how it ended is not known. */
  readonly unfinished: boolean;
}

/** Everything that was read of a paste. */
export interface LogReading {
  readonly kind: 'log' | 'ps' | 'nvidia-smi' | 'error' | 'unknown';
  readonly version: string | null;
  readonly versionBasis: 'printed' | 'source-lines' | null;
  /** The oldest version whose records stand where these do. */
  readonly oldestVersion: string | null;
  readonly engine: LogEngine | null;
  /** OLLAMA_* settings of the server that matter to memory. */
  readonly settings: Readonly<Record<string, string>>;
  readonly gpus: readonly LogGpu[];
  readonly systemTotalBytes: number | null;
  readonly systemFreeBytes: number | null;
  /** In the order in which they stand. */
  readonly loads: readonly LogLoad[];
  /** The load that an answer is about: the last that came to an end, or the last. */
  readonly load: LogLoad | null;
  /** Why it is as it is. */
  readonly why: readonly LogCode[];
  /** More was pasted than is read. */
  readonly cut: boolean;
}
