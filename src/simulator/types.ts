/** What a simulated GPU server is made of. Sizes are bytes, times milliseconds, contexts tokens. */

import type { EstimateRequest, EstimateServer, KvCacheType, ModelSpec } from '../estimator/types.ts';
import type { Clock } from './clock.ts';
import type { SimulatedStub } from './stubs.ts';

/** One card, as nvidia-smi would see it. */
export interface SimulatedGpu {
  readonly name: string;
  readonly totalBytes: number;
  /** Kept by the driver: in the total, neither used nor free. */
  readonly reservedBytes: number;
  /** In use by nobody's process (the driver's own buffers). */
  readonly baselineBytes: number;
  readonly computeCapability: number;
  /** What a CUDA context really costs here, per runner. */
  readonly cudaContextBytes: number;
  readonly powerLimitWatts: number;
}

/** A model of the simulated server or of its registry. */
export interface SimulatedModel {
  /** `spec.name` is the name under which Ollama has it. */
  readonly spec: ModelSpec;
  /** Parameters of the Modelfile, such as `num_ctx`. */
  readonly parameters?: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /** Ollama's capabilities; absent: from the metadata. */
  readonly capabilities?: readonly string[];
  /** The file cannot be loaded: it was cut, or no version knows its architecture. Absent: it can. */
  readonly file?: 'damaged' | 'unsupported';
}

/** Where a model really goes. All arrays are in the order of the server's GPUs. */
export interface Placed {
  /** What the runner holds on each card besides its CUDA context. */
  readonly gpuBytes: readonly number[];
  /** Whether the runner has a CUDA context on the card. */
  readonly usesGpu: readonly boolean[];
  readonly hostBytes: number;
  /** No layer and no expert runs on the CPU. */
  readonly fullyOnGpu: boolean;
  /** What /api/ps reports as `size_vram` and `size`; some versions count other things than the cards hold. */
  readonly reportedVramBytes: number;
  readonly reportedBytes: number;
  /** Context per slot as it runs. */
  readonly numCtx: number;
  /** How fast it runs, tokens per second; absent or `null`: as slow as an unknown card. */
  readonly speed?: () => { readonly prompt: number; readonly generated: number } | null;
}

/** Ollama refuses the load with this text. */
export interface Refused {
  readonly refused: string;
}

/** Decides where a model goes on a server with this much free memory. */
export type Placement = (spec: ModelSpec, server: EstimateServer, request: EstimateRequest) => Placed | Refused;

/** The server's environment, under the names of the OLLAMA_… variables. */
export interface SimulatedSettings {
  readonly numParallel?: number;
  readonly contextLength?: number;
  readonly kvCacheType?: KvCacheType;
  readonly flashAttention?: boolean;
  readonly maxLoadedModels?: number;
  readonly maxQueue?: number;
  readonly keepAliveMs?: number;
  readonly gpuOverheadBytes?: number;
  readonly schedSpread?: boolean;
}

export interface SimulatedTiming {
  /** From the request until the first weights are read. */
  readonly startupMs: number;
  readonly loadBytesPerSecond: number;
  /** From the end of a runner until its VRAM is free again. */
  readonly recoveryMs: number;
  readonly pullBytesPerSecond: number;
}

export interface SimulatorOptions {
  readonly gpus: readonly SimulatedGpu[];
  readonly system: { readonly totalBytes: number; readonly usedBytes: number };
  readonly ollamaVersion: string;
  /** On the server's disk at the start. */
  readonly models: readonly SimulatedModel[];
  /** What a pull can bring, besides `models`. */
  readonly registry?: readonly SimulatedModel[];
  /** Listed besides, without weights here. */
  readonly stubs?: readonly SimulatedStub[];
  readonly placement: Placement;
  readonly settings?: SimulatedSettings;
  readonly timing?: Partial<SimulatedTiming>;
  readonly clock?: Clock;
  /** Makes UUIDs, digests and process ids; the same seed gives the same server. */
  readonly seed?: number;
  /** When set, every request must carry it (a proxy in front). */
  readonly bearerToken?: string;
  /** Default 0: any free port. */
  readonly port?: number;
}

/** A card at one moment. */
export interface GpuView {
  readonly uuid: string;
  readonly index: number;
  readonly name: string;
  readonly pciBusId: string;
  readonly driverVersion: string;
  readonly computeCapability: number;
  readonly totalBytes: number;
  readonly reservedBytes: number;
  readonly usedBytes: number;
  readonly freeBytes: number;
  readonly utilizationPercent: number;
  readonly temperatureC: number;
  readonly powerWatts: number;
  readonly powerLimitWatts: number;
}

export interface GpuProcessView {
  readonly gpuUuid: string;
  readonly pid: number;
  readonly usedBytes: number;
  readonly name: string;
}

/** A failure as Ollama answers it. */
export class ServerFailure extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.name = 'ServerFailure';
    this.status = status;
  }
}
