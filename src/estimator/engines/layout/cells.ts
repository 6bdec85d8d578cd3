/** How many cells the caches of Ollama's own engine have. Source: kvcache/causal.go (Init), 0.11.11 to 0.24.0. */

import type { Model } from '../../model/model.ts';
import { atLeast } from '../../versions.ts';
import type { RunnerRequest } from './runner-request.ts';

/** Architectures that Ollama's engine runs without a cache. */
export const CACHELESS: ReadonlySet<string> = new Set(['bert', 'nomic-bert', 'nomic-bert-moe']);

/** Cells of memory that a sliding layer keeps beyond its window, by architecture (NewSWAMemCache). */
const WINDOW_MEMORY: Readonly<Record<string, number>> = { gptoss: 4096, 'gpt-oss': 4096, gemma4: 4096 };

/** Cells of a layer that sees everything, and of a windowed one (kvcache/causal.go, Init). */
export function cacheCells({ hp }: Model, request: RunnerRequest): { readonly full: number; readonly window: number } {
  const { version, numCtx, numParallel, numBatch, flashAttention } = request;
  const padding = flashAttention || atLeast(version, '0.13.2') ? 256 : 32;
  const full = numParallel * numCtx;
  const kept = Math.max(WINDOW_MEMORY[hp.architecture] ?? 0, hp.windowTokens);
  const memory = numParallel > 1 ? Math.max(kept, hp.windowTokens + 1) : kept;
  const window = memory >= numCtx ? full : numParallel * memory + numBatch;
  return { full: roundUp(full, padding), window: roundUp(window, padding) };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
