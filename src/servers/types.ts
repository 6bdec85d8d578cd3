/**
 * A server = one machine that runs Ollama, with its GPUs. These are the shapes that commands stand on. Sizes are
 * bytes, times milliseconds since the epoch, contexts tokens. Unknown is `null`, never 0.
 */

import type { Coded } from '../base/coded.ts';
import type { Gpu, GpuSnapshot, GpuSource } from '../gpus/types.ts';
import type { ModelDetails, OllamaClient } from '../ollama/types.ts';
import type { OllamaVersion, VersionWarning } from '../ollama/version.ts';
import type { ServerConfig } from '../settings/config.ts';
import type { Placement, PlacementBook } from './placements.ts';

/** A code and figures; the edge turns it into words in the reader's language. */
export type Remark = Coded;

export interface OllamaUp {
  readonly state: 'up';
  readonly version: OllamaVersion;
  /** Known holes, or a version that cannot be read; `null`: nothing to tell. */
  readonly versionWarning: VersionWarning | null;
}

export interface OllamaDown {
  /** `hanging`: connected, but no answer in time. `unauthorized`: 401 or 403. `error`: it answered something else. */
  readonly state: 'down' | 'hanging' | 'unauthorized' | 'error';
  /** From src/ollama's OllamaError. */
  readonly error: Remark;
  /** The version it had when it was last up. */
  readonly lastVersion: OllamaVersion | null;
}

export type OllamaStatus = OllamaUp | OllamaDown;

/** One model in memory. */
export interface LoadedModelView {
  /** The server's own spelling. UNTRUSTED for markup. */
  readonly name: string;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  /** Where it lies, as far as a plan tells; Ollama's sizes alone do not. */
  readonly placement?: Placement;
  /** 0 to 1: part of the model that is on the GPUs; `null` when the size is 0. */
  readonly gpuShare: number | null;
  /** Context per slot; `null` before Ollama 0.10. */
  readonly contextLength: number | null;
  /** `pinned`: stays until evicted. `null`: not known. */
  readonly expiresAtMs: number | 'pinned' | null;
  /** Its time is over, but it is still there. */
  readonly stopping: boolean;
  readonly details: ModelDetails;
  readonly isCloud: boolean;
  readonly isMlx: boolean;
}

/** One GPU with its memory by owner. */
export interface GpuView extends Gpu {
  /** Held by Ollama's models, `null` when it cannot be told. */
  readonly ollamaBytes: number | null;
  /** used − ollamaBytes: other programs and the driver's overhead of each runner. */
  readonly othersBytes: number | null;
  /**
   * How `ollamaBytes` was found: `processes` (the runners are seen), `only-gpu` (everything must be here), `shared-out`
   * (the total split over the GPUs in proportion to what is used: an estimate).
   */
  readonly ollamaBasis: 'processes' | 'only-gpu' | 'shared-out' | null;
  /** Free if every model left, `null` when it cannot be told. */
  readonly freeWhenEmptyBytes: number | null;
}

/** A sum over the GPUs and the largest single one: a model that needs one GPU is not helped by the sum. */
export interface SumAndMax {
  readonly sum: number;
  readonly max: number;
}

/** The figures of a whole server. `null` = not known. GPUs in state mig, lost or unreadable are not counted. */
export interface ServerFigures {
  readonly totalBytes: number | null;
  readonly freeNow: SumAndMax | null;
  /** What Ollama could use: free − OLLAMA_GPU_OVERHEAD − its own minimum (457 MiB; Metal 512 MiB), per GPU, never below 0. */
  readonly usable: SumAndMax | null;
  readonly usedByOllamaBytes: number | null;
  /** Label it "others and driver overhead": the CUDA context of each runner is in it. */
  readonly usedByOthersBytes: number | null;
  /** VRAM of models that are neither pinned nor stopping: a lower bound of what comes back when they leave. */
  readonly reclaimableBytes: number | null;
  /** Sum and largest single GPU when all idle models left. */
  readonly freeIfIdleLeft: SumAndMax | null;
}

/** What a server looks like at one moment. */
export interface ServerSnapshot {
  readonly name: string;
  readonly takenAtMs: number;
  readonly ollama: OllamaStatus;
  /** Loaded models; the last known ones when Ollama does not answer; `null`: never known. */
  readonly models: readonly LoadedModelView[] | null;
  /** When `models` was read. */
  readonly modelsAtMs: number | null;
  /** `models` is older than it should be. */
  readonly modelsStale: boolean;
  /** The latest reading, or the last good one when the latest failed; `null`: never read, or no source. */
  readonly gpus: GpuSnapshot | null;
  /** `gpus.gpus` with owners; empty when there is none. */
  readonly gpuViews: readonly GpuView[];
  /** Age of the GPU numbers, ms. */
  readonly gpuAgeMs: number | null;
  /** The GPU numbers are too old for a verdict: never say "fits" on them. */
  readonly gpuStale: boolean;
  /** What went wrong with the latest reading of the GPUs, also when `gpus` is an older good one. */
  readonly gpuProblems: GpuSnapshot['errors'];
  /** UUIDs of GPUs seen earlier and not now. */
  readonly missingGpus: readonly string[];
  readonly figures: ServerFigures;
  /** The deadline came before both sides answered. */
  readonly incomplete: boolean;
}

export interface SnapshotOptions {
  /** A cached snapshot of this age will do, ms. Default 2,000. 0 = read now. */
  readonly maxAgeMs?: number;
  /** Answer with what is known after this time, ms. Default 5,000. The reading goes on for the next caller. */
  readonly timeoutMs?: number;
}

/** One server as commands use it. */
export interface Server {
  readonly name: string;
  readonly config: ServerConfig;
  readonly ollama: OllamaClient;
  readonly gpuSource: GpuSource;
  /** Where loaded models lie. */
  readonly placements: PlacementBook;
  /** Ollama and GPUs, read side by side. Never rejects. Calls at the same time share one reading. */
  snapshot(options?: SnapshotOptions): Promise<ServerSnapshot>;
  /** The latest snapshot without reading anything. */
  latest(): ServerSnapshot | null;
  /** Called after every complete new reading. Returns the way to stop it. Listeners must not throw. */
  onSnapshot(listener: (snapshot: ServerSnapshot) => void): () => void;
  close(): Promise<void>;
}

export interface ServerRegistry {
  /** In the order of the configuration. */
  readonly servers: readonly Server[];
  /** The first one of the configuration. */
  readonly defaultServer: Server;
  /** By name, letter case ignored. */
  get(name: string): Server | null;
  /** Every server's snapshot, in the order of the configuration, within one bound: a server that hangs delays nobody. */
  snapshotAll(options?: SnapshotOptions): Promise<readonly ServerSnapshot[]>;
  close(): Promise<void>;
}
