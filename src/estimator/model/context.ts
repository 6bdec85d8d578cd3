/**
 * The context as llama.cpp lays it out: padded, cut into sequences, the batches clamped.
 *
 * Source: llama-context.cpp (`llama_context`), llama-kv-cache-iswa.cpp (cells of the window), llama.cpp.
 */

import type { Hparams } from './hyper-parameters.ts';
import { pad } from './tensors.ts';

/** Cells are counted in steps of this many tokens. */
const CONTEXT_STEP = 256;

/** The context as llama.cpp lays it out. */
export interface ContextShape {
  /** Tokens over all sequences, padded. */
  readonly numCtx: number;
  /** Tokens per sequence. */
  readonly numCtxSeq: number;
  readonly numBatch: number;
  readonly numUbatch: number;
  readonly sequences: number;
  /** Separate caches: one per sequence, or 1 when they share one. */
  readonly streams: number;
  /** Cells of a windowed layer's cache, per stream. */
  readonly windowCells: number;
  /** See `LlamaCppConfig.vendored`. */
  readonly vendored: boolean;
}

/** Pads the context and clamps the batches. `numCtx` 0 = the training context. */
export function shapeContext(
  hp: Hparams,
  options: {
    readonly numCtx: number;
    readonly numBatch: number;
    readonly numUbatch: number;
    readonly numParallel: number;
    readonly unifiedCache: boolean;
    readonly vendored?: boolean;
  },
): ContextShape {
  const sequences = Math.max(1, options.numParallel);
  const wanted = options.numCtx === 0 ? hp.trainingContext : options.numCtx;
  const numBatch = hp.causal ? Math.min(wanted, options.numBatch) : options.numBatch;
  const numUbatch = Math.min(numBatch, options.numUbatch === 0 ? options.numBatch : options.numUbatch);
  let numCtx = pad(wanted, CONTEXT_STEP);
  let numCtxSeq = numCtx;
  if (!options.unifiedCache) {
    numCtxSeq = Math.max(CONTEXT_STEP, pad(Math.floor(numCtx / sequences), CONTEXT_STEP));
    numCtx = numCtxSeq * sequences;
  }
  const window = hp.windowTokens * (options.unifiedCache ? sequences : 1) + numUbatch;
  return {
    numCtx,
    numCtxSeq,
    numBatch,
    numUbatch,
    sequences,
    streams: options.unifiedCache ? 1 : sequences,
    // Contexts of the vendored llama.cpp keep windowed layers whole (`swa_full`, on by default in the library).
    windowCells: options.vendored === true ? numCtxSeq : pad(Math.min(numCtxSeq, window), CONTEXT_STEP),
    vendored: options.vendored ?? false,
  };
}
