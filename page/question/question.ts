/** What somebody asks of the page: everything that the answer depends on, and everything that a link carries. */

import type { GpuDevice, KvCacheType } from '../../src/estimator/index.ts';

/** Where the model comes from. */
export type ModelChoice =
  | { readonly from: 'list'; readonly name: string }
  /** A repository or file of a hub, as the person entered it: read again by whoever opens the link. */
  | { readonly from: 'hub'; readonly name: string }
  /** A file of the person's own: only its name goes into a link. */
  | { readonly from: 'file'; readonly name: string }
  /** A model that the team's server has. */
  | { readonly from: 'server'; readonly name: string };

/** Equal GPUs. */
export interface GpuGroup {
  readonly count: number;
  readonly device: GpuDevice;
}

export type FlashChoice = 'auto' | 'on' | 'off';

export interface Question {
  readonly model: ModelChoice;
  /** Quantization in place of the model's own; null = its own. */
  readonly quant: string | null;
  readonly gpus: readonly GpuGroup[];
  /** Ollama's version, or `llama.cpp`. */
  readonly runner: string;
  /** Tokens per slot; with llama.cpp of all slots together, as in `-c`. */
  readonly ctx: number;
  /** null = as the version does by itself. */
  readonly kv: KvCacheType | null;
  readonly slots: number | null;
  readonly flash: FlashChoice;
  /** The team's server that is asked instead of GPUs of one's own; null = none. */
  readonly server: string | null;
}

/** The newest Ollama that the engines know: what `headroom fit` assumes. */
export const NEWEST_OLLAMA = '0.33.0';
export const LLAMA_CPP = 'llama.cpp';
export const MAX_SLOTS = 256;

/** What the page shows to somebody who comes without a link. */
export const FIRST_MODEL: ModelChoice = { from: 'list', name: 'gemma3:27b' };
export const FIRST_GPUS = 'RTX 4090';
export const FIRST_CTX = 32_768;
