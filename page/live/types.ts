/** What the bot's API says (docs/api.md), as far as the page shows it. A test holds this against the API's own schemas. */

import type { EstimateRequest, EstimateServer } from '../../src/estimator/index.ts';

export interface LiveGpu {
  readonly index: number | null;
  readonly name: string;
  readonly state: string;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
  readonly freeBytes: number | null;
  readonly ollamaBytes: number | null;
  readonly othersBytes: number | null;
  readonly utilPct: number | null;
  readonly tempC: number | null;
}

export interface LiveModel {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sizeVramBytes: number;
  readonly gpuShare: number | null;
  readonly contextLength: number | null;
  readonly leavesAtMs: number | 'pinned' | null;
  readonly stopping: boolean;
  readonly held: boolean;
  readonly holder?: string | undefined;
}

export interface LiveServer {
  readonly name: string;
  readonly ollama: { readonly state: string; readonly version: string | null };
  readonly takenAtMs: number | null;
  readonly stale: boolean;
  readonly gpus: readonly LiveGpu[];
  readonly models: readonly LiveModel[] | null;
  readonly queue: readonly { readonly model: string; readonly kind: 'load' | 'unload' | 'bench' }[];
}

export interface LiveState {
  readonly simulated: boolean;
  readonly takenAtMs: number;
  readonly servers: readonly LiveServer[];
}

export interface LiveHistory {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
  readonly gpus: readonly {
    readonly name: string;
    readonly totalBytes: number;
    readonly usedBytes: readonly (number | null)[];
  }[];
}

export interface LiveSession {
  readonly loggedIn: boolean;
  readonly needsToken: boolean;
  readonly streams: boolean;
}

export interface LiveFit {
  readonly verdict: 'fits' | 'partial' | 'cpu' | 'refused';
  readonly ctx: number;
  readonly largestCtx: number | null;
  readonly evicts: readonly string[];
  readonly machine: unknown;
  readonly request: unknown;
}

/** A server as the estimator takes it, and its own settings. */
export interface LiveMachine {
  readonly server: EstimateServer;
  readonly request: Omit<EstimateRequest, 'numCtx'>;
}
